//! The pages: handlers that ask the engine what the API asks and fill in the views of `formwright_templates`.
//!
//! - [`reader`]: who reads, in which language and zone; [`press`] draws, [`nav`] is the side bar.
//! - [`seen_form`]: a form as its reader sees it; [`asked`]: the engine's answers; [`cell`], [`control`], [`columns`], [`filter`],
//!   [`layout`], [`view_choice`] turn them into finished words.
//! - One file for each page. A handler decides nothing about rights beyond what the engine answers.
//!
//! A page asked for without a session leads to the sign-in page. Refusals are pages of their own; the API keeps its problems, so
//! what is drawn is decided by the route: see [`lost`] for addresses that have none.

pub mod asked;
pub mod asset;
pub mod audit;
pub mod cell;
pub mod choice_list;
pub mod columns;
pub mod compared;
pub mod condition;
pub mod control;
pub mod departments;
pub mod destination;
pub mod filter;
pub mod filter_field;
pub mod form;
mod grouped;
pub mod history;
pub mod home;
pub mod import;
pub mod invite;
pub mod layout;
pub mod list;
pub mod markdown;
pub mod nav;
pub mod notifications;
pub mod path;
pub mod people;
pub mod person;
pub mod posted;
pub mod preferences;
pub mod press;
pub mod profile;
pub mod query;
pub mod reader;
pub mod record;
pub mod recycle_bin;
pub mod related;
pub mod roles;
pub mod search;
pub mod security;
pub mod seen_form;
pub mod settings;
pub mod sign_in;
pub mod steps;
pub mod told;
mod unfit;
pub mod value_control;
pub mod view_choice;
pub mod visitor;
pub mod work;

use crate::problem::Problem;
use crate::routes::Routes;
use crate::state::App;
use axum::extract::{FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use formwright_engine::EngineError;
use futures_util::FutureExt;
use reader::{Reader, Visit};
use std::panic::AssertUnwindSafe;

/// A page of any crate: a handler of it that panics still answers with a page.
pub fn guarded(app: &App, route: MethodRouter<App>) -> MethodRouter<App> {
    route.layer(from_fn_with_state(app.clone(), catch))
}

/// The first page. Below a base path it also has the address with a slash at its end, which nesting does not match.
pub fn home(app: &App) -> MethodRouter<App> {
    guarded(app, get(home::show))
}

/// All pages, and the files they are made of.
pub fn routes(app: &App) -> Routes {
    let page = |route: MethodRouter<App>| guarded(app, route);
    fn shown<H: Handler<T, App>, T: 'static>(handler: H) -> MethodRouter<App> {
        get(handler)
    }
    Routes::default()
        .with("get", "/", home(app))
        .with("get", "/sign-in", page(get(sign_in::show).post(sign_in::sign_in)))
        .with("post", "/sign-out", page(post(sign_in::sign_out)))
        .with("get", "/invite/{token}", page(get(invite::show).post(invite::accept)))
        .with("get", "/forms/{form}", page(shown(list::show)))
        .with("get", "/forms/{form}/new", page(shown(form::show_new)))
        .with("get", "/forms/{form}/import", page(shown(import::show)))
        .with("get", "/forms/{form}/recycle-bin", page(shown(recycle_bin::show)))
        .with("get", "/forms/{form}/{id}", page(shown(record::show)))
        .with("get", "/forms/{form}/{id}/edit", page(shown(form::show_edit)))
        .with("get", "/search", page(shown(search::show)))
        .with("get", "/profile", page(shown(profile::show)))
        .with("get", "/profile/security", page(shown(security::show)))
        .with("get", "/admin/people", page(shown(people::show)))
        .with("get", "/admin/people/new", page(shown(person::show_new)))
        .with("get", "/admin/people/{id}", page(shown(person::show)))
        .with("get", "/admin/departments", page(shown(departments::show)))
        .with("get", "/admin/roles", page(shown(roles::show)))
        .with("get", "/notifications", page(shown(notifications::show)))
        .with("get", "/notifications/preferences", page(shown(preferences::show)))
        .with("get", "/admin/settings", page(shown(settings::show)))
        .with("get", "/admin/audit", page(shown(audit::show)))
        .with("get", "/assets/{name}", get(asset::show))
}

/// Answers for an address that nothing has: below the API a problem, elsewhere a page.
pub async fn lost(State(app): State<App>, request: Request) -> Response {
    let missing = || EngineError::not_found();
    let path = request.uri().path();
    let below = path.strip_prefix(app.config().base_path()).unwrap_or(path);
    let is_page = !["/api", "/assets", "/healthz", "/readyz", "/metrics"]
        .iter()
        .any(|p| below == *p || below.strip_prefix(p).is_some_and(|rest| rest.starts_with('/')));
    if !is_page || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem(missing()).into_response();
    }
    let (mut parts, _) = request.into_parts();
    match Reader::from_request_parts(&mut parts, &app).await {
        Ok(reader) => reader.answer(Err(Problem(missing()))),
        // who is not signed in learns nothing of which addresses there are
        Err(_) => match Visit::from_request_parts(&mut parts, &app).await {
            Ok(visit) => visit.refuse(&missing()),
            Err(response) => response,
        },
    }
}

/// A handler that panics still answers with a page.
async fn catch(State(app): State<App>, visit: Visit, request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            // the panic's own text is on standard error already
            app.metrics().note_panic();
            visit.refuse(&EngineError::Internal("the handler of a page panicked".into()))
        }
    }
}
