//! From the document of a form to the form: fields parsed, names resolved, the validator compiled. All faults at once.

use super::{FieldSet, Form, IndexColumn, SearchField, UniqueKey};
use crate::definition::{Document, FormDoc, UniqueDoc, pointer_segment};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{
    ChoiceSet, ComputedPlace, Field, FieldContext, FieldKind, Pending, Settling, SystemField, internal_schema,
    parse_properties, settle,
};
use crate::text::Title;
use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value as Json, json};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Most fields a form may have.
pub const MAX_FIELDS: usize = 500;

/// Adds an extension to a base document: properties, required, layout, views, search, unique, indexes. It only adds.
pub fn merge_form(base: &mut Json, extension: &Document, faults: &mut Vec<Fault>) {
    let Some(base) = base.as_object_mut() else { return };
    let Some(ext) = extension.doc.as_object() else { return };
    let empty = Map::new();
    let ext_record = ext.get("record").and_then(Json::as_object).unwrap_or(&empty);
    if let Some(record) = base.get_mut("record").and_then(Json::as_object_mut) {
        let properties = record.entry("properties").or_insert_with(|| json!({}));
        for (name, property) in ext_record.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let at = format!("/record/properties/{}", pointer_segment(name));
            match properties.as_object_mut() {
                Some(map) if !map.contains_key(name) => {
                    map.insert(name.clone(), property.clone());
                }
                _ => faults.push(Fault::new(at, &code::NAME_TAKEN).with("name", name)),
            }
        }
        if let Some(more) = ext_record.get("required").and_then(Json::as_array) {
            extend(record, "required", more);
        }
    }
    for key in ["views", "search", "unique", "indexes", "layout", "duplicate_check"] {
        if let Some(more) = ext.get(key).and_then(Json::as_array) {
            extend(base, key, more);
        }
    }
}

fn extend(map: &mut Map<String, Json>, key: &str, more: &[Json]) {
    let list = map.entry(key.to_string()).or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        list.extend(more.iter().cloned());
    }
}

/// A form whose fields are read; its computed fields wait for those of all forms.
pub(crate) struct Draft {
    parsed: FormDoc,
    doc: Json,
    fields: Vec<Field>,
    pending: Vec<Pending>,
    order: Vec<ComputedPlace>,
    /// Something is wrong with it already; what else is wrong is still found.
    failed: bool,
}

/// Builds a form from its merged document, by itself.
pub fn build_form(doc: &Json, options: &HashMap<String, Arc<ChoiceSet>>, faults: &mut Vec<Fault>) -> Option<Form> {
    let mut draft = parse_form(doc, options, faults)?;
    for found in settle_forms(std::slice::from_mut(&mut draft)) {
        faults.extend(found);
    }
    finish_form(draft, faults)
}

/// Gives the computed fields of all forms their kinds; the faults of each form.
pub(crate) fn settle_forms(drafts: &mut [Draft]) -> Vec<Vec<Fault>> {
    let mut settling: Vec<Settling<'_>> = drafts
        .iter_mut()
        .map(|d| Settling { form: &d.parsed.name, fields: &mut d.fields, pending: std::mem::take(&mut d.pending) })
        .collect();
    let settled = settle(&mut settling);
    let mut out = Vec::with_capacity(settled.len());
    for (draft, mut settled) in drafts.iter_mut().zip(settled) {
        // a name that is only missing because its own field is faulty is not reported again
        settled.faults.retain(|f| {
            let name = f.args.iter().find(|a| a.0 == "name").map_or("", |a| a.1.as_str());
            let head = name.split('.').next().unwrap_or_default();
            let properties = draft.parsed.record.get("properties");
            *f.code != code::EXPRESSION_NAME
                || draft.fields.iter().any(|f| f.name == head)
                || properties.is_none_or(|p| p.get(head).is_none())
        });
        draft.failed |= !settled.faults.is_empty();
        draft.order = settled.order;
        out.push(settled.faults);
    }
    out
}

/// Reads the fields of a form.
pub(crate) fn parse_form(
    doc: &Json,
    options: &HashMap<String, Arc<ChoiceSet>>,
    faults: &mut Vec<Fault>,
) -> Option<Draft> {
    let parsed: FormDoc = match serde_json::from_value(doc.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            faults.push(Fault::new("", &code::KEY_INVALID).with("reason", error));
            return None;
        }
    };
    let before = faults.len();
    let root = Json::Object(parsed.record.clone());
    let cx = FieldContext { options, root: &root, pending: RefCell::default() };
    let fields = parse_properties(&cx, &parsed.record, "/record", false, faults);
    let pending = cx.pending.take();
    if fields.len() > MAX_FIELDS {
        faults.push(Fault::new("/record/properties", &code::TOO_MANY).with("limit", MAX_FIELDS));
    }
    for field in &fields {
        if field.encrypted {
            faults.push(
                Fault::new(format!("/record/properties/{}/field/encrypted", field.name), &code::KIND_NOT_OFFERED)
                    .with("what", "encrypted"),
            );
        }
    }
    let failed = faults.len() > before;
    Some(Draft { parsed, doc: doc.clone(), fields, pending, order: Vec::new(), failed })
}

