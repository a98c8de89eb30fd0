//! Definitions as stored: what is published, what is drafted, what each revision was, what was retired.

use chrono::{DateTime, Utc};
use formwright_core::plan::RetiredRow;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::row::Row;
use crate::sql::SqlBuilder;
use crate::tx::Tx;
use crate::value::{Kind, Val};

/// Names a document: kind, app, name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocKey {
    /// `form`, `role`, …
    pub kind: String,
    /// The app that gives it.
    pub app: String,
    /// Its name.
    pub name: String,
}

/// A published document.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDefinition {
    /// Its kind, app and name.
    pub key: DocKey,
    /// Its id, which never changes.
    pub id: String,
    /// The revision that last changed it.
    pub revision: i64,
    /// JSON as it was saved.
    pub doc: String,
}

/// A document that is not yet published.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDraft {
    /// Its kind, app and name.
    pub key: DocKey,
    /// Its id.
    pub id: String,
    /// JSON as it was saved; none where the definition is to be removed.
    pub doc: Option<String>,
    /// The revision it began from.
    pub base: i64,
    /// Counts the saves.
    pub version: i64,
    /// Last save.
    pub updated_at: DateTime<Utc>,
    /// Who saved it.
    pub updated_by: Option<Uuid>,
}

/// A publication. `bundle` and `steps` are read only where asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRevision {
    /// Its number.
    pub revision: i64,
    /// The revision it followed.
    pub parent: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Option<Uuid>,
    /// What was said about it.
    pub note: String,
    /// All documents, a JSON array.
    pub bundle: String,
    /// Its steps, a JSON array.
    pub steps: String,
}

const REVISION: &str = "revision";

fn text(row: &Row<'_>, i: usize) -> StoreResult<String> {
    row.text(i)?.map(str::to_owned).ok_or_else(|| StoreError::Damaged(format!("column {i} of a definition is empty")))
}

fn number(row: &Row<'_>, i: usize) -> StoreResult<i64> {
    row.int(i)?.ok_or_else(|| StoreError::Damaged(format!("column {i} of a definition is empty")))
}

fn instant(row: &Row<'_>, i: usize) -> StoreResult<DateTime<Utc>> {
    row.ts(i)?.ok_or_else(|| StoreError::Damaged(format!("column {i} of a definition is empty")))
}

fn key(row: &Row<'_>) -> StoreResult<DocKey> {
    Ok(DocKey { kind: text(row, 0)?, app: text(row, 1)?, name: text(row, 2)? })
}

fn where_key(sql: &mut SqlBuilder, key: &DocKey) {
    sql.push(" WHERE \"kind\" = ")
        .val(key.kind.as_str())
        .push(" AND \"name\" = ")
        .val(key.name.as_str())
        .push(" AND \"app\" = ")
        .val(key.app.as_str());
}

/// The revision that is published; 0 before the first.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn revision(tx: &mut Tx) -> StoreResult<i64> {
    Ok(meta_number(tx, REVISION).await?.unwrap_or(0))
}

/// A number of the installation by name.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn meta_number(tx: &mut Tx, name: &'static str) -> StoreResult<Option<i64>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"number\" FROM \"fw_meta\" WHERE \"key\" = ").val(name);
    Ok(tx.optional(&sql.build(), |row| row.int(0)).await?.flatten())
}

/// Sets a number of the installation.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn set_meta_number(tx: &mut Tx, name: &'static str, number: i64) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_meta\" (\"key\", \"number\") VALUES (").vals([Val::from(name), Val::Int(number)]);
    sql.push(") ON CONFLICT (\"key\") DO UPDATE SET \"number\" = excluded.\"number\"");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// All published documents, in the order of kind, name, app.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn definitions(tx: &mut Tx) -> StoreResult<Vec<StoredDefinition>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"kind\", \"app\", \"name\", \"id\", \"revision\", \"doc\" FROM \"fw_definitions\" ORDER BY \"kind\", \"name\", \"app\"");
    tx.all(&sql.build(), |row| {
        Ok(StoredDefinition { key: key(row)?, id: text(row, 3)?, revision: number(row, 4)?, doc: text(row, 5)? })
    })
    .await
}

