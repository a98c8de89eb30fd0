//! The list of a form's records.

use serde::Serialize;

use super::cell::Cell;
use super::control::Control;
use super::shell::{FormRef, Link};

/// The page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct List {
    /// Which form.
    pub form: FormRef,
    /// Its views and the reader's own, as tabs.
    pub tabs: Vec<ViewTab>,
    /// What of the open view no longer fits and is left out, a finished sentence each.
    pub off: Vec<String>,
    /// More of it is left out, which the reader is not told by name.
    pub off_unnamed: bool,
    /// The text searched for, empty for none.
    pub search: String,
    /// Conditions in force beside the view's own.
    pub chips: Vec<FilterChip>,
    /// The same as JSON text, empty for none: what the filter builder starts from (`?filter=`).
    pub filter: String,
    /// Fields that can be filtered on.
    pub filter_fields: Vec<FilterField>,
    /// This list without search and filter; `None` when there is neither.
    pub clear_href: Option<String>,
    /// Shown columns. The first holds the record's title and stays in sight.
    pub columns: Vec<Column>,
    /// One page of rows.
    pub rows: Vec<Row>,
    /// One finished text for each column (`None`: nothing), or empty for no totals row.
    pub totals: Vec<Option<String>>,
    /// Finished number of all records that match: `93`, `10,000+`; `None` when not counted.
    pub count: Option<String>,
    /// Other pages.
    pub pager: Pager,
    /// All columns the reader may see, in their present order.
    pub column_choices: Vec<ColumnChoice>,
    /// What sorting, filter and columns differ in from the stored view, and who may store them.
    pub save_view: SaveView,
    /// What the reader may do.
    pub actions: ListActions,
    /// Fields that may be changed in many records at once; empty: no bulk change.
    pub bulk_fields: Vec<Control>,
    /// Why there are no rows; read when `rows` is empty.
    pub empty: EmptyList,
    /// The query string of this list without `cursor`, encoded, without `?`: record pages carry it in `?from=` for previous and next.
    pub query: String,
}

/// A view, as a tab.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ViewTab {
    /// Name of a published view, or id of a personal one.
    pub key: String,
    /// Its title.
    pub title: String,
    /// `/forms/{form}?view=…`.
    pub href: String,
    /// Finished count.
    pub count: Option<String>,
    /// It is open.
    pub active: bool,
    /// It is the reader's own, or shared by a person.
    pub personal: bool,
}

/// A condition in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FilterChip {
    /// The field's title (`Last contact`); for a condition of several fields "Advanced filter".
    pub label: String,
    /// Operator and value (`last 3 months`).
    pub value: String,
    /// This list without the condition.
    pub remove_href: String,
    /// The field does not exist any more; the condition is ignored.
    pub invalid: bool,
}

/// Which operators a field has. The builder's words for them are in the translations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OperatorFamily {
    /// `contains eq ne starts_with ends_with is_empty not_empty`.
    #[default]
    Text,
    /// `eq ne lt le gt ge between is_empty not_empty`.
    Number,
    /// `within eq lt gt between is_empty not_empty`.
    Date,
    /// `in not_in is_empty not_empty`.
    Choice,
    /// `has_any has_all has_none is_empty not_empty`.
    Many,
    /// `in not_in is_empty not_empty`, with "me".
    Person,
    /// `in under is_empty not_empty`, with "my department".
    Department,
    /// `in not_in is_empty not_empty`.
    Link,
    /// `eq`.
    Boolean,
    /// `eq ne is_empty not_empty`: of encrypted texts.
    Exact,
    /// `is_empty not_empty`.
    Presence,
}

/// A field of the filter builder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FilterField {
    /// Path in the filter (`country`, `customer.country`, `lines.qty`).
    pub path: String,
    /// Shown title.
    pub title: String,
    /// Its operators.
    pub family: OperatorFamily,
    /// The control for its value (path the same; of choices, people and links the `many` one), without label.
    pub control: Control,
}

/// Side to which a column's text stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// Text.
    #[default]
    Left,
    /// Figures.
    Right,
}

/// How a column is sorted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A shown column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Path of the field.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Unit, after the title.
    pub unit: Option<String>,
    /// Side.
    pub align: Align,
    /// Sorted by it.
    pub sort: Option<Sort>,
    /// The list sorted by it (the other way round if it is already); `None`: cannot be sorted.
    pub sort_href: Option<String>,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The record's id.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// Its title, for labels ("Select …").
    pub title: String,
    /// `/forms/{form}/{id}`, with `?from=` for previous and next.
    pub href: String,
    /// One cell for each column. The first is linked to the record by the template.
    pub cells: Vec<Cell>,
    /// The heading above it, where a group of a grouped list begins here.
    pub group: Option<GroupHead>,
}

/// What the records of a group share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GroupHead {
    /// Their value.
    pub cell: Cell,
    /// Finished number of the group's records over all pages.
    pub count: Option<String>,
}

/// Other pages of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pager {
    /// The first page, when this is another.
    pub first_href: Option<String>,
    /// The page before.
    pub previous_href: Option<String>,
    /// The page after.
    pub next_href: Option<String>,
}

/// A column the reader may show or hide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ColumnChoice {
    /// Path of the field.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Shown now.
    pub shown: bool,
}

/// Storing what the reader has set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SaveView {
    /// Filter, sorting or columns differ from the open view.
    pub changed: bool,
    /// Id of the open personal view, when the reader may change it (`PATCH /api/views/{id}`).
    pub view: Option<String>,
    /// Body of the view as it is set now, JSON text `{"form","filter","sort","fields"}`; the script adds the title and sends it.
    pub body: String,
    /// Sorting in force, as in `?sort=`.
    pub sort: String,
}

/// What the reader may do with the list; what is absent is not drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ListActions {
    /// `/forms/{form}/new`.
    pub create_href: Option<String>,
    /// `/forms/{form}/import`.
    pub import_href: Option<String>,
    /// `/api/records/{form}/export.xlsx?…` with this list's filter.
    pub export_xlsx_href: Option<String>,
    /// The same as CSV.
    pub export_csv_href: Option<String>,
    /// `/forms/{form}/recycle-bin`.
    pub recycle_bin_href: Option<String>,
    /// Design this form.
    pub design_href: Option<String>,
    /// Selected records may be deleted.
    pub bulk_delete: bool,
    /// Other layouts of the same view (table, board, calendar): text, href, icon, active.
    pub layouts: Vec<LayoutLink>,
}

/// A layout of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LayoutLink {
    /// Its name.
    pub title: String,
    /// Where to.
    pub href: String,
    /// Lucide icon.
    pub icon: String,
    /// It is the present one.
    pub active: bool,
}

/// Why a list is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EmptyList {
    /// There is no record yet: says what the form is for and offers to create or import.
    #[default]
    Nothing,
    /// Nothing matches: offers to leave out conditions, with what would be found then.
    NoMatch {
        /// ("Leave out “Country”: 12 records", href).
        suggestions: Vec<Link>,
    },
    /// The reader may read no record of this form.
    NoAccess,
}
