//! Records that come with an app: read from its files, named by their keys, saved as moved data along the one path.

use super::csv_data::{Sheet, Shift, plain};
use super::folder::Files;
use super::sink::{RecordSink, RecordWrite};
use crate::organisation::{self, Organisation};
use crate::{Context, EngineError, EngineResult};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{Field, FieldKind};
use formwright_core::form::Form;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// Records of one transaction.
const PAGE: usize = 200;

/// What was loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Records made, by form.
    pub created: BTreeMap<String, usize>,
    /// Rows whose record was there already.
    pub known: usize,
}

/// One form's rows with those of its child tables.
struct Load {
    file: String,
    form: Arc<Form>,
    sheet: Sheet,
    /// By name of the child table.
    children: Vec<(String, Sheet)>,
    shift: Option<Shift>,
    ids: Vec<(Uuid, bool)>,
}

/// Loads the reference data of apps, and their sample data where that is wanted.
///
/// # Errors
/// 422 with every cell that names nothing, by file and row; what saving and the store give.
pub async fn load_data(
    cx: &Context,
    folders: &[Files],
    sample: bool,
    sink: &mut dyn RecordSink,
) -> EngineResult<Loaded> {
    let mut loaded = Loaded::default();
    let mut faults = Vec::new();
    let mut loads = read(cx, folders, sample, &mut faults);
    if !faults.is_empty() {
        return Err(EngineError::faults(&code::VALIDATION, faults));
    }
    order(&mut loads);
    let mut keys = Keys::default();
    for load in &mut loads {
        name_rows(cx, load, &mut keys, sink).await?;
    }
    let people = organisation::fresh(&cx.engine).await?;
    let mut later = Vec::new();
    for load in &loads {
        let mut page = Vec::new();
        for (i, row) in load.sheet.rows.iter().enumerate() {
            let Some((id, known)) = load.ids.get(i).copied() else { continue };
            if known {
                loaded.known += 1;
                continue;
            }
            let place = format!("{}:{}", load.file, i + 2);
            let mut reader = RowReader {
                cx,
                load,
                people: &people,
                keys: &mut keys,
                sink,
                place: &place,
                faults: &mut faults,
                id,
                later: &mut later,
            };
            let values = reader.record(row).await?;
            keys.written.insert(id);
            page.push(RecordWrite { form: load.form.name.clone(), id, values, update: false, place });
            *loaded.created.entry(load.form.name.clone()).or_default() += 1;
            if page.len() >= PAGE && faults.is_empty() {
                sink.write(cx, std::mem::take(&mut page)).await?;
            }
        }
        if !faults.is_empty() {
            return Err(EngineError::faults(&code::VALIDATION, faults));
        }
        if !page.is_empty() {
            sink.write(cx, page).await?;
        }
    }
    while !later.is_empty() {
        let rest = later.split_off(later.len().min(PAGE));
        sink.write(cx, std::mem::replace(&mut later, rest)).await?;
    }
    Ok(loaded)
}

fn trouble(file: &str, reason: impl ToString) -> Fault {
    Fault::new(file, &code::VALUE_INVALID).with("reason", reason)
}

fn read(cx: &Context, folders: &[Files], sample: bool, faults: &mut Vec<Fault>) -> Vec<Load> {
    let mut loads: Vec<Load> = Vec::new();
    for files in folders {
        let settings: Json =
            files.get("data/sample.json").and_then(|b| serde_json::from_slice(b).ok()).unwrap_or_default();
        let today = cx.now.with_timezone(&cx.zone).date_naive();
        let shift = settings
            .get("shift_to_today")
            .and_then(Json::as_str)
            .and_then(|d| d.parse().ok())
            .map(|written| Shift::between(written, today));
        for class in ["reference", "sample"].into_iter().filter(|c| sample || *c == "reference") {
            let prefix = format!("data/{class}/");
            let named: Vec<(&String, &str, &Vec<u8>)> = files
                .iter()
                .filter_map(|(path, bytes)| Some((path, path.strip_prefix(&prefix)?.strip_suffix(".csv")?, bytes)))
                .filter(|(_, name, _)| !name.starts_with('_'))
                .collect();
            for (path, name, bytes) in &named {
                if name.contains('.') {
                    continue;
                }
                let (Some(form), Ok(sheet)) =
                    (cx.catalog.form(name), Sheet::read(bytes).map_err(|e| faults.push(trouble(path, e))))
                else {
                    if cx.catalog.form(name).is_none() {
                        faults.push(
                            Fault::new(path.as_str(), &code::UNKNOWN_REFERENCE)
                                .with("kind", "form")
                                .with("name", name)
                                .with("suggestion", ""),
                        );
                    }
                    continue;
                };
                let mut children = Vec::new();
                for (path, child, bytes) in &named {
                    let Some(table) = child.strip_prefix(*name).and_then(|rest| rest.strip_prefix('.')) else {
                        continue;
                    };
                    if form.field(table).is_none_or(|(_, f)| f.table().is_none()) {
                        faults.push(
                            Fault::new(path.as_str(), &code::UNKNOWN_FIELD).with("name", table).with("suggestion", ""),
                        );
                        continue;
                    }
                    match Sheet::read(bytes) {
                        Ok(sheet) => children.push((table.to_string(), sheet)),
                        Err(error) => faults.push(trouble(path, error)),
                    }
                }
                let system = ["_key", "id", "created_at", "created_by", "updated_at", "updated_by", "version"];
                for unknown in sheet.header.iter().filter(|h| !system.contains(&h.as_str()) && form.field(h).is_none())
                {
                    faults.push(
                        Fault::new(format!("{path}/{unknown}"), &code::UNKNOWN_FIELD)
                            .with("name", unknown)
                            .suggest(unknown, form.fields.iter().map(|f| f.name.as_str())),
                    );
                }
                loads.push(Load {
                    file: (*path).clone(),
                    form: form.clone(),
                    sheet,
                    children,
                    shift: shift.filter(|_| class == "sample"),
                    ids: Vec::new(),
                });
            }
        }
    }
    loads
}

