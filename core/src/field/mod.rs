//! Fields: what a property of a form's record is, where its values live, and how it is read from a definition.
//!
//! [`FieldKind`] is closed: the compiler names every place that must know a new kind. `registry` lists the type names with
//! their options; `parse` reads a property; `infer` guesses the type of a plain JSON Schema property; `published` makes the
//! JSON Schema that outsiders see.

mod bind;
mod choice;
mod compile;
mod default;
mod encryption;
mod formula;
mod infer;
mod inline;
mod linked;
mod normal;
mod options;
mod parse;
mod published;
mod registry;
mod settle;
mod walk;

pub use choice::{Choice, ChoiceSet};
pub(crate) use compile::Settings;
pub(crate) use default::parse_default;
pub use encryption::refused as encryption_refused;
pub(crate) use formula::Pending;
pub use formula::{Computed, ComputedPlace, Formula, Leaf, Pick, Remote, Source, Start, UNSTATED_SCALE};
pub use infer::{infer_type, resolve as resolve_reference};
pub(crate) use inline::compile_over_record;
pub use linked::{Lookup, Rollup, RollupFunction, RollupScope};
pub use normal::Normal;
pub use options::{
    ChoiceOptions, FilesOptions, LinkOptions, NumberFlavor, NumberOptions, OnDelete, SerialOptions, SerialPart,
    SerialReset, StatusOptions, TableOptions, TagsOptions, TextFormat, TextOptions, Transition, Unique,
};
pub use parse::{FieldContext, parse_properties};
pub use published::{internal as internal_schema, nullable as nullable_schema};
pub use registry::{FieldType, TYPES};
pub(crate) use settle::{Settling, settle};

use crate::error_code::{self, ErrorCode};
use crate::text::Title;
use crate::value::Value;
use serde_json::Value as Json;
use std::sync::Arc;

/// A field of a form or of a child table.
#[derive(Clone, Debug)]
pub struct Field {
    /// Never changes; names the column.
    pub id: String,
    pub name: String,
    pub title: Title,
    pub description: Title,
    /// The type of its values; of a computed field that of its results.
    pub kind: FieldKind,
    /// How the value comes about where nobody types it.
    pub computed: Option<Computed>,
    pub required: bool,
    /// Declared `readOnly`: nobody types it.
    pub read_only: bool,
    pub default: Option<FieldDefault>,
    /// The property as outsiders see it: standard keywords only, self-contained.
    pub schema: Json,
    /// Kept encrypted at rest, and whether it can be asked for equality.
    pub encryption: Option<Encryption>,
    /// Holds data about a person.
    pub personal: bool,
    /// How well its type says what its schema says.
    pub inference: Inference,
}

/// How a property's type was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inference {
    /// It is declared, or says all that the schema says.
    #[default]
    Whole,
    /// No type says what the schema says; kept as JSON.
    Unmapped,
    /// A list in which the schema lets a choice stand twice.
    Repeats,
    /// A time whose schema asks for a zone, which is not kept.
    Zoneless,
}

impl Inference {
    /// What a designer is told about it.
    pub fn notice(self) -> Option<&'static ErrorCode> {
        match self {
            Inference::Whole => None,
            Inference::Unmapped => Some(&error_code::NOT_MAPPED),
            Inference::Repeats => Some(&error_code::REPEATS_REFUSED),
            Inference::Zoneless => Some(&error_code::TIME_WITHOUT_ZONE),
        }
    }
}

/// How the values of a field are kept encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// A blind index of the folded value stands beside it, so that equal values are found.
    pub exact: bool,
}

/// The default of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldDefault {
    Value(Value),
    Me,
    MyDepartment,
    Today,
    Now,
    /// The value of the setting with this key.
    Setting(String),
    /// What an expression gives when the record is created; among the values that were sent and the other defaults.
    Expression(Arc<Formula>),
}

/// The type of a field with its options.
#[derive(Clone, Debug)]
pub enum FieldKind {
    Text(TextOptions),
    LongText { markdown: bool },
    Number(NumberOptions),
    Boolean,
    Date,
    DateTime,
    Time,
    Duration,
    Choice(ChoiceOptions),
    Choices(ChoiceOptions),
    Status(StatusOptions),
    Tags(TagsOptions),
    User,
    Users,
    Department,
    Departments,
    Link(LinkOptions),
    Links(LinkOptions),
    Table(TableOptions),
    Files(FilesOptions),
    Signature,
    Location,
    Scan,
    Serial(SerialOptions),
    Json,
}

/// The type of a column, the same on both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    Text,
    Int,
    Bool,
    /// Decimal with this scale.
    Dec(u32),
    Date,
    Time,
    Ts,
    Json,
    Uuid,
}

