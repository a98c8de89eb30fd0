//! Giving ids to documents and fields at their first save, and keeping those that are known: an id names a table or column
//! for ever, a name may change.

use crate::definition::{Kind, pointer_segment};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{infer_type, resolve_reference};
use crate::id::{definition_id, is_definition_id};
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;

/// Prefix of the ids of fields.
pub const FIELD_PREFIX: &str = "c";

/// Gives ids where there are none. `known` are the document as it is published and as it is drafted: things of the same name
/// keep the ids they have there, the first that has one decides. `taken` says which ids belong to other documents: a copy gets new ones. `bits` gives 128 bits that never
/// come twice. The faults name ids that are none.
pub fn assign(
    kind: Kind,
    doc: &mut Json,
    known: &[&Json],
    taken: &dyn Fn(&str) -> bool,
    bits: &mut dyn FnMut() -> u128,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let root = doc.get("record").cloned().unwrap_or_default();
    let Some(map) = doc.as_object_mut() else { return faults };
    match map.get("id").and_then(Json::as_str) {
        Some(id) if !is_definition_id(id) => faults.push(no_id("/id", id)),
        Some(_) => {}
        None => {
            let id = known
                .iter()
                .find_map(|k| k.get("id").and_then(Json::as_str))
                .map_or_else(|| definition_id(kind.id_prefix(), bits()), str::to_string);
            map.shift_remove("id");
            let place = map.keys().position(|k| k == "name").map_or(map.len(), |i| i + 1);
            map.shift_insert(place, "id".into(), Json::String(id));
        }
    }
    if kind != Kind::Form {
        return faults;
    }
    let mut own = HashSet::new();
    if let Some(record) = map.get("record") {
        collect(record, &mut own);
    }
    let mut assigner = Assigner {
        root: &root,
        explicit: own,
        used: HashSet::new(),
        taken,
        bits,
        faults: &mut faults,
        shared: Vec::new(),
    };
    if let Some(record) = map.get_mut("record").and_then(Json::as_object_mut) {
        let before: Vec<&Json> = known.iter().filter_map(|k| k.get("record")).collect();
        assigner.properties(record, &before, false, "/record");
        let shared = std::mem::take(&mut assigner.shared);
        for (target, column_names) in shared {
            // rows described elsewhere in the document are given their ids there
            let mut whole = Json::Object(std::mem::take(record));
            let before: Vec<&Json> = known.iter().filter_map(|k| k.get("record")?.pointer(&target)).collect();
            if let Some(items) = whole.pointer_mut(&target).and_then(Json::as_object_mut)
                && column_names
            {
                assigner.properties(items, &before, true, &format!("/record{target}"));
            }
            if let Json::Object(back) = whole {
                *record = back;
            }
        }
    }
    faults
}

/// Every field id in a document.
pub fn field_ids(doc: &Json) -> HashSet<String> {
    let mut out = HashSet::new();
    if let Some(record) = doc.get("record") {
        collect(record, &mut out);
    }
    out
}

fn collect(schema: &Json, out: &mut HashSet<String>) {
    let properties = schema.get("properties").and_then(Json::as_object).into_iter().flatten().map(|(_, p)| p);
    for property in properties {
        if let Some(id) = property.get("field").and_then(|f| f.get("id")).and_then(Json::as_str) {
            out.insert(id.to_string());
        }
        if let Some(items) = property.get("items") {
            collect(items, out);
        }
    }
    for definitions in ["$defs", "definitions"] {
        for (_, inner) in schema.get(definitions).and_then(Json::as_object).into_iter().flatten() {
            collect(inner, out);
        }
    }
}

fn no_id(at: &str, id: &str) -> Fault {
    Fault::new(at, &code::KEY_INVALID)
        .with("reason", format!("\"{id}\" is no id: leave ids out, they are given at the first save"))
}

struct Assigner<'a> {
    root: &'a Json,
    /// Ids that the document states.
    explicit: HashSet<String>,
    used: HashSet<String>,
    taken: &'a dyn Fn(&str) -> bool,
    bits: &'a mut dyn FnMut() -> u128,
    faults: &'a mut Vec<Fault>,
    /// Rows that are described elsewhere in the document, by pointer.
    shared: Vec<(String, bool)>,
}

