//! What pages ask the engine for, read from its JSON: lists, records, titles of ids, files.

use super::control::Desk;
use super::reader::Reader;
use super::seen_form::SeenForm;
use crate::problem::{Answer, Problem};
use formwright_core::field::Field;
use formwright_engine::EngineError;
use formwright_engine::records::{ListRequest, ReadRequest};
use formwright_store::{Snapshot, files};
use formwright_templates::format;
use formwright_templates::view::{FileChip, FileKind};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use uuid::Uuid;

/// A page of a list.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    pub items: Vec<Json>,
    pub next: Option<String>,
    pub count: Option<u64>,
    /// The count stopped at its bound.
    pub more: bool,
}

impl Listed {
    fn read(bytes: &[u8]) -> Answer<Listed> {
        let mut json = parse(bytes)?;
        let items = match json.get_mut("items").map(Json::take) {
            Some(Json::Array(items)) => items,
            _ => Vec::new(),
        };
        Ok(Listed {
            items,
            next: json.get("next").and_then(Json::as_str).map(str::to_string),
            count: json.get("count").and_then(Json::as_u64),
            more: json.get("count_exact").and_then(Json::as_bool) == Some(false),
        })
    }

    /// The count in words: `93`, `10,000+`.
    pub fn counted(&self) -> Option<String> {
        let count = format::group_digits(&self.count?.to_string());
        Some(if self.more { format!("{count}+") } else { count })
    }
}

fn parse(bytes: &[u8]) -> Answer<Json> {
    serde_json::from_slice(bytes)
        .map_err(|e| Problem(EngineError::Internal(format!("an answer of the engine cannot be read: {e}"))))
}

/// A list.
///
/// # Errors
/// What the engine refuses.
pub async fn list(reader: &Reader, form: &str, request: ListRequest) -> Answer<Listed> {
    Listed::read(&reader.cx().engine.list(reader.cx(), form, request).await?)
}

/// Deleted records of a form.
///
/// # Errors
/// What the engine refuses.
pub async fn recycle_bin(reader: &Reader, form: &str, cursor: Option<&str>, limit: usize) -> Answer<Listed> {
    Listed::read(&reader.cx().engine.recycle_bin(reader.cx(), form, cursor, limit).await?)
}

/// A record with the titles of what it points to.
///
/// # Errors
/// What the engine refuses.
pub async fn record(reader: &Reader, form: &str, id: Uuid) -> Answer<Json> {
    let request = ReadRequest { titles: true, ..ReadRequest::default() };
    parse(&reader.cx().engine.read(reader.cx(), form, id, &request).await?.body)
}

/// The titles of records by id, as far as the reader may read them. At most 500 are looked for.
///
/// # Errors
/// What the engine refuses, but for a form that the reader may not know: then there are none.
pub async fn titles(reader: &Reader, form: &str, ids: &[Uuid]) -> Answer<HashMap<Uuid, String>> {
    let mut wanted: Vec<Uuid> = ids.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.truncate(500);
    let Some(name) = reader
        .cx()
        .catalog
        .form(form)
        .and_then(|f| f.title_field.and_then(|t| f.fields.get(t)))
        .map(|f| f.name.clone())
    else {
        return Ok(HashMap::new());
    };
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let request = ListRequest {
        filter: Some(json!({"field": "id", "op": "in", "value": wanted})),
        select: vec![name.clone()],
        limit: wanted.len(),
        ..ListRequest::default()
    };
    let found = match list(reader, form, request).await {
        Ok(found) => found,
        Err(Problem(EngineError::Refused(refusal))) if refusal.code.status < 500 => return Ok(HashMap::new()),
        Err(problem) => return Err(problem),
    };
    let of = |item: &Json| -> Option<(Uuid, String)> {
        let title = match item.get(&name)? {
            Json::String(text) => text.clone(),
            Json::Null => return None,
            other => other.to_string(),
        };
        Some((super::cell::id_of(item.get("id")?)?, title))
    };
    Ok(found.items.iter().filter_map(of).collect())
}

