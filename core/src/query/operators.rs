//! What may be asked of a field: the operators of each kind of value.

use super::path::{DepartmentAttr, Leaf, Path, UserAttr};
use crate::field::{ColumnKind, Encryption, Field, FieldKind};

/// The operators of a kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operators {
    Text,
    Number,
    Date,
    Instant,
    Time,
    Boolean,
    Choice,
    Id,
    Department,
    Many,
    ManyIds,
    ManyDepartments,
    Rows,
    Json,
}

impl Operators {
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Operators::Text => &[
                "eq",
                "ne",
                "lt",
                "le",
                "gt",
                "ge",
                "between",
                "in",
                "not_in",
                "contains",
                "starts_with",
                "ends_with",
                "is_empty",
                "not_empty",
            ],
            Operators::Number | Operators::Time => {
                &["eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "is_empty", "not_empty"]
            }
            Operators::Date | Operators::Instant => {
                &["eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "within", "is_empty", "not_empty"]
            }
            Operators::Boolean => &["eq", "ne", "is_empty", "not_empty"],
            Operators::Choice => {
                &["eq", "ne", "in", "not_in", "contains", "starts_with", "ends_with", "under", "is_empty", "not_empty"]
            }
            Operators::Id => &["eq", "ne", "in", "not_in", "is_empty", "not_empty"],
            Operators::Department => &["eq", "ne", "in", "not_in", "under", "is_empty", "not_empty"],
            Operators::Many => &[
                "has_any",
                "has_all",
                "has_none",
                "eq",
                "ne",
                "in",
                "not_in",
                "contains",
                "under",
                "is_empty",
                "not_empty",
            ],
            Operators::ManyIds => {
                &["has_any", "has_all", "has_none", "eq", "ne", "in", "not_in", "is_empty", "not_empty"]
            }
            Operators::ManyDepartments => {
                &["has_any", "has_all", "has_none", "eq", "ne", "in", "not_in", "under", "is_empty", "not_empty"]
            }
            Operators::Rows => &["is_empty", "not_empty"],
            Operators::Json => &["eq", "ne", "contains", "is_empty", "not_empty"],
        }
    }
}

/// The operators of a field.
pub fn operators_of(kind: &FieldKind) -> Operators {
    match kind {
        FieldKind::Text(_) | FieldKind::LongText { .. } | FieldKind::Scan | FieldKind::Serial(_) => Operators::Text,
        FieldKind::Number(_) | FieldKind::Duration => Operators::Number,
        FieldKind::Boolean => Operators::Boolean,
        FieldKind::Date => Operators::Date,
        FieldKind::DateTime => Operators::Instant,
        FieldKind::Time => Operators::Time,
        FieldKind::Choice(_) | FieldKind::Status(_) => Operators::Choice,
        FieldKind::Choices(_) | FieldKind::Tags(_) => Operators::Many,
        FieldKind::User | FieldKind::Link(_) | FieldKind::Signature => Operators::Id,
        FieldKind::Department => Operators::Department,
        FieldKind::Users | FieldKind::Links(_) | FieldKind::Files(_) => Operators::ManyIds,
        FieldKind::Departments => Operators::ManyDepartments,
        FieldKind::Table(_) => Operators::Rows,
        FieldKind::Json | FieldKind::Location => Operators::Json,
    }
}

/// Names of what may be asked of a field: of an encrypted one only whether there is a value, and equality where it says so.
pub fn asked_of(field: &Field) -> &'static [&'static str] {
    match field.encryption {
        Some(Encryption { exact: true }) => &["eq", "ne", "in", "not_in", "is_empty", "not_empty"],
        Some(Encryption { exact: false }) => &["is_empty", "not_empty"],
        None => operators_of(&field.kind).names(),
    }
}

pub(super) fn operators(path: &Path, field: Option<&Field>) -> Operators {
    match (&path.leaf, field) {
        (Leaf::System(s), _) => match s.column_kind() {
            ColumnKind::Int => Operators::Number,
            ColumnKind::Ts => Operators::Instant,
            ColumnKind::Uuid => Operators::Id,
            _ => Operators::Choice,
        },
        (Leaf::User(UserAttr::Department), _) | (Leaf::Department(DepartmentAttr::Id | DepartmentAttr::Parent), _) => {
            Operators::Department
        }
        (Leaf::User(UserAttr::Id | UserAttr::Manager), _) => Operators::Id,
        (Leaf::User(UserAttr::Active), _) => Operators::Boolean,
        (Leaf::User(_) | Leaf::Department(_), _) => Operators::Text,
        (Leaf::ChoiceParent(_) | Leaf::ChoiceData(..), _) => Operators::Choice,
        (Leaf::JsonPath(..), _) => Operators::Json,
        (Leaf::Field(_), Some(field)) => operators_of(&field.kind),
        (Leaf::Field(_), None) => Operators::Rows,
    }
}
