//! One-time links: invitations, resets, and the first administrator's.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::filled;
use crate::error::StoreResult;
use crate::tx::Tx;
use crate::value::Val;

/// A link with whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// For whom.
    pub user: Uuid,
    /// His login.
    pub login: String,
    /// His name.
    pub name: String,
    /// Whether he may come in.
    pub active: bool,
    /// `invite`, `reset` or `first_admin`.
    pub purpose: String,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
}

/// A new link; `hash` is the SHA-256 of its secret.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn insert(
    tx: &mut Tx,
    hash: &[u8; 32],
    user: Uuid,
    purpose: &'static str,
    expires_at: DateTime<Utc>,
) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_invitations\" (\"hash\", \"user\", \"purpose\", \"expires_at\") VALUES (")
        .vals([Val::Bytes(hash.to_vec()), Val::Uuid(user), Val::from(purpose), Val::Ts(expires_at)])
        .push(")");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// The link of a secret.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn find(tx: &mut Tx, hash: &[u8; 32]) -> StoreResult<Option<LinkRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT i.\"user\", u.\"login\", u.\"name\", u.\"active\", i.\"purpose\", i.\"expires_at\", i.\"used_at\" FROM \"fw_invitations\" AS i JOIN \"fw_users\" AS u ON u.\"id\" = i.\"user\" WHERE i.\"hash\" = ")
        .val(Val::Bytes(hash.to_vec()));
    tx.optional(&sql.build(), |row| {
        Ok(LinkRow {
            user: filled(row.uuid(0)?, "user")?,
            login: filled(row.text(1)?.map(str::to_owned), "login")?,
            name: filled(row.text(2)?.map(str::to_owned), "name")?,
            active: filled(row.bool(3)?, "active")?,
            purpose: filled(row.text(4)?.map(str::to_owned), "purpose")?,
            expires_at: filled(row.ts(5)?, "expires_at")?,
            used_at: row.ts(6)?,
        })
    })
    .await
}

/// Uses the link up; false when it was used, is too old, or is not there. Of two at once one gets true.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn consume(tx: &mut Tx, hash: &[u8; 32], at: DateTime<Utc>) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_invitations\" SET \"used_at\" = ").val(at);
    sql.push(" WHERE \"hash\" = ").val(Val::Bytes(hash.to_vec()));
    sql.push(" AND \"used_at\" IS NULL AND \"expires_at\" > ").val(at);
    Ok(tx.execute(&sql.build()).await? == 1)
}

/// Removes the unused links of a user, so that no older one is good any more.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn delete_unused(tx: &mut Tx, user: Uuid) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_invitations\" WHERE \"used_at\" IS NULL AND \"user\" = ").val(user);
    tx.execute(&sql.build()).await.map(|_| ())
}
