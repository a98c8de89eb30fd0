//! What the reader was told, newest first.

use super::cell::moment;
use super::query::Query;
use super::reader::Reader;
use super::told;
use crate::problem::Answer;
use axum::response::Response;
use formwright_templates::view::{NotificationRow, Notifications, Pager};
use formwright_templates::{Page, format};
use serde_json::Value as Json;

/// Notifications of a page.
const ROWS: usize = 50;

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).await.map(Page::Notifications);
    reader.answer(page)
}

async fn page(reader: &Reader) -> Answer<Notifications> {
    let cx = reader.cx();
    let cursor = reader.query().get("cursor").and_then(|text| text.parse().ok());
    let answer = cx.engine.notifications(cx, false, cursor, ROWS).await?;
    let rows = answer.get("items").and_then(Json::as_array).into_iter().flatten().map(|item| {
        let words = told::words(reader.locale(), item);
        let at = item.get("at").and_then(moment);
        NotificationRow {
            id: item.get("id").and_then(Json::as_str).unwrap_or_default().to_string(),
            icon: words.icon.to_string(),
            title: words.title,
            text: words.text,
            href: words.href,
            at: at.map(|at| format::datetime_near(at, cx.now, reader.zone(), reader.locale())).unwrap_or_default(),
            iso: item.get("at").and_then(Json::as_str).unwrap_or_default().to_string(),
            unread: item.get("read_at").is_none_or(Json::is_null),
        }
    });
    let next = answer.get("next").and_then(Json::as_str);
    Ok(Notifications {
        rows: rows.collect(),
        unread: answer.get("unread").and_then(Json::as_i64).unwrap_or(0) > 0,
        pager: Pager {
            first_href: cursor.map(|_| "/notifications".to_string()),
            previous_href: None,
            next_href: next.map(|next| Query::default().with("cursor", Some(next)).href("/notifications")),
        },
    })
}
