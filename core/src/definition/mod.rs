//! Definitions as administrators write them: one JSON document of one kind, checked by the schema generated from these types.
//!
//! A document is kept as it was written; the types here only read it. What is built from a set of documents is the
//! [`crate::catalog::Catalog`].

mod app;
mod check;
mod examine;
mod form;
mod keywords;
mod naming;
mod off;
mod options;
mod role;
mod rule;

pub use app::{AppDoc, MenuEntry};
pub use check::{check_document, kind_schema};
pub use examine::Examined;
pub use form::{
    ColumnDoc, DuplicateFieldDoc, DuplicateRuleDoc, FormDoc, LayoutEntry, LayoutField, OnHit, RelatedEntry, UniqueDoc,
    ViewDoc, ViewType,
};
pub use keywords::check_record_schema;
pub use naming::propose_name;
pub use off::{OffDoc, OffPlace, leave_out, made_neutral, off_of, off_parts, off_place, part_name, view_terms};
pub use options::{OptionDoc, OptionsDoc};
pub use role::{GrantDoc, RoleDoc};
pub use rule::{EffectDoc, GivenDoc, NarrowDoc, RuleDoc, SayDoc};

use crate::diagnostic::Fault;
use crate::error_code;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The kinds of definitions, in the order in which they depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    App,
    Options,
    Form,
    Role,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::App, Kind::Options, Kind::Form, Kind::Role];

    pub fn name(self) -> &'static str {
        match self {
            Kind::App => "app",
            Kind::Options => "options",
            Kind::Form => "form",
            Kind::Role => "role",
        }
    }

    /// The folder of an app that holds documents of this kind; the app's own document lies beside the folders.
    pub fn folder(self) -> Option<&'static str> {
        match self {
            Kind::App => None,
            Kind::Options => Some("options"),
            Kind::Form => Some("forms"),
            Kind::Role => Some("roles"),
        }
    }

    /// Prefix of the ids of this kind.
    pub fn id_prefix(self) -> &'static str {
        match self {
            Kind::App => "a",
            Kind::Options => "o",
            Kind::Form => "f",
            Kind::Role => "r",
        }
    }

    /// The kind of a name, and for kinds that a later version brings, a fault that says so.
    pub fn parse(name: &str) -> Result<Kind, Fault> {
        if let Some(kind) = Kind::ALL.into_iter().find(|k| k.name() == name) {
            return Ok(kind);
        }
        if ["flow", "rules", "report", "dashboard", "print"].contains(&name) {
            return Err(Fault::new("/kind", &error_code::KIND_NOT_OFFERED).with("what", name));
        }
        Err(Fault::new("/kind", &error_code::UNKNOWN_REFERENCE)
            .with("kind", "kind")
            .with("name", name)
            .suggest(name, Kind::ALL.iter().map(|k| k.name())))
    }
}

/// What names a document: its kind, app and name. Extensions of one definition by several apps differ in the app.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    pub kind: Kind,
    pub app: String,
    pub name: String,
}

/// A document with its key, as stored and exported.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub key: Key,
    /// The base's app where this document extends another app's definition.
    pub extends: Option<String>,
    pub doc: Json,
}

impl Document {
    /// A document without a fault of its own.
    ///
    /// # Errors
    /// All its faults.
    pub fn read(doc: Json) -> Result<Document, Vec<Fault>> {
        let Examined { document, faults } = Document::examine(doc)?;
        if faults.is_empty() { Ok(document) } else { Err(faults) }
    }

    /// The document's id, given at its first save.
    pub fn id(&self) -> Option<&str> {
        self.doc.get("id").and_then(Json::as_str)
    }
}

/// `^[a-z][a-z0-9_]{0,47}$`
pub fn is_name(name: &str) -> bool {
    name.len() <= 48
        && name.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The JSON type of a value, as the contract's messages name it.
pub fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// A segment of a JSON pointer, escaped.
pub fn pointer_segment(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
