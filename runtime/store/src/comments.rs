//! Comments on records.

use crate::error::StoreResult;
use crate::tx::Tx;
use crate::value::{Kind, Val};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A comment.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: Uuid,
    pub by: Uuid,
    pub at: DateTime<Utc>,
    pub text: String,
    /// JSON array of the people mentioned.
    pub mentions: String,
}

/// Comments of a record, oldest first, after the one with id `after`.
pub async fn list(form: &str, record: Uuid, after: Option<Uuid>, limit: i64, tx: &mut Tx) -> StoreResult<Vec<Comment>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"id\", \"by\", \"at\", \"text\", \"mentions\" FROM ")
        .name("fw_comments")
        .push(" WHERE \"form\" = ")
        .val(form)
        .push(" AND \"record\" = ")
        .val(record);
    if let Some(after) = after {
        sql.push(" AND \"id\" > ").val(after);
    }
    // ids carry the time of their making
    sql.push(" ORDER BY \"id\" LIMIT ").int(limit);
    tx.all(&sql.build(), |row| {
        Ok(Comment {
            id: row.uuid(0)?.unwrap_or(Uuid::nil()),
            by: row.uuid(1)?.unwrap_or(Uuid::nil()),
            at: row.ts(2)?.unwrap_or_default(),
            text: row.text(3)?.unwrap_or_default().to_string(),
            mentions: row.json(4)?.unwrap_or("[]").to_string(),
        })
    })
    .await
}

/// The text of a comment on a record.
pub async fn text(form: &str, record: Uuid, id: Uuid, tx: &mut Tx) -> StoreResult<Option<String>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"text\" FROM ").name("fw_comments").push(" WHERE \"id\" = ").val(id);
    sql.push(" AND \"form\" = ").val(form).push(" AND \"record\" = ").val(record);
    Ok(tx.optional(&sql.build(), |row| Ok(row.text(0)?.map(str::to_string))).await?.flatten())
}

pub async fn add(form: &str, record: Uuid, comment: &Comment, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ")
        .name("fw_comments")
        .push(" (")
        .names(&["id", "form", "record", "by", "at", "edited_at", "text", "mentions"])
        .push(") VALUES (");
    sql.vals([
        Val::Uuid(comment.id),
        Val::text(form),
        Val::Uuid(record),
        Val::Uuid(comment.by),
        Val::Ts(comment.at),
        Val::Null(Kind::Ts),
        Val::text(&comment.text),
        Val::Json(comment.mentions.clone()),
    ]);
    sql.push(")");
    tx.execute(&sql.build()).await?;
    Ok(())
}
