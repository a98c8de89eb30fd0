//! The HTTP server: API, sessions, refusals, description, health.
//!
//! - [`state::App`] is what all handlers share; [`router`] joins the routes below the configured base path; [`serve`] serves them.
//! - [`edge`] surrounds every request: id, panics, refusals, headers, log, counters.
//! - [`caller::Caller`] is the extractor that admits a person; [`caller::Visitor`] one who is not signed in yet.
//! - [`body`], [`params`] read what is sent; [`answer`], [`problem`] make what is answered; [`once`] makes POSTs repeatable.
//! - [`routes`] has a file for each resource, [`openapi`] their description.
//!
//! To add a route: a handler in its resource's file, a line in that file's `routes()`, and a row in `openapi::operations`; a test
//! compares the two.

pub mod address;
mod again;
pub mod answer;
pub mod body;
pub mod caller;
pub mod cookies;
pub mod csrf;
pub mod edge;
pub mod gate;
pub mod headers;
mod json_place;
pub mod listen;
pub mod metrics;
pub mod multipart;
pub mod once;
pub mod openapi;
pub mod pages;
pub mod params;
pub mod problem;
pub mod routes;
pub mod serve;
pub mod state;
pub mod stream;
pub mod tls;
pub mod trace;
pub mod units;

pub use caller::{Caller, Visitor};
pub use problem::{Answer, Problem};
pub use state::{App, ServerConfig, TestClock};

use axum::Router;
use axum::middleware::from_fn_with_state;
use routes::Routes;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

/// Everything that is served: the API, what other crates add (the designer's API, pages), health at the root, and the edge around it.
pub fn router(app: App, added: Routes) -> Router {
    let inside = routes::api().and(added).and(pages::routes(&app)).and(routes::health::routes()).into_router();
    let base = app.config().base_path().to_string();
    let joined = if base.is_empty() {
        inside
    } else {
        Router::new()
            .nest(&base, inside)
            .route(&format!("{base}/"), pages::home(&app))
            .merge(routes::health::routes().into_router())
    };
    joined
        .fallback(pages::lost)
        .layer(from_fn_with_state(app.clone(), again::once_more))
        .layer(
            CompressionLayer::new()
                .quality(tower_http::CompressionLevel::Fastest)
                .compress_when(SizeAbove::new(1024).and(is_text)),
        )
        .layer(from_fn_with_state(app.clone(), edge::surround))
        .with_state(app)
}

/// Kinds of content that become smaller; pictures and workbooks are compressed already.
fn is_text(
    _: axum::http::StatusCode,
    _: axum::http::Version,
    headers: &axum::http::HeaderMap,
    _: &axum::http::Extensions,
) -> bool {
    headers.get(axum::http::header::CONTENT_TYPE).and_then(|t| t.to_str().ok()).is_some_and(|t| {
        let kind = t.split(';').next().unwrap_or_default();
        (kind.starts_with("text/") && kind != "text/event-stream")
            || kind.ends_with("json")
            || kind.ends_with("javascript")
            || kind == "image/svg+xml"
    })
}
