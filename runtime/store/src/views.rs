//! Saved views of lists: rows of `fw_views`.

use crate::error::StoreResult;
use crate::row::Row;
use crate::sql::SqlBuilder;
use crate::tx::Tx;
use crate::value::Val;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A saved view.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewRow {
    pub id: Uuid,
    /// Id of the form.
    pub form: String,
    pub owner: Uuid,
    /// What is shown, as JSON.
    pub doc: String,
    /// With whom it is shared, as JSON: `{"users": [ids], "roles": [names]}`.
    pub shared: String,
    pub is_default: bool,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

const COLUMNS: [&str; 8] = ["id", "form", "owner", "doc", "shared", "is_default", "version", "updated_at"];

fn select(tx: &Tx) -> SqlBuilder {
    let mut sql = tx.sql();
    sql.push("SELECT ").names(&COLUMNS).push(" FROM ").name("fw_views");
    sql
}

fn read(row: &Row<'_>) -> StoreResult<ViewRow> {
    Ok(ViewRow {
        id: row.uuid(0)?.unwrap_or(Uuid::nil()),
        form: row.text(1)?.unwrap_or_default().to_string(),
        owner: row.uuid(2)?.unwrap_or(Uuid::nil()),
        doc: row.json(3)?.unwrap_or("{}").to_string(),
        shared: row.json(4)?.unwrap_or("{}").to_string(),
        is_default: row.bool(5)?.unwrap_or(false),
        version: row.int(6)?.unwrap_or(1),
        updated_at: row.ts(7)?.unwrap_or_default(),
    })
}

/// The person's own views and every view that is shared with anybody, in the order of their making, at most `limit`.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn list(form: Option<&str>, owner: Uuid, limit: i64, tx: &mut Tx) -> StoreResult<Vec<ViewRow>> {
    let mut sql = select(tx);
    sql.push(" WHERE (").name("owner").push(" = ").val(owner);
    sql.push(" OR ").name("shared").push(" <> ").val(Val::Json(UNSHARED.into())).push(")");
    if let Some(form) = form {
        sql.push(" AND ").name("form").push(" = ").val(form);
    }
    sql.push(" ORDER BY ").name("id").push(" LIMIT ").int(limit);
    tx.all(&sql.build(), read).await
}

/// What `shared` holds for a view that is shared with nobody.
pub const UNSHARED: &str = "{}";

/// One view.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn load(id: Uuid, tx: &mut Tx) -> StoreResult<Option<ViewRow>> {
    let mut sql = select(tx);
    sql.push(" WHERE ").name("id").push(" = ").val(id);
    tx.optional(&sql.build(), read).await
}

/// How many views a person has.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn count(owner: Uuid, tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM ").name("fw_views").push(" WHERE ").name("owner").push(" = ").val(owner);
    tx.one(&sql.build(), |row| Ok(row.int(0)?.unwrap_or(0))).await
}

/// Adds a view.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn add(view: &ViewRow, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_views").push(" (").names(&COLUMNS).push(") VALUES (");
    sql.vals([
        Val::Uuid(view.id),
        Val::text(&view.form),
        Val::Uuid(view.owner),
        Val::Json(view.doc.clone()),
        Val::Json(view.shared.clone()),
        Val::Bool(view.is_default),
        Val::Int(view.version),
        Val::Ts(view.updated_at),
    ]);
    sql.push(")");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Writes a view over the one of the version before; `false` where somebody was quicker.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn replace(view: &ViewRow, tx: &mut Tx) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("UPDATE ").name("fw_views").push(" SET ");
    sql.name("doc").push(" = ").val(Val::Json(view.doc.clone())).push(", ");
    sql.name("shared").push(" = ").val(Val::Json(view.shared.clone())).push(", ");
    sql.name("is_default").push(" = ").val(view.is_default).push(", ");
    sql.name("version").push(" = ").val(view.version).push(", ");
    sql.name("updated_at").push(" = ").val(view.updated_at);
    sql.push(" WHERE ")
        .name("id")
        .push(" = ")
        .val(view.id)
        .push(" AND ")
        .name("version")
        .push(" = ")
        .val(view.version - 1);
    Ok(tx.execute(&sql.build()).await? == 1)
}

/// No view of the person on this form is his default any more, but `except`.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn clear_default(form: &str, owner: Uuid, except: Uuid, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE ").name("fw_views").push(" SET ").name("is_default").push(" = ").val(false);
    sql.push(" WHERE ").name("form").push(" = ").val(form).push(" AND ").name("owner").push(" = ").val(owner);
    sql.push(" AND ").name("id").push(" <> ").val(except).push(" AND ").name("is_default").push(" = ").val(true);
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Deletes a view.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn remove(id: Uuid, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM ").name("fw_views").push(" WHERE ").name("id").push(" = ").val(id);
    tx.execute(&sql.build()).await.map(|_| ())
}
