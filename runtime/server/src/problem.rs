//! Refusals and failures as `application/problem+json`, in the reader's language.
//!
//! A handler gives [`Problem`]; the edge draws it when the reader's language is known. Failures that only the log may know are
//! logged once, here, with the request's id.

use crate::trace::Trace;
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code::{self as code, ErrorCode};
use formwright_core::text::Locale;
use formwright_engine::{EngineError, Refusal};
use formwright_store::StoreError;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// Media type of every refusal.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was not done.
#[derive(Debug)]
pub struct Problem(pub EngineError);

/// What a handler gives.
pub type Answer<T = Response> = Result<T, Problem>;

impl<E: Into<EngineError>> From<E> for Problem {
    fn from(error: E) -> Problem {
        Problem(error.into())
    }
}

/// The error on its way from the handler to the edge.
#[derive(Clone)]
struct Pending(Arc<EngineError>);

impl Problem {
    /// A refusal without arguments.
    pub fn refused(code: &'static ErrorCode) -> Problem {
        Problem(EngineError::refused(code))
    }

    /// One fault at a place of the request.
    pub fn fault(fault: Fault) -> Problem {
        Problem(EngineError::request_faults(vec![fault]))
    }

    /// A parameter of the address that cannot be used.
    pub fn parameter(name: &str, reason: impl ToString) -> Problem {
        Problem::fault(Fault::new(name, &code::PARAMETER_INVALID).with("name", name).with("reason", reason))
    }

    /// Whether it is this refusal, or one of its faults is.
    pub fn has_code(&self, code: &ErrorCode) -> bool {
        match &self.0 {
            EngineError::Refused(r) => r.code.code == code.code || r.faults.iter().any(|f| f.code.code == code.code),
            _ => false,
        }
    }

    /// What is sent before the edge has drawn it: a status and the error beside it.
    fn status(&self) -> StatusCode {
        let status = match &self.0 {
            EngineError::Refused(refusal) => refusal.code.status,
            EngineError::Store(error) => from_store(error).map_or(500, |r| r.code.status),
            EngineError::Internal(_) => 500,
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Whether an answer is a failure that tables, changed by a publication since the request began, can explain.
pub(crate) fn may_be_outdated(response: &Response) -> bool {
    response.extensions().get::<Pending>().is_some_and(|pending| {
        matches!(
            &*pending.0,
            EngineError::Store(StoreError::Stale | StoreError::Damaged(_) | StoreError::Other(_) | StoreError::Aborted)
        )
    })
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Pending(Arc::new(self.0)));
        response
    }
}

/// The refusal that a failure of the database means to the caller; `None` where it is a fault of this program.
fn from_store(error: &StoreError) -> Option<Refusal> {
    let later = |code, seconds| Refusal { retry_after: Some(seconds), ..Refusal::new(code) };
    Some(match error {
        StoreError::Busy | StoreError::Victim | StoreError::Stale => later(&code::UNAVAILABLE, 1),
        StoreError::Closed | StoreError::Unavailable(_) => later(&code::UNAVAILABLE, 2),
        StoreError::OutcomeUnknown => later(&code::OUTCOME_UNKNOWN, 1),
        StoreError::Full => later(&code::STORAGE_FULL, 60),
        StoreError::Timeout => Refusal::new(&code::QUERY_TOO_EXPENSIVE).with("reason", "the time limit has passed"),
        StoreError::SumOverflow => Refusal::new(&code::VALUE_INVALID).with("reason", "a number is out of range"),
        StoreError::Value(_) => Refusal::new(&code::VALUE_INVALID).with("reason", "it cannot be stored"),
        StoreError::TooLarge => Refusal::new(&code::RECORD_TOO_WIDE),
        StoreError::Unique { .. } => Refusal::new(&code::DUPLICATE),
        StoreError::ForeignKey => Refusal::new(&code::NOT_FOUND_REFERENCE),
        StoreError::Check(_)
        | StoreError::NotNull { .. }
        | StoreError::Damaged(_)
        | StoreError::NoRow
        | StoreError::Aborted
        | StoreError::Panicked(_)
        | StoreError::Newer { .. }
        | StoreError::Uncomputable { .. }
        | StoreError::Other(_) => return None,
    })
}

/// The refusal that the caller is told, and whether the log must hear of it.
pub fn refusal_of(error: &EngineError, trace: &Trace) -> Refusal {
    let internal = || Refusal::new(&code::INTERNAL).with("request", &trace.id);
    match error {
        EngineError::Refused(refusal) => (**refusal).clone(),
        EngineError::Store(error) => match from_store(error) {
            Some(refusal) => {
                tracing::warn!(request = %trace.id, %error, "the database refused");
                refusal
            }
            None => {
                tracing::error!(request = %trace.id, %error, "database error");
                internal()
            }
        },
        EngineError::Internal(text) => {
            tracing::error!(request = %trace.id, error = %text, "internal error");
            internal()
        }
    }
}

/// Short name of a status in both languages.
fn title(status: u16, locale: Locale) -> &'static str {
    let (en, zh) = match status {
        400 => ("Bad request", "请求有误"),
        401 => ("Not signed in", "未登录"),
        403 => ("Not allowed", "没有权限"),
        404 => ("Not found", "未找到"),
        405 => ("Method not allowed", "不支持的方法"),
        408 => ("Request timeout", "请求超时"),
        409 => ("Conflict", "冲突"),
        413 => ("Too large", "内容过大"),
        415 => ("Unsupported media type", "不支持的媒体类型"),
        416 => ("Range not satisfiable", "范围无效"),
        422 => ("Cannot be processed", "无法处理"),
        429 => ("Too many requests", "请求过多"),
        501 => ("Not offered", "暂不提供"),
        503 => ("Unavailable", "服务暂不可用"),
        507 => ("Storage full", "存储空间已满"),
        _ => ("Error", "错误"),
    };
    match locale {
        Locale::En => en,
        Locale::ZhCn => zh,
    }
}

