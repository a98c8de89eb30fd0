//! Reads the properties of a record's schema into fields. All faults at once, by JSON pointer.

use super::default::{default_expression, parse_default};
use super::encryption::{check_encryption, parse_encryption};
use super::formula::{Pending, PendingKind, pending_formula, stated_scale};
use super::linked;
use super::options::{labels_of, title_of};
use super::registry::{self, COMMON, FieldType, TYPES};
use super::{
    Choice, ChoiceOptions, ChoiceSet, Field, FieldKind, FilesOptions, Inference, LinkOptions, NumberFlavor,
    NumberOptions, OnDelete, SerialOptions, SerialPart, SerialReset, StatusOptions, SystemField, TableOptions,
    TagsOptions, TextFormat, TextOptions, Transition, Unique, infer, published,
};
use crate::definition::pointer_segment;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::text::Title;
use serde_json::{Map, Value as Json};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// What a property's reading needs to know of the world.
pub struct FieldContext<'a> {
    /// Shared lists by name.
    pub options: &'a HashMap<String, Arc<ChoiceSet>>,
    /// The whole record schema, in which local references are followed.
    pub root: &'a Json,
    /// Computed fields as they are found: their kinds are known when all fields are.
    pub pending: RefCell<Vec<Pending>>,
}

/// Reads `properties` into fields in their order. `at` is the pointer of the object that holds them; `nested` for child tables.
pub fn parse_properties(
    cx: &FieldContext<'_>,
    schema: &Map<String, Json>,
    at: &str,
    nested: bool,
    faults: &mut Vec<Fault>,
) -> Vec<Field> {
    let required: Vec<&str> =
        schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Json::as_object).unwrap_or(&empty);
    for name in &required {
        if !properties.contains_key(*name) {
            faults.push(
                Fault::new(format!("{at}/required"), &code::UNKNOWN_FIELD)
                    .with("name", name)
                    .suggest(name, properties.keys().map(String::as_str)),
            );
        }
    }
    let mut fields = Vec::with_capacity(properties.len());
    for (name, property) in properties {
        let here = format!("{at}/properties/{}", pointer_segment(name));
        if SystemField::find(name).is_some() {
            faults.push(
                Fault::new(here, &code::RESERVED_NAME).with("name", name).with("proposal", format!("record_{name}")),
            );
            continue;
        }
        if name.is_empty()
            || name.chars().count() > 100
            || name.chars().any(|c| c.is_control() || matches!(c, '.' | '/' | '~' | ','))
            || name.starts_with(['-', '_']) && nested && name == "_parent"
        {
            faults.push(Fault::new(here, &code::NAME_INVALID).with("name", name));
            continue;
        }
        if let Some(field) = parse_field(cx, name, property, required.contains(&name.as_str()), &here, nested, faults) {
            fields.push(field);
        }
    }
    fields
}

