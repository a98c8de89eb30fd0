//! Rows of a file as values of a form: each cell cleaned by the kind of its target, faults and warnings by column.

mod cell;
mod contact;
mod duplicates;
mod json;
mod walk;

pub use contact::{contact_is_known, fill_empty, name_contact};
pub use duplicates::{DuplicateRules, Duplicates, Known, KnownKeys, Matched, NoneKnown, Repeat};
pub use json::{decimal_value, empty};
pub use walk::{Numbers, Summary, walk, walk_columns};

use crate::clean::amount::Rates;
use crate::clean::choice::{ChoiceIndex, fold};
use crate::clean::date::DateRules;
use crate::clean::number::NumberRules;
use crate::heading::Heading;
use crate::messages::Code;
use crate::notice::Notice;
use crate::source::{Cell, SourceRow, Workbook};
use chrono::NaiveDate;
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// What a target holds.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Text of one line, of at most so many characters.
    Text(Option<usize>),
    /// Text of many lines, of at most so many characters.
    LongText(Option<usize>),
    /// A number.
    Number(NumberKind),
    /// A share: `5%` and `0.05` are both 0.05.
    Percent(NumberKind),
    /// An amount in the given currency, or in the one that is written.
    Money(NumberKind, Option<String>),
    /// Yes or no.
    Boolean,
    /// A day, not after the given one.
    Date(Option<NaiveDate>),
    /// A day with a time.
    DateTime,
    /// A time of day.
    Time,
    /// A length of time.
    Duration,
    /// One of the choices.
    Choice(Arc<ChoiceIndex>),
    /// Several of the choices.
    Choices(Arc<ChoiceIndex>),
    /// A country, one of the choices.
    Country(Arc<ChoiceIndex>),
    /// A user, by login or name.
    User(Arc<ChoiceIndex>, UnknownUser),
    /// Telephone numbers.
    Phone(PhoneKind),
    /// E-mail addresses: the first valid one is the value, the others go to the given target.
    Email(Option<String>),
    /// A web address.
    Website,
    /// A name of another record, which the caller resolves: cleaned text.
    Link,
}

/// How a number is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NumberKind {
    /// Decimal places; any when not given.
    pub scale: Option<u32>,
    /// Below zero is a fault.
    pub non_negative: bool,
    /// More decimal places are rounded with a warning; otherwise they are a fault.
    pub round: bool,
}

/// What a user who is not known is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownUser {
    /// A fault.
    Refuse,
    /// Left empty with the warning `owner_unknown`.
    LeaveEmpty,
}

/// Where telephone numbers go.
#[derive(Debug, Clone, Default)]
pub struct PhoneKind {
    /// The target that takes a second number.
    pub second: Option<String>,
    /// The long text that takes what is no number, as a last line; without one such a cell is a fault.
    pub note: Option<String>,
    /// The target that holds the record's country.
    pub country: Option<String>,
    /// Calling codes by country.
    pub dial: Arc<HashMap<String, String>>,
}

/// A place that a column can fill.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its path, the key of its value.
    pub key: String,
    /// What it holds.
    pub kind: Kind,
    /// An empty value is the fault `required`.
    pub required: bool,
}

/// What holds for all rows of an import.
#[derive(Clone)]
pub struct RowOptions {
    /// How dates are read.
    pub dates: DateRules,
    /// How plain numbers are read.
    pub numbers: NumberRules,
    /// The currency of amounts that name none, told as a warning; without one they are in the target's own.
    pub default_currency: Option<String>,
    /// Rates of the day that the mapping names.
    pub rates: Arc<dyn Rates + Send + Sync>,
    /// Texts are taken as they stand.
    pub verbatim: bool,
    /// `_x000D_`-like escapes in texts are decoded.
    pub decode_escapes: bool,
}

impl Default for RowOptions {
    fn default() -> Self {
        Self {
            dates: DateRules::default(),
            numbers: NumberRules::default(),
            default_currency: None,
            rates: Arc::new(crate::clean::amount::NoRates),
            verbatim: false,
            decode_escapes: true,
        }
    }
}

impl RowOptions {
    /// The same options with what the opened file knows: its date system, whether its escapes are decoded, whether we wrote it.
    #[must_use]
    pub fn for_workbook(mut self, workbook: &Workbook) -> Self {
        self.dates.date1904 = workbook.date1904();
        self.decode_escapes = !workbook.escapes_decoded();
        self.verbatim = workbook.written_by_us();
        self
    }
}

/// A fault or warning of one target in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellNotice {
    /// The target's key.
    pub target: String,
    /// The column it came from (from 0); none when no column fills the target.
    pub column: Option<usize>,
    /// What it is.
    pub notice: Notice,
}