/// Where a field's values live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// One column of the record's table.
    Column(ColumnKind),
    /// A column with the ordered list as JSON, and a table `(record, value)` for filters, groups and expansion.
    List(ColumnKind),
    /// A table of its own.
    Table,
}

impl FieldKind {
    /// The type's name in definitions.
    pub fn type_name(&self) -> &'static str {
        match self {
            FieldKind::Text(_) => "text",
            FieldKind::LongText { .. } => "long_text",
            FieldKind::Number(n) => n.flavor.type_name(),
            FieldKind::Boolean => "boolean",
            FieldKind::Date => "date",
            FieldKind::DateTime => "datetime",
            FieldKind::Time => "time",
            FieldKind::Duration => "duration",
            FieldKind::Choice(_) => "choice",
            FieldKind::Choices(_) => "choices",
            FieldKind::Status(_) => "status",
            FieldKind::Tags(_) => "tags",
            FieldKind::User => "user",
            FieldKind::Users => "users",
            FieldKind::Department => "department",
            FieldKind::Departments => "departments",
            FieldKind::Link(_) => "link",
            FieldKind::Links(_) => "links",
            FieldKind::Table(_) => "table",
            FieldKind::Files(_) => "files",
            FieldKind::Signature => "signature",
            FieldKind::Location => "location",
            FieldKind::Scan => "scan",
            FieldKind::Serial(_) => "serial",
            FieldKind::Json => "json",
        }
    }

    pub fn storage(&self) -> Storage {
        use ColumnKind as C;
        match self {
            FieldKind::Text(_)
            | FieldKind::LongText { .. }
            | FieldKind::Choice(_)
            | FieldKind::Status(_)
            | FieldKind::Scan
            | FieldKind::Serial(_)
            | FieldKind::Duration => Storage::Column(C::Text),
            FieldKind::Number(n) => Storage::Column(C::Dec(n.scale)),
            FieldKind::Boolean => Storage::Column(C::Bool),
            FieldKind::Date => Storage::Column(C::Date),
            FieldKind::DateTime => Storage::Column(C::Ts),
            FieldKind::Time => Storage::Column(C::Time),
            FieldKind::User | FieldKind::Department | FieldKind::Link(_) | FieldKind::Signature => {
                Storage::Column(C::Uuid)
            }
            FieldKind::Choices(_) | FieldKind::Tags(_) => Storage::List(C::Text),
            FieldKind::Users | FieldKind::Departments | FieldKind::Links(_) | FieldKind::Files(_) => {
                Storage::List(C::Uuid)
            }
            FieldKind::Table(_) => Storage::Table,
            FieldKind::Location | FieldKind::Json => Storage::Column(C::Json),
        }
    }

    /// The kind of the second column by which values are ordered, where their own column does not order them as people do.
    pub fn sort_column(&self) -> Option<ColumnKind> {
        match self {
            FieldKind::Text(_) | FieldKind::Scan => Some(ColumnKind::Text),
            FieldKind::Duration => Some(ColumnKind::Dec(6)),
            _ => None,
        }
    }

    /// Whether a value is a text of any length that somebody wrote.
    pub fn is_free_text(&self) -> bool {
        matches!(self, FieldKind::Text(_) | FieldKind::LongText { .. } | FieldKind::Scan)
    }

    /// Whether one record may hold several values.
    pub fn is_many(&self) -> bool {
        matches!(self.storage(), Storage::List(_) | Storage::Table)
    }

    pub(crate) fn choice_set_mut(&mut self) -> Option<&mut Arc<ChoiceSet>> {
        match self {
            FieldKind::Choice(c) | FieldKind::Choices(c) => Some(&mut c.set),
            FieldKind::Status(s) => Some(&mut s.set),
            FieldKind::Tags(t) => t.set.as_mut(),
            _ => None,
        }
    }

    pub(crate) fn choice_set(&self) -> Option<&Arc<ChoiceSet>> {
        match self {
            FieldKind::Choice(c) | FieldKind::Choices(c) => Some(&c.set),
            FieldKind::Status(s) => Some(&s.set),
            FieldKind::Tags(t) => t.set.as_ref(),
            _ => None,
        }
    }

    /// The form to which a link points.
    pub fn link(&self) -> Option<&LinkOptions> {
        match self {
            FieldKind::Link(l) | FieldKind::Links(l) => Some(l),
            _ => None,
        }
    }

    pub fn choices(&self) -> Option<&ChoiceSet> {
        match self {
            FieldKind::Choice(c) | FieldKind::Choices(c) => Some(&c.set),
            FieldKind::Status(s) => Some(&s.set),
            FieldKind::Tags(t) => t.set.as_deref(),
            _ => None,
        }
    }
}

