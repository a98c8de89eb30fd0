//! Bodies of requests: bounded, timed, of the right type, and clean.
//!
//! A body is read with no database connection held. What is larger than the limit is refused without reading on.

use crate::json_place;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use formwright_core::definition::{pointer_segment, type_name};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::{EngineError, Refusal};
use futures_util::StreamExt;
use serde_json::{Map, Value as Json};
use std::time::{Duration, Instant};

/// Largest body of a record or a small command, in bytes.
pub const RECORD_LIMIT: usize = 1 << 20;
/// Largest body of a batch or of a definition.
pub const BATCH_LIMIT: usize = 16 << 20;
/// Deepest nesting of JSON.
pub const MAX_DEPTH: usize = 64;
const MAX_NUMBER_TEXT: usize = 40;
const MAX_EXPONENT: i64 = 40;
/// A body has this long; after that it must have come with a kilobyte a second.
const GRACE: Duration = Duration::from_secs(10);

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// `body_too_large`, `unsupported_media_type` for a compressed body, `request_timeout` for one that trickles, `bad_request` for one that breaks off.
pub async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Problem> {
    read_within(headers, body, limit, GRACE).await
}

async fn read_within(headers: &HeaderMap, body: Body, limit: usize, grace: Duration) -> Result<Bytes, Problem> {
    refuse_encoding(headers)?;
    let declared =
        headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    if declared.is_some_and(|n| n > limit) {
        return Err(too_large(limit));
    }
    let begun = Instant::now();
    let mut stream = body.into_data_stream();
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    let mut size = 0usize;
    loop {
        let allowed = grace + Duration::from_secs(u64::try_from(size >> 10).unwrap_or(0));
        let left = allowed.saturating_sub(begun.elapsed());
        let Ok(frame) = tokio::time::timeout(left, stream.next()).await else {
            return Err(Problem::refused(&code::REQUEST_TIMEOUT));
        };
        let Some(frame) = frame else { break };
        let data = frame.map_err(|_| broken("the body breaks off"))?;
        size += data.len();
        if size > limit {
            return Err(too_large(limit));
        }
        match (&first, rest.is_empty()) {
            (None, _) => first = Some(data),
            (Some(one), true) => {
                rest.reserve(declared.unwrap_or(0).max(size));
                rest.extend_from_slice(one);
                rest.extend_from_slice(&data);
            }
            (Some(_), false) => rest.extend_from_slice(&data),
        }
    }
    Ok(if rest.is_empty() { first.unwrap_or_default() } else { rest.freeze() })
}

/// Compressed bodies are not taken: a small one could become a huge one.
///
/// # Errors
/// `unsupported_media_type`.
pub fn refuse_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(header::CONTENT_ENCODING).map(|v| v.as_bytes()) {
        None => Ok(()),
        Some(v) if v.eq_ignore_ascii_case(b"identity") => Ok(()),
        Some(_) => Err(media_type("an uncompressed body")),
    }
}

/// The refusal of a body over a limit in bytes.
pub fn too_large(limit: usize) -> Problem {
    let text = if limit >= 1 << 20 { format!("{} MB", limit >> 20) } else { format!("{} KB", limit >> 10) };
    Problem(Refusal::new(&code::BODY_TOO_LARGE).with("limit", text).into())
}

fn media_type(expected: &str) -> Problem {
    Problem(Refusal::new(&code::UNSUPPORTED_MEDIA_TYPE).with("expected", expected).into())
}

fn broken(reason: impl ToString) -> Problem {
    Problem(Refusal::new(&code::BAD_REQUEST).with("reason", reason).into())
}

/// Whether the type is JSON, in any of its spellings.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(given) = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json"
        || kind == "application/merge-patch+json"
        || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// Whether a text may be stored: no zero character and no control character but tab, line feed and carriage return.