/// A row as values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CleanRow {
    /// The sheet's row number.
    pub number: u32,
    /// Values by target; empty ones are null.
    pub values: IndexMap<String, Value>,
    /// Why the row is refused: all reasons at once, in the order of the columns.
    pub faults: Vec<CellNotice>,
    /// What is worth telling though the row is taken.
    pub warnings: Vec<CellNotice>,
}

impl CleanRow {
    /// The faults in words, each behind the heading of its column (or the target's key): for the workbook of refused rows.
    pub fn reasons(&self, heading: &Heading, language: &str) -> Vec<String> {
        let named = |fault: &CellNotice| {
            let title = fault.column.map(|column| heading.title(column)).filter(|title| !title.is_empty());
            format!("{}: {}", title.unwrap_or(&fault.target), fault.notice.message(language))
        };
        self.faults.iter().map(named).collect()
    }
}

/// Which columns fill which targets, and how.
#[derive(Clone)]
pub struct Plan {
    columns: Vec<(usize, Target)>,
    unmapped: Vec<Target>,
    defaults: HashMap<String, Value>,
    replacements: HashMap<String, HashMap<String, Value>>,
    options: RowOptions,
}

impl Plan {
    /// A plan without columns.
    pub fn new(options: RowOptions) -> Self {
        Self {
            columns: Vec::new(),
            unmapped: Vec::new(),
            defaults: HashMap::new(),
            replacements: HashMap::new(),
            options,
        }
    }

    /// Lets a column (from 0) fill a target.
    pub fn map(&mut self, column: usize, target: Target) {
        self.columns.push((column, target));
        self.columns.sort_by_key(|(column, _)| *column);
    }

    /// Names a target that no column fills: its default is taken, and it may be required.
    pub fn leave_unmapped(&mut self, target: Target) {
        self.unmapped.push(target);
    }

    /// The value of a target whose cell is empty.
    pub fn default_value(&mut self, target: &str, value: Value) {
        self.defaults.insert(target.to_owned(), value);
    }

    /// What a certain text in a target's column stands for: a text that is then cleaned, or null for nothing.
    pub fn replace(&mut self, target: &str, text: &str, value: Value) {
        self.replacements.entry(target.to_owned()).or_default().insert(fold(text), value);
    }

    /// The columns that fill targets, in order.
    pub fn columns(&self) -> Vec<usize> {
        self.columns.iter().map(|(column, _)| *column).collect()
    }

    /// Cleans one row.
    pub fn clean(&self, row: &SourceRow) -> CleanRow {
        let mut out = CleanRow { number: row.number, ..CleanRow::default() };
        // Telephone numbers need the country and the note: they come last but keep their place among the faults.
        let (last, first): (Vec<_>, Vec<_>) =
            self.columns.iter().partition(|(_, target)| matches!(target.kind, Kind::Phone(_)));
        for (_, target) in &self.columns {
            out.values.insert(target.key.clone(), Value::Null);
        }
        for (column, target) in first.into_iter().chain(last) {
            self.clean_cell(row.cell(*column), *column, target, &mut out);
        }
        for target in &self.unmapped {
            let value = self.defaults.get(&target.key).cloned().unwrap_or(Value::Null);
            self.finish(value, None, target, &mut out);
        }
        out.faults.sort_by_key(|fault| fault.column.unwrap_or(usize::MAX));
        out
    }

    fn clean_cell(&self, cell: &Cell, column: usize, target: &Target, out: &mut CleanRow) {
        let replaced = self.replaced(cell, target);
        match cell::clean(replaced.as_ref().unwrap_or(cell), target, &self.options, &mut out.values) {
            Ok(cleaned) => {
                out.warnings.extend(cleaned.warnings.into_iter().map(|notice| CellNotice {
                    target: target.key.clone(),
                    column: Some(column),
                    notice,
                }));
                let value = if empty(&cleaned.value) {
                    self.defaults.get(&target.key).cloned().unwrap_or(Value::Null)
                } else {
                    cleaned.value
                };
                self.finish(value, Some(column), target, out);
            }
            Err(notice) => out.faults.push(CellNotice { target: target.key.clone(), column: Some(column), notice }),
        }
    }

    fn replaced(&self, cell: &Cell, target: &Target) -> Option<Cell> {
        let texts = self.replacements.get(&target.key)?;
        Some(match texts.get(&fold(&cell.shown()))? {
            Value::Null => Cell::Blank,
            Value::String(text) => Cell::text(text.clone()),
            Value::Bool(value) => Cell::Bool(*value),
            other => Cell::text(other.to_string()),
        })
    }

    fn finish(&self, value: Value, column: Option<usize>, target: &Target, out: &mut CleanRow) {
        if empty(&value) && target.required {
            out.faults.push(CellNotice { target: target.key.clone(), column, notice: Notice::new(Code::Required) });
        }
        out.values.insert(target.key.clone(), value);
    }
}
