//! The keywords of a record's JSON Schema, in all its subschemas: what is probably misspelt is a fault, what is foreign is noted.
//!
//! Known are draft 2020-12, what older drafts and descriptions of interfaces say, annotations (`x-…`), and our own words. A schema
//! from elsewhere may say more; that changes no verdict and is passed over.

use super::{pointer_segment, type_name};
use crate::diagnostic::Fault;
use crate::error_code as code;
use serde_json::{Map, Value as Json};

/// Keywords of draft 2020-12, and those of earlier drafts that still stand in schemas.
const STANDARD: [&str; 71] = [
    "$ref",
    "$defs",
    "$comment",
    "$id",
    "$anchor",
    "$schema",
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
    "$recursiveAnchor",
    "$vocabulary",
    "definitions",
    "type",
    "enum",
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
    "dependentSchemas",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "items",
    "prefixItems",
    "contains",
    "format",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "title",
    "description",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "examples",
    "example",
    "dependencies",
    "additionalItems",
    "id",
    "divisibleBy",
    "disallow",
    "extends",
    "nullable",
    "discriminator",
    "externalDocs",
    "xml",
];

/// What properties and choices say besides, for people.
const OURS: [&str; 7] = ["field", "labels", "descriptions", "color", "parent", "active", "aliases"];

/// Types of draft 2020-12.
const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "object", "array", "null"];

/// Keywords whose value is a schema, a map of schemas, or a list of them.
const ONE: [&str; 13] = [
    "additionalProperties",
    "unevaluatedItems",
    "unevaluatedProperties",
    "items",
    "additionalItems",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "contentSchema",
    "extends",
];
const NAMED: [&str; 6] =
    ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"];
const LISTED: [&str; 5] = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];

/// What a walk through a schema found.
#[derive(Debug, Default)]
pub struct Keywords {
    pub faults: Vec<Fault>,
    /// Keywords that are passed over.
    pub notices: Vec<Fault>,
}

/// Walks through the schema of a record (or of settings) that stands at the pointer `at`.
pub fn check_record_schema(schema: &Json, at: &str) -> Keywords {
    let mut found = Keywords::default();
    if let Json::Object(map) = schema {
        check_record(map, at, &mut found.faults);
    }
    walk(schema, at, &mut found);
    found
}

/// A record is an object with properties of its own.
fn check_record(map: &Map<String, Json>, at: &str, faults: &mut Vec<Fault>) {
    let is_object = match map.get("type") {
        None => true,
        Some(Json::String(one)) => one == "object",
        Some(Json::Array(several)) => several.iter().any(|t| t == "object"),
        Some(_) => false,
    };
    if !is_object && map.get("type").is_some_and(|t| !t.is_string() || TYPES.iter().any(|name| t == name)) {
        faults.push(Fault::new(format!("{at}/type"), &code::RECORD_NO_OBJECT));
    }
    let wrong = |key: &str, expected: &str, got: &Json| {
        Fault::new(format!("{at}/{key}"), &code::WRONG_TYPE).with("expected", expected).with("got", type_name(got))
    };
    if let Some(other) = map.get("properties").filter(|p| !p.is_object()) {
        faults.push(wrong("properties", "object", other));
    }
    match map.get("required") {
        Some(Json::Array(names)) => {
            for (i, name) in names.iter().enumerate().filter(|(_, n)| !n.is_string()) {
                faults.push(wrong(&format!("required/{i}"), "string", name));
            }
        }
        Some(other) => faults.push(wrong("required", "array", other)),
        None => {}
    }
}

fn walk(schema: &Json, at: &str, found: &mut Keywords) {
    let Json::Object(map) = schema else { return };
    for (key, value) in map {
        let here = format!("{at}/{}", pointer_segment(key));
        let key = key.as_str();
        if !STANDARD.contains(&key) && !OURS.contains(&key) && !key.starts_with("x-") {
            judge(key, &here, found);
            continue;
        }
        if key == "type" {
            judge_type(value, &here, &mut found.faults);
        }
        match value {
            Json::Object(inner) if NAMED.contains(&key) => {
                for (name, schema) in inner {
                    walk(schema, &format!("{here}/{}", pointer_segment(name)), found);
                }
            }
            Json::Array(list) if LISTED.contains(&key) => {
                for (i, schema) in list.iter().enumerate() {
                    walk(schema, &format!("{here}/{i}"), found);
                }
            }
            one if ONE.contains(&key) => walk(one, &here, found),
            _ => {}
        }
    }
}