fn parse_field(
    cx: &FieldContext<'_>,
    name: &str,
    property: &Json,
    required: bool,
    at: &str,
    nested: bool,
    faults: &mut Vec<Fault>,
) -> Option<Field> {
    let before = faults.len();
    let empty = Map::new();
    let map = match property {
        Json::Object(map) => map,
        Json::Bool(_) => &empty,
        other => {
            faults.push(
                Fault::new(at, &code::WRONG_TYPE)
                    .with("expected", "object")
                    .with("got", crate::definition::type_name(other)),
            );
            return None;
        }
    };
    let own = match map.get("field") {
        None => &empty,
        Some(Json::Object(own)) => own,
        Some(other) => {
            faults.push(
                Fault::new(format!("{at}/field"), &code::WRONG_TYPE)
                    .with("expected", "object")
                    .with("got", crate::definition::type_name(other)),
            );
            return None;
        }
    };
    let declared = own.get("type").and_then(Json::as_str);
    let type_name = declared.unwrap_or_else(|| infer::infer_with_options(cx.root, property, nested, own));
    let Some(field_type) = registry::find(type_name) else {
        faults.push(
            Fault::new(format!("{at}/field/type"), &code::UNKNOWN_REFERENCE)
                .with("kind", "field type")
                .with("name", type_name)
                .suggest(type_name, TYPES.iter().map(|t| t.name)),
        );
        return None;
    };
    for key in own.keys() {
        if !COMMON.contains(&key.as_str()) && !field_type.options.contains(&key.as_str()) {
            faults.push(
                Fault::new(format!("{at}/field/{}", pointer_segment(key)), &code::UNKNOWN_KEY)
                    .with("name", key)
                    .suggest(key, COMMON.into_iter().chain(field_type.options.iter().copied())),
            );
        }
    }
    let resolved = infer::resolve(cx.root, property).and_then(Json::as_object).unwrap_or(map);
    check_json_type(field_type, resolved, at, faults);
    let pending = match field_type.name {
        "formula" => Some(pending_formula(map, own, at, faults)?),
        "lookup" => {
            let (doc, dress) = (linked::lookup_doc(own, at, faults), linked::dress(own, map, at, faults));
            Some(Pending { at: at.into(), property: map.clone(), what: PendingKind::Lookup(doc?), dress: dress? })
        }
        "rollup" => {
            let (doc, dress) = (linked::rollup_doc(own, at, faults), linked::dress(own, map, at, faults));
            Some(Pending { at: at.into(), property: map.clone(), what: PendingKind::Rollup(doc?), dress: dress? })
        }
        _ => None,
    };
    let is_computed = pending.is_some();
    let kind = parse_kind(cx, field_type.name, resolved, own, at, nested, faults)?;
    let text = |key: &str| map.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
    let mut field = Field {
        id: own.get("id").and_then(Json::as_str).unwrap_or_default().to_string(),
        name: name.to_string(),
        title: title_of(map, name),
        description: Title::new(text("description"), labels_of(map, "descriptions")),
        // what nobody types cannot be asked for
        required: required && pending.is_none(),
        read_only: map.get("readOnly") == Some(&Json::Bool(true))
            || pending.is_some()
            || matches!(kind, FieldKind::Serial(_)),
        default: None,
        schema: published::publish(&kind, map),
        encryption: parse_encryption(own, at, faults),
        personal: own.get("personal") == Some(&Json::Bool(true)),
        inference: match &kind {
            _ if declared.is_some() => Inference::Whole,
            // `true` and `{}` say nothing
            FieldKind::Json if map.keys().any(|k| !["title", "description", "labels"].contains(&k.as_str())) => {
                Inference::Unmapped
            }
            FieldKind::Time if resolved.get("format").is_some() => Inference::Zoneless,
            FieldKind::Choices(_) if resolved.get("uniqueItems") != Some(&Json::Bool(true)) => Inference::Repeats,
            _ => Inference::Whole,
        },
        computed: None,
        kind,
    };
    if pending.is_none() {
        faults.extend(check_encryption(&field, at));
    }
    cx.pending.borrow_mut().extend(pending);
    if let Some(default) = resolved.get("default").filter(|_| !is_computed) {
        match default_expression(&field, default, at, nested, faults) {
            Some(pending) => cx.pending.borrow_mut().extend(pending),
            None => field.default = parse_default(&field, default, at, faults),
        }
    }
    (faults.len() == before).then_some(field)
}

/// The JSON type that a property states must be one that its field's values have.
fn check_json_type(field_type: &FieldType, schema: &Map<String, Json>, at: &str, faults: &mut Vec<Fault>) {
    let stated: Vec<&str> = match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => return,
    };
    let fits = |name: &&str| field_type.json.contains(name);
    if !field_type.json.is_empty() && !stated.iter().any(fits) {
        faults.push(
            Fault::new(format!("{at}/type"), &code::TYPE_CLASH)
                .with("got", stated.join(", "))
                .with("type", field_type.name)
                .with("expected", field_type.json.join(" / ")),
        );
    }
}

