//! The checker: looks up names and functions, gives every part a type, and makes the tree that is evaluated. All faults at once.

use super::ast::{Expr, ExprKind, Link, Operator, Segment, Sign};
use super::depends::Path;
use super::eval::{Node, Step};
use super::functions::{self, Function, Gives, Kind, Uses};
use super::operator::{result_type, signed_type};
use super::token::Span;
use super::types::{ANY, Names, Set, Type};
use super::value::Value;
use crate::diagnostic::{Fault, nearest};
use crate::error_code::{self as code, ErrorCode};

pub(super) struct Checker<'n> {
    source: &'n str,
    names: &'n dyn Names,
    pub reads: Vec<Path>,
    pub uses: Uses,
    pub faults: Vec<Fault>,
    pub hints: Vec<Fault>,
}

pub(super) struct Typed {
    pub node: Node,
    pub ty: Type,
}

impl<'n> Checker<'n> {
    pub fn new(source: &'n str, names: &'n dyn Names) -> Checker<'n> {
        Checker { source, names, reads: Vec::new(), uses: Uses::NONE, faults: Vec::new(), hints: Vec::new() }
    }

    fn fault(&self, span: Span, code: &'static ErrorCode) -> Fault {
        span.fault(self.source, code)
    }

    /// `None` where a fault was noted.
    pub fn check(&mut self, expr: &Expr) -> Option<Typed> {
        let constant = |value: Value, ty: Type| Some(Typed { node: Node::Constant(value), ty });
        match &expr.kind {
            ExprKind::Number(n) => constant(Value::Number(*n), Type::Number),
            ExprKind::Text(t) => constant(Value::text(t), Type::Text),
            ExprKind::Boolean(b) => constant(Value::Boolean(*b), Type::Boolean),
            ExprKind::Empty => constant(Value::Empty, Type::Empty),
            ExprKind::Path(segments) => self.path(segments, expr.span),
            ExprKind::Signed { sign, operand } => self.signed(*sign, operand, expr.span),
            ExprKind::Chain { first, rest } => self.chain(first, rest),
            ExprKind::Call { name, name_span, arguments } => self.call(name, *name_span, arguments, expr.span),
        }
    }

    fn path(&mut self, segments: &[Segment], span: Span) -> Option<Typed> {
        let names: Vec<&str> = segments.iter().map(|s| s.name.as_str()).collect();
        let Some(found) = self.names.resolve(&names) else {
            let fault = self.unknown_name(segments, &names, span);
            self.faults.push(fault);
            return None;
        };
        self.uses.clock = self.uses.clock.max(found.clock);
        let known = self.reads.iter().position(|r| r.segments.iter().map(String::as_str).eq(names.iter().copied()));
        let read = known.unwrap_or_else(|| {
            self.reads.push(Path { segments: names.iter().map(|n| (*n).to_string()).collect(), ty: found.ty.clone() });
            self.reads.len() - 1
        });
        Some(Typed { node: Node::Read(read), ty: found.ty })
    }

    /// The fault stands at the first part of the path that is not known.
    fn unknown_name(&self, segments: &[Segment], names: &[&str], span: Span) -> Fault {
        let mut wrong = segments.len().saturating_sub(1);
        let mut known = Vec::new();
        for (i, name) in names.iter().enumerate() {
            known = self.names.known(names.get(..i).unwrap_or_default());
            if !known.iter().any(|k| k == name) {
                wrong = i;
                break;
            }
        }
        let (place, name) = segments.get(wrong).map_or((span, ""), |s| (s.span, s.name.as_str()));
        let suggestion = nearest(&name.to_lowercase(), known.iter().map(String::as_str)).unwrap_or_default();
        self.fault(place, &code::EXPRESSION_NAME).with("name", names.join(".")).with("suggestion", suggestion)
    }

    fn signed(&mut self, sign: Sign, operand: &Expr, span: Span) -> Option<Typed> {
        let inner = self.check(operand)?;
        let Some(ty) = signed_type(sign, inner.ty.element()) else {
            let sign = match sign {
                Sign::Minus => "-",
                Sign::Plus => "+",
                Sign::Percent => "%",
            };
            let fault = self.fault(span, &code::EXPRESSION_SIGN).with("operator", sign).with("got", &inner.ty);
            self.faults.push(fault);
            return None;
        };
        let ty = if inner.ty.is_list() { ty.list() } else { ty };
        Some(Typed { node: Node::Signed { sign, operand: Box::new(inner.node), span }, ty })
    }

    fn chain(&mut self, first: &Expr, rest: &[Link]) -> Option<Typed> {
        let mut left = self.check(first);
        let mut steps = Vec::with_capacity(rest.len());
        let mut ty = left.as_ref().map(|l| l.ty.clone());
        let mut before = first;
        for link in rest {
            let span = first.span.to(link.operand.span);
            let right = self.check(&link.operand);
            if link.operator.is_comparison() && (is_blank_literal(before) || is_blank_literal(&link.operand)) {
                self.hints.push(self.fault(span, &code::EXPRESSION_ALWAYS_EMPTY));
            }
            before = &link.operand;
            let (Some(l), Some(right)) = (ty.take(), right) else { continue };
            ty = self.between(link.operator, &l, &right.ty, span);
            steps.push(Step { operator: link.operator, operand: right.node, span });
        }
        let (ty, first) = (ty?, left.take()?);
        Some(Typed { node: Node::Chain { first: Box::new(first.node), rest: steps }, ty })
    }

    fn between(&mut self, operator: Operator, left: &Type, right: &Type, span: Span) -> Option<Type> {
        match result_type(operator, left.element(), right.element()) {
            Some(ty) if left.is_list() || right.is_list() => Some(ty.list()),
            Some(ty) => Some(ty),
            None => {
                let fault = self
                    .fault(span, &code::EXPRESSION_OPERATOR)
                    .with("operator", operator.sign())
                    .with("left", left)
                    .with("right", right);
                self.faults.push(fault);
                None
            }
        }
    }

    fn call(&mut self, name: &str, name_span: Span, arguments: &[Expr], span: Span) -> Option<Typed> {
        let typed: Vec<Option<Typed>> = arguments.iter().map(|a| self.check(a)).collect();
        let Some(function) = functions::find(name) else {
            let suggestion = nearest(&name.to_ascii_uppercase(), functions::all().map(|f| f.name)).unwrap_or_default();
            let fault =
                self.fault(name_span, &code::EXPRESSION_FUNCTION).with("name", name).with("suggestion", suggestion);
            self.faults.push(fault);
            return None;
        };
        if function.uses.rows && !self.names.in_rows() {
            self.faults.push(self.fault(name_span, &code::EXPRESSION_ROWS_ONLY).with("function", function.name));
            return None;
        }
        self.uses = self.uses.with(function.uses);
        if !self.count_fits(function, arguments.len(), span) {
            return None;
        }
        let typed: Vec<Typed> = typed.into_iter().collect::<Option<_>>()?;
        self.fit(function, arguments, typed, span)
    }

    fn count_fits(&mut self, function: &'static Function, got: usize, span: Span) -> bool {
        let (least, most) = function.count();
        let fits = got >= least && most.is_none_or(|m| got <= m) && (0..got).all(|i| function.param(i, got).is_some());
        if !fits {
            let fault = self
                .fault(span, &code::EXPRESSION_ARGUMENTS)
                .with("function", function.name)
                .with("signature", function.signature())
                .with("got", got);
            self.faults.push(fault);
        }
        fits
    }

    /// Fits the arguments to the parameters.
    fn fit(&mut self, function: &'static Function, arguments: &[Expr], typed: Vec<Typed>, span: Span) -> Option<Typed> {
        let count = arguments.len();
        let before = self.faults.len();
        let (mut same, mut key) = (None, None);
        let mut spread = vec![false; count];
        for (i, ((expr, arg), spread)) in arguments.iter().zip(&typed).zip(spread.iter_mut()).enumerate() {
            let Some(param) = function.param(i, count) else { continue };
            let ty = &arg.ty;
            let one = |set: Set| set.has(ty.element()) && !(ty.is_list() && function.uses.rows);
            let fits = match param.kind {
                Kind::One(set) | Kind::Same(set) | Kind::Key(set) => one(set),
                Kind::Each(set) | Kind::Any(set) => set.has(ty.element()),
                Kind::List(set) => ty.is_list() && set.has(ty.element()),
                Kind::Criterion => ANY.has(ty),
                Kind::Field => matches!(arg.node, Node::Read(_)),
                Kind::Literal => matches!(expr.kind, ExprKind::Text(_)),
            };
            if !fits {
                self.misfit(function, param.name, &expected(param.kind), expr, ty);
                continue;
            }
            *spread = ty.is_list() && matches!(param.kind, Kind::One(_) | Kind::Same(_) | Kind::Key(_));
            let group = match param.kind {
                Kind::Same(_) | Kind::Each(_) | Kind::List(_) => &mut same,
                Kind::Key(_) => &mut key,
                _ => continue,
            };
            self.unify(group, function, param.name, expr, ty.element());
        }
        for (i, (expr, arg)) in arguments.iter().zip(&typed).enumerate() {
            if function.param(i, count).is_some_and(|p| p.kind == Kind::Criterion) {
                let fits = arg.ty == Type::Text || same.as_ref().is_none_or(|t: &Type| t.common(&arg.ty).is_some());
                if !fits {
                    let wanted = same.as_ref().map_or_else(String::new, Type::to_string);
                    self.misfit(function, "criterion", &wanted, expr, &arg.ty);
                }
            }
        }
        let ty = self.outcome(function, same.as_ref(), arguments);
        if self.faults.len() > before {
            return None;
        }
        let mut ty = ty?;
        if spread.contains(&true) {
            if ty.is_list() {
                self.faults.push(self.fault(span, &code::EXPRESSION_LIST).with("function", function.name));
                return None;
            }
            ty = ty.list();
        }
        let arguments = typed
            .into_iter()
            .enumerate()
            .map(|(i, arg)| {
                let wanted = match function.param(i, count).map(|p| p.kind) {
                    Some(Kind::Same(_) | Kind::Each(_) | Kind::List(_)) => same.as_ref(),
                    Some(Kind::Key(_)) => key.as_ref(),
                    _ => None,
                };
                let meets = wanted == Some(&Type::DateTime) && *arg.ty.element() == Type::Date;
                if meets { Node::Instant(Box::new(arg.node)) } else { arg.node }
            })
            .collect();
        Some(Typed { node: Node::Call { function, arguments, spread, span }, ty })
    }

    fn unify(&mut self, group: &mut Option<Type>, function: &Function, param: &str, expr: &Expr, ty: &Type) {
        match group.as_ref().map(|known| known.common(ty)) {
            None => *group = Some(ty.clone()),
            Some(Some(common)) => *group = Some(common),
            Some(None) => {
                let wanted = group.as_ref().map_or_else(String::new, Type::to_string);
                self.misfit(function, param, &wanted, expr, ty);
            }
        }
    }

    fn misfit(&mut self, function: &Function, param: &str, expected: &str, expr: &Expr, got: &Type) {
        let fault = self
            .fault(expr.span, &code::EXPRESSION_TYPE)
            .with("function", function.name)
            .with("parameter", param)
            .with("expected", expected)
            .with("got", got);
        self.faults.push(fault);
    }

    fn outcome(&mut self, function: &Function, same: Option<&Type>, arguments: &[Expr]) -> Option<Type> {
        let common = || same.cloned().unwrap_or(Type::Empty);
        Some(match function.gives {
            Gives::Text => Type::Text,
            Gives::Number => Type::Number,
            Gives::Boolean => Type::Boolean,
            Gives::Date => Type::Date,
            Gives::DateTime => Type::DateTime,
            Gives::Time => Type::Time,
            Gives::Duration => Type::Duration,
            Gives::Same => common(),
            Gives::List => common().list(),
            Gives::TextList => Type::Text.list(),
            Gives::Setting => {
                let Some(Expr { kind: ExprKind::Text(key), span }) = arguments.first() else { return None };
                let Some(ty) = self.names.setting(key) else {
                    let known = self.names.known_settings();
                    let suggestion = nearest(key, known.iter().map(String::as_str)).unwrap_or_default();
                    let fault =
                        self.fault(*span, &code::EXPRESSION_NAME).with("name", key).with("suggestion", suggestion);
                    self.faults.push(fault);
                    return None;
                };
                ty
            }
        })
    }
}

fn is_blank_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Text(t) => crate::fold::is_blank(t),
        ExprKind::Empty => true,
        _ => false,
    }
}

fn expected(kind: Kind) -> String {
    match kind {
        Kind::One(s) | Kind::Same(s) | Kind::Key(s) | Kind::Each(s) | Kind::Any(s) => s.to_string(),
        Kind::List(s) => format!("list of {s}"),
        Kind::Criterion => "any".to_string(),
        Kind::Field => "field".to_string(),
        Kind::Literal => "\"…\"".to_string(),
    }
}
