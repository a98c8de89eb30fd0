//! What a test calls by name: records by `@name`, people by login, departments by name.

use crate::organisation::Organisation;
use formwright_core::catalog::Catalog;
use formwright_core::field::{Field, FieldKind};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

pub(super) struct Names {
    pub people: Arc<Organisation>,
    /// Form and id by name.
    pub records: BTreeMap<String, (String, Uuid)>,
}

impl Default for Names {
    fn default() -> Names {
        Names { people: Arc::new(Organisation::unread()), records: BTreeMap::new() }
    }
}

impl Names {
    /// Values of a record with ids in the place of names.
    pub(super) fn values(&self, catalog: &Catalog, form: &str, values: &Map<String, Json>) -> Map<String, Json> {
        let fields = catalog.form(form).map(|form| form.fields.as_slice()).unwrap_or_default();
        self.object(fields, values)
    }

    fn object(&self, fields: &[Field], values: &Map<String, Json>) -> Map<String, Json> {
        let field = |name: &str| fields.iter().find(|field| field.name == name);
        values.iter().map(|(name, value)| (name.clone(), self.value(field(name), value))).collect()
    }

    fn value(&self, field: Option<&Field>, value: &Json) -> Json {
        match (value, field) {
            (Json::String(text), _) if text.starts_with('@') => self.anywhere(value.clone()),
            (Json::String(text), Some(field)) => match &field.kind {
                FieldKind::User | FieldKind::Users => {
                    self.people.user_by_login(text).map_or_else(|| value.clone(), |user| json!(user.id))
                }
                FieldKind::Department | FieldKind::Departments => {
                    self.people.department_by_name(text).map_or_else(|| value.clone(), |one| json!(one.id))
                }
                _ => value.clone(),
            },
            (Json::Array(items), Some(field)) => {
                let item = |item: &Json| match (field.table(), item) {
                    (Some(table), Json::Object(row)) => Json::Object(self.object(&table.fields, row)),
                    _ => self.value(Some(field), item),
                };
                items.iter().map(item).collect()
            }
            _ => value.clone(),
        }
    }

    /// `@name` by the record's id, wherever it stands.
    pub(super) fn anywhere(&self, json: Json) -> Json {
        match json {
            Json::String(text) => match text.strip_prefix('@').and_then(|name| self.records.get(name)) {
                Some((_, id)) => json!(id),
                None => Json::String(text),
            },
            Json::Array(items) => items.into_iter().map(|item| self.anywhere(item)).collect(),
            Json::Object(map) => Json::Object(map.into_iter().map(|(key, item)| (key, self.anywhere(item))).collect()),
            other => other,
        }
    }

    /// A row as the test would call it.
    pub(super) fn shown(&self, row: &Json) -> String {
        let id = row.get("id").and_then(Json::as_str).and_then(|id| Uuid::try_parse(id).ok());
        match self.records.iter().find(|(_, (_, known))| Some(*known) == id) {
            Some((name, _)) => format!("\"@{name}\""),
            None => row.to_string(),
        }
    }
}
