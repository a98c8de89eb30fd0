//! The list of people, for those who manage them.

use super::cell::{id_of, moment};
use super::query::Query;
use super::reader::Reader;
use super::roles::role_title;
use crate::problem::Answer;
use axum::response::Response;
use formwright_engine::accounts::{self, UserQuery};
use formwright_templates::view::cell::Hue;
use formwright_templates::view::{MemberRow, Pager, People, Person, Tag};
use formwright_templates::{Page, format};
use serde_json::Value as Json;
use uuid::Uuid;

const PAGE: usize = 50;

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).await.map(Page::People);
    reader.answer(page)
}

async fn page(reader: &Reader) -> Answer<People> {
    let cx = reader.cx();
    accounts::require_right(cx, "manage_people")?;
    let query = reader.query().only(&["q", "all"]);
    let with_inactive = query.get("all") == Some("1");
    let cursor = reader.query().get("cursor").map(str::to_string);
    let wanted = UserQuery {
        q: query.get("q").map(str::to_string),
        active: (!with_inactive).then_some(true),
        limit: Some(PAGE),
        cursor: cursor.clone(),
        ..UserQuery::default()
    };
    let answer = accounts::users(cx, &wanted).await?;
    let mut rows = Vec::new();
    for user in answer.get("items").and_then(Json::as_array).into_iter().flatten() {
        rows.push(row(reader, user).await?);
    }
    let next = answer.get("next").and_then(Json::as_str);
    Ok(People {
        search: query.get("q").unwrap_or_default().to_string(),
        with_inactive,
        count: (cursor.is_none() && next.is_none()).then(|| rows.len().to_string()),
        rows,
        pager: Pager {
            first_href: cursor.map(|_| query.href("/admin/people")),
            previous_href: None,
            next_href: next.map(|next| query.with("cursor", Some(next)).href("/admin/people")),
        },
        create_href: Some("/admin/people/new".to_string()),
    })
}

async fn row(reader: &Reader, user: &Json) -> Answer<MemberRow> {
    let text = |key: &str| user.get(key).and_then(Json::as_str).unwrap_or_default();
    let id = text("id");
    let active = user.get("active").and_then(Json::as_bool).unwrap_or(true);
    let roles = user
        .get("roles")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(|r| r.get("role").and_then(Json::as_str));
    let last_seen = match id.parse::<Uuid>() {
        Ok(id) if active => last_seen(reader, id).await?,
        _ => None,
    };
    Ok(MemberRow {
        href: format!("/admin/people/{id}"),
        person: Person { inactive: !active, ..Person::new(id, text("name")) },
        login: text("login").to_string(),
        department: user
            .get("department")
            .and_then(id_of)
            .and_then(|id| reader.organisation.department_title(id, reader.cx().locale))
            .map(str::to_string),
        roles: roles
            .map(|name| {
                Tag::new(
                    role_title(reader, name),
                    if name == formwright_core::permission::ADMIN { Hue::C5 } else { Hue::C9 },
                )
            })
            .collect(),
        invited: false,
        // whoever has no session open now may have had one before
        last_seen: last_seen.or_else(|| Some("—".to_string())),
    })
}

/// When a person's sessions were last used.
pub async fn last_seen(reader: &Reader, id: Uuid) -> Answer<Option<String>> {
    let sessions = accounts::sessions(reader.cx(), Some(id)).await?;
    let latest = sessions
        .get("items")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(|s| s.get("last_seen").and_then(moment))
        .max();
    Ok(latest.map(|at| format::datetime_near(at, reader.cx().now, reader.zone(), reader.locale())))
}

/// The address of a person's page.
pub fn href(id: Uuid) -> String {
    Query::default().href(&format!("/admin/people/{id}"))
}
