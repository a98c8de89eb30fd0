//! Counters for Prometheus, for loopback or whoever has the operator's token.

use super::Routes;
use crate::csrf::same;
use crate::listen::Peer;
use crate::problem::Problem;
use crate::state::App;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use formwright_engine::EngineError;

pub fn routes() -> Routes {
    Routes::default().get("/metrics", read_metrics)
}

async fn read_metrics(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if !may_read(peer.address.ip().to_canonical().is_loopback(), &headers, app.config().metrics_token.as_deref()) {
        return Err(Problem(EngineError::not_found()));
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics().render()).into_response())
}

/// A proxy on this machine speaks for strangers: what it forwards is not loopback.
fn may_read(loopback: bool, headers: &HeaderMap, token: Option<&str>) -> bool {
    let forwarded = ["x-forwarded-for", "forwarded", "x-real-ip", "via"].iter().any(|h| headers.contains_key(*h));
    let given =
        headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    match (token, given) {
        (Some(token), Some(given)) => same(token.as_bytes(), given.as_bytes()),
        _ => loopback && !forwarded,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_loopback_itself_or_the_token_reads_metrics() {
        let with = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            headers
        };
        assert!(may_read(true, &with(&[]), None));
        assert!(!may_read(false, &with(&[]), None));
        assert!(!may_read(true, &with(&[("x-forwarded-for", "1.2.3.4")]), None));
        assert!(may_read(false, &with(&[("authorization", "Bearer s3cret")]), Some("s3cret")));
        assert!(!may_read(true, &with(&[("authorization", "Bearer wrong")]), Some("s3cret")));
        assert!(!may_read(false, &with(&[("authorization", "Bearer s3cret")]), None));
    }
}
