//! The audit log, for those with the right to read it.

use super::cell::{Teller, id_of, iso, moment};
use super::people;
use super::reader::Reader;
use crate::problem::Answer;
use axum::response::Response;
use chrono::{DateTime, Days, NaiveDate, TimeZone, Utc};
use formwright_engine::audit::{self, AuditQuery};
use formwright_templates::view::cell::Hue;
use formwright_templates::view::{Audit, AuditFilter, AuditRow, Link, Pager, Person};
use formwright_templates::{Page, format, i18n};
use serde_json::Value as Json;
use uuid::Uuid;

const PAGE: usize = 50;
/// What can be asked for by name.
const ACTIONS: [&str; 28] = [
    "record.create",
    "record.update",
    "record.delete",
    "record.restore",
    "record.purge",
    "record.import",
    "comment.create",
    "file.upload",
    "import",
    "export",
    "session.begin",
    "session.end",
    "session.end_others",
    "password.change",
    "password.set",
    "link.create",
    "link.use",
    "token.create",
    "token.delete",
    "user.create",
    "user.update",
    "department.create",
    "department.update",
    "definition.publish",
    "view.create",
    "view.update",
    "view.delete",
    "view_as",
];

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).await.map(Page::Audit);
    reader.answer(page)
}

async fn page(reader: &Reader) -> Answer<Audit> {
    formwright_engine::accounts::require_right(reader.cx(), "audit")?;
    let query = reader.query().only(&["who", "action", "from", "to"]);
    let who = query.get("who");
    let person = who.and_then(|text| find(reader, text));
    let cursor = reader.query().get("cursor").map(str::to_string);
    let day = |name: &str| query.get(name).and_then(|text| text.parse::<NaiveDate>().ok());
    let wanted = AuditQuery {
        // a name that nobody has did nothing
        user: who.map(|_| person.unwrap_or(Uuid::nil())),
        what: query.get("action").map(str::to_string),
        from: day("from").and_then(|day| start_of(reader, day)),
        to: day("to").and_then(|day| day.checked_add_days(Days::new(1))).and_then(|day| start_of(reader, day)),
        limit: Some(PAGE),
        cursor: cursor.clone(),
        ..AuditQuery::default()
    };
    let answer = audit::read(reader.cx(), &wanted).await?;
    let teller = Teller::of(reader);
    let next = answer.get("next").and_then(Json::as_str);
    let mut actions: Vec<(String, String)> =
        ACTIONS.iter().map(|name| ((*name).to_string(), words(reader, name))).collect();
    if let Some(other) = query.get("action").filter(|a| !ACTIONS.contains(a)) {
        actions.push((other.to_string(), words(reader, other)));
    }
    let text = |name: &str| query.get(name).unwrap_or_default().to_string();
    Ok(Audit {
        filter: AuditFilter { who: text("who"), action: text("action"), from: text("from"), to: text("to") },
        actions,
        rows: answer
            .get("items")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .map(|item| row(reader, &teller, item))
            .collect(),
        pager: Pager {
            first_href: cursor.map(|_| query.href("/admin/audit")),
            previous_href: None,
            next_href: next.map(|next| query.with("cursor", Some(next)).href("/admin/audit")),
        },
    })
}

/// The person of a login or name.
fn find(reader: &Reader, text: &str) -> Option<Uuid> {
    let folded = formwright_core::fold::fold(text);
    let by_login = reader.organisation.user_by_login(text);
    let user = by_login.or_else(|| reader.organisation.users().iter().find(|u| u.is_found_by(&folded)));
    user.map(|u| u.row.id)
}

fn start_of(reader: &Reader, day: NaiveDate) -> Option<DateTime<Utc>> {
    let midnight = day.and_hms_opt(0, 0, 0)?;
    reader.cx().zone.from_local_datetime(&midnight).earliest().map(|t| t.to_utc())
}

fn words(reader: &Reader, what: &str) -> String {
    i18n::find_text(reader.locale(), &format!("handler.audit.{what}"), &[]).unwrap_or_else(|| what.to_string())
}

fn row(reader: &Reader, teller: &Teller<'_>, item: &Json) -> AuditRow {
    let text = |key: &str| item.get(key).and_then(Json::as_str);
    let at = item.get("at").and_then(moment).unwrap_or(teller.now);
    let what = text("what").unwrap_or_default();
    let result = text("result").unwrap_or("ok");
    let person = match (item.get("who").and_then(id_of), text("login")) {
        (Some(id), _) if reader.organisation.user(id).is_some() => Some(teller.person(id)),
        (_, Some(login)) => Some(Person::new(login, login)),
        _ => None,
    };
    let mut detail: Vec<String> = Vec::new();
    if result != "ok" {
        detail.push(reader.say(&format!("handler.result.{result}"), &[]));
    }
    for key in ["subject", "name", "field", "note"] {
        detail.extend(text(key).map(str::to_string));
    }
    if let Some(count) = item.get("count").and_then(Json::as_u64) {
        detail.push(format::group_digits(&count.to_string()));
    }
    if let Some(real) = item.get("real").and_then(id_of) {
        detail.push(reader.say("handler.audit.real", &[("name", &teller.person(real).name)]));
    }
    AuditRow {
        at: teller.whole(at),
        iso: iso(at),
        person,
        action: words(reader, what),
        hue: hue(what, result),
        object: item.get("on").and_then(|on| object(reader, teller, on)),
        detail: Some(detail.join(" · ")).filter(|d| !d.is_empty()),
        address: text("address").map(str::to_string),
    }
}

fn hue(what: &str, result: &str) -> Hue {
    let end = what.rsplit('.').next().unwrap_or_default();
    match (result, end) {
        ("ok", "create" | "begin" | "restore" | "use" | "import") => Hue::C2,
        ("ok", "update" | "change" | "set" | "publish") => Hue::C1,
        ("ok", "delete" | "purge") => Hue::C6,
        ("ok", _) => Hue::C9,
        _ => Hue::C10,
    }
}

/// What an entry is about: a record, a person.
fn object(reader: &Reader, teller: &Teller<'_>, on: &Json) -> Option<Link> {
    let id = on.get("id").and_then(id_of);
    if let Some(form) = on.get("form").and_then(Json::as_str) {
        let form = reader.cx().catalog.form_by_id(form).or_else(|| reader.cx().catalog.form(form))?;
        let title = form.title.get(teller.words);
        return Some(match id {
            Some(id) => {
                let text = id.to_string();
                Link::new(
                    format!("{title} {}", text.get(30..).unwrap_or_default()),
                    format!("/forms/{}/{id}", form.name),
                )
            }
            None => Link::new(title, format!("/forms/{}", form.name)),
        });
    }
    let user = on.get("user").and_then(id_of)?;
    if reader.has_right("manage_people") && reader.organisation.user(user).is_some() {
        return Some(Link::new(teller.person(user).name, people::href(user)));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_red_whatever_was_refused() {
        assert_eq!(hue("record.create", "refused"), Hue::C10);
        assert_eq!(hue("record.create", "ok"), Hue::C2);
        assert_eq!(hue("record.purge", "ok"), Hue::C6);
        assert_eq!(hue("view_as", "ok"), Hue::C9);
    }
}
