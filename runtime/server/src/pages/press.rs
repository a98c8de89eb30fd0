//! Draws pages: the compiled templates, and the pages that replace one.

use crate::problem::refusal_of;
use crate::trace::Trace;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use formwright_core::error_code as code;
use formwright_engine::EngineError;
use formwright_templates::view::ErrorPage;
use formwright_templates::{Locale, Page, PageContext, Pages};
use serde_json::Value as Json;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The templates of the pages.
pub struct Press(Option<Pages>);

impl Press {
    /// Compiles the templates for pages below a base path. A template with a fault is logged, and every page answers 500.
    pub fn new(base_path: &str) -> Press {
        match Pages::new(base_path) {
            Ok(pages) => Press(Some(pages)),
            Err(error) => {
                tracing::error!(%error, "the templates of the pages cannot be read");
                Press(None)
            }
        }
    }

    /// A path of the application with the base path before it.
    pub fn href(&self, path: &str) -> String {
        self.0.as_ref().map_or_else(|| path.to_string(), |pages| pages.href(path))
    }

    /// A page as an answer.
    pub fn draw(&self, status: StatusCode, page: &Page, context: &PageContext) -> Response {
        let drawn = self.0.as_ref().map(|pages| pages.render(page, context));
        let (status, html) = match drawn {
            Some(Ok(html)) => (status, html),
            Some(Err(error)) => {
                tracing::error!(%error, "a page cannot be drawn");
                (StatusCode::INTERNAL_SERVER_ERROR, bare())
            }
            None => (StatusCode::INTERNAL_SERVER_ERROR, bare()),
        };
        let mut response = Response::new(Body::from(html));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HTML);
        response
    }

    /// The page that says why there is none.
    pub fn draw_error(&self, error: &EngineError, trace: &Trace, context: &PageContext) -> Response {
        let refusal = refusal_of(error, trace);
        let status = refusal.code.status;
        let detail = match status {
            403 if *refusal.code == code::STEP_UP_REQUIRED => Some(refusal.detail(core_locale(context.locale))),
            403 | 404 | 500.. => None,
            _ => {
                let locale = core_locale(context.locale);
                let faults: Vec<String> = refusal.faults.iter().map(|fault| fault.message(locale)).collect();
                Some(if faults.is_empty() || *refusal.code == code::RATE_LIMITED {
                    refusal.detail(locale)
                } else {
                    faults.join(" ")
                })
            }
        };
        let ways = refusal.extra.get("ways").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        let ways = ways.collect::<Vec<_>>().join(" ");
        let page = Page::Error(ErrorPage { status, detail, request_id: Some(trace.id.to_string()), ways });
        let mut response =
            self.draw(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &page, context);
        if let Some(seconds) = refusal.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// Sends the reader to another page of the application.
    pub fn send_to(&self, path: &str) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        if let Ok(value) = HeaderValue::from_str(&self.href(path)) {
            response.headers_mut().insert(header::LOCATION, value);
        }
        response.headers_mut().insert(header::CONTENT_TYPE, HTML);
        response
    }
}

/// What is left to say when no template can be drawn.
fn bare() -> String {
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Formwright</title><h1>500</h1><p>The page cannot be drawn. The server's log says why.</p>".to_string()
}

/// The engine's name of a language.
pub fn core_locale(locale: Locale) -> formwright_core::text::Locale {
    match locale {
        Locale::English => formwright_core::text::Locale::En,
        Locale::Chinese => formwright_core::text::Locale::ZhCn,
    }
}
