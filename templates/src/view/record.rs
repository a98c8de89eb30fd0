//! One record: what it says, what belongs to it, what happened to it.

use serde::Serialize;

use super::cell::{Cell, FileChip, Person, Tone};
use super::list::Column;
use super::shell::FormRef;

/// The page of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Which form.
    pub form: FormRef,
    /// What of the record no longer passes, a finished sentence each; mostly nothing.
    pub unfit: Vec<String>,
    /// The record's id.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// Its title.
    pub title: String,
    /// One or two characters for the mark beside the title, and its colour.
    pub mark: Option<Person>,
    /// Status, grade: beside the title.
    pub badges: Vec<Cell>,
    /// The line under the title: number, country, tags.
    pub subtitle: Vec<Cell>,
    /// Up to five figures that matter.
    pub facts: Vec<Fact>,
    /// Its statuses, with where they may go now.
    pub steps: Vec<Steps>,
    /// Its fields.
    pub sections: Vec<FactSection>,
    /// Its child tables.
    pub tables: Vec<ChildTable>,
    /// Records that point here.
    pub related: Vec<RelatedList>,
    /// Its attachments, all fields together.
    pub files: Vec<FileChip>,
    /// What happened, newest first.
    pub history: Vec<HistoryEntry>,
    /// Older history.
    pub history_more_href: Option<String>,
    /// Comments; `None`: the form has none.
    pub discussion: Option<Discussion>,
    /// What the reader may do.
    pub actions: RecordActions,
    /// It lies in the recycle bin.
    pub deleted: Option<Deletion>,
    /// Why it cannot be changed now, in a sentence.
    pub locked: Option<String>,
    /// Records before and after, in the list the reader came from.
    pub neighbours: Neighbours,
}

/// A figure that matters, with what it compares to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The field's title.
    pub label: String,
    /// Finished value.
    pub text: String,
    /// Comparison or consequence.
    pub note: Option<String>,
    /// Attention.
    pub tone: Tone,
}

/// A status in its steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Steps {
    /// The field's name.
    pub path: String,
    /// The field's title.
    pub label: String,
    /// The steps in their order.
    pub items: Vec<Step>,
}

/// A value of a status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The value.
    pub value: String,
    /// Its title.
    pub title: String,
    /// Where it lies.
    pub state: StepState,
    /// The reader may move the record there now.
    pub is_open: bool,
    /// The move asks for fields to be filled.
    pub asks: bool,
}

/// Where a step lies beside the present one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Behind it.
    Done,
    /// It is the present one.
    Now,
    /// Ahead of it.
    #[default]
    Next,
}

/// A card of fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FactSection {
    /// Heading.
    pub title: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
}

/// A field and its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldView {
    /// Path of the field.
    pub path: String,
    /// Its title.
    pub label: String,
    /// Marked with a lock: the value is kept encrypted.
    pub encrypted: bool,
    /// Its value.
    pub cell: Cell,
    /// Takes the whole width (long text, files).
    pub wide: bool,
}

/// A child table, read only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChildTable {
    /// The field's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its columns; `sort_href` is not read.
    pub columns: Vec<Column>,
    /// Its rows, one cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// One finished text for each column, or empty.
    pub totals: Vec<Option<String>>,
}

/// Records of another form that point here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RelatedList {
    /// Heading.
    pub title: String,
    /// Finished number of all of them.
    pub count: Option<String>,
    /// Columns.
    pub columns: Vec<Column>,
    /// The first few.
    pub rows: Vec<RelatedRow>,
    /// All of them, filtered list.
    pub all_href: Option<String>,
    /// A new one with the link filled in, if the reader may.
    pub create_href: Option<String>,
}

/// A record that points here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RelatedRow {
    /// Where it is.
    pub href: String,
    /// One cell for each column; the first is linked.
    pub cells: Vec<Cell>,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The record was made.
    Created,
    /// Fields were changed.
    #[default]
    Updated,
    /// Into the recycle bin.
    Deleted,
    /// Out of it.
    Restored,
    /// By an import.
    Imported,
    /// By a flow or rule.
    Automated,
}

/// One entry of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HistoryEntry {
    /// What happened.
    pub change: Change,
    /// Who; `None`: the system.
    pub person: Option<Person>,
    /// Shown time.
    pub at: String,
    /// Machine form.
    pub iso: String,
    /// Whole date and time, for the tooltip.
    pub full: String,
    /// Why, when a flow, rule or import did it (`Rule “Dynamic grading”`).
    pub cause: Option<String>,
    /// The fields.
    pub changes: Vec<FieldChange>,
}

/// A field's change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field's title.
    pub label: String,
    /// Before.
    pub from: Cell,
    /// After.
    pub to: Cell,
}

/// Comments on the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Discussion {
    /// Oldest first.
    pub comments: Vec<Comment>,
    /// The reader may write.
    pub can_write: bool,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comment {
    /// Who.
    pub person: Person,
    /// Shown time.
    pub at: String,
    /// Machine form.
    pub iso: String,
    /// The text; line breaks are kept.
    pub text: String,
}

/// What the reader may do with the record; what is absent is not drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecordActions {
    /// `/forms/{form}/{id}/edit`.
    pub edit_href: Option<String>,
    /// A new record with the same values.
    pub copy_href: Option<String>,
    /// Into the recycle bin.
    pub delete: bool,
    /// Out of the recycle bin.
    pub restore: bool,
    /// For good; asks for the title.
    pub purge: bool,
    /// Printable documents.
    pub prints: Vec<PrintLink>,
    /// The form's own buttons.
    pub buttons: Vec<RecordButton>,
}

/// A printable document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PrintLink {
    /// Its title.
    pub title: String,
    /// `/api/records/{form}/{id}/print/{print}.pdf`.
    pub href: String,
}

/// A button of the form: `POST /api/records/{form}/{id}/actions/{name}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecordButton {
    /// The action's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// A question to answer first.
    pub confirm: Option<String>,
    /// Why it cannot be used now: shown disabled with the reason.
    pub disabled_reason: Option<String>,
    /// Drawn as the page's main button.
    pub primary: bool,
}

/// How the record came into the recycle bin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deletion {
    /// Who; `None`: the system.
    pub by: Option<String>,
    /// Shown time.
    pub at: String,
    /// When it is removed for good, if ever.
    pub purged_on: Option<String>,
}

/// Records before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Neighbours {
    /// The record before.
    pub previous_href: Option<String>,
    /// The record after.
    pub next_href: Option<String>,
    /// `1 / 93`.
    pub position: Option<String>,
    /// The list the reader came from, with its filter.
    pub list_href: Option<String>,
}
