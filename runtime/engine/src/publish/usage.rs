//! Where a definition or a field is used: the places of definitions that name it.

use super::ground::Ground;
use super::require_any_design;
use super::usage_field::find_field;
use crate::{Context, EngineResult};
use formwright_core::definition::{Key, Kind, pointer_segment};
use serde_json::{Value as Json, json};

/// `{"items": [{"kind","app","name","title","at": [pointers]}]}`. With a field (`lines.amount` for one of a child table), where that
/// field of the form is used.
///
/// # Errors
/// 403 for whoever designs nothing; what the store gives.
pub async fn usage(cx: &Context, kind: Kind, name: &str, field: Option<&str>) -> EngineResult<Json> {
    require_any_design(cx)?;
    let ground = Ground::read(cx.engine.db()).await?;
    let items = match field.filter(|_| kind == Kind::Form) {
        Some(field) => uses_of_field(&ground, name, field),
        None => uses(&ground, kind, name),
    };
    Ok(json!({ "items": items }))
}

/// All documents as they would be with the drafts, in the order of their keys.
fn as_drafted(ground: &Ground) -> Vec<(&Key, &Json)> {
    let published =
        ground.published.iter().filter(|(key, _)| !ground.drafts.contains_key(*key)).map(|(key, doc)| (key, &doc.doc));
    let drafted = ground.drafts.iter().filter_map(|(key, draft)| draft.doc.as_ref().map(|doc| (key, doc)));
    let mut all: Vec<(&Key, &Json)> = published.chain(drafted).collect();
    all.sort_by_key(|(key, _)| *key);
    all
}

fn use_of(key: &Key, doc: &Json, at: Vec<String>) -> Option<Json> {
    let title = doc.get("title").and_then(Json::as_str).unwrap_or(&key.name);
    (!at.is_empty()).then(|| json!({"kind": key.kind.name(), "app": key.app, "name": key.name, "title": title, "labels": doc.get("labels"), "at": at}))
}

/// The definitions, as they would be with all drafts, that name this one.
pub(super) fn uses(ground: &Ground, kind: Kind, name: &str) -> Vec<Json> {
    as_drafted(ground)
        .into_iter()
        .filter_map(|(key, doc)| {
            let mut at = Vec::new();
            if key.kind == kind && key.name == name {
                // itself, or what another app adds to it
                at.extend(doc.get("extends").filter(|of| !of.is_null()).map(|_| "/extends".to_string()));
            } else {
                find(doc, kind, name, String::new(), &mut at);
            }
            use_of(key, doc, at)
        })
        .collect()
}

/// Where a field of a form is named: in the form and its extensions, in what points to the form, and in grants.
fn uses_of_field(ground: &Ground, form: &str, field: &str) -> Vec<Json> {
    as_drafted(ground)
        .into_iter()
        .filter_map(|(key, doc)| use_of(key, doc, find_field(key, doc, form, field)))
        .collect()
}

fn find(json: &Json, kind: Kind, name: &str, pointer: String, at: &mut Vec<String>) {
    // `customer` and its child table `customer.contacts`
    let is_named = |value: &Json| {
        value.as_str().is_some_and(|text| {
            text == name || text.strip_prefix(name).is_some_and(|rest| kind == Kind::Form && rest.starts_with('.'))
        })
    };
    match json {
        Json::Object(map) => {
            for (key, value) in map {
                let here = format!("{pointer}/{}", pointer_segment(key));
                let refers = match kind {
                    Kind::Form => matches!(key.as_str(), "form" | "related"),
                    Kind::Options => key == "options",
                    Kind::App => key == "extends",
                    Kind::Role => false,
                };
                let listed = match kind {
                    Kind::Form => key == "exposes",
                    Kind::Role => matches!(key.as_str(), "inherits" | "roles"),
                    Kind::App => key == "designs",
                    Kind::Options => false,
                };
                if refers && is_named(value) {
                    at.push(here.clone());
                }
                match value {
                    Json::Array(items) if listed => at.extend(
                        items.iter().enumerate().filter(|(_, item)| is_named(item)).map(|(i, _)| format!("{here}/{i}")),
                    ),
                    Json::Object(required) if kind == Kind::App && key == "requires" && required.contains_key(name) => {
                        at.push(format!("{here}/{name}"))
                    }
                    _ => {}
                }
                find(value, kind, name, here, at);
            }
        }
        Json::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                find(item, kind, name, format!("{pointer}/{i}"), at);
            }
        }
        _ => {}
    }
}
