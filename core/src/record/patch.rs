//! What a caller sent for a record: absent, null and value are three things.

use super::read_value;
use crate::definition::{pointer_segment, type_name};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{Field, FieldDefault, SystemField, TableOptions};
use crate::form::Form;
use crate::value::{Row, Value};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

/// A change of one field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldPatch {
    Set(Value),
    /// The new list of rows, in its order.
    Rows(Vec<RowPatch>),
    /// Single rows changed or added, and rows removed.
    RowChanges {
        patch: Vec<RowPatch>,
        remove: Vec<Uuid>,
    },
}

/// A row as sent. Absent members are `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct RowPatch {
    pub id: Option<Uuid>,
    pub values: Vec<Option<Value>>,
}

/// A change of a record.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// By index of the field; each field once.
    pub fields: Vec<(usize, FieldPatch)>,
    /// The version that the caller read, where he said so in the body.
    pub version: Option<i64>,
    /// System fields as sent; the engine accepts them where they are what they are.
    pub system: Vec<(SystemField, Json)>,
    /// What of the body could not be read. A save reports it together with what else it finds.
    pub faults: Vec<Fault>,
}

impl Patch {
    /// Reads a body. `sees` says whether the caller may know a field; one he may not know is an unknown one.
    pub fn read(
        form: &Form,
        body: &Map<String, Json>,
        sees: &dyn Fn(usize, Option<usize>) -> bool,
        faults: &mut Vec<Fault>,
    ) -> Patch {
        let mut patch = Patch::default();
        for (name, json) in body {
            if let Some(system) = SystemField::find(name) {
                if system == SystemField::Version {
                    match json.as_i64() {
                        Some(version) => patch.version = Some(version),
                        None => faults.push(
                            Fault::new("version", &code::WRONG_TYPE)
                                .with("expected", "integer")
                                .with("got", type_name(json)),
                        ),
                    }
                } else {
                    patch.system.push((system, json.clone()));
                }
                continue;
            }
            let Some((i, field)) = form.field(name).filter(|(i, _)| sees(*i, None)) else {
                let known =
                    form.fields.iter().enumerate().filter(|(i, _)| sees(*i, None)).map(|(_, f)| f.name.as_str());
                faults.push(
                    Fault::new(pointer_segment(name), &code::UNKNOWN_FIELD).with("name", name).suggest(name, known),
                );
                continue;
            };
            let mut inner = Vec::new();
            let read = match field.table() {
                Some(table) => read_rows(table, json, &|column| sees(i, Some(column)), &mut inner),
                None => read_value(field, json, &mut inner).map(FieldPatch::Set),
            };
            if let Some(change) = read {
                patch.fields.push((i, change));
            }
            faults.extend(inner.into_iter().map(|f| f.under(name)));
        }
        patch
    }

    pub fn get(&self, index: usize) -> Option<&FieldPatch> {
        self.fields.iter().find(|(i, _)| *i == index).map(|(_, p)| p)
    }
}

fn read_rows(
    table: &TableOptions,
    json: &Json,
    sees: &dyn Fn(usize) -> bool,
    faults: &mut Vec<Fault>,
) -> Option<FieldPatch> {
    match json {
        Json::Null => Some(FieldPatch::Rows(Vec::new())),
        Json::Array(items) => Some(FieldPatch::Rows(
            items.iter().enumerate().filter_map(|(i, row)| read_row(table, row, i, sees, faults)).collect(),
        )),
        Json::Object(map) if map.keys().all(|k| k == "patch" || k == "remove") => {
            let patch = map
                .get("patch")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .enumerate()
                .filter_map(|(i, row)| read_row(table, row, i, sees, faults))
                .collect();
            let mut remove = Vec::new();
            for (i, id) in map.get("remove").and_then(Json::as_array).into_iter().flatten().enumerate() {
                match id.as_str().and_then(|t| Uuid::try_parse(t).ok()) {
                    Some(id) => remove.push(id),
                    None => faults.push(Fault::new(format!("remove/{i}"), &code::NOT_FOUND_REFERENCE)),
                }
            }
            Some(FieldPatch::RowChanges { patch, remove })
        }
        other => {
            faults.push(Fault::new("", &code::WRONG_TYPE).with("expected", "array").with("got", type_name(other)));
            None
        }
    }
}

