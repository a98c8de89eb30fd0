//! What a write leaves behind besides the record: its history and its event.

use crate::audit::{AuditKey, Content};
use crate::error::StoreResult;
use crate::layout::{FieldLayout, FormLayout};
use crate::seal::{Way, turn_changes};
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

/// Appends a history entry of a record of a form laid out so; the digest by which the audit log vouches for it.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn append_history(
    entry: &HistoryRow<'_>,
    layout: &FormLayout,
    key: &AuditKey,
    tx: &mut Tx,
) -> StoreResult<String> {
    let plain = pack(entry.changes);
    let digest = key.digest(&Content {
        form: entry.form,
        record: entry.record,
        version: entry.version,
        at: entry.at,
        by: entry.by,
        cause: entry.cause,
        batch: entry.batch,
        changes: &plain,
    })?;
    let stored = if layout.fields.iter().any(is_sealed) {
        let mut changes = entry.changes.to_vec();
        turn_changes(Way::In, &layout.fields, entry.record, &mut changes)?;
        pack(&changes)
    } else {
        plain
    };
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
        Val::Json(stored),
    ]);
    sql.push(")");
    tx.execute(&sql.build()).await?;
    Ok(digest)
}

fn is_sealed(field: &FieldLayout) -> bool {
    field.seal.is_some() || field.rows.iter().flat_map(|rows| &rows.fields).any(|column| column.seal.is_some())
}

/// Changes as they are stored: `[[field, to]]` where nothing stood before, else `[[field, from, to]]`. A quarter of a large
/// installation is history, so it is written without names.
pub(crate) fn pack(changes: &[Change]) -> String {
    let entry = |c: &Change| if c.from.is_null() { json!([c.field, c.to]) } else { json!([c.field, c.from, c.to]) };
    Json::Array(changes.iter().map(entry).collect()).to_string()
}

/// What [`append_history`] stored.
pub(crate) fn unpack(text: &str) -> Option<Vec<Change>> {
    let entries: Vec<Vec<Json>> = serde_json::from_str(text).ok()?;
    entries
        .into_iter()
        .map(|entry| {
            let mut parts = entry.into_iter();
            let field = match parts.next() {
                Some(Json::String(field)) => field,
                _ => return None,
            };
            let (first, second) = (parts.next()?, parts.next());
            Some(match second {
                Some(to) => Change { field, from: first, to },
                None => Change { field, from: Json::Null, to: first },
            })
        })
        .collect()
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

/// Appends an event for each of some records as they stand, whose computed values are others now.
pub async fn append_events(layout: &FormLayout, records: &[Uuid], at: DateTime<Utc>, tx: &mut Tx) -> StoreResult<()> {
    for part in records.chunks(1000) {
        let mut sql = tx.sql();
        let dialect = tx.dialect();
        sql.push("INSERT INTO ").name("fw_outbox").push(" (");
        sql.names(&["at", "kind", "form", "record", "version", "body"]).push(") SELECT ");
        sql.append(dialect.typed(Val::Ts(at))).push(", ").append(dialect.typed(Val::text("updated"))).push(", ");
        sql.append(dialect.typed(Val::text(&layout.id))).push(", t.\"id\", t.\"version\", ");
        sql.append(dialect.typed(Val::Json("null".into()))).push(" FROM ").ident(&layout.table).push(" AS t WHERE ");
        sql.push("t.\"deleted_at\" IS NULL AND t.\"id\" IN (").vals(part.iter().map(|id| Val::Uuid(*id)));
        sql.push(") ORDER BY t.\"rid\"");
        tx.execute(&sql.build().once()).await?;
    }
    Ok(())
}
