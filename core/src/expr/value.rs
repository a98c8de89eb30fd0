//! Values while an expression is computed.

use super::types::Type;
use crate::time::duration_micros;
use crate::value::{Value as FieldValue, format_instant, format_time};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::cmp::Ordering;
use std::sync::Arc;
use uuid::Uuid;

/// A value. Copies are cheap: texts and lists are shared.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Empty,
    Text(Arc<str>),
    /// Exact, at most 28 digits.
    Number(Decimal),
    Boolean(bool),
    Date(NaiveDate),
    DateTime(DateTime<Utc>),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds; may be negative.
    Duration(i64),
    Record(Uuid),
    List(Arc<[Value]>),
}

impl Value {
    pub fn text(text: impl AsRef<str>) -> Value {
        Value::Text(Arc::from(text.as_ref()))
    }

    pub fn number(number: impl Into<Decimal>) -> Value {
        Value::Number(number.into())
    }

    pub fn list(values: impl IntoIterator<Item = Value>) -> Value {
        Value::List(values.into_iter().collect())
    }

    /// Empty, a text of white space only, or a list without elements: what ISBLANK accepts and comparisons leave empty.
    pub fn is_blank(&self) -> bool {
        match self {
            Value::Empty => true,
            Value::Text(t) => crate::fold::is_blank(t),
            Value::List(l) => l.is_empty(),
            _ => false,
        }
    }

    /// True only if the value is the boolean true: empty is no yes.
    pub fn is_true(&self) -> bool {
        *self == Value::Boolean(true)
    }

    /// The elements of a list; of any other value itself.
    pub fn elements(&self) -> &[Value] {
        match self {
            Value::List(l) => l,
            other => std::slice::from_ref(other),
        }
    }

    /// The order of two values of one type; `None` for blank ones and for values of different types.
    pub fn order(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (a, b) if a.is_blank() || b.is_blank() => None,
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
            (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
            (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
            (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
            (Value::Time(a), Value::Time(b)) | (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
            (Value::Record(a), Value::Record(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// Whether the value is of the type. Empty is of each; an empty list of each list.
    pub fn is_of(&self, ty: &Type) -> bool {
        match (self, ty) {
            (Value::Empty, _)
            | (Value::Text(_), Type::Text)
            | (Value::Number(_), Type::Number)
            | (Value::Boolean(_), Type::Boolean)
            | (Value::Date(_), Type::Date)
            | (Value::DateTime(_), Type::DateTime)
            | (Value::Time(_), Type::Time)
            | (Value::Duration(_), Type::Duration)
            | (Value::Record(_), Type::Record(_)) => true,
            (Value::List(l), Type::List(inner)) => l.iter().all(|v| v.is_of(inner)),
            _ => false,
        }
    }

    /// A field's value as a value of `ty`; what does not fit is empty.
    pub fn from_field(value: &FieldValue, ty: &Type) -> Value {
        match (value, ty) {
            (FieldValue::List(l), Type::List(inner)) => Value::list(l.iter().map(|v| Value::from_field(v, inner))),
            (FieldValue::Rows(rows), Type::List(_)) => Value::list(rows.iter().map(|r| Value::Record(r.id))),
            (FieldValue::Text(t), Type::Duration) => duration_micros(t).map_or(Value::Empty, Value::Duration),
            (FieldValue::Text(t), Type::Text) => Value::text(t),
            (FieldValue::Json(Json::String(t)), Type::Text) => Value::text(t),
            (FieldValue::Json(j), Type::Text) if !j.is_null() => Value::text(j.to_string()),
            (FieldValue::Bool(b), Type::Boolean) => Value::Boolean(*b),
            (FieldValue::Dec(d), Type::Number) => Value::Number(*d),
            (FieldValue::Date(d), Type::Date) => Value::Date(*d),
            (FieldValue::Time(t), Type::Time) => Value::Time(*t),
            (FieldValue::Ts(t), Type::DateTime) => Value::DateTime(*t),
            (FieldValue::Id(id), Type::Record(_)) => Value::Record(*id),
            _ => Value::Empty,
        }
    }

    /// The value as a field keeps it. Durations are ISO 8601 text.
    pub fn to_field(&self) -> FieldValue {
        match self {
            Value::Empty => FieldValue::Null,
            Value::Text(t) => FieldValue::Text(t.to_string()),
            Value::Number(n) => FieldValue::Dec(*n),
            Value::Boolean(b) => FieldValue::Bool(*b),
            Value::Date(d) => FieldValue::Date(*d),
            Value::DateTime(t) => FieldValue::Ts(*t),
            Value::Time(t) => FieldValue::Time(*t),
            Value::Duration(d) => FieldValue::Text(format_duration(*d)),
            Value::Record(id) => FieldValue::Id(*id),
            Value::List(l) => FieldValue::List(l.iter().map(Value::to_field).collect()),
        }
    }

    /// As CONCAT and `&` write it: numbers without trailing zeros, dates as ISO 8601, empty as nothing. Instants are given in
    /// UTC here; the evaluator, which knows the zone, writes them in the company's.
    pub fn to_text(&self) -> String {
        match self {
            Value::Empty => String::new(),
            Value::Text(t) => t.to_string(),
            Value::Number(n) => n.normalize().to_string(),
            Value::Boolean(b) => if *b { "TRUE" } else { "FALSE" }.to_string(),
            Value::Date(d) => d.to_string(),
            Value::DateTime(t) => format_instant(*t),
            Value::Time(t) => format_time(*t),
            Value::Duration(d) => format_duration(*d),
            Value::Record(id) => id.to_string(),
            Value::List(l) => l.iter().map(Value::to_text).collect::<Vec<_>>().join(", "),
        }
    }
}

/// `PT1H30M`; days are not used, so that a day of 23 hours is no question. A negative one begins with a minus.
pub fn format_duration(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let total = micros.unsigned_abs();
    let (seconds, fraction) = (total / 1_000_000, total % 1_000_000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut out = format!("{sign}PT");
    if hours > 0 {
        out.push_str(&format!("{hours}H"));
    }
    if minutes > 0 {
        out.push_str(&format!("{minutes}M"));
    }
    if fraction > 0 {
        out.push_str(format!("{seconds}.{fraction:06}").trim_end_matches('0'));
        out.push('S');
    } else if seconds > 0 || (hours == 0 && minutes == 0) {
        out.push_str(&format!("{seconds}S"));
    }
    out
}
