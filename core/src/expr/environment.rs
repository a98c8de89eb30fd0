//! What an expression is computed over, and what it says when something has no value.

use super::calendar::WorkCalendar;
use super::token::Span;
use super::value::Value;
use crate::error_code::{self as code, ErrorCode};
use crate::time::Clock;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// A stay of a record in one value of a status field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    pub value: String,
    pub entered_at: DateTime<Utc>,
    /// `None` while it lasts.
    pub left_at: Option<DateTime<Utc>>,
}

/// Which row of a child table is being computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlace {
    /// From 0.
    pub index: usize,
    pub count: usize,
}

/// Where an expression finds its values. `read` is an index into [`super::Expression::reads`].
pub trait Environment {
    /// The value of a path; what the reader may not see is empty.
    fn get(&self, read: usize) -> Value;

    /// Now, and the company's zone.
    fn clock(&self) -> Clock;

    /// Units of the company's currency for 1 of this one at a day: the newest rate not after it.
    fn rate_on(&self, _currency: &str, _day: NaiveDate) -> Option<Decimal> {
        None
    }

    /// A work calendar; `None` as name is the company's. Where there is none the standard one counts.
    fn calendar(&self, _name: Option<&str>) -> Option<&WorkCalendar> {
        None
    }

    /// Decimals of a currency.
    fn minor(&self, _currency: &str) -> Option<u32> {
        None
    }

    fn setting(&self, _key: &str) -> Value {
        Value::Empty
    }

    /// The stays of a status field, oldest first.
    fn stays(&self, _read: usize) -> Vec<Stay> {
        Vec::new()
    }

    /// The row being computed, in a child table's formula.
    fn row(&self) -> Option<RowPlace> {
        None
    }

    /// A path's value in another row of the same table.
    fn get_in(&self, _row: usize, _read: usize) -> Value {
        Value::Empty
    }
}

/// What went wrong while computing; the value is then empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    pub code: &'static ErrorCode,
    pub span: Span,
    pub args: Vec<(&'static str, String)>,
}

impl Warning {
    /// Whether a save must be refused for it: a missing exchange rate is never taken for an empty one.
    pub fn is_fault(&self) -> bool {
        *self.code == code::FX_RATE_MISSING
    }

    /// The message, with `position` and `found` in the source.
    pub fn to_fault(&self, source: &str) -> crate::diagnostic::Fault {
        let mut fault = self.span.fault(source, self.code);
        fault.args.extend(self.args.iter().map(|(name, value)| (*name, value.clone().into())));
        fault
    }
}
