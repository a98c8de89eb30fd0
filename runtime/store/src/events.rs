//! Events of committed writes, as they are read by whoever follows: rows of `fw_outbox` in their order.

use crate::error::StoreResult;
use crate::row::Row;
use crate::sql::SqlBuilder;
use crate::tx::Tx;
use crate::value::{Kind, Val};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// An event. Of a record: its form's id, its id and version; of anything else `body` says more.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub kind: String,
    pub form: Option<String>,
    pub record: Option<Uuid>,
    pub version: Option<i64>,
    /// JSON.
    pub body: String,
}

fn select(tx: &Tx) -> SqlBuilder {
    let mut sql = tx.sql();
    sql.push("SELECT ").names(&["seq", "at", "kind", "form", "record", "version", "body"]);
    sql.push(" FROM ").name("fw_outbox");
    sql
}

fn read(row: &Row<'_>) -> StoreResult<EventRow> {
    Ok(EventRow {
        seq: row.int(0)?.unwrap_or(0),
        at: row.ts(1)?.unwrap_or_default(),
        kind: row.text(2)?.unwrap_or_default().to_string(),
        form: row.text(3)?.map(str::to_string),
        record: row.uuid(4)?,
        version: row.int(5)?,
        body: row.json(6)?.unwrap_or("null").to_string(),
    })
}

/// Appends an event that is of no record.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn append(kind: &str, subject: Uuid, body: String, at: DateTime<Utc>, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_outbox").push(" (");
    sql.names(&["at", "kind", "form", "record", "version", "body"]).push(") VALUES (");
    sql.vals([
        Val::Ts(at),
        Val::text(kind),
        Val::Null(Kind::Text),
        Val::Uuid(subject),
        Val::Null(Kind::Int),
        Val::Json(body),
    ]);
    sql.push(")");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// The number of the last event; 0 for none.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn last(tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("SELECT max(\"seq\") FROM ").name("fw_outbox");
    Ok(tx.optional(&sql.build(), |row| row.int(0)).await?.flatten().unwrap_or(0))
}

/// Events after a number, and those of the numbers in `missed`, in their order.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn after(seq: i64, missed: &[i64], limit: i64, tx: &mut Tx) -> StoreResult<Vec<EventRow>> {
    let mut sql = select(tx);
    sql.push(" WHERE \"seq\" > ").val(seq);
    if !missed.is_empty() {
        sql.push(" OR \"seq\" IN (").vals(missed.iter().map(|seq| Val::Int(*seq))).push(")");
    }
    sql.push(" ORDER BY \"seq\" LIMIT ").int(limit);
    let sql = sql.build();
    tx.all(&if missed.is_empty() { sql } else { sql.once() }, read).await
}

/// When an event was; nothing where it is no longer kept.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn at(seq: i64, tx: &mut Tx) -> StoreResult<Option<DateTime<Utc>>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"at\" FROM ").name("fw_outbox").push(" WHERE \"seq\" = ").val(seq);
    Ok(tx.optional(&sql.build(), |row| row.ts(0)).await?.flatten())
}

/// Events that one step of [`forget`] looks at.
pub const FORGOTTEN_AT_ONCE: i64 = 5000;

/// Forgets what is older, from the oldest on and only so many at once: neither a long table nor a long transaction makes it dear.
/// The number forgotten; fewer than [`FORGOTTEN_AT_ONCE`] when there are no more.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn forget(before: DateTime<Utc>, tx: &mut Tx) -> StoreResult<u64> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM ").name("fw_outbox").push(" WHERE \"at\" < ").val(before);
    sql.push(" AND \"seq\" IN (SELECT o.\"seq\" FROM ").name("fw_outbox");
    sql.push(" AS o ORDER BY o.\"seq\" LIMIT ").int(FORGOTTEN_AT_ONCE).push(")");
    tx.execute(&sql.build()).await
}
