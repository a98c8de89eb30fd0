//! The JSON Schema of a field: as outsiders see it, and as our own validator uses it.
//!
//! Both hold standard keywords only. Ours leaves out what our own code checks faster and says better: the list of choices,
//! the scale of numbers, the shape of ids.

use super::{Choice, ChoiceSet, Field, FieldKind, TextFormat};
use crate::{phone, written as writing};
use serde_json::{Map, Number, Value as Json, json};
use std::str::FromStr;

/// Keys that mean nothing to other validators.
const OURS: [&str; 5] = ["field", "labels", "descriptions", "color", "default"];

fn standard(map: &Map<String, Json>) -> Map<String, Json> {
    let mut out: Map<String, Json> =
        map.iter().filter(|(k, _)| !OURS.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
    if let Some(default) = map.get("default").filter(|d| !d.is_object()) {
        out.insert("default".into(), default.clone());
    }
    if let Some(Json::Array(choices)) = out.get_mut("oneOf") {
        for choice in choices.iter_mut().filter_map(Json::as_object_mut).filter(|c| c.contains_key("const")) {
            choice.retain(|k, _| !["labels", "color", "parent", "active", "aliases"].contains(&k.as_str()));
        }
    }
    out
}

/// The property as outsiders see it.
pub fn publish(kind: &FieldKind, map: &Map<String, Json>) -> Json {
    let mut out = standard(map);
    if out.contains_key("$ref") {
        return Json::Object(out);
    }
    let mut set = |key: &str, value: Json| {
        out.entry(key.to_string()).or_insert(value);
    };
    match kind {
        FieldKind::Text(t) => {
            set("type", json!("string"));
            match t.format {
                TextFormat::Email => set("format", json!("email")),
                TextFormat::Uri => set("format", json!("uri")),
                // what a phone number is says its pattern
                TextFormat::Phone | TextFormat::Plain => {}
            }
        }
        FieldKind::LongText { .. } | FieldKind::Scan => set("type", json!("string")),
        FieldKind::Serial(_) => {
            set("type", json!("string"));
            set("readOnly", json!(true));
        }
        FieldKind::Number(n) => {
            set("type", json!(if n.scale == 0 { "integer" } else { "number" }));
            if n.scale > 0 {
                set("multipleOf", number(&format!("0.{}1", "0".repeat(n.scale.saturating_sub(1) as usize))));
            }
            let digits = "9".repeat(18);
            let (whole, fraction) = digits.split_at(18 - n.scale as usize);
            let bound = if fraction.is_empty() {
                whole.to_string()
            } else {
                format!("{}.{fraction}", if whole.is_empty() { "0" } else { whole })
            };
            if !map.contains_key("minimum") && !map.contains_key("exclusiveMinimum") {
                set("minimum", number(&format!("-{bound}")));
            }
            if !map.contains_key("maximum") && !map.contains_key("exclusiveMaximum") {
                set("maximum", number(&bound));
            }
        }
        FieldKind::Boolean => set("type", json!("boolean")),
        FieldKind::Date => formatted(&mut set, "date"),
        FieldKind::DateTime => formatted(&mut set, "date-time"),
        FieldKind::Time => set("type", json!("string")),
        FieldKind::Duration => formatted(&mut set, "duration"),
        FieldKind::Choice(c) => {
            if c.shared.is_some() {
                set("oneOf", constants(&c.set, c.pick_any));
            }
        }
        FieldKind::Status(s) => {
            if !map.contains_key("oneOf") && !map.contains_key("enum") {
                set("oneOf", constants(&s.set, true));
            }
        }
        FieldKind::Choices(c) => {
            set("type", json!("array"));
            set("uniqueItems", json!(true));
            if c.shared.is_some() {
                set("items", json!({"oneOf": constants(&c.set, c.pick_any)}));
            }
        }
        FieldKind::Tags(t) => {
            set("type", json!("array"));
            set("uniqueItems", json!(true));
            match &t.set {
                Some(s) if !t.open => set("items", json!({"oneOf": constants(s, true)})),
                _ => set("items", json!({"type": "string", "minLength": 1})),
            }
        }
        FieldKind::User | FieldKind::Department | FieldKind::Link(_) | FieldKind::Signature => {
            formatted(&mut set, "uuid")
        }
        FieldKind::Users | FieldKind::Departments | FieldKind::Links(_) | FieldKind::Files(_) => {
            set("type", json!("array"));
            set("uniqueItems", json!(true));
            set("items", json!({"type": "string", "format": "uuid"}));
        }
        FieldKind::Location => {
            set("type", json!("object"));
            set("required", json!(["lat", "lng"]));
            set(
                "properties",
                json!({"lat": {"type": "number", "minimum": -90, "maximum": 90}, "lng": {"type": "number", "minimum": -180, "maximum": 180}}),
            );
        }
        FieldKind::Table(t) => {
            set("type", json!("array"));
            let mut items = out.get("items").and_then(Json::as_object).map(standard).unwrap_or_default();
            if !items.contains_key("$ref") {
                items.entry("type".to_string()).or_insert(json!("object"));
                let properties: Map<String, Json> = t.fields.iter().map(|f| (f.name.clone(), nullable(f))).collect();
                items.insert("properties".into(), Json::Object(properties));
                out.insert("items".into(), Json::Object(items));
            }
        }
        FieldKind::Json => {}
    }
    if matches!(kind, FieldKind::Time) {
        // the format of that name asks for a zone, which a time of day has not
        out.shift_remove("format");
    }
    if let Some(pattern) = written(kind) {
        match out.get("pattern") {
            None => {
                out.insert("pattern".into(), json!(pattern));
            }
            Some(_) => {
                if let Json::Array(all) = out.entry("allOf".to_string()).or_insert_with(|| json!([])) {
                    all.push(json!({"pattern": pattern}));
                }
            }
        }
    }
    Json::Object(out)
}

/// How values of a type are written, where no format says it all: the same verdict in every validator.
fn written(kind: &FieldKind) -> Option<&'static str> {
    match kind {
        FieldKind::Text(t) if t.format == TextFormat::Phone => Some(phone::PATTERN),
        FieldKind::Time => Some(writing::TIME_PATTERN),
        FieldKind::DateTime => Some(writing::INSTANT_PATTERN),
        _ => None,
    }
}

