//! How many decimals the values of an expression can have at most, where its tree says so.

use super::ast::{Expr, ExprKind, Operator, Sign};

/// The most decimals that a value can have; `None` where there is no such number (a division) or it is not known.
/// `of_path` says it of what is read.
pub fn scale_of(expr: &Expr, of_path: &dyn Fn(&[&str]) -> Option<u32>) -> Option<u32> {
    let inner = |e: &Expr| scale_of(e, of_path);
    let most =
        |list: &[Expr]| -> Option<u32> { list.iter().try_fold(0, |most, e| inner(e).map(|scale| most.max(scale))) };
    match &expr.kind {
        ExprKind::Number(n) => Some(n.normalize().scale()),
        ExprKind::Empty => Some(0),
        ExprKind::Text(_) | ExprKind::Boolean(_) => None,
        ExprKind::Path(segments) => {
            let names: Vec<&str> = segments.iter().map(|s| s.name.as_str()).collect();
            of_path(&names)
        }
        ExprKind::Signed { sign: Sign::Percent, operand } => inner(operand).map(|s| s + 2),
        ExprKind::Signed { operand, .. } => inner(operand),
        ExprKind::Chain { first, rest } => rest.iter().try_fold(inner(first)?, |left, link| {
            let right = inner(&link.operand)?;
            match link.operator {
                Operator::Add | Operator::Subtract => Some(left.max(right)),
                Operator::Multiply => Some(left + right),
                // days between two dates and the like are whole, but the parts then have no scale
                _ => None,
            }
        }),
        ExprKind::Call { name, arguments, .. } => {
            let argument = |i: usize| arguments.get(i);
            let digits = |i: usize, otherwise: u32| match argument(i) {
                None => Some(otherwise),
                Some(Expr { kind: ExprKind::Number(n), .. }) => u32::try_from(*n).ok(),
                Some(Expr { kind: ExprKind::Signed { sign: Sign::Minus, .. }, .. }) => Some(0),
                Some(_) => None,
            };
            match name.to_ascii_uppercase().as_str() {
                "ROUND" | "ROUNDUP" | "ROUNDDOWN" | "ROUND_EVEN" | "TRUNC" => digits(1, 0),
                "ALLOCATE" => digits(2, 2),
                "INT" | "SIGN" | "COUNT" | "COUNTA" | "COUNTIF" | "LEN" | "FIND" | "SEARCH" | "YEAR" | "QUARTER"
                | "MONTH" | "DAY" | "WEEKDAY" | "WEEKNUM" | "HOUR" | "MINUTE" | "DAYS" | "DATEDIF" | "NETWORKDAYS"
                | "ROW" => Some(0),
                "SUM" | "MIN" | "MAX" | "ABS" | "MOD" | "COALESCE" | "SUM_BEFORE" | "FIRST" | "LAST" | "IFERROR" => {
                    most(arguments)
                }
                "IF" => most(arguments.get(1..).unwrap_or_default()),
                "SUMIF" => inner(arguments.last().filter(|_| arguments.len() == 3).or(argument(0))?),
                _ => None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::expr::parse::parse;

    #[test]
    fn decimals_add_up_where_they_can_be_told() {
        let of = |names: &[&str]| match names {
            ["price"] => Some(2),
            ["qty"] | ["lines", "qty"] => Some(3),
            _ => None,
        };
        for (source, want) in [
            ("price * qty", Some(5)),
            ("price + qty * 2", Some(3)),
            ("-(price - 0.1250)", Some(3)),
            ("price * 5%", Some(4)),
            ("price / qty", None),
            ("ROUND(price / qty, 4) * 2", Some(4)),
            ("ROUND(price, -2)", Some(0)),
            ("IF(price / qty > 1, price, 0)", Some(2)),
            ("SUM(lines.qty) + 1", Some(3)),
            ("AVERAGE(lines.qty)", None),
            ("DAYS(a, b) * price", Some(2)),
            ("unknown + 1", None),
        ] {
            assert_eq!(scale_of(&parse(source).unwrap(), &of), want, "{source}");
        }
    }
}
