//! The audit chain: who did what, in rows that nobody without the key can change, remove, insert or reorder unseen.
//!
//! - `mac` = HMAC-SHA256(key, at ‖ length of lane ‖ lane ‖ body): from the first moment, on both databases.
//! - `hash` = SHA-256(prev ‖ chain ‖ seq ‖ mac): the row's place. `chain` counts from 1 without gaps in the order of
//!   linking, apart from `seq`, so that on PostgreSQL a transaction that commits late is linked later and skips nobody.
//! - `fw_audit_head` says, under a mac of its own, where the chain ends, so that a missing end is seen.
//!
//! An entry of a write to a record vouches for the row of history beside it ([`Readable`]), and each entry has a mark of its
//! own, by which one that was put in a second time is known.
//!
//! SQLite has one writer and links each row in the transaction that writes it. On PostgreSQL that would put all commits
//! behind one row; there [`link`] does it, a moment later. What neither shows: that somebody put back an old state of
//! the whole database. For that a [`Head`] is kept elsewhere and given to [`verify`].

mod history;
mod verify;

pub(crate) use history::Content;
pub use history::Readable;
pub(crate) use verify::verify_in;
pub use verify::{Fault, FaultKind, Report, verify, verify_with_history};

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::db::Db;
use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::row::Row;
use crate::tx::Tx;
use crate::value::Val;

/// Member of a body that no other entry has the same of.
pub const MARK: &str = "entry";
/// Rows linked in one transaction.
const LINK_PAGE: i64 = 1000;
/// Key of the advisory lock of the one who links.
const LINK_LOCK: i64 = 0x666f_726d_7772_6902;

/// The secret under which rows are sealed.
#[derive(Clone)]
pub struct AuditKey([u8; 32]);

impl AuditKey {
    /// A key from 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> AuditKey {
        AuditKey(bytes)
    }

    fn mac(&self, parts: &[&[u8]]) -> StoreResult<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(|error| StoreError::Other(error.to_string()))?;
        for part in parts {
            mac.update(part);
        }
        Ok(mac.finalize().into_bytes().into())
    }

    fn row_mac(&self, at: DateTime<Utc>, lane: &str, body: &str) -> StoreResult<[u8; 32]> {
        let length = u64::try_from(lane.len()).map_err(|error| StoreError::Value(error.to_string()))?;
        self.mac(&[&at.timestamp_micros().to_be_bytes(), &length.to_be_bytes(), lane.as_bytes(), body.as_bytes()])
    }

    fn head_mac(&self, head: &Head) -> StoreResult<[u8; 32]> {
        self.mac(&[b"head", &head.chain.to_be_bytes(), &head.seq.to_be_bytes(), &head.hash])
    }
}

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditKey")
    }
}

/// The last linked row. All zero for an empty chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// Its place in the chain, from 1.
    pub chain: i64,
    /// Its number in the table.
    pub seq: i64,
    /// Its hash.
    pub hash: [u8; 32],
}

impl Head {
    /// The head after a row with that number and mac.
    fn next(&self, seq: i64, mac: &[u8]) -> StoreResult<Head> {
        let chain = self.chain.checked_add(1).ok_or(StoreError::SumOverflow)?;
        let mut hash = Sha256::new();
        hash.update(self.hash);
        hash.update(chain.to_be_bytes());
        hash.update(seq.to_be_bytes());
        hash.update(mac);
        Ok(Head { chain, seq, hash: hash.finalize().into() })
    }
}

/// Writes a row in the caller's transaction. `body` is JSON in the form it shall be kept.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn append(tx: &mut Tx, key: &AuditKey, at: DateTime<Utc>, lane: &str, body: &str) -> StoreResult<()> {
    // The mac covers what will be read again: whole microseconds.
    let at = DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at);
    let mac = key.row_mac(at, lane, body)?;
    let row = [Val::Ts(at), Val::text(lane), Val::Json(body.to_owned()), Val::Bytes(mac.to_vec())];
    let mut sql = tx.sql();
    if tx.dialect() == Dialect::Postgres {
        sql.push("INSERT INTO \"fw_audit\" (\"at\", \"lane\", \"body\", \"mac\") VALUES (").vals(row).push(")");
        return tx.execute(&sql.build()).await.map(|_| ());
    }
    let (head, last) = read_head(tx).await?;
    let seq = last.max(head.seq).checked_add(1).ok_or(StoreError::SumOverflow)?;
    let next = head.next(seq, &mac)?;
    sql.push("INSERT INTO \"fw_audit\" (\"at\", \"lane\", \"body\", \"mac\", \"seq\", \"chain\", \"prev\", \"hash\") VALUES (");
    let place = [Val::Int(seq), Val::Int(next.chain), Val::Bytes(head.hash.to_vec()), Val::Bytes(next.hash.to_vec())];
    sql.vals(row.into_iter().chain(place)).push(")");
    tx.execute(&sql.build()).await?;
    write_head(tx, key, &next).await
}

