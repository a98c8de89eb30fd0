//! Fields to be filled in: one control for each kind of field. The same models draw a form, a row of a child table, the value of a
//! filter and the value of a bulk change.
//!
//! What a control sends: the script reads each `data-control` and builds the record's JSON. Numbers go as JSON numbers (from exact
//! text), dates as `YYYY-MM-DD`, moments as RFC 3339 in UTC, durations as ISO 8601, links and files as ids, an empty control as null.

use serde::Serialize;

use super::cell::{Cell, FileChip, Hue};

/// How wide a control is in a section of two columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Span {
    /// One column.
    #[default]
    Half,
    /// The whole width.
    Full,
}

/// A field of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Control {
    /// Path as in `errors[].field`: `amount`, `lines/2/qty`. In [`TableColumn`] the column's name alone.
    pub path: String,
    /// The field's title.
    pub label: String,
    /// A sentence under the control.
    pub help: Option<String>,
    /// An example inside the empty control.
    pub placeholder: Option<String>,
    /// Marked with a star.
    pub required: bool,
    /// Marked with a lock: the value is kept encrypted.
    pub encrypted: bool,
    /// Shown, not to be changed, not sent.
    pub readonly: bool,
    /// Not shown now (a rule of the form); the live preview may show it. Its value is kept and not sent.
    pub hidden: bool,
    /// What is wrong with its value.
    pub fault: Option<String>,
    /// Width.
    pub span: Span,
    /// What kind of value, and the value.
    pub input: ControlKind,
}

impl Control {
    /// A control without help, fault or mark.
    pub fn new(path: impl Into<String>, label: impl Into<String>, input: ControlKind) -> Self {
        Self { path: path.into(), label: label.into(), input, ..Self::default() }
    }
}

/// What a text holds; chooses the keyboard of a phone and the browser's help.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TextFormat {
    /// Anything.
    #[default]
    Plain,
    /// E-mail address.
    Email,
    /// Web address.
    Uri,
    /// Telephone number.
    Phone,
    /// A password: hidden while typed, never kept as a draft.
    Password,
}

/// One of a field's choices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Stored value.
    pub value: String,
    /// Shown title.
    pub title: String,
    /// Colour, if the definition gives one.
    pub hue: Option<Hue>,
    /// Level in a tree of choices, from 0.
    pub depth: u8,
    /// Cannot be chosen anew (retired, or the status may not go there); shown because it is the present value.
    pub disabled: bool,
}

impl Choice {
    /// A choice without colour.
    pub fn new(value: impl Into<String>, title: impl Into<String>) -> Self {
        Self { value: value.into(), title: title.into(), ..Self::default() }
    }
}

/// Where a picker finds its items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "lowercase")]
pub enum PickerSource {
    /// Records: `GET /api/records/{form}?q=&select=…&filter=&limit=20&titles=true`.
    Records {
        /// The form the link points to.
        form: String,
        /// Its title field: the item's text. Also asked for by `select`.
        title_field: String,
        /// Up to two more fields, shown in grey after the title.
        details: Vec<String>,
        /// The link's own filter as JSON text; `{"var":"record.x"}` in it is filled from the form by the script.
        filter: Option<String>,
        /// The form's title, for "No … found".
        title: String,
        /// `/forms/{form}/new`, when the reader may create one.
        create_href: Option<String>,
    },
    /// People: `GET /api/users?q=&active=true&limit=20`.
    Users,
    /// Departments: `GET /api/departments?q=&limit=20`.
    Departments,
    /// Roles: `GET /api/roles?q=&limit=50`.
    Roles,
}

/// A picked record, person or department.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Picked {
    /// Its id.
    pub id: String,
    /// Its title; "No access" where the reader may not know it.
    pub title: String,
    /// The reader may not see the target: the id is kept and sent back unchanged.
    pub masked: bool,
}

/// A column of a child table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableColumn {
    /// The empty control a new row starts with (its `path` is the column's name, its value the default).
    pub control: Control,
    /// Unit in the head (`USD`).
    pub unit: Option<String>,
    /// The foot shows the sum of the column.
    pub sum: bool,
    /// Share of the width, 1–6.
    pub width: u8,
}

/// A row of a child table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableRow {
    /// Id of a stored row; `None` for a new one.
    pub id: Option<String>,
    /// One control for each column, in order, with full paths.
    pub cells: Vec<Control>,
}

