//! Values that are kept encrypted: where one stands is bound to it, and who holds the keys is handed in.
//!
//! The store has no keys. A layout is made with [`Sealers`]; each encrypted field of it has a [`Seal`], through which its values
//! go on their way to a column and back, and nothing else does.

use crate::error::{StoreError, StoreResult};
use crate::layout::FieldLayout;
use crate::records::Change;
use formwright_core::fold;
use serde_json::Value as Json;
use std::sync::Arc;
use uuid::Uuid;

/// Name of the place of values in history, whose table is one for all forms.
const HISTORY: &str = "fw_history";

/// Encrypts and decrypts the values of one field.
pub trait Sealer: Send + Sync {
    /// The text encrypted; `place` must be given again to open it.
    ///
    /// # Errors
    /// When there is no randomness.
    fn seal(&self, place: &[u8], text: &str) -> StoreResult<String>;

    /// The text that was sealed; `None` where it was not sealed for this place by this field's keys.
    fn open(&self, place: &[u8], sealed: &str) -> Option<String>;

    /// Whether a sealed text stands under the newest of the field's keys.
    fn is_current(&self, sealed: &str) -> bool;

    /// The same for the same text, and without the key nothing can be told from it.
    ///
    /// # Errors
    /// None in practice.
    fn blind(&self, text: &str) -> StoreResult<String>;
}

/// Whoever holds the keys of fields.
pub trait Sealers: Send + Sync {
    /// The sealer of a field, by the field's id.
    fn sealer(&self, field: &str) -> Option<Arc<dyn Sealer>>;
}

/// No keys: for catalogues without encrypted fields.
pub struct NoSealers;

impl Sealers for NoSealers {
    fn sealer(&self, _: &str) -> Option<Arc<dyn Sealer>> {
        None
    }
}

/// The way of a field's values into the database and out of it.
#[derive(Clone)]
pub struct Seal {
    table: String,
    field: String,
    sealer: Arc<dyn Sealer>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seal({}.{})", self.table, self.field)
    }
}

impl Seal {
    /// The seal of a field whose values stand in a table.
    ///
    /// # Errors
    /// [`StoreError::Other`] where nobody holds the field's key.
    pub fn new(table: &str, field: &str, sealers: &dyn Sealers) -> StoreResult<Seal> {
        let sealer =
            sealers.sealer(field).ok_or_else(|| StoreError::Other(format!("there is no key for the field {field}")))?;
        Ok(Seal { table: table.to_string(), field: field.to_string(), sealer })
    }

