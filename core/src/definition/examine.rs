//! A document with everything that is wrong with it by itself, and what is left of it without that: what else is wrong with it among
//! others is then found in the same round.

use super::keywords::check_record_schema;
use super::{Document, Key, Kind, check_document, is_name, pointer_segment, type_name};
use crate::diagnostic::Fault;
use crate::error_code as code;
use serde_json::Value as Json;

/// A document that was read, and its own faults.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Without what is faulty, where anything is.
    pub document: Document,
    pub faults: Vec<Fault>,
}

impl Examined {
    /// A document that was checked before.
    pub fn sound(document: Document) -> Examined {
        Examined { document, faults: Vec::new() }
    }
}

impl Document {
    /// Reads kind, app and name of a document and checks it by itself.
    ///
    /// # Errors
    /// The faults of what is no document of a known kind.
    pub fn examine(doc: Json) -> Result<Examined, Vec<Fault>> {
        let Json::Object(map) = &doc else {
            return Err(vec![
                Fault::new("", &code::WRONG_TYPE).with("expected", "object").with("got", type_name(&doc)),
            ]);
        };
        let text = |key: &str| map.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
        let kind = Kind::parse(&text("kind")).map_err(|f| vec![f])?;
        let (name, extends) = (text("name"), text("extends"));
        let app = if kind == Kind::App && !map.contains_key("app") { name.clone() } else { text("app") };
        let mut faults = check_document(kind, &doc);
        let own = match kind {
            Kind::Form => map.get("record").map(|schema| (schema, "/record")),
            Kind::App => map.get("settings").map(|schema| (schema, "/settings")),
            Kind::Options | Kind::Role => None,
        };
        faults.extend(own.into_iter().flat_map(|(schema, at)| check_record_schema(schema, at).faults));
        for (key, value) in [("name", &name), ("app", &app)] {
            if !is_name(value) {
                faults.retain(|f| f.path != format!("/{key}"));
                faults.push(Fault::new(format!("/{key}"), &code::NAME_INVALID).with("name", value));
            }
        }
        let doc = if faults.is_empty() { doc } else { without(doc, &faults) };
        let extends = (!extends.is_empty()).then_some(extends);
        Ok(Examined { document: Document { key: Key { kind, app, name }, extends, doc }, faults })
    }
}

/// The document without the members that are faulty; what names it stays.
fn without(mut doc: Json, faults: &[Fault]) -> Json {
    for fault in faults {
        let mut segments: Vec<&str> = fault.path.split('/').skip(1).collect();
        if *fault.code == code::REQUIRED {
            // what lacks something is of no use as a whole
            segments.pop();
        }
        while let Some(last) = segments.pop() {
            let parent: String = segments.iter().map(|s| format!("/{s}")).collect();
            let Some(Json::Object(map)) = doc.pointer_mut(&parent) else { continue };
            let named = map.keys().find(|k| pointer_segment(k) == last).cloned();
            if let Some(name) = named.filter(|n| !parent.is_empty() || !["kind", "app", "name"].contains(&n.as_str())) {
                map.shift_remove(&name);
            }
            break;
        }
    }
    doc
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_faulty_is_left_out_and_the_rest_stays() {
        let examined = Document::examine(json!({"kind": "form", "app": "a", "name": "b", "titel": "x",
            "views": [{"name": "v", "filed": 1, "sort": ["x"]}], "search": ["x", 5],
            "record": {"requird": ["x"], "properties": {"x": {"maxLenght": 1, "type": "string"}}}}))
        .unwrap();
        let mut places: Vec<&str> = examined.faults.iter().map(|f| f.path.as_str()).collect();
        places.sort_unstable();
        assert_eq!(
            places,
            ["/record/properties/x/maxLenght", "/record/requird", "/search/1", "/titel", "/views/0/filed"]
        );
        assert_eq!(
            examined.document.doc,
            json!({"kind": "form", "app": "a", "name": "b", "views": [{"name": "v", "sort": ["x"]}],
                "record": {"properties": {"x": {"type": "string"}}}})
        );
    }

    #[test]
    fn an_entry_that_lacks_its_name_goes_with_its_list() {
        let examined = Document::examine(
            json!({"kind": "form", "app": "a", "name": "b", "views": [{"title": "v"}], "record": {}}),
        )
        .unwrap();
        assert_eq!(examined.faults.len(), 1, "{:?}", examined.faults);
        assert_eq!(examined.document.doc, json!({"kind": "form", "app": "a", "name": "b", "record": {}}));
    }
}
