//! Running one statement on a SQLite connection.

use rusqlite::{CachedStatement, Connection, Statement, params_from_iter};

use crate::error::{StoreError, StoreResult};
use crate::row::{EachRow, Row, Rows};
use crate::sql::Sql;

/// A statement from the cache, or one that will not be kept.
enum Prepared<'c> {
    Cached(CachedStatement<'c>),
    Once(Statement<'c>),
}

fn prepare<'c>(conn: &'c Connection, sql: &Sql) -> StoreResult<Prepared<'c>> {
    Ok(if sql.once {
        Prepared::Once(conn.prepare(&sql.text)?)
    } else {
        Prepared::Cached(conn.prepare_cached(&sql.text)?)
    })
}

impl<'c> Prepared<'c> {
    fn statement(&mut self) -> &mut Statement<'c> {
        match self {
            Prepared::Cached(statement) => statement,
            Prepared::Once(statement) => statement,
        }
    }
}

pub(crate) fn execute(conn: &Connection, sql: &Sql) -> StoreResult<u64> {
    let mut prepared = prepare(conn, sql)?;
    let changed = prepared.statement().execute(params_from_iter(&sql.args))?;
    u64::try_from(changed).map_err(|error| StoreError::Other(error.to_string()))
}

/// The outer result is the statement's, the inner one the closure's. For the first row alone the statement is run to its end all the
/// same where it writes, so that an insert that returns a row is complete.
pub(crate) fn rows(conn: &Connection, sql: &Sql, wanted: Rows, each: &mut EachRow<'_>) -> StoreResult<StoreResult<()>> {
    let mut prepared = prepare(conn, sql)?;
    let statement = prepared.statement();
    let writes = !statement.readonly();
    let mut rows = statement.query(params_from_iter(&sql.args))?;
    while let Some(row) = rows.next()? {
        let result = each(&Row::sqlite(row));
        if wanted == Rows::First {
            if writes {
                while rows.next()?.is_some() {}
            }
            return Ok(result);
        }
        if result.is_err() {
            return Ok(result);
        }
    }
    Ok(Ok(()))
}

/// A short statement without values, kept prepared.
pub(crate) fn control(conn: &Connection, text: &'static str) -> StoreResult<()> {
    conn.prepare_cached(text)?.execute([])?;
    Ok(())
}