fn parse_kind(
    cx: &FieldContext<'_>,
    name: &str,
    schema: &Map<String, Json>,
    own: &Map<String, Json>,
    at: &str,
    nested: bool,
    faults: &mut Vec<Fault>,
) -> Option<FieldKind> {
    let text = |key: &str| own.get(key).and_then(Json::as_str);
    Some(match name {
        "text" | "scan" => {
            let format = match text("format").or_else(|| schema.get("format").and_then(Json::as_str)) {
                Some("email") => TextFormat::Email,
                Some("uri" | "url") => TextFormat::Uri,
                Some("phone") => TextFormat::Phone,
                _ => TextFormat::Plain,
            };
            let unique = match own.get("unique") {
                Some(Json::Bool(true)) => Unique::Exact,
                Some(Json::String(s)) if s == "normalized" => Unique::Normalized,
                None | Some(Json::Bool(false) | Json::Null) => Unique::No,
                Some(other) => {
                    faults.push(
                        Fault::new(format!("{at}/field/unique"), &code::CHOICE_UNKNOWN)
                            .with("value", other)
                            .suggest(&other.to_string(), ["normalized"].into_iter()),
                    );
                    return None;
                }
            };
            if name == "scan" { FieldKind::Scan } else { FieldKind::Text(TextOptions { format, unique }) }
        }
        "long_text" => FieldKind::LongText { markdown: text("markup") == Some("markdown") },
        "integer" => number(NumberFlavor::Integer, schema, own, at, faults)?,
        "number" => number(NumberFlavor::Number, schema, own, at, faults)?,
        "percent" => number(NumberFlavor::Percent, schema, own, at, faults)?,
        "money" => number(NumberFlavor::Money, schema, own, at, faults)?,
        "boolean" => FieldKind::Boolean,
        "date" => FieldKind::Date,
        "datetime" => FieldKind::DateTime,
        "time" => FieldKind::Time,
        "duration" => FieldKind::Duration,
        "choice" => FieldKind::Choice(choice_options(cx, schema, own, at, faults)?),
        "choices" => {
            let items = schema
                .get("items")
                .and_then(|i| infer::resolve(cx.root, i))
                .and_then(Json::as_object)
                .unwrap_or(schema);
            FieldKind::Choices(choice_options(cx, items, own, at, faults)?)
        }
        "status" => status(cx, schema, own, at, faults)?,
        "tags" => {
            let shared = text("options").map(str::to_string);
            let set = match &shared {
                Some(list) => Some(shared_set(cx, list, at, faults)?),
                None => None,
            };
            let open = own.get("new").and_then(Json::as_bool).unwrap_or(set.is_none());
            FieldKind::Tags(TagsOptions { set, shared, open })
        }
        "user" => FieldKind::User,
        "users" => FieldKind::Users,
        "department" => FieldKind::Department,
        "departments" => FieldKind::Departments,
        "link" => FieldKind::Link(link(own, at, faults)?),
        "links" => FieldKind::Links(link(own, at, faults)?),
        "table" => {
            if nested {
                faults.push(
                    Fault::new(format!("{at}/field/type"), &code::KEY_INVALID)
                        .with("reason", "A child table cannot hold a child table"),
                );
                return None;
            }
            let empty = Map::new();
            let items = schema
                .get("items")
                .and_then(|i| infer::resolve(cx.root, i))
                .and_then(Json::as_object)
                .unwrap_or(&empty);
            FieldKind::Table(TableOptions::new(parse_properties(cx, items, &format!("{at}/items"), true, faults)))
        }
        "files" => FieldKind::Files(files(own, at, faults)?),
        "signature" => FieldKind::Signature,
        "location" => FieldKind::Location,
        "serial" => FieldKind::Serial(serial(own, at, faults)?),
        // a formula's kind is that of its results, found later
        _ => FieldKind::Json,
    })
}

