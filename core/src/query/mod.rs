//! Questions to the records: filters, sorts, selections, groups, checked against the catalogue and the caller's sight.
//!
//! A filter arrives as JSON ([`condition`] reads it), its paths are resolved ([`path`]) and its values typed ([`term`], [`operand`]),
//! which gives a [`Cond`] that the store turns into SQL without knowing JSON; [`holds`] asks it of a record in memory.

mod aggregate;
mod conceal;
mod condition;
mod holds;
mod operand;
mod operators;
mod path;
mod selection;
mod term;
mod variable;

pub use aggregate::{AggregateQuery, Bucket, Function, Group, Having, Measure, read_aggregate};
pub use conceal::conceal;
pub use condition::{Limits, read_condition};
pub use holds::{Elsewhere, Subject, holds};
pub(crate) use holds::{ask_all, ask_any};
pub use operators::{Operators, asked_of, operators_of};
pub use path::{
    DepartmentAttr, Hop, Leaf, Path, PersonSource, Place, UserAttr, resolve_column, resolve_open, resolve_path,
    resolve_stored,
};
pub use selection::{Selected, SortKey, read_select, read_sort};

use crate::catalog::Catalog;
use crate::time::Clock;
use crate::value::Value;
use uuid::Uuid;

/// A condition over one record, ready for the store. Two-valued: a comparison with an empty value is false.
#[derive(Clone, Debug, PartialEq)]
pub enum Cond {
    True,
    False,
    And(Vec<Cond>),
    Or(Vec<Cond>),
    Not(Box<Cond>),
    Test {
        path: Path,
        test: Test,
    },
    /// Records of `form` (or rows of its child table) that point here and meet `filter`: their number or a sum lies in bounds.
    Related(Box<Related>),
    /// The record that the link names is one that the caller may read.
    Readable {
        field: usize,
        to: usize,
    },
}

/// The question put to a value. For many values: some value satisfies it.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    Empty,
    Eq(Value),
    In(Vec<Value>),
    /// Bounds with whether they belong to the range.
    Range {
        low: Option<(Value, bool)>,
        high: Option<(Value, bool)>,
    },
    /// Folded text.
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    HasAll(Vec<Value>),
    /// Compared with a field of the record that the question is asked for: that of a rollup.
    Same {
        comparison: Comparison,
        field: usize,
    },
}

/// Bounds of a count or sum, each as comparison and number.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    pub form: usize,
    /// The child table's field, where rows are asked about.
    pub table: Option<usize>,
    /// The link that leads here; `None` for the form's own child table.
    pub via: Option<usize>,
    pub filter: Cond,
    /// `None` counts.
    pub sum: Option<usize>,
    pub bounds: Vec<(Comparison, rust_decimal::Decimal)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Comparison {
    pub fn parse(name: &str) -> Option<Comparison> {
        Some(match name {
            "eq" => Comparison::Eq,
            "ne" => Comparison::Ne,
            "lt" => Comparison::Lt,
            "le" => Comparison::Le,
            "gt" => Comparison::Gt,
            "ge" => Comparison::Ge,
            _ => return None,
        })
    }
}

impl Cond {
    /// `a AND b` without needless nesting.
    #[must_use]
    pub fn and(self, other: Cond) -> Cond {
        match (self, other) {
            (Cond::True, c) | (c, Cond::True) => c,
            (Cond::False, _) | (_, Cond::False) => Cond::False,
            (Cond::And(mut a), Cond::And(b)) => {
                a.extend(b);
                Cond::And(a)
            }
            (Cond::And(mut a), c) => {
                a.push(c);
                Cond::And(a)
            }
            (a, b) => Cond::And(vec![a, b]),
        }
    }