impl Assigner<'_> {
    fn properties(&mut self, schema: &mut Map<String, Json>, known: &[&Json], nested: bool, at: &str) {
        let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) else { return };
        for (name, property) in properties.iter_mut() {
            match property {
                Json::Bool(true) => *property = json!({}),
                Json::Bool(false) => *property = json!({"not": {}}),
                _ => {}
            }
            let at = format!("{at}/properties/{}", pointer_segment(name));
            let before: Vec<&Json> = known.iter().filter_map(|k| k.get("properties")?.get(name)).collect();
            let type_name = property.get("field").and_then(|f| f.get("type")).and_then(Json::as_str).map_or_else(
                || infer_type(self.root, property, nested),
                |declared| if declared == "table" { "table" } else { "" },
            );
            let Some(map) = property.as_object_mut() else { continue };
            if map.get("field").is_some_and(|f| !f.is_object()) {
                continue;
            }
            let stated = map.get("field").and_then(|f| f.get("id")).and_then(Json::as_str).map(str::to_string);
            let id = match stated {
                Some(id) if !is_definition_id(&id) => {
                    self.faults.push(no_id(&format!("{at}/field/id"), &id));
                    continue;
                }
                Some(id) if !self.used.contains(&id) && !(self.taken)(&id) => id,
                Some(_) => definition_id(FIELD_PREFIX, (self.bits)()),
                None => before
                    .iter()
                    .filter_map(|b| b.get("field")?.get("id")?.as_str())
                    .find(|id| !self.explicit.contains(*id) && !self.used.contains(*id))
                    .map_or_else(|| definition_id(FIELD_PREFIX, (self.bits)()), str::to_string),
            };
            self.used.insert(id.clone());
            if let Some(own) = map.entry("field").or_insert_with(|| json!({})).as_object_mut() {
                own.insert("id".into(), Json::String(id));
            }
            if type_name == "table" && !nested {
                self.rows(map, &before, &at);
            }
        }
    }

    fn rows(&mut self, table: &mut Map<String, Json>, before: &[&Json], at: &str) {
        let reference = table
            .get("items")
            .and_then(|i| i.get("$ref"))
            .and_then(Json::as_str)
            .and_then(|r| r.strip_prefix('#'))
            .map(str::to_string);
        match (reference, table.get_mut("items")) {
            (Some(target), Some(items)) => {
                let leads_on = resolve_reference(self.root, items).is_some_and(Json::is_object);
                if !self.shared.iter().any(|(t, _)| *t == target) {
                    self.shared.push((target, leads_on));
                }
            }
            (None, Some(Json::Object(items))) => {
                let inner: Vec<&Json> = before.iter().filter_map(|b| b.get("items")).collect();
                self.properties(items, &inner, true, &format!("{at}/items"));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn counter() -> impl FnMut() -> u128 {
        let mut n = 1u128 << 80;
        move || {
            n += 1;
            n
        }
    }

    fn assigned(mut doc: Json, known: Option<&Json>) -> Json {
        let known: Vec<&Json> = known.into_iter().collect();
        assert_eq!(assign(Kind::Form, &mut doc, &known, &|_| false, &mut counter()), []);
        doc
    }

    fn id_of<'j>(doc: &'j Json, pointer: &str) -> &'j str {
        doc.pointer(&format!("/record{pointer}/field/id")).unwrap().as_str().unwrap()
    }

    fn doc(properties: Json) -> Json {
        json!({"kind": "form", "name": "a", "record": {"properties": properties}})
    }

    #[test]
    fn ids_are_given_once_and_kept_by_name() {
        let first = assigned(
            doc(
                json!({"a": {"type": "string"}, "rows": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "string"}}}}}),
            ),
            None,
        );
        assert!(is_definition_id(first["id"].as_str().unwrap()) && first["id"].as_str().unwrap().starts_with("f_"));
        assert!(id_of(&first, "/properties/rows/items/properties/x").starts_with("c_"));
        let again = assigned(doc(json!({"a": {"type": "integer"}, "b": {"type": "string"}})), Some(&first));
        assert_eq!(again["id"], first["id"]);
        assert_eq!(id_of(&again, "/properties/a"), id_of(&first, "/properties/a"));
        assert_ne!(id_of(&again, "/properties/b"), id_of(&first, "/properties/a"));
        assert_eq!(assigned(first.clone(), None), first, "what has ids stays as it is");
    }

    #[test]
    fn a_renamed_field_keeps_its_id_and_a_new_one_of_the_old_name_gets_another() {
        let first = assigned(doc(json!({"note": {"type": "string"}})), None);
        let id = id_of(&first, "/properties/note");
        let renamed = assigned(
            doc(json!({"remark": {"type": "string", "field": {"id": id}}, "note": {"type": "string"}})),
            Some(&first),
        );
        assert_eq!(id_of(&renamed, "/properties/remark"), id);
        assert_ne!(id_of(&renamed, "/properties/note"), id);
    }

    #[test]
    fn a_copied_property_gets_an_id_of_its_own() {
        let first = assigned(doc(json!({"a": {"type": "string"}})), None);
        let id = id_of(&first, "/properties/a");
        let copied = assigned(
            doc(json!({"a": {"type": "string", "field": {"id": id}}, "b": {"type": "string", "field": {"id": id}}})),
            Some(&first),
        );
        assert_eq!(id_of(&copied, "/properties/a"), id);
        assert_ne!(id_of(&copied, "/properties/b"), id);
    }

    #[test]
    fn rows_described_elsewhere_in_the_document_get_their_ids_there() {
        let doc = json!({"kind": "form", "name": "a", "record": {"$defs": {"row": {"type": "object", "properties": {"x": {"type": "string"}}}},
            "properties": {"rows": {"type": "array", "items": {"$ref": "#/$defs/row"}}, "any": true}}});
        let doc = assigned(doc, None);
        assert!(is_definition_id(id_of(&doc, "/$defs/row/properties/x")));
        assert!(is_definition_id(id_of(&doc, "/properties/any")));
    }

    #[test]
    fn an_id_of_another_shape_is_a_fault() {
        let mut doc = json!({"kind": "form", "name": "a", "id": "x\"; DROP", "record": {"properties": {"a": {"field": {"id": "1"}}}}});
        let faults = assign(Kind::Form, &mut doc, &[], &|_| false, &mut counter());
        assert_eq!(
            faults.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(),
            ["/id", "/record/properties/a/field/id"]
        );
    }
}
