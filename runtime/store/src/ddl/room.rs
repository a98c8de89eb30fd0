//! Whether the tables have room for the columns that a plan adds.

use std::collections::BTreeMap;

use formwright_core::plan::Change;

use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::tx::Tx;

/// A table that cannot take the columns meant for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crowded {
    pub table: String,
    /// Columns that it would have.
    pub columns: i64,
    /// Columns that a table may have.
    pub limit: i64,
}

/// Tables that would have more columns than the database allows. PostgreSQL counts dropped columns for ever.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn crowded(tx: &mut Tx, changes: &[Change]) -> StoreResult<Vec<Crowded>> {
    let dialect = tx.dialect();
    let mut more: BTreeMap<&str, i64> = BTreeMap::new();
    for change in changes {
        match change {
            Change::AddColumn { table, .. } => *more.entry(table).or_default() += 1,
            Change::DropColumn { table, .. } if dialect == Dialect::Sqlite => *more.entry(table).or_default() -= 1,
            _ => {}
        }
    }
    let mut out = Vec::new();
    for (table, added) in more.into_iter().filter(|(_, added)| *added > 0) {
        let mut sql = tx.sql();
        match dialect {
            Dialect::Sqlite => sql.push("SELECT count(*) FROM pragma_table_info(").val(table).push(")"),
            Dialect::Postgres => sql
                .push("SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid ")
                .push("JOIN pg_namespace n ON n.oid = c.relnamespace ")
                .push("WHERE n.nspname = current_schema() AND a.attnum > 0 AND c.relname = ")
                .val(table),
        };
        let there = tx.one(&sql.build().once(), |row| Ok(row.int(0)?.unwrap_or(0))).await?;
        let (columns, limit) = (there + added, dialect.most_columns());
        if columns > limit {
            out.push(Crowded { table: table.to_owned(), columns, limit });
        }
    }
    Ok(out)
}