fn formatted(set: &mut impl FnMut(&str, Json), format: &str) {
    set("type", json!("string"));
    set("format", json!(format));
}

fn number(text: &str) -> Json {
    Number::from_str(text).map_or(Json::Null, Json::Number)
}

fn constants(set: &ChoiceSet, groups: bool) -> Json {
    let pickable = |c: &&Choice| c.active && (groups || !set.is_group(&c.value));
    set.choices.iter().filter(pickable).map(|c| json!({"const": c.value, "title": c.title.title})).collect()
}

/// The property's schema, admitting null where the field is not required.
pub fn nullable(field: &Field) -> Json {
    if field.required {
        return field.schema.clone();
    }
    let Some(map) = field.schema.as_object() else { return field.schema.clone() };
    if map.contains_key("$ref")
        || map.contains_key("oneOf")
        || map.contains_key("anyOf")
        || map.contains_key("allOf")
        || map.contains_key("const")
        || map.contains_key("not")
        || map.contains_key("if")
    {
        let keep = |k: &str| ["title", "description", "readOnly", "default"].contains(&k);
        let mut out: Map<String, Json> =
            map.iter().filter(|(k, _)| keep(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
        let inner: Map<String, Json> =
            map.iter().filter(|(k, _)| !keep(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
        out.insert("anyOf".into(), json!([inner, {"type": "null"}]));
        return Json::Object(out);
    }
    let mut out = map.clone();
    match out.get_mut("type") {
        Some(t @ Json::String(_)) => *t = json!([t.clone(), "null"]),
        Some(Json::Array(types)) if !types.contains(&json!("null")) => types.push(json!("null")),
        _ => {}
    }
    if let Some(Json::Array(values)) = out.get_mut("enum")
        && !values.contains(&Json::Null)
    {
        values.push(Json::Null);
    }
    Json::Object(out)
}

/// The property for our own validator, which sees values that our code has already read.
pub fn internal(field: &Field) -> Json {
    let Some(map) = field.schema.as_object() else { return field.schema.clone() };
    if matches!(field.kind, FieldKind::Json | FieldKind::Location) {
        return field.schema.clone();
    }
    let mut out = map.clone();
    let drop: &[&str] = match &field.kind {
        FieldKind::Choice(_) | FieldKind::Status(_) => &["oneOf", "enum", "const"],
        FieldKind::Choices(_)
        | FieldKind::Tags(_)
        | FieldKind::Users
        | FieldKind::Departments
        | FieldKind::Links(_)
        | FieldKind::Files(_) => &["items", "uniqueItems"],
        FieldKind::User
        | FieldKind::Department
        | FieldKind::Link(_)
        | FieldKind::Signature
        | FieldKind::Date
        | FieldKind::DateTime
        | FieldKind::Time => &["format"],
        FieldKind::Number(n) => {
            if super::infer::scale_of(map) == Some(n.scale) {
                &["multipleOf"]
            } else {
                &[]
            }
        }
        FieldKind::Table(_) => &["items"],
        _ => &[],
    };
    let ours = written(&field.kind);
    if out.get("pattern").and_then(Json::as_str) == ours {
        out.shift_remove("pattern");
    }
    out.retain(|k, _| {
        !drop.contains(&k.as_str())
            && !["title", "description", "default", "examples", "readOnly"].contains(&k.as_str())
    });
    if out.contains_key("$ref") {
        // a reference may lead to what was dropped elsewhere; the whole is then checked as it stands
        return field.schema.clone();
    }
    Json::Object(out)
}
