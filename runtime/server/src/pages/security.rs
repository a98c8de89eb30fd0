//! What opens a person's account: his second factor, password, sessions and tokens.

use super::cell::moment;
use super::reader::Reader;
use crate::problem::Answer;
use axum::response::Response;
use formwright_engine::accounts;
use formwright_templates::view::{ApiToken, OpenSession, SecondFactor, Security};
use formwright_templates::{Page, format};
use serde_json::Value as Json;

/// As few recovery codes left as this: time for new ones.
const FEW: i64 = 3;

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).await.map(Page::Security);
    reader.answer(page)
}

async fn page(reader: &Reader) -> Answer<Security> {
    let cx = reader.cx();
    let factor = accounts::factor(cx).await?;
    let sessions = accounts::sessions(cx, None).await?;
    let tokens = accounts::tokens(cx).await?;
    let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).map(str::to_string);
    let truth = |json: &Json, key: &str| json.get(key).and_then(Json::as_bool).unwrap_or(false);
    let items = |json: &Json| json.get("items").and_then(Json::as_array).cloned().unwrap_or_default();
    let day = |json: &Json, key: &str| {
        json.get(key).and_then(moment).map(|m| format::date(m.with_timezone(&reader.zone()).date_naive()))
    };
    let near = |json: &Json, key: &str| {
        json.get(key).and_then(moment).map(|m| format::datetime_near(m, cx.now, reader.zone(), reader.locale()))
    };
    let left = factor.get("recovery_codes").and_then(Json::as_i64).unwrap_or(0);
    Ok(Security {
        login: reader.principal().map(|person| person.person.login.clone()).unwrap_or_default(),
        must_enrol: reader.principal().is_some_and(|person| person.must_enrol),
        factor: SecondFactor {
            enabled: truth(&factor, "enabled"),
            since: day(&factor, "enabled_at"),
            recovery_codes: left.to_string(),
            few: left <= FEW,
            required: truth(&factor, "required"),
        },
        password_min: u32::try_from(cx.engine.settings().password_min).unwrap_or(12),
        tokens: items(&tokens)
            .iter()
            .map(|token| ApiToken {
                id: text(token, "id").unwrap_or_default(),
                name: text(token, "name").unwrap_or_default(),
                created: day(token, "created_at").unwrap_or_default(),
                expires: day(token, "expires_at"),
                last_used: near(token, "last_used"),
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
                current: truth(session, "current"),
                second_factor: truth(session, "second_factor"),
            })
            .collect(),
    })
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