fn number(
    flavor: NumberFlavor,
    schema: &Map<String, Json>,
    own: &Map<String, Json>,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<FieldKind> {
    let scale = match own.get("scale") {
        Some(_) => stated_scale(own, at, faults)?,
        None => infer::scale_of(schema).filter(|_| flavor != NumberFlavor::Integer).unwrap_or(flavor.default_scale()),
    };
    let text = |key: &str| own.get(key).and_then(Json::as_str).map(str::to_string);
    Some(FieldKind::Number(NumberOptions {
        flavor,
        scale,
        currency: text("currency"),
        currency_field: text("currency_field"),
        display: text("display"),
    }))
}

fn shared_set(cx: &FieldContext<'_>, list: &str, at: &str, faults: &mut Vec<Fault>) -> Option<Arc<ChoiceSet>> {
    let found = cx.options.get(list).cloned();
    if found.is_none() {
        faults.push(
            Fault::new(format!("{at}/field/options"), &code::UNKNOWN_REFERENCE)
                .with("kind", "options")
                .with("name", list)
                .suggest(list, cx.options.keys().map(String::as_str)),
        );
    }
    found
}

fn choice_set(
    cx: &FieldContext<'_>,
    schema: &Map<String, Json>,
    own: &Map<String, Json>,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<(Arc<ChoiceSet>, Option<String>)> {
    if let Some(list) = own.get("options").and_then(Json::as_str) {
        return Some((shared_set(cx, list, at, faults)?, Some(list.to_string())));
    }
    let mut choices = Vec::new();
    for item in schema.get("oneOf").and_then(Json::as_array).into_iter().flatten() {
        let Some(map) = item.as_object() else { continue };
        let Some(value) = map.get("const").and_then(Json::as_str) else { continue };
        choices.push(Choice {
            value: value.to_string(),
            title: Title::new(map.get("title").and_then(Json::as_str).unwrap_or(value), labels_of(map, "labels")),
            parent: map.get("parent").and_then(Json::as_str).map(str::to_string),
            color: map.get("color").and_then(Json::as_str).map(str::to_string),
            active: map.get("active").and_then(Json::as_bool).unwrap_or(true),
            aliases: map
                .get("aliases")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .map(str::to_string)
                .collect(),
            data: Map::new(),
        });
    }
    let listed = schema.get("enum").and_then(Json::as_array).into_iter().flatten();
    for value in listed.chain(schema.get("const")).filter_map(Json::as_str) {
        choices.push(Choice {
            value: value.to_string(),
            title: Title::new(value, Default::default()),
            parent: None,
            color: None,
            active: true,
            aliases: Vec::new(),
            data: Map::new(),
        });
    }
    if choices.is_empty() {
        faults.push(Fault::new(at, &code::KEY_INVALID).with("reason", "A choice needs oneOf, enum or field.options"));
        return None;
    }
    Some((Arc::new(ChoiceSet::new(choices)), None))
}

fn choice_options(
    cx: &FieldContext<'_>,
    schema: &Map<String, Json>,
    own: &Map<String, Json>,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<ChoiceOptions> {
    let (set, shared) = choice_set(cx, schema, own, at, faults)?;
    Some(ChoiceOptions { set, shared, pick_any: own.get("pick").and_then(Json::as_str) == Some("any") })
}

fn status(
    cx: &FieldContext<'_>,
    schema: &Map<String, Json>,
    own: &Map<String, Json>,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<FieldKind> {
    let (set, _) = choice_set(cx, schema, own, at, faults)?;
    let texts = |v: Option<&Json>| -> Vec<String> {
        v.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(str::to_string).collect()
    };
    let before = faults.len();
    let mut known = |value: &str, here: String| {
        if value != "$previous" && set.get(value).is_none() {
            faults.push(
                Fault::new(here, &code::CHOICE_UNKNOWN)
                    .with("value", value)
                    .suggest(value, set.choices.iter().map(|c| c.value.as_str())),
            );
        }
    };
    let initial = texts(own.get("initial"));
    for value in &initial {
        known(value, format!("{at}/field/initial"));
    }
    let mut transitions = HashMap::new();
    for (from, moves) in own.get("transitions").and_then(Json::as_object).into_iter().flatten() {
        known(from, format!("{at}/field/transitions/{}", pointer_segment(from)));
        let mut list = Vec::new();
        for entry in moves.as_array().into_iter().flatten() {
            let to = entry.as_str().or_else(|| entry.get("to").and_then(Json::as_str)).unwrap_or_default();
            known(to, format!("{at}/field/transitions/{}", pointer_segment(from)));
            list.push(Transition {
                to: to.to_string(),
                roles: texts(entry.get("roles")),
                require: texts(entry.get("require")),
                when: entry.get("when").cloned(),
                by: entry.get("by").and_then(Json::as_str).map(str::to_string),
            });
        }
        transitions.insert(from.clone(), list);
    }
    if faults.len() > before {
        return None;
    }
    Some(FieldKind::Status(StatusOptions {
        set,
        initial,
        transitions: own.contains_key("transitions").then_some(transitions),
        back_require: own.get("back").map(|b| texts(b.get("require"))).unwrap_or_default(),
    }))
}

fn link(own: &Map<String, Json>, at: &str, faults: &mut Vec<Fault>) -> Option<LinkOptions> {
    let Some(form) = own.get("form").and_then(Json::as_str) else {
        faults.push(Fault::new(format!("{at}/field/form"), &code::REQUIRED).with("title", "form"));
        return None;
    };
    let on_delete = match own.get("on_delete").and_then(Json::as_str).unwrap_or("refuse") {
        "refuse" => OnDelete::Refuse,
        "clear" => OnDelete::Clear,
        "cascade" => OnDelete::Cascade,
        other => {
            faults.push(
                Fault::new(format!("{at}/field/on_delete"), &code::CHOICE_UNKNOWN)
                    .with("value", other)
                    .suggest(other, ["refuse", "clear", "cascade"].into_iter()),
            );
            return None;
        }
    };
    let (inverse, inverse_title) = match own.get("inverse") {
        Some(Json::String(title)) => (None, Title::new(title.clone(), Default::default())),
        Some(Json::Object(map)) => {
            let name = map.get("name").and_then(Json::as_str).map(str::to_string);
            (name.clone(), title_of(map, name.as_deref().unwrap_or_default()))
        }
        _ => (None, Title::default()),
    };
    let copy = own
        .get("copy")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_string())))
        .collect();
    Some(LinkOptions {
        form: form.to_string(),
        filter: own.get("filter").cloned(),
        on_delete,
        copy,
        inverse,
        inverse_title,
    })
}

fn files(own: &Map<String, Json>, at: &str, faults: &mut Vec<Fault>) -> Option<FilesOptions> {
    let max_size = match own.get("max_size") {
        None => 20 << 20,
        Some(size) => match size.as_u64().or_else(|| size.as_str().and_then(read_size)) {
            Some(bytes) => bytes,
            None => {
                faults.push(
                    Fault::new(format!("{at}/field/max_size"), &code::FORMAT_INVALID).with("format", "size (20MB)"),
                );
                return None;
            }
        },
    };
    Some(FilesOptions {
        accept: own
            .get("accept")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .map(str::to_string)
            .collect(),
        max_size,
        max_count: own.get("max_count").and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok()),
        capture: own.get("capture").is_some_and(|c| *c != Json::Bool(false)),
    })
}

