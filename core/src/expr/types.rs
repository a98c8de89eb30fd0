//! Types of expressions, and the names that an expression may use.

use crate::field::FieldKind;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// The word EMPTY: fits everywhere.
    Empty,
    Text,
    Number,
    Boolean,
    Date,
    DateTime,
    Time,
    Duration,
    /// A record of this form; `user`, `department` and `file` for those.
    Record(Arc<str>),
    List(Box<Type>),
}

impl Type {
    /// A record of a form.
    pub fn record(form: &str) -> Type {
        Type::Record(Arc::from(form))
    }

    /// A list of this type.
    #[must_use]
    pub fn list(self) -> Type {
        Type::List(Box::new(self))
    }

    pub fn is_list(&self) -> bool {
        matches!(self, Type::List(_))
    }

    /// The type of a list's elements; any other type itself.
    pub fn element(&self) -> &Type {
        match self {
            Type::List(inner) => inner,
            other => other,
        }
    }

    /// The type of a field's value. Rows of a child table are records of `form.table`, which the caller names.
    pub fn of_field(kind: &FieldKind, rows_of: &str) -> Type {
        match kind {
            FieldKind::Number(_) => Type::Number,
            FieldKind::Boolean => Type::Boolean,
            FieldKind::Date => Type::Date,
            FieldKind::DateTime => Type::DateTime,
            FieldKind::Time => Type::Time,
            FieldKind::Duration => Type::Duration,
            FieldKind::User => Type::record("user"),
            FieldKind::Users => Type::record("user").list(),
            FieldKind::Department => Type::record("department"),
            FieldKind::Departments => Type::record("department").list(),
            FieldKind::Link(l) => Type::record(&l.form),
            FieldKind::Links(l) => Type::record(&l.form).list(),
            FieldKind::Signature => Type::record("file"),
            FieldKind::Files(_) => Type::record("file").list(),
            FieldKind::Choices(_) | FieldKind::Tags(_) => Type::Text.list(),
            FieldKind::Table(_) => Type::record(rows_of).list(),
            _ => Type::Text,
        }
    }

    /// The type of which both are, where there is one: EMPTY fits any, and a date among datetimes is its day's beginning.
    pub fn common(&self, other: &Type) -> Option<Type> {
        match (self, other) {
            (a, b) if a == b => Some(a.clone()),
            (Type::Empty, t) | (t, Type::Empty) => Some(t.clone()),
            (Type::Date, Type::DateTime) | (Type::DateTime, Type::Date) => Some(Type::DateTime),
            (Type::List(a), Type::List(b)) => a.common(b).map(Type::list),
            _ => None,
        }
    }
}

/// As definitions write it: `number`, `list of text`, `record of customer`.
impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Type::Empty => f.write_str("empty"),
            Type::Text => f.write_str("text"),
            Type::Number => f.write_str("number"),
            Type::Boolean => f.write_str("boolean"),
            Type::Date => f.write_str("date"),
            Type::DateTime => f.write_str("datetime"),
            Type::Time => f.write_str("time"),
            Type::Duration => f.write_str("duration"),
            Type::Record(form) => write!(f, "record of {form}"),
            Type::List(inner) => write!(f, "list of {inner}"),
        }
    }
}

/// A set of scalar types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Set(u16);

pub const TEXT: Set = Set(1);
pub const NUMBER: Set = Set(2);
pub const BOOLEAN: Set = Set(4);
pub const DATE: Set = Set(8);
pub const DATETIME: Set = Set(16);
pub const TIME: Set = Set(32);
pub const DURATION: Set = Set(64);
pub const RECORD: Set = Set(128);
/// A day, given by a date or by an instant.
pub const DAY: Set = DATE.or(DATETIME);
/// What has an order.
pub const ORDERED: Set = TEXT.or(NUMBER).or(DATE).or(DATETIME).or(TIME).or(DURATION);
/// What can be written as text.
pub const PRINTABLE: Set = ORDERED.or(BOOLEAN);
pub const ANY: Set = PRINTABLE.or(RECORD);

impl Set {
    pub const fn or(self, other: Set) -> Set {
        Set(self.0 | other.0)
    }

    /// Whether a scalar type is in the set. EMPTY is in each.
    pub fn has(self, ty: &Type) -> bool {
        let bit = match ty {
            Type::Empty => return true,
            Type::Text => TEXT,
            Type::Number => NUMBER,
            Type::Boolean => BOOLEAN,
            Type::Date => DATE,
            Type::DateTime => DATETIME,
            Type::Time => TIME,
            Type::Duration => DURATION,
            Type::Record(_) => RECORD,
            Type::List(_) => return false,
        };
        self.0 & bit.0 != 0
    }
}

impl Display for Set {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if *self == ANY {
            return f.write_str("any");
        }
        let names = [
            (TEXT, "text"),
            (NUMBER, "number"),
            (BOOLEAN, "boolean"),
            (DATE, "date"),
            (DATETIME, "datetime"),
            (TIME, "time"),
            (DURATION, "duration"),
            (RECORD, "record"),
        ];
        let mut first = true;
        for (set, name) in names {
            if self.0 & set.0 != 0 {
                if !first {
                    f.write_str("|")?;
                }
                first = false;
                f.write_str(name)?;
            }
        }
        Ok(())
    }
}

/// How far a value depends on when it is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockUse {
    #[default]
    None,
    /// Changes at the company's midnight only (TODAY).
    Day,
    /// Changes at any time (NOW).
    Instant,
}

/// What a path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameType {
    pub ty: Type,
    /// How the value itself depends on the clock: a formula over a formula that reads the clock reads it too.
    pub clock: ClockUse,
}

impl From<Type> for NameType {
    fn from(ty: Type) -> NameType {
        NameType { ty, clock: ClockUse::None }
    }
}

/// The names that an expression may use: fields, columns of child tables (`lines.amount` is a list), what links lead to
/// (`customer.owner.name`), the header of a child row (`parent.x`), variables of flows.
pub trait Names {
    /// The type of a path, or `None` where there is no such name.
    fn resolve(&self, path: &[&str]) -> Option<NameType>;

    /// The names that may follow `prefix`, for suggestions.
    fn known(&self, _prefix: &[&str]) -> Vec<String> {
        Vec::new()
    }

    /// The type of a setting of the app.
    fn setting(&self, _key: &str) -> Option<Type> {
        None
    }

    /// The keys of the app's settings, for suggestions.
    fn known_settings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether the expression stands in a row of a child table, where ROW, SUM_BEFORE and ALLOCATE mean something.
    fn in_rows(&self) -> bool {
        false
    }
}
