//! The statuses of a record as steps, with those to which the reader may move it now.

use super::reader::Reader;
use super::seen_form::SeenForm;
use crate::problem::Answer;
use formwright_core::field::FieldKind;
use formwright_templates::view::{Step, StepState, Steps};
use serde_json::Value as Json;
use uuid::Uuid;

/// The status fields that the reader sees, of a record that lies in no recycle bin.
pub async fn of(reader: &Reader, seen: &SeenForm, record: &Json, id: Uuid) -> Answer<Vec<Steps>> {
    let has_status = seen.each().any(|(_, field)| matches!(field.kind, FieldKind::Status(_)));
    if !has_status {
        return Ok(Vec::new());
    }
    let moves = match seen.may("update") {
        true => reader.cx().engine.moves(reader.cx(), &seen.form.name, id).await?,
        false => Json::Null,
    };
    let words = reader.cx().locale;
    let mut out = Vec::new();
    for (place, field) in seen.each() {
        let FieldKind::Status(options) = &field.kind else { continue };
        let now = record.get(&field.name).and_then(Json::as_str).unwrap_or_default();
        let at = options.set.position(now);
        let open = |value: &str| {
            let list = moves.get(&field.name).and_then(Json::as_array).filter(|_| !place.readonly);
            list.into_iter().flatten().find(|m| m.get("to").and_then(Json::as_str) == Some(value))
        };
        let step = |(i, choice): (usize, &formwright_core::field::Choice)| {
            let found = open(&choice.value);
            Step {
                value: choice.value.clone(),
                title: choice.title.get(words).to_string(),
                state: match at {
                    Some(at) if i == at => StepState::Now,
                    Some(at) if i < at => StepState::Done,
                    _ => StepState::Next,
                },
                is_open: found.is_some(),
                asks: found.and_then(|m| m.get("require")).and_then(Json::as_array).is_some_and(|r| !r.is_empty()),
            }
        };
        let shown = options.set.choices.iter().enumerate().filter(|(_, c)| c.active || c.value == now);
        out.push(Steps {
            path: field.name.clone(),
            label: field.title.get(words).to_string(),
            items: shown.map(step).collect(),
        });
    }
    Ok(out)
}
