//! Reading the whole audit chain and saying what is wrong with it first.

use std::time::Duration;

use super::history::{self, Readable};
use super::{AuditKey, Head, MARK, bytes, digest, number, text};
use crate::db::Db;
use crate::error::{StoreError, StoreResult};
use crate::row::Row;
use crate::tx::Tx;

/// Time a verification may take.
const VERIFY_LIMIT: Duration = Duration::from_secs(3600);

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Linked rows read.
    pub rows: u64,
    /// Rows of history that are as the log says they were written.
    pub history: u64,
    /// Rows not yet linked; their macs were checked.
    pub unlinked: u64,
    /// The first thing that is wrong.
    pub first_bad: Option<Fault>,
    /// Where the chain ends: to be kept elsewhere.
    pub head: Head,
}

/// Something wrong with the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Number of the row where it was seen; for a missing end that of the last row there is.
    pub seq: i64,
    /// What it is.
    pub kind: FaultKind,
}

/// What can be wrong with the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Time, lane or body are not what was sealed.
    Content,
    /// Rows are missing before it, or it is not in its place.
    Place,
    /// Rows are missing at the end, or the head was changed.
    End,
    /// The chain does not go through the head that was kept elsewhere.
    Anchor,
    /// A column does not hold what it must.
    Damaged,
    /// It is there a second time.
    Repeated,
    /// There is no entry at all, though people or records are there.
    Emptied,
    /// The row of history that it vouches for was changed or removed.
    History,
    /// There are rows of history that no entry tells of; the number is that of the last entry.
    Untold,
}

/// Reads the whole chain and says what is wrong first. `anchor` is a head that was kept elsewhere. `start` is the head
/// up to which old rows were removed on purpose; the default for none.
///
/// # Errors
/// Any of [`StoreError`]; a broken chain is no error, but in the report.
pub async fn verify(db: &Db, key: &AuditKey, start: &Head, anchor: Option<&Head>) -> StoreResult<Report> {
    let (key, start, anchor) = (key.clone(), start.clone(), anchor.cloned());
    db.read_heavy(VERIFY_LIMIT, move |tx| Box::pin(async move { verify_in(tx, &key, &start, anchor.as_ref()).await }))
        .await
}

/// As [`verify`], and looks at the rows of history that the log vouches for; all of it at one moment.
///
/// # Errors
/// As [`verify`].
pub async fn verify_with_history(
    db: &Db,
    key: &AuditKey,
    readable: Readable,
    anchor: Option<&Head>,
) -> StoreResult<Report> {
    let (key, anchor) = (key.clone(), anchor.cloned());
    db.read_heavy(VERIFY_LIMIT, move |tx| {
        Box::pin(async move {
            let mut report = verify_in(tx, &key, &Head::default(), anchor.as_ref()).await?;
            if report.first_bad.is_none() {
                (report.history, report.first_bad) = history::go_through(tx, &key, &readable).await?;
            }
            Ok(report)
        })
    })
    .await
}

/// As [`verify`], of what `tx` sees.
pub(crate) async fn verify_in(tx: &mut Tx, key: &AuditKey, start: &Head, anchor: Option<&Head>) -> StoreResult<Report> {
    let mut check = Check::new(key, start.clone(), anchor);
    let columns =
        "SELECT \"seq\", \"at\", \"lane\", \"body\", \"mac\", \"chain\", \"prev\", \"hash\" FROM \"fw_audit\"";
    let mut sql = tx.sql();
    sql.push(columns).push(" WHERE \"chain\" IS NOT NULL ORDER BY \"chain\"");
    tx.each(&sql.build(), |row| check.linked(row)).await?;
    let mut sql = tx.sql();
    sql.push(columns).push(" WHERE \"chain\" IS NULL ORDER BY \"seq\"");
    tx.each(&sql.build(), |row| check.unlinked(row)).await?;
    let mut sql = tx.sql();
    sql.push("SELECT \"chain\", \"seq\", \"hash\", \"mac\" FROM \"fw_audit_head\" WHERE \"id\" = 1");
    let stored = tx
        .optional(&sql.build(), |row| {
            let head = Head { chain: number(row, 0)?, seq: number(row, 1)?, hash: digest(row, 2)? };
            Ok((head, digest(row, 3)?))
        })
        .await;
    let mut report = check.end(stored)?;
    if report.first_bad.is_none() {
        report.first_bad = match repeated(tx).await? {
            Some(seq) => Some(Fault { seq, kind: FaultKind::Repeated }),
            None if report.head.chain == 0 && report.unlinked == 0 && is_lived_in(tx).await? => {
                Some(Fault { seq: 0, kind: FaultKind::Emptied })
            }
            None => None,
        };
    }
    Ok(report)
}