    /// The disjunction of conditions; none gives false.
    pub fn any(conds: impl IntoIterator<Item = Cond>) -> Cond {
        let mut out = Vec::new();
        for c in conds {
            match c {
                Cond::True => return Cond::True,
                Cond::False => {}
                c if out.contains(&c) => {}
                c => out.push(c),
            }
        }
        match out.len() {
            0 => Cond::False,
            1 => out.pop().unwrap_or(Cond::False),
            _ => Cond::Or(out),
        }
    }

    #[must_use]
    pub fn negate(self) -> Cond {
        match self {
            Cond::True => Cond::False,
            Cond::False => Cond::True,
            Cond::Not(inner) => *inner,
            c => Cond::Not(Box::new(c)),
        }
    }
}

/// What the caller may know of: a field hidden from him in every grant is no field.
pub trait Sight {
    /// Whether anything of the form may be read.
    fn reads(&self, form: usize) -> bool;
    /// Whether the field (or a column of a child table) may be known.
    fn sees(&self, form: usize, field: usize, column: Option<usize>) -> bool;
}

/// Sight of definitions themselves: everything.
pub struct AllSight;

impl Sight for AllSight {
    fn reads(&self, _: usize) -> bool {
        true
    }
    fn sees(&self, _: usize, _: usize, _: Option<usize>) -> bool {
        true
    }
}

/// Facts about the organisation that conditions ask for.
pub trait Organisation {
    /// The department itself and all below it.
    fn departments_under(&self, department: Uuid) -> Vec<Uuid>;
    fn department_named(&self, name: &str) -> Option<Uuid>;
    fn user_named(&self, login: &str) -> Option<Uuid>;
    /// People whose manager, at any distance, this person is.
    fn reports_of(&self, user: Uuid) -> Vec<Uuid>;
}

/// An organisation of nobody: for checking definitions.
pub struct NoOrganisation;

impl Organisation for NoOrganisation {
    fn departments_under(&self, department: Uuid) -> Vec<Uuid> {
        vec![department]
    }
    fn department_named(&self, _: &str) -> Option<Uuid> {
        None
    }
    fn user_named(&self, _: &str) -> Option<Uuid> {
        None
    }
    fn reports_of(&self, _: Uuid) -> Vec<Uuid> {
        Vec::new()
    }
}

/// The person asking.
#[derive(Clone, Debug, Default)]
pub struct Person {
    pub id: Uuid,
    pub login: String,
    pub department: Option<Uuid>,
    /// His department and further ones.
    pub departments: Vec<Uuid>,
    pub manager: Option<Uuid>,
    pub roles: Vec<String>,
}

/// Everything that values may name: `{"var": "me"}`, `today`, `record.country`, `settings.x`.
pub struct Vars<'a> {
    pub clock: Clock,
    /// First month of the fiscal year, 1–12.
    pub fiscal_year_start: u32,
    /// First day of the week, in windows such as `this_week`.
    pub week_start: chrono::Weekday,
    pub me: &'a Person,
    pub organisation: &'a dyn Organisation,
    /// The record being filled, as JSON.
    pub record: Option<&'a serde_json::Value>,
    /// Values by key.
    pub settings: Option<&'a serde_json::Value>,
    /// The form whose records the question is asked for, each at its turn: `record.*` then means a field of that one.
    pub outer: Option<usize>,
}

impl<'a> Vars<'a> {
    /// Those with which a definition is checked, which is of no time and for nobody: what the settings say by themselves.
    pub(crate) fn of_nobody(nobody: &'a Person, settings: &'a serde_json::Value) -> Vars<'a> {
        Vars {
            clock: Clock { now: chrono::DateTime::UNIX_EPOCH, zone: chrono_tz::UTC },
            fiscal_year_start: 1,
            week_start: chrono::Weekday::Mon,
            me: nobody,
            organisation: &NoOrganisation,
            record: None,
            settings: Some(settings),
            outer: None,
        }
    }
}

/// Where a query stands while it is read.
pub struct QueryContext<'a> {
    pub catalog: &'a Catalog,
    pub sight: &'a dyn Sight,
    pub vars: &'a Vars<'a>,
}
