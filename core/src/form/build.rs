//! From the document of a form to the form: fields parsed, names resolved, the validator compiled. All faults at once.

use super::names::Names;
use super::{FieldSet, Form, IndexColumn, SearchField, UniqueKey};
use crate::definition::{FormDoc, UniqueDoc, check_record_schema, pointer_segment};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{
    ChoiceSet, ComputedPlace, Field, FieldContext, FieldKind, Pending, Settings, Settling, SystemField,
    internal_schema, parse_properties, settle,
};
use crate::text::Title;
use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value as Json, json};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Most fields a form may have.
pub const MAX_FIELDS: usize = 500;

/// A form whose fields are read; its computed fields wait for those of all forms.
pub(crate) struct Draft {
    parsed: FormDoc,
    doc: Json,
    fields: Vec<Field>,
    pending: Vec<Pending>,
    order: Vec<ComputedPlace>,
    defaults: Vec<usize>,
    /// What is passed over or kept otherwise than its schema reads.
    notices: Vec<Fault>,
    /// Properties that could not be read; what names them is not wrong for that.
    broken: Vec<String>,
}

impl Draft {
    pub fn name(&self) -> &str {
        &self.parsed.name
    }

    /// Names of properties and columns that could not be read.
    pub fn broken(&self) -> &[String] {
        &self.broken
    }

    /// Formulas that came to nothing.
    fn note_formulas(&mut self) {
        let is_formula = |schema: &Map<String, Json>, name: &str| {
            let declared = schema.get("properties").and_then(|p| p.get(name)).and_then(|p| p.pointer("/field/type"));
            declared.and_then(Json::as_str) == Some("formula")
        };
        for field in &self.fields {
            if field.computed.is_none() && is_formula(&self.parsed.record, &field.name) {
                self.broken.push(field.name.clone());
            }
            let items = self.parsed.record.get("properties").and_then(|p| p.get(&field.name)?.get("items"));
            let (Some(table), Some(items)) = (field.table(), items.and_then(Json::as_object)) else { continue };
            let lost = table.fields.iter().filter(|c| c.computed.is_none() && is_formula(items, &c.name));
            self.broken.extend(lost.map(|c| c.name.clone()));
        }
    }
}

/// Builds a form from its merged document, by itself; nothing where it has a fault.
pub fn build_form(doc: &Json, options: &HashMap<String, Arc<ChoiceSet>>, faults: &mut Vec<Fault>) -> Option<Form> {
    let before = faults.len();
    let mut draft = parse_form(doc, options, faults)?;
    for found in settle_forms(std::slice::from_mut(&mut draft), &Settings::none()).0 {
        faults.extend(found);
    }
    finish_form(draft, faults).filter(|_| faults.len() == before)
}

/// Gives the computed fields of all forms their kinds; the faults of each form, and all computed fields in one order, each after
/// what it reads.
pub(crate) fn settle_forms(
    drafts: &mut [Draft],
    settings: &Settings<'_>,
) -> (Vec<Vec<Fault>>, Vec<(usize, ComputedPlace)>) {
    let mut settling: Vec<Settling<'_>> = drafts
        .iter_mut()
        .map(|d| Settling { form: &d.parsed.name, fields: &mut d.fields, pending: std::mem::take(&mut d.pending) })
        .collect();
    let (settled, sequence) = settle(&mut settling, settings);
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
        if !settled.faults.is_empty() {
            draft.note_formulas();
        }
        draft.order = settled.order;
        draft.defaults = settled.defaults;
        out.push(settled.faults);
    }
    (out, sequence)
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
    let root = Json::Object(parsed.record.clone());
    let cx = FieldContext { options, root: &root, pending: RefCell::default() };
    let fields = parse_properties(&cx, &parsed.record, "/record", false, faults);
    let pending = cx.pending.take();
    if fields.len() > MAX_FIELDS {
        faults.push(Fault::new("/record/properties", &code::TOO_MANY).with("limit", MAX_FIELDS));
    }
    let declared = parsed.record.get("properties").and_then(Json::as_object);
    if declared.is_none_or(Map::is_empty) {
        faults.push(Fault::new("/record/properties", &code::NO_FIELDS));
    }
    let broken = declared
        .into_iter()
        .flat_map(Map::keys)
        .filter(|name| !fields.iter().any(|f| f.name == **name))
        .cloned()
        .collect();
    let mut notices = notices_of(&fields, "/record");
    notices.extend(check_record_schema(&root, "/record").notices);
    Some(Draft { parsed, doc: doc.clone(), fields, pending, order: Vec::new(), defaults: Vec::new(), notices, broken })
}

/// What of a pasted schema became something else than it reads, by pointer.
fn notices_of(fields: &[Field], at: &str) -> Vec<Fault> {
    let mut out = Vec::new();
    for field in fields {
        let here = format!("{at}/properties/{}", pointer_segment(&field.name));
        if let Some(code) = field.inference.notice() {
            out.push(Fault::new(&here, code));
        }
        if let Some(table) = field.table() {
            out.extend(notices_of(&table.fields, &format!("{here}/items")));
        }
    }
    out
}

