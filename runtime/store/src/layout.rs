//! Where the records of each form live: tables, columns and their kinds, worked out once per catalogue.

use crate::error::StoreResult;
use crate::sql::Ident;
use crate::value::Kind;
use formwright_core::catalog::Catalog;
use formwright_core::field::{ColumnKind, Field, Storage};
use formwright_core::form::Form;

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
    pub storage: Storage,
    /// Kind of the field's own column; for lists JSON.
    pub kind: Kind,
    pub column: Ident,
    /// Column by which values are ordered.
    pub sort: Option<(Ident, Kind)>,
    /// Column of the normalised value.
    pub normal: Option<Ident>,
    /// Table of the single values of a list.
    pub side: Option<(Ident, Kind)>,
    pub rows: Option<RowsLayout>,
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
    /// Where a definition has no id yet.
    pub fn of(catalog: &Catalog) -> StoreResult<Layout> {
        Ok(Layout { forms: catalog.forms.iter().map(|f| FormLayout::of(f)).collect::<StoreResult<_>>()? })
    }
}

impl FormLayout {
    /// The tables of one form.
    ///
    /// # Errors
    /// Where a definition has no id yet.
    pub fn of(form: &Form) -> StoreResult<FormLayout> {
        Ok(FormLayout {
            id: form.id.clone(),
            table: Ident::new(&format!("d_{}", form.id))?,
            search: Ident::new(&format!("s_{}", form.id))?,
            fields: form.fields.iter().map(FieldLayout::of).collect::<StoreResult<_>>()?,
        })
    }
}

impl FieldLayout {
    fn of(field: &Field) -> StoreResult<FieldLayout> {
        let storage = field.kind.storage();
        let kind = match storage {
            Storage::Column(kind) => kind_of(kind),
            Storage::List(_) | Storage::Table => Kind::Json,
        };
        let sort = match (field.sort_column(), field.kind.sort_column()) {
            (Some(name), Some(kind)) => Some((Ident::new(&name)?, kind_of(kind))),
            _ => None,
        };
        let normal = match field.unique() {
            formwright_core::field::Unique::Normalized => Some(Ident::new(&format!("{}_n", field.id))?),
            _ => None,
        };
        let side = match storage {
            Storage::List(kind) => Some((Ident::new(&format!("m_{}", field.id))?, kind_of(kind))),
            _ => None,
        };
        let rows = match field.table() {
            Some(table) => Some(RowsLayout {
                table: Ident::new(&format!("t_{}", field.id))?,
                fields: table.fields.iter().map(FieldLayout::of).collect::<StoreResult<_>>()?,
            }),
            None => None,
        };
        let mut key = Vec::with_capacity(field.name.len() + 3);
        crate::json_text::text(&field.name, &mut key);
        key.push(b':');
        Ok(FieldLayout { storage, kind, column: Ident::new(field.column())?, sort, normal, side, rows, key })
    }
}
