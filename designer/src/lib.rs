//! The designer: its API (drafts, plans, publications, apps as packages) and its pages.
//!
//! [`routes`] and [`pages()`] are joined to the server's router, [`OPERATIONS`] to its description. Everything is decided in the engine;
//! handlers read what was sent and write what is answered.

mod apps;
mod definitions;
mod operations;
mod pages;
mod publications;

pub use operations::OPERATIONS;
pub use pages::pages;

use axum::http::{HeaderMap, header};
use formwright_core::definition::Kind;
use formwright_engine::EngineError;
use formwright_server::Problem;
use formwright_server::routes::Routes;

/// All routes of this crate.
pub fn routes() -> Routes {
    definitions::routes().and(publications::routes()).and(apps::routes())
}

/// The kind in an address.
fn kind(name: &str) -> Result<Kind, Problem> {
    Kind::parse(name).map_err(|fault| Problem(EngineError::request_faults(vec![fault])))
}

/// The state of a definition that `If-Match` names; `None` without the header.
fn if_match(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let text = text.strip_prefix("W/").unwrap_or(text);
    if text == "*" {
        return Ok(None);
    }
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    inner
        .map(|t| Some(t.to_string()))
        .ok_or_else(|| Problem::parameter("If-Match", "expected a version in quotation marks"))
}
