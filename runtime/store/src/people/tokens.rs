//! Personal tokens, and the one statement that every request with a token begins with.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::filled;
use crate::db::{Db, Snapshot};
use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::sql::Sql;
use crate::tx::Tx;
use crate::value::Val;

/// A token without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Never changes.
    pub id: Uuid,
    /// Whose.
    pub user: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// JSON array of what it is good for; empty: everything.
    pub scopes: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Until when.
    pub expires_at: Option<DateTime<Utc>>,
    /// Last use, to the minute.
    pub last_used: Option<DateTime<Utc>>,
}

/// What a request needs to know about its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// The token.
    pub token: TokenRow,
    /// The user may come in.
    pub live: bool,
    /// Number of the organisation.
    pub org_version: i64,
    /// Revision that is published.
    pub revision: i64,
}

/// Reads the token of a request.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn facts(db: &Db, hash: &[u8; 32]) -> StoreResult<Option<TokenFacts>> {
    static TEXT: [OnceLock<Sql>; 2] = [OnceLock::new(), OnceLock::new()];
    let [sqlite, postgres] = &TEXT;
    let dialect = db.dialect();
    let text = match dialect {
        Dialect::Sqlite => sqlite,
        Dialect::Postgres => postgres,
    };
    let text = text.get_or_init(|| {
        let mut sql = dialect.sql();
        sql.push(
            "SELECT t.\"id\", t.\"user\", t.\"name\", t.\"scopes\", t.\"created_at\", t.\"expires_at\", t.\"last_used\", u.\"active\", \
             (SELECT \"number\" FROM \"fw_meta\" WHERE \"key\" = 'org_version'), \
             (SELECT \"number\" FROM \"fw_meta\" WHERE \"key\" = 'revision') \
             FROM \"fw_tokens\" AS t JOIN \"fw_users\" AS u ON u.\"id\" = t.\"user\" WHERE t.\"hash\" = ",
        )
        .val(Val::Bytes(Vec::new()));
        sql.build()
    });
    let sql = text.with(vec![Val::Bytes(hash.to_vec())]);
    let mut tx = db.reader(Snapshot::No).await?;
    tx.optional(&sql, |row| {
        Ok(TokenFacts {
            token: read(row)?,
            live: filled(row.bool(7)?, "active")?,
            org_version: row.int(8)?.unwrap_or(0),
            revision: row.int(9)?.unwrap_or(0),
        })
    })
    .await
}

fn read(row: &crate::row::Row<'_>) -> StoreResult<TokenRow> {
    Ok(TokenRow {
        id: filled(row.uuid(0)?, "id")?,
        user: filled(row.uuid(1)?, "user")?,
        name: filled(row.text(2)?.map(str::to_owned), "name")?,
        scopes: filled(row.json(3)?.map(str::to_owned), "scopes")?,
        created_at: filled(row.ts(4)?, "created_at")?,
        expires_at: row.ts(5)?,
        last_used: row.ts(6)?,
    })
}

/// A new token; `hash` is the SHA-256 of its text.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn insert(tx: &mut Tx, token: &TokenRow, hash: &[u8; 32]) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_tokens\" (\"id\", \"user\", \"name\", \"hash\", \"scopes\", \"created_at\", \"expires_at\") VALUES (")
        .vals([
            Val::Uuid(token.id),
            Val::Uuid(token.user),
            Val::text(&token.name),
            Val::Bytes(hash.to_vec()),
            Val::Json(token.scopes.clone()),
            Val::Ts(token.created_at),
            Val::opt_ts(token.expires_at),
        ])
        .push(")");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// The tokens of a user, the latest first.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn of_user(tx: &mut Tx, user: Uuid) -> StoreResult<Vec<TokenRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"id\", \"user\", \"name\", \"scopes\", \"created_at\", \"expires_at\", \"last_used\" FROM \"fw_tokens\" WHERE \"user\" = ")
        .val(user)
        .push(" ORDER BY \"created_at\" DESC, \"id\"");
    tx.all(&sql.build(), read).await
}

/// Notes that the token is in use.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn touch(tx: &mut Tx, id: Uuid, at: DateTime<Utc>) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_tokens\" SET \"last_used\" = ").val(at);
    sql.push(" WHERE \"id\" = ").val(id);
    sql.push(" AND (\"last_used\" IS NULL OR \"last_used\" < ").val(at).push(")");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Ends a token of that user; its name.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn delete(tx: &mut Tx, id: Uuid, user: Uuid) -> StoreResult<Option<String>> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_tokens\" WHERE \"id\" = ")
        .val(id)
        .push(" AND \"user\" = ")
        .val(user)
        .push(" RETURNING \"name\"");
    tx.optional(&sql.build(), |row| filled(row.text(0)?.map(str::to_owned), "name")).await
}