/// Writes a published document.
///
/// # Errors
/// Any of [`StoreError`]; [`StoreError::Unique`] when the id belongs to another one.
pub async fn put_definition(
    tx: &mut Tx,
    definition: &StoredDefinition,
    at: DateTime<Utc>,
    by: Option<Uuid>,
) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_definitions\" (\"kind\", \"name\", \"app\", \"id\", \"revision\", \"doc\", \"updated_at\", \"updated_by\") VALUES (").vals([
        Val::from(definition.key.kind.as_str()),
        Val::from(definition.key.name.as_str()),
        Val::from(definition.key.app.as_str()),
        Val::from(definition.id.as_str()),
        Val::Int(definition.revision),
        Val::Json(definition.doc.clone()),
        Val::Ts(at),
        Val::or_null(by.map(Val::Uuid), Kind::Uuid),
    ]);
    sql.push(
        ") ON CONFLICT (\"kind\", \"name\", \"app\") DO UPDATE SET \"id\" = excluded.\"id\", \"revision\" = excluded.\"revision\", \
         \"doc\" = excluded.\"doc\", \"updated_at\" = excluded.\"updated_at\", \"updated_by\" = excluded.\"updated_by\"",
    );
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Removes a published document.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn delete_definition(tx: &mut Tx, key: &DocKey) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_definitions\"");
    where_key(&mut sql, key);
    tx.execute(&sql.build()).await.map(|_| ())
}

/// All drafts, in the order of kind, name, app.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn drafts(tx: &mut Tx) -> StoreResult<Vec<StoredDraft>> {
    let mut sql = tx.sql();
    sql.push(
        "SELECT \"kind\", \"app\", \"name\", \"id\", \"doc\", \"base\", \"version\", \"updated_at\", \"updated_by\" \
         FROM \"fw_drafts\" ORDER BY \"kind\", \"name\", \"app\"",
    );
    tx.all(&sql.build(), |row| {
        Ok(StoredDraft {
            key: key(row)?,
            id: text(row, 3)?,
            doc: row.text(4)?.map(str::to_owned),
            base: number(row, 5)?,
            version: number(row, 6)?,
            updated_at: instant(row, 7)?,
            updated_by: row.uuid(8)?,
        })
    })
    .await
}

/// Writes a draft.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn put_draft(tx: &mut Tx, draft: &StoredDraft) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_drafts\" (\"kind\", \"name\", \"app\", \"id\", \"doc\", \"base\", \"version\", \"updated_at\", \"updated_by\") VALUES (").vals([
        Val::from(draft.key.kind.as_str()),
        Val::from(draft.key.name.as_str()),
        Val::from(draft.key.app.as_str()),
        Val::from(draft.id.as_str()),
        Val::or_null(draft.doc.clone().map(Val::Json), Kind::Json),
        Val::Int(draft.base),
        Val::Int(draft.version),
        Val::Ts(draft.updated_at),
        Val::or_null(draft.updated_by.map(Val::Uuid), Kind::Uuid),
    ]);
    sql.push(
        ") ON CONFLICT (\"kind\", \"name\", \"app\") DO UPDATE SET \"id\" = excluded.\"id\", \"doc\" = excluded.\"doc\", \"base\" = excluded.\"base\", \
         \"version\" = excluded.\"version\", \"updated_at\" = excluded.\"updated_at\", \"updated_by\" = excluded.\"updated_by\"",
    );
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Removes a draft; whether there was one. With a version only that one.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn delete_draft(tx: &mut Tx, key: &DocKey, version: Option<i64>) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_drafts\"");
    where_key(&mut sql, key);
    if let Some(version) = version {
        sql.push(" AND \"version\" = ").val(version);
    }
    Ok(tx.execute(&sql.build()).await? > 0)
}