/// Whether people or history are there: nobody comes into being and nothing is written without an entry.
async fn is_lived_in(tx: &mut Tx) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("SELECT (SELECT count(*) FROM \"fw_users\") + (SELECT count(*) FROM \"fw_history\")");
    Ok(tx.one(&sql.build(), |row| row.int(0)).await?.unwrap_or(0) > 0)
}

/// The first entry that is there a second time. What has no mark is of a version that gave none: of these, some that follow
/// each other may be alike.
async fn repeated(tx: &mut Tx) -> StoreResult<Option<i64>> {
    let mut sql = tx.sql();
    sql.push(
        "SELECT \"seq\", \"mac\", \"body\" FROM \"fw_audit\" WHERE \"mac\" IN \
         (SELECT \"mac\" FROM \"fw_audit\" GROUP BY \"mac\" HAVING count(*) > 1) ORDER BY \"mac\", \"seq\"",
    );
    let (mut first, mut before) = (None, None::<(i64, Vec<u8>)>);
    tx.each(&sql.build(), |row| {
        let (seq, mac) = (number(row, 0)?, bytes(row, 1)?);
        if let Some((last, known)) = &before
            && known == mac
            && (*last + 1 != seq || is_marked(text(row, 2)?))
        {
            first = Some(first.map_or(seq, |first: i64| first.min(seq)));
        }
        before = Some((seq, mac.to_vec()));
        Ok(())
    })
    .await?;
    Ok(first)
}

fn is_marked(body: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(body).is_ok_and(|body| body.get(MARK).is_some())
}

struct Check<'k> {
    key: &'k AuditKey,
    start: i64,
    anchor: Option<&'k Head>,
    passed_anchor: bool,
    report: Report,
}

impl<'k> Check<'k> {
    fn new(key: &'k AuditKey, start: Head, anchor: Option<&'k Head>) -> Check<'k> {
        let passed_anchor = anchor.is_none_or(|anchor| *anchor == start || anchor.chain == 0);
        let report = Report { rows: 0, history: 0, unlinked: 0, first_bad: None, head: start.clone() };
        Check { key, start: start.chain, anchor, passed_anchor, report }
    }

    fn bad(&mut self, seq: i64, kind: FaultKind) {
        self.report.first_bad.get_or_insert(Fault { seq, kind });
    }

    /// Whether the row's content is what was sealed.
    fn content(&self, row: &Row<'_>) -> StoreResult<bool> {
        let at = row.ts(1)?.ok_or_else(|| StoreError::Damaged("audit row without time".into()))?;
        let mac = self.key.row_mac(at, text(row, 2)?, text(row, 3)?)?;
        Ok(bytes(row, 4)? == mac)
    }

    fn linked(&mut self, row: &Row<'_>) -> StoreResult<()> {
        self.report.rows += 1;
        let seq = row.int(0)?.unwrap_or(0);
        if self.report.first_bad.is_some() {
            return Ok(());
        }
        match self.follow(row, seq) {
            Ok(Ok(next)) => {
                self.passed_anchor |= self.anchor == Some(&next);
                self.report.head = next;
            }
            Ok(Err(kind)) => self.bad(seq, kind),
            Err(StoreError::Damaged(_)) => self.bad(seq, FaultKind::Damaged),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The head after this row, or what is wrong with it.
    fn follow(&self, row: &Row<'_>, seq: i64) -> StoreResult<Result<Head, FaultKind>> {
        if !self.content(row)? {
            return Ok(Err(FaultKind::Content));
        }
        let next = self.report.head.next(seq, bytes(row, 4)?)?;
        let in_place =
            number(row, 5)? == next.chain && bytes(row, 6)? == self.report.head.hash && bytes(row, 7)? == next.hash;
        Ok(if in_place { Ok(next) } else { Err(FaultKind::Place) })
    }

    fn unlinked(&mut self, row: &Row<'_>) -> StoreResult<()> {
        self.report.unlinked += 1;
        let seq = row.int(0)?.unwrap_or(0);
        match self.content(row) {
            Ok(true) => {}
            Ok(false) => self.bad(seq, FaultKind::Content),
            Err(StoreError::Damaged(_)) => self.bad(seq, FaultKind::Damaged),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn end(mut self, stored: StoreResult<Option<(Head, [u8; 32])>>) -> StoreResult<Report> {
        let head = self.report.head.clone();
        let fits = match stored {
            Ok(Some((stored, mac))) => stored == head && mac == self.key.head_mac(&stored)?,
            Ok(None) => head.chain == self.start && self.report.rows == 0,
            Err(StoreError::Damaged(_)) => false,
            Err(error) => return Err(error),
        };
        if !fits {
            self.bad(head.seq, FaultKind::End);
        }
        if !self.passed_anchor {
            self.bad(head.seq, FaultKind::Anchor);
        }
        Ok(self.report)
    }
}