    /// A value as its column holds it. Blank texts stay as they are, so that the database knows them to be empty. `owner` is the
    /// record, or the row of a child table.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal(&self, owner: Uuid, text: &str) -> StoreResult<String> {
        self.put(&self.table, owner, text)
    }

    /// A value of the column as it was given.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where it does not belong to this field and record.
    pub fn open(&self, owner: Uuid, sealed: &str) -> StoreResult<String> {
        self.get(&self.table, owner, sealed)
    }

    /// What equal values share; nothing of a blank one.
    ///
    /// # Errors
    /// None in practice.
    pub fn blind(&self, text: &str) -> StoreResult<Option<String>> {
        if fold::is_blank(text) { Ok(None) } else { self.sealer.blind(&fold::normalize(text)).map(Some) }
    }

    /// A value of the column under the newest key; nothing where it is that already.
    ///
    /// # Errors
    /// As [`Seal::open`]; when there is no randomness.
    pub(crate) fn renew(&self, owner: Uuid, sealed: &str) -> StoreResult<Option<String>> {
        self.renewed(&self.table, owner, sealed)
    }

    /// The same for a value of history; whether it was changed.
    ///
    /// # Errors
    /// As [`Seal::renew`].
    pub(crate) fn renew_history(&self, owner: Uuid, value: &mut Json) -> StoreResult<bool> {
        let Json::String(sealed) = &*value else { return Ok(false) };
        let Some(renewed) = self.renewed(HISTORY, owner, sealed)? else { return Ok(false) };
        *value = Json::String(renewed);
        Ok(true)
    }

    fn renewed(&self, table: &str, owner: Uuid, sealed: &str) -> StoreResult<Option<String>> {
        if fold::is_blank(sealed) || self.sealer.is_current(sealed) {
            return Ok(None);
        }
        let text = self.get(table, owner, sealed)?;
        self.put(table, owner, &text).map(Some)
    }

    fn put(&self, table: &str, owner: Uuid, text: &str) -> StoreResult<String> {
        if fold::is_blank(text) { Ok(text.to_string()) } else { self.sealer.seal(&self.place(table, owner), text) }
    }

    fn get(&self, table: &str, owner: Uuid, sealed: &str) -> StoreResult<String> {
        if fold::is_blank(sealed) {
            return Ok(sealed.to_string());
        }
        self.sealer.open(&self.place(table, owner), sealed).ok_or_else(|| {
            StoreError::Damaged(format!(
                "the encrypted value of field {} of {owner} in {table} cannot be opened",
                self.field
            ))
        })
    }

    fn place(&self, table: &str, owner: Uuid) -> Vec<u8> {
        format!("{table}|{}|{owner}", self.field).into_bytes()
    }

    /// A value of history, which may be of a type that the field had before. Nothing and blank texts stay as they are.
    fn turn(&self, way: Way, owner: Uuid, value: &mut Json) -> StoreResult<()> {
        let blank = value.is_null() || value.as_str().is_some_and(fold::is_blank);
        match (way, &*value) {
            _ if blank => {}
            (Way::In, plain) => *value = Json::String(self.put(HISTORY, owner, &plain.to_string())?),
            (Way::Out, Json::String(sealed)) => {
                let plain = self.get(HISTORY, owner, sealed)?;
                *value = serde_json::from_str(&plain).map_err(|error| StoreError::Damaged(error.to_string()))?;
            }
            (Way::Out, _) => {
                return Err(StoreError::Damaged(format!("a value of field {} is not encrypted", self.field)));
            }
        }
        Ok(())
    }
}

/// Into the history, or out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
}

/// Encrypts or decrypts what stands in changes of a record, by the fields as they are laid out.
pub(crate) fn turn_changes(way: Way, fields: &[FieldLayout], record: Uuid, changes: &mut [Change]) -> StoreResult<()> {
    for change in changes {
        let Some(place) = fields.iter().find(|f| f.id == change.field) else { continue };
        if let Some(seal) = &place.seal {
            turn_field(way, seal, record, change)?;
        }
        for column in place.rows.iter().flat_map(|rows| &rows.fields) {
            if let Some(seal) = &column.seal {
                turn_column(way, seal, &column.id, change)?;
            }
        }
    }
    Ok(())
}

/// The values of a field of the record.
pub(crate) fn turn_field(way: Way, seal: &Seal, record: Uuid, change: &mut Change) -> StoreResult<()> {
    seal.turn(way, record, &mut change.from)?;
    seal.turn(way, record, &mut change.to)
}

/// The values of one column of a child table, in the rows of a change.
pub(crate) fn turn_column(way: Way, seal: &Seal, column: &str, change: &mut Change) -> StoreResult<()> {
    for (owner, value) in values_of_column(column, change) {
        seal.turn(way, owner, value)?;
    }
    Ok(())
}

/// The values of one column in the rows of a change, with the row to which each belongs.
pub(crate) fn values_of_column<'c>(column: &str, change: &'c mut Change) -> impl Iterator<Item = (Uuid, &'c mut Json)> {
    let rows = [&mut change.from, &mut change.to].into_iter().filter_map(Json::as_array_mut).flatten();
    rows.filter_map(move |row| {
        let owner = row.get("id").and_then(Json::as_str).and_then(|id| Uuid::try_parse(id).ok()).unwrap_or(Uuid::nil());
        row.get_mut(column).map(|value| (owner, value))
    })
}
