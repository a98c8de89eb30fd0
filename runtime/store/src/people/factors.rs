//! Second factors and their recovery codes. Secrets are stored as they come: sealed by whoever holds the key.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::filled;
use crate::dialect::Lock;
use crate::error::StoreResult;
use crate::tx::Tx;
use crate::value::Val;

/// The second factor of a person, in use or being set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorRow {
    /// The sealed secret in use.
    pub secret: Option<Vec<u8>>,
    /// Since when it is in use.
    pub enabled_at: Option<DateTime<Utc>>,
    /// The last time step whose code was accepted.
    pub last_step: i64,
    /// A sealed secret that was shown and not confirmed yet.
    pub pending: Option<Vec<u8>>,
    /// When it was shown.
    pub pending_at: Option<DateTime<Utc>>,
}

/// The factor of a user; in a writing transaction held until it ends where `hold` says so.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn of_user(tx: &mut Tx, user: Uuid, hold: bool) -> StoreResult<Option<FactorRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"secret\", \"enabled_at\", \"last_step\", \"pending\", \"pending_at\" FROM \"fw_factors\" WHERE \"user\" = ")
        .val(user);
    if hold {
        sql.push(tx.dialect().for_update(Lock::Wait));
    }
    tx.optional(&sql.build(), |row| {
        Ok(FactorRow {
            secret: row.bytes(0)?.map(Vec::from),
            enabled_at: row.ts(1)?,
            last_step: filled(row.int(2)?, "last_step")?,
            pending: row.bytes(3)?.map(Vec::from),
            pending_at: row.ts(4)?,
        })
    })
    .await
}

/// The people whose factor is in use.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn users_with_factor(tx: &mut Tx) -> StoreResult<Vec<Uuid>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"user\" FROM \"fw_factors\" WHERE \"secret\" IS NOT NULL");
    tx.all(&sql.build(), |row| filled(row.uuid(0)?, "user")).await
}

/// Keeps a secret that was shown; one in use stays in use until the new one is confirmed.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn begin(tx: &mut Tx, user: Uuid, pending: &[u8], at: DateTime<Utc>) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_factors\" (\"user\", \"last_step\", \"pending\", \"pending_at\") VALUES (")
        .vals([Val::Uuid(user), Val::Int(0), Val::Bytes(pending.to_vec()), Val::Ts(at)])
        .push(") ON CONFLICT (\"user\") DO UPDATE SET \"pending\" = excluded.\"pending\", \"pending_at\" = excluded.\"pending_at\"");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Puts the secret that was shown into use; `step` is that of the code by which it was confirmed.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn enable(tx: &mut Tx, user: Uuid, step: i64, at: DateTime<Utc>) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_factors\" SET \"secret\" = \"pending\", \"pending\" = NULL, \"pending_at\" = NULL, \"last_step\" = ").val(step);
    sql.push(", \"enabled_at\" = ").val(at);
    sql.push(" WHERE \"user\" = ").val(user);
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Uses a time step up; false when it, or a later one, was used already. Of two at once one gets true.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn use_step(tx: &mut Tx, user: Uuid, step: i64) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_factors\" SET \"last_step\" = ").val(step);
    sql.push(" WHERE \"user\" = ").val(user);
    sql.push(" AND \"last_step\" < ").val(step);
    Ok(tx.execute(&sql.build()).await? == 1)
}

/// Puts these recovery codes in place of all that the user has.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn set_codes(tx: &mut Tx, user: Uuid, hashes: &[[u8; 32]]) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_recovery_codes\" WHERE \"user\" = ").val(user);
    tx.execute(&sql.build()).await?;
    for hash in hashes {
        let mut sql = tx.sql();
        sql.push("INSERT INTO \"fw_recovery_codes\" (\"user\", \"hash\") VALUES (")
            .vals([Val::Uuid(user), Val::Bytes(hash.to_vec())])
            .push(")");
        tx.execute(&sql.build()).await?;
    }
    Ok(())
}

/// Uses a recovery code up; false for one that is none or was used. Of two at once one gets true.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn use_code(tx: &mut Tx, user: Uuid, hash: &[u8; 32], at: DateTime<Utc>) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_recovery_codes\" SET \"used_at\" = ").val(at);
    sql.push(" WHERE \"user\" = ").val(user);
    sql.push(" AND \"hash\" = ").val(Val::Bytes(hash.to_vec()));
    sql.push(" AND \"used_at\" IS NULL");
    Ok(tx.execute(&sql.build()).await? == 1)
}

/// How many recovery codes of a user are unused.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn codes_left(tx: &mut Tx, user: Uuid) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM \"fw_recovery_codes\" WHERE \"used_at\" IS NULL AND \"user\" = ").val(user);
    tx.one(&sql.build(), |row| filled(row.int(0)?, "count")).await
}

/// Takes the factor and its recovery codes away; whether one was in use.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn remove(tx: &mut Tx, user: Uuid) -> StoreResult<bool> {
    set_codes(tx, user, &[]).await?;
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_factors\" WHERE \"user\" = ").val(user);
    sql.push(" RETURNING \"secret\" IS NOT NULL");
    Ok(tx.optional(&sql.build(), |row| filled(row.bool(0)?, "secret")).await?.unwrap_or(false))
}