/// Resolves what a form says about its fields, whose kinds are all known.
pub(crate) fn finish_form(draft: Draft, faults: &mut Vec<Fault>) -> Option<Form> {
    let before = faults.len();
    let Draft { parsed, doc, fields, order, failed, .. } = draft;
    let by_name: HashMap<String, usize> = fields.iter().enumerate().map(|(i, f)| (f.name.clone(), i)).collect();
    let mut names = Names { fields: &fields, by_name: &by_name, faults };
    let title_field = match &parsed.title_field {
        Some(name) => names.stored(name, "/title_field"),
        None => fields.iter().position(|f| matches!(f.kind, FieldKind::Text(_)) && f.required).or_else(|| {
            let is_title = |f: &Field| matches!(f.kind, FieldKind::Text(_) | FieldKind::Serial(_)) && !f.is_live();
            fields.iter().position(|f| is_title(f) && f.computed.is_none()).or_else(|| fields.iter().position(is_title))
        }),
    };
    let key_field = parsed.key.as_ref().map_or(title_field, |name| names.stored(name, "/key"));
    let record_owner = parsed.record_owner.as_ref().and_then(|name| names.find(name, "/record_owner"));
    let search: Vec<SearchField> =
        parsed.search.iter().enumerate().filter_map(|(i, path)| names.search(path, &format!("/search/{i}"))).collect();
    let mut unique = Vec::new();
    for (i, key) in parsed.unique.iter().enumerate() {
        let at = format!("/unique/{i}");
        let columns: Vec<usize> = key.fields().iter().filter_map(|name| names.column(name, &at)).collect();
        let (when, message) = match key {
            UniqueDoc::Fields(_) => (None, None),
            UniqueDoc::Partial { when, message, labels, .. } => {
                (when.clone(), message.as_ref().map(|m| Title::new(m.clone(), labels.clone())))
            }
        };
        if !columns.is_empty() {
            unique.push(UniqueKey { fields: columns, when, message });
        }
    }
    let mut indexes = Vec::new();
    for (i, index) in parsed.indexes.iter().enumerate() {
        let at = format!("/indexes/{i}");
        let columns: Vec<IndexColumn> = index
            .iter()
            .filter_map(|name| {
                SystemField::find(name)
                    .map(IndexColumn::System)
                    .or_else(|| names.column(name, &at).map(IndexColumn::Field))
            })
            .collect();
        if !columns.is_empty() {
            indexes.push(columns);
        }
    }
    for (i, fact) in parsed.facts.iter().enumerate() {
        let first = fact.split('.').next().unwrap_or_default();
        if SystemField::find(first).is_none() {
            names.find(first, &format!("/facts/{i}"));
        }
    }
    for field in &fields {
        if let FieldKind::Number(n) = &field.kind
            && let Some(currency) = &n.currency_field
        {
            names.find(currency, &format!("/record/properties/{}/field/currency_field", pointer_segment(&field.name)));
        }
        if let FieldKind::Serial(s) = &field.kind {
            for part in &s.parts {
                if let crate::field::SerialPart::Field(name) = part {
                    names.find(name, &format!("/record/properties/{}/field/pattern", pointer_segment(&field.name)));
                }
            }
        }
    }
    let compiled = compile(&parsed.record, &fields, faults);
    if failed || faults.len() > before {
        return None;
    }
    let (validator, checked_by_schema, has_whole_schema) = compiled?;
    let title = if parsed.title.is_empty() { crate::text::title_from_name(&parsed.name) } else { parsed.title.clone() };
    Some(Form {
        id: parsed.id.unwrap_or_default(),
        app: parsed.app,
        name: parsed.name,
        title: Title::new(title, parsed.labels),
        description: Title::new(parsed.description.unwrap_or_default(), parsed.descriptions),
        icon: parsed.icon,
        by_name,
        title_field,
        key_field,
        search,
        unique,
        indexes,
        record_owner,
        layout: parsed.layout,
        views: parsed.views,
        facts: parsed.facts,
        comments: parsed.comments.unwrap_or(true),
        recycle_bin: parsed.recycle_bin.unwrap_or(30),
        history: parsed.history.unwrap_or(true),
        lock: parsed.lock,
        duplicate_check: parsed.duplicate_check,
        tell: parsed.tell,
        doc: Arc::new(doc),
        computed: order,
        validator: Arc::new(validator),
        checked_by_schema,
        has_whole_schema,
        fields,
    })
}

struct Names<'a> {
    fields: &'a [Field],
    by_name: &'a HashMap<String, usize>,
    faults: &'a mut Vec<Fault>,
}