/// A type that JSON does not have.
fn judge_type(value: &Json, at: &str, faults: &mut Vec<Fault>) {
    let mut named = |name: &str, at: String| {
        if !TYPES.contains(&name) {
            faults.push(
                Fault::new(at, &code::UNKNOWN_REFERENCE)
                    .with("kind", "JSON type")
                    .with("name", name)
                    .suggest(name, TYPES.into_iter()),
            );
        }
    };
    match value {
        Json::String(one) => named(one, at.to_string()),
        Json::Array(several) => {
            for (i, name) in several.iter().enumerate() {
                named(name.as_str().unwrap_or_default(), format!("{at}/{i}"));
            }
        }
        other => faults
            .push(Fault::new(at, &code::WRONG_TYPE).with("expected", "string or array").with("got", type_name(other))),
    }
}

fn judge(key: &str, at: &str, found: &mut Keywords) {
    // words as short as "if" are near to almost anything
    let known = STANDARD.into_iter().chain(OURS).filter(|k| k.len() > 3);
    match crate::diagnostic::nearest(key, known) {
        Some(near) => {
            found.faults.push(Fault::new(at, &code::UNKNOWN_KEY).with("name", key).with("suggestion", near));
        }
        None => found.notices.push(Fault::new(at, &code::KEYWORD_IGNORED).with("name", key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(schema: Json) -> Vec<(String, &'static str)> {
        let found = check_record_schema(&schema, "/record");
        found.faults.into_iter().chain(found.notices).map(|f| (f.path, f.code.code)).collect()
    }

    #[test]
    fn a_misspelt_keyword_is_a_fault_wherever_it_stands() {
        let schema = json!({"type": "object", "requird": ["a"], "properties": {
            "a": {"type": "string", "maxLenght": 3},
            "b": {"type": "object", "propertis": {}, "additionalProperties": {"tpye": "string"}},
            "c": {"anyOf": [{"minimun": 1, "type": ["strng", "null"]}], "field": {"type": "json"}}},
            "$defs": {"d": {"items": {"descripton": "x"}}}});
        assert_eq!(
            said(schema),
            [
                ("/record/requird".to_string(), "unknown_key"),
                ("/record/properties/a/maxLenght".into(), "unknown_key"),
                ("/record/properties/b/propertis".into(), "unknown_key"),
                ("/record/properties/b/additionalProperties/tpye".into(), "unknown_key"),
                ("/record/properties/c/anyOf/0/minimun".into(), "unknown_key"),
                ("/record/properties/c/anyOf/0/type/0".into(), "unknown_reference"),
                ("/record/$defs/d/items/descripton".into(), "unknown_key"),
            ]
        );
    }

    #[test]
    fn a_schema_from_elsewhere_is_taken_and_its_own_words_are_noted() {
        let schema = json!({"$schema": "s", "$comment": "c", "type": "object", "examples": [{"requird": 1}], "x-group": 1, "properties": {
            "requird": {"type": "string", "enum": ["maxLenght"], "default": {"tpye": 1}, "const": {"tpye": 1}},
            "note": {"note": "for people", "widget": "wide", "nullable": true, "deprecated": true}}});
        assert_eq!(
            said(schema),
            [
                ("/record/properties/note/note".to_string(), "keyword_ignored"),
                ("/record/properties/note/widget".into(), "keyword_ignored")
            ]
        );
    }

    #[test]
    fn a_record_that_is_no_object_is_told_what_would_be_right() {
        assert_eq!(
            said(json!({"type": "array", "items": {"type": "string"}, "properties": [], "required": "a"})),
            [
                ("/record/type".to_string(), "record_no_object"),
                ("/record/properties".into(), "wrong_type"),
                ("/record/required".into(), "wrong_type")
            ]
        );
        assert_eq!(said(json!({"type": ["object", "null"], "required": ["a"], "properties": {"a": true}})), []);
    }
}
