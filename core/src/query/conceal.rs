//! A filter without the values that it compares encrypted fields with: for whatever keeps filters in plain text.

use super::path::{Place, resolve_path};
use super::{AllSight, QueryContext};
use serde_json::Value as Json;

/// Takes such values out; the name of a field with one, where there is any.
pub fn conceal(cx: &QueryContext<'_>, place: Place, filter: &mut Json) -> Option<String> {
    let cx = QueryContext { catalog: cx.catalog, sight: &AllSight, vars: cx.vars };
    node(&cx, place, filter)
}

fn node(cx: &QueryContext<'_>, place: Place, filter: &mut Json) -> Option<String> {
    let map = filter.as_object_mut()?;
    let mut found = None;
    for key in ["and", "or"] {
        for part in map.get_mut(key).and_then(Json::as_array_mut).into_iter().flatten() {
            found = node(cx, place, part).or(found);
        }
    }
    if let Some(inner) = map.get_mut("not") {
        found = node(cx, place, inner).or(found);
    }
    let related = map.get("related").and_then(Json::as_str).and_then(|name| {
        let (form, table) = name.split_once('.').map_or((name, None), |(form, table)| (form, Some(table)));
        let form = cx.catalog.form_index(form)?;
        let table = match table {
            Some(table) => Some(cx.catalog.forms.get(form)?.field(table)?.0),
            None => None,
        };
        Some(Place { form, table })
    });
    if let (Some(there), Some(inner)) = (related, map.get_mut("where")) {
        found = node(cx, there, inner).or(found);
    }
    let field = map.get("field").and_then(Json::as_str).and_then(|path| resolve_path(cx, place, path, "").ok());
    let hidden = field.as_ref().and_then(|path| path.field(cx.catalog)).filter(|field| field.is_encrypted());
    if let (Some(field), Some(value)) = (hidden, map.get_mut("value").filter(|value| !value.is_null())) {
        *value = Json::Null;
        return Some(field.name.clone());
    }
    found
}