/// A refusal as the body of an answer.
pub fn problem_json(refusal: &Refusal, locale: Locale) -> Json {
    let errors: Vec<Json> = refusal
        .faults
        .iter()
        .map(|f| {
            let mut error = f.to_json(locale);
            if let Some(map) = error.as_object_mut() {
                map.insert("code".into(), json!(code_of(f)));
            }
            error
        })
        .collect();
    let mut out = Map::new();
    out.insert("type".into(), json!(format!("urn:formwright:problem:{}", refusal.code.code)));
    out.insert("title".into(), json!(title(refusal.code.status, locale)));
    out.insert("status".into(), json!(refusal.code.status));
    out.insert("code".into(), json!(refusal.code.code));
    out.insert("detail".into(), json!(refusal.detail(locale)));
    out.insert("errors".into(), Json::Array(errors));
    for (key, value) in &refusal.extra {
        out.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Json::Object(out)
}

/// The code of a fault; of a step to be confirmed it is the step's own, which is what must be sent back.
fn code_of(fault: &Fault) -> &str {
    let own = fault.args.iter().find(|(name, _)| *name == "code").map(|(_, code)| code.as_str());
    own.filter(|_| *fault.code == code::CONFIRMATION_REQUIRED).unwrap_or(fault.code.code)
}

/// Draws what a handler or axum itself refused. Answers that need nothing pass through.
pub fn draw(mut response: Response, trace: &Trace, method: &Method) -> Response {
    if let Some(Pending(error)) = response.extensions_mut().remove::<Pending>() {
        return fill(response, &refusal_of(&error, trace), trace);
    }
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || is_drawn(&response) {
        return response;
    }
    // a refusal of the router or of one of its extractors: a bare status with plain text
    let refusal = match status.as_u16() {
        401 => Refusal::new(&code::UNAUTHENTICATED),
        403 => Refusal::new(&code::FORBIDDEN),
        404 => Refusal::new(&code::NOT_FOUND),
        405 => Refusal::new(&code::METHOD_NOT_ALLOWED).with("method", method),
        408 => Refusal::new(&code::REQUEST_TIMEOUT),
        413 => Refusal::new(&code::BODY_TOO_LARGE).with("limit", "size"),
        415 => Refusal::new(&code::UNSUPPORTED_MEDIA_TYPE).with("expected", "application/json"),
        416 => Refusal::new(&code::RANGE_NOT_SATISFIABLE),
        422 => Refusal::new(&code::VALIDATION).with("count", 1),
        429 => Refusal { retry_after: Some(1), ..Refusal::new(&code::RATE_LIMITED).with("seconds", 1) },
        503 => Refusal { retry_after: Some(1), ..Refusal::new(&code::UNAVAILABLE) },
        s if s >= 500 => refusal_of(&EngineError::Internal(format!("bare status {s}")), trace),
        _ => Refusal::new(&code::BAD_REQUEST).with("reason", "malformed address or parameter"),
    };
    fill(response, &refusal, trace)
}

/// Whether an answer carries a body of its own: a problem, a page, a file.
fn is_drawn(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|t| t.to_str().ok())
        .is_some_and(|t| !t.starts_with("text/plain"))
}

