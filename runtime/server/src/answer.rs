//! The forms that answers take.

use crate::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value as Json;
use uuid::Uuid;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// 200 with JSON that is already text.
pub fn json_bytes(body: Vec<u8>) -> Response {
    with_status(StatusCode::OK, body)
}

/// 200 with JSON.
pub fn json(body: &Json) -> Response {
    json_bytes(body.to_string().into_bytes())
}

/// Any status with JSON that is already text.
pub fn with_status(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// 201 with JSON and the address of what is new.
pub fn created(location: &str, body: Vec<u8>) -> Response {
    let mut response = with_status(StatusCode::CREATED, body);
    if let Ok(value) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// 204.
pub fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Puts the version on the answer, as `If-Match` takes it.
#[must_use]
pub fn tagged(mut response: Response, version: i64) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// The version that `If-Match` names; `None` without the header and for `*`.
///
/// # Errors
/// `parameter_invalid` for what is no version of ours.
pub fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let text = text.strip_prefix("W/").unwrap_or(text);
    let version = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
    version
        .map(Some)
        .ok_or_else(|| Problem::parameter("If-Match", "expected a version in quotation marks, such as \"7\""))
}

/// An id of an address: what is none names nothing.
///
/// # Errors
/// `not_found`.
pub fn id(text: &str) -> Result<Uuid, Problem> {
    let parsed = (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten();
    parsed.ok_or_else(|| Problem(formwright_engine::EngineError::not_found()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn if_match_takes_a_quoted_version_or_nothing() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("if-match", text.parse().unwrap());
            if_match(&headers)
        };
        assert!(matches!(of("\"7\""), Ok(Some(7))));
        assert!(matches!(of("W/\"7\""), Ok(Some(7))));
        assert!(matches!(of("*"), Ok(None)));
        assert!(matches!(if_match(&HeaderMap::new()), Ok(None)));
        assert!(of("7").is_err() && of("\"x\"").is_err());
    }

    #[test]
    fn an_id_is_a_hyphenated_uuid_and_all_else_is_not_found() {
        assert!(id("01890a5d-ac96-774b-bcce-b302099a8057").is_ok());
        assert!(id("01890a5dac96774bbcceb302099a8057").is_err() && id("x").is_err());
    }
}
