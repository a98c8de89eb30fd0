//! Which keywords of a field's schema ask for more than before.

use crate::field::{Field, FieldKind};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};
use std::str::FromStr;

/// Keywords that say nothing about which values pass.
const SILENT: [&str; 12] = [
    "title",
    "description",
    "default",
    "examples",
    "example",
    "readOnly",
    "writeOnly",
    "deprecated",
    "$comment",
    "labels",
    "descriptions",
    "color",
];

/// Keywords by which values that passed before may no longer pass.
pub(super) fn stricter_keywords(old: &Field, new: &Field) -> Vec<String> {
    let empty = Map::new();
    let of = |json: &Json| json.as_object().cloned().unwrap_or_default();
    let (before, after) = if old.schema.is_object() && new.schema.is_object() {
        (of(&old.schema), of(&new.schema))
    } else if old.schema == new.schema {
        (empty.clone(), empty)
    } else {
        return vec!["schema".into()];
    };
    // choices and rows are compared by themselves
    let own: &[&str] = match new.kind {
        FieldKind::Choice(_) | FieldKind::Status(_) => &["oneOf", "enum"],
        FieldKind::Choices(_) | FieldKind::Tags(_) | FieldKind::Table(_) => &["items"],
        _ => &[],
    };
    after
        .iter()
        .filter(|(key, value)| {
            !own.contains(&key.as_str())
                && !SILENT.contains(&key.as_str())
                && !key.starts_with("x-")
                && is_stricter(key, before.get(*key), value)
        })
        .map(|(key, _)| key.clone())
        .collect()
}

fn number(json: &Json) -> Option<Decimal> {
    let text = json.as_number()?.to_string();
    Decimal::from_str(&text).ok().or_else(|| Decimal::from_scientific(&text).ok())
}

fn is_stricter(key: &str, old: Option<&Json>, new: &Json) -> bool {
    if old == Some(new) {
        return false;
    }
    let bound = |tighter: fn(Decimal, Decimal) -> bool| match (old.map(number), number(new)) {
        (Some(Some(old)), Some(new)) => tighter(new, old),
        _ => true,
    };
    match key {
        "maxLength" | "maximum" | "exclusiveMaximum" | "maxItems" | "maxProperties" | "maxContains" => {
            bound(|new, old| new < old)
        }
        "minLength" | "minimum" | "exclusiveMinimum" | "minItems" | "minProperties" | "minContains" => {
            bound(|new, old| new > old)
        }
        "required" => {
            let names =
                |json: Option<&Json>| -> Vec<Json> { json.and_then(Json::as_array).cloned().unwrap_or_default() };
            let before = names(old);
            names(Some(new)).iter().any(|name| !before.contains(name))
        }
        "enum" => {
            let kept = new.as_array().cloned().unwrap_or_default();
            old.and_then(Json::as_array).is_none_or(|before| before.iter().any(|value| !kept.contains(value)))
        }
        "uniqueItems" => *new == Json::Bool(true),
        _ => true,
    }
}
