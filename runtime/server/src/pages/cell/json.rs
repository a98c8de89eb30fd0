//! What the JSON of a record says: numbers, moments, ids, lists, and values as plain text.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use uuid::Uuid;

/// Longest line of a text in a table, in characters.
const LINE: usize = 120;

/// Null, empty text, empty list.
pub fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// A number, exactly as it was stored.
pub fn decimal(value: &Json) -> Option<Decimal> {
    match value {
        Json::Number(n) => {
            let text = n.as_str();
            text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
        }
        _ => None,
    }
}

/// A moment as answers write it.
pub fn moment(value: &Json) -> Option<DateTime<Utc>> {
    value.as_str().and_then(|t| DateTime::parse_from_rfc3339(t).ok()).map(|t| t.to_utc())
}

/// The machine form of a moment.
pub fn iso(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// The id of a value: an id, or an object with one.
pub fn id_of(value: &Json) -> Option<Uuid> {
    value.as_str().or_else(|| value.get("id")?.as_str()).and_then(|t| t.parse().ok())
}

pub(super) fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

pub(super) fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// One line of a text, cut where it is too long.
pub fn line(text: &str) -> String {
    let one: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one.chars().count() <= LINE { one } else { one.chars().take(LINE - 1).chain(['…']).collect() }
}
