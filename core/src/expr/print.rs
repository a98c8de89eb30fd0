//! The printer: a tree as text that is read back as the same tree.

use super::ast::{Expr, ExprKind, Sign};
use std::fmt::{self, Display, Formatter, Write};

/// Strength of signs; what binds tighter needs no parentheses.
const SIGN: u8 = 6;
const HUNDREDTH: u8 = 7;
const ATOM: u8 = 8;

fn strength(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Chain { rest, .. } => rest.first().map_or(ATOM, |l| l.operator.strength()),
        ExprKind::Signed { sign: Sign::Percent, .. } => HUNDREDTH,
        ExprKind::Signed { .. } => SIGN,
        _ => ATOM,
    }
}

/// Prints in parentheses where the expression binds less than `least`.
fn within(f: &mut Formatter<'_>, expr: &Expr, least: u8) -> fmt::Result {
    if strength(expr) < least { write!(f, "({expr})") } else { write!(f, "{expr}") }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number(n) => write!(f, "{n}"),
            ExprKind::Text(t) => write!(f, "\"{}\"", t.replace('"', "\"\"")),
            ExprKind::Boolean(b) => f.write_str(if *b { "TRUE" } else { "FALSE" }),
            ExprKind::Empty => f.write_str("EMPTY"),
            ExprKind::Path(segments) => {
                for (i, segment) in segments.iter().enumerate() {
                    if i > 0 {
                        f.write_char('.')?;
                    }
                    f.write_str(&segment.name)?;
                }
                Ok(())
            }
            ExprKind::Call { name, arguments, .. } => {
                write!(f, "{name}(")?;
                for (i, argument) in arguments.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{argument}")?;
                }
                f.write_char(')')
            }
            ExprKind::Signed { sign: Sign::Percent, operand } => {
                within(f, operand, HUNDREDTH)?;
                f.write_char('%')
            }
            ExprKind::Signed { sign, operand } => {
                f.write_char(if *sign == Sign::Minus { '-' } else { '+' })?;
                within(f, operand, SIGN)
            }
            ExprKind::Chain { first, rest } => {
                let least = strength(self) + 1;
                within(f, first, least)?;
                for link in rest {
                    write!(f, " {} ", link.operator.sign())?;
                    within(f, &link.operand, least)?;
                }
                Ok(())
            }
        }
    }
}
