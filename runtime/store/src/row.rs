//! One row of an answer, the same over both drivers: typed reading by position, and writing JSON straight from the row.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::ValueRef;
use rust_decimal::Decimal;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row as _, Type};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::json_text;
use crate::value::{DAY_MICROS, Kind, Val, unscaled};

/// A borrowed row. Columns are counted from 0. A column that holds another type than asked for is
/// [`StoreError::Damaged`], never a guess.
pub struct Row<'a>(Source<'a>);

/// What is done with each row of an answer.
pub(crate) type EachRow<'a> = dyn FnMut(&Row<'_>) -> StoreResult<()> + Send + 'a;

/// How much of an answer is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    All,
    First,
}

enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a PgRow),
}

fn damaged<T>(i: usize, wanted: &str) -> StoreResult<T> {
    Err(StoreError::Damaged(format!("column {i} is no {wanted}")))
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Row<'a> {
        Row(Source::Sqlite(row))
    }

    pub(crate) fn postgres(row: &'a PgRow) -> Row<'a> {
        Row(Source::Postgres(row))
    }

    fn from_pg<T: Decode<'a, Postgres> + Type<Postgres>>(row: &'a PgRow, i: usize) -> StoreResult<Option<T>> {
        row.try_get::<Option<T>, usize>(i).map_err(StoreError::from)
    }

    /// Whether the column has no value.
    pub fn is_null(&self, i: usize) -> StoreResult<bool> {
        match self.0 {
            Source::Sqlite(row) => Ok(matches!(row.get_ref(i)?, ValueRef::Null)),
            Source::Postgres(row) => {
                use sqlx::ValueRef as _;
                Ok(row.try_get_raw(i)?.is_null())
            }
        }
    }

    /// A text.
    pub fn text(&self, i: usize) -> StoreResult<Option<&'a str>> {
        match self.0 {
            Source::Sqlite(row) => match row.get_ref(i)? {
                ValueRef::Null => Ok(None),
                ValueRef::Text(bytes) => std::str::from_utf8(bytes).map(Some).or_else(|_| damaged(i, "UTF-8 text")),
                _ => damaged(i, "text"),
            },
            Source::Postgres(row) => Self::from_pg(row, i),
        }
    }

    fn sqlite_int(row: &rusqlite::Row<'_>, i: usize) -> StoreResult<Option<i64>> {
        match row.get_ref(i)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(number) => Ok(Some(number)),
            _ => damaged(i, "integer"),
        }
    }

    /// An integer; on PostgreSQL also one of the smaller integer types, and a whole numeric (a sum of integers).
    pub fn int(&self, i: usize) -> StoreResult<Option<i64>> {
        match self.0 {
            Source::Sqlite(row) => Self::sqlite_int(row, i),
            Source::Postgres(row) => match row.try_get::<Option<i64>, usize>(i) {
                Ok(number) => Ok(number),
                Err(error) => {
                    if let Ok(number) = row.try_get::<Option<i32>, usize>(i) {
                        return Ok(number.map(i64::from));
                    }
                    match row.try_get::<Option<Decimal>, usize>(i) {
                        Ok(None) => Ok(None),
                        Ok(Some(sum)) => i64::try_from(sum).map(Some).map_err(|_| StoreError::SumOverflow),
                        Err(_) => Err(error.into()),
                    }
                }
            },
        }
    }

    /// True or false.
    pub fn bool(&self, i: usize) -> StoreResult<Option<bool>> {
        match self.0 {
            Source::Sqlite(row) => match Self::sqlite_int(row, i)? {
                None => Ok(None),
                Some(0) => Ok(Some(false)),
                Some(1) => Ok(Some(true)),
                Some(_) => damaged(i, "boolean"),
            },
            Source::Postgres(row) => Self::from_pg(row, i),
        }
    }

    /// A decimal of that scale, without trailing zeros.
    pub fn dec(&self, i: usize, scale: u32) -> StoreResult<Option<Decimal>> {
        match self.0 {
            Source::Sqlite(row) => Self::sqlite_int(row, i)?.map(|units| unscaled(units, scale)).transpose(),
            Source::Postgres(row) => match row.try_get::<Option<Decimal>, usize>(i) {
                Ok(number) => Ok(number.map(|number| number.normalize())),
                // An integer where a decimal of scale 0 is meant (counts, literals).
                Err(_) if scale == 0 => Ok(self.int(i)?.map(Decimal::from)),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// What [`crate::Dialect::sum_wide`] gave: an exact sum that may pass 64 bits.
    pub fn wide_sum(&self, i: usize, scale: u32) -> StoreResult<Option<Decimal>> {
        match self.0 {
            Source::Sqlite(_) => self.text(i)?.map(|parts| join_wide(parts, scale)).transpose(),
            Source::Postgres(row) => Ok(Self::from_pg::<Decimal>(row, i)?.map(|number| number.normalize())),
        }
    }

    /// A calendar day.
    pub fn date(&self, i: usize) -> StoreResult<Option<NaiveDate>> {
        match self.0 {
            Source::Sqlite(_) => match self.text(i)? {
                None => Ok(None),
                Some(text) => text.parse().map(Some).or_else(|_| damaged(i, "date")),
            },
            Source::Postgres(row) => Self::from_pg(row, i),
        }
    }

    /// Microseconds of the day.
    pub fn time(&self, i: usize) -> StoreResult<Option<i64>> {
        match self.int(i)? {
            Some(micros) if !(0..DAY_MICROS).contains(&micros) => damaged(i, "time of day"),
            micros => Ok(micros),
        }
    }

    /// An instant.
    pub fn ts(&self, i: usize) -> StoreResult<Option<DateTime<Utc>>> {
        match self.0 {
            Source::Sqlite(row) => match Self::sqlite_int(row, i)? {
                None => Ok(None),
                Some(micros) => {
                    DateTime::from_timestamp_micros(micros).map(Some).map_or_else(|| damaged(i, "instant"), Ok)
                }
            },
            Source::Postgres(row) => Self::from_pg(row, i),
        }
    }

    /// JSON text as it was stored.
    pub fn json(&self, i: usize) -> StoreResult<Option<&'a str>> {
        self.text(i)
    }

    /// A UUID.
    pub fn uuid(&self, i: usize) -> StoreResult<Option<Uuid>> {
        match self.0 {
            Source::Sqlite(_) => match self.bytes(i)? {
                None => Ok(None),
                Some(bytes) => Uuid::from_slice(bytes).map(Some).or_else(|_| damaged(i, "UUID")),
            },
            Source::Postgres(row) => Self::from_pg(row, i),
        }
    }

    /// Bytes.
    pub fn bytes(&self, i: usize) -> StoreResult<Option<&'a [u8]>> {
        match self.0 {
            Source::Sqlite(row) => match row.get_ref(i)? {
                ValueRef::Null => Ok(None),
                ValueRef::Blob(bytes) => Ok(Some(bytes)),
                _ => damaged(i, "byte string"),
            },
            Source::Postgres(row) => Self::from_pg(row, i),
        }
    }

    /// The column as a value of that kind.
    pub fn val(&self, i: usize, kind: Kind) -> StoreResult<Val> {
        let value = match kind {
            Kind::Text => self.text(i)?.map(Val::from),
            Kind::Int => self.int(i)?.map(Val::Int),
            Kind::Bool => self.bool(i)?.map(Val::Bool),
            Kind::Dec(scale) => self.dec(i, scale)?.map(|number| Val::Dec(number, scale)),
            Kind::Date => self.date(i)?.map(Val::Date),
            Kind::Time => self.time(i)?.map(Val::Time),
            Kind::Ts => self.ts(i)?.map(Val::Ts),
            Kind::Json => self.json(i)?.map(|text| Val::Json(text.to_owned())),
            Kind::Uuid => self.uuid(i)?.map(Val::Uuid),
            Kind::Bytes => self.bytes(i)?.map(|bytes| Val::Bytes(bytes.to_vec())),
        };
        Ok(Val::or_null(value, kind))
    }

    /// Appends the column as JSON: numbers without trailing zeros, instants in UTC with `Z`, bytes in base64, stored
    /// JSON as it is.
    pub fn write_json(&self, i: usize, kind: Kind, out: &mut Vec<u8>) -> StoreResult<()> {
        /// Writes the value, or `null`.
        fn put<T>(value: Option<T>, out: &mut Vec<u8>, write: impl FnOnce(T, &mut Vec<u8>)) {
            match value {
                Some(value) => write(value, out),
                None => json_text::null(out),
            }
        }
        match kind {
            Kind::Text => put(self.text(i)?, out, json_text::text),
            Kind::Int => put(self.int(i)?, out, json_text::int),
            Kind::Bool => put(self.bool(i)?, out, json_text::boolean),
            Kind::Date => match self.0 {
                // stored as it is written
                Source::Sqlite(_) => match self.text(i)? {
                    Some(day) if is_day(day) => put(Some(day), out, json_text::text),
                    _ => put(self.date(i)?, out, json_text::date),
                },
                Source::Postgres(_) => put(self.date(i)?, out, json_text::date),
            },
            Kind::Time => put(self.time(i)?, out, json_text::time),
            Kind::Ts => put(self.ts(i)?, out, json_text::ts),
            Kind::Uuid => put(self.uuid(i)?, out, json_text::uuid),
            Kind::Bytes => put(self.bytes(i)?, out, json_text::bytes),
            Kind::Json => match self.json(i)? {
                Some(text) => json_text::json(text, out)?,
                None => json_text::null(out),
            },
            Kind::Dec(scale) => match self.0 {
                Source::Sqlite(row) => match Self::sqlite_int(row, i)? {
                    Some(units) => json_text::scaled(units, scale, out)?,
                    None => json_text::null(out),
                },
                Source::Postgres(_) => match self.dec(i, scale)? {
                    Some(number) => json_text::decimal(number, out)?,
                    None => json_text::null(out),
                },
            },
        }
        Ok(())
    }
}

/// Whether a text has the form of a day, `2026-11-23`.
fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
}

/// `high:low`, both sums of the parts above and below a thousand millions.
fn join_wide(parts: &str, scale: u32) -> StoreResult<Decimal> {
    let bad = || StoreError::Damaged("wide sum".into());
    let (high, low) = parts.split_once(':').ok_or_else(bad)?;
    let high: i128 = high.parse().map_err(|_| bad())?;
    let low: i128 = low.parse().map_err(|_| bad())?;
    let units =
        high.checked_mul(1_000_000_000).and_then(|high| high.checked_add(low)).ok_or(StoreError::SumOverflow)?;
    Decimal::try_from_i128_with_scale(units, scale)
        .map(|number| number.normalize())
        .map_err(|_| StoreError::SumOverflow)
}