/// Forms that others link to come first; in a circle those whose required links lead to none of it, then the first of the
/// files.
fn order(loads: &mut Vec<Load>) {
    let targets = |form: &Form, required: bool| -> Vec<String> {
        let own = form.fields.iter().filter(|f| f.required || !required).filter_map(|f| f.kind.link());
        // rows are written with their record: what they link to must be there
        let rows =
            form.fields.iter().filter_map(Field::table).flat_map(|t| t.fields.iter().filter_map(|f| f.kind.link()));
        own.chain(rows).map(|l| l.form.clone()).filter(|name| *name != form.name).collect()
    };
    let mut waiting = std::mem::take(loads);
    while !waiting.is_empty() {
        let free = |required: bool| {
            waiting.iter().position(|load| {
                let needs = targets(&load.form, required);
                !waiting.iter().any(|other| other.form.name != load.form.name && needs.contains(&other.form.name))
            })
        };
        let next = free(false).or_else(|| free(true)).unwrap_or(0);
        loads.push(waiting.remove(next));
    }
}

#[derive(Default)]
struct Keys {
    by_form: HashMap<String, HashMap<String, Uuid>>,
    /// Records that are there.
    written: HashSet<Uuid>,
}

/// Gives each row its record: one that is there with the same key, or a new one.
async fn name_rows(cx: &Context, load: &mut Load, keys: &mut Keys, sink: &mut dyn RecordSink) -> EngineResult<()> {
    let field = load.form.key_field.and_then(|i| load.form.fields.get(i)).map(|f| f.name.clone());
    let own = field.as_deref().and_then(|f| load.sheet.column(f));
    let column = load.sheet.column("_key").or(own);
    let fresh = sink.is_empty(cx, &load.form.name).await?;
    let names = keys.by_form.entry(load.form.name.clone()).or_default();
    for row in &load.sheet.rows {
        let text = load.sheet.cell(row, column).to_string();
        if !fresh && own.is_none() {
            // what has no key of its own cannot be told apart from what is there: it is loaded into an empty form only
            load.ids.push((Uuid::nil(), true));
            continue;
        }
        let known = match (&field, own) {
            (Some(field), Some(own)) if !fresh && !load.sheet.cell(row, Some(own)).is_empty() => {
                sink.find(cx, &load.form.name, field, load.sheet.cell(row, Some(own))).await?
            }
            _ => None,
        };
        let id = known.unwrap_or_else(Uuid::now_v7);
        if known.is_some() {
            keys.written.insert(id);
        }
        if !text.is_empty() {
            names.insert(text, id);
        }
        load.ids.push((id, known.is_some()));
    }
    Ok(())
}

struct RowReader<'a> {
    cx: &'a Context,
    load: &'a Load,
    people: &'a Organisation,
    keys: &'a mut Keys,
    sink: &'a mut dyn RecordSink,
    place: &'a str,
    faults: &'a mut Vec<Fault>,
    id: Uuid,
    /// Links to records that come later.
    later: &'a mut Vec<RecordWrite>,
}

impl RowReader<'_> {
    async fn record(&mut self, row: &[String]) -> EngineResult<Map<String, Json>> {
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
