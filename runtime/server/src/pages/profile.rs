//! A person's own settings, sessions and tokens.

use super::cell::moment;
use super::reader::Reader;
use super::roles::role_title;
use crate::problem::Answer;
use axum::response::Response;
use formwright_engine::accounts;
use formwright_templates::view::{ApiToken, OpenSession, Profile};
use formwright_templates::{Page, format};
use serde_json::Value as Json;

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).await.map(Page::Profile);
    reader.answer(page)
}

async fn page(reader: &Reader) -> Answer<Profile> {
    let cx = reader.cx();
    let me = accounts::me(cx).await?;
    let sessions = accounts::sessions(cx, None).await?;
    let tokens = accounts::tokens(cx).await?;
    let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).map(str::to_string);
    let items = |json: &Json| json.get("items").and_then(Json::as_array).cloned().unwrap_or_default();
    let day = |json: &Json, key: &str| {
        json.get(key).and_then(moment).map(|m| format::date(m.with_timezone(&reader.zone()).date_naive()))
    };
    let near = |json: &Json, key: &str| {
        json.get(key).and_then(moment).map(|m| format::datetime_near(m, cx.now, reader.zone(), reader.locale()))
    };
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
        password_min: u32::try_from(cx.engine.settings().password_min).unwrap_or(12),
        tokens: items(&tokens)
            .iter()
            .map(|token| ApiToken {
                id: text(token, "id").unwrap_or_default(),
                name: text(token, "name").unwrap_or_default(),
                created: day(token, "created_at").unwrap_or_default(),
                expires: day(token, "expires_at"),
                last_used: near(token, "last_used").or_else(|| near(token, "last_used_at")),
            })
            .collect(),
        sessions: items(&sessions)
            .iter()
            .map(|session| OpenSession {
                id: text(session, "id").unwrap_or_default(),
                agent: text(session, "agent")
                    .map_or_else(|| reader.say("handler.session.unknown", &[]), |agent| browser(&agent)),
                address: text(session, "address").unwrap_or_default(),
                last_seen: near(session, "last_seen").unwrap_or_default(),
                current: session.get("current").and_then(Json::as_bool).unwrap_or(false),
            })
            .collect(),
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

/// Browser and system of what a browser calls itself: `Firefox 145, Windows`. Programs keep their own name.
pub fn browser(agent: &str) -> String {
    let version = |name: &str| -> Option<String> {
        let (_, rest) = agent.split_once(&format!("{name}/"))?;
        let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (!number.is_empty()).then_some(number)
    };
    let names = [
        ("MicroMessenger", "WeChat"),
        ("DingTalk", "DingTalk"),
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Firefox", "Firefox"),
        ("HeadlessChrome", "Chrome"),
        ("Chrome", "Chrome"),
        ("Version", "Safari"),
    ];
    let systems = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let named = names.iter().find_map(|(mark, name)| version(mark).map(|v| format!("{name} {v}")));
    let system = systems.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (named, system) {
        (Some(named), Some(system)) => format!("{named}, {system}"),
        (Some(named), None) => named,
        _ => agent.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_with_their_system_and_programs_by_themselves() {
        let cases = [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0",
                "Edge 143, Windows",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145, Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari 18, iPhone",
            ),
            ("curl/8.14.1", "curl/8.14.1"),
        ];
        for (agent, want) in cases {
            assert_eq!(browser(agent), want);
        }
    }
}
