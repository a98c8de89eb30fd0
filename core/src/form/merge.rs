//! What other apps add to a form: merged into its document, with a record of which part is whose.

use crate::catalog::DocumentFault;
use crate::definition::{Document, Key, pointer_segment};
use crate::diagnostic::Fault;
use crate::error_code as code;
use serde_json::{Map, Value as Json, json};
use std::ops::Range;

/// Lists to which an extension adds entries.
const LISTS: [&str; 7] = ["views", "search", "unique", "indexes", "layout", "rules", "duplicate_check"];

/// Which parts of a merged form come from extensions.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    properties: Vec<(String, Key)>,
    entries: Vec<(&'static str, Range<usize>, Key)>,
}

impl Origins {
    /// Puts a fault of the merged form to the document in which its place was written.
    pub fn attribute(&self, found: &mut DocumentFault) {
        let path = &found.fault.path;
        let below = |prefix: &str| path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        if let Some((_, key)) = self.properties.iter().find(|(pointer, _)| below(pointer).is_some()) {
            found.key = key.clone();
            return;
        }
        for (list, range, key) in &self.entries {
            let Some(rest) = path.strip_prefix(&format!("/{list}/")) else { continue };
            let (index, rest) = rest.split_once('/').map_or((rest, None), |(index, rest)| (index, Some(rest)));
            let Some(index) = index.parse::<usize>().ok().filter(|i| range.contains(i)) else { continue };
            let rest = rest.map(|r| format!("/{r}")).unwrap_or_default();
            found.fault.path = format!("/{list}/{}{rest}", index - range.start);
            found.key = key.clone();
            return;
        }
    }
}

/// Adds an extension to a base document: properties, required, layout, views, rules, search, unique, indexes. It only adds.
pub fn merge_form(base: &mut Json, extension: &Document, origins: &mut Origins, faults: &mut Vec<Fault>) {
    let Some(base) = base.as_object_mut() else { return };
    let Some(ext) = extension.doc.as_object() else { return };
    let empty = Map::new();
    let ext_record = ext.get("record").and_then(Json::as_object).unwrap_or(&empty);
    if let Some(record) = base.get_mut("record").and_then(Json::as_object_mut) {
        let properties = record.entry("properties").or_insert_with(|| json!({}));
        for (name, property) in ext_record.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let at = format!("/record/properties/{}", pointer_segment(name));
            match properties.as_object_mut() {
                Some(map) if !map.contains_key(name) => {
                    map.insert(name.clone(), property.clone());
                    origins.properties.push((at, extension.key.clone()));
                }
                _ => faults.push(Fault::new(at, &code::NAME_TAKEN).with("name", name)),
            }
        }
        if let Some(more) = ext_record.get("required").and_then(Json::as_array) {
            extend(record, "required", more);
        }
    }
    for key in LISTS {
        if let Some(more) = ext.get(key).and_then(Json::as_array) {
            let range = extend(base, key, more);
            origins.entries.push((key, range, extension.key.clone()));
        }
    }
}

/// Adds to a list; where the new entries are.
fn extend(map: &mut Map<String, Json>, key: &str, more: &[Json]) -> Range<usize> {
    let list = map.entry(key.to_string()).or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return 0..0 };
    let start = list.len();
    list.extend(more.iter().cloned());
    start..list.len()
}
