//! What happened to a record, under the mask that holds today; and what a stale writer missed.

use super::answer::ANSWERED;
use super::json::system_json;
use super::saver::Saver;
use super::{RecordAnswer, reveal};
use crate::Engine;
use crate::context::Context;
use crate::error::{EngineError, EngineResult, Refusal};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::Field;
use formwright_core::form::Form;
use formwright_core::permission::{Access, Mask};
use formwright_core::query::Cond;
use formwright_core::record::{Record, parse_instant};
use formwright_core::value::format_instant;
use formwright_store::history::{self, Entry};
use formwright_store::records::Change;
use formwright_store::select::AccessSource;
use formwright_store::{Snapshot, Tx, records};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

impl Engine {
    /// Changes of a record, newest first. Entries of which the caller may see nothing are left out.
    pub async fn history(
        &self,
        cx: &Context,
        form: &str,
        id: Uuid,
        cursor: Option<&str>,
        limit: usize,
    ) -> EngineResult<Json> {
        let saver = Saver::new(cx)?;
        let (index, form, access) = saver.access.form(form)?;
        super::list::must_read(&access)?;
        let before = match cursor {
            None => None,
            Some(text) => Some(
                text.parse::<i64>()
                    .map_err(|_| EngineError::request_faults(vec![Fault::new("cursor", &code::CURSOR_INVALID)]))?,
            ),
        };
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let shown = shown_fields(&saver, index, &form, id, &mut tx).await?.ok_or_else(EngineError::not_found)?;
        let limit = limit.clamp(1, 200);
        let mut items = Vec::new();
        let mut before = before;
        let mut next = Json::Null;
        // hidden entries are skipped, so a page may take several reads
        for _ in 0..20 {
            let entries =
                history::entries(saver.laid_out(&form)?, id, before, i64::try_from(limit + 1).unwrap_or(200), &mut tx)
                    .await?;
            let more = entries.len() > limit;
            for entry in entries.iter().take(limit) {
                before = Some(entry.seq);
                if let Some(item) = present(&saver, &form, &shown, entry) {
                    items.push(item);
                }
                if items.len() == limit {
                    break;
                }
            }
            if items.len() == limit {
                next = before.map_or(Json::Null, |b| Json::String(b.to_string()));
                break;
            }
            if !more {
                break;
            }
        }
        drop(tx);
        if !items.is_empty() {
            reveal::note_all(cx, &form, id).await?;
        }
        Ok(json!({"items": items, "next": next}))
    }

    /// A record as it was at a time, worked back from what it is through its history.
    pub(super) async fn read_as_of(
        &self,
        cx: &Context,
        index: usize,
        form: &Arc<Form>,
        id: Uuid,
        at: &str,
    ) -> EngineResult<RecordAnswer> {
        let fault = || {
            EngineError::request_faults(vec![
                Fault::new("as_of", &code::FORMAT_INVALID).with("format", "date-time (2026-11-23T08:24:39Z)"),
            ])
        };
        let at = parse_instant(at).ok_or_else(fault)?;
        let saver = Saver::new(cx)?;
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let shown = shown_fields(&saver, index, form, id, &mut tx).await?.ok_or_else(EngineError::not_found)?;
        let compiler = saver.compiler(&tx);
        let now =
            records::peek(&compiler, index, id, false, &[], &mut tx).await?.ok_or_else(EngineError::not_found)?.record;
        if now.created_at > at {
            return Err(EngineError::not_found());
        }
        let mut values: Map<String, Json> = form
            .fields
            .iter()
            .zip(&now.values)
            .map(|(f, v)| (f.id.clone(), formwright_core::record::value_to_json(f, v)))
            .collect();
        let (mut version, mut updated_at, mut updated_by) = (now.version, now.updated_at, now.updated_by);
        let mut before = None;
        'undo: loop {
            let entries = history::entries(saver.laid_out(form)?, id, before, 200, &mut tx).await?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                before = Some(entry.seq);
                if entry.at <= at {
                    version = entry.version;
                    updated_at = entry.at;
                    updated_by = entry.by.unwrap_or(Uuid::nil());
                    break 'undo;
                }
                for change in &entry.changes {
                    undo(form, change, &mut values);
                }
            }
        }
        drop(tx);
        reveal::note_all(cx, form, id).await?;
        let mut out = Map::new();
        out.insert("id".into(), json!(id));
        out.insert("version".into(), json!(version));
        for (i, field) in form.fields.iter().enumerate() {
            if shown.fields.get(i) == Some(&true) {
                out.insert(field.name.clone(), values.get(&field.id).cloned().unwrap_or(Json::Null));
            }
        }
        let then = Record { version, updated_at, updated_by, ..now };
        for system in ANSWERED {
            out.insert(system.name().into(), system_json(&then, system));
        }
        Ok(RecordAnswer { body: Json::Object(out).to_string().into_bytes(), id, version })
    }
}

