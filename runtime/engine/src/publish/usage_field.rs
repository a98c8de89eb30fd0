//! Where one field of a form is named, found in the documents as they are written: as a path by itself or as a word of an expression.

use formwright_core::definition::{Key, Kind, pointer_segment};
use serde_json::Value as Json;

/// Pointers to the places of a document that name the field. `field` is a path: `amount`, or `lines.amount`.
pub(super) fn find_field(key: &Key, doc: &Json, form: &str, field: &str) -> Vec<String> {
    let mut at = Vec::new();
    let search = Search { form, field };
    let own = key.kind == Kind::Form && key.name == form;
    search.walk(doc, own, String::new(), &mut at);
    at
}

struct Search<'a> {
    form: &'a str,
    field: &'a str,
}

impl Search<'_> {
    /// `inside`: texts here are paths that begin at the form.
    fn walk(&self, json: &Json, inside: bool, pointer: String, at: &mut Vec<String>) {
        match json {
            Json::Object(map) => {
                // a grant, a link, a related list, a sum over other records: its other members speak of the form that it names
                let of = map.get("form").and_then(Json::as_str);
                for (name, value) in map {
                    let here = format!("{pointer}/{}", pointer_segment(name));
                    if is_words(name) || (self.is_itself(&here) && inside) {
                        continue;
                    }
                    let keyed = inside && matches!(name.as_str(), "copy" | "mask");
                    let inside = match of {
                        Some(of) => of == self.form && name != "form",
                        None => inside,
                    };
                    if let (true, Some(members)) = (inside || keyed, value.as_object().filter(|_| is_map(name))) {
                        at.extend(
                            members
                                .keys()
                                .filter(|key| self.is_path(key))
                                .map(|key| format!("{here}/{}", pointer_segment(key))),
                        );
                    }
                    if let (true, Some(text)) = (inside, value.as_str()) {
                        let named = if name == "expression" {
                            self.is_word_of(text)
                        } else {
                            takes_path(name) && self.is_path(text)
                        };
                        if named {
                            at.push(here.clone());
                        }
                    }
                    self.walk(value, inside, here, at);
                }
            }
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let here = format!("{pointer}/{index}");
                    match item.as_str() {
                        Some(text) if inside && self.is_path(text.trim_start_matches('-')) => at.push(here),
                        _ => self.walk(item, inside, here, at),
                    }
                }
            }
            _ => {}
        }
    }

    /// Where the field itself is declared.
    fn is_itself(&self, pointer: &str) -> bool {
        let (table, column) = self.field.split_once('.').unwrap_or((self.field, ""));
        let declared = format!("/record/properties/{}", pointer_segment(table));
        match column {
            "" => pointer == declared,
            column => pointer == format!("{declared}/items/properties/{}", pointer_segment(column)),
        }
    }

    fn is_path(&self, text: &str) -> bool {
        text == self.field || text.strip_prefix(self.field).is_some_and(|rest| rest.starts_with('.'))
    }

    fn is_word_of(&self, expression: &str) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        // what stands in quotation marks is text
        expression.split('"').step_by(2).any(|plain| plain.split(|c: char| !is_part(c)).any(|word| self.is_path(word)))
    }
}

/// Members whose texts are read by people.
fn is_words(name: &str) -> bool {
    matches!(name, "title" | "labels" | "description" | "descriptions" | "text" | "enum" | "oneOf" | "required" | "id")
}

/// Members whose keys are paths.
fn is_map(name: &str) -> bool {
    matches!(name, "copy" | "mask")
}

/// Members whose text is a path.
fn takes_path(name: &str) -> bool {
    matches!(
        name,
        "field"
            | "title_field"
            | "key"
            | "record_owner"
            | "group"
            | "color"
            | "start"
            | "end"
            | "parent"
            | "depends"
            | "image"
            | "via"
            | "currency_field"
            | "follows"
            | "var"
            | "after"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn key(kind: Kind, name: &str) -> Key {
        Key { kind, app: "crm".into(), name: name.into() }
    }

    #[test]
    fn a_field_is_found_in_views_expressions_grants_and_links_but_not_in_words_or_where_it_is_declared() {
        let form = json!({"name": "order", "title": "amount", "title_field": "amount", "record": {"required": ["amount"], "properties": {
            "amount": {"type": "number", "title": "amount"},
            "twice": {"field": {"type": "formula", "expression": "amount * 2 & \"amount\""}},
            "other": {"field": {"type": "formula", "expression": "\"amount\""}},
            "client": {"field": {"type": "link", "form": "client", "copy": {"amount": "credit"}}}}},
            "views": [{"name": "all", "fields": ["amount", "client.amount"], "sort": ["-amount"], "filter": {"field": "amount", "op": "gt", "value": 1}}]});
        assert_eq!(
            find_field(&key(Kind::Form, "order"), &form, "order", "amount"),
            [
                "/title_field",
                "/record/properties/twice/field/expression",
                "/record/properties/client/field/copy/amount",
                "/views/0/fields/0",
                "/views/0/sort/0",
                "/views/0/filter/field"
            ]
        );
        let role = json!({"name": "sales", "grants": [
            {"form": "order", "actions": ["read"], "hidden": ["amount"], "mask": {"amount": "last4"}},
            {"form": "client", "actions": ["read"], "hidden": ["amount"]}]});
        assert_eq!(
            find_field(&key(Kind::Role, "sales"), &role, "order", "amount"),
            ["/grants/0/hidden/0", "/grants/0/mask/amount"]
        );
    }
}
