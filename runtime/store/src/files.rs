//! What is known of uploaded files, and which records hold them.

use crate::dialect::Lock;
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
    /// Name of its content: 16 random bytes of one that lies sealed, the SHA-256 (32 bytes) of one that lies plain.
    pub content: Vec<u8>,
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
        content: row.bytes(4)?.unwrap_or_default().to_vec(),
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
        Val::Bytes(file.content.clone()),
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
pub async fn contents_in_use(names: &[Vec<u8>], tx: &mut Tx) -> StoreResult<Vec<Vec<u8>>> {
    contents_of(" WHERE \"state\" <> 'gone' AND ", names, tx).await
}

/// Of these contents those that a file has or had.
pub async fn known_contents(names: &[Vec<u8>], tx: &mut Tx) -> StoreResult<Vec<Vec<u8>>> {
    contents_of(" WHERE ", names, tx).await
}

async fn contents_of(narrowed: &'static str, names: &[Vec<u8>], tx: &mut Tx) -> StoreResult<Vec<Vec<u8>>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = tx.sql();
    sql.push("SELECT DISTINCT \"sha256\" FROM ").name("fw_files").push(narrowed).push("\"sha256\" IN (");
    sql.vals(names.iter().map(|name| Val::Bytes(name.clone()))).push(")");
    tx.all(&sql.build().once(), name_of_content).await
}

/// A page of the contents of all files that are not gone, in the order of their names, behind `after`.
pub async fn contents_after(after: &[u8], limit: i64, tx: &mut Tx) -> StoreResult<Vec<Vec<u8>>> {
    let mut sql = tx.sql();
    sql.push("SELECT DISTINCT \"sha256\" FROM ").name("fw_files").push(" WHERE \"state\" <> 'gone' AND \"sha256\" > ");
    sql.val(Val::Bytes(after.to_vec())).push(" ORDER BY \"sha256\" LIMIT ").val(Val::Int(limit));
    tx.all(&sql.build(), name_of_content).await
}

fn name_of_content(row: &Row<'_>) -> StoreResult<Vec<u8>> {
    Ok(row.bytes(0)?.unwrap_or_default().to_vec())
}

/// All files with the content `from` have the content `to`; their number.
pub async fn rename_content(from: &[u8], to: &[u8], tx: &mut Tx) -> StoreResult<u64> {
    let mut sql = tx.sql();
    sql.push("UPDATE ").name("fw_files").push(" SET \"sha256\" = ").val(Val::Bytes(to.to_vec()));
    sql.push(" WHERE \"sha256\" = ").val(Val::Bytes(from.to_vec()));
    tx.execute(&sql.build()).await
}

/// The sealed content with this digest, which stays there until the transaction ends.
pub async fn sealed_like(digest: &[u8], tx: &mut Tx) -> StoreResult<Option<Vec<u8>>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"content\" FROM ").name("fw_contents").push(" WHERE \"digest\" = ");
    sql.val(Val::Bytes(digest.to_vec()))
        .push(" ORDER BY \"content\" LIMIT 1")
        .push(tx.dialect().for_update(Lock::Share));
    tx.optional(&sql.build(), name_of_content).await
}

/// Of these digests those of a sealed content.
pub async fn sealed_digests(digests: &[Vec<u8>], tx: &mut Tx) -> StoreResult<Vec<Vec<u8>>> {
    if digests.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = tx.sql();
    sql.push("SELECT DISTINCT \"digest\" FROM ").name("fw_contents").push(" WHERE \"digest\" IN (");
    sql.vals(digests.iter().map(|digest| Val::Bytes(digest.clone()))).push(")");
    tx.all(&sql.build().once(), name_of_content).await
}

/// Writes down a sealed content with the digest by which an equal one is known.
pub async fn add_sealed(content: &[u8], digest: &[u8], tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_contents").push(" (").names(&["content", "digest"]).push(") VALUES (");
    sql.vals([Val::Bytes(content.to_vec()), Val::Bytes(digest.to_vec())]).push(")");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Holds sealed contents until the transaction ends, so that no upload finds them meanwhile.
pub async fn hold_sealed(names: &[Vec<u8>], tx: &mut Tx) -> StoreResult<()> {
    if names.is_empty() {
        return Ok(());
    }
    let mut sql = tx.sql();
    sql.push("SELECT \"content\" FROM ").name("fw_contents").push(" WHERE \"content\" IN (");
    sql.vals(names.iter().map(|name| Val::Bytes(name.clone()))).push(") ORDER BY \"content\"");
    sql.push(tx.dialect().for_update(Lock::Wait));
    tx.all(&sql.build().once(), name_of_content).await.map(|_| ())
}

/// Forgets sealed contents.
pub async fn forget_sealed(names: &[Vec<u8>], tx: &mut Tx) -> StoreResult<()> {
    if names.is_empty() {
        return Ok(());
    }
    let mut sql = tx.sql();
    sql.push("DELETE FROM ").name("fw_contents").push(" WHERE \"content\" IN (");
    sql.vals(names.iter().map(|name| Val::Bytes(name.clone()))).push(")");
    tx.execute(&sql.build().once()).await.map(|_| ())
}
