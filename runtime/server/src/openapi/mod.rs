//! The description of the API (OpenAPI 3.1) of this installation, as the caller sees its forms.
//!
//! [`operations`] is the table; operations on records are written out for each form; [`shapes`] and [`record`] are the components.

mod company;
mod operation;
mod operations;
mod record;
mod shapes;

pub use operation::{Body, OfForm, Operation, Param, ParamKind, Shape, Takes, may, must};
pub use operations::operations;

use crate::state::ServerConfig;
use bytes::Bytes;
use formwright_core::form::Form;
use formwright_core::query::Sight;
use parking_lot::Mutex;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// Most forms that one description holds.
pub const MOST_FORMS: usize = 200;
/// Descriptions that are kept.
const MOST_KEPT: usize = 16;

/// What makes two descriptions the same: the revision, the person's view of it, the forms asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescriptionKey {
    pub revision: i64,
    /// The administrator's roles do not matter.
    pub roles: Option<Vec<String>>,
    pub forms: Vec<String>,
}

/// Descriptions made lately, newest last.
#[derive(Default)]
pub struct Descriptions(Mutex<Vec<(DescriptionKey, Bytes)>>);

impl Descriptions {
    pub fn get(&self, key: &DescriptionKey) -> Option<Bytes> {
        self.0.lock().iter().find(|(k, _)| k == key).map(|(_, b)| b.clone())
    }

    pub fn put(&self, key: DescriptionKey, body: Bytes) {
        let mut kept = self.0.lock();
        kept.retain(|(k, _)| *k != key);
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        kept.push((key, body));
    }
}

/// A form to be described, with the schema of its records to be written.
pub struct Described {
    pub index: usize,
    pub form: Arc<Form>,
    pub published: Json,
}

/// The description of these operations and forms.
pub fn describe<'a>(
    config: &ServerConfig,
    operations: impl Iterator<Item = &'a Operation> + Clone,
    forms: Vec<Described>,
    sight: &dyn Sight,
) -> Json {
    let mut paths: Map<String, Json> = Map::new();
    let mut add = |path: String, operation: &Operation, described: Json| {
        let item = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(operation.method.to_string(), described);
        }
    };
    for operation in operations.clone().filter(|o| !o.is_per_form()) {
        add(operation.path_for(None), operation, operation.describe(None));
    }
    let mut components = shapes::fixed();
    components.extend(company::components().into_iter().map(|(name, shape)| (name.to_string(), shape)));
    for described in forms {
        let form = OfForm { name: &described.form.name, title: &described.form.title.title };
        for operation in operations.clone().filter(|o| o.is_per_form()) {
            add(operation.path_for(Some(&form)), operation, operation.describe(Some(&form)));
        }
        record::add_components(&mut components, &described.form, described.index, sight, described.published);
    }
    let server = config.base_url.as_ref().map_or_else(|| "/".to_string(), |b| b.url(""));
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Formwright", "version": env!("CARGO_PKG_VERSION"), "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": server}],
        "security": [{"token": []}, {"session": [], "csrf": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {"Problem": {"description": "Refused: the code says why, the errors say where.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
            "parameters": {
                "IfMatch": {"name": "If-Match", "in": "header", "required": false, "description": "The version that the change is based on, in quotation marks", "schema": {"type": "string", "pattern": "^\"[0-9]{1,9}\"$"}},
                "IdempotencyKey": {"name": "Idempotency-Key", "in": "header", "required": false, "description": "The same key and body again give the first answer", "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9._:-]+$"}}
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": crate::cookies::session_name(config)},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"}
            }
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use formwright_core::catalog::Catalog;
    use formwright_core::definition::Document;
    use formwright_core::query::AllSight;
    use std::collections::BTreeSet;

    fn description() -> Json {
        let docs = [
            json!({"kind": "app", "app": "accept", "name": "accept", "title": "Accept", "version": "1.0.0", "locale": "en"}),
            json!({"kind": "form", "app": "accept", "name": "client", "title": "Client", "record": {"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string", "title": "Name"}, "grade": {"title": "Grade", "enum": ["A", "B"]},
                "lines": {"type": "array", "title": "Lines", "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string", "title": "What"}}}}
            }}}),
        ];
        let docs = docs.into_iter().map(|d| Document::read(d).unwrap()).collect();
        let catalog = Catalog::build(1, docs).unwrap();
        let forms = catalog
            .forms
            .iter()
            .enumerate()
            .map(|(index, form)| Described { index, form: form.clone(), published: form.published_schema(&|_| true) })
            .collect();
        describe(&ServerConfig::default(), operations(), forms, &AllSight)
    }

    fn references<'a>(json: &'a Json, out: &mut Vec<&'a str>) {
        match json {
            Json::Object(map) => {
                if let Some(Json::String(to)) = map.get("$ref") {
                    out.push(to);
                }
                map.values().for_each(|v| references(v, out));
            }
            Json::Array(items) => items.iter().for_each(|v| references(v, out)),
            _ => {}
        }
    }

    #[test]
    fn every_route_has_a_row_and_every_row_a_route() {
        let routes = crate::routes::api().and(crate::routes::health::routes());
        let routed: BTreeSet<(&str, &str)> = routes.known().iter().copied().collect();
        let described: BTreeSet<(&str, &str)> = operations().map(|o| (o.method, o.path)).collect();
        assert_eq!(routed, described);
        assert_eq!(routes.known().len(), routed.len(), "a route is joined twice");
    }

    #[test]
    fn every_reference_leads_somewhere_and_operations_have_ids_of_their_own() {
        let spec = description();
        let mut refs = Vec::new();
        references(&spec, &mut refs);
        assert!(refs.len() > 50);
        for to in refs {
            assert!(spec.pointer(to.strip_prefix('#').unwrap()).is_some(), "{to}");
        }
        let mut ids = BTreeSet::new();
        for item in spec["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                assert!(
                    ids.insert(operation["operationId"].as_str().unwrap().to_string()),
                    "{}",
                    operation["operationId"]
                );
            }
        }
    }

    #[test]
    fn operations_on_records_are_written_out_for_the_form_with_its_fields() {
        let spec = description();
        assert!(spec.pointer("/paths/~1api~1records~1client~1{id}/patch").is_some());
        assert!(spec.pointer("/paths/~1api~1records~1{form}").is_none());
        assert!(spec.pointer("/components/schemas/client/properties/lines/items/properties/what").is_some());
        assert_eq!(spec.pointer("/components/schemas/client.new/required"), Some(&json!(["name"])));
        assert!(spec.pointer("/components/schemas/client.change/required").is_none());
    }
}
