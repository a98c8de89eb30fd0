//! The body of a form that was posted without scripts.

use super::query::Query;
use crate::body::read_body;
use crate::csrf::check_origin;
use crate::problem::{Answer, Problem};
use crate::state::App;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use formwright_core::error_code as code;

/// Largest body of such a form, in bytes.
const LIMIT: usize = 16 << 10;

/// Fields of a posted form; it came from our own origin.
pub struct Posted(pub Query);

impl FromRequest<App> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Answer<Posted> {
        let (parts, body) = request.into_parts();
        check_origin(&parts.headers, app.config().base_url.as_ref().map(|b| b.origin())).map_err(Problem::refused)?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
        {
            return Err(Problem(
                formwright_engine::Refusal::new(&code::UNSUPPORTED_MEDIA_TYPE)
                    .with("expected", "application/x-www-form-urlencoded")
                    .into(),
            ));
        }
        let bytes = read_body(&parts.headers, body, LIMIT).await?;
        Ok(Posted(std::str::from_utf8(&bytes).map(Query::parse).unwrap_or_default()))
    }
}
