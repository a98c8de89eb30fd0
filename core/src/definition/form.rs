//! A form as written: its record's JSON Schema, layout, views and options.

use super::off::{OffDoc, leave_out};
use super::rule::RuleDoc;
use crate::text::Labels;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// `forms/*.json`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormDoc {
    pub kind: String,
    pub app: String,
    pub name: String,
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub labels: Labels,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub descriptions: Labels,
    #[serde(default)]
    pub icon: Option<String>,
    /// The app whose form of this name is extended.
    #[serde(default)]
    pub extends: Option<String>,
    /// JSON Schema (draft 2020-12) of one record; each property may carry `field`.
    pub record: Map<String, Json>,
    #[serde(default)]
    pub title_field: Option<String>,
    /// The field by which other files name a record of this form; absent: the title field.
    #[serde(default)]
    pub key: Option<String>,
    /// Fields whose words are found; `contacts.name` names a child table's field.
    #[serde(default)]
    pub search: Vec<String>,
    #[serde(default)]
    pub unique: Vec<UniqueDoc>,
    #[serde(default)]
    pub indexes: Vec<Vec<String>>,
    #[serde(default)]
    pub record_owner: Option<String>,
    #[serde(default)]
    pub layout: Option<Vec<LayoutEntry>>,
    #[serde(default)]
    pub views: Vec<ViewDoc>,
    /// Up to five fields shown at the head of the record's page.
    #[serde(default)]
    pub facts: Vec<String>,
    #[serde(default)]
    pub comments: Option<bool>,
    /// Days that deleted records are kept.
    #[serde(default)]
    pub recycle_bin: Option<u32>,
    #[serde(default)]
    pub history: Option<bool>,
    /// A condition: such records are read-only.
    #[serde(default)]
    pub lock: Option<Json>,
    /// What the form shows, requires, sets and refuses under which condition, in this order.
    #[serde(default)]
    pub rules: Vec<RuleDoc>,
    #[serde(default)]
    pub duplicate_check: Vec<DuplicateRuleDoc>,
    /// What a hit that the caller may not read tells.
    #[serde(default)]
    pub tell: Vec<String>,
    /// A saved import mapping.
    #[serde(default)]
    pub import: Option<Json>,
}

/// Fields that are unique together, optionally among the records that meet a condition.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum UniqueDoc {
    Fields(Vec<String>),
    Partial {
        fields: Vec<String>,
        #[serde(default)]
        when: Option<Json>,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        labels: Labels,
    },
}

impl UniqueDoc {
    pub fn fields(&self) -> &[String] {
        match self {
            UniqueDoc::Fields(fields) | UniqueDoc::Partial { fields, .. } => fields,
        }
    }
}

/// A place in the layout: exactly one of the first keys says what it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayoutEntry {
    #[serde(default)]
    pub section: Option<String>,
    #[serde(default)]
    pub tab: Option<String>,
    #[serde(default)]
    pub related: Option<RelatedEntry>,
    #[serde(default)]
    pub timeline: Option<Vec<String>>,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub actions: Option<Vec<String>>,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub labels: Labels,
    #[serde(default)]
    pub columns: Option<u8>,
    #[serde(default)]
    pub fields: Vec<LayoutField>,
    #[serde(default)]
    pub content: Vec<LayoutEntry>,
    #[serde(default)]
    pub when: Option<Json>,
    /// In an extension: the field after which this entry stands.
    #[serde(default)]
    pub after: Option<String>,
}

/// Records of another form that point here.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelatedEntry {
    pub form: String,
    pub via: String,
    #[serde(default)]
    pub view: Option<String>,
}

/// A field in a section, possibly spanning columns.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LayoutField {
    Name(String),
    Placed {
        field: String,
        #[serde(default)]
        span: Option<u8>,
        #[serde(default)]
        after: Option<String>,
    },
}

impl LayoutField {
    pub fn name(&self) -> &str {
        match self {
            LayoutField::Name(name) => name,
            LayoutField::Placed { field, .. } => field,
        }
    }

    pub fn span(&self) -> u8 {
        match self {
            LayoutField::Name(_) => 1,
            LayoutField::Placed { span, .. } => span.unwrap_or(1),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViewType {
    Table,
    Kanban,
    Calendar,
    Cards,
}

/// A view that the form brings along.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewDoc {
    pub name: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub labels: Labels,
    #[serde(rename = "type", default = "table")]
    pub view_type: ViewType,
    #[serde(default)]
    pub filter: Option<Json>,
    #[serde(default)]
    pub sort: Vec<String>,
    #[serde(default)]
    pub fields: Vec<ColumnDoc>,
    #[serde(default)]
    pub group: Option<String>,
    #[serde(default)]
    pub sum: Vec<String>,
    #[serde(default)]
    pub color: Option<String>,
    #[serde(default)]
    pub start: Option<String>,
    #[serde(default)]
    pub end: Option<String>,
    #[serde(default)]
    pub parent: Option<String>,
    #[serde(default)]
    pub depends: Option<String>,
    #[serde(default)]
    pub image: Option<String>,
    #[serde(default)]
    pub card: Vec<String>,
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default)]
    pub default: bool,
    /// Terms that no longer fit; written by the publication that found them so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub off: Vec<OffDoc>,
}

impl ViewDoc {
    /// Whether a term of a member is switched off.
    pub fn is_off(&self, at: &str, term: &Json) -> bool {
        self.off.iter().any(|off| off.at == at && off.term == *term)
    }

    /// The view without the terms that are switched off; they stay named in `off`.
    #[must_use]
    pub fn without_off(&self) -> ViewDoc {
        let mut doc = serde_json::to_value(self).unwrap_or_default();
        if let Some(map) = doc.as_object_mut() {
            leave_out(map, &|at, term| self.is_off(at, term));
        }
        serde_json::from_value(doc).unwrap_or_else(|_| self.clone())
    }
}

fn table() -> ViewType {
    ViewType::Table
}

/// A column of a view: a path, possibly with its width and place.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ColumnDoc {
    Path(String),
    Placed {
        field: String,
        #[serde(default)]
        width: Option<u32>,
        #[serde(default)]
        pin: Option<bool>,
    },
}

impl ColumnDoc {
    pub fn path(&self) -> &str {
        match self {
            ColumnDoc::Path(path) => path,
            ColumnDoc::Placed { field, .. } => field,
        }
    }
}

/// A rule of the collision check.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateRuleDoc {
    pub name: String,
    pub fields: Vec<DuplicateFieldDoc>,
    #[serde(default)]
    pub distance: Option<u32>,
    pub on_hit: OnHit,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum DuplicateFieldDoc {
    Path(String),
    As {
        field: String,
        #[serde(rename = "as")]
        form: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnHit {
    Refuse,
    Warn,
}
