//! What operators mean: which types go together, and how their values are computed.

use super::ast::{Operator, Sign};
use super::math;
use super::types::Type;
use super::value::Value;
use crate::time::Clock;
use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::cmp::Ordering;

/// Microseconds of a day.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// Why an operation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// An operand is empty: no fault, the result is empty.
    Empty,
    DivisionByZero,
    /// The result is larger than can be kept.
    Overflow,
}

/// The type that an operator between two scalars gives, or `None` where they do not go together.
pub fn result_type(operator: Operator, left: &Type, right: &Type) -> Option<Type> {
    use Operator as O;
    use Type as T;
    if left.is_list() || right.is_list() {
        return None;
    }
    if operator.is_comparison() {
        return comparable(operator, left, right).then_some(T::Boolean);
    }
    if operator == O::Join {
        let printable = |t: &Type| !matches!(t, T::Record(_));
        return (printable(left) && printable(right)).then_some(T::Text);
    }
    Some(match (operator, left, right) {
        (O::Power | O::Multiply | O::Divide | O::Add | O::Subtract, T::Number, T::Number) => T::Number,
        (O::Add, T::Date, T::Number) | (O::Add, T::Number, T::Date) | (O::Subtract, T::Date, T::Number) => T::Date,
        (O::Add, T::DateTime, T::Number | T::Duration) | (O::Add, T::Number | T::Duration, T::DateTime) => T::DateTime,
        (O::Subtract, T::DateTime, T::Number | T::Duration) => T::DateTime,
        (O::Add | O::Subtract, T::Date, T::Duration) | (O::Add, T::Duration, T::Date) => T::DateTime,
        (O::Add, T::Date, T::Time) => T::DateTime,
        (O::Subtract, T::Date, T::Date) => T::Number,
        (O::Subtract, T::DateTime | T::Date, T::DateTime | T::Date) => T::Duration,
        (O::Subtract, T::Time, T::Time) => T::Duration,
        (O::Add | O::Subtract, T::Time, T::Duration) => T::Time,
        (O::Add | O::Subtract, T::Duration, T::Duration) => T::Duration,
        (O::Multiply, T::Duration, T::Number) | (O::Multiply, T::Number, T::Duration) => T::Duration,
        (O::Divide, T::Duration, T::Number) => T::Duration,
        (O::Divide, T::Duration, T::Duration) => T::Number,
        (_, T::Empty, T::Text | T::Boolean | T::Record(_)) | (_, T::Text | T::Boolean | T::Record(_), T::Empty) => {
            return None;
        }
        (_, T::Empty, _) | (_, _, T::Empty) => T::Empty,
        _ => return None,
    })
}

fn comparable(operator: Operator, left: &Type, right: &Type) -> bool {
    use Type as T;
    let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    match (left, right) {
        (T::Empty, _) | (_, T::Empty) => true,
        (T::Date | T::DateTime, T::Date | T::DateTime) => true,
        (T::Boolean, T::Boolean) => equality,
        (T::Record(a), T::Record(b)) => equality && a == b,
        (a, b) => a == b,
    }
}

/// The type that a sign gives, or `None` where it may not stand there.
pub fn signed_type(sign: Sign, operand: &Type) -> Option<Type> {
    match (sign, operand) {
        (_, Type::Empty | Type::Number) => Some(operand.clone()),
        (Sign::Minus | Sign::Plus, Type::Duration) => Some(Type::Duration),
        _ => None,
    }
}

/// A sign at a value.
pub fn apply_sign(sign: Sign, operand: &Value) -> Result<Value, Trouble> {
    match (sign, operand) {
        (Sign::Minus, Value::Number(n)) => Ok(Value::Number(-*n)),
        (Sign::Minus, Value::Duration(d)) => d.checked_neg().map(Value::Duration).ok_or(Trouble::Overflow),
        (Sign::Plus, v) => Ok(v.clone()),
        (Sign::Percent, Value::Number(n)) => divide(*n, Decimal::ONE_HUNDRED).map(Value::Number),
        _ => Err(Trouble::Empty),
    }
}

/// Division, carried to 28 digits.
pub fn divide(left: Decimal, right: Decimal) -> Result<Decimal, Trouble> {
    if right.is_zero() {
        return Err(Trouble::DivisionByZero);
    }
    left.checked_div(right).ok_or(Trouble::Overflow)
}

