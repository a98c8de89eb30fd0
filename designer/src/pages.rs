//! The designer's pages: shells with titles and the way back; their script asks the designer's API for everything else.

use crate::kind;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use formwright_core::definition::Kind;
use formwright_core::field::TYPES;
use formwright_core::text::{Labels, Title, title_from_name};
use formwright_engine::accounts;
use formwright_engine::publish::{self, DefinitionQuery};
use formwright_server::pages::reader::Reader;
use formwright_server::pages::{form, guarded};
use formwright_server::routes::Routes;
use formwright_server::{Answer, App};
use formwright_templates::Page;
use formwright_templates::view::{Crumb, Design, Screen};
use serde_json::Value as Json;

/// The pages. They are no part of the API and stand in no description of it.
pub fn pages(app: &App) -> Routes {
    Routes::default()
        .with("get", "/design", guarded(app, get(show_apps)))
        .with("get", "/design/{app}", guarded(app, get(show_app)))
        .with("get", "/design/{app}/publish", guarded(app, get(show_plan)))
        .with("get", "/design/{app}/revisions", guarded(app, get(show_revisions)))
        .with("get", "/design/{app}/{kind}/{name}", guarded(app, get(show_editor)))
        .with("get", "/design/{app}/form/{name}/preview", guarded(app, get(preview_own)))
        .with("get", "/design/{app}/form/{name}/preview/{person}", guarded(app, get(preview_as)))
}

async fn show_apps(reader: Reader) -> Response {
    let page = apps(&reader).await.map(Page::Design);
    reader.answer(page)
}

async fn apps(reader: &Reader) -> Answer<Design> {
    // refuses whoever designs nothing
    publish::definitions(reader.cx(), &DefinitionQuery { kind: Some(Kind::App), app: None }).await?;
    Ok(Design {
        screen: Screen::Apps,
        title: None,
        crumbs: Vec::new(),
        app: None,
        kind: None,
        name: None,
        types: Vec::new(),
        may_create: reader.principal().is_some_and(|person| person.admin),
    })
}

async fn show_app(reader: Reader, Path(app): Path<String>) -> Response {
    let page = of_app(&reader, &app, Screen::App).await.map(Page::Design);
    reader.answer(page)
}

async fn show_plan(reader: Reader, Path(app): Path<String>) -> Response {
    let page = of_app(&reader, &app, Screen::Plan).await.map(Page::Design);
    reader.answer(page)
}

async fn show_revisions(reader: Reader, Path(app): Path<String>) -> Response {
    let page = of_app(&reader, &app, Screen::Revisions).await.map(Page::Design);
    reader.answer(page)
}

async fn of_app(reader: &Reader, app: &str, screen: Screen) -> Answer<Design> {
    let own = title(reader, Kind::App, app, app).await?;
    let mut crumbs = vec![Crumb::new(reader.say("design.title", &[]), "/design")];
    let title = match screen {
        Screen::Plan => reader.say("design.plan", &[]),
        Screen::Revisions => reader.say("design.revisions", &[]),
        Screen::Apps | Screen::App | Screen::Editor => own.clone(),
    };
    if title != own {
        crumbs.push(Crumb::new(own, format!("/design/{app}")));
    }
    Ok(Design {
        screen,
        title: Some(title),
        crumbs,
        app: Some(app.to_string()),
        kind: None,
        name: None,
        types: Vec::new(),
        may_create: false,
    })
}

async fn show_editor(reader: Reader, Path((app, kind, name)): Path<(String, String, String)>) -> Response {
    let page = editor(&reader, &app, &kind, &name).await.map(Page::Design);
    reader.answer(page)
}

async fn editor(reader: &Reader, app: &str, kind_name: &str, name: &str) -> Answer<Design> {
    let kind = kind(kind_name)?;
    let own = title(reader, kind, name, app).await?;
    let of = if kind == Kind::App { own.clone() } else { title(reader, Kind::App, app, app).await? };
    Ok(Design {
        screen: Screen::Editor,
        title: Some(own),
        crumbs: vec![
            Crumb::new(of, format!("/design/{app}")),
            Crumb::new(reader.say(&format!("design.kind.{}", kind.name()), &[]), format!("/design/{app}")),
        ],
        app: Some(app.to_string()),
        kind: Some(kind.name().to_string()),
        name: Some(name.to_string()),
        types: TYPES.iter().map(|row| row.name.to_string()).collect(),
        may_create: false,
    })
}

/// The title of a definition as drafted, else as published; 404 and 403 as the engine says.
async fn title(reader: &Reader, kind: Kind, name: &str, app: &str) -> Answer<String> {
    let state = publish::definition(reader.cx(), kind, name, Some(app)).await?;
    let doc = ["draft", "published"].iter().find_map(|key| state.get(key).filter(|doc| doc.is_object()));
    let text = doc.and_then(|doc| doc.get("title")).and_then(Json::as_str).unwrap_or_default();
    let labels: Labels =
        doc.and_then(|doc| doc.get("labels")).and_then(|l| serde_json::from_value(l.clone()).ok()).unwrap_or_default();
    let title = Title::new(text, labels).get(reader.cx().locale).to_string();
    Ok(if title.is_empty() { title_from_name(name) } else { title })
}

async fn preview_own(reader: Reader, Path((app, name)): Path<(String, String)>) -> Response {
    preview(reader, &app, &name, None).await
}

async fn preview_as(reader: Reader, Path((app, name, person)): Path<(String, String, String)>) -> Response {
    preview(reader, &app, &name, Some(&person)).await
}

/// The page on which somebody would fill in a new record if the app's drafts were published. Seeing it as another person needs the
/// right to do so.
async fn preview(reader: Reader, app: &str, name: &str, person: Option<&str>) -> Response {
    let drafted = match publish::drafted(reader.cx(), app).await {
        Ok(cx) => cx,
        Err(error) => return reader.answer(Err(error.into())),
    };
    let seen = match person {
        Some(person) => accounts::view_as(&drafted, person).await,
        None => Ok(drafted),
    };
    match seen {
        Ok(cx) => {
            let reader = reader.seeing(cx);
            let page = form::new_page(&reader, name).await.map(Page::Form);
            reader.answer(page)
        }
        Err(error) => reader.answer(Err(error.into())),
    }
}
