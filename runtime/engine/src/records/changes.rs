//! What a write changed, by field id, as history keeps it.

use formwright_core::field::TableOptions;
use formwright_core::form::Form;
use formwright_core::record::Record;
use formwright_core::value::{Row, Value};
use formwright_store::records::Change;
use serde_json::{Map, Value as Json, json};

/// The fields that differ; at a creation those that have a value.
pub fn changes_between(form: &Form, old: Option<&Record>, new: &Record) -> Vec<Change> {
    let none = Value::Null;
    form.fields
        .iter()
        .enumerate()
        .filter_map(|(i, field)| {
            let (from, to) = (old.and_then(|o| o.values.get(i)).unwrap_or(&none), new.values.get(i)?);
            match (field.table(), from, to) {
                (Some(table), _, Value::Rows(after)) => {
                    let before: &[Row] = if let Value::Rows(rows) = from { rows } else { &[] };
                    rows_changed(table, before, after).map(|(from, to)| Change { field: field.id.clone(), from, to })
                }
                _ if from == to => None,
                _ => Some(Change { field: field.id.clone(), from: from.to_json(), to: to.to_json() }),
            }
        })
        .collect()
}

/// Rows that differ, before and after, with their places; `None` where none does.
fn rows_changed(table: &TableOptions, before: &[Row], after: &[Row]) -> Option<(Json, Json)> {
    let differing = |rows: &[Row], others: &[Row]| -> Vec<Json> {
        rows.iter()
            .enumerate()
            .filter(|(i, row)| others.get(*i).is_none_or(|o| o != *row))
            .map(|(i, row)| row_json(table, row, i))
            .collect()
    };
    let (from, to) = (differing(before, after), differing(after, before));
    (!from.is_empty() || !to.is_empty()).then(|| (Json::Array(from), Json::Array(to)))
}

/// A row by column ids, with its id and place.
fn row_json(table: &TableOptions, row: &Row, place: usize) -> Json {
    let mut map = Map::new();
    map.insert("id".into(), json!(row.id));
    map.insert("pos".into(), json!(place));
    for (field, value) in table.fields.iter().zip(&row.values) {
        if !matches!(value, Value::Null) {
            map.insert(field.id.clone(), value.to_json());
        }
    }
    Json::Object(map)
}