/// An operator between two scalars that the checker has let together. `Join` is the evaluator's own: it knows the zone.
pub fn apply(operator: Operator, left: &Value, right: &Value, clock: &dyn Fn() -> Clock) -> Result<Value, Trouble> {
    use Operator as O;
    use Value as V;
    if operator.is_comparison() {
        return compare(operator, left, right, clock);
    }
    let number = |n: Option<Decimal>| n.map(V::Number).ok_or(Trouble::Overflow);
    match (operator, left, right) {
        (O::Add, V::Number(a), V::Number(b)) => number(a.checked_add(*b)),
        (O::Subtract, V::Number(a), V::Number(b)) => number(a.checked_sub(*b)),
        (O::Multiply, V::Number(a), V::Number(b)) => number(a.checked_mul(*b)),
        (O::Divide, V::Number(a), V::Number(b)) => divide(*a, *b).map(V::Number),
        (O::Power, V::Number(a), V::Number(b)) => math::power(*a, *b).map(V::Number),
        (O::Add, V::Date(d), V::Number(n)) | (O::Add, V::Number(n), V::Date(d)) => add_days(*d, *n).map(V::Date),
        (O::Subtract, V::Date(d), V::Number(n)) => add_days(*d, -*n).map(V::Date),
        (O::Subtract, V::Date(a), V::Date(b)) => Ok(V::number((*a - *b).num_days())),
        (O::Add, V::Date(d), V::Time(t)) => shift(clock().day_start(*d), *t).map(V::DateTime),
        (O::Multiply, V::Duration(d), V::Number(n)) | (O::Multiply, V::Number(n), V::Duration(d)) => {
            whole(Decimal::from(*d).checked_mul(*n)).map(V::Duration)
        }
        (O::Divide, V::Duration(d), V::Number(n)) => whole(Some(divide(Decimal::from(*d), *n)?)).map(V::Duration),
        (O::Divide, V::Duration(a), V::Duration(b)) => divide(Decimal::from(*a), Decimal::from(*b)).map(V::Number),
        (O::Add, V::Duration(a), V::Duration(b)) => a.checked_add(*b).map(V::Duration).ok_or(Trouble::Overflow),
        (O::Subtract, V::Duration(a), V::Duration(b)) => a.checked_sub(*b).map(V::Duration).ok_or(Trouble::Overflow),
        (O::Subtract, V::Time(a), V::Time(b)) => a.checked_sub(*b).map(V::Duration).ok_or(Trouble::Overflow),
        (O::Add, V::Time(t), V::Duration(d)) => time_of_day(t.checked_add(*d)),
        (O::Subtract, V::Time(t), V::Duration(d)) => time_of_day(t.checked_sub(*d)),
        (O::Add, moment @ (V::DateTime(_) | V::Date(_)), by) | (O::Add, by, moment @ (V::DateTime(_) | V::Date(_))) => {
            let (Some(from), Some(by)) = (instant(moment, clock), span(by)?) else { return Err(Trouble::Empty) };
            shift(from, by).map(V::DateTime)
        }
        (O::Subtract, a @ (V::DateTime(_) | V::Date(_)), b @ (V::DateTime(_) | V::Date(_))) => {
            let (Some(a), Some(b)) = (instant(a, clock), instant(b, clock)) else { return Err(Trouble::Empty) };
            (a - b).num_microseconds().map(V::Duration).ok_or(Trouble::Overflow)
        }
        (O::Subtract, moment @ (V::DateTime(_) | V::Date(_)), by) => {
            let (Some(from), Some(by)) = (instant(moment, clock), span(by)?) else { return Err(Trouble::Empty) };
            by.checked_neg().ok_or(Trouble::Overflow).and_then(|by| shift(from, by)).map(V::DateTime)
        }
        _ => Err(Trouble::Empty),
    }
}

/// Comparison; a date beside an instant means the whole day in the company's zone.
fn compare(operator: Operator, left: &Value, right: &Value, clock: &dyn Fn() -> Clock) -> Result<Value, Trouble> {
    let day = |t: &DateTime<Utc>| Value::Date(t.with_timezone(&clock().zone).date_naive());
    let order = match (left, right) {
        (Value::Date(_), Value::DateTime(t)) => left.order(&day(t)),
        (Value::DateTime(t), Value::Date(_)) => day(t).order(right),
        _ => left.order(right),
    };
    let Some(order) = order else { return Err(Trouble::Empty) };
    Ok(Value::Boolean(match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }))
}

/// The instant of a date (its day's beginning in the company's zone) or of an instant itself.
pub fn instant(value: &Value, clock: &dyn Fn() -> Clock) -> Option<DateTime<Utc>> {
    match value {
        Value::DateTime(t) => Some(*t),
        Value::Date(d) => Some(clock().day_start(*d)),
        _ => None,
    }
}

/// A date so many whole days later; years 1 to 9999.
pub fn add_days(day: NaiveDate, days: Decimal) -> Result<NaiveDate, Trouble> {
    let days = days.floor().to_i64().ok_or(Trouble::Overflow)?;
    let by = Days::new(days.unsigned_abs());
    let moved = if days < 0 { day.checked_sub_days(by) } else { day.checked_add_days(by) };
    moved.filter(|d| is_kept(*d)).ok_or(Trouble::Overflow)
}

/// Whether both databases can keep the date.
pub fn is_kept(day: NaiveDate) -> bool {
    use chrono::Datelike;
    (1..=9999).contains(&day.year())
}

fn span(by: &Value) -> Result<Option<i64>, Trouble> {
    match by {
        Value::Duration(d) => Ok(Some(*d)),
        Value::Number(days) => whole(days.checked_mul(Decimal::from(DAY_MICROS))).map(Some),
        _ => Ok(None),
    }
}

fn shift(from: DateTime<Utc>, micros: i64) -> Result<DateTime<Utc>, Trouble> {
    from.checked_add_signed(Duration::microseconds(micros)).filter(|t| is_kept(t.date_naive())).ok_or(Trouble::Overflow)
}

fn whole(micros: Option<Decimal>) -> Result<i64, Trouble> {
    micros.and_then(|m| m.round().to_i64()).ok_or(Trouble::Overflow)
}

fn time_of_day(micros: Option<i64>) -> Result<Value, Trouble> {
    micros.filter(|m| (0..DAY_MICROS).contains(m)).map(Value::Time).ok_or(Trouble::Overflow)
}
