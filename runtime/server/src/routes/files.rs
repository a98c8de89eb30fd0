//! Attachments: uploaded once, readable by whoever may read a record that holds them.

use super::Routes;
use crate::answer::{created, id};
use crate::caller::Caller;
use crate::multipart::{Parts, broken_part};
use crate::once::{key_of, settle};
use crate::params::Params;
use crate::problem::{Answer, Problem};
use crate::state::App;
use crate::stream::{file_answer, paced};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::routing::post;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::EngineError;
use formwright_engine::files::{Size, UploadTarget};
use futures_util::StreamExt;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

pub fn routes() -> Routes {
    // the engine counts the file while it comes in
    Routes::default()
        .with("post", "/api/files", post(create_file).layer(DefaultBodyLimit::disable()))
        .get("/api/files/{id}", read_file)
}

async fn create_file(
    State(app): State<App>,
    caller: Caller,
    mut params: Params,
    headers: HeaderMap,
    uri: Uri,
    parts: Parts,
) -> Answer {
    let target = UploadTarget { form: params.text("form"), field: params.text("field") };
    params.finish()?;
    let mut parts = parts.parts;
    let missing = || Problem::fault(Fault::new("file", &code::REQUIRED).with("title", "file"));
    let part = parts.next_field().await.map_err(|e| broken_part(&e))?.ok_or_else(missing)?;
    if part.name() != Some("file") {
        return Err(missing());
    }
    let name = part.file_name().unwrap_or("file").to_string();
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    let stream = paced(part).inspect(|chunk| {
        if let Ok(bytes) = chunk {
            hash.update(bytes);
        }
    });
    let file: Json = caller.cx.engine.upload_file(&caller.cx, &target, &name, Box::pin(stream)).await?;
    let location =
        format!("{}/api/files/{}", app.config().base_path(), file.get("id").and_then(Json::as_str).unwrap_or_default());
    let answer = created(&location, file.to_string().into_bytes());
    // what the body was is known only now: of two uploads with one key the first counts, the other is collected unattached
    let key = key_of(&caller.cx, &headers, &uri, &hash.finalize())?;
    settle(&caller.cx, key, answer).await
}

async fn read_file(caller: Caller, Path(file): Path<String>, mut params: Params, headers: HeaderMap) -> Answer {
    let size = params.text("size");
    let size = Size::parse(size.as_deref()).ok_or_else(|| Problem::parameter("size", "expected thumb or medium"))?;
    params.finish()?;
    let found = caller.cx.engine.file(&caller.cx, id(&file)?, size).await?;
    let text = |value: &str| HeaderValue::from_str(value).map_err(|e| EngineError::Internal(format!("header: {e}")));
    let (kind, disposition, etag) = (text(&found.content_type)?, text(&found.disposition)?, text(&found.etag)?);
    let mut response = file_answer(found.content, found.size, &headers).await?;
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        return Ok(response);
    }
    let headers = response.headers_mut();
    let is_pdf = found.content_type == "application/pdf";
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::ETAG, etag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=0, must-revalidate"));
    // a browser's own viewer of PDF does not work in a sandbox
    let policy = if is_pdf { "default-src 'none'; frame-ancestors 'self'" } else { "default-src 'none'; sandbox" };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    Ok(response)
}
