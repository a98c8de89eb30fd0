//! Reading what happened to records.

use crate::error::{StoreError, StoreResult};
use crate::layout::FormLayout;
use crate::records::trail::{self, Change};
use crate::seal::{Way, turn_changes};
use crate::tx::Tx;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// An entry as stored: changes by field id, values unmasked.
#[derive(Clone, Debug)]
pub struct Entry {
    pub seq: i64,
    pub version: i64,
    pub at: DateTime<Utc>,
    pub by: Option<Uuid>,
    pub cause: String,
    pub batch: Option<Uuid>,
    pub changes: Vec<Change>,
}

/// Entries of a record of a form laid out so, newest first, before `before`.
pub async fn entries(
    form: &FormLayout,
    record: Uuid,
    before: Option<i64>,
    limit: i64,
    tx: &mut Tx,
) -> StoreResult<Vec<Entry>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"seq\", \"version\", \"at\", \"by\", \"cause\", \"batch\", \"changes\" FROM ").name("fw_history");
    sql.push(" WHERE \"form\" = ").val(form.id.as_str()).push(" AND \"record\" = ").val(record);
    if let Some(before) = before {
        sql.push(" AND \"seq\" < ").val(before);
    }
    sql.push(" ORDER BY \"seq\" DESC LIMIT ").int(limit);
    tx.all(&sql.build(), |row| {
        let mut changes =
            trail::unpack(row.json(6)?.unwrap_or("[]")).ok_or_else(|| StoreError::Damaged("a history entry".into()))?;
        turn_changes(Way::Out, &form.fields, record, &mut changes)?;
        Ok(Entry {
            seq: row.int(0)?.unwrap_or(0),
            version: row.int(1)?.unwrap_or(0),
            at: row.ts(2)?.ok_or_else(|| StoreError::Damaged("history without time".into()))?,
            by: row.uuid(3)?,
            cause: row.text(4)?.unwrap_or_default().to_string(),
            batch: row.uuid(5)?,
            changes,
        })
    })
    .await
}