fn read_row(
    table: &TableOptions,
    json: &Json,
    at: usize,
    sees: &dyn Fn(usize) -> bool,
    faults: &mut Vec<Fault>,
) -> Option<RowPatch> {
    let at = at.to_string();
    let Json::Object(map) = json else {
        faults.push(Fault::new(at, &code::WRONG_TYPE).with("expected", "object").with("got", type_name(json)));
        return None;
    };
    let mut row = RowPatch { id: None, values: vec![None; table.fields.len()] };
    for (name, value) in map {
        if name == "id" {
            match value.as_str().and_then(|t| Uuid::try_parse(t).ok()) {
                Some(id) => row.id = Some(id),
                None if value.is_null() => {}
                None => faults.push(Fault::new(format!("{at}/id"), &code::NOT_FOUND_REFERENCE)),
            }
            continue;
        }
        let Some((i, field)) = table.field(name).filter(|(i, _)| sees(*i)) else {
            let known = table.fields.iter().enumerate().filter(|(i, _)| sees(*i)).map(|(_, f)| f.name.as_str());
            faults.push(
                Fault::new(format!("{at}/{}", pointer_segment(name)), &code::UNKNOWN_FIELD)
                    .with("name", name)
                    .suggest(name, known),
            );
            continue;
        };
        let mut inner = Vec::new();
        if let Some(read) = read_value(field, value, &mut inner)
            && let Some(slot) = row.values.get_mut(i)
        {
            *slot = Some(read);
        }
        faults.extend(inner.into_iter().map(|f| f.under(name).under(&at)));
    }
    Some(row)
}

/// The rows after a change: named rows merged, new ones added with ids from `new_id`, unnamed ones dropped where the whole
/// list was sent. An id that is no row's is a fault, except where `adopt_ids` lets a creator choose the ids.
pub fn apply_rows(
    table: &TableOptions,
    current: &[Row],
    change: &FieldPatch,
    adopt_ids: bool,
    new_id: &mut dyn FnMut() -> Uuid,
    defaults: &dyn Fn(&Field) -> Value,
    faults: &mut Vec<Fault>,
) -> Vec<Row> {
    let mut merge = |patch: &RowPatch, at: usize, prefix: &str| -> Option<Row> {
        let known = patch.id.and_then(|id| current.iter().find(|r| r.id == id));
        if patch.id.is_some() && known.is_none() && !adopt_ids {
            faults.push(Fault::new(format!("{prefix}{at}/id"), &code::NOT_FOUND_REFERENCE));
            return None;
        }
        let values = table
            .fields
            .iter()
            .zip(&patch.values)
            .enumerate()
            .map(|(i, (field, sent))| match (sent, known) {
                (Some(value), _) => value.clone(),
                (None, Some(row)) => row.values.get(i).cloned().unwrap_or(Value::Null),
                (None, None) => defaults(field),
            })
            .collect();
        Some(Row { id: patch.id.unwrap_or_else(&mut *new_id), values })
    };
    match change {
        FieldPatch::Set(_) => current.to_vec(),
        FieldPatch::Rows(rows) => rows.iter().enumerate().filter_map(|(i, row)| merge(row, i, "")).collect(),
        FieldPatch::RowChanges { patch, remove } => {
            let mut out: Vec<Row> = current.iter().filter(|r| !remove.contains(&r.id)).cloned().collect();
            let unknown = |id: &Uuid| !current.iter().any(|r| r.id == *id);
            let strangers: Vec<usize> =
                remove.iter().enumerate().filter(|(_, id)| unknown(id)).map(|(i, _)| i).collect();
            for (i, row) in patch.iter().enumerate() {
                if let Some(merged) = merge(row, i, "patch/") {
                    match out.iter_mut().find(|r| r.id == merged.id) {
                        Some(slot) => *slot = merged,
                        None => out.push(merged),
                    }
                }
            }
            faults.extend(strangers.into_iter().map(|i| Fault::new(format!("remove/{i}"), &code::NOT_FOUND_REFERENCE)));
            out
        }
    }
}

/// A default that needs neither clock nor caller.
pub fn constant_default(field: &Field) -> Value {
    match &field.default {
        Some(FieldDefault::Value(value)) => value.clone(),
        _ => Value::Null,
    }
}
