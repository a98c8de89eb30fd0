//! The values that go into and come out of the database, and what each is in SQLite and in PostgreSQL.
//!
//! | kind | SQLite (STRICT tables) | PostgreSQL |
//! |---|---|---|
//! | Text | TEXT | text COLLATE "C" |
//! | Int | INTEGER | bigint |
//! | Bool | INTEGER 0/1 | boolean |
//! | Dec(scale) | INTEGER, the value times 10^scale | numeric(18, scale) |
//! | Date | TEXT, ISO 8601 | date |
//! | Time | INTEGER, microseconds of the day | bigint, the same |
//! | Ts | INTEGER, microseconds since 1970 UTC | timestamptz |
//! | Json | TEXT | text, so that numbers and order of members come back byte for byte |
//! | Uuid | BLOB of 16 | uuid |
//! | Bytes | BLOB | bytea |

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rust_decimal::Decimal;
use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};

/// Digits a stored decimal may have, on both databases.
pub const MAX_DIGITS: u32 = 18;

/// Microseconds in a day; a [`Val::Time`] is below it.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// The type of a column or value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Unicode text without the zero character.
    Text,
    /// 64-bit integer.
    Int,
    /// True or false.
    Bool,
    /// Exact decimal with that many decimals.
    Dec(u32),
    /// Calendar day, years 1 to 9999.
    Date,
    /// Time of day in microseconds.
    Time,
    /// Instant, in microseconds, UTC.
    Ts,
    /// JSON text, kept byte for byte.
    Json,
    /// UUID.
    Uuid,
    /// Bytes.
    Bytes,
}

/// A value to bind, or one that was read. `Null` has a kind, since PostgreSQL wants to know the type of every argument.
#[derive(Debug, Clone, PartialEq)]
pub enum Val {
    /// No value.
    Null(Kind),
    /// See [`Kind::Text`].
    Text(String),
    /// See [`Kind::Int`].
    Int(i64),
    /// See [`Kind::Bool`].
    Bool(bool),
    /// The number and the scale of the column it is stored in or compared with.
    Dec(Decimal, u32),
    /// See [`Kind::Date`].
    Date(NaiveDate),
    /// Microseconds of the day.
    Time(i64),
    /// See [`Kind::Ts`].
    Ts(DateTime<Utc>),
    /// See [`Kind::Json`].
    Json(String),
    /// See [`Kind::Uuid`].
    Uuid(Uuid),
    /// See [`Kind::Bytes`].
    Bytes(Vec<u8>),
}

impl Val {
    /// The kind of this value.
    pub fn kind(&self) -> Kind {
        match self {
            Val::Null(kind) => *kind,
            Val::Text(_) => Kind::Text,
            Val::Int(_) => Kind::Int,
            Val::Bool(_) => Kind::Bool,
            Val::Dec(_, scale) => Kind::Dec(*scale),
            Val::Date(_) => Kind::Date,
            Val::Time(_) => Kind::Time,
            Val::Ts(_) => Kind::Ts,
            Val::Json(_) => Kind::Json,
            Val::Uuid(_) => Kind::Uuid,
            Val::Bytes(_) => Kind::Bytes,
        }
    }

    /// Whether this is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Val::Null(_))
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Val {
        Val::Text(text.into())
    }

    /// The value, or no value of that kind.
    pub fn or_null(value: Option<Val>, kind: Kind) -> Val {
        value.unwrap_or(Val::Null(kind))
    }

    /// A text or no value.
    pub fn opt_text(text: Option<impl Into<String>>) -> Val {
        text.map_or(Val::Null(Kind::Text), |text| Val::Text(text.into()))
    }

    /// An instant or no value.
    pub fn opt_ts(at: Option<DateTime<Utc>>) -> Val {
        at.map_or(Val::Null(Kind::Ts), Val::Ts)
    }

    /// Refuses what one of the two databases could not keep exactly, so that both refuse the same.
    pub(crate) fn check(&self) -> StoreResult<()> {
        match self {
            Val::Text(text) | Val::Json(text) if text.contains('\0') => {
                Err(StoreError::Value("text with a zero character".into()))
            }
            Val::Dec(number, scale) => scaled(*number, *scale).map(|_| ()),
            Val::Date(date) if !(1..=9999).contains(&date.year()) => {
                Err(StoreError::Value(format!("date {date} is outside the years 1 to 9999")))
            }
            Val::Ts(at) if !(1..=9999).contains(&at.year()) => {
                Err(StoreError::Value(format!("instant {at} is outside the years 1 to 9999")))
            }
            Val::Time(micros) if !(0..DAY_MICROS).contains(micros) => {
                Err(StoreError::Value(format!("{micros} is no time of a day")))
            }
            _ => Ok(()),
        }
    }
}

impl From<&str> for Val {
    fn from(text: &str) -> Self {
        Val::Text(text.to_owned())
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        Val::Text(text)
    }
}

impl From<i64> for Val {
    fn from(number: i64) -> Self {
        Val::Int(number)
    }
}

impl From<bool> for Val {
    fn from(truth: bool) -> Self {
        Val::Bool(truth)
    }
}