/// Column of the value of a field with this id.
pub(crate) fn column_of(id: &str, encrypted: bool) -> String {
    if encrypted { format!("{id}_e") } else { id.to_string() }
}

impl Field {
    /// Column of the field's value. An encrypted value has one of another name: whoever still asks by definitions of before finds
    /// none, and neither reads what is encrypted nor writes plain text beside it.
    pub fn column(&self) -> String {
        column_of(&self.id, self.is_encrypted())
    }

    /// Kind of the column of the sort key, where there is one: what is encrypted has no order.
    pub fn sort_kind(&self) -> Option<ColumnKind> {
        if self.is_encrypted() { None } else { self.kind.sort_column() }
    }

    /// Column of the sort key, where there is one.
    pub fn sort_column(&self) -> Option<String> {
        self.sort_kind().map(|_| format!("{}_s", self.id))
    }

    /// Whether the value is kept encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.encryption.is_some()
    }

    /// Whether equal values can be found by the database.
    pub fn finds_equals(&self) -> bool {
        self.encryption.is_none_or(|e| e.exact)
    }

    /// Whether a column of its own holds its normal form, or, of an encrypted field, the blind index of it.
    pub fn has_normal(&self, nested: bool) -> bool {
        match self.encryption {
            Some(encryption) => encryption.exact,
            None if self.computed.is_some() => false,
            None => self.normal() == Normal::Phone || !nested && self.unique() == Unique::Normalized,
        }
    }

    /// How a value must be unique, where it must. Encrypted values are only known to be equal when folded.
    pub fn unique(&self) -> Unique {
        match &self.kind {
            FieldKind::Text(t) if t.unique != Unique::No && self.is_encrypted() => Unique::Normalized,
            FieldKind::Text(t) => t.unique,
            FieldKind::Serial(_) => Unique::Exact,
            _ => Unique::No,
        }
    }

    pub fn table(&self) -> Option<&TableOptions> {
        match &self.kind {
            FieldKind::Table(t) => Some(t),
            _ => None,
        }
    }
}

/// The fields that every record has besides its form's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SystemField {
    Id,
    Version,
    CreatedAt,
    CreatedBy,
    UpdatedAt,
    UpdatedBy,
    DeletedAt,
    FlowState,
}

impl SystemField {
    pub const ALL: [SystemField; 8] = [
        SystemField::Id,
        SystemField::Version,
        SystemField::CreatedAt,
        SystemField::CreatedBy,
        SystemField::UpdatedAt,
        SystemField::UpdatedBy,
        SystemField::DeletedAt,
        SystemField::FlowState,
    ];

    pub fn name(self) -> &'static str {
        match self {
            SystemField::Id => "id",
            SystemField::Version => "version",
            SystemField::CreatedAt => "created_at",
            SystemField::CreatedBy => "created_by",
            SystemField::UpdatedAt => "updated_at",
            SystemField::UpdatedBy => "updated_by",
            SystemField::DeletedAt => "deleted_at",
            SystemField::FlowState => "flow_state",
        }
    }

    pub fn find(name: &str) -> Option<SystemField> {
        SystemField::ALL.into_iter().find(|f| f.name() == name)
    }

    pub fn column_kind(self) -> ColumnKind {
        match self {
            SystemField::Id | SystemField::CreatedBy | SystemField::UpdatedBy => ColumnKind::Uuid,
            SystemField::Version => ColumnKind::Int,
            SystemField::CreatedAt | SystemField::UpdatedAt | SystemField::DeletedAt => ColumnKind::Ts,
            SystemField::FlowState => ColumnKind::Text,
        }
    }

    pub fn title(self) -> Title {
        let (en, zh) = match self {
            SystemField::Id => ("ID", "编号"),
            SystemField::Version => ("Version", "版本"),
            SystemField::CreatedAt => ("Created at", "创建时间"),
            SystemField::CreatedBy => ("Created by", "创建人"),
            SystemField::UpdatedAt => ("Updated at", "更新时间"),
            SystemField::UpdatedBy => ("Updated by", "更新人"),
            SystemField::DeletedAt => ("Deleted at", "删除时间"),
            SystemField::FlowState => ("Approval", "审批状态"),
        };
        Title::new(en, [("zh-CN".to_string(), zh.to_string())].into())
    }
}

/// Values of `flow_state`.
pub const FLOW_STATES: [&str; 6] = ["none", "draft", "running", "approved", "rejected", "withdrawn"];
