//! Sessions of browsers, and the one statement that every request with a cookie begins with.

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

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the cookie's secret.
    pub hash: [u8; 32],
    /// Name of the session for people.
    pub id: Uuid,
    /// Whose.
    pub user: Uuid,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Last request, to the minute.
    pub last_seen: DateTime<Utc>,
    /// Where it was opened.
    pub address: Option<String>,
    /// With which browser.
    pub agent: Option<String>,
    /// The user's stamp when it was opened.
    pub stamp: i64,
    /// When its person last gave a code of his second factor.
    pub second_factor_at: Option<DateTime<Utc>>,
}

/// When the person of a session last proved who he is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// By signing in.
    pub created_at: DateTime<Utc>,
    /// By a code of the second factor.
    pub second_factor_at: Option<DateTime<Utc>>,
    /// By the password, in the open session.
    pub password_at: Option<DateTime<Utc>>,
}

impl Proof {
    /// The latest of them.
    pub fn latest(&self) -> DateTime<Utc> {
        [self.second_factor_at, self.password_at].into_iter().flatten().fold(self.created_at, DateTime::max)
    }
}

/// What a request needs to know about its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFacts {
    /// Whose it is.
    pub user: Uuid,
    /// The user may come in, and the session is not from before his stamp was raised.
    pub live: bool,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Last request, to the minute.
    pub last_seen: DateTime<Utc>,
    /// Number of the organisation.
    pub org_version: i64,
    /// Revision that is published.
    pub revision: i64,
}

/// Reads the session of a cookie.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn facts(db: &Db, hash: &[u8; 32]) -> StoreResult<Option<SessionFacts>> {
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
            "SELECT s.\"user\", u.\"active\" AND s.\"stamp\" >= u.\"stamp\", s.\"created_at\", s.\"last_seen\", \
             (SELECT \"number\" FROM \"fw_meta\" WHERE \"key\" = 'org_version'), \
             (SELECT \"number\" FROM \"fw_meta\" WHERE \"key\" = 'revision') \
             FROM \"fw_sessions\" AS s JOIN \"fw_users\" AS u ON u.\"id\" = s.\"user\" WHERE s.\"hash\" = ",
        )
        .val(Val::Bytes(Vec::new()));
        sql.build()
    });
    let sql = text.with(vec![Val::Bytes(hash.to_vec())]);
    let mut tx = db.reader(Snapshot::No).await?;
    tx.optional(&sql, |row| {
        Ok(SessionFacts {
            user: filled(row.uuid(0)?, "user")?,
            live: filled(row.bool(1)?, "active")?,
            created_at: filled(row.ts(2)?, "created_at")?,
            last_seen: filled(row.ts(3)?, "last_seen")?,
            org_version: row.int(4)?.unwrap_or(0),
            revision: row.int(5)?.unwrap_or(0),
        })
    })
    .await
}

/// Opens a session.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn insert(tx: &mut Tx, session: &SessionRow) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_sessions\" (\"hash\", \"id\", \"user\", \"created_at\", \"last_seen\", \"address\", \"agent\", \"stamp\", \"second_factor_at\") VALUES (")
        .vals([
            Val::Bytes(session.hash.to_vec()),
            Val::Uuid(session.id),
            Val::Uuid(session.user),
            Val::Ts(session.created_at),
            Val::Ts(session.last_seen),
            Val::opt_text(session.address.as_deref()),
            Val::opt_text(session.agent.as_deref()),
            Val::Int(session.stamp),
            Val::opt_ts(session.second_factor_at),
        ])
        .push(")");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// The sessions of a user, the latest first.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn of_user(tx: &mut Tx, user: Uuid) -> StoreResult<Vec<SessionRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"hash\", \"id\", \"user\", \"created_at\", \"last_seen\", \"address\", \"agent\", \"stamp\", \"second_factor_at\" FROM \"fw_sessions\" WHERE \"user\" = ")
        .val(user)
        .push(" ORDER BY \"last_seen\" DESC, \"id\"");
    tx.all(&sql.build(), |row| {
        let hash = row.bytes(0)?.and_then(|bytes| bytes.try_into().ok());
        Ok(SessionRow {
            hash: filled(hash, "hash")?,
            id: filled(row.uuid(1)?, "id")?,
            user: filled(row.uuid(2)?, "user")?,
            created_at: filled(row.ts(3)?, "created_at")?,
            last_seen: filled(row.ts(4)?, "last_seen")?,
            address: row.text(5)?.map(str::to_owned),
            agent: row.text(6)?.map(str::to_owned),
            stamp: filled(row.int(7)?, "stamp")?,
            second_factor_at: row.ts(8)?,
        })
    })
    .await
}