impl From<Uuid> for Val {
    fn from(id: Uuid) -> Self {
        Val::Uuid(id)
    }
}

impl From<DateTime<Utc>> for Val {
    fn from(at: DateTime<Utc>) -> Self {
        Val::Ts(at)
    }
}

impl From<NaiveDate> for Val {
    fn from(date: NaiveDate) -> Self {
        Val::Date(date)
    }
}

/// 10 to the power of `scale`, or an error above [`MAX_DIGITS`].
pub fn power_of_ten(scale: u32) -> StoreResult<i64> {
    10i64
        .checked_pow(scale)
        .filter(|_| scale <= MAX_DIGITS)
        .ok_or_else(|| StoreError::Value(format!("scale {scale} is above {MAX_DIGITS}")))
}

/// `number` × 10^scale as the integer SQLite stores.
///
/// # Errors
/// [`StoreError::Value`] when the number has more decimals than the scale (never rounded) or more than 18 digits.
pub fn scaled(number: Decimal, scale: u32) -> StoreResult<i64> {
    let number = number.normalize();
    let missing = scale
        .checked_sub(number.scale())
        .ok_or_else(|| StoreError::Value(format!("{number} has more than {scale} decimals")))?;
    let limit = i128::from(power_of_ten(MAX_DIGITS)?);
    let wide = i128::from(power_of_ten(missing)?)
        .checked_mul(number.mantissa())
        .filter(|wide| wide.abs() < limit)
        .ok_or_else(|| StoreError::Value(format!("{number} has more than {MAX_DIGITS} digits")))?;
    i64::try_from(wide).map_err(|_| StoreError::Value(format!("{number} is too large")))
}

/// The number that SQLite stores as `units` at that scale, without trailing zeros.
pub fn unscaled(units: i64, scale: u32) -> StoreResult<Decimal> {
    Decimal::try_from_i128_with_scale(i128::from(units), scale)
        .map(|number| number.normalize())
        .map_err(|error| StoreError::Damaged(error.to_string()))
}

impl rusqlite::ToSql for Val {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let fail = |error: StoreError| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
        self.check().map_err(fail)?;
        Ok(match self {
            Val::Null(_) => ToSqlOutput::Owned(Value::Null),
            Val::Text(text) | Val::Json(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Val::Int(number) | Val::Time(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Val::Bool(truth) => ToSqlOutput::Owned(Value::Integer(i64::from(*truth))),
            Val::Dec(number, scale) => ToSqlOutput::Owned(Value::Integer(scaled(*number, *scale).map_err(fail)?)),
            Val::Date(date) => ToSqlOutput::Owned(Value::Text(date.format("%Y-%m-%d").to_string())),
            Val::Ts(at) => ToSqlOutput::Owned(Value::Integer(at.timestamp_micros())),
            Val::Uuid(id) => ToSqlOutput::Borrowed(ValueRef::Blob(id.as_bytes())),
            Val::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

/// Adds `val` to the arguments of a PostgreSQL statement, with its exact type also when it is null.
pub(crate) fn bind_postgres(args: &mut PgArguments, val: &Val) -> StoreResult<()> {
    val.check()?;
    let added = match val {
        Val::Null(kind) => match kind {
            Kind::Text | Kind::Json => args.add(None::<&str>),
            Kind::Int | Kind::Time => args.add(None::<i64>),
            Kind::Bool => args.add(None::<bool>),
            Kind::Dec(_) => args.add(None::<Decimal>),
            Kind::Date => args.add(None::<NaiveDate>),
            Kind::Ts => args.add(None::<DateTime<Utc>>),
            Kind::Uuid => args.add(None::<Uuid>),
            Kind::Bytes => args.add(None::<&[u8]>),
        },
        Val::Text(text) | Val::Json(text) => args.add(text.as_str()),
        Val::Int(number) | Val::Time(number) => args.add(*number),
        Val::Bool(truth) => args.add(*truth),
        Val::Dec(number, _) => args.add(number.normalize()),
        Val::Date(date) => args.add(*date),
        // Cut to microseconds downwards here, as SQLite's column does; the driver would cut towards zero.
        Val::Ts(at) => args.add(DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(*at)),
        Val::Uuid(id) => args.add(*id),
        Val::Bytes(bytes) => args.add(bytes.as_slice()),
    };
    added.map_err(|error| StoreError::Value(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_decimal_is_scaled_exactly_or_refused() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(scaled(number("12.50"), 2), Ok(1250));
        assert_eq!(scaled(number("-0.01"), 2), Ok(-1));
        assert_eq!(scaled(number("1.500"), 1), Ok(15));
        assert!(matches!(scaled(number("1.005"), 2), Err(StoreError::Value(_))));
        assert_eq!(scaled(number("9999999999999999.99"), 2), Ok(999_999_999_999_999_999));
        assert!(matches!(scaled(number("10000000000000000"), 2), Err(StoreError::Value(_))));
        assert_eq!(unscaled(1250, 2).unwrap().to_string(), "12.5");
    }
}
