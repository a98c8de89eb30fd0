//! Encrypted values that go from older keys of their field to the newest, page by page, while records are read and written.
//!
//! A value is replaced only where it still is what was read: whoever wrote it meanwhile did so under the newest key he knows, and
//! a later pass looks again.

use crate::ddl::seal::write_changes;
use crate::dialect::Lock;
use crate::error::{StoreError, StoreResult};
use crate::layout::Layout;
use crate::records::trail;
use crate::seal::{Seal, values_of_column};
use crate::sql::Ident;
use crate::tx::Tx;
use crate::value::{Kind, Val};
use std::sync::Arc;
use uuid::Uuid;

/// Rows or entries of a page.
const PAGE: i64 = 500;

/// Where the values of an encrypted field stand.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Id of the form.
    form: String,
    /// Id of the form's own field: that itself, or the child table.
    field: String,
    /// Id of the child table's column.
    column: Option<String>,
    table: Ident,
    name: Ident,
    seal: Arc<Seal>,
}

/// How far a page led.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Where to go on; nothing at the end.
    pub after: Option<Val>,
    /// Values that were seen, and those of them that stood under an older key.
    pub seen: u64,
    pub outdated: u64,
}

/// What is done with values under an older key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// They are sealed anew.
    Renew,
    /// They are counted.
    Count,
}

impl Sealed {
    /// Of a field by its id; nothing where it is not kept encrypted.
    pub fn find(layout: &Layout, id: &str) -> Option<Sealed> {
        layout.forms.iter().find_map(|form| {
            form.fields.iter().find_map(|field| {
                let (table, place, column) = match &field.rows {
                    _ if field.id == id => (&form.table, field, None),
                    Some(rows) => {
                        let column = rows.fields.iter().find(|column| column.id == id)?;
                        (&rows.table, column, Some(column.id.clone()))
                    }
                    None => return None,
                };
                Some(Sealed {
                    form: form.id.clone(),
                    field: field.id.clone(),
                    column,
                    table: table.clone(),
                    name: place.column.clone(),
                    seal: place.seal.clone()?,
                })
            })
        })
    }

    fn key(&self) -> (&'static str, Kind) {
        if self.column.is_some() { ("id", Kind::Uuid) } else { ("rid", Kind::Int) }
    }

    /// The next page of the records' values.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] for a value that does not open; any other of [`StoreError`].
    pub async fn values(&self, after: Option<Val>, look: Look, tx: &mut Tx) -> StoreResult<Page> {
        let (key, kind) = self.key();
        let mut sql = tx.sql();
        sql.push("SELECT ").name(key).push(", \"id\", ").ident(&self.name).push(" FROM ").ident(&self.table);
        sql.push(" WHERE ").ident(&self.name).push(" IS NOT NULL");
        if let Some(after) = after {
            sql.push(" AND ").name(key).push(" > ").val(after);
        }
        sql.push(" ORDER BY ").name(key).push(" LIMIT ").int(PAGE);
        let damaged = || StoreError::Damaged("a row without an id".into());
        let rows = tx
            .all(&sql.build().once(), |row| {
                let sealed = row.text(2)?.unwrap_or_default().to_string();
                Ok((row.val(0, kind)?, row.uuid(1)?.ok_or_else(damaged)?, sealed))
            })
            .await?;
        let seen = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let after = rows.last().map(|(key, _, _)| key.clone());
        let mut renewed = Vec::new();
        for (key, owner, sealed) in rows {
            if let Some(new) = self.seal.renew(owner, &sealed)? {
                renewed.push((key, sealed, new));
            }
        }
        let outdated = u64::try_from(renewed.len()).unwrap_or(u64::MAX);
        if look == Look::Renew {
            self.write(renewed, tx).await?;
        }
        Ok(Page { after, seen, outdated })
    }

    async fn write(&self, values: Vec<(Val, String, String)>, tx: &mut Tx) -> StoreResult<()> {
        if values.is_empty() {
            return Ok(());
        }
        let dialect = tx.dialect();
        let mut sql = tx.sql();
        sql.push("WITH v(\"k\", \"o\", \"x\") AS (VALUES ").list(", ", values, |sql, (key, old, new)| {
            sql.push("(").append(dialect.typed(key)).push(", ").append(dialect.typed(Val::Text(old)));
            sql.push(", ").append(dialect.typed(Val::Text(new))).push(")");
        });
        sql.push(") UPDATE ").ident(&self.table).push(" SET ").ident(&self.name).push(" = v.\"x\" FROM v WHERE ");
        sql.ident(&self.table).push(".").name(self.key().0).push(" = v.\"k\" AND ");
        sql.ident(&self.table).push(".").ident(&self.name).push(" = v.\"o\"");
        tx.execute(&sql.build().once()).await.map(|_| ())
    }

    /// The next page of the history.
    ///
    /// # Errors
    /// As [`Sealed::values`].
    pub async fn history(&self, after: Option<Val>, look: Look, tx: &mut Tx) -> StoreResult<Page> {
        let mut sql = tx.sql();
        sql.push("SELECT \"seq\", \"record\", \"changes\" FROM \"fw_history\" WHERE \"form\" = ")
            .val(self.form.as_str());
        if let Some(after) = after {
            sql.push(" AND \"seq\" > ").val(after);
        }
        sql.push(" ORDER BY \"seq\" LIMIT ").int(PAGE);
        if look == Look::Renew {
            sql.push(tx.dialect().for_update(Lock::Wait));
        }
        let damaged = || StoreError::Damaged("a history entry".into());
        let entries = tx
            .all(&sql.build().once(), |row| {
                let changes = trail::unpack(row.json(2)?.unwrap_or("[]")).ok_or_else(damaged)?;
                Ok((row.int(0)?.ok_or_else(damaged)?, row.uuid(1)?.ok_or_else(damaged)?, changes))
            })
            .await?;
        let mut page = Page { after: entries.last().map(|(seq, _, _)| Val::Int(*seq)), ..Page::default() };
        let mut rewritten = Vec::new();
        for (seq, record, mut changes) in entries {
            let mut touched = 0;
            for change in changes.iter_mut().filter(|c| c.field == self.field) {
                let values: Vec<(Uuid, &mut serde_json::Value)> = match &self.column {
                    None => vec![(record, &mut change.from), (record, &mut change.to)],
                    Some(column) => values_of_column(column, change).collect(),
                };
                for (owner, value) in values {
                    page.seen += u64::from(value.is_string());
                    touched += u64::from(self.seal.renew_history(owner, value)?);
                }
            }
            if touched > 0 {
                page.outdated += touched;
                rewritten.push((Val::Int(seq), Val::Json(trail::pack(&changes))));
            }
        }
        if look == Look::Renew {
            write_changes(tx, rewritten).await?;
        }
        Ok(page)
    }
}
