//! Makes random expressions of a wanted type out of the whole table, and random trees for the printer.

use super::sample::FIELDS;
use crate::expr::Type;
use crate::expr::ast::{Expr, ExprKind, Link, Operator, Segment, Sign};
use crate::expr::functions::{self, Function, Gives, Kind};
use crate::expr::operator::result_type;
use crate::expr::token::Span;
use crate::expr::types::Set;
use rust_decimal::Decimal;

/// Choices read from bytes, so that proptest can make a failing case smaller.
pub struct Choices<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Choices<'b> {
    pub fn new(bytes: &'b [u8]) -> Choices<'b> {
        Choices { bytes, at: 0 }
    }

    pub fn below(&mut self, count: usize) -> usize {
        let byte = |at: usize| usize::from(self.bytes.get(at).copied().unwrap_or(0));
        let value = byte(self.at) * 256 + byte(self.at + 1);
        self.at += 2;
        value % count.max(1)
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        let at = self.below(from.len());
        from[at].clone()
    }
}

pub const SCALARS: [Type; 7] =
    [Type::Number, Type::Text, Type::Boolean, Type::Date, Type::DateTime, Type::Time, Type::Duration];

const NUMBERS: [&str; 12] =
    ["0", "1", "2", "7", "0.5", "2.345", "28", "100", "0.0000001", "99999999999999999999", "12345.6789", "40000"];
const TEXTS: [&str; 16] = [
    "",
    " ",
    "A",
    "Linyi",
    "中文 客户",
    "yyyy-mm",
    "#,##0.00",
    "0;(0)",
    "M",
    "month",
    "[0-9]+",
    "(",
    "2026-03-31",
    "8:30",
    ">1",
    "business",
];

fn literal(ty: &Type, c: &mut Choices) -> String {
    match ty {
        Type::Number => c.pick(&NUMBERS).to_string(),
        Type::Text => format!("\"{}\"", c.pick(&TEXTS)),
        Type::Boolean => c.pick(&["TRUE", "FALSE"]).to_string(),
        Type::Date => format!("DATE({}, {}, 1)", c.pick(&["2026", "1", "9999"]), c.pick(&["2", "12", "0"])),
        Type::DateTime => "NOW()".to_string(),
        Type::Time => format!("TIME({})", c.pick(&["0", "8.5", "23"])),
        Type::Duration => format!("DURATION({})", c.pick(&["0", "1.5", "-30", "100000"])),
        _ => "EMPTY".to_string(),
    }
}

fn name(ty: &Type, c: &mut Choices) -> String {
    let names: Vec<&str> = FIELDS.iter().filter(|f| f.1 == *ty).map(|f| f.0).collect();
    match ty {
        Type::Time => "opens".to_string(),
        Type::Duration => "wait".to_string(),
        Type::Record(_) => "party".to_string(),
        _ if names.is_empty() => "EMPTY".to_string(),
        _ => c.pick(&names).to_string(),
    }
}

fn gives(function: &Function) -> Option<Type> {
    Some(match function.gives {
        Gives::Text => Type::Text,
        Gives::Number | Gives::Setting => Type::Number,
        Gives::Boolean => Type::Boolean,
        Gives::Date => Type::Date,
        Gives::DateTime => Type::DateTime,
        Gives::Time => Type::Time,
        Gives::Duration => Type::Duration,
        Gives::Same => return None,
        Gives::List | Gives::TextList => return Some(Type::Empty.list()),
    })
}

fn of_set(set: Set, wanted: Option<&Type>, c: &mut Choices) -> Type {
    match wanted {
        Some(ty) if set.has(ty) => ty.clone(),
        _ => {
            let fitting: Vec<Type> = SCALARS.iter().filter(|t| set.has(t)).cloned().collect();
            if fitting.is_empty() { Type::Number } else { c.pick(&fitting) }
        }
    }
}

fn list(ty: &Type, c: &mut Choices, depth: usize) -> String {
    match (c.below(5), ty) {
        (0, Type::Number) => "lines.amount".to_string(),
        (1, Type::Number) => "lines.qty".to_string(),
        (0, Type::Text) => "lines.note".to_string(),
        (1, Type::Text) => "tags".to_string(),
        (0 | 1, Type::Date) => "lines.due".to_string(),
        (2, _) if depth > 0 => format!("IF(lines.qty > 1, {}, EMPTY)", expression(ty, c, depth - 1)),
        (3, _) if depth > 0 => format!("UNIQUE({})", list(ty, c, depth - 1)),
        _ => format!("LIST({}, EMPTY, {})", expression(ty, c, depth.saturating_sub(1)), literal(ty, c)),
    }
}