pub fn is_storable(text: &str) -> bool {
    !text.bytes().any(|b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r'))
}

/// Reads JSON and checks that its texts can be stored, its numbers be computed and its depth be borne.
///
/// # Errors
/// `body_invalid` (400) for what is no JSON; `text_invalid`, `number_too_long`, `wrong_type` by path.
pub fn parse_json(bytes: &[u8]) -> Result<Json, Problem> {
    let json: Json = serde_json::from_slice(bytes).map_err(|e| {
        let text = e.to_string();
        if text.contains("surrogate")
            || text.contains("unexpected end of hex escape")
            || text.contains("control character")
        {
            return Problem::fault(Fault::new(json_place::of_error(bytes, &e), &code::TEXT_INVALID));
        }
        if text.contains("recursion limit") {
            return too_deep();
        }
        // serde_json's sentences name a place in the caller's own body and nothing of ours
        Problem(Refusal::new(&code::BODY_INVALID).with("reason", text).into())
    })?;
    let mut faults = Vec::new();
    if !inspect(&json, &mut String::new(), 0, &mut faults) {
        return Err(too_deep());
    }
    if faults.is_empty() { Ok(json) } else { Err(Problem(EngineError::request_faults(faults))) }
}

fn too_deep() -> Problem {
    Problem(Refusal::new(&code::BODY_INVALID).with("reason", format!("nested more than {MAX_DEPTH} deep")).into())
}

/// Walks through a value; `false` when it is too deep.
fn inspect(json: &Json, path: &mut String, depth: usize, faults: &mut Vec<Fault>) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let length = path.len();
    let mut note = |path: &str, code| {
        if faults.len() < 100 {
            faults.push(Fault::new(path, code));
        }
    };
    match json {
        Json::String(text) if !is_storable(text) => note(path, &code::TEXT_INVALID),
        Json::Number(number) if !is_computable(number.as_str()) => note(path, &code::NUMBER_TOO_LONG),
        Json::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                if matches!(item, Json::Null | Json::Bool(_)) {
                    continue;
                }
                push_segment(path, &i.to_string());
                let fits = inspect(item, path, depth + 1, faults);
                path.truncate(length);
                if !fits {
                    return false;
                }
            }
        }
        Json::Object(map) => {
            for (key, item) in map {
                if !is_storable(key) && faults.len() < 100 {
                    faults.push(Fault::new(path.as_str(), &code::TEXT_INVALID));
                }
                push_segment(path, &pointer_segment(key));
                let fits = inspect(item, path, depth + 1, faults);
                path.truncate(length);
                if !fits {
                    return false;
                }
            }
        }
        _ => {}
    }
    true
}

fn push_segment(path: &mut String, segment: &str) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(segment);
}

/// At most forty characters, and an exponent within forty either way.
fn is_computable(number: &str) -> bool {
    let exponent = number.split_once(['e', 'E']).map(|(_, e)| e.parse::<i64>());
    number.len() <= MAX_NUMBER_TEXT
        && !matches!(exponent, Some(Err(_)))
        && !matches!(exponent, Some(Ok(e)) if e.abs() > MAX_EXPONENT)
}

/// A JSON value of any type as body, with the bytes it came as.
pub struct JsonBody<const LIMIT: usize = RECORD_LIMIT> {
    pub json: Json,
    pub bytes: Bytes,
}

impl<S: Send + Sync, const LIMIT: usize> FromRequest<S> for JsonBody<LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(media_type("application/json"));
        }
        let bytes = read_body(&parts.headers, body, LIMIT).await?;
        Ok(JsonBody { json: parse_json(&bytes)?, bytes })
    }
}

/// A JSON object as body; no body at all is an empty object.
pub struct ObjectBody<const LIMIT: usize = RECORD_LIMIT> {
    pub object: Map<String, Json>,
    pub bytes: Bytes,
}

impl<S: Send + Sync, const LIMIT: usize> FromRequest<S> for ObjectBody<LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let typed = is_json(&parts.headers);
        let bytes = read_body(&parts.headers, body, LIMIT).await?;
        if bytes.is_empty() {
            return Ok(ObjectBody { object: Map::new(), bytes });
        }
        if !typed {
            return Err(media_type("application/json"));
        }
        match parse_json(&bytes)? {
            Json::Object(object) => Ok(ObjectBody { object, bytes }),
            other => Err(Problem::fault(
                Fault::new("", &code::WRONG_TYPE).with("expected", "object").with("got", type_name(&other)),
            )),
        }
    }
}

