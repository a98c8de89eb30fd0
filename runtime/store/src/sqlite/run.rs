//! Running one statement on a SQLite connection.

use rusqlite::{CachedStatement, Connection, Statement, params_from_iter};

use crate::error::{StoreError, StoreResult};
use crate::row::Row;
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

/// The outer result is the statement's, the inner one the closure's.
pub(crate) fn each<F>(conn: &Connection, sql: &Sql, each: &mut F) -> StoreResult<StoreResult<()>>
where
    F: FnMut(&Row<'_>) -> StoreResult<()>,
{
    let mut prepared = prepare(conn, sql)?;
    let mut rows = prepared.statement().query(params_from_iter(&sql.args))?;
    while let Some(row) = rows.next()? {
        if let Err(error) = each(&Row::sqlite(row)) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// As [`each`], for the first row. The statement is run to its end, so that an insert that returns a row is complete.
pub(crate) fn first<T, F>(conn: &Connection, sql: &Sql, read: F) -> StoreResult<StoreResult<Option<T>>>
where
    F: FnOnce(&Row<'_>) -> StoreResult<T>,
{
    let mut prepared = prepare(conn, sql)?;
    let statement = prepared.statement();
    let writes = !statement.readonly();
    let mut rows = statement.query(params_from_iter(&sql.args))?;
    let Some(row) = rows.next()? else {
        return Ok(Ok(None));
    };
    let result = read(&Row::sqlite(row)).map(Some);
    if writes {
        while rows.next()?.is_some() {}
    }
    Ok(result)
}

/// A short statement without values, kept prepared.
pub(crate) fn control(conn: &Connection, text: &'static str) -> StoreResult<()> {
    conn.prepare_cached(text)?.execute([])?;
    Ok(())
}
