//! Variables in the values of a condition: who asks, when, the record at hand and settings.

use super::Vars;
use crate::diagnostic::Fault;
use crate::error_code as code;
use serde_json::Value as Json;
use uuid::Uuid;

/// Replaces variables in a value (at its top, in lists and in `from`/`to`).
pub(super) fn resolve_variables(vars: &Vars<'_>, value: &Json, at: &str) -> Result<Json, Fault> {
    match value {
        Json::Object(map) if map.contains_key("var") => {
            let name = map.get("var").and_then(Json::as_str).unwrap_or_default();
            variable(vars, name).ok_or_else(|| {
                Fault::new(format!("{at}/var"), &code::UNKNOWN_REFERENCE)
                    .with("kind", "variable")
                    .with("name", name)
                    .suggest(
                        name,
                        [
                            "me",
                            "me.department",
                            "me.departments",
                            "me.manager",
                            "me.roles",
                            "me.login",
                            "me.reports",
                            "today",
                            "now",
                        ]
                        .into_iter(),
                    )
            })
        }
        Json::Object(map) => {
            let mut out = serde_json::Map::new();
            for (k, v) in map {
                out.insert(k.clone(), resolve_variables(vars, v, at)?);
            }
            Ok(Json::Object(out))
        }
        Json::Array(items) => {
            let mut out = Vec::with_capacity(items.len());
            for item in items {
                match resolve_variables(vars, item, at)? {
                    Json::Array(inner) if item.get("var").is_some() => out.extend(inner),
                    one => out.push(one),
                }
            }
            Ok(Json::Array(out))
        }
        other => Ok(other.clone()),
    }
}

fn variable(vars: &Vars<'_>, name: &str) -> Option<Json> {
    let id = |id: Uuid| Json::String(id.to_string());
    let ids = |list: Vec<Uuid>| Json::Array(list.into_iter().map(id).collect());
    Some(match name {
        "me" => id(vars.me.id),
        "me.department" => vars.me.department.map_or(Json::Null, id),
        "me.departments" => ids(vars.me.departments.clone()),
        "me.manager" => vars.me.manager.map_or(Json::Null, id),
        "me.roles" => Json::Array(vars.me.roles.iter().cloned().map(Json::String).collect()),
        "me.login" => Json::String(vars.me.login.clone()),
        "me.reports" => ids(vars.organisation.reports_of(vars.me.id)),
        "today" => Json::String(vars.clock.today().to_string()),
        "now" => Json::String(crate::value::format_instant(vars.clock.now)),
        _ => {
            let (root, rest) = name.split_once('.')?;
            let mut at = match root {
                "record" => vars.record,
                "settings" => vars.settings,
                _ => return None,
            };
            for segment in rest.split('.') {
                at = at.and_then(|v| v.get(segment));
            }
            at.cloned().unwrap_or(Json::Null)
        }
    })
}
