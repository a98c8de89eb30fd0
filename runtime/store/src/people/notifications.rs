//! What people are told: rows of `fw_notifications`, and how each wants to be told.

use super::filled;
use crate::error::StoreResult;
use crate::tx::Tx;
use crate::value::Val;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A notification; `doc` is JSON that says what happened, never what a record holds.
#[derive(Clone, Debug, PartialEq)]
pub struct NotificationRow {
    /// Carries the time of its making.
    pub id: Uuid,
    pub user: Uuid,
    pub at: DateTime<Utc>,
    pub doc: String,
    pub read_at: Option<DateTime<Utc>>,
}

/// Adds one.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn add(row: &NotificationRow, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_notifications").push(" (").names(&["id", "user", "at", "doc", "read_at"]);
    sql.push(") VALUES (").vals([
        Val::Uuid(row.id),
        Val::Uuid(row.user),
        Val::Ts(row.at),
        Val::Json(row.doc.clone()),
        Val::opt_ts(row.read_at),
    ]);
    sql.push(")");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// A person's notifications, newest first, those before `before`.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn list(
    user: Uuid,
    unread: bool,
    before: Option<Uuid>,
    limit: i64,
    tx: &mut Tx,
) -> StoreResult<Vec<NotificationRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT ").names(&["id", "user", "at", "doc", "read_at"]).push(" FROM ").name("fw_notifications");
    sql.push(" WHERE \"user\" = ").val(user);
    if unread {
        sql.push(" AND \"read_at\" IS NULL");
    }
    if let Some(before) = before {
        sql.push(" AND \"id\" < ").val(before);
    }
    sql.push(" ORDER BY \"id\" DESC LIMIT ").int(limit);
    tx.all(&sql.build(), |row| {
        Ok(NotificationRow {
            id: filled(row.uuid(0)?, "id")?,
            user: filled(row.uuid(1)?, "user")?,
            at: filled(row.ts(2)?, "at")?,
            doc: row.json(3)?.unwrap_or("{}").to_string(),
            read_at: row.ts(4)?,
        })
    })
    .await
}

/// How many a person has not read.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn unread(user: Uuid, tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM ").name("fw_notifications").push(" WHERE \"user\" = ").val(user);
    sql.push(" AND \"read_at\" IS NULL");
    Ok(tx.one(&sql.build(), |row| row.int(0)).await?.unwrap_or(0))
}

/// Marks some of a person's notifications as read, or all of them.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn mark_read(user: Uuid, ids: Option<&[Uuid]>, now: DateTime<Utc>, tx: &mut Tx) -> StoreResult<u64> {
    if ids.is_some_and(<[Uuid]>::is_empty) {
        return Ok(0);
    }
    let mut sql = tx.sql();
    sql.push("UPDATE ").name("fw_notifications").push(" SET \"read_at\" = ").val(now).push(" WHERE \"user\" = ");
    sql.val(user).push(" AND \"read_at\" IS NULL");
    if let Some(ids) = ids {
        sql.push(" AND \"id\" IN (").vals(ids.iter().map(|id| Val::Uuid(*id))).push(")");
    }
    tx.execute(&sql.build().once()).await
}

/// Forgets what is older.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn forget(before: DateTime<Utc>, tx: &mut Tx) -> StoreResult<u64> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM ").name("fw_notifications").push(" WHERE \"at\" < ").val(before);
    tx.execute(&sql.build()).await
}

/// How a person wants to be told, as JSON; nothing where he never said.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn preferences(user: Uuid, tx: &mut Tx) -> StoreResult<Option<String>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"doc\" FROM ").name("fw_notification_preferences").push(" WHERE \"user\" = ").val(user);
    Ok(tx.optional(&sql.build(), |row| Ok(row.json(0)?.map(str::to_string))).await?.flatten())
}

/// Writes how a person wants to be told.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn set_preferences(user: Uuid, doc: String, now: DateTime<Utc>, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_notification_preferences").push(" (").names(&["user", "doc", "updated_at"]);
    sql.push(") VALUES (").vals([Val::Uuid(user), Val::Json(doc), Val::Ts(now)]);
    sql.push(
        ") ON CONFLICT (\"user\") DO UPDATE SET \"doc\" = excluded.\"doc\", \"updated_at\" = excluded.\"updated_at\"",
    );
    tx.execute(&sql.build()).await.map(|_| ())
}