/// Takes members out of an object by name; what is left over is refused. The counterpart of `Params` for bodies.
pub struct Members {
    object: Map<String, Json>,
    taken: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl Members {
    pub fn new(object: Map<String, Json>) -> Members {
        Members { object, taken: Vec::new(), faults: Vec::new() }
    }

    /// A member as it is; `null` counts as absent.
    pub fn json(&mut self, name: &'static str) -> Option<Json> {
        self.taken.push(name);
        self.object.shift_remove(name).filter(|v| !v.is_null())
    }

    fn typed<T>(&mut self, name: &'static str, expected: &str, read: impl FnOnce(&Json) -> Option<T>) -> Option<T> {
        let json = self.json(name)?;
        let value = read(&json);
        if value.is_none() {
            self.faults
                .push(Fault::new(name, &code::WRONG_TYPE).with("expected", expected).with("got", type_name(&json)));
        }
        value
    }

    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.typed(name, "string", |j| j.as_str().map(str::to_string))
    }

    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.typed(name, "boolean", Json::as_bool)
    }

    pub fn int(&mut self, name: &'static str) -> Option<i64> {
        self.typed(name, "integer", Json::as_i64)
    }

    pub fn object(&mut self, name: &'static str) -> Option<Map<String, Json>> {
        self.typed(name, "object", |j| j.as_object().cloned())
    }

    /// A list of texts.
    pub fn list(&mut self, name: &'static str) -> Option<Vec<String>> {
        self.typed(name, "array of strings", |j| j.as_array()?.iter().map(|i| i.as_str().map(str::to_string)).collect())
    }

    /// A member that must be there.
    pub fn required(&mut self, name: &'static str) -> String {
        let had = self.faults.len();
        let text = self.text(name);
        if text.is_none() && self.faults.len() == had {
            self.faults.push(Fault::new(name, &code::REQUIRED).with("title", name));
        }
        text.unwrap_or_default()
    }

    /// Notes a fault.
    pub fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Ends the reading: all faults at once, members that nobody asked for among them.
    ///
    /// # Errors
    /// The fault's own code, or `validation_failed` for several.
    pub fn finish(mut self) -> Result<(), Problem> {
        for name in self.object.keys() {
            self.faults.push(
                Fault::new(name.as_str(), &code::UNKNOWN_KEY)
                    .with("name", name)
                    .suggest(name, self.taken.iter().copied()),
            );
        }
        if self.faults.is_empty() { Ok(()) } else { Err(Problem(EngineError::request_faults(self.faults))) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn refusal(problem: Problem) -> (u16, &'static str, Vec<String>) {
        match problem.0 {
            EngineError::Refused(r) => (r.code.status, r.code.code, r.faults.iter().map(|f| f.path.clone()).collect()),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_cannot_be_stored_or_computed_is_refused_with_its_place() {
        let cases: [(&str, u16, &str, &[&str]); 9] = [
            (r#"{"a": "\ud800"}"#, 422, "text_invalid", &["a"]),
            (r#"{"a": [{"b": "x\u0000"}]}"#, 422, "text_invalid", &["a/0/b"]),
            (r#"{"a": "x\u0008"}"#, 422, "text_invalid", &["a"]),
            (r#"{"n": 1e1000000000}"#, 422, "number_too_long", &["n"]),
            (r#"{"n": 12345678901234567890123456789012345678901}"#, 422, "number_too_long", &["n"]),
            (r#"{"a": [1, "\ud800"], "b""#, 422, "text_invalid", &["a/1"]),
            (r#"{"a": }"#, 400, "body_invalid", &[]),
            ("", 400, "body_invalid", &[]),
            ("{\"a\": \"\u{1}\"}", 422, "text_invalid", &["a"]),
        ];
        for (text, status, code, paths) in cases {
            let got = refusal(parse_json(text.as_bytes()).expect_err(text));
            assert_eq!((got.0, got.1), (status, code), "{text}");
            assert_eq!(got.2, paths, "{text}");
        }
        let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
        assert_eq!(refusal(parse_json(deep.as_bytes()).unwrap_err()).1, "body_invalid");
        let fits = format!("{}1{}", "[".repeat(64), "]".repeat(64));
        assert!(parse_json(fits.as_bytes()).is_ok());
        assert!(parse_json("{\"a\": \"tab\\tline\\nreturn\\r\", \"n\": 1e40}".as_bytes()).is_ok());
    }

    #[tokio::test]
    async fn a_declared_or_a_real_size_above_the_limit_is_413() {
        let mut headers = HeaderMap::new();
        headers.insert("content-length", "10".parse().unwrap());
        assert_eq!(refusal(read_body(&headers, Body::empty(), 9).await.unwrap_err()).0, 413);
        let chunked = Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("12345"), Ok("67890")]));
        assert_eq!(refusal(read_body(&HeaderMap::new(), chunked, 9).await.unwrap_err()).1, "body_too_large");
        let whole = Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("12"), Ok("34"), Ok("56")]));
        assert_eq!(read_body(&HeaderMap::new(), whole, 9).await.unwrap(), "123456");
        headers.remove("content-length");
        headers.insert("content-encoding", "gzip".parse().unwrap());
        assert_eq!(refusal(read_body(&headers, Body::empty(), 9).await.unwrap_err()).0, 415);
    }

    #[tokio::test]
    async fn a_body_that_never_comes_is_given_up() {
        let silent = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let grace = Duration::from_millis(5);
        assert_eq!(refusal(read_within(&HeaderMap::new(), silent, 9, grace).await.unwrap_err()).0, 408);
    }

    #[test]
    fn members_are_typed_and_unknown_ones_are_named_with_the_nearest() {
        let Json::Object(object) = serde_json::json!({"limit": "5", "sortt": [], "q": null}) else { panic!() };
        let mut members = Members::new(object);
        assert_eq!((members.int("limit"), members.list("sort"), members.text("q")), (None, None, None));
        members.required("name");
        let got = refusal(members.finish().unwrap_err());
        assert_eq!(got.2, ["limit", "name", "sortt"]);
    }
}
