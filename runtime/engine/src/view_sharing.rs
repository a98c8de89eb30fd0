//! With whom a saved view is shared, as its owner says it.

use crate::{Context, EngineError, EngineResult, organisation};
use formwright_core::definition::type_name;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::permission::ADMIN;
use formwright_store::views::UNSHARED;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// Takes `shared_with` and `is_default` out of a body; what is absent stays as it was.
pub(crate) async fn take_sharing(
    cx: &Context,
    body: &mut Map<String, Json>,
    shared: String,
    is_default: bool,
) -> EngineResult<(String, bool)> {
    let mut faults = Vec::new();
    let is_default = match body.shift_remove("is_default") {
        None => is_default,
        Some(Json::Null) => false,
        Some(Json::Bool(value)) => value,
        Some(other) => {
            faults.push(
                Fault::new("is_default", &code::WRONG_TYPE).with("expected", "boolean").with("got", type_name(&other)),
            );
            is_default
        }
    };
    let shared = match body.shift_remove("shared_with") {
        None => shared,
        Some(Json::Null) => UNSHARED.to_string(),
        Some(Json::Object(map)) => read_sharing(cx, &map, &mut faults).await?,
        Some(other) => {
            faults.push(
                Fault::new("shared_with", &code::WRONG_TYPE).with("expected", "object").with("got", type_name(&other)),
            );
            shared
        }
    };
    if faults.is_empty() { Ok((shared, is_default)) } else { Err(EngineError::request_faults(faults)) }
}

async fn read_sharing(cx: &Context, map: &Map<String, Json>, faults: &mut Vec<Fault>) -> EngineResult<String> {
    for key in map.keys().filter(|k| !["users", "roles"].contains(&k.as_str())) {
        faults.push(
            Fault::new(format!("shared_with/{key}"), &code::UNKNOWN_KEY)
                .with("name", key)
                .suggest(key, ["users", "roles"].into_iter()),
        );
    }
    let people = organisation::fresh(&cx.engine).await?;
    let mut list = |key: &str, known: &dyn Fn(&str) -> bool| -> Vec<String> {
        let Some(json) = map.get(key).filter(|j| !j.is_null()) else { return Vec::new() };
        let Some(items) = json.as_array().filter(|items| items.len() <= 200) else {
            faults.push(
                Fault::new(format!("shared_with/{key}"), &code::WRONG_TYPE)
                    .with("expected", "array of at most 200")
                    .with("got", type_name(json)),
            );
            return Vec::new();
        };
        let mut out = Vec::new();
        for (i, item) in items.iter().enumerate() {
            match item.as_str().filter(|t| known(t)) {
                Some(text) => out.push(text.to_string()),
                None => faults.push(Fault::new(format!("shared_with/{key}/{i}"), &code::NOT_FOUND_REFERENCE)),
            }
        }
        out
    };
    let users = list("users", &|text| Uuid::try_parse(text).ok().and_then(|id| people.user(id)).is_some());
    let roles = list("roles", &|name| name == ADMIN || cx.catalog.role(name).is_some());
    if users.is_empty() && roles.is_empty() {
        return Ok(UNSHARED.into());
    }
    Ok(json!({"users": users, "roles": roles}).to_string())
}