/// Writes a revision and makes it the published one.
///
/// # Errors
/// [`StoreError::Unique`] when another revision followed the same parent.
pub async fn put_revision(tx: &mut Tx, revision: &StoredRevision) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_revisions\" (\"revision\", \"parent\", \"at\", \"by\", \"note\", \"bundle\", \"steps\") VALUES (").vals([
        Val::Int(revision.revision),
        Val::Int(revision.parent),
        Val::Ts(revision.at),
        Val::or_null(revision.by.map(Val::Uuid), Kind::Uuid),
        Val::from(revision.note.as_str()),
        Val::Json(revision.bundle.clone()),
        Val::Json(revision.steps.clone()),
    ]);
    sql.push(")");
    tx.execute(&sql.build()).await?;
    set_meta_number(tx, REVISION, revision.revision).await
}

/// Revisions below `before`, newest first, without their documents.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn revisions(tx: &mut Tx, before: Option<i64>, limit: i64) -> StoreResult<Vec<StoredRevision>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"revision\", \"parent\", \"at\", \"by\", \"note\", \"steps\" FROM \"fw_revisions\"");
    if let Some(before) = before {
        sql.push(" WHERE \"revision\" < ").val(before);
    }
    sql.push(" ORDER BY \"revision\" DESC LIMIT ").int(limit);
    tx.all(&sql.build(), |row| {
        Ok(StoredRevision {
            revision: number(row, 0)?,
            parent: number(row, 1)?,
            at: instant(row, 2)?,
            by: row.uuid(3)?,
            note: text(row, 4)?,
            bundle: String::new(),
            steps: text(row, 5)?,
        })
    })
    .await
}

/// The documents of a revision, a JSON array.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn bundle(tx: &mut Tx, revision: i64) -> StoreResult<Option<String>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"bundle\" FROM \"fw_revisions\" WHERE \"revision\" = ").val(revision);
    tx.optional(&sql.build(), |row| text(row, 0)).await
}

/// Everything retired.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn retired(tx: &mut Tx) -> StoreResult<Vec<RetiredRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"form_id\", \"field_id\", \"table_name\", \"column_name\", \"doc\" FROM \"fw_retired\" ORDER BY \"form_id\", \"field_id\"");
    tx.all(&sql.build(), |row| {
        let doc = text(row, 4)?;
        Ok(RetiredRow {
            form_id: text(row, 0)?,
            key: text(row, 1)?,
            table: text(row, 2)?,
            column: row.text(3)?.map(str::to_owned),
            doc: serde_json::from_str(&doc).map_err(|error| StoreError::Damaged(error.to_string()))?,
        })
    })
    .await
}

/// Notes something as retired.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn retire(tx: &mut Tx, row: &RetiredRow, revision: i64, at: DateTime<Utc>) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_retired\" (\"form_id\", \"field_id\", \"table_name\", \"column_name\", \"doc\", \"revision\", \"at\") VALUES (").vals([
        Val::from(row.form_id.as_str()),
        Val::from(row.key.as_str()),
        Val::from(row.table.as_str()),
        Val::opt_text(row.column.as_deref()),
        Val::Json(row.doc.to_string()),
        Val::Int(revision),
        Val::Ts(at),
    ]);
    sql.push(
        ") ON CONFLICT (\"form_id\", \"field_id\") DO UPDATE SET \"table_name\" = excluded.\"table_name\", \"column_name\" = excluded.\"column_name\", \
         \"doc\" = excluded.\"doc\", \"revision\" = excluded.\"revision\", \"at\" = excluded.\"at\"",
    );
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Forgets that something was retired: it is used again.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn unretire(tx: &mut Tx, form_id: &str, key: &str) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_retired\" WHERE \"form_id\" = ").val(form_id).push(" AND \"field_id\" = ").val(key);
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Version of a draft, locked where rows can be; none where there is no draft.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn draft_version(tx: &mut Tx, key: &DocKey) -> StoreResult<Option<i64>> {
    let lock = tx.dialect().for_update(crate::dialect::Lock::Wait);
    let mut sql = tx.sql();
    sql.push("SELECT \"version\" FROM \"fw_drafts\"");
    where_key(&mut sql, key);
    sql.push(lock);
    Ok(tx.optional(&sql.build(), |row| row.int(0)).await?.flatten())
}
