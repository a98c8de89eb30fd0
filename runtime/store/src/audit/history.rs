//! What the log vouches for: each entry of a write keeps a digest of the row of history that was written with it.
//!
//! The digest is of the values as they were given. So it stays right when a field begins or ceases to be encrypted, or gets
//! another key, which rewrites history without changing what it says.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use super::verify::{Fault, FaultKind};
use super::{AuditKey, number, text};
use crate::error::{StoreError, StoreResult};
use crate::layout::{FieldLayout, FormLayout, Layout};
use crate::records::{Change, trail};
use crate::row::Row;
use crate::seal::{Seal, Sealers, Way, turn_changes, turn_column, turn_field};
use crate::tx::Tx;
use crate::value::Val;

/// Entries whose rows of history are looked up at once.
const PAGE: i64 = 1000;
/// Bytes of a digest that are kept.
const KEPT: usize = 16;

/// What stands in a row of history.
pub(crate) struct Content<'a> {
    pub(crate) form: &'a str,
    pub(crate) record: Uuid,
    pub(crate) version: i64,
    pub(crate) at: DateTime<Utc>,
    pub(crate) by: Uuid,
    pub(crate) cause: &'a str,
    pub(crate) batch: Option<Uuid>,
    /// As [`trail::pack`] writes them, before anything is encrypted.
    pub(crate) changes: &'a str,
}

impl AuditKey {
    /// By what an entry recognises a row of history; in hexadecimal digits.
    pub(crate) fn digest(&self, row: &Content<'_>) -> StoreResult<String> {
        let (version, at) = (row.version.to_be_bytes(), row.at.timestamp_micros().to_be_bytes());
        let batch = row.batch.map(Uuid::into_bytes);
        let parts: [&[u8]; 8] = [
            row.form.as_bytes(),
            row.record.as_bytes(),
            &version,
            &at,
            row.by.as_bytes(),
            row.cause.as_bytes(),
            batch.as_ref().map_or(&[], |batch| batch.as_slice()),
            row.changes.as_bytes(),
        ];
        let mut told = b"history".to_vec();
        for part in parts {
            let length = u64::try_from(part.len()).map_err(|error| StoreError::Value(error.to_string()))?;
            told.extend(length.to_be_bytes());
            told.extend(part);
        }
        Ok(hex::encode(self.mac(&[&told])?.get(..KEPT).unwrap_or_default()))
    }
}

/// By what history is read as it was written.
#[derive(Clone)]
pub struct Readable {
    /// Where the records live now.
    pub layout: Arc<Layout>,
    /// The keys of encrypted fields, of those too that are retired.
    pub sealers: Arc<dyn Sealers>,
}

/// A write that the log tells of.
struct Write {
    seq: i64,
    /// Entries of versions that kept none have none.
    digest: Option<String>,
    found: bool,
}

/// The record and the version that a write left.
type Place = (Uuid, i64);

/// Looks up each row of history that the log vouches for: how many agree, and what is wrong first.
pub(super) async fn go_through(tx: &mut Tx, key: &AuditKey, readable: &Readable) -> StoreResult<(u64, Option<Fault>)> {
    let (mut after, mut agreed, mut told) = (0, 0, 0);
    loop {
        let (last, mut forms) = page(tx, after).await?;
        let Some(last) = last else { break };
        after = last;
        for (form, writes) in &mut forms {
            told += look_up(tx, key, readable, form, writes).await?;
        }
        let writes = || forms.values().flat_map(HashMap::values).flatten();
        agreed += writes().map(|write| u64::from(write.found && write.digest.is_some())).sum::<u64>();
        let missing = writes().filter(|write| write.digest.is_some() && !write.found).map(|write| write.seq).min();
        if let Some(seq) = missing {
            return Ok((agreed, Some(Fault { seq, kind: FaultKind::History })));
        }
    }
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM \"fw_history\"");
    let rows = tx.one(&sql.build(), |row| row.int(0)).await?.unwrap_or(0);
    let untold = u64::try_from(rows).unwrap_or(0) > told;
    Ok((agreed, untold.then_some(Fault { seq: after, kind: FaultKind::Untold })))
}

/// The next writes that the log tells of, by form, and the number of the last entry that was read.
async fn page(tx: &mut Tx, after: i64) -> StoreResult<(Option<i64>, HashMap<String, HashMap<Place, Vec<Write>>>)> {
    let mut sql = tx.sql();
    sql.push("SELECT \"seq\", \"body\" FROM \"fw_audit\" WHERE \"lane\" = 'record' AND \"seq\" > ").val(after);
    sql.push(" ORDER BY \"seq\" LIMIT ").int(PAGE);
    let (mut last, mut forms) = (None, HashMap::<String, HashMap<Place, Vec<Write>>>::new());
    tx.each(&sql.build(), |row| {
        let seq = number(row, 0)?;
        last = Some(seq);
        let body: Json = serde_json::from_str(text(row, 1)?).unwrap_or(Json::Null);
        let on = |name: &str| body.get("on").and_then(|on| on.get(name));
        let form = on("form").and_then(Json::as_str);
        let record = on("id").and_then(Json::as_str).and_then(|id| Uuid::try_parse(id).ok());
        if let (Some(form), Some(record), Some(version)) = (form, record, on("version").and_then(Json::as_i64)) {
            let digest = body.get("history").and_then(Json::as_str).map(str::to_owned);
            let writes = forms.entry(form.to_owned()).or_default().entry((record, version)).or_default();
            writes.push(Write { seq, digest, found: false });
        }
        Ok(())
    })
    .await?;
    Ok((last, forms))
}

