//! Whether the process lives, and whether it can work. Served below the base path and at the root.

use super::Routes;
use crate::answer::with_status;
use crate::state::App;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use formwright_store::tables;
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// An answer is good for this long, however many ask.
const FRESH: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(2);

/// The last answer to whether the database is there.
#[derive(Default)]
pub struct Readiness(Mutex<Option<(Instant, bool)>>);

pub fn routes() -> Routes {
    Routes::default().get("/healthz", read_health).get("/readyz", read_readiness)
}

async fn read_health() -> Response {
    with_status(StatusCode::OK, br#"{"status":"ok"}"#.to_vec())
}

async fn read_readiness(State(app): State<App>) -> Response {
    let known = *app.readiness().0.lock();
    let ready = match known {
        Some((at, ready)) if at.elapsed() < FRESH => ready,
        _ => {
            let ready = probe(&app).await;
            *app.readiness().0.lock() = Some((Instant::now(), ready));
            ready
        }
    };
    if ready {
        with_status(StatusCode::OK, br#"{"status":"ready"}"#.to_vec())
    } else {
        with_status(StatusCode::SERVICE_UNAVAILABLE, br#"{"status":"unavailable"}"#.to_vec())
    }
}

/// The database answers and has every table that this program knows.
async fn probe(app: &App) -> bool {
    match tokio::time::timeout(PATIENCE, tables::version(app.engine().db())).await {
        Ok(Ok(version)) => version == tables::latest(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database does not answer");
            false
        }
        Err(_) => {
            tracing::warn!("the database does not answer in time");
            false
        }
    }
}
