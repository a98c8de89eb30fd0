//! Conditions as the engine judges them: which terms hold a fault, and what is left when they are taken out.

use super::reader::Reader;
use super::seen_form::SeenForm;
use formwright_engine::access::CallerAccess;
use formwright_engine::records::{ListRequest, check_list};
use serde_json::{Map, Value as Json, json};

/// Judges conditions on one form for one reader.
pub struct Judge<'a> {
    reader: &'a Reader,
    seen: &'a SeenForm,
    access: CallerAccess,
}

impl<'a> Judge<'a> {
    pub fn of(reader: &'a Reader, seen: &'a SeenForm) -> Judge<'a> {
        Judge { reader, seen, access: CallerAccess::new(reader.cx()) }
    }

    pub fn access(&self) -> &CallerAccess {
        &self.access
    }

    /// Whether the engine takes a condition.
    pub fn takes(&self, condition: &Json) -> bool {
        self.checks(ListRequest { filter: Some(condition.clone()), ..ListRequest::default() })
    }

    /// Whether the engine sorts by a key such as `-amount`.
    pub fn sorts(&self, key: &str) -> bool {
        self.checks(ListRequest {
            sort: vec![key.trim_start_matches(['-', '+']).to_string()],
            ..ListRequest::default()
        })
    }

    /// Whether a path can be a column.
    pub fn selects(&self, path: &str) -> bool {
        self.checks(ListRequest { select: vec![path.to_string()], ..ListRequest::default() })
    }

    fn checks(&self, request: ListRequest) -> bool {
        check_list(&self.access, self.reader.cx(), self.seen.index, &self.seen.form, &request, false).is_ok()
    }

    /// A published view's filter with every term that the reader may not use read as if the value were empty.
    pub fn published(&self, filter: &Json) -> Json {
        if self.takes(filter) {
            return filter.clone();
        }
        let Some(map) = filter.as_object() else { return nothing() };
        for key in ["and", "or"] {
            if let Some(terms) = map.get(key).and_then(Json::as_array) {
                return json!({ key: terms.iter().map(|term| self.published(term)).collect::<Vec<_>>() });
            }
        }
        if let Some(inner) = map.get("not") {
            return json!({ "not": self.published(inner) });
        }
        match map.get("op").and_then(Json::as_str) {
            Some("is_empty" | "ne" | "not_in" | "has_none") => everything(),
            _ => nothing(),
        }
    }
}

/// A condition that every record meets.
fn everything() -> Json {
    json!({"and": []})
}

/// A condition that no record meets.
fn nothing() -> Json {
    json!({"or": []})
}

/// Both conditions together; `None` is no condition.
pub fn both(a: Option<Json>, b: Option<Json>) -> Option<Json> {
    match (a, b) {
        (Some(a), Some(b)) => Some(json!({"and": [a, b]})),
        (one, None) | (None, one) => one,
    }
}

/// The terms of a filter that all must hold.
pub fn terms_of(filter: &Json) -> Vec<Json> {
    match filter.as_object() {
        None => Vec::new(),
        Some(map) if map.is_empty() => Vec::new(),
        Some(map) => match (map.len(), map.get("and").and_then(Json::as_array)) {
            (1, Some(terms)) => terms.clone(),
            _ => vec![filter.clone()],
        },
    }
}

/// The filter of these terms; `None` without any.
pub fn filter_of(mut terms: Vec<Json>) -> Option<Json> {
    match terms.len() {
        0 => None,
        1 => terms.pop(),
        _ => Some(json!({ "and": terms })),
    }
}

/// Reads a filter from an address; what is no object, or too large, is none.
pub fn read_filter(text: &str) -> Option<Json> {
    let json = crate::body::parse_json(text.as_bytes()).ok()?;
    json.as_object().filter(|map: &&Map<String, Json>| !map.is_empty())?;
    Some(json)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_filter_comes_apart_into_its_terms_and_together_again() {
        let (a, b) = (json!({"field": "a", "op": "eq", "value": 1}), json!({"or": [{"field": "b", "op": "is_empty"}]}));
        assert_eq!(terms_of(&json!({"and": [a, b]})), [a.clone(), b.clone()]);
        assert_eq!(terms_of(&b), std::slice::from_ref(&b));
        assert_eq!(terms_of(&json!({})), Vec::<Json>::new());
        assert_eq!(filter_of(vec![a.clone(), b.clone()]), Some(json!({"and": [a, b]})));
        assert_eq!(filter_of(vec![a.clone()]), Some(a.clone()));
        assert_eq!(filter_of(Vec::new()), None);
    }

    #[test]
    fn what_is_no_filter_is_ignored() {
        for text in ["", "[]", "1", "{", "{}", "null", "\"a\""] {
            assert_eq!(read_filter(text), None, "{text}");
        }
        assert!(read_filter(r#"{"field":"a","op":"eq","value":1.10}"#).is_some());
    }
}
