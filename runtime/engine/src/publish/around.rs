//! What a definition is judged among: the forms that it names, and those that name them.

use formwright_core::definition::{Key, Kind};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The documents that decide whether the one under `key` is right; apps and shared lists are always among them.
pub(super) fn around(documents: &BTreeMap<Key, Json>, key: &Key) -> BTreeMap<Key, Json> {
    let mut neighbours: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (other, doc) in documents.iter().filter(|(k, _)| k.kind == Kind::Form) {
        let mut named = BTreeSet::new();
        forms_in(doc, &mut named);
        for form in named {
            neighbours.entry(other.name.as_str()).or_default().insert(form);
            neighbours.entry(form).or_default().insert(other.name.as_str());
        }
    }
    let mut wanted: BTreeSet<&str> = BTreeSet::new();
    let mut todo: Vec<&str> = Vec::new();
    if key.kind == Kind::Form {
        todo.push(&key.name);
    } else if let Some(doc) = documents.get(key) {
        let mut named = BTreeSet::new();
        forms_in(doc, &mut named);
        todo.extend(named);
    }
    while let Some(form) = todo.pop() {
        if wanted.insert(form) {
            todo.extend(neighbours.get(form).into_iter().flatten());
        }
    }
    documents
        .iter()
        .filter(|(other, _)| match other.kind {
            Kind::App | Kind::Options => true,
            Kind::Form => wanted.contains(other.name.as_str()),
            Kind::Role => key.kind == Kind::Role,
        })
        .map(|(k, d)| (k.clone(), d.clone()))
        .collect()
}

/// Names of forms that a document mentions.
fn forms_in<'a>(json: &'a Json, found: &mut BTreeSet<&'a str>) {
    match json {
        Json::Object(map) => {
            for (key, value) in map {
                match value.as_str().filter(|_| matches!(key.as_str(), "form" | "related")) {
                    Some(name) => {
                        found.insert(name.split('.').next().unwrap_or(name));
                    }
                    None => forms_in(value, found),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| forms_in(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(kind: Kind, name: &str) -> Key {
        Key { kind, app: "a".into(), name: name.into() }
    }

    #[test]
    fn a_form_is_judged_among_all_that_its_paths_may_reach_and_no_more() {
        let link = |form: &str| json!({"record": {"properties": {"x": {"field": {"type": "link", "form": form}}}}});
        let documents: BTreeMap<Key, Json> = [
            (key(Kind::App, "a"), json!({})),
            (key(Kind::Form, "order"), link("customer")),
            (key(Kind::Form, "customer"), json!({"views": [{"filter": {"related": "order.lines"}}]})),
            (key(Kind::Form, "contact"), link("customer")),
            (key(Kind::Form, "alone"), json!({})),
            (key(Kind::Role, "seller"), json!({"grants": [{"form": "alone"}]})),
        ]
        .into();
        let names = |at: &Key| around(&documents, at).into_keys().map(|k| k.name).collect::<Vec<_>>();
        assert_eq!(names(&key(Kind::Form, "order")), ["a", "contact", "customer", "order"]);
        assert_eq!(names(&key(Kind::Form, "alone")), ["a", "alone"]);
        assert_eq!(names(&key(Kind::Role, "seller")), ["a", "alone", "seller"]);
    }
}
