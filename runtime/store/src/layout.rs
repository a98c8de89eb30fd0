//! Where the records of each form live: tables, columns and their kinds, worked out once per catalogue.

use crate::error::StoreResult;
use crate::seal::{Seal, Sealers};
use crate::sql::Ident;
use crate::value::Kind;
use formwright_core::catalog::Catalog;
use formwright_core::field::{ColumnKind, Field, Normal, Storage};
use formwright_core::form::Form;
use formwright_core::plan::indexed_texts;
use std::sync::Arc;

/// The kind in the database of a column of the catalogue.
pub fn kind_of(kind: ColumnKind) -> Kind {
    match kind {
        ColumnKind::Text => Kind::Text,
        ColumnKind::Int => Kind::Int,
        ColumnKind::Bool => Kind::Bool,
        ColumnKind::Dec(scale) => Kind::Dec(scale),
        ColumnKind::Date => Kind::Date,
        ColumnKind::Time => Kind::Time,
        ColumnKind::Ts => Kind::Ts,
        ColumnKind::Json => Kind::Json,
        ColumnKind::Uuid => Kind::Uuid,
    }
}

/// The tables of all forms of a catalogue, by the form's index.
#[derive(Debug)]
pub struct Layout {
    pub forms: Vec<FormLayout>,
}

/// The tables of a form.
#[derive(Debug)]
pub struct FormLayout {
    /// The form's id, as history and events name it.
    pub id: String,
    pub table: Ident,
    /// The full-text table.
    pub search: Ident,
    pub fields: Vec<FieldLayout>,
}

/// Where a field's values live.
#[derive(Debug)]
pub struct FieldLayout {
    /// The field's id, as history names it.
    pub id: String,
    pub storage: Storage,
    /// Kind of the field's own column; for lists JSON.
    pub kind: Kind,
    pub column: Ident,
    /// Column by which values are ordered; of a text its sort key as [`crate::Dialect::kept_sort_key`] keeps it.
    pub sort: Option<(Ident, Kind)>,
    /// Column of the normal form of the value; of an encrypted field of the blind index of it.
    pub normal: Option<Ident>,
    /// What that normal form is.
    pub normal_form: Normal,
    /// Table of the single values of a list.
    pub side: Option<(Ident, Kind)>,
    /// The way of the values into the column and out of it, where they are kept encrypted.
    pub seal: Option<Arc<Seal>>,
    pub rows: Option<RowsLayout>,
    /// An index finds records by this text of any length.
    pub is_indexed_text: bool,
    /// `"name":` as it stands in answers.
    pub key: Vec<u8>,
}

/// The table of a child table.
#[derive(Debug)]
pub struct RowsLayout {
    pub table: Ident,
    pub fields: Vec<FieldLayout>,
}

impl Layout {
    /// # Errors
    /// Where a definition has no id yet, or nobody holds the key of an encrypted field.
    pub fn of(catalog: &Catalog, sealers: &dyn Sealers) -> StoreResult<Layout> {
        Ok(Layout { forms: catalog.forms.iter().map(|f| FormLayout::of(f, sealers)).collect::<StoreResult<_>>()? })
    }

    /// The tables of the form with this id.
    pub fn form_by_id(&self, id: &str) -> Option<&FormLayout> {
        self.forms.iter().find(|f| f.id == id)
    }
}

impl FormLayout {
    /// The tables of one form.
    ///
    /// # Errors
    /// Where a definition has no id yet, or nobody holds the key of an encrypted field.
    pub fn of(form: &Form, sealers: &dyn Sealers) -> StoreResult<FormLayout> {
        let table = format!("d_{}", form.id);
        let indexed = indexed_texts(form);
        Ok(FormLayout {
            id: form.id.clone(),
            table: Ident::new(&table)?,
            search: Ident::new(&format!("s_{}", form.id))?,
            fields: form
                .fields
                .iter()
                .enumerate()
                .map(|(i, f)| {
                    let layout = FieldLayout::of(f, &table, false, sealers)?;
                    Ok(FieldLayout { is_indexed_text: indexed.contains(&i), ..layout })
                })
                .collect::<StoreResult<_>>()?,
        })
    }
}

impl FieldLayout {
    /// Whether plain values are compared by their normal form, and not by their letters.
    pub fn compares_normal(&self) -> bool {
        self.seal.is_none() && self.normal.is_some() && self.normal_form == Normal::Phone
    }

    fn of(field: &Field, table: &str, nested: bool, sealers: &dyn Sealers) -> StoreResult<FieldLayout> {
        let storage = field.kind.storage();
        let kind = match storage {
            Storage::Column(kind) => kind_of(kind),
            Storage::List(_) | Storage::Table => Kind::Json,
        };
        let sort = match (field.sort_column(), field.sort_kind()) {
            (Some(name), Some(kind)) => Some((Ident::new(&name)?, kind_of(kind))),
            _ => None,
        };
        let normal = match field.has_normal(nested) {
            true => Some(Ident::new(&format!("{}_n", field.id))?),
            false => None,
        };
        let seal = match field.is_encrypted() {
            true => Some(Arc::new(Seal::new(table, &field.id, sealers)?)),
            false => None,
        };
        let side = match storage {
            Storage::List(kind) => Some((Ident::new(&format!("m_{}", field.id))?, kind_of(kind))),
            _ => None,
        };
        let rows = match field.table() {
            Some(table) => {
                let name = format!("t_{}", field.id);
                Some(RowsLayout {
                    table: Ident::new(&name)?,
                    fields: table
                        .fields
                        .iter()
                        .map(|f| FieldLayout::of(f, &name, true, sealers))
                        .collect::<StoreResult<_>>()?,
                })
            }
            None => None,
        };
        let mut key = Vec::with_capacity(field.name.len() + 3);
        crate::json_text::text(&field.name, &mut key);
        key.push(b':');
        Ok(FieldLayout {
            id: field.id.clone(),
            storage,
            kind,
            column: Ident::new(&field.column())?,
            sort,
            normal,
            normal_form: field.normal(),
            side,
            seal,
            rows,
            is_indexed_text: false,
            key,
        })
    }
}
