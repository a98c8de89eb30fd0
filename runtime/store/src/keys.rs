//! The keys of encrypted fields and of files as they lie in the database: wrapped.

use crate::dialect::Lock;
use crate::error::{StoreError, StoreResult};
use crate::row::Row;
use crate::tx::Tx;
use crate::value::Val;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The fact in which the database remembers to which key of the key file it belongs.
pub const KEY_FACT: &str = "key_id";

/// A wrapped key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldKey {
    /// Id of the field.
    pub field: String,
    /// `value` or `index`.
    pub purpose: String,
    /// The highest is in use.
    pub number: i64,
    pub id: Uuid,
    /// Name of the key that wraps it.
    pub kek: String,
    pub wrapped: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

const COLUMNS: [&str; 7] = ["field", "purpose", "number", "id", "kek", "wrapped", "created_at"];

/// All keys, of each field and purpose the oldest first.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn all(tx: &mut Tx) -> StoreResult<Vec<FieldKey>> {
    let mut sql = tx.sql();
    sql.push("SELECT ").names(&COLUMNS).push(" FROM ").name("fw_field_keys");
    sql.push(" ORDER BY ").names(&["field", "purpose", "number"]);
    let damaged = || StoreError::Damaged("a field's key".into());
    tx.all(&sql.build(), |row| {
        Ok(FieldKey {
            field: row.text(0)?.ok_or_else(damaged)?.to_string(),
            purpose: row.text(1)?.ok_or_else(damaged)?.to_string(),
            number: row.int(2)?.ok_or_else(damaged)?,
            id: row.uuid(3)?.ok_or_else(damaged)?,
            kek: row.text(4)?.ok_or_else(damaged)?.to_string(),
            wrapped: row.bytes(5)?.ok_or_else(damaged)?.to_vec(),
            created_at: row.ts(6)?.ok_or_else(damaged)?,
        })
    })
    .await
}

/// Refuses what was wrapped by a key that was replaced since, and sees to it that none is until this transaction ends.
async fn require_current(kek: &str, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("SELECT \"text\" FROM \"fw_meta\" WHERE \"key\" = ")
        .val(KEY_FACT)
        .push(tx.dialect().for_update(Lock::Share));
    let current = tx.optional(&sql.build(), |row| Ok(row.text(0)?.map(str::to_owned))).await?.flatten();
    if current.is_none_or(|current| current == kek) { Ok(()) } else { Err(StoreError::Stale) }
}

/// Replaces the key that wraps all others: only where `from` is in use; whether it was. Waits for whoever wraps meanwhile.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn replace_kek(from: &str, to: &str, tx: &mut Tx) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_meta\" SET \"text\" = ").val(to).push(" WHERE \"key\" = ").val(KEY_FACT);
    sql.push(" AND \"text\" = ").val(from);
    Ok(tx.execute(&sql.build()).await? == 1)
}

