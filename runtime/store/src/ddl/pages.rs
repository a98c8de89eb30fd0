//! Walking through a table in pages by its key, and writing a column of many rows with one statement.
//!
//! Nothing here is kept as a prepared statement: the tables are about to change under it.

use formwright_core::plan::Place;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::row::Row;
use crate::sql::{Ident, SqlBuilder};
use crate::tx::Tx;
use crate::value::{Kind, Val};

/// Rows of a page.
const PAGE: usize = 1000;

/// A row of a page: its key, the record it belongs to, and the columns asked for.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub key: Val,
    pub record: Uuid,
    pub values: Vec<Val>,
}

/// Reads a table page by page.
pub(super) struct Pages {
    table: Ident,
    rows: bool,
    columns: Vec<(Ident, Kind)>,
    /// Only rows in which one of the columns has a value.
    filled: bool,
    live: bool,
    after: Option<Val>,
    done: bool,
}

impl Pages {
    /// Through the rows in which one of the columns has a value. All columns stand in the table of `place`.
    pub fn filled(place: &Place, columns: &[(&str, Kind)]) -> StoreResult<Pages> {
        Pages::new(&place.table, place.rows, columns, true, false)
    }

    /// As [`Pages::filled`], without records in the recycle bin; what is in it of a child table's rows is not known here.
    pub fn present(place: &Place, columns: &[(&str, Kind)]) -> StoreResult<Pages> {
        Pages::new(&place.table, place.rows, columns, true, !place.rows)
    }

    /// Through the records that are not in the recycle bin.
    pub fn live(table: &str, columns: &[(&str, Kind)]) -> StoreResult<Pages> {
        Pages::new(table, false, columns, false, true)
    }

    fn new(table: &str, rows: bool, columns: &[(&str, Kind)], filled: bool, live: bool) -> StoreResult<Pages> {
        let columns = columns.iter().map(|(name, kind)| Ok((Ident::new(name)?, *kind))).collect::<StoreResult<_>>()?;
        Ok(Pages { table: Ident::new(table)?, rows, columns, filled, live, after: None, done: false })
    }

    fn key_kind(&self) -> Kind {
        if self.rows { Kind::Uuid } else { Kind::Int }
    }

    /// The next page; empty at the end.
    pub async fn next(&mut self, tx: &mut Tx) -> StoreResult<Vec<Line>> {
        if self.done {
            return Ok(Vec::new());
        }
        let key = if self.rows { "id" } else { "rid" };
        let mut sql = tx.sql();
        sql.push("SELECT ").name(key).push(if self.rows { ", \"record\"" } else { ", \"id\"" });
        for (column, _) in &self.columns {
            sql.push(", ").ident(column);
        }
        sql.push(" FROM ").ident(&self.table).push(" WHERE ");
        match &self.after {
            Some(after) => sql.name(key).push(" > ").val(after.clone()),
            None => sql.push("1=1"),
        };
        if self.live {
            sql.push(" AND \"deleted_at\" IS NULL");
        }
        if self.filled && !self.columns.is_empty() {
            sql.push(" AND (").list(" OR ", &self.columns, |sql, (column, _)| {
                sql.ident(column).push(" IS NOT NULL");
            });
            sql.push(")");
        }
        sql.push(" ORDER BY ").name(key).push(" LIMIT ").int(i64::try_from(PAGE).unwrap_or(i64::MAX));
        let (kind, columns) = (self.key_kind(), &self.columns);
        let lines = tx.all(&sql.build().once(), |row| line(row, kind, columns)).await?;
        self.done = lines.len() < PAGE;
        self.after = lines.last().map(|l| l.key.clone());
        Ok(lines)
    }
}

fn line(row: &Row<'_>, key: Kind, columns: &[(Ident, Kind)]) -> StoreResult<Line> {
    Ok(Line {
        key: row.val(0, key)?,
        record: row.uuid(1)?.ok_or_else(|| StoreError::Damaged("a row without a record".into()))?,
        values: columns.iter().enumerate().map(|(i, (_, kind))| row.val(i + 2, *kind)).collect::<StoreResult<_>>()?,
    })
}

/// `UPDATE … SET column = value` for many keys at once.
pub(crate) async fn write_column(tx: &mut Tx, place: &Place, values: Vec<(Val, Val)>) -> StoreResult<()> {
    if values.is_empty() {
        return Ok(());
    }
    let (table, column) = (Ident::new(&place.table)?, Ident::new(&place.column)?);
    let mut sql = tx.sql();
    sql.push("WITH v(\"k\", \"x\") AS (VALUES ").list(", ", values, |sql, (key, value)| pair(sql, key, value));
    sql.push(") UPDATE ")
        .ident(&table)
        .push(" SET ")
        .ident(&column)
        .push(" = v.\"x\" FROM v WHERE ")
        .ident(&table)
        .push(".");
    sql.name(if place.rows { "id" } else { "rid" }).push(" = v.\"k\"");
    tx.execute(&sql.build().once()).await.map(|_| ())
}

fn pair(sql: &mut SqlBuilder, key: Val, value: Val) {
    let dialect = sql.dialect();
    sql.push("(").append(dialect.typed(key)).push(", ").append(dialect.typed(value)).push(")");
}
