//! A whole PostgreSQL database as data: what its tables are, and their rows as COPY writes them.
//!
//! [`Dump`] reads everything as it is at one moment, while others write; [`Load`] makes the same tables in another database,
//! all or nothing. Rows pass in pieces and are never held together.

mod load;
mod read;

pub use load::{Load, LoadFault};
pub use read::{Dump, lines};

use serde::{Deserialize, Serialize};

/// A table with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableShape {
    pub name: String,
    pub columns: Vec<ColumnShape>,
    pub constraints: Vec<ConstraintShape>,
    pub indexes: Vec<IndexShape>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnShape {
    pub name: String,
    /// The type as PostgreSQL writes it: `numeric(18,2)`.
    pub kind: String,
    /// Where it is not the type's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    pub not_null: bool,
    /// An expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Numbers itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counting: bool,
    /// The last number given out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<i64>,
}

/// A key, a reference or a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConstraintShape {
    pub name: String,
    /// `PRIMARY KEY ("id")`
    pub definition: String,
}

/// An index that belongs to no constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexShape {
    pub name: String,
    pub unique: bool,
    /// What stands after the table's name: `USING btree ("a")`.
    pub definition: String,
}

impl TableShape {
    /// The columns in their order, as COPY wants them.
    fn column_list(&self) -> String {
        self.columns.iter().map(|c| quoted(&c.name)).collect::<Vec<_>>().join(", ")
    }
}

/// A name as it stands in a statement.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(quoted("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
    }
}
