//! A view as one reader sees it: without columns, sorts and sums of fields that he may not know, and with the filter's terms
//! on them decided as if the fields were empty. So a view names nothing that is hidden, and can be asked for as it stands.

use formwright_core::query::{Limits, Place, QueryContext, read_condition, resolve_open, resolve_path};
use serde_json::{Map, Value as Json, json};

/// Lists of paths, the first sign of a sort left aside.
const LISTS: [&str; 4] = ["fields", "sort", "sum", "card"];
/// Members that are one path.
const PATHS: [&str; 7] = ["group", "color", "start", "end", "parent", "image", "depends"];
/// What holds of an empty field.
const HOLDS_OF_EMPTY: [&str; 4] = ["ne", "not_in", "has_none", "is_empty"];

/// Takes out of a view whatever the reader of `cx` may not know of the form.
pub(crate) fn limit_to_seen(cx: &QueryContext<'_>, form: usize, view: &mut Map<String, Json>) {
    let place = Place::form(form);
    // what is shown may be encrypted, what orders or groups may not
    let shown = |text: &str| resolve_path(cx, place, text, "").is_ok();
    let open = |text: &str| resolve_open(cx, place, text.trim_start_matches('-'), "").is_ok();
    for key in LISTS {
        let seen = |text: &str| if ["fields", "card"].contains(&key) { shown(text) } else { open(text) };
        if let Some(list) = view.get_mut(key).and_then(Json::as_array_mut) {
            list.retain(|item| item.as_str().or_else(|| item.get("field").and_then(Json::as_str)).is_none_or(seen));
        }
    }
    view.retain(|key, value| !PATHS.contains(&key.as_str()) || value.as_str().is_none_or(open));
    if let Some(filter) = view.get_mut("filter") {
        decide_hidden(cx, place, filter);
    }
}

/// Replaces each term that the reader may not name by what it says of an empty field.
fn decide_hidden(cx: &QueryContext<'_>, place: Place, term: &mut Json) {
    let Some(map) = term.as_object_mut() else { return };
    for key in ["and", "or"] {
        if let Some(parts) = map.get_mut(key).and_then(Json::as_array_mut) {
            parts.iter_mut().for_each(|part| decide_hidden(cx, place, part));
            return;
        }
    }
    if let Some(inner) = map.get_mut("not") {
        decide_hidden(cx, place, inner);
        return;
    }
    let op = map.get("op").and_then(Json::as_str).unwrap_or_default();
    let holds = HOLDS_OF_EMPTY.contains(&op);
    let mut faults = Vec::new();
    read_condition(cx, place, term, "", Limits::default(), &mut faults);
    if !faults.is_empty() {
        *term = if holds { json!({"and": []}) } else { json!({"or": []}) };
    }
}