/// `20MB`, `500 KB`, `1048576`
fn read_size(text: &str) -> Option<u64> {
    let upper = text.trim().to_ascii_uppercase();
    let digits = upper.trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim();
    let factor = match upper.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ') {
        "" | "B" => 1,
        "K" | "KB" => 1 << 10,
        "M" | "MB" => 1 << 20,
        "G" | "GB" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

fn serial(own: &Map<String, Json>, at: &str, faults: &mut Vec<Fault>) -> Option<SerialOptions> {
    let pattern = own.get("pattern").and_then(Json::as_str).unwrap_or("{seq:5}");
    let reset = match own.get("reset").and_then(Json::as_str).unwrap_or("never") {
        "never" => SerialReset::Never,
        "year" => SerialReset::Year,
        "month" => SerialReset::Month,
        "day" => SerialReset::Day,
        other => {
            faults.push(
                Fault::new(format!("{at}/field/reset"), &code::CHOICE_UNKNOWN)
                    .with("value", other)
                    .suggest(other, ["never", "year", "month", "day"].into_iter()),
            );
            return None;
        }
    };
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some((literal, after)) = rest.split_once('{') {
        if !literal.is_empty() {
            parts.push(SerialPart::Literal(literal.to_string()));
        }
        let Some((name, tail)) = after.split_once('}') else {
            faults.push(
                Fault::new(format!("{at}/field/pattern"), &code::KEY_INVALID).with("reason", "A brace is not closed"),
            );
            return None;
        };
        parts.push(match name.split_once(':').unwrap_or((name, "")) {
            ("yyyy", "") => SerialPart::Year,
            ("yy", "") => SerialPart::ShortYear,
            ("mm", "") => SerialPart::Month,
            ("dd", "") => SerialPart::Day,
            ("seq", width) => SerialPart::Sequence(width.parse().unwrap_or(1).clamp(1, 18)),
            (field, _) => SerialPart::Field(field.to_string()),
        });
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(SerialPart::Literal(rest.to_string()));
    }
    if !parts.iter().any(|p| matches!(p, SerialPart::Sequence(_))) {
        faults.push(
            Fault::new(format!("{at}/field/pattern"), &code::KEY_INVALID).with("reason", "The pattern needs {seq:n}"),
        );
        return None;
    }
    Some(SerialOptions { parts, reset })
}