/// Takes one change back. Of child rows the entry holds those that differ, with their places.
fn undo(form: &Form, change: &Change, values: &mut Map<String, Json>) {
    let id = change.field.as_str();
    let Some(field) = form.fields.iter().find(|f| f.id == id) else { return };
    let from = change.from.clone();
    let Some(table) = field.table() else {
        values.insert(id.to_string(), from);
        return;
    };
    let mut rows: Vec<Json> = values.get(id).and_then(Json::as_array).cloned().unwrap_or_default();
    let row_id = |row: &Json| row.get("id").and_then(Json::as_str).unwrap_or_default().to_string();
    let after: Vec<String> = change.to.as_array().into_iter().flatten().map(row_id).collect();
    rows.retain(|row| !after.contains(&row_id(row)));
    let mut earlier: Vec<(usize, Json)> = from
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| {
            let place =
                row.get("pos").and_then(Json::as_u64).and_then(|p| usize::try_from(p).ok()).unwrap_or(usize::MAX);
            let mut map = Map::new();
            map.insert("id".into(), row.get("id").cloned().unwrap_or(Json::Null));
            for column in &table.fields {
                map.insert(column.name.clone(), row.get(&column.id).cloned().unwrap_or(Json::Null));
            }
            (place, Json::Object(map))
        })
        .collect();
    earlier.sort_by_key(|(place, _)| *place);
    for (place, row) in earlier {
        rows.insert(place.min(rows.len()), row);
    }
    values.insert(id.to_string(), Json::Array(rows));
}

/// What the caller sees of one record now.
struct Shown {
    fields: Vec<bool>,
    columns: HashMap<(usize, usize), bool>,
}

/// Which fields and columns the caller sees on this record now; `None` where he may not read it.
async fn shown_fields(saver: &Saver, index: usize, form: &Form, id: Uuid, tx: &mut Tx) -> EngineResult<Option<Shown>> {
    let access = saver.access.access(index);
    let compiler = saver.compiler(tx);
    let cond = |field: usize, column: Option<usize>| match access.mask(field, column) {
        Mask::Shown => Cond::True,
        Mask::Unknown => Cond::False,
        Mask::When { full, .. } => full.clone(),
    };
    let mut conds: Vec<Cond> = (0..form.fields.len()).map(|f| cond(f, None)).collect();
    let columns: Vec<(usize, usize)> = form
        .fields
        .iter()
        .enumerate()
        .flat_map(|(i, f)| (0..f.table().map_or(0, |t| t.fields.len())).map(move |c| (i, c)))
        .collect();
    conds.extend(columns.iter().map(|(f, c)| cond(*f, Some(*c))));
    let Some(loaded) = records::peek(&compiler, index, id, false, &conds, tx).await? else { return Ok(None) };
    let mut fields = loaded.holds;
    let of_columns = fields.split_off(form.fields.len().min(fields.len()));
    Ok(Some(Shown { fields, columns: columns.into_iter().zip(of_columns).collect() }))
}

fn present(saver: &Saver, form: &Form, shown: &Shown, entry: &Entry) -> Option<Json> {
    let mut changes = Vec::new();
    for change in &entry.changes {
        let Some((i, field)) = form
            .fields
            .iter()
            .enumerate()
            .find(|(_, f)| f.id == change.field)
            .filter(|(i, _)| shown.fields.get(*i) == Some(&true))
        else {
            continue;
        };
        let (from, to) = match field.table() {
            None => (change.from.clone(), change.to.clone()),
            Some(_) => (rows_by_name(field, i, shown, &change.from), rows_by_name(field, i, shown, &change.to)),
        };
        changes.push(json!({"field": field.name, "from": from, "to": to}));
    }
    if changes.is_empty() && !entry.changes.is_empty() {
        return None;
    }
    let who = entry.by.and_then(|id| saver.access.organisation().user(id));
    let by = match who {
        Some(user) => json!({"id": user.row.id, "name": user.row.name}),
        None => Json::Null,
    };
    Some(
        json!({"at": format_instant(entry.at), "by": by, "cause": entry.cause, "version": entry.version, "batch": entry.batch, "changes": changes}),
    )
}

/// Rows of a change by column names, without the columns that the caller does not see on this record.
fn rows_by_name(field: &Field, index: usize, shown: &Shown, rows: &Json) -> Json {
    let Some(table) = field.table() else { return rows.clone() };
    rows.as_array()
        .into_iter()
        .flatten()
        .map(|row| {
            let mut map = Map::new();
            map.insert("id".into(), row.get("id").cloned().unwrap_or(Json::Null));
            for (c, column) in table.fields.iter().enumerate() {
                if shown.columns.get(&(index, c)) == Some(&true)
                    && let Some(value) = row.get(&column.id)
                {
                    map.insert(column.name.clone(), value.clone());
                }
            }
            Json::Object(map)
        })
        .collect()
}

/// The answer to a stale version: who changed which fields since, as far as the caller sees them.
pub(super) async fn conflict(
    saver: &Saver,
    index: usize,
    form: &Form,
    now: &Record,
    expected: i64,
    tx: &mut Tx,
) -> EngineResult<EngineError> {
    let access: Arc<Access> = saver.access.access(index);
    let entries = history::entries(saver.laid_out(form)?, now.id, None, 100, tx).await?;
    let mut fields: Vec<String> = Vec::new();
    for entry in entries.iter().filter(|e| e.version > expected) {
        for change in &entry.changes {
            if let Some((_, field)) = form
                .fields
                .iter()
                .enumerate()
                .find(|(i, f)| f.id == change.field && *access.mask(*i, None) == Mask::Shown)
                && !fields.contains(&field.name)
            {
                fields.push(field.name.clone());
            }
        }
    }
    let who = saver.access.organisation().user_name(now.updated_by).unwrap_or("–").to_string();
    let mut refusal = Refusal::new(&code::RECORD_CONFLICT).with("who", &who);
    refusal.extra.insert("version".into(), json!(now.version));
    refusal.extra.insert("changed_by".into(), json!({"id": now.updated_by, "name": who}));
    refusal.extra.insert("changed_at".into(), json!(format_instant(now.updated_at)));
    refusal.extra.insert("changed_fields".into(), json!(fields));
    Ok(refusal.into())
}
