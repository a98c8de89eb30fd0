//! One value compared: bounds finer or larger than a column holds, ranges, texts; two-valued where that is asked.

use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::select::Compiler;
use crate::select::expression::{Eyes, bind};
use crate::sql::SqlBuilder;
use crate::value::{Kind, Val, scaled};
use formwright_core::fold;
use formwright_core::query::{Comparison, Test};
use formwright_core::value::Value;
use rust_decimal::{Decimal, RoundingStrategy};

impl<'a> Compiler<'a> {
    /// A test of one value; without a test: that there is one. Always true or false.
    pub(super) fn compare(
        &self,
        value: SqlBuilder,
        kind: Kind,
        sort: Option<(SqlBuilder, Kind)>,
        test: Option<&Test>,
    ) -> StoreResult<SqlBuilder> {
        let strict = self.strict();
        let mut sql = self.sql();
        let Some(test) = test else {
            // white space says nothing, as an empty text does
            if kind == Kind::Text {
                sql.push("(")
                    .append(value.clone())
                    .push(" IS NOT NULL AND trim(")
                    .append(value)
                    .push(", ")
                    .val(" \t\n\r\u{3000}\u{a0}")
                    .push(") <> '')");
            } else {
                sql.push("(").append(value).push(" IS NOT NULL)");
            }
            return Ok(sql);
        };
        match test {
            Test::Empty => {
                sql.push("1=0");
            }
            Test::Eq(wanted) => match equals(kind, wanted, &sort) {
                Some((true, bound)) => {
                    if let Some((sort, _)) = sort {
                        sql.append(truth(strict, sort, " = ", bound));
                    }
                }
                Some((false, bound)) => {
                    sql.append(truth(strict, value, " = ", bound));
                }
                None => {
                    sql.push("1=0");
                }
            },
            Test::In(wanted) | Test::HasAll(wanted) => {
                let bound: Vec<Val> = wanted.iter().filter_map(|v| bind(v, kind)).collect();
                if bound.is_empty() {
                    sql.push("1=0");
                } else {
                    sql.push("(").append(value).push(" IN (").vals(bound).push(if strict {
                        ") IS TRUE)"
                    } else {
                        "))"
                    });
                }
            }
            Test::Range { low, high } => {
                sql.push("(");
                let (part, kind) = sort.unwrap_or((value, kind));
                let mut first = true;
                for (bound, low) in [(low, true), (high, false)] {
                    let Some((wanted, inclusive)) = bound else { continue };
                    if !first {
                        sql.push(" AND ");
                    }
                    first = false;
                    sql.append(range_side(strict, part.clone(), kind, wanted, *inclusive, low));
                }
                if first {
                    sql.push("1=1");
                }
                sql.push(")");
            }
            Test::Same { comparison, field } => {
                let (other, scale) = match self.outer() {
                    Some(outer) => self.value(&outer, *field, Eyes::True)?,
                    None => return Ok(constant(self.dialect, false)),
                };
                let (left, right) = match (kind, scale) {
                    (Kind::Dec(a), Kind::Dec(b)) => {
                        let (left, right, _) = self.dialect.align((value, a), (other, b))?;
                        (left, right)
                    }
                    _ => (value, other),
                };
                sql.push("(").append(left).push(match comparison {
                    Comparison::Eq => " = ",
                    Comparison::Ne => " <> ",
                    Comparison::Lt => " < ",
                    Comparison::Le => " <= ",
                    Comparison::Gt => " > ",
                    Comparison::Ge => " >= ",
                });
                sql.append(right).push(if strict { " IS TRUE)" } else { ")" });
            }
            Test::Contains(needle) | Test::StartsWith(needle) | Test::EndsWith(needle) => {
                let folded = self.dialect.folded(value);
                let part = match test {
                    Test::Contains(_) => self.dialect.contains(folded, needle),
                    Test::StartsWith(_) => self.dialect.starts(folded, needle),
                    _ => self.dialect.ends(folded, needle),
                };
                sql.push("(").append(part).push(if strict { " IS TRUE)" } else { ")" });
            }
        }
        Ok(sql)
    }
}

