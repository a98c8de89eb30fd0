//! What is known of uploaded files, and which records hold them.

use crate::error::StoreResult;
use crate::row::Row;
use crate::tx::Tx;
use crate::value::{Kind, Val};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A file's row.
#[derive(Clone, Debug)]
pub struct FileRow {
    pub id: Uuid,
    pub name: String,
    pub size: i64,
    pub media_type: String,
    pub sha256: Vec<u8>,
    pub uploaded_by: Option<Uuid>,
    pub uploaded_at: DateTime<Utc>,
    pub width: Option<i64>,
    pub height: Option<i64>,
}

const COLUMNS: [&str; 9] = ["id", "name", "size", "type", "sha256", "uploaded_by", "uploaded_at", "width", "height"];

fn read(row: &Row<'_>) -> StoreResult<FileRow> {
    Ok(FileRow {
        id: row.uuid(0)?.unwrap_or(Uuid::nil()),
        name: row.text(1)?.unwrap_or_default().to_string(),
        size: row.int(2)?.unwrap_or(0),
        media_type: row.text(3)?.unwrap_or_default().to_string(),
        sha256: row.bytes(4)?.unwrap_or_default().to_vec(),
        uploaded_by: row.uuid(5)?,
        uploaded_at: row.ts(6)?.unwrap_or_default(),
        width: row.int(7)?,
        height: row.int(8)?,
    })
}

/// The files of these ids that are there.
pub async fn find(ids: &[Uuid], tx: &mut Tx) -> StoreResult<Vec<FileRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = tx.sql();
    sql.push("SELECT ")
        .names(&COLUMNS)
        .push(" FROM ")
        .name("fw_files")
        .push(" WHERE \"state\" <> 'gone' AND \"id\" IN (")
        .vals(ids.iter().map(|id| Val::Uuid(*id)))
        .push(")");
    tx.all(&sql.build(), read).await
}

/// Writes the row of a new upload.
pub async fn add(file: &FileRow, form: Option<&str>, field: Option<&str>, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ")
        .name("fw_files")
        .push(" (")
        .names(&COLUMNS)
        .push(", ")
        .names(&["form", "field", "state"])
        .push(") VALUES (");
    sql.vals([
        Val::Uuid(file.id),
        Val::text(&file.name),
        Val::Int(file.size),
        Val::text(&file.media_type),
        Val::Bytes(file.sha256.clone()),
        Val::or_null(file.uploaded_by.map(Val::Uuid), Kind::Uuid),
        Val::Ts(file.uploaded_at),
        Val::or_null(file.width.map(Val::Int), Kind::Int),
        Val::or_null(file.height.map(Val::Int), Kind::Int),
        Val::opt_text(form),
        Val::opt_text(field),
        Val::text("new"),
    ]);
    sql.push(")");
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// A record holds a file in a field.
pub async fn hold(file: Uuid, form: &str, record: Uuid, field: &str, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ")
        .name("fw_file_refs")
        .push(" (")
        .names(&["file", "form", "record", "field"])
        .push(") VALUES (");
    sql.vals([Val::Uuid(file), Val::text(form), Val::Uuid(record), Val::text(field)]).push(") ON CONFLICT DO NOTHING");
    tx.execute(&sql.build()).await?;
    let mut sql = tx.sql();
    sql.push("UPDATE ")
        .name("fw_files")
        .push(" SET \"state\" = 'kept' WHERE \"id\" = ")
        .val(file)
        .push(" AND \"state\" = 'new'");
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// A record no longer holds a file in a field.
pub async fn release(file: Uuid, form: &str, record: Uuid, field: &str, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM ")
        .name("fw_file_refs")
        .push(" WHERE \"file\" = ")
        .val(file)
        .push(" AND \"form\" = ")
        .val(form);
    sql.push(" AND \"record\" = ").val(record).push(" AND \"field\" = ").val(field);
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// Where a file is held: ids of form, record and field.
pub async fn holders(file: Uuid, tx: &mut Tx) -> StoreResult<Vec<(String, Uuid, String)>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"form\", \"record\", \"field\" FROM ")
        .name("fw_file_refs")
        .push(" WHERE \"file\" = ")
        .val(file)
        .push(" LIMIT 1000");
    tx.all(&sql.build(), |row| {
        Ok((
            row.text(0)?.unwrap_or_default().to_string(),
            row.uuid(1)?.unwrap_or(Uuid::nil()),
            row.text(2)?.unwrap_or_default().to_string(),
        ))
    })
    .await
}

/// Unattached files uploaded before that, at most a thousand.
pub async fn unattached(before: DateTime<Utc>, tx: &mut Tx) -> StoreResult<Vec<FileRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT ")
        .names(&COLUMNS)
        .push(" FROM ")
        .name("fw_files")
        .push(" WHERE \"state\" = 'new' AND \"uploaded_at\" < ")
        .val(before);
    sql.push(" ORDER BY \"uploaded_at\" LIMIT 1000");
    tx.all(&sql.build(), read).await
}

/// Marks files as gone that no record has come to hold in the meantime; gives those marked.
pub async fn mark_gone(ids: &[Uuid], tx: &mut Tx) -> StoreResult<Vec<Uuid>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = tx.sql();
    sql.push("UPDATE ")
        .name("fw_files")
        .push(" SET \"state\" = 'gone' WHERE \"state\" = 'new' AND \"id\" IN (")
        .vals(ids.iter().map(|id| Val::Uuid(*id)));
    sql.push(") RETURNING \"id\"");
    Ok(tx.all(&sql.build().once(), |row| row.uuid(0)).await?.into_iter().flatten().collect())
}

/// Of these contents those that a file still has that is not gone.
pub async fn contents_in_use(hashes: &[Vec<u8>], tx: &mut Tx) -> StoreResult<Vec<Vec<u8>>> {
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = tx.sql();
    sql.push("SELECT DISTINCT \"sha256\" FROM ")
        .name("fw_files")
        .push(" WHERE \"state\" <> 'gone' AND \"sha256\" IN (");
    sql.vals(hashes.iter().map(|hash| Val::Bytes(hash.clone()))).push(")");
    tx.all(&sql.build().once(), |row| Ok(row.bytes(0)?.unwrap_or_default().to_vec())).await
}
