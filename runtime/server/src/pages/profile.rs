//! A person's own settings.

use super::reader::Reader;
use super::roles::role_title;
use crate::problem::Answer;
use axum::response::Response;
use formwright_engine::accounts;
use formwright_templates::Page;
use formwright_templates::view::Profile;
use serde_json::Value as Json;

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).await.map(Page::Profile);
    reader.answer(page)
}

async fn page(reader: &Reader) -> Answer<Profile> {
    let cx = reader.cx();
    let me = accounts::me(cx).await?;
    let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).map(str::to_string);
    let roles = me
        .get("roles")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(|r| r.get("role").and_then(Json::as_str))
        .map(|name| role_title(reader, name));
    Ok(Profile {
        name: text(&me, "name").unwrap_or_default(),
        login: text(&me, "login").unwrap_or_default(),
        email: text(&me, "email"),
        department: me
            .get("department")
            .and_then(super::cell::id_of)
            .and_then(|id| reader.organisation.department_title(id, cx.locale))
            .map(str::to_string),
        roles: roles.collect(),
        time_zone: text(&me, "time_zone").unwrap_or_default(),
        time_zones: zones(),
        company_zone: cx.zone.name().to_string(),
    })
}

/// Zones of places; abbreviations and old names are left out.
pub fn zones() -> Vec<String> {
    let of_a_place = |name: &&str| {
        let continent = name.split('/').next().unwrap_or_default();
        ["Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"]
            .contains(&continent)
            && name.contains('/')
    };
    chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .filter(of_a_place)
        .map(str::to_string)
        .chain(["UTC".to_string()])
        .collect()
}