/// Writes a field's key wrapped by another.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn rewrap(key: &FieldKey, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE ").name("fw_field_keys").push(" SET \"kek\" = ").val(key.kek.as_str());
    sql.push(", \"wrapped\" = ").val(Val::Bytes(key.wrapped.clone())).push(" WHERE \"id\" = ").val(key.id);
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Forgets a field's key: what is still sealed under it can never be opened again.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn forget(id: Uuid, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM ").name("fw_field_keys").push(" WHERE \"id\" = ").val(id);
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Keeps a new key; of two processes that make the same one the first is kept.
///
/// # Errors
/// [`StoreError::Stale`] where the key that wraps it was replaced; any other of [`StoreError`].
pub async fn add(key: &FieldKey, tx: &mut Tx) -> StoreResult<()> {
    require_current(&key.kek, tx).await?;
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_field_keys").push(" (").names(&COLUMNS).push(") VALUES (");
    sql.vals([
        Val::text(&key.field),
        Val::text(&key.purpose),
        Val::Int(key.number),
        Val::Uuid(key.id),
        Val::text(&key.kek),
        Val::Bytes(key.wrapped.clone()),
        Val::Ts(key.created_at),
    ]);
    sql.push(") ON CONFLICT DO NOTHING");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// A wrapped key that is called by a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedKey {
    /// What it is for: `imports/<job>`, `files/<content>`.
    pub name: String,
    /// Name of the key that wraps it.
    pub kek: String,
    pub wrapped: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

const NAMED: [&str; 4] = ["name", "kek", "wrapped", "created_at"];

/// Keeps a new key under its name.
///
/// # Errors
/// [`StoreError::Unique`] where there is one of that name, [`StoreError::Stale`] where the key that wraps it was replaced; any
/// other of [`StoreError`].
pub async fn add_named(key: &NamedKey, tx: &mut Tx) -> StoreResult<()> {
    require_current(&key.kek, tx).await?;
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_keys").push(" (").names(&NAMED).push(") VALUES (");
    sql.vals([Val::text(&key.name), Val::text(&key.kek), Val::Bytes(key.wrapped.clone()), Val::Ts(key.created_at)]);
    sql.push(")");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Writes a key of a name wrapped by another, and adds it where there is none.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn put_named(key: &NamedKey, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE ").name("fw_keys").push(" SET \"kek\" = ").val(key.kek.as_str());
    sql.push(", \"wrapped\" = ").val(Val::Bytes(key.wrapped.clone())).push(" WHERE \"name\" = ").val(key.name.as_str());
    if tx.execute(&sql.build()).await? == 0 {
        add_named(key, tx).await?;
    }
    Ok(())
}

/// Writes keys that are there, wrapped by others, in statements of many: there is one for each content of a file.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn rewrap_named(keys: &[NamedKey], tx: &mut Tx) -> StoreResult<()> {
    for page in keys.chunks(200) {
        let mut sql = tx.sql();
        sql.push("INSERT INTO ").name("fw_keys").push(" (").names(&NAMED).push(") VALUES ");
        sql.list(", ", page, |sql, key| {
            sql.push("(");
            sql.vals([
                Val::text(&key.name),
                Val::text(&key.kek),
                Val::Bytes(key.wrapped.clone()),
                Val::Ts(key.created_at),
            ]);
            sql.push(")");
        });
        sql.push(
            " ON CONFLICT (\"name\") DO UPDATE SET \"kek\" = excluded.\"kek\", \"wrapped\" = excluded.\"wrapped\"",
        );
        tx.execute(&sql.build().once()).await?;
    }
    Ok(())
}

fn read_named(row: &Row<'_>) -> StoreResult<NamedKey> {
    let damaged = || StoreError::Damaged("a key".into());
    Ok(NamedKey {
        name: row.text(0)?.ok_or_else(damaged)?.to_string(),
        kek: row.text(1)?.ok_or_else(damaged)?.to_string(),
        wrapped: row.bytes(2)?.ok_or_else(damaged)?.to_vec(),
        created_at: row.ts(3)?.ok_or_else(damaged)?,
    })
}

/// The key of a name.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn named(name: &str, tx: &mut Tx) -> StoreResult<Option<NamedKey>> {
    let mut sql = tx.sql();
    sql.push("SELECT ").names(&NAMED).push(" FROM ").name("fw_keys").push(" WHERE \"name\" = ").val(name);
    tx.optional(&sql.build(), read_named).await
}

/// All keys that are called by a name.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn all_named(tx: &mut Tx) -> StoreResult<Vec<NamedKey>> {
    let mut sql = tx.sql();
    sql.push("SELECT ").names(&NAMED).push(" FROM ").name("fw_keys").push(" ORDER BY \"name\"");
    tx.all(&sql.build(), read_named).await
}

/// Forgets keys: what was sealed under them can never be opened again.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn forget_named(names: &[String], tx: &mut Tx) -> StoreResult<()> {
    if names.is_empty() {
        return Ok(());
    }
    let mut sql = tx.sql();
    sql.push("DELETE FROM ").name("fw_keys").push(" WHERE \"name\" IN (").vals(names.iter().map(Val::text)).push(")");
    tx.execute(&sql.build().once()).await.map(|_| ())
}
