//! The first page: apps, records changed lately, what can be created at once.

use super::asked;
use super::cell::{Teller, iso, moment};
use super::columns;
use super::list;
use super::nav::{UsableApp, usable_apps};
use super::reader::Reader;
use super::seen_form::SeenForm;
use super::work;
use crate::problem::Answer;
use axum::response::Response;
use chrono::{DateTime, Utc};
use formwright_engine::apps;
use formwright_engine::records::ListRequest;
use formwright_templates::view::{AppTile, DayPart, Home, Link, RecentRecord, ShippedApp, StartStep};
use formwright_templates::{Page, format};
use serde_json::Value as Json;

/// Forms that are asked for their latest records.
const ASKED_FORMS: usize = 12;
/// Records of one form among them.
const OF_ONE_FORM: usize = 4;
const RECENT: usize = 10;
const QUICK: usize = 12;

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).await.map(Page::Home);
    reader.answer(page)
}

async fn page(reader: &Reader) -> Answer<Home> {
    let apps = usable_apps(reader);
    let (zone, locale) = (reader.zone(), reader.locale());
    let now = reader.cx().now;
    let quick = apps
        .iter()
        .flat_map(|a| &a.forms)
        .filter(|f| f.may("create"))
        .take(QUICK)
        .map(|f| Link::new(f.title.clone(), format!("{}/new", f.href())));
    Ok(Home {
        day_part: DayPart::of_hour(format::hour(now, zone)),
        name: reader.principal().map(|p| p.name.clone()).unwrap_or_default(),
        date: format::long_date(&now.with_timezone(&zone), locale),
        work: work::lists(reader, &apps),
        tasks: None,
        recent: recent(reader, &apps).await?,
        quick_new: quick.collect(),
        start: start(reader),
        shipped: shipped(reader, apps.is_empty()),
        apps: apps
            .into_iter()
            .map(|app| AppTile {
                forms: app.forms.iter().map(|f| Link::new(f.title.clone(), f.href())).collect(),
                title: app.title,
                description: app.description,
                icon: app.icon,
            })
            .collect(),
    })
}

/// The records changed last, over the forms of the reader's menu.
async fn recent(reader: &Reader, apps: &[UsableApp]) -> Answer<Vec<RecentRecord>> {
    let teller = Teller::of(reader);
    let mut found: Vec<(DateTime<Utc>, RecentRecord)> = Vec::new();
    for form in apps.iter().flat_map(|a| &a.forms).filter(|f| f.may("read")).take(ASKED_FORMS) {
        let Ok(seen) = SeenForm::find(reader, &form.name) else { continue };
        let request = ListRequest {
            select: list::selected(reader, &seen, &[]),
            limit: OF_ONE_FORM,
            titles: true,
            ..ListRequest::default()
        };
        for record in asked::list(reader, &form.name, request).await?.items {
            let Some(at) = record.get("updated_at").and_then(moment) else { continue };
            let recent = RecentRecord {
                href: format!("{}/{}", seen.href(), record.get("id").and_then(Json::as_str).unwrap_or_default()),
                title: columns::record_title(&seen, &teller, &record),
                form: form.title.clone(),
                icon: form.icon.clone(),
                at: format::datetime_near(at, teller.now, teller.zone, teller.locale),
                iso: iso(at),
            };
            found.push((at, recent));
        }
    }
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    found.truncate(RECENT);
    Ok(found.into_iter().map(|(_, recent)| recent).collect())
}

/// The apps that come with the program, for an administrator whose installation has none yet or only himself.
fn shipped(reader: &Reader, has_none: bool) -> Vec<ShippedApp> {
    let may = reader.principal().is_some_and(|person| person.admin);
    if !may || !(has_none || reader.organisation.users().len() <= 1) {
        return Vec::new();
    }
    let locale = reader.cx().locale;
    let installed = &reader.cx().catalog.apps;
    apps::shipped()
        .into_iter()
        .filter(|app| installed.iter().all(|known| known.name != app.name))
        .map(|app| ShippedApp {
            title: app.title.get(locale).to_string(),
            description: app.description.get(locale).to_string(),
            name: app.name,
        })
        .collect()
}

/// What an administrator does first, until somebody else has an account.
fn start(reader: &Reader) -> Vec<StartStep> {
    if !reader.has_right("manage_people") || reader.organisation.users().len() > 1 {
        return Vec::new();
    }
    let step = |title: &str, text: &str, href: &str, done: bool| StartStep {
        title: reader.say(title, &[]),
        text: reader.say(text, &[]),
        href: href.to_string(),
        done,
    };
    let has_departments = !reader.organisation.departments().is_empty();
    vec![
        step("handler.start.departments", "handler.start.departments_help", "/admin/departments", has_departments),
        step("handler.start.people", "handler.start.people_help", "/admin/people/new", false),
        step("handler.start.roles", "handler.start.roles_help", "/admin/roles", false),
    ]
}
