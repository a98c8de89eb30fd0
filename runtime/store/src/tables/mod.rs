//! The system tables: declared as data, created on both databases from one history of numbered migrations.

mod audit;
mod company;
mod definitions;
mod files;
mod follow;
mod keys;
mod migrate;
mod people;
mod proof;
mod records;
mod work;

pub use migrate::{latest, migrate, version};

use crate::sql::SqlBuilder;
use crate::value::Kind;

/// A column of a system table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether it may be empty.
    pub nullable: bool,
}

/// What tells rows apart.
#[derive(Debug, Clone, Copy)]
pub enum Key {
    /// A column, not among the others, that counts up by itself.
    Counting(&'static str),
    /// Columns whose values come in.
    Columns(&'static [&'static str]),
}

/// Rows that an index holds.
#[derive(Debug, Clone, Copy)]
pub enum Only {
    /// All.
    All,
    /// Those where the column is empty.
    Empty(&'static str),
    /// Those where the column has a value.
    Filled(&'static str),
}

/// An index.
#[derive(Debug, Clone, Copy)]
pub struct Index {
    /// Its name, unique in the database.
    pub name: &'static str,
    /// Its columns in their order.
    pub columns: &'static [&'static str],
    /// Whether two rows may not agree in all of them.
    pub unique: bool,
    /// The rows it holds.
    pub only: Only,
}

/// A column that names a row of another table, with which this one goes.
#[derive(Debug, Clone, Copy)]
pub struct Parent {
    /// Column here.
    pub column: &'static str,
    /// Table there.
    pub table: &'static str,
    /// Its key.
    pub key: &'static str,
}

/// A system table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name, beginning with `fw_`.
    pub name: &'static str,
    /// Its key.
    pub key: Key,
    /// Its columns.
    pub columns: &'static [Column],
    /// Its indexes.
    pub indexes: &'static [Index],
    /// Rows go with the row that this names.
    pub parent: Option<Parent>,
}

/// A column that always has a value.
const fn must(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: false }
}

/// A column that may be empty.
const fn may(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: true }
}

/// An index over all rows.
const fn index(name: &'static str, columns: &'static [&'static str]) -> Index {
    Index { name, columns, unique: false, only: Only::All }
}

/// A unique index over all rows.
const fn unique(name: &'static str, columns: &'static [&'static str]) -> Index {
    Index { name, columns, unique: true, only: Only::All }
}

/// All system tables as the newest migration leaves them.
pub fn all() -> impl Iterator<Item = &'static Table> {
    [
        &[definitions::META],
        definitions::TABLES,
        people::TABLES,
        records::TABLES,
        files::TABLES,
        work::TABLES,
        audit::TABLES,
        company::TABLES,
        proof::TABLES,
        keys::TABLES,
        keys::NAMED,
        follow::TABLES,
        files::SEALED,
    ]
    .into_iter()
    .flatten()
}

impl Table {
    /// `CREATE TABLE …`
    fn create(&self, if_absent: bool, sql: &mut SqlBuilder) {
        let dialect = sql.dialect();
        sql.push(if if_absent { "CREATE TABLE IF NOT EXISTS " } else { "CREATE TABLE " });
        sql.name(self.name).push(" (");
        if let Key::Counting(key) = self.key {
            sql.name(key).push(" ").push(dialect.counting_key()).push(", ");
        }
        sql.list(", ", self.columns, |sql, column| column.define(sql));
        if let Key::Columns(key) = self.key {
            sql.push(", PRIMARY KEY (").names(key).push(")");
        }
        if let Some(parent) = self.parent {
            sql.push(", FOREIGN KEY (").name(parent.column).push(") REFERENCES ").name(parent.table);
            sql.push(" (").name(parent.key).push(") ON DELETE CASCADE");
        }
        sql.push(")").push(dialect.table_options());
    }
}

impl Column {
    fn define(&self, sql: &mut SqlBuilder) {
        sql.name(self.name).push(" ");
        sql.dialect().column_type(self.kind, sql);
        if !self.nullable {
            sql.push(" NOT NULL");
        }
    }
}

impl Index {
    fn create(&self, table: &'static str, sql: &mut SqlBuilder) {
        sql.push(if self.unique { "CREATE UNIQUE INDEX " } else { "CREATE INDEX " });
        sql.name(self.name).push(" ON ").name(table).push(" (").names(self.columns).push(")");
        match self.only {
            Only::All => {}
            Only::Empty(column) => {
                sql.push(" WHERE ").name(column).push(" IS NULL");
            }
            Only::Filled(column) => {
                sql.push(" WHERE ").name(column).push(" IS NOT NULL");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Ident;
    use std::collections::HashSet;

    #[test]
    fn every_name_is_an_identifier_and_every_index_names_columns_of_its_table() {
        let mut names = HashSet::new();
        for table in all() {
            assert!(Ident::new(table.name).is_ok() && table.name.starts_with("fw_"));
            assert!(names.insert(table.name), "{} twice", table.name);
            let mut columns: HashSet<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(columns.len(), table.columns.len(), "{}", table.name);
            assert!(columns.iter().all(|name| Ident::new(name).is_ok()), "{}", table.name);
            match table.key {
                Key::Counting(key) => assert!(columns.insert(key)),
                Key::Columns(key) => assert!(key.iter().all(|name| columns.contains(name)), "{}", table.name),
            }
            for index in table.indexes {
                assert!(Ident::new(index.name).is_ok() && names.insert(index.name), "{} twice", index.name);
                assert!(index.columns.iter().all(|name| columns.contains(name)), "{}", index.name);
                if let Only::Empty(column) | Only::Filled(column) = index.only {
                    assert!(columns.contains(column), "{}", index.name);
                }
            }
        }
    }
}