fn call(function: &Function, wanted: &Type, c: &mut Choices, depth: usize) -> String {
    let sets: Vec<Set> = function
        .params
        .iter()
        .chain(function.group)
        .filter_map(|p| match p.kind {
            Kind::Same(s) | Kind::Each(s) | Kind::List(s) => Some(s),
            _ => None,
        })
        .collect();
    let narrow = |ty: &Type| sets.iter().all(|s| s.has(ty));
    let same = if narrow(wanted) && function.gives == Gives::Same {
        wanted.clone()
    } else {
        let fitting: Vec<Type> = SCALARS.iter().filter(|t| narrow(t)).cloned().collect();
        c.pick(&fitting)
    };
    let key = c.pick(&[Type::Number, Type::Text, Type::Date]);
    let needed = function.params.iter().filter(|p| !p.optional).count();
    let count = if function.group.is_empty() {
        needed + c.below(function.params.len() - needed + 1)
    } else {
        needed + function.group.len() * (1 + c.below(2)) + usize::from(function.tail.is_some() && c.below(2) == 1)
    };
    let inner = depth.saturating_sub(1);
    let arguments: Vec<String> = (0..count)
        .filter_map(|i| function.param(i, count))
        .map(|param| match param.kind {
            Kind::One(set) => {
                let ty = of_set(set, None, c);
                expression(&ty, c, inner)
            }
            Kind::Same(_) => expression(&same, c, inner),
            Kind::Key(_) => expression(&key, c, inner),
            Kind::Each(_) if c.below(2) == 0 => list(&same, c, inner),
            Kind::Each(_) => expression(&same, c, inner),
            Kind::Any(set) => {
                let ty = of_set(set, None, c);
                if c.below(2) == 0 { list(&ty, c, inner) } else { expression(&ty, c, inner) }
            }
            Kind::List(_) => list(&same, c, inner),
            Kind::Criterion => literal(&c.pick(&[same.clone(), Type::Text]), c),
            Kind::Field => "stage".to_string(),
            Kind::Literal => "\"margin_floor\"".to_string(),
        })
        .collect();
    format!("{}({})", function.name, arguments.join(", "))
}

/// An expression that gives the type, or a list of it where a list got into a place for one value.
pub fn expression(ty: &Type, c: &mut Choices, depth: usize) -> String {
    if depth == 0 {
        return match c.below(5) {
            0 => "EMPTY".to_string(),
            1 | 2 => literal(ty, c),
            _ => name(ty, c),
        };
    }
    if c.below(3) == 0 {
        let mut fitting = Vec::new();
        for operator in Operator::ALL {
            for l in &SCALARS {
                for r in &SCALARS {
                    if result_type(operator, l, r).as_ref() == Some(ty) {
                        fitting.push((operator, l.clone(), r.clone()));
                    }
                }
            }
        }
        if !fitting.is_empty() {
            let (operator, l, r) = c.pick(&fitting);
            return format!("({} {} {})", expression(&l, c, depth - 1), operator.sign(), expression(&r, c, depth - 1));
        }
    }
    let fitting: Vec<&Function> = functions::all()
        .filter(|f| match gives(f) {
            Some(given) => given == *ty,
            None => f.params.iter().chain(f.group).all(|p| match p.kind {
                Kind::Same(s) | Kind::Each(s) | Kind::List(s) => s.has(ty),
                _ => true,
            }),
        })
        .collect();
    let function = c.pick(&fitting);
    call(function, ty, c, depth)
}

/// A random tree, with no places.
pub fn tree(c: &mut Choices, depth: usize) -> Expr {
    let segment = |name: &str| Segment { name: name.to_string(), span: Span::default() };
    let kind = match c.below(if depth == 0 { 5 } else { 10 }) {
        0 => {
            ExprKind::Number(Decimal::new(i64::try_from(c.below(65_536)).unwrap(), u32::try_from(c.below(6)).unwrap()))
        }
        1 => ExprKind::Text(c.pick(&["", "a", "say \"hi\"", "中文，", "“x”", "/* no */", "\n"]).to_string()),
        2 => c.pick(&[ExprKind::Boolean(true), ExprKind::Boolean(false), ExprKind::Empty]),
        3 => ExprKind::Path(vec![segment("a")]),
        4 => ExprKind::Path(vec![segment("customer"), segment("owner_1"), segment("客户")]),
        5 | 6 => {
            let strength = c.pick(&Operator::ALL).strength();
            let alike: Vec<Operator> = Operator::ALL.into_iter().filter(|o| o.strength() == strength).collect();
            let first = Box::new(tree(c, depth - 1));
            let rest =
                (0..=c.below(3)).map(|_| Link { operator: c.pick(&alike), operand: tree(c, depth - 1) }).collect();
            ExprKind::Chain { first, rest }
        }
        7 => ExprKind::Signed { sign: c.pick(&[Sign::Minus, Sign::Plus]), operand: Box::new(tree(c, depth - 1)) },
        8 => ExprKind::Signed { sign: Sign::Percent, operand: Box::new(tree(c, depth - 1)) },
        _ => ExprKind::Call {
            name: c.pick(&["IF", "sum", "Unknown"]).to_string(),
            name_span: Span::default(),
            arguments: (0..c.below(4)).map(|_| tree(c, depth - 1)).collect(),
        },
    };
    Expr { kind, span: Span::default() }
}