impl Names<'_> {
    fn find(&mut self, name: &str, at: &str) -> Option<usize> {
        let found = self.by_name.get(name).copied();
        if found.is_none() {
            self.faults.push(
                Fault::new(at, &code::UNKNOWN_FIELD)
                    .with("name", name)
                    .suggest(name, self.fields.iter().map(|f| f.name.as_str())),
            );
        }
        found
    }

    /// A field whose value the database knows.
    fn stored(&mut self, name: &str, at: &str) -> Option<usize> {
        let index = self.find(name, at)?;
        if self.fields.get(index).is_some_and(Field::is_live) {
            let reason = format!("\"{name}\" reads the clock and is worked out when it is shown");
            self.faults.push(Fault::new(at, &code::KEY_INVALID).with("reason", reason));
            return None;
        }
        Some(index)
    }

    /// A field with a column of its own.
    fn column(&mut self, name: &str, at: &str) -> Option<usize> {
        let index = self.find(name, at)?;
        if self
            .fields
            .get(index)
            .is_some_and(|f| f.kind.is_many() || f.is_live() || matches!(f.kind, FieldKind::Json | FieldKind::Location))
        {
            self.faults
                .push(Fault::new(at, &code::KEY_INVALID).with("reason", format!("\"{name}\" cannot be indexed")));
            return None;
        }
        Some(index)
    }

    fn search(&mut self, path: &str, at: &str) -> Option<SearchField> {
        let (name, column) = path.split_once('.').map_or((path, None), |(f, c)| (f, Some(c)));
        let field = self.stored(name, at)?;
        let kind = self.fields.get(field).map(|f| &f.kind);
        let column = match (column, kind) {
            (None, _) => None,
            (Some(column), Some(FieldKind::Table(table))) => match table.field(column) {
                Some((i, _)) => Some(i),
                None => {
                    self.faults.push(
                        Fault::new(at, &code::UNKNOWN_FIELD)
                            .with("name", path)
                            .suggest(column, table.fields.iter().map(|f| f.name.as_str())),
                    );
                    return None;
                }
            },
            (Some(_), _) => {
                self.faults.push(Fault::new(at, &code::UNKNOWN_FIELD).with("name", path).with("suggestion", ""));
                return None;
            }
        };
        Some(SearchField { field, column })
    }
}

/// Compiles patterns in linear time, asserts formats, never fetches anything.
fn validator_of(schema: &Json) -> Result<Validator, String> {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|e| e.to_string())
}

fn compile(
    record: &Map<String, Json>,
    fields: &[Field],
    faults: &mut Vec<Fault>,
) -> Option<(Validator, FieldSet, bool)> {
    let whole: Vec<(&String, &Json)> = record
        .iter()
        .filter(|(k, _)| {
            !["properties", "required", "type", "title", "description", "labels", "descriptions"].contains(&k.as_str())
        })
        .collect();
    let has_whole_schema = whole.iter().any(|(k, v)| match k.as_str() {
        "$defs" | "definitions" | "$schema" | "$id" | "$comment" | "examples" | "default" => false,
        "additionalProperties" | "unevaluatedProperties" => v.is_object(),
        _ => true,
    });
    let mut root: Map<String, Json> = whole
        .into_iter()
        .filter(|(k, _)| !["$schema", "$id", "additionalProperties", "unevaluatedProperties"].contains(&k.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let mut checked = FieldSet::default();
    let mut properties = Map::new();
    for (i, field) in fields.iter().enumerate() {
        let mut schema = internal_schema(field);
        if let (Some(table), Some(map)) = (field.table(), schema.as_object_mut())
            && !map.contains_key("$ref")
        {
            let items: Map<String, Json> = table
                .fields
                .iter()
                .map(|f| (f.name.clone(), internal_schema(f)))
                .filter(|(_, s)| says_something(s))
                .collect();
            if !items.is_empty() {
                map.insert("items".into(), json!({"properties": items}));
            }
        }
        if says_something(&schema) {
            checked.insert(i);
        }
        properties.insert(field.name.clone(), schema);
    }
    let parts = properties.clone();
    root.insert("properties".into(), Json::Object(properties));
    match validator_of(&Json::Object(root.clone())) {
        Ok(validator) => Some((validator, checked, has_whole_schema)),
        Err(whole_reason) => {
            // name the properties that are to blame, each compiled alone
            let before = faults.len();
            for (name, schema) in parts {
                let mut alone = root.clone();
                alone.insert("properties".into(), json!({ name.as_str(): schema }));
                if let Err(reason) = validator_of(&Json::Object(alone)) {
                    faults.push(
                        Fault::new(format!("/record/properties/{}", pointer_segment(&name)), &code::SCHEMA_INVALID)
                            .with("reason", reason),
                    );
                }
            }
            if faults.len() == before {
                faults.push(Fault::new("/record", &code::SCHEMA_INVALID).with("reason", whole_reason));
            }
            None
        }
    }
}

/// Whether a property's schema asks for more than its type.
fn says_something(schema: &Json) -> bool {
    schema.as_object().is_none_or(|m| m.keys().any(|k| !["type", "title", "description"].contains(&k.as_str())))
}
