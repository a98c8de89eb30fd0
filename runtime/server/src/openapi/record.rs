//! The shapes of one form's records: as read, as made, as changed, as listed.

use formwright_core::field::{Field, FieldKind};
use formwright_core::form::Form;
use formwright_core::query::Sight;
use serde_json::{Map, Value as Json, json};

/// Adds the components of a form. `published` is the schema of a record to be written, of the fields that the caller sees.
pub fn add_components(
    components: &mut Map<String, Json>,
    form: &Form,
    index: usize,
    sight: &dyn Sight,
    published: Json,
) {
    let name = &form.name;
    components.insert(name.clone(), read_shape(form, index, sight));
    let new = write_shape(name, published);
    components.insert(format!("{name}.change"), change_shape(&new));
    components.insert(format!("{name}.new"), new);
    components.insert(
        format!("{name}.list"),
        json!({"type": "object", "required": ["items", "next"], "properties": {
            "items": {"type": "array", "items": {"$ref": format!("#/components/schemas/{name}")}},
            "next": {"type": ["string", "null"]}, "count": {"type": "integer"}, "count_exact": {"type": "boolean"}
        }}),
    );
}

/// A record as answered. With `select` fields are left out, with `expand` links become objects.
fn read_shape(form: &Form, index: usize, sight: &dyn Sight) -> Json {
    let time = || json!({"type": ["string", "null"], "format": "date-time"});
    let who = || json!({"type": ["string", "object", "null"]});
    let mut properties = Map::new();
    properties.insert("id".into(), json!({"type": "string", "format": "uuid"}));
    properties.insert("version".into(), json!({"type": "integer"}));
    properties.insert("created_at".into(), time());
    properties.insert("created_by".into(), who());
    properties.insert("updated_at".into(), time());
    properties.insert("updated_by".into(), who());
    properties.insert("deleted_at".into(), time());
    properties.insert("flow_state".into(), json!({"enum": formwright_core::field::FLOW_STATES}));
    for (i, field) in form.fields.iter().enumerate().filter(|(i, _)| sight.sees(index, *i, None)) {
        let columns = |c: usize| sight.sees(index, i, Some(c));
        properties.insert(field.name.clone(), field_shape(field, &columns));
    }
    json!({"type": "object", "title": form.title.title, "required": ["id"], "properties": properties})
}

fn field_shape(field: &Field, sees_column: &dyn Fn(usize) -> bool) -> Json {
    let mut shape = match &field.kind {
        FieldKind::Text(_)
        | FieldKind::LongText { .. }
        | FieldKind::Scan
        | FieldKind::Serial(_)
        | FieldKind::Choice(_)
        | FieldKind::Status(_)
        | FieldKind::Duration
        | FieldKind::Time => {
            json!({"type": ["string", "null"]})
        }
        FieldKind::Number(_) => json!({"type": ["number", "null"]}),
        FieldKind::Boolean => json!({"type": ["boolean", "null"]}),
        FieldKind::Date => json!({"type": ["string", "null"], "format": "date"}),
        FieldKind::DateTime => json!({"type": ["string", "null"], "format": "date-time"}),
        FieldKind::Choices(_) | FieldKind::Tags(_) => json!({"type": ["array", "null"], "items": {"type": "string"}}),
        FieldKind::User | FieldKind::Department | FieldKind::Link(_) | FieldKind::Signature => {
            json!({"type": ["string", "object", "null"]})
        }
        FieldKind::Users | FieldKind::Departments | FieldKind::Links(_) | FieldKind::Files(_) => {
            json!({"type": ["array", "null"], "items": {"type": ["string", "object"]}})
        }
        FieldKind::Table(table) => {
            let mut properties = Map::new();
            properties.insert("id".into(), json!({"type": "string", "format": "uuid"}));
            for (_, column) in table.fields.iter().enumerate().filter(|(c, _)| sees_column(*c)) {
                properties.insert(column.name.clone(), field_shape(column, &|_| true));
            }
            json!({"type": ["array", "null"], "items": {"type": "object", "properties": properties}})
        }
        FieldKind::Location | FieldKind::Json => json!({}),
    };
    if let Some(object) = shape.as_object_mut() {
        object.insert("title".into(), json!(field.title.title));
        if field.read_only {
            object.insert("readOnly".into(), json!(true));
        }
    }
    shape
}

/// The form's own schema with its inner references led through the description.
fn write_shape(form: &str, mut schema: Json) -> Json {
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
        object.remove("$id");
    }
    lead_references(&mut schema, &format!("#/components/schemas/{form}.new"));
    schema
}

fn lead_references(json: &mut Json, to: &str) {
    match json {
        Json::Object(map) => {
            for (key, value) in map.iter_mut() {
                match value {
                    Json::String(text) if key == "$ref" => {
                        if let Some(pointer) = text.strip_prefix('#').filter(|p| p.is_empty() || p.starts_with('/')) {
                            *text = format!("{to}{pointer}");
                        }
                    }
                    _ => lead_references(value, to),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| lead_references(item, to)),
        _ => {}
    }
}

/// A change: any of the fields, and the version that it is based on. Fields that cannot be written may be sent back unchanged.
fn change_shape(new: &Json) -> Json {
    let mut properties = new.get("properties").and_then(Json::as_object).cloned().unwrap_or_default();
    properties.entry("version").or_insert(json!({"type": "integer"}));
    json!({"type": "object", "title": new.get("title").cloned().unwrap_or_default(), "properties": properties})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_inside_a_forms_schema_lead_to_its_place_in_the_description() {
        let schema = json!({"$schema": "x", "properties": {"a": {"$ref": "#/$defs/b"}, "$ref": {"type": "string"}}, "$defs": {"b": {"items": {"$ref": "#"}}}});
        let got = write_shape("deal", schema);
        assert_eq!(got.pointer("/properties/a/$ref"), Some(&json!("#/components/schemas/deal.new/$defs/b")));
        assert_eq!(got.pointer("/$defs/b/items/$ref"), Some(&json!("#/components/schemas/deal.new")));
        assert_eq!(
            got.pointer("/properties/$ref/type"),
            Some(&json!("string")),
            "a field of that name is no reference"
        );
        assert!(got.get("$schema").is_none());
        let change = change_shape(&got);
        assert!(change.get("required").is_none() && change.pointer("/properties/version").is_some());
    }
}
