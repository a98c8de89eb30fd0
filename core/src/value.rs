//! The one value of a field at run time.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use rust_decimal::Decimal;
use serde_json::{Number, Value as Json};
use std::str::FromStr;
use uuid::Uuid;

/// A field's value. Which variants a field can hold is said by its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Text(String),
    Bool(bool),
    /// Exact; at the field's scale.
    Dec(Decimal),
    Date(NaiveDate),
    /// Microseconds since midnight.
    Time(i64),
    Ts(DateTime<Utc>),
    /// A record, user, department or file.
    Id(Uuid),
    /// Choices, tags, users, links, files: ordered, without repetition.
    List(Vec<Value>),
    /// A field of type json, or a location.
    Json(Json),
    /// Rows of a child table.
    Rows(Vec<Row>),
}

/// A row of a child table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: Uuid,
    /// In the order of the table's fields.
    pub values: Vec<Value>,
}

impl Value {
    /// Null, an empty list, no rows, an empty text: what `required` does not accept.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Text(t) => t.is_empty(),
            Value::List(l) => l.is_empty(),
            Value::Rows(r) => r.is_empty(),
            _ => false,
        }
    }

    pub fn as_id(&self) -> Option<Uuid> {
        match self {
            Value::Id(id) => Some(*id),
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }

    /// JSON as the contract writes it. Rows are written by their table's field, which knows the names.
    pub fn to_json(&self) -> Json {
        match self {
            Value::Null => Json::Null,
            Value::Text(t) => Json::String(t.clone()),
            Value::Bool(b) => Json::Bool(*b),
            Value::Dec(d) => decimal_to_json(*d),
            Value::Date(d) => Json::String(d.to_string()),
            Value::Time(us) => Json::String(format_time(*us)),
            Value::Ts(t) => Json::String(format_instant(*t)),
            Value::Id(id) => Json::String(id.to_string()),
            Value::List(l) => Json::Array(l.iter().map(Value::to_json).collect()),
            Value::Json(j) => j.clone(),
            Value::Rows(rows) => Json::Array(rows.iter().map(|r| Json::String(r.id.to_string())).collect()),
        }
    }
}

/// A decimal as JSON number text, without trailing zeros and without an exponent.
pub fn decimal_to_json(d: Decimal) -> Json {
    let text = d.normalize().to_string();
    Number::from_str(&text).map_or(Json::Null, Json::Number)
}

/// An instant as every answer writes it: `2026-11-23T08:24:39Z`; where there is a fraction, its six digits (what both databases
/// keep), so that an instant has one text.
pub fn format_instant(t: DateTime<Utc>) -> String {
    let mut out = Vec::with_capacity(27);
    write_instant(t, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// [`format_instant`], written behind what is there.
pub fn write_instant(t: DateTime<Utc>, out: &mut Vec<u8>) {
    let year = u32::try_from(t.year()).unwrap_or(0);
    for (part, width, end) in
        [(year, 4, b'-'), (t.month(), 2, b'-'), (t.day(), 2, b'T'), (t.hour(), 2, b':'), (t.minute(), 2, b':')]
    {
        digits(part, width, out);
        out.push(end);
    }
    digits(t.second(), 2, out);
    // a leap second counts as the last instant before it
    let micros = t.timestamp_subsec_micros().min(999_999);
    if micros != 0 {
        out.push(b'.');
        digits(micros, 6, out);
    }
    out.push(b'Z');
}

/// A number with leading zeros.
fn digits(n: u32, width: u32, out: &mut Vec<u8>) {
    for place in (0..width).rev() {
        let digit = n / 10_u32.pow(place) % 10;
        out.push(b'0' + u8::try_from(digit).unwrap_or(0));
    }
}

/// `08:30:00`, with a fraction only where there is one.
pub fn format_time(us: i64) -> String {
    let (s, f) = (us.div_euclid(1_000_000), us.rem_euclid(1_000_000));
    let base = format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
    if f == 0 { base } else { format!("{base}.{f:06}").trim_end_matches('0').to_string() }
}

/// Why a number cannot be kept exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    TooLong,
    TooManyDecimals,
}

/// Reads JSON number text exactly. Refuses more than 18 digits, and exponents that only waste memory, before any work is done.
pub fn decimal_from_text(text: &str, scale: u32) -> Result<Decimal, NumberFault> {
    if text.len() > 60 {
        return Err(NumberFault::TooLong);
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().ok().filter(|e| e.abs() <= 40).ok_or(NumberFault::TooLong)?),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let unsigned = mantissa.trim_start_matches(['-', '+']);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits: String = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NumberFault::TooLong);
    }
    let mut decimals = i32::try_from(fraction.len()).map_err(|_| NumberFault::TooLong)? - exponent;
    let mut significant = digits.trim_start_matches('0').to_string();
    while decimals > 0 && significant.ends_with('0') {
        significant.pop();
        decimals -= 1;
    }
    if significant.is_empty() {
        return Ok(Decimal::new(0, scale));
    }
    if decimals > i32::try_from(scale).unwrap_or(0) {
        return Err(NumberFault::TooManyDecimals);
    }
    let zeros = i32::try_from(scale).unwrap_or(0) - decimals;
    if i32::try_from(significant.len()).unwrap_or(i32::MAX).saturating_add(zeros) > 18 {
        return Err(NumberFault::TooLong);
    }
    significant.extend(std::iter::repeat_n('0', usize::try_from(zeros).unwrap_or(0)));
    let units: i64 = significant.parse().map_err(|_| NumberFault::TooLong)?;
    Ok(Decimal::new(if negative { -units } else { units }, scale))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_are_read_exactly_or_refused() {
        for (text, scale, want) in [
            ("0.1", 2, "0.10"),
            ("1e2", 0, "100"),
            ("-1.50", 1, "-1.5"),
            ("1.0", 0, "1"),
            ("-0.0", 2, "0.00"),
            ("12345678901234.5678", 4, "12345678901234.5678"),
        ] {
            assert_eq!(decimal_from_text(text, scale).unwrap().to_string(), want, "{text}");
        }
        assert_eq!(decimal_from_text("1.005", 2), Err(NumberFault::TooManyDecimals));
        assert_eq!(decimal_from_text("1e1000000000", 0), Err(NumberFault::TooLong));
        assert_eq!(decimal_from_text("12345678901234567.8", 2), Err(NumberFault::TooLong));
        assert_eq!(decimal_to_json(Decimal::new(1250, 2)).to_string(), "12.5");
        assert_eq!(decimal_to_json(Decimal::new(100, 0)).to_string(), "100");
    }

    #[test]
    fn an_instant_has_one_text() {
        for (read, text) in [
            ("2026-11-23T08:24:39Z", "2026-11-23T08:24:39Z"),
            ("2026-11-23T08:24:39.66172Z", "2026-11-23T08:24:39.661720Z"),
            ("2026-11-23T08:24:39.000000999Z", "2026-11-23T08:24:39Z"),
            ("2026-11-23T08:24:39.123456789+08:00", "2026-11-23T00:24:39.123456Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.250000Z"),
        ] {
            let at = read.parse::<DateTime<Utc>>().unwrap();
            assert_eq!(format_instant(at), text);
            assert_eq!(format_instant(text.parse().unwrap()), text, "its own text is read again");
        }
    }
}