/// Marks the writes whose rows of history are there as they were written; how many rows of history are told of.
async fn look_up(
    tx: &mut Tx,
    key: &AuditKey,
    readable: &Readable,
    form: &str,
    writes: &mut HashMap<Place, Vec<Write>>,
) -> StoreResult<u64> {
    let mut versions: Vec<i64> = writes.keys().map(|(_, version)| *version).collect();
    versions.sort_unstable();
    versions.dedup();
    let mut records: Vec<Uuid> = writes.keys().map(|(record, _)| *record).collect();
    records.sort_unstable();
    records.dedup();
    let mut sql = tx.sql();
    sql.push("SELECT \"record\", \"version\", \"at\", \"by\", \"cause\", \"batch\", \"changes\" FROM \"fw_history\"");
    sql.push(" WHERE \"form\" = ").val(form);
    sql.push(" AND \"record\" IN (").vals(records.into_iter().map(Val::Uuid));
    sql.push(") AND \"version\" IN (").vals(versions.into_iter().map(Val::Int)).push(")");
    let layout = readable.layout.form_by_id(form);
    let mut told = 0;
    tx.each(&sql.build().once(), |row| {
        let place = (row.uuid(0)?.unwrap_or(Uuid::nil()), number(row, 1)?);
        let Some(writes) = writes.get_mut(&place) else { return Ok(()) };
        let digest = match digest_of(row, key, readable, form, layout, place) {
            Ok(digest) => Some(digest),
            Err(StoreError::Damaged(_)) => None,
            Err(error) => return Err(error),
        };
        let vouched = writes.iter_mut().find(|write| !write.found && write.digest.is_some() && write.digest == digest);
        let write = match vouched {
            Some(write) => Some(write),
            None => writes.iter_mut().find(|write| !write.found && write.digest.is_none()),
        };
        if let Some(write) = write {
            write.found = true;
            told += 1;
        }
        Ok(())
    })
    .await?;
    Ok(told)
}

fn digest_of(
    row: &Row<'_>,
    key: &AuditKey,
    readable: &Readable,
    form: &str,
    layout: Option<&FormLayout>,
    (record, version): Place,
) -> StoreResult<String> {
    let stored = row.json(6)?.unwrap_or("[]");
    let mut changes = trail::unpack(stored).ok_or_else(|| StoreError::Damaged("a history entry".into()))?;
    open(&mut changes, layout, &*readable.sealers, record)?;
    key.digest(&Content {
        form,
        record,
        version,
        at: row.ts(2)?.ok_or_else(|| StoreError::Damaged("history without time".into()))?,
        by: row.uuid(3)?.unwrap_or(Uuid::nil()),
        cause: text(row, 4)?,
        batch: row.uuid(5)?,
        changes: &trail::pack(&changes),
    })
}

/// Decrypts what is encrypted: by the fields as they are laid out, and of retired ones what their keys open.
fn open(changes: &mut [Change], form: Option<&FormLayout>, sealers: &dyn Sealers, record: Uuid) -> StoreResult<()> {
    let fields: &[FieldLayout] = form.map_or(&[], |form| &form.fields);
    turn_changes(Way::Out, fields, record, changes)?;
    let retired = |id: &str| sealers.sealer(id).and_then(|_| Seal::new("", id, sealers).ok());
    for change in changes {
        let place = fields.iter().find(|field| field.id == change.field);
        if place.is_none()
            && let Some(seal) = retired(&change.field)
        {
            attempt(change, |change| turn_field(Way::Out, &seal, record, change));
        }
        let known = place.and_then(|place| place.rows.as_ref()).map_or(&[][..], |rows| &rows.fields);
        for column in columns(change) {
            if known.iter().all(|field| field.id != column)
                && let Some(seal) = retired(&column)
            {
                attempt(change, |change| turn_column(Way::Out, &seal, &column, change));
            }
        }
    }
    Ok(())
}

/// A value that no key opens was never encrypted: the field ceased to be so before it was retired.
fn attempt(change: &mut Change, turn: impl Fn(&mut Change) -> StoreResult<()>) {
    let mut turned = change.clone();
    if turn(&mut turned).is_ok() {
        *change = turned;
    }
}

/// Ids of the columns of a child table whose rows a change holds.
fn columns(change: &Change) -> Vec<String> {
    let rows = [&change.from, &change.to].into_iter().filter_map(Json::as_array).flatten();
    let mut columns: Vec<String> = rows.filter_map(Json::as_object).flat_map(|row| row.keys().cloned()).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}
