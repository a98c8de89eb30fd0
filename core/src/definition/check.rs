//! Checks a document against the JSON Schema generated from the Rust type that reads it.

use super::{AppDoc, FormDoc, Kind, OptionsDoc, RoleDoc};
use crate::diagnostic::Fault;
use crate::error_code;
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind as Why;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value as Json;
use std::sync::OnceLock;

fn schema_of<T: JsonSchema>() -> Json {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.to_value()
}

/// The JSON Schema (draft 2020-12) of a kind's documents.
pub fn kind_schema(kind: Kind) -> Json {
    match kind {
        Kind::App => schema_of::<AppDoc>(),
        Kind::Options => schema_of::<OptionsDoc>(),
        Kind::Form => schema_of::<FormDoc>(),
        Kind::Role => schema_of::<RoleDoc>(),
    }
}

fn validator(kind: Kind) -> Option<&'static Validator> {
    static CACHE: [OnceLock<Option<Validator>>; 4] = [const { OnceLock::new() }; 4];
    let at = Kind::ALL.iter().position(|k| *k == kind)?;
    CACHE.get(at)?.get_or_init(|| jsonschema::draft202012::new(&kind_schema(kind)).ok()).as_ref()
}

/// All faults of a document by JSON pointer; unknown keys come with the nearest known one.
pub fn check_document(kind: Kind, doc: &Json) -> Vec<Fault> {
    let Some(validator) = validator(kind) else { return Vec::new() };
    let mut faults = Vec::new();
    for error in validator.iter_errors(doc) {
        let at = error.instance_path().to_string();
        match error.kind() {
            Why::AdditionalProperties { unexpected } => {
                let known = known_keys(kind, error.schema_path().as_str());
                for name in unexpected {
                    faults.push(
                        Fault::new(format!("{at}/{}", super::pointer_segment(name)), &error_code::UNKNOWN_KEY)
                            .with("name", name)
                            .suggest(name, known.iter().map(String::as_str)),
                    );
                }
            }
            Why::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                faults.push(Fault::new(format!("{at}/{name}"), &error_code::REQUIRED).with("title", name));
            }
            Why::Type { .. } => faults.push(
                Fault::new(at, &error_code::WRONG_TYPE)
                    .with("expected", expected_type(kind, error.schema_path().as_str()))
                    .with("got", super::type_name(error.instance())),
            ),
            Why::Enum { options } => faults.push(
                Fault::new(at, &error_code::CHOICE_UNKNOWN)
                    .with(
                        "value",
                        error.instance().as_str().map_or_else(|| error.instance().to_string(), str::to_string),
                    )
                    .suggest(
                        error.instance().as_str().unwrap_or_default(),
                        options.as_array().into_iter().flatten().filter_map(Json::as_str),
                    ),
            ),
            other => faults.push(Fault::new(at, &error_code::SCHEMA_VIOLATED).with("keyword", keyword(other))),
        }
    }
    faults
}

fn keyword(why: &Why) -> String {
    let text = format!("{why:?}");
    text.split(['{', ' ', '(']).next().unwrap_or_default().to_lowercase()
}

fn at_schema_path(kind: Kind, path: &str) -> Option<Json> {
    // references are followed by the validator, so the path may run through "$ref": walk it the same way
    let root = kind_schema(kind);
    let mut at = root.clone();
    for segment in path.split('/').skip(1) {
        if let Some(next) = at.get(segment) {
            at = next.clone();
        } else if let Some(next) = at.as_array().and_then(|a| segment.parse::<usize>().ok().and_then(|i| a.get(i))) {
            at = next.clone();
        } else {
            return None;
        }
        if let Some(target) = at.as_str().and_then(|r| r.strip_prefix('#')) {
            at = root.pointer(target)?.clone();
        }
    }
    Some(at)
}

fn known_keys(kind: Kind, schema_path: &str) -> Vec<String> {
    let parent = schema_path.trim_end_matches("/additionalProperties");
    at_schema_path(kind, parent)
        .as_ref()
        .and_then(|s| s.get("properties"))
        .and_then(Json::as_object)
        .map(|p| p.keys().cloned().collect())
        .unwrap_or_default()
}

fn expected_type(kind: Kind, schema_path: &str) -> String {
    match at_schema_path(kind, schema_path) {
        Some(Json::String(one)) => one,
        Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(" or "),
        _ => "another type".to_string(),
    }
}
