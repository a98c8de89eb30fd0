//! What must be done to the database, as data: the store carries it out on either database.

use super::index::IndexSpec;
use super::shape::{FieldShape, FormShape};
use crate::field::{ColumnKind, FieldDefault, Storage};
use serde_json::Value as Json;

/// What a table is for, which says its fixed columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Records of a form: counting key `rid` and the system fields.
    Records,
    /// Rows of a child table: `id`, `record`, `pos`.
    Rows,
    /// Members of a list: `record`, `value` of this kind, `pos`.
    Members(ColumnKind),
}

/// Where a value is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub table: String,
    /// A child table's row table, whose key is `id` and not `rid`.
    pub rows: bool,
    pub column: String,
}

/// Values of one column rewritten as another type.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    pub form: String,
    /// The column that holds the values to be converted.
    pub from: Place,
    pub from_shape: FieldShape,
    /// The column that takes them.
    pub to: Place,
    pub to_shape: FieldShape,
    /// The column that takes them holds what the values were before an earlier conversion: an original that still means the
    /// same as its converted value stays.
    pub restores: bool,
}

/// How a column made from another one follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derived {
    /// `<id>_s`: the sort key.
    Sort(ColumnKind),
    /// `<id>_n`: the folded text.
    Normalized,
    /// Side table of a list.
    Members(ColumnKind),
}

/// Values of a field that begin or cease to be kept encrypted.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealing {
    /// Id of the form.
    pub form: String,
    /// Id of the child table's field, for a column of one.
    pub table: Option<String>,
    /// Id of the field.
    pub field: String,
    /// Where the values stand.
    pub place: Place,
    /// From plain text to encrypted, or back.
    pub on: bool,
    /// Also the values of the records; otherwise only those in their history.
    pub values: bool,
}

/// Something retired that may come back.
#[derive(Clone, Debug, PartialEq)]
pub struct RetiredRow {
    pub form_id: String,
    /// Empty for a whole form; `field`, `table.column`, for a column left behind by a conversion with `@revision` after it, and
    /// for a choice with `=value`.
    pub key: String,
    pub table: String,
    pub column: Option<String>,
    /// [`RetiredDoc`] as JSON.
    pub doc: Json,
}

/// What is kept of something retired.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetiredDoc {
    Form(FormShape),
    Field(FieldShape),
    Choice(super::retired_choice::RetiredChoice),
}

/// One change of the database. They are carried out in the order of [`super::Plan::changes`].
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    DropIndex {
        name: String,
    },
    /// Only tables that can be made again: side tables, full text.
    DropTable {
        table: String,
    },
    RenameColumn {
        table: String,
        from: String,
        to: String,
    },
    CreateTable {
        table: String,
        purpose: Purpose,
        columns: Vec<(String, ColumnKind)>,
    },
    AddColumn {
        table: String,
        column: String,
        kind: ColumnKind,
    },
    /// Only columns that can be made again (sort keys, folded texts), and what conversions left of a field that is encrypted now.
    DropColumn {
        table: String,
        column: String,
    },
    Convert(Box<Conversion>),
    /// Encrypts or decrypts what stands in records and history.
    Seal(Box<Sealing>),
    /// Writes a default into the empty cells of a column.
    Fill {
        place: Place,
        storage: Storage,
        default: FieldDefault,
    },
    /// Values of a choice that bear another name now, as (old, new).
    Recode {
        place: Place,
        storage: Storage,
        pairs: Vec<(String, String)>,
    },
    /// Works out the computed fields of all records of a form, and of their rows.
    Compute {
        form: String,
    },
    Derive {
        from: Place,
        /// Id of the field, after which what is derived is named.
        field: String,
        storage: Storage,
        to: Derived,
    },
    CreateIndex(IndexSpec),
    /// Makes the full-text table with one column for each entry of `search`; with `fill` from the records that are there.
    Search {
        form: String,
        table: String,
        columns: usize,
        fill: bool,
    },
    Retire(RetiredRow),
    Unretire {
        form_id: String,
        key: String,
    },
}

impl Change {
    /// The order in which changes can be carried out.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Change::DropIndex { .. } => 0,
            Change::DropTable { .. } => 1,
            Change::DropColumn { .. } => 2,
            Change::RenameColumn { .. } => 3,
            Change::CreateTable { .. } => 4,
            Change::AddColumn { .. } => 5,
            Change::Convert(_) | Change::Seal(_) => 6,
            Change::Fill { .. } | Change::Recode { .. } => 7,
            Change::Compute { .. } => 8,
            Change::Derive { .. } => 9,
            Change::CreateIndex(_) => 10,
            Change::Search { .. } => 11,
            Change::Retire(_) | Change::Unretire { .. } => 12,
        }
    }
}