/// Resolves what a form says about its fields, whose kinds are all known. With faults the form is what is left of it.
pub(crate) fn finish_form(draft: Draft, faults: &mut Vec<Fault>) -> Option<Form> {
    let Draft { parsed, doc, fields, order, defaults, notices, broken, .. } = draft;
    let by_name: HashMap<String, usize> = fields.iter().enumerate().map(|(i, f)| (f.name.clone(), i)).collect();
    let mut names = Names { fields: &fields, by_name: &by_name, broken: &broken, faults };
    let title_field = match &parsed.title_field {
        Some(name) => names.stored(name, "/title_field").and_then(|i| names.open(i, "/title_field")),
        None => fields
            .iter()
            .position(|f| matches!(f.kind, FieldKind::Text(_)) && f.required && !f.is_encrypted())
            .or_else(|| {
                let is_title = |f: &Field| {
                    matches!(f.kind, FieldKind::Text(_) | FieldKind::Serial(_)) && f.is_kept() && !f.is_encrypted()
                };
                fields
                    .iter()
                    .position(|f| is_title(f) && f.computed.is_none())
                    .or_else(|| fields.iter().position(is_title))
            }),
    };
    let key_field =
        parsed.key.as_ref().map_or(title_field, |name| names.stored(name, "/key").and_then(|i| names.equal(i, "/key")));
    let record_owner = parsed.record_owner.as_ref().and_then(|name| names.find(name, "/record_owner"));
    let search: Vec<SearchField> =
        parsed.search.iter().enumerate().filter_map(|(i, path)| names.search(path, &format!("/search/{i}"))).collect();
    let mut unique = Vec::new();
    for (i, key) in parsed.unique.iter().enumerate() {
        let at = format!("/unique/{i}");
        let columns: Vec<usize> =
            key.fields().iter().filter_map(|name| names.column(name, &at).and_then(|i| names.equal(i, &at))).collect();
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
                    .or_else(|| names.column(name, &at).and_then(|i| names.open(i, &at)).map(IndexColumn::Field))
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
                    let at = format!("/record/properties/{}/field/pattern", pointer_segment(&field.name));
                    names.find(name, &at).and_then(|i| names.open(i, &at));
                }
            }
        }
    }
    for (i, name) in parsed.tell.iter().enumerate() {
        // what is told to those who may not read the record is not what is kept from the database's keeper
        names.by_name.get(name).copied().and_then(|field| names.open(field, &format!("/tell/{i}")));
    }
    let (validator, checked_by_schema, has_whole_schema) = match compile(&parsed.record, &fields, faults) {
        Some(compiled) => compiled,
        // what else is wrong is found without it
        None => (validator_of(&Json::Bool(true)).ok()?, FieldSet::default(), false),
    };
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
        rules: Arc::default(),
        duplicate_check: parsed.duplicate_check,
        tell: parsed.tell,
        doc: Arc::new(doc),
        notices,
        computed: order,
        defaults,
        validator: Arc::new(validator),
        checked_by_schema,
        has_whole_schema,
        fields,
    })
}

/// Compiles patterns in linear time, asserts formats, never fetches anything.
fn validator_of(schema: &Json) -> Result<Validator, String> {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|e| e.to_string())
}

/// What is wrong with a schema that cannot be compiled.
fn schema_fault(at: String, schema: &Json, reason: String) -> Fault {
    match remote_reference(schema) {
        Some(value) => Fault::new(at, &code::REFERENCE_REMOTE).with("value", value),
        None => Fault::new(at, &code::SCHEMA_INVALID).with("reason", reason),
    }
}

/// The first reference that leads out of the document.
fn remote_reference(schema: &Json) -> Option<&str> {
    match schema {
        Json::Object(map) => map.iter().find_map(|(key, value)| match (key.as_str(), value) {
            ("$ref" | "$dynamicRef", Json::String(to)) => Some(to.as_str()).filter(|to| !to.starts_with('#')),
            ("const" | "enum" | "default" | "examples", _) => None,
            _ => remote_reference(value),
        }),
        Json::Array(items) => items.iter().find_map(remote_reference),
        _ => None,
    }
}

/// Judges single values by a schema that stands by itself; `None` for one that does not.
pub fn value_judge(schema: &Json) -> Option<impl Fn(&Json) -> bool + Send + use<>> {
    let validator = validator_of(schema).ok()?;
    Some(move |value: &Json| validator.is_valid(value))
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
                    let at = format!("/record/properties/{}", pointer_segment(&name));
                    faults.push(schema_fault(at, &schema, reason));
                }
            }
            if faults.len() == before {
                faults.push(schema_fault("/record".into(), &Json::Object(root), whole_reason));
            }
            None
        }
    }
}

/// Whether a property's schema asks for more than its type.
fn says_something(schema: &Json) -> bool {
    schema.as_object().is_none_or(|m| m.keys().any(|k| !["type", "title", "description"].contains(&k.as_str())))
}
