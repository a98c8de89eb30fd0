//! The rows of child tables as a record is written with: each is the row that it was, as far as the file tells.

use super::finish::FinishedChild;
use super::page::Ground;
use formwright_core::field::TableOptions;
use formwright_core::record::{Record, read_value};
use formwright_core::value::{Row, Value};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

impl Ground {
    /// The members of a body for the child tables that the file fills. Of a record that is there already (`current`) rows
    /// keep their ids: those that the file gives, else those of rows that say the same, else, where their number is the
    /// same as before, in their order.
    pub(super) fn rows_of(&self, children: &[FinishedChild], current: Option<&Record>) -> Map<String, Json> {
        let form = &self.shape.targets.form;
        let mut out = Map::new();
        for (table, whole) in &self.shape.tables {
            let Some(field) = form.fields.get(*table) else { continue };
            let Some(options) = field.table() else { continue };
            let rows: Vec<&FinishedChild> = children.iter().filter(|child| child.from.table == *table).collect();
            // that a record has no rows is said by a file that tells of all of them
            let emptied = *whole && current.is_some() && self.given.contains(table);
            if rows.is_empty() && !emptied {
                continue;
            }
            let before: &[Row] = match current.and_then(|record| record.values.get(*table)) {
                Some(Value::Rows(rows)) => rows,
                _ => &[],
            };
            let ids = matched(options, before, &rows);
            let bodies = rows.iter().zip(ids).map(|(child, id)| {
                let mut body = child.values.clone();
                if let Some(id) = id {
                    body.insert("id".into(), json!(id));
                }
                Json::Object(body)
            });
            out.insert(field.name.clone(), bodies.collect());
        }
        out
    }
}

/// For each row of the file the id of the row that it was.
fn matched(options: &TableOptions, before: &[Row], rows: &[&FinishedChild]) -> Vec<Option<Uuid>> {
    let mut free: Vec<&Row> = before.iter().collect();
    let mut take = |fits: &dyn Fn(&Row) -> bool| -> Option<Uuid> {
        let at = free.iter().position(|row| fits(row))?;
        Some(free.remove(at).id)
    };
    let given = |child: &FinishedChild| child.from.id.as_deref().and_then(|id| Uuid::try_parse(id).ok());
    let mut ids: Vec<Option<Uuid>> = rows
        .iter()
        .map(|child| {
            let id = given(child)?;
            take(&|row| row.id == id)
        })
        .collect();
    for (id, child) in ids.iter_mut().zip(rows) {
        if id.is_none() {
            *id = take(&|row| same(options, row, &child.values));
        }
    }
    if before.len() == rows.len() {
        for id in ids.iter_mut().filter(|id| id.is_none()) {
            *id = take(&|_| true);
        }
    }
    ids
}

/// Whether a row says what the file says of it.
fn same(options: &TableOptions, row: &Row, values: &Map<String, Json>) -> bool {
    values.iter().all(|(name, json)| {
        let Some((index, field)) = options.field(name) else { return false };
        let mut faults = Vec::new();
        read_value(field, json, &mut faults).as_ref() == row.values.get(index)
    })
}
