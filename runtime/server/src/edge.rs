//! What happens around every request: its id, its clock, the catching of panics, the drawing of refusals, headers, log and counters.

use crate::address::client_address;
use crate::listen::Peer;
use crate::problem::{Problem, draw};
use crate::state::App;
use crate::trace::Trace;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use formwright_core::text::Locale;
use formwright_engine::{EngineError, audit};
use futures_util::FutureExt;
use serde_json::json;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What stands in log and metrics for an address that no route has.
const NO_ROUTE: &str = "(none)";

/// The one layer around all routes.
pub async fn surround(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    app.metrics().begin();
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|c| c.0.clone());
    // HTTP/2 names the host in the address alone
    if !request.headers().contains_key(header::HOST)
        && let Some(host) = request.uri().authority().and_then(|a| HeaderValue::from_str(a.as_str()).ok())
    {
        request.headers_mut().insert(header::HOST, host);
    }
    let headers = request.headers();
    let address = peer.as_ref().map(|p| client_address(p.address.ip(), headers, &app.config().trusted_proxies));
    let asked = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|v| v.to_str().ok())
        .filter(|v| !v.trim().is_empty() && v.trim() != "*")
        .map(Locale::from_accept_language);
    let trace = Arc::new(Trace::new(app.ids().next(), address, asked));
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    request.extensions_mut().insert(trace.clone());
    let working = peer.as_ref().map(Peer::begin);

    let response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            // the panic's own text is on standard error already
            app.metrics().note_panic();
            Problem(EngineError::Internal("the handler panicked".into())).into_response()
        }
    };
    drop(working);

    let mut response = draw(response, &trace, &method);
    let headers = response.headers_mut();
    app.headers().put(headers);
    if let Ok(id) = HeaderValue::from_str(&trace.id) {
        headers.insert(REQUEST_ID, id);
    }
    let route = route.as_ref().map_or(NO_ROUTE, |r| pattern(r.as_str(), app.config().base_path()));
    let status = response.status().as_u16();
    if status == 403
        && let Some(cx) = trace.context()
    {
        audit::record_refused(cx, "refused", json!({"method": method.as_str(), "route": route}));
    }
    let took = begun.elapsed();
    app.metrics().end(&method, route, status, took);
    if tracing::enabled!(target: "formwright::access", tracing::Level::INFO) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        match trace.person() {
            Some(person) => {
                tracing::info!(target: "formwright::access", method = method.as_str(), route, status, micros, request = &*trace.id, user = %person)
            }
            None => {
                tracing::info!(target: "formwright::access", method = method.as_str(), route, status, micros, request = &*trace.id)
            }
        }
    }
    response
}

/// A route's pattern without the base path.
fn pattern<'a>(matched: &'a str, base: &str) -> &'a str {
    matched.strip_prefix(base).filter(|rest| !rest.is_empty()).unwrap_or(matched)
}

/// Answers for an address that no route has.
pub async fn not_found() -> Problem {
    Problem(EngineError::not_found())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_and_metrics_name_routes_without_the_base_path() {
        assert_eq!(pattern("/crm/api/me", "/crm"), "/api/me");
        assert_eq!(pattern("/api/me", ""), "/api/me");
        assert_eq!(pattern("/healthz", "/crm"), "/healthz");
    }
}