/// Links rows that are written but not yet in the chain, in the order of their numbers; how many. On SQLite there are
/// none unless they came from elsewhere. One process at a time; others wait.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn link(db: &Db, key: &AuditKey) -> StoreResult<u64> {
    let mut linked = 0;
    loop {
        let key = key.clone();
        let page = db.write(move |tx| Box::pin(async move { link_page(tx, &key).await })).await?;
        linked += page;
        if page < LINK_PAGE.unsigned_abs() {
            return Ok(linked);
        }
    }
}

async fn link_page(tx: &mut Tx, key: &AuditKey) -> StoreResult<u64> {
    if tx.dialect() == Dialect::Postgres {
        let mut lock = tx.sql();
        lock.push("SELECT pg_advisory_xact_lock(").int(LINK_LOCK).push(")");
        tx.each(&lock.build(), |_| Ok(())).await?;
    }
    let mut sql = tx.sql();
    sql.push("SELECT \"seq\", \"mac\" FROM \"fw_audit\" WHERE \"chain\" IS NULL ORDER BY \"seq\" LIMIT ")
        .int(LINK_PAGE);
    let rows = tx.all(&sql.build(), |row| Ok((number(row, 0)?, bytes(row, 1)?.to_vec()))).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (mut head, _) = read_head(tx).await?;
    for (seq, mac) in &rows {
        let next = head.next(*seq, mac)?;
        let mut sql = tx.sql();
        sql.push("UPDATE \"fw_audit\" SET \"chain\" = ").val(next.chain);
        sql.push(", \"prev\" = ").val(Val::Bytes(head.hash.to_vec()));
        sql.push(", \"hash\" = ").val(Val::Bytes(next.hash.to_vec()));
        sql.push(" WHERE \"seq\" = ").val(*seq);
        tx.execute(&sql.build()).await?;
        head = next;
    }
    write_head(tx, key, &head).await?;
    u64::try_from(rows.len()).map_err(|error| StoreError::Other(error.to_string()))
}

/// The head as stored, and the largest number in the table.
async fn read_head(tx: &mut Tx) -> StoreResult<(Head, i64)> {
    let mut sql = tx.sql();
    sql.push(
        "SELECT h.\"chain\", h.\"seq\", h.\"hash\", (SELECT max(\"seq\") FROM \"fw_audit\") \
         FROM \"fw_audit_head\" AS h WHERE h.\"id\" = 1",
    );
    let found = tx
        .optional(&sql.build(), |row| {
            let head = Head { chain: number(row, 0)?, seq: number(row, 1)?, hash: digest(row, 2)? };
            Ok((head, row.int(3)?.unwrap_or(0)))
        })
        .await?;
    match found {
        Some(found) => Ok(found),
        None => {
            let mut sql = tx.sql();
            sql.push("SELECT max(\"seq\") FROM \"fw_audit\"");
            Ok((Head::default(), tx.one(&sql.build(), |row| row.int(0)).await?.unwrap_or(0)))
        }
    }
}

async fn write_head(tx: &mut Tx, key: &AuditKey, head: &Head) -> StoreResult<()> {
    let mac = key.head_mac(head)?;
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_audit_head\" (\"id\", \"chain\", \"seq\", \"hash\", \"mac\") VALUES (");
    sql.vals([
        Val::Int(1),
        Val::Int(head.chain),
        Val::Int(head.seq),
        Val::Bytes(head.hash.to_vec()),
        Val::Bytes(mac.to_vec()),
    ]);
    sql.push(
        ") ON CONFLICT (\"id\") DO UPDATE SET \"chain\" = excluded.\"chain\", \"seq\" = excluded.\"seq\", \
         \"hash\" = excluded.\"hash\", \"mac\" = excluded.\"mac\"",
    );
    tx.execute(&sql.build()).await.map(|_| ())
}

fn number(row: &Row<'_>, i: usize) -> StoreResult<i64> {
    row.int(i)?.ok_or_else(|| StoreError::Damaged(format!("audit column {i} is empty")))
}

fn text<'r>(row: &Row<'r>, i: usize) -> StoreResult<&'r str> {
    row.text(i)?.ok_or_else(|| StoreError::Damaged(format!("audit column {i} is empty")))
}

fn bytes<'r>(row: &Row<'r>, i: usize) -> StoreResult<&'r [u8]> {
    row.bytes(i)?.ok_or_else(|| StoreError::Damaged(format!("audit column {i} is empty")))
}

fn digest(row: &Row<'_>, i: usize) -> StoreResult<[u8; 32]> {
    bytes(row, i)?.try_into().map_err(|_| StoreError::Damaged(format!("audit column {i} is no digest")))
}
