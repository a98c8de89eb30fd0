//! One row of a file as the JSON of a record, with what its cells name looked up.

use super::file::Load;
use super::key::Keys;
use crate::apps::csv_data::{Sheet, plain};
use crate::apps::sink::{RecordSink, RecordWrite};
use crate::organisation::Organisation;
use crate::{Context, EngineResult};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{Field, FieldKind};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

pub(super) struct RowReader<'a> {
    pub(super) cx: &'a Context,
    pub(super) load: &'a Load,
    pub(super) people: &'a Organisation,
    pub(super) keys: &'a mut Keys,
    pub(super) sink: &'a mut dyn RecordSink,
    pub(super) place: &'a str,
    pub(super) faults: &'a mut Vec<Fault>,
    pub(super) id: Uuid,
    /// Links to records that come later.
    pub(super) later: &'a mut Vec<RecordWrite>,
}

impl RowReader<'_> {
    pub(super) async fn record(&mut self, row: &[String]) -> EngineResult<Map<String, Json>> {
        let mut values = Map::new();
        values.insert("id".into(), json!(self.id));
        let load = self.load;
        for (column, name) in load.sheet.header.iter().enumerate() {
            let text = load.sheet.cell(row, Some(column));
            if text.is_empty() {
                continue;
            }
            match name.as_str() {
                "created_at" => {
                    let at = load.shift.map_or_else(|| Some(text.to_string()), |s| s.instant(text));
                    values.insert(name.clone(), json!(at));
                }
                "created_by" => {
                    let by = self.person(text, name);
                    values.insert(name.clone(), json!(by));
                }
                _ => {
                    let Some((_, field)) = load.form.field(name) else { continue };
                    if let Some(value) = self.value(field, text, true).await? {
                        values.insert(name.clone(), value);
                    }
                }
            }
        }
        let own_key = load.sheet.column("_key").or_else(|| {
            load.form.key_field.and_then(|i| load.form.fields.get(i)).and_then(|f| load.sheet.column(&f.name))
        });
        let own_key = load.sheet.cell(row, own_key);
        for (table, sheet) in &load.children {
            let rows = self.rows(table, sheet, own_key).await?;
            if !rows.is_empty() {
                values.insert(table.clone(), Json::Array(rows));
            }
        }
        Ok(values)
    }

    async fn rows(&mut self, table: &str, sheet: &Sheet, parent: &str) -> EngineResult<Vec<Json>> {
        let parent_column = sheet.column("_parent");
        let load = self.load;
        let Some(options) = load.form.field(table).and_then(|(_, f)| f.table()) else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        for row in sheet.rows.iter().filter(|r| !parent.is_empty() && sheet.cell(r, parent_column) == parent) {
            let mut values = Map::new();
            for (column, name) in sheet.header.iter().enumerate() {
                let text = sheet.cell(row, Some(column));
                if text.is_empty() || name == "_parent" {
                    continue;
                }
                match options.field(name) {
                    Some((_, field)) => {
                        if let Some(value) = self.value(field, text, false).await? {
                            values.insert(name.clone(), value);
                        }
                    }
                    None => self.fault(
                        &format!("{table}/{name}"),
                        Fault::new("", &code::UNKNOWN_FIELD)
                            .with("name", name)
                            .suggest(name, options.fields.iter().map(|f| f.name.as_str())),
                    ),
                }
            }
            out.push(Json::Object(values));
        }
        Ok(out)
    }

    fn fault(&mut self, field: &str, fault: Fault) {
        self.faults.push(Fault { path: format!("{}/{field}", self.place), ..fault });
    }

    fn named_nothing(&mut self, field: &str, kind: &str, text: &str) {
        self.fault(
            field,
            Fault::new("", &code::UNKNOWN_REFERENCE).with("kind", kind).with("name", text).with("suggestion", ""),
        );
    }

    fn person(&mut self, login: &str, field: &str) -> Option<Uuid> {
        let found = self.people.user_by_login(login).map(|u| u.id);
        if found.is_none() {
            self.named_nothing(field, "user", login);
        }
        found
    }

    /// A cell as JSON. A link of the record itself (`own`) to one that is not there yet is written later.
    async fn value(&mut self, field: &Field, text: &str, own: bool) -> EngineResult<Option<Json>> {
        let parts = || text.split('|').map(str::trim).filter(|t| !t.is_empty()).map(str::to_string).collect::<Vec<_>>();
        Ok(match &field.kind {
            FieldKind::Link(link) => match self.linked(&field.name, &link.form, text).await? {
                Some(id) if !self.keys.written.contains(&id) && own => {
                    self.write_later(&field.name, json!(id));
                    None
                }
                found => found.map(|id| json!(id)),
            },
            FieldKind::Links(link) => {
                let mut ids = Vec::new();
                for part in parts() {
                    ids.extend(self.linked(&field.name, &link.form, &part).await?);
                }
                if own && ids.iter().any(|id| !self.keys.written.contains(id)) {
                    self.write_later(&field.name, json!(ids));
                    None
                } else {
                    Some(json!(ids))
                }
            }
            FieldKind::User => self.person(text, &field.name).map(|id| json!(id)),
            FieldKind::Users => {
                let ids: Vec<Uuid> = parts().iter().filter_map(|login| self.person(login, &field.name)).collect();
                Some(json!(ids))
            }
            FieldKind::Department | FieldKind::Departments => {
                let mut ids = Vec::new();
                for name in parts() {
                    match self.people.department_by_name(&name) {
                        Some(department) => ids.push(department.id),
                        None => self.named_nothing(&field.name, "department", &name),
                    }
                }
                if matches!(field.kind, FieldKind::Departments) {
                    Some(json!(ids))
                } else {
                    ids.first().map(|id| json!(id))
                }
            }
            _ => {
                let value = plain(field, text, self.load.shift);
                if value.is_none() {
                    self.fault(
                        &field.name,
                        Fault::new("", &code::VALUE_INVALID)
                            .with("reason", format!("\"{text}\" is no {}", field.kind.type_name())),
                    );
                }
                value
            }
        })
    }

    fn write_later(&mut self, field: &str, value: Json) {
        let values = Map::from_iter([(field.to_string(), value)]);
        self.later.push(RecordWrite {
            form: self.load.form.name.clone(),
            id: self.id,
            values,
            update: true,
            place: self.place.to_string(),
        });
    }

    async fn linked(&mut self, field: &str, form: &str, text: &str) -> EngineResult<Option<Uuid>> {
        if let Some(id) = self.keys.by_form.get(form).and_then(|names| names.get(text)) {
            return Ok(Some(*id));
        }
        let key =
            self.cx.catalog.form(form).and_then(|f| f.key_field.and_then(|i| f.fields.get(i)).map(|k| k.name.clone()));
        let found = match key {
            Some(key) => self.sink.find(self.cx, form, &key, text).await?,
            None => None,
        };
        match found {
            Some(id) => {
                self.keys.written.insert(id);
                self.keys.by_form.entry(form.to_string()).or_default().insert(text.to_string(), id);
            }
            None => self.named_nothing(field, form, text),
        }
        Ok(found)
    }
}
