//! What a write leaves behind besides the record: its history and its event.

use crate::error::StoreResult;
use crate::tx::Tx;
use crate::value::{Kind, Val};
use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A change of one field, by the field's id. Of child rows only those that differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub field: String,
    pub from: Json,
    pub to: Json,
}

/// A history entry to be written.
pub struct HistoryRow<'a> {
    pub form: &'a str,
    pub record: Uuid,
    pub version: i64,
    pub at: DateTime<Utc>,
    pub by: Uuid,
    /// `create`, `update`, `delete`, `restore`, `import`, …
    pub cause: &'a str,
    pub batch: Option<Uuid>,
    pub changes: &'a [Change],
}

/// Appends a history entry.
pub async fn append_history(entry: &HistoryRow<'_>, tx: &mut Tx) -> StoreResult<()> {
    let changes: Vec<Json> =
        entry.changes.iter().map(|c| json!({"field": c.field, "from": c.from, "to": c.to})).collect();
    let mut sql = tx.sql();
    sql.push("INSERT INTO ")
        .name("fw_history")
        .push(" (")
        .names(&["form", "record", "version", "at", "by", "cause", "batch", "changes"])
        .push(") VALUES (");
    sql.vals([
        Val::text(entry.form),
        Val::Uuid(entry.record),
        Val::Int(entry.version),
        Val::Ts(entry.at),
        Val::Uuid(entry.by),
        Val::text(entry.cause),
        Val::or_null(entry.batch.map(Val::Uuid), Kind::Uuid),
        Val::Json(Json::Array(changes).to_string()),
    ]);
    sql.push(")");
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// Appends an event for whoever follows: the relay, live pages, automations.
pub async fn append_event(
    kind: &str,
    form: &str,
    record: Uuid,
    version: i64,
    at: DateTime<Utc>,
    tx: &mut Tx,
) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ")
        .name("fw_outbox")
        .push(" (")
        .names(&["at", "kind", "form", "record", "version", "body"])
        .push(") VALUES (");
    sql.vals([
        Val::Ts(at),
        Val::text(kind),
        Val::text(form),
        Val::Uuid(record),
        Val::Int(version),
        Val::Json("null".into()),
    ]);
    sql.push(")");
    tx.execute(&sql.build()).await?;
    Ok(())
}