/// The kind of a control, with its value. Serialised with `kind` as its tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ControlKind {
    /// `text`.
    Text {
        /// The value, empty for none.
        value: String,
        /// What it holds.
        format: TextFormat,
        /// Most characters.
        max_length: Option<u32>,
    },
    /// `long_text`.
    LongText {
        /// The value, empty for none.
        value: String,
        /// Markdown is understood.
        markdown: bool,
        /// Most characters.
        max_length: Option<u32>,
    },
    /// `integer`, `number`, `percent`, `money`.
    Number {
        /// Exact plain text (`-1234.50`; of a percent the fraction, `0.05`), empty for none. What is sent unless the text is edited.
        value: String,
        /// As shown and typed: `1,234.50`; of a percent `5`.
        shown: String,
        /// Most decimals of the value (of a percent: of the fraction, so 4 means two decimals of the shown figure).
        scale: u8,
        /// Shown figure is a hundred times the value.
        percent: bool,
        /// Currency or unit in front.
        unit: Option<String>,
        /// Path of the choice field that names the currency; the script keeps the unit in step.
        unit_field: Option<String>,
    },
    /// `boolean`. A required one is a switch between yes and no; otherwise "empty" can be chosen too.
    Boolean {
        /// The value.
        value: Option<bool>,
    },
    /// `date`.
    Date {
        /// `2026-11-24` or empty.
        value: String,
    },
    /// `datetime`.
    Datetime {
        /// RFC 3339 in UTC or empty.
        value: String,
        /// In the reader's zone: `2026-11-24 15:00`.
        shown: String,
        /// That zone, where it is not the company's: `Europe/Berlin`.
        zone: Option<String>,
    },
    /// `time`.
    Time {
        /// `15:00` or empty.
        value: String,
    },
    /// `duration`.
    Duration {
        /// ISO 8601 (`PT1H30M`) or empty.
        value: String,
        /// `1 h 30 min`.
        shown: String,
    },
    /// `choice`.
    Choice {
        /// The value, empty for none.
        value: String,
        /// All that can be chosen now.
        options: Vec<Choice>,
    },
    /// `choices`.
    Choices {
        /// The values.
        values: Vec<String>,
        /// All that can be chosen.
        options: Vec<Choice>,
    },
    /// `status`.
    Status {
        /// The value, empty for none.
        value: String,
        /// The present one and those it may go to.
        options: Vec<Choice>,
    },
    /// `tags`.
    Tags {
        /// The values.
        values: Vec<String>,
        /// Known tags.
        options: Vec<Choice>,
        /// New ones may be typed.
        open: bool,
    },
    /// `link`, `links`, `user`, `users`, `department`, `departments`.
    Picker {
        /// Where the items come from.
        source: PickerSource,
        /// What is picked.
        values: Vec<Picked>,
        /// More than one.
        many: bool,
    },
    /// `table`.
    Table {
        /// Its columns.
        columns: Vec<TableColumn>,
        /// Its rows.
        rows: Vec<TableRow>,
        /// Rows may be added, removed and moved.
        editable: bool,
        /// Most rows.
        max_rows: Option<u32>,
    },
    /// `files`.
    Files {
        /// The files.
        files: Vec<FileChip>,
        /// Kinds, as in the `accept` attribute.
        accept: Vec<String>,
        /// Most bytes of one file.
        max_bytes: Option<u64>,
        /// The same, finished: `20 MB`.
        max_size: Option<String>,
        /// Most files.
        max_count: Option<u32>,
        /// Offers the camera of a phone.
        capture: bool,
        /// The form and field the upload names (`/api/files?form=&field=`). In a row of a child table `lines.photo`.
        form: String,
        /// See `form`.
        field: String,
    },
    /// `signature`: drawn with finger or mouse, uploaded as a PNG.
    Signature {
        /// The stored one.
        file: Option<FileChip>,
        /// See [`ControlKind::Files`].
        form: String,
        /// See [`ControlKind::Files`].
        field: String,
    },
    /// `location`.
    Location {
        /// `31.2304`, or empty.
        latitude: String,
        /// `121.4737`, or empty.
        longitude: String,
    },
    /// `scan`.
    Scan {
        /// The value, empty for none.
        value: String,
    },
    /// `serial`: given by the system at saving.
    Serial {
        /// The value of a stored record.
        value: Option<String>,
    },
    /// `json`.
    Json {
        /// Indented text, empty for none.
        text: String,
    },
    /// `formula`, `rollup`, `lookup`, and whatever the reader may see and not change: only shown. The live preview replaces its text.
    Shown {
        /// The finished value.
        cell: Cell,
        /// It is computed: marked so.
        computed: bool,
    },
    /// A sentence of the layout; no value. `label` is not shown.
    Paragraph {
        /// The sentence.
        text: String,
    },
}

impl Default for ControlKind {
    fn default() -> Self {
        Self::Text { value: String::new(), format: TextFormat::Plain, max_length: None }
    }
}
