//! Reading the audit log for people, the latest first.

use chrono::{DateTime, Utc};

use super::filled;
use crate::db::{Db, Snapshot};
use crate::error::StoreResult;
use crate::tx::Tx;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Kind of work.
    pub lane: String,
    /// What was done, as JSON.
    pub body: String,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Kind of work.
    pub lane: Option<String>,
    /// Members of the body with the text they must have.
    pub members: Vec<(&'static str, String)>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
    /// Only numbers below this one.
    pub below: Option<i64>,
}

/// The latest entries that meet the filter, at most `limit`.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn page(tx: &mut Tx, filter: &Filter, limit: i64) -> StoreResult<Vec<Entry>> {
    let dialect = tx.dialect();
    let mut sql = tx.sql();
    sql.push("SELECT \"seq\", \"at\", \"lane\", \"body\" FROM \"fw_audit\" WHERE 1 = 1");
    if let Some(lane) = &filter.lane {
        sql.push(" AND \"lane\" = ").val(lane.as_str());
    }
    for (member, text) in &filter.members {
        let mut body = dialect.sql();
        body.push("\"body\"");
        sql.push(" AND ").append(dialect.json_member(body, member)).push(" = ").val(text.as_str());
    }
    if let Some(from) = filter.from {
        sql.push(" AND \"at\" >= ").val(from);
    }
    if let Some(to) = filter.to {
        sql.push(" AND \"at\" < ").val(to);
    }
    if let Some(below) = filter.below {
        sql.push(" AND \"seq\" < ").val(below);
    }
    sql.push(" ORDER BY \"seq\" DESC LIMIT ").int(limit);
    tx.all(&sql.build(), |row| {
        Ok(Entry {
            seq: filled(row.int(0)?, "seq")?,
            at: filled(row.ts(1)?, "at")?,
            lane: filled(row.text(2)?.map(str::to_owned), "lane")?,
            body: filled(row.json(3)?.map(str::to_owned), "body")?,
        })
    })
    .await
}

/// Whether entries wait to be linked.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn any_unlinked(db: &Db) -> StoreResult<bool> {
    let mut tx = db.reader(Snapshot::No).await?;
    let mut sql = tx.sql();
    sql.push("SELECT 1 FROM \"fw_audit\" WHERE \"chain\" IS NULL LIMIT 1");
    Ok(tx.optional(&sql.build(), |_| Ok(())).await?.is_some())
}
