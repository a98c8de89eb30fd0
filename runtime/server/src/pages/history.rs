//! What happened to a record, field by field, in words.

use super::asked;
use super::cell::{Place, Teller, id_of, iso, moment};
use super::reader::Reader;
use super::record::row_words;
use super::seen_form::SeenForm;
use crate::problem::Answer;
use formwright_core::field::Field;
use formwright_templates::format;
use formwright_templates::view::{Cell, Change, FieldChange, HistoryEntry};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

/// Entries on a page.
const ENTRIES: usize = 20;

/// The latest entries, and where older ones are (`?history=<cursor>`).
///
/// # Errors
/// What the engine refuses.
pub async fn of(
    reader: &Reader,
    seen: &SeenForm,
    teller: &Teller<'_>,
    id: Uuid,
) -> Answer<(Vec<HistoryEntry>, Option<String>)> {
    let cursor = reader.query().get("history");
    let answer = reader.cx().engine.history(reader.cx(), &seen.form.name, id, cursor, ENTRIES).await?;
    let items: Vec<Json> = answer.get("items").and_then(Json::as_array).cloned().unwrap_or_default();
    let mut sides = sides_of(&items);
    let fields: Vec<Field> = seen.each().map(|(_, f)| f.clone()).collect();
    asked::add_titles(reader, &fields, &mut sides).await?;
    for side in &mut sides {
        for field in &fields {
            if let (Some(table), Some(rows)) = (field.table(), side.get_mut(&field.name).and_then(Json::as_array_mut)) {
                asked::add_titles(reader, &table.fields, rows).await?;
            }
        }
    }
    let mut sides = sides.into_iter();
    let entries = items.iter().map(|item| entry(seen, teller, item, &mut sides)).collect();
    let more = answer.get("next").and_then(Json::as_str).map(|next| {
        let query = reader.query().only(&["from"]).with("history", Some(next));
        format!("{}#history", query.href(&format!("{}/{id}", seen.href())))
    });
    Ok((entries, more))
}

/// Both sides of every change as small records, so that titles can be looked up for all of them together.
fn sides_of(items: &[Json]) -> Vec<Json> {
    let mut out = Vec::new();
    for change in items.iter().flat_map(changes_of) {
        let name = change.get("field").and_then(Json::as_str).unwrap_or_default();
        for side in ["from", "to"] {
            let mut map = Map::new();
            map.insert(name.to_string(), change.get(side).cloned().unwrap_or(Json::Null));
            out.push(Json::Object(map));
        }
    }
    out
}

fn changes_of(item: &Json) -> impl Iterator<Item = &Json> {
    item.get("changes").and_then(Json::as_array).into_iter().flatten()
}

fn entry(seen: &SeenForm, teller: &Teller<'_>, item: &Json, sides: &mut impl Iterator<Item = Json>) -> HistoryEntry {
    let at = item.get("at").and_then(moment).unwrap_or(teller.now);
    let change = match item.get("cause").and_then(Json::as_str) {
        Some("create") => Change::Created,
        Some("delete") => Change::Deleted,
        Some("restore") => Change::Restored,
        Some("import" | "migration") => Change::Imported,
        Some("update") | None => Change::Updated,
        Some(_) => Change::Automated,
    };
    let mut changes = Vec::new();
    for one in changes_of(item) {
        let (from, to) = (sides.next().unwrap_or(Json::Null), sides.next().unwrap_or(Json::Null));
        let Some((place, field)) = one.get("field").and_then(Json::as_str).and_then(|name| seen.field(name)) else {
            continue;
        };
        let columns: Vec<&Field> = place.columns.iter().filter_map(|(c, _)| field.table()?.fields.get(*c)).collect();
        let side = |record: &Json| match field.table() {
            None => {
                let titles = record.get("_titles").and_then(|t| t.get(&field.name));
                teller.cell(field, record.get(&field.name).unwrap_or(&Json::Null), titles, record, Place::Row)
            }
            Some(_) => {
                let rows = record.get(&field.name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
                let lines: Vec<String> = rows.iter().map(|row| row_words(teller, &columns, row)).collect();
                if lines.is_empty() { Cell::Empty } else { Cell::Lines { text: lines.join("\n") } }
            }
        };
        let (from, to) = (side(&from), side(&to));
        if from != Cell::Empty || to != Cell::Empty {
            changes.push(FieldChange { label: field.title.get(teller.words).to_string(), from, to });
        }
    }
    // a new record's fields stand on the page already
    if matches!(change, Change::Created | Change::Imported) {
        changes.clear();
    }
    HistoryEntry {
        change,
        person: item.get("by").and_then(id_of).map(|id| teller.person(id)),
        at: format::datetime_near(at, teller.now, teller.zone, teller.locale),
        iso: iso(at),
        full: teller.whole(at),
        cause: None,
        changes,
    }
}
