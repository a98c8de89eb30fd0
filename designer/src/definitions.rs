//! Definitions: listed, read, saved as drafts, removed; their schemas and where they are used.

use crate::{if_match, kind};
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::post;
use formwright_core::definition::{Kind, kind_schema};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::exchange::{self, PreviewRequest};
use formwright_engine::publish::DefinitionQuery;
use formwright_engine::{EngineError, publish};
use formwright_server::answer::{json, no_content};
use formwright_server::body::{JsonBody, Members, ObjectBody};
use formwright_server::caller::Caller;
use formwright_server::multipart::{Parts, Upload};
use formwright_server::params::Params;
use formwright_server::routes::Routes;
use formwright_server::{Answer, Problem};
use serde_json::Value as Json;

/// Largest document.
const LIMIT: usize = 4 << 20;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/definitions", list_definitions)
        .get("/api/definitions/schemas/{file}", read_kind_schema)
        .post("/api/definitions/names", propose_names)
        // the parts are counted while they come in
        .with("post", "/api/definitions/propose", post(propose_form).layer(DefaultBodyLimit::disable()))
        .get("/api/definitions/{kind}/{name}", read_definition)
        .put("/api/definitions/{kind}/{name}", save_draft)
        .delete("/api/definitions/{kind}/{name}", delete_definition)
        .get("/api/definitions/{kind}/{name}/usage", read_usage)
}

async fn list_definitions(caller: Caller, mut params: Params) -> Answer {
    let (wanted, app) = (params.text("kind"), params.text("app"));
    params.finish()?;
    let query = DefinitionQuery { kind: wanted.as_deref().map(kind).transpose()?, app };
    Ok(json(&publish::definitions(&caller.cx, &query).await?))
}

async fn read_kind_schema(_: Caller, Path(file): Path<String>) -> Answer {
    let found = file.strip_suffix(".json").and_then(|name| Kind::ALL.into_iter().find(|k| k.name() == name));
    let schema = kind_schema(found.ok_or_else(|| Problem(EngineError::not_found()))?);
    let mut response = json(&schema);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/schema+json"));
    Ok(response)
}

async fn read_definition(
    caller: Caller,
    Path((kind_name, name)): Path<(String, String)>,
    mut params: Params,
) -> Answer {
    let app = params.text("app");
    params.finish()?;
    let state = publish::definition(&caller.cx, kind(&kind_name)?, &name, app.as_deref()).await?;
    Ok(tagged(&state))
}

async fn save_draft(
    caller: Caller,
    Path((kind_name, name)): Path<(String, String)>,
    mut params: Params,
    headers: HeaderMap,
    DocumentBody(doc): DocumentBody,
) -> Answer {
    // the app stands in the document; naming it in the address too is allowed
    params.text("app");
    params.finish()?;
    let version = if_match(&headers)?;
    let state = publish::save_draft(&caller.cx, kind(&kind_name)?, &name, doc, version.as_deref()).await?;
    Ok(tagged(&state))
}

async fn delete_definition(
    caller: Caller,
    Path((kind_name, name)): Path<(String, String)>,
    mut params: Params,
    headers: HeaderMap,
) -> Answer {
    let (app, discard) = (params.text("app"), params.value::<bool>("draft", "true or false").unwrap_or(false));
    params.finish()?;
    let (kind, version) = (kind(&kind_name)?, if_match(&headers)?);
    if discard {
        publish::discard_draft(&caller.cx, kind, &name, app.as_deref(), version.as_deref()).await?;
    } else {
        publish::delete_definition(&caller.cx, kind, &name, app.as_deref(), version.as_deref()).await?;
    }
    Ok(no_content())
}

async fn read_usage(caller: Caller, Path((kind_name, name)): Path<(String, String)>, mut params: Params) -> Answer {
    let field = params.text("field");
    params.finish()?;
    Ok(json(&publish::usage(&caller.cx, kind(&kind_name)?, &name, field.as_deref()).await?))
}

/// Names for titles: `{"titles": […], "taken": […], "fallback"?}` → `{"names": […]}`, each different from all others.
async fn propose_names(caller: Caller, body: ObjectBody) -> Answer {
    let mut members = Members::new(body.object);
    let (titles, taken) = (members.list("titles").unwrap_or_default(), members.list("taken").unwrap_or_default());
    let fallback = members.text("fallback");
    members.finish()?;
    let names = publish::names(&caller.cx, &titles, taken, fallback.as_deref())?;
    Ok(json(&serde_json::json!({ "names": names })))
}

/// What a form for the rows of a file would be: multipart with the file, and perhaps `sheet` and `header_row`.
async fn propose_form(caller: Caller, mut params: Params, parts: Parts) -> Answer {
    let app = params.text("app").unwrap_or_default();
    params.finish()?;
    let _turn = caller.heavy().await?;
    let mut upload = Upload::read(parts, caller.cx.engine.settings().imports_max_size).await?;
    let sheet = upload.text("sheet");
    let header_row = upload.text("header_row").map(|text| text.parse::<u32>());
    if matches!(header_row, Some(Err(_))) {
        upload.fault(
            Fault::new("header_row", &code::PARAMETER_INVALID)
                .with("name", "header_row")
                .with("reason", "expected a number"),
        );
    }
    let (name, bytes) = upload.finish()?;
    let request = PreviewRequest { sheet, header_row: header_row.and_then(Result::ok), ..PreviewRequest::default() };
    let file = exchange::Upload { name, bytes };
    Ok(json(&caller.cx.engine.propose_form(&caller.cx, &app, file, request).await?))
}

/// A definition as body. Places in it are JSON pointers, also those of what cannot be read.
struct DocumentBody(Json);

impl<S: Send + Sync> FromRequest<S> for DocumentBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match JsonBody::<LIMIT>::from_request(request, state).await {
            Ok(body) => Ok(DocumentBody(body.json)),
            Err(Problem(EngineError::Refused(mut refusal))) => {
                for fault in refusal.faults.iter_mut().filter(|f| !f.path.is_empty()) {
                    fault.path.insert(0, '/');
                }
                Err(Problem(EngineError::Refused(refusal)))
            }
            Err(other) => Err(other),
        }
    }
}

/// The state with what names it for `If-Match`.
fn tagged(state: &Json) -> Response {
    let mut response = json(state);
    let tag = state.get("version").and_then(Json::as_str).and_then(|v| HeaderValue::from_str(&format!("\"{v}\"")).ok());
    if let Some(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
