//! A field's value to JSON, as the contract writes it.

use crate::field::{Field, TableOptions};
use crate::value::{Row, Value};
use serde_json::{Map, Value as Json};

/// JSON of a field's value; rows of a child table are objects with their `id` first.
pub fn value_to_json(field: &Field, value: &Value) -> Json {
    match (field.table(), value) {
        (Some(table), Value::Rows(rows)) => rows_to_json(table, rows),
        _ => value.to_json(),
    }
}

pub fn rows_to_json(table: &TableOptions, rows: &[Row]) -> Json {
    rows.iter()
        .map(|row| {
            let mut map = Map::with_capacity(table.fields.len() + 1);
            map.insert("id".into(), Json::String(row.id.to_string()));
            for (field, value) in table.fields.iter().zip(&row.values) {
                map.insert(field.name.clone(), value.to_json());
            }
            Json::Object(map)
        })
        .collect()
}
