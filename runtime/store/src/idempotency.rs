//! The first answer to a request that carried an `Idempotency-Key`: claimed before the work, completed with it.
//!
//! Where the work is one transaction, claim and completion belong into it: then the answer is there exactly when the effect is.
//! Elsewhere a claim of its own comes first; one whose work never ended is taken over after [`ABANDONED`].

use crate::dialect::Lock;
use crate::error::{StoreError, StoreResult};
use crate::tx::Tx;
use crate::value::Val;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// After this time a claim without an answer belongs to work that was interrupted.
pub const ABANDONED: TimeDelta = TimeDelta::minutes(15);
/// How long answers are kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// What makes two requests the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub person: Uuid,
    /// `POST`.
    pub method: String,
    /// The whole path of the request, below the base path.
    pub route: String,
    /// As sent, 1 to 200 characters.
    pub key: String,
    /// SHA-256 of the body.
    pub body_hash: [u8; 32],
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    pub status: i64,
    /// A JSON object of header names and values.
    pub headers: String,
    pub body: Vec<u8>,
}

/// What a claim finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody was here before: do the work, then [`complete`] or [`release`].
    New,
    /// The work was done: this was its answer.
    Done(StoredAnswer),
    /// The work is being done.
    Running,
    /// The key was used with another body.
    Mismatch,
}

/// Takes the key, or says who has it. On PostgreSQL it waits for another transaction that holds the same key.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn claim(tx: &mut Tx, key: &IdempotencyKey, now: DateTime<Utc>) -> StoreResult<Claim> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_idempotency").push(" (");
    sql.names(&["person", "method", "route", "key", "body_hash", "at"]).push(") VALUES (");
    sql.vals([
        Val::Uuid(key.person),
        Val::from(key.method.as_str()),
        Val::from(key.route.as_str()),
        Val::from(key.key.as_str()),
        Val::Bytes(key.body_hash.to_vec()),
        Val::Ts(now),
    ]);
    sql.push(") ON CONFLICT DO NOTHING");
    if tx.execute(&sql.build()).await? == 1 {
        return Ok(Claim::New);
    }
    let mut sql = tx.sql();
    sql.push("SELECT ")
        .names(&["body_hash", "status", "headers", "answer", "at"])
        .push(" FROM ")
        .name("fw_idempotency");
    of_key(&mut sql, key);
    sql.push(tx.dialect().for_update(Lock::Wait));
    let found = tx
        .optional(&sql.build(), |row| {
            let same = row.bytes(0)? == Some(key.body_hash.as_slice());
            let answer = match row.int(1)? {
                None => None,
                Some(status) => Some(StoredAnswer {
                    status,
                    headers: row.json(2)?.unwrap_or("{}").to_owned(),
                    body: row.bytes(3)?.unwrap_or_default().to_vec(),
                }),
            };
            Ok((same, answer, row.ts(4)?))
        })
        .await?;
    // a row that has just been released: the other request's refusal is on its way, this one may come again
    let Some(found) = found else { return Ok(Claim::Running) };
    match found {
        (false, ..) => Ok(Claim::Mismatch),
        (true, Some(answer), _) => Ok(Claim::Done(answer)),
        (true, None, at) if at.is_some_and(|at| now - at < ABANDONED) => Ok(Claim::Running),
        (true, None, _) => {
            let mut sql = tx.sql();
            sql.push("UPDATE ").name("fw_idempotency").push(" SET ").name("at").push(" = ").val(Val::Ts(now));
            of_key(&mut sql, key);
            tx.execute(&sql.build()).await?;
            Ok(Claim::New)
        }
    }
}

/// Keeps the answer of a claimed key.
///
/// # Errors
/// [`StoreError::NoRow`] when the key is not claimed.
pub async fn complete(tx: &mut Tx, key: &IdempotencyKey, answer: &StoredAnswer) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE ").name("fw_idempotency").push(" SET ").name("status").push(" = ").val(answer.status);
    sql.push(", ").name("headers").push(" = ").val(Val::Json(answer.headers.clone()));
    sql.push(", ").name("answer").push(" = ").val(Val::Bytes(answer.body.clone()));
    of_key(&mut sql, key);
    if tx.execute(&sql.build()).await? == 1 { Ok(()) } else { Err(StoreError::NoRow) }
}

/// Gives a claimed key back: the work was refused and changed nothing.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn release(tx: &mut Tx, key: &IdempotencyKey) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM ").name("fw_idempotency");
    of_key(&mut sql, key);
    sql.push(" AND ").name("status").push(" IS NULL");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Forgets what is older than [`KEPT`]; how many.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn forget(tx: &mut Tx, now: DateTime<Utc>) -> StoreResult<u64> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM ").name("fw_idempotency").push(" WHERE ").name("at").push(" < ").val(Val::Ts(now - KEPT));
    tx.execute(&sql.build()).await
}

fn of_key(sql: &mut crate::sql::SqlBuilder, key: &IdempotencyKey) {
    sql.push(" WHERE ").name("person").push(" = ").val(Val::Uuid(key.person));
    let texts = [("method", &key.method), ("route", &key.route), ("key", &key.key)];
    for (name, value) in texts {
        sql.push(" AND ").name(name).push(" = ").val(value.as_str());
    }
}
