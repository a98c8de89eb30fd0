//! What is only wrong because it names something that is wrong itself.

use super::{Catalog, DocumentFault};
use crate::definition::{Document, Kind};
use crate::diagnostic::Fault;
use crate::error_code::{self as code, ErrorCode};
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Faults of places that name a field: where the field is faulty, they say nothing new.
const OF_FIELDS: [&ErrorCode; 8] = [
    &code::UNKNOWN_FIELD,
    &code::OPERATOR_UNKNOWN,
    &code::VALUE_INVALID,
    &code::CHOICE_UNKNOWN,
    &code::FILTER_INVALID,
    &code::KEY_INVALID,
    &code::QUERY_TOO_EXPENSIVE,
    &code::UNKNOWN_REFERENCE,
];

/// The names of what is faulty.
pub(super) struct Broken {
    /// Fields by form.
    fields: HashMap<String, HashSet<String>>,
    /// All of them: what a path meets in other forms.
    anywhere: HashSet<String>,
    /// Everything that a document defines, whether it could be read or not.
    defined: HashSet<(Kind, String)>,
}

impl Broken {
    pub fn new(all: &[Arc<Document>]) -> Broken {
        let defined = all.iter().filter(|d| d.extends.is_none()).map(|d| (d.key.kind, d.key.name.clone())).collect();
        Broken { fields: HashMap::new(), anywhere: HashSet::new(), defined }
    }

    /// Faulty fields of a form.
    pub fn add(&mut self, form: &str, names: &[String]) {
        self.anywhere.extend(names.iter().cloned());
        self.fields.entry(form.to_string()).or_default().extend(names.iter().cloned());
    }

    /// Links that lead nowhere.
    pub fn note_links(&mut self, catalog: &Catalog) {
        for form in &catalog.forms {
            let columns = form.fields.iter().flat_map(|f| f.table().map_or(&[][..], |t| &t.fields));
            let lost: Vec<String> = form
                .fields
                .iter()
                .chain(columns)
                .filter(|f| f.kind.link().is_some_and(|l| catalog.form_index(&l.form).is_none()))
                .map(|f| f.name.clone())
                .collect();
            self.add(&form.name, &lost);
        }
    }

    /// Whether a fault follows from another one. `faulty` says that the document has faults of its own.
    pub fn explain(&self, catalog: &Catalog, found: &DocumentFault, faulty: bool) -> bool {
        let DocumentFault { key, fault } = found;
        let argument = |name: &str| fault.args.iter().find(|a| a.0 == name).map(|a| a.1.as_str());
        if faulty && (fault.path.is_empty() && *fault.code == code::KEY_INVALID || *fault.code == code::NO_FIELDS) {
            return true;
        }
        if *fault.code == code::UNKNOWN_REFERENCE
            && fault.path != "/extends"
            && let (Some(kind), Some(name)) = (argument("kind"), argument("name"))
            && let Ok(kind) = Kind::parse(kind)
        {
            return self.defined.contains(&(kind, name.to_string()));
        }
        if [&code::UNKNOWN_FIELD, &code::EXPRESSION_NAME].contains(&fault.code)
            && argument("name").is_some_and(|path| self.meets(&key.name, path))
        {
            return true;
        }
        let is_inside_field = fault.path.starts_with("/record/properties/") && !fault.path.contains("/field/filter");
        let doc = match key.kind {
            Kind::Form => catalog.form(&key.name).map(|f| f.doc.as_ref()),
            _ => catalog.documents.get(key).map(|d| &d.doc),
        };
        !is_inside_field
            && OF_FIELDS.contains(&fault.code)
            && doc.is_some_and(|doc| self.names_something_broken(doc, &key.name, fault))
    }

    /// Whether a path of this form meets a faulty field.
    fn meets(&self, form: &str, path: &str) -> bool {
        let own = self.fields.get(form);
        let mut segments = path.trim_start_matches('-').split('.');
        let head = segments.next().unwrap_or_default();
        own.map_or(self.anywhere.contains(head), |names| names.contains(head))
            || segments.any(|s| self.anywhere.contains(s))
    }

    /// Whether the text at the fault's place, or a term around it, names a faulty field.
    fn names_something_broken(&self, doc: &Json, form: &str, fault: &Fault) -> bool {
        let mut here = Some(doc);
        let mut segments = fault.path.split('/').skip(1);
        while let Some(json) = here {
            let named = json.as_str().or_else(|| json.get("field").and_then(Json::as_str));
            if named.is_some_and(|path| self.meets(form, path)) {
                return true;
            }
            here = segments.next().and_then(|segment| {
                json.get(segment.replace("~1", "/").replace("~0", "~"))
                    .or_else(|| segment.parse::<usize>().ok().and_then(|i| json.get(i)))
            });
        }
        false
    }
}