/// `true` first: compare with the sort column (durations are equal by their length).
fn equals(kind: Kind, wanted: &Value, sort: &Option<(SqlBuilder, Kind)>) -> Option<(bool, Val)> {
    if let Some(bound) = bind(wanted, kind) {
        return Some((false, bound));
    }
    match (wanted, sort) {
        (Value::Dec(_), Some((_, sort_kind))) => bind(wanted, *sort_kind).map(|v| (true, v)),
        _ => None,
    }
}

/// `a op b`; strictly `(a op b) IS TRUE`, which is false where there is no value, but which no index answers.
fn truth(strict: bool, value: SqlBuilder, op: &'static str, bound: Val) -> SqlBuilder {
    let mut sql = value.dialect().sql();
    sql.push("(").append(value).push(op).val(bound).push(if strict { " IS TRUE)" } else { ")" });
    sql
}

fn range_side(strict: bool, value: SqlBuilder, kind: Kind, wanted: &Value, inclusive: bool, low: bool) -> SqlBuilder {
    let op = match (low, inclusive) {
        (true, true) => " >= ",
        (true, false) => " > ",
        (false, true) => " <= ",
        (false, false) => " < ",
    };
    match (wanted, kind) {
        (Value::Dec(d), Kind::Dec(_) | Kind::Int) => {
            let comparison = match (low, inclusive) {
                (true, true) => Comparison::Ge,
                (true, false) => Comparison::Gt,
                (false, true) => Comparison::Le,
                (false, false) => Comparison::Lt,
            };
            number_test(strict, value, kind, comparison, *d)
        }
        (Value::Text(t), Kind::Text) => truth(strict, value, op, Val::Text(fold::sort_key(t))),
        _ => match bind(wanted, kind) {
            Some(bound) => truth(strict, value, op, bound),
            None => constant(value.dialect(), false),
        },
    }
}

fn constant(dialect: Dialect, truth: bool) -> SqlBuilder {
    let mut sql = dialect.sql();
    sql.push(if truth { "1=1" } else { "1=0" });
    sql
}

/// Compares a number column with a bound that may be finer or larger than the column can hold.
pub(super) fn number_test(
    strict: bool,
    value: SqlBuilder,
    kind: Kind,
    comparison: Comparison,
    bound: Decimal,
) -> SqlBuilder {
    let dialect = value.dialect();
    let scale = match kind {
        Kind::Dec(scale) => scale,
        _ => 0,
    };
    let to_val = |d: Decimal| match kind {
        Kind::Dec(scale) => scaled(d, scale).ok().map(|_| Val::Dec(d, scale)),
        _ => i64::try_from(d).ok().map(Val::Int),
    };
    // a finer bound: round down, and what lies strictly between is above it
    let floor = bound.round_dp_with_strategy(scale, RoundingStrategy::ToNegativeInfinity);
    let exact = floor == bound;
    let Some(val) = to_val(floor) else {
        // beyond every value the column can hold
        let above = bound.is_sign_positive();
        let holds = match comparison {
            Comparison::Lt | Comparison::Le => above,
            Comparison::Gt | Comparison::Ge => !above,
            Comparison::Eq => false,
            Comparison::Ne => true,
        };
        let mut sql = dialect.sql();
        if !holds || comparison == Comparison::Ne {
            return constant(dialect, holds);
        }
        sql.push("(").append(value).push(" IS NOT NULL)");
        return sql;
    };
    match (comparison, exact) {
        (Comparison::Eq, true) => truth(strict, value, " = ", val),
        (Comparison::Eq, false) => constant(dialect, false),
        (Comparison::Ne, true) => {
            let mut sql = dialect.sql();
            sql.push("NOT ").append(truth(strict, value, " = ", val));
            sql
        }
        (Comparison::Ne, false) => constant(dialect, true),
        (Comparison::Lt, true) => truth(strict, value, " < ", val),
        (Comparison::Lt | Comparison::Le, false) | (Comparison::Le, true) => truth(strict, value, " <= ", val),
        (Comparison::Ge, true) => truth(strict, value, " >= ", val),
        (Comparison::Gt | Comparison::Ge, false) | (Comparison::Gt, true) => truth(strict, value, " > ", val),
    }
}
