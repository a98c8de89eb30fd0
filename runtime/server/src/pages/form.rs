//! Filling in a record: a new one, a copy, or changes to a stored one.

use super::asked;
use super::columns;
use super::compared;
use super::control::Desk;
use super::layout::{Item, arrange};
use super::reader::Reader;
use super::seen_form::SeenForm;
use crate::answer::id;
use crate::problem::Answer;
use axum::extract::Path;
use axum::response::Response;
use chrono::NaiveDate;
use formwright_core::field::{Field, FieldKind, Unique};
use formwright_templates::Page;
use formwright_templates::view::{Control, ControlKind, EditedRecord, Form, FormSection, SaveTarget};
use serde_json::{Map, Value as Json, json};

pub async fn show_new(reader: Reader, Path(form): Path<String>) -> Response {
    let page = new_page(&reader, &form).await.map(Page::Form);
    reader.answer(page)
}

pub async fn show_edit(reader: Reader, Path((form, record)): Path<(String, String)>) -> Response {
    let page = edit_page(&reader, &form, &record).await.map(Page::Form);
    reader.answer(page)
}

/// The page of a new record, as its reader would fill it in.
///
/// # Errors
/// 404 for a form that he does not know, 403 where he may make no records.
pub async fn new_page(reader: &Reader, name: &str) -> Answer<Form> {
    let seen = SeenForm::find(reader, name)?;
    seen.must("create")?;
    let mut body = match reader.query().get("from") {
        Some(from) => copied(&seen, &asked::record(reader, name, id(from)?).await?),
        None => Map::new(),
    };
    for (key, text) in reader.query().pairs() {
        if let Some((_, field)) = seen.field(key).filter(|(place, field)| !place.readonly && field.table().is_none()) {
            body.insert(key.to_string(), value_from_text(field, text));
        }
    }
    // the engine fills in defaults; what it finds wrong is told when the record is saved
    let started = body.keys().cloned().collect();
    let preview = reader.cx().engine.preview(reader.cx(), name, body).await?;
    let mut record = preview.get("record").cloned().unwrap_or(Json::Null);
    let mut desk = Desk::of(reader, true);
    asked::complete(&mut desk, &seen, &mut record).await?;
    Ok(Form {
        record: None,
        sections: ruled(sections(&desk, &seen, &record), &preview),
        started,
        save: SaveTarget {
            method: "POST".to_string(),
            href: format!("/api/records/{name}"),
            next: format!("{}/{{id}}", seen.href()),
        },
        cancel_href: seen.href(),
        ..frame(reader, &seen)
    })
}

async fn edit_page(reader: &Reader, name: &str, record_id: &str) -> Answer<Form> {
    let seen = SeenForm::find(reader, name)?;
    seen.must("update")?;
    let id = id(record_id)?;
    let mut record = asked::record(reader, name, id).await?;
    let mut desk = Desk::of(reader, false);
    asked::complete(&mut desk, &seen, &mut record).await?;
    // what the form's rules say of the record as it stands
    let draft = Map::from_iter([("id".to_string(), json!(id))]);
    let preview = reader.cx().engine.preview(reader.cx(), name, draft).await?;
    let title = columns::record_title(&seen, &desk.teller, &record);
    let here = format!("{}/{id}", seen.href());
    Ok(Form {
        record: Some(EditedRecord {
            id: id.to_string(),
            version: record.get("version").and_then(Json::as_i64).unwrap_or(0),
            title,
        }),
        sections: ruled(sections(&desk, &seen, &record), &preview),
        save: SaveTarget { method: "PATCH".to_string(), href: format!("/api/records/{name}/{id}"), next: here.clone() },
        cancel_href: here,
        ..frame(reader, &seen)
    })
}

/// Sections as the rules of the form have them before anybody types: what is hidden is drawn hidden, so that nothing jumps.
fn ruled(mut sections: Vec<FormSection>, preview: &Json) -> Vec<FormSection> {
    let named = |list: &str, path: &str| {
        preview.get(list).and_then(Json::as_array).into_iter().flatten().any(|name| name.as_str() == Some(path))
    };
    for control in sections.iter_mut().flat_map(|section| &mut section.controls) {
        if !matches!(control.input, ControlKind::Paragraph { .. }) {
            control.hidden = named("hide", &control.path);
            control.required = named("require", &control.path) && !control.readonly;
        }
    }
    sections
}

fn frame(reader: &Reader, seen: &SeenForm) -> Form {
    Form {
        form: seen.reference(reader),
        time_zone: reader.zone().name().to_string(),
        today: reader.today().to_string(),
        live: !seen.form.computed.is_empty()
            || !seen.form.rules.rules.is_empty()
            || seen.each().any(|(_, field)| matches!(field.kind, FieldKind::Status(_))),
        compared: compared::comparisons(reader, seen),
        ..Form::default()
    }
}

