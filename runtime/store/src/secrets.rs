//! Named secrets for calls to other systems. They are stored as they come: sealed by whoever holds the key.

use crate::error::{StoreError, StoreResult};
use crate::tx::Tx;
use crate::value::{Kind, Val};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Secrets are the whole installation's; the table has room for those of an app.
const APP: &str = "system";

/// A secret without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// By which definitions name it.
    pub name: String,
    /// When its value was last set.
    pub updated_at: DateTime<Utc>,
    /// By whom; nobody for the installation's own work.
    pub updated_by: Option<Uuid>,
}

/// All secrets by name, without their values.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn all(tx: &mut Tx) -> StoreResult<Vec<SecretRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"name\", \"updated_at\", \"updated_by\" FROM \"fw_secrets\" WHERE \"app\" = ")
        .val(APP)
        .push(" ORDER BY \"name\"");
    tx.all(&sql.build(), |row| {
        let empty = || StoreError::Damaged("a secret without a name or a time".into());
        Ok(SecretRow {
            name: row.text(0)?.ok_or_else(empty)?.to_owned(),
            updated_at: row.ts(1)?.ok_or_else(empty)?,
            updated_by: row.uuid(2)?,
        })
    })
    .await
}

/// The sealed value of a secret.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn sealed(tx: &mut Tx, name: &str) -> StoreResult<Option<Vec<u8>>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"sealed\" FROM \"fw_secrets\" WHERE \"app\" = ").val(APP).push(" AND \"name\" = ").val(name);
    Ok(tx.optional(&sql.build(), |row| Ok(row.bytes(0)?.map(Vec::from))).await?.flatten())
}

/// Sets a secret, whether it was there or not; `key` names the key that it is sealed with.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn put(tx: &mut Tx, secret: &SecretRow, sealed: &[u8], key: &str) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_secrets\" (\"app\", \"name\", \"sealed\", \"key_id\", \"updated_at\", \"updated_by\") VALUES (");
    sql.vals([
        Val::text(APP),
        Val::text(&secret.name),
        Val::Bytes(sealed.to_vec()),
        Val::text(key),
        Val::Ts(secret.updated_at),
        Val::or_null(secret.updated_by.map(Val::Uuid), Kind::Uuid),
    ]);
    sql.push(") ON CONFLICT (\"app\", \"name\") DO UPDATE SET \"sealed\" = excluded.\"sealed\", \"key_id\" = excluded.\"key_id\", \"updated_at\" = excluded.\"updated_at\", \"updated_by\" = excluded.\"updated_by\"");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Forgets a secret; whether there was one.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn delete(tx: &mut Tx, name: &str) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_secrets\" WHERE \"app\" = ").val(APP).push(" AND \"name\" = ").val(name);
    Ok(tx.execute(&sql.build()).await? == 1)
}
