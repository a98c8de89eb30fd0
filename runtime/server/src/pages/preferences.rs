//! What the reader wants to be told.

use super::reader::Reader;
use crate::problem::Answer;
use axum::response::Response;
use formwright_core::text::title_from_name;
use formwright_templates::view::{NotificationChoice, NotificationPreferences};
use formwright_templates::{Page, i18n};
use serde_json::Value as Json;

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).await.map(Page::NotificationPreferences);
    reader.answer(page)
}

async fn page(reader: &Reader) -> Answer<NotificationPreferences> {
    let answer = reader.cx().engine.notification_preferences(reader.cx()).await?;
    let kinds = answer.get("events").and_then(Json::as_object).into_iter().flatten();
    let choices = kinds.map(|(kind, channels)| {
        let say = |key: &str| i18n::find_text(reader.locale(), &format!("notifications.kind.{kind}{key}"), &[]);
        NotificationChoice {
            kind: kind.clone(),
            title: say("").unwrap_or_else(|| title_from_name(kind)),
            text: say("_help").unwrap_or_default(),
            icon: match kind.as_str() {
                "mention" => "message-square",
                "job" => "upload",
                _ => "bell",
            }
            .to_string(),
            in_app: channels.get("in_app").and_then(Json::as_bool).unwrap_or(true),
        }
    });
    Ok(NotificationPreferences { choices: choices.collect() })
}