/// Notes that the session is in use.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn touch(tx: &mut Tx, hash: &[u8; 32], at: DateTime<Utc>) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_sessions\" SET \"last_seen\" = ").val(at);
    sql.push(" WHERE \"hash\" = ").val(Val::Bytes(hash.to_vec()));
    sql.push(" AND \"last_seen\" < ").val(at);
    tx.execute(&sql.build()).await.map(|_| ())
}

/// When the person of a session last proved who he is; nothing for a session that has ended.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn proof(tx: &mut Tx, hash: &[u8; 32]) -> StoreResult<Option<Proof>> {
    let mut sql = tx.sql();
    sql.push("SELECT s.\"created_at\", s.\"second_factor_at\", p.\"at\" FROM \"fw_sessions\" AS s LEFT JOIN \"fw_step_ups\" AS p ON p.\"session\" = s.\"hash\" WHERE s.\"hash\" = ")
        .val(Val::Bytes(hash.to_vec()));
    tx.optional(&sql.build(), |row| {
        Ok(Proof {
            created_at: filled(row.ts(0)?, "created_at")?,
            second_factor_at: row.ts(1)?,
            password_at: row.ts(2)?,
        })
    })
    .await
}

/// Notes that the person of a session gave his password again.
///
/// # Errors
/// [`crate::StoreError::ForeignKey`] for a session that has ended, and any other.
pub async fn prove_by_password(tx: &mut Tx, hash: &[u8; 32], at: DateTime<Utc>) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_step_ups\" (\"session\", \"at\") VALUES (")
        .vals([Val::Bytes(hash.to_vec()), Val::Ts(at)])
        .push(") ON CONFLICT (\"session\") DO UPDATE SET \"at\" = excluded.\"at\"");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Notes that the person of a session gave a code of his second factor; `None` where he has none any more.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn prove_by_factor(tx: &mut Tx, hash: &[u8; 32], at: Option<DateTime<Utc>>) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_sessions\" SET \"second_factor_at\" = ").val(Val::opt_ts(at));
    sql.push(" WHERE \"hash\" = ").val(Val::Bytes(hash.to_vec()));
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Ends one session; whether there was one.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn delete(tx: &mut Tx, hash: &[u8; 32]) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_sessions\" WHERE \"hash\" = ").val(Val::Bytes(hash.to_vec()));
    Ok(tx.execute(&sql.build()).await? > 0)
}

/// Ends a session by its name; whose it was. With `user` only one of his.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn delete_named(tx: &mut Tx, id: Uuid, user: Option<Uuid>) -> StoreResult<Option<Uuid>> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_sessions\" WHERE \"id\" = ").val(id);
    if let Some(user) = user {
        sql.push(" AND \"user\" = ").val(user);
    }
    sql.push(" RETURNING \"user\"");
    tx.optional(&sql.build(), |row| filled(row.uuid(0)?, "user")).await
}

/// Ends all sessions of a user but one; how many.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn delete_of_user(tx: &mut Tx, user: Uuid, but: Option<&[u8; 32]>) -> StoreResult<u64> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_sessions\" WHERE \"user\" = ").val(user);
    if let Some(hash) = but {
        sql.push(" AND \"hash\" <> ").val(Val::Bytes(hash.to_vec()));
    }
    tx.execute(&sql.build()).await
}

/// Removes sessions that nobody used since `idle_since` or that were opened before `opened_before`; how many.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn delete_old(tx: &mut Tx, idle_since: DateTime<Utc>, opened_before: DateTime<Utc>) -> StoreResult<u64> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_sessions\" WHERE \"last_seen\" < ").val(idle_since);
    sql.push(" OR \"created_at\" < ").val(opened_before);
    tx.execute(&sql.build()).await
}