fn sections(desk: &Desk<'_>, seen: &SeenForm, record: &Json) -> Vec<FormSection> {
    let arrangement = arrange(seen, desk.teller.words);
    let control = |item: &Item, at: usize, name: &str| -> Option<Control> {
        match item {
            Item::Text(text) => {
                Some(Control::new(format!("{name}-{at}"), "", ControlKind::Paragraph { text: text.clone() }))
            }
            Item::Field { index, wide } => {
                let (place, field) = seen.each().find(|(place, _)| place.index == *index)?;
                let is_shown = matches!(field.kind, FieldKind::Serial(_)) || field.computed.is_some();
                let is_given_later = place.readonly && desk.is_new && !is_shown;
                (!is_given_later).then(|| desk.control(seen, place, field, record, *wide))
            }
        }
    };
    arrangement
        .sections
        .iter()
        .map(|section| FormSection {
            name: section.name.clone(),
            title: section.title.clone(),
            help: None,
            columns: section.columns,
            controls: section
                .items
                .iter()
                .enumerate()
                .filter_map(|(at, item)| control(item, at, &section.name))
                .collect(),
        })
        .filter(|section| section.controls.iter().any(|c| !matches!(c.input, ControlKind::Paragraph { .. })))
        .collect()
}

/// The values of a record that a copy takes over: not what must be its own, what the system gives, or whose files they are.
fn copied(seen: &SeenForm, record: &Json) -> Map<String, Json> {
    let mut out = Map::new();
    for (place, field) in seen.each() {
        let Some(value) = record.get(&field.name).filter(|v| !v.is_null() && !place.readonly && is_copied(field))
        else {
            continue;
        };
        let value = match (field.table(), value) {
            (Some(table), Json::Array(rows)) => {
                Json::Array(rows.iter().map(|row| row_copied(&table.fields, row)).collect())
            }
            _ => value.clone(),
        };
        out.insert(field.name.clone(), value);
    }
    out
}

fn row_copied(columns: &[Field], row: &Json) -> Json {
    let of = |column: &Field| {
        row.get(&column.name).filter(|v| !v.is_null() && is_copied(column)).map(|v| (column.name.clone(), v.clone()))
    };
    Json::Object(columns.iter().filter_map(of).collect())
}

fn is_copied(field: &Field) -> bool {
    let own =
        matches!(field.kind, FieldKind::Serial(_) | FieldKind::Status(_) | FieldKind::Files(_) | FieldKind::Signature);
    !own && !field.read_only && field.unique() == Unique::No
}

/// The JSON of a value given in an address (`?customer=…`), as the field takes it.
fn value_from_text(field: &Field, text: &str) -> Json {
    let one = |text: &str| Json::String(text.to_string());
    match &field.kind {
        FieldKind::Number(_) => serde_json::from_str(text).ok().filter(Json::is_number).unwrap_or_else(|| one(text)),
        FieldKind::Boolean => json!(matches!(text, "true" | "1" | "yes")),
        FieldKind::Choices(_)
        | FieldKind::Tags(_)
        | FieldKind::Users
        | FieldKind::Departments
        | FieldKind::Links(_) => {
            Json::Array(text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(one).collect())
        }
        FieldKind::Date => text.parse::<NaiveDate>().map_or_else(|_| Json::Null, |d| one(&d.to_string())),
        _ => one(text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use formwright_core::form::build_form;
    use std::collections::HashMap;

    #[test]
    fn values_of_an_address_become_what_their_fields_take() {
        let doc = json!({"kind": "form", "app": "a", "name": "f", "title": "F", "record": {"type": "object", "properties": {
            "customer": {"type": "string", "field": {"type": "link", "form": "c"}},
            "amount": {"type": "number", "field": {"type": "money"}},
            "paid": {"type": "boolean"},
            "tags": {"type": "array", "field": {"type": "tags"}},
            "day": {"type": "string", "format": "date"},
        }}});
        let form = build_form(&doc, &HashMap::new(), &mut Vec::new()).expect("a form");
        let value = |name: &str, text: &str| value_from_text(form.field(name).unwrap().1, text);
        assert_eq!(
            value("customer", "01890a5d-ac96-774b-bcce-b302099a8057"),
            json!("01890a5d-ac96-774b-bcce-b302099a8057")
        );
        assert_eq!(value("amount", "1234.50").to_string(), "1234.50");
        assert_eq!(value("amount", "many"), json!("many"), "the engine says what is wrong with it");
        assert_eq!(value("paid", "true"), json!(true));
        assert_eq!(value("tags", "a, b,"), json!(["a", "b"]));
        assert_eq!(value("day", "2026-11-24"), json!("2026-11-24"));
        assert_eq!(value("day", "yesterday"), Json::Null);
    }
}