/// Puts titles beside ids that have none, as the engine's `_titles` does. `record` is by field name.
///
/// # Errors
/// As [`titles`].
pub async fn add_titles(reader: &Reader, fields: &[Field], records: &mut [Json]) -> Answer<()> {
    for field in fields {
        let Some(link) = field.kind.link() else { continue };
        let ids: Vec<Uuid> = records.iter().filter_map(|r| r.get(&field.name)).flat_map(ids_of).collect();
        if ids.is_empty() {
            continue;
        }
        let known = titles(reader, &link.form, &ids).await?;
        for record in records.iter_mut() {
            let Some(value) = record.get(&field.name) else { continue };
            let title = |id: Uuid| known.get(&id).map_or(Json::Null, |t| Json::String(t.clone()));
            let of_value = match value {
                Json::Array(items) => {
                    Json::Array(items.iter().map(|item| super::cell::id_of(item).map_or(Json::Null, title)).collect())
                }
                single => super::cell::id_of(single).map_or(Json::Null, title),
            };
            if let Some(map) = record.as_object_mut()
                && let Json::Object(inner) = map.entry("_titles").or_insert_with(|| Json::Object(Map::new()))
            {
                inner.insert(field.name.clone(), of_value);
            }
        }
    }
    Ok(())
}

fn ids_of(value: &Json) -> Vec<Uuid> {
    match value {
        Json::Array(items) => items.iter().filter_map(super::cell::id_of).collect(),
        single => super::cell::id_of(single).into_iter().collect(),
    }
}

/// What is known of files that a record holds, which the reader was given in a field that he sees.
///
/// # Errors
/// What the store gives.
pub async fn file_chips(reader: &Reader, ids: &[Uuid]) -> Answer<HashMap<Uuid, FileChip>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut tx = reader.cx().engine.db().reader(Snapshot::No).await?;
    let rows = files::find(ids, &mut tx).await?;
    drop(tx);
    let chip = |row: files::FileRow| {
        let kind = FileKind::from_content_type(&row.media_type);
        let href = format!("/api/files/{}", row.id);
        let chip = FileChip {
            id: row.id.to_string(),
            name: row.name,
            size: format::file_size(u64::try_from(row.size).unwrap_or(0)),
            kind,
            // a picture that could not be read has no measures, and no thumbnail
            thumbnail: (kind == FileKind::Image && row.width.is_some()).then(|| format!("{href}?size=thumb")),
            href,
        };
        (row.id, chip)
    };
    Ok(rows.into_iter().map(chip).collect())
}

/// Ids of the files in a record's fields and rows.
pub fn file_ids(fields: &[Field], record: &Json) -> Vec<Uuid> {
    use formwright_core::field::FieldKind;
    let mut out = Vec::new();
    for field in fields {
        let Some(value) = record.get(&field.name) else { continue };
        match &field.kind {
            FieldKind::Files(_) | FieldKind::Signature => out.extend(ids_of(value)),
            FieldKind::Table(table) => {
                out.extend(value.as_array().into_iter().flatten().flat_map(|row| file_ids(&table.fields, row)))
            }
            _ => {}
        }
    }
    out
}

/// A record with titles for what it points to, also in its rows, and the chips of its files.
///
/// # Errors
/// What the engine refuses.
pub async fn complete(desk: &mut Desk<'_>, seen: &SeenForm, record: &mut Json) -> Answer<()> {
    let fields: Vec<Field> = seen.each().map(|(_, f)| f.clone()).collect();
    let missing: Vec<Field> = fields
        .iter()
        .filter(|f| f.kind.link().is_some() && record.get("_titles").and_then(|t| t.get(&f.name)).is_none())
        .cloned()
        .collect();
    add_titles(desk.reader, &missing, std::slice::from_mut(record)).await?;
    for field in &fields {
        let Some(table) = field.table() else { continue };
        if let Some(rows) = record.get_mut(&field.name).and_then(Json::as_array_mut) {
            add_titles(desk.reader, &table.fields, rows).await?;
        }
    }
    desk.teller.files = file_chips(desk.reader, &file_ids(&fields, record)).await?;
    Ok(())
}