fn fill(mut response: Response, refusal: &Refusal, trace: &Trace) -> Response {
    let body = problem_json(refusal, trace.locale()).to_string();
    *response.status_mut() = StatusCode::from_u16(refusal.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if let Some(seconds) = refusal.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if refusal.code.status == 401 {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    *response.body_mut() = Body::from(body);
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn trace(locale: Locale) -> Trace {
        Trace::new(Arc::from("r-1"), None, Some(locale))
    }

    async fn body(response: Response) -> Json {
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn a_refusal_names_code_faults_and_extra_members_in_the_readers_language() {
        let mut refusal = Refusal::new(&code::RECORD_CONFLICT).with("who", "Ann");
        refusal.faults.push(Fault::new("lines/2/price", &code::REQUIRED).with("title", "单价"));
        refusal.extra.insert("version".into(), json!(7));
        let response = draw(Problem(refusal.into()).into_response(), &trace(Locale::ZhCn), &Method::GET);
        assert_eq!(response.status(), 409);
        assert_eq!(response.headers().get("content-type").unwrap(), MEDIA_TYPE);
        let body = body(response).await;
        assert_eq!(body["code"], "record_conflict");
        assert_eq!(body["detail"], "在您读取之后，Ann 修改了此记录。");
        assert_eq!(
            body["errors"],
            json!([{"field": "lines/2/price", "code": "required", "message": "单价为必填项。"}])
        );
        assert_eq!(body["version"], 7);
    }

    #[test]
    fn a_step_to_be_confirmed_is_named_by_its_own_code() {
        let mut refusal = Refusal::new(&code::CONFIRMATION_REQUIRED);
        refusal.faults.push(
            Fault::new("confirm", &code::CONFIRMATION_REQUIRED)
                .with("code", "hiding:form/a/b:retire")
                .with("text", "b is hidden"),
        );
        let body = problem_json(&refusal, Locale::En);
        assert_eq!(body["code"], "confirmation_required");
        assert_eq!(body["errors"][0]["code"], "hiding:form/a/b:retire");
    }

    #[tokio::test]
    async fn an_internal_error_tells_the_request_id_and_nothing_else() {
        let response = draw(
            Problem(EngineError::Internal("password of the database".into())).into_response(),
            &trace(Locale::En),
            &Method::GET,
        );
        assert_eq!(response.status(), 500);
        let body = body(response).await;
        assert!(body["detail"].as_str().unwrap().contains("r-1"));
        assert!(!body.to_string().contains("password"));
    }

    #[tokio::test]
    async fn failures_of_the_database_have_the_status_of_their_cause() {
        let cases = [
            (StoreError::Unavailable("x".into()), 503, "unavailable", Some("2")),
            (StoreError::Stale, 503, "unavailable", Some("1")),
            (StoreError::Busy, 503, "unavailable", Some("1")),
            (StoreError::OutcomeUnknown, 503, "outcome_unknown", Some("1")),
            (StoreError::Full, 507, "storage_full", Some("60")),
            (StoreError::Timeout, 422, "query_too_expensive", None),
            (StoreError::Unique { table: None, constraint: None, columns: vec![] }, 422, "duplicate", None),
            (StoreError::Damaged("page 3".into()), 500, "internal", None),
            (StoreError::NoRow, 500, "internal", None),
        ];
        for (error, status, code, retry) in cases {
            let response = draw(Problem::from(error.clone()).into_response(), &trace(Locale::En), &Method::GET);
            assert_eq!(response.status(), status, "{error}");
            assert_eq!(response.headers().get("retry-after").map(|v| v.to_str().unwrap()), retry, "{error}");
            assert_eq!(body(response).await["code"], code);
        }
    }

    #[tokio::test]
    async fn a_bare_status_of_the_router_becomes_a_problem_and_keeps_its_headers() {
        let response = (StatusCode::METHOD_NOT_ALLOWED, [("allow", "GET")]).into_response();
        let response = draw(response, &trace(Locale::En), &Method::GET);
        assert_eq!(response.headers().get("allow").unwrap(), "GET");
        assert_eq!(body(response).await["code"], "method_not_allowed");
        let page = (StatusCode::NOT_FOUND, [("content-type", "text/html")], "<h1>").into_response();
        assert_eq!(draw(page, &trace(Locale::En), &Method::GET).headers().get("content-type").unwrap(), "text/html");
    }
}
