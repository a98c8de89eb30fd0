//! A form of the catalogue: fields resolved, validator compiled, references by index.

mod build;
mod merge;
mod names;

pub(crate) use build::{Draft, finish_form, parse_form, settle_forms};
pub use build::{build_form, value_judge};
pub use merge::{Origins, merge_form};

use crate::definition::{DuplicateRuleDoc, LayoutEntry, ViewDoc};
use crate::diagnostic::Fault;
use crate::field::{ComputedPlace, Field, FieldDefault};
use crate::rule::{Rules, add_rules};
use crate::text::Title;
use jsonschema::Validator;
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::Arc;

/// A published form.
#[derive(Clone, Debug)]
pub struct Form {
    pub id: String,
    pub app: String,
    pub name: String,
    pub title: Title,
    pub description: Title,
    pub icon: Option<String>,
    pub fields: Vec<Field>,
    pub(crate) by_name: HashMap<String, usize>,
    pub title_field: Option<usize>,
    /// The field by which files name a record.
    pub key_field: Option<usize>,
    pub search: Vec<SearchField>,
    pub unique: Vec<UniqueKey>,
    pub indexes: Vec<Vec<IndexColumn>>,
    pub record_owner: Option<usize>,
    pub layout: Option<Vec<LayoutEntry>>,
    pub views: Vec<ViewDoc>,
    pub facts: Vec<String>,
    pub comments: bool,
    /// Days that deleted records are kept.
    pub recycle_bin: u32,
    pub history: bool,
    /// A condition under which records are read-only.
    pub lock: Option<Json>,
    /// Compiled when the whole catalogue is known.
    pub rules: Arc<Rules>,
    pub duplicate_check: Vec<DuplicateRuleDoc>,
    pub tell: Vec<String>,
    /// The document with its extensions.
    pub doc: Arc<Json>,
    /// What of the record's schema is passed over, or kept otherwise than it reads; by pointer.
    pub notices: Vec<Fault>,
    pub validator: Arc<Validator>,
    /// Fields whose schema says something that the reading of values does not check.
    pub checked_by_schema: FieldSet,
    /// The record's schema has keywords beyond its properties.
    pub has_whole_schema: bool,
    /// Computed fields and columns, each after all that it reads.
    pub computed: Vec<ComputedPlace>,
    /// Fields that begin with what an expression gives, each after all that it reads.
    pub defaults: Vec<usize>,
}

/// A field, or a column of a child table, whose words are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SearchField {
    pub field: usize,
    pub column: Option<usize>,
}

/// Fields that are unique together.
#[derive(Clone, Debug, PartialEq)]
pub struct UniqueKey {
    pub fields: Vec<usize>,
    pub when: Option<Json>,
    pub message: Option<Title>,
}

/// A column of an index that the administrator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndexColumn {
    Field(usize),
    System(crate::field::SystemField),
}

/// A set of fields by index.
#[derive(Clone, Debug, Default)]
pub struct FieldSet(Vec<bool>);

impl FieldSet {
    pub fn insert(&mut self, index: usize) {
        if self.0.len() <= index {
            self.0.resize(index + 1, false);
        }
        if let Some(slot) = self.0.get_mut(index) {
            *slot = true;
        }
    }

    pub fn contains(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }
}

impl Form {
    pub fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.by_name.get(name).and_then(|i| self.fields.get(*i).map(|f| (*i, f)))
    }

    /// Whether a formula of the form reads rates of exchange.
    pub fn reads_rates(&self) -> bool {
        self.computed
            .iter()
            .filter_map(|place| crate::record::computed_field(self, *place))
            .any(|(_, formula)| formula.expression.uses().rates)
    }

    /// Whether a text of the form is found by full-text search.
    pub fn is_searchable(&self) -> bool {
        !self.search.is_empty()
    }

    /// What the schema cannot say about the server's verdict: fields that it fills in where they are absent.
    fn schema_comment(&self, sees: &dyn Fn(usize) -> bool) -> Option<String> {
        let filled = |(i, f): &(usize, &Field)| {
            sees(*i) && f.default.as_ref().is_some_and(|d| !matches!(d, FieldDefault::Value(_)))
        };
        let names: Vec<&str> = self.fields.iter().enumerate().filter(filled).map(|(_, f)| f.name.as_str()).collect();
        (!names.is_empty()).then(|| format!("Filled in by the server where absent: {}.", names.join(", ")))
    }

    /// The JSON Schema of a record to be written, self-contained, of the fields that `sees` admits.
    pub fn published_schema(&self, sees: &dyn Fn(usize) -> bool) -> Json {
        let empty = Map::new();
        let record = self.doc.get("record").and_then(Json::as_object).unwrap_or(&empty);
        let mut out = Map::new();
        out.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        out.insert("title".into(), json!(self.title.title));
        out.insert("type".into(), json!("object"));
        let visible = |(i, _): &(usize, &Field)| sees(*i);
        let properties: Map<String, Json> = self
            .fields
            .iter()
            .enumerate()
            .filter(visible)
            .map(|(_, f)| (f.name.clone(), crate::field::nullable_schema(f)))
            .collect();
        out.insert("properties".into(), Json::Object(properties));
        let required: Vec<&str> = self
            .fields
            .iter()
            .enumerate()
            .filter(visible)
            .filter(|(_, f)| f.required && !f.read_only && f.default.is_none())
            .map(|(_, f)| f.name.as_str())
            .collect();
        if !required.is_empty() {
            out.insert("required".into(), json!(required));
        }
        for (key, value) in record {
            if !["properties", "required", "type", "title", "description", "labels", "$schema"].contains(&key.as_str())
            {
                out.insert(key.clone(), value.clone());
            }
        }
        out.entry("additionalProperties".to_string()).or_insert(json!(false));
        if let Some(comment) = self.schema_comment(sees) {
            let own = out.get("$comment").and_then(Json::as_str).map(|own| format!("{own} ")).unwrap_or_default();
            out.insert("$comment".into(), json!(format!("{own}{comment}")));
        }
        add_rules(self, sees, &mut out);
        Json::Object(out)
    }
}
