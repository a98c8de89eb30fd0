//! Taking in workbooks and text files: looked at first, then imported in the background.

use super::Routes;
use crate::answer::{json, with_status};
use crate::caller::Caller;
use crate::multipart::{Parts, Upload};
use crate::once::{key_of, once};
use crate::problem::Answer;
use axum::extract::{DefaultBodyLimit, Path};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::exchange::{self, ImportMode, ImportRequest, PreviewRequest};
use serde_json::json;

pub fn routes() -> Routes {
    // the parts are counted while they come in
    Routes::default()
        .with("post", "/api/records/{form}/import", post(import_records).layer(DefaultBodyLimit::disable()))
        .with("post", "/api/records/{form}/import/preview", post(preview_import).layer(DefaultBodyLimit::disable()))
        .get("/api/records/{form}/template.xlsx", read_import_template)
}

async fn import_records(
    caller: Caller,
    Path(form): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    parts: Parts,
) -> Answer {
    let turn = caller.heavy().await?;
    let mut upload = Upload::read(parts, caller.cx.engine.settings().imports_max_size).await?;
    let key = key_of(&caller.cx, &headers, &uri, &upload.fingerprint())?;
    let mapping = match upload.text("mapping").map(|text| crate::body::parse_json(text.as_bytes())) {
        None => None,
        Some(Ok(mapping)) => Some(mapping),
        Some(Err(_)) => {
            upload.fault(Fault::new("mapping", &code::IMPORT_MAPPING).with("reason", "it is not valid JSON"));
            None
        }
    };
    let mode = match upload.text("mode") {
        None => ImportMode::Create,
        Some(text) => ImportMode::parse(&text).unwrap_or_else(|| {
            upload.fault(
                Fault::new("mode", &code::CHOICE_UNKNOWN)
                    .with("value", &text)
                    .suggest(&text, ["create", "update", "upsert"].into_iter()),
            );
            ImportMode::Create
        }),
    };
    let keys = upload.text("key").unwrap_or_default();
    let request = ImportRequest {
        mapping,
        key: keys.split(',').map(str::trim).filter(|k| !k.is_empty()).map(str::to_string).collect(),
        mode,
        dry_run: upload.flag("dry_run"),
        atomic: upload.flag("atomic"),
    };
    let (name, bytes) = upload.finish()?;
    let cx = caller.cx.clone();
    once(&caller.cx, key, async move {
        let _turn = turn;
        let job = cx.engine.import(&cx, &form, exchange::Upload { name, bytes }, request).await?;
        Ok(with_status(StatusCode::ACCEPTED, json!({"job": job}).to_string().into_bytes()))
    })
    .await
}

async fn preview_import(caller: Caller, Path(form): Path<String>, parts: Parts) -> Answer {
    let _turn = caller.heavy().await?;
    let mut upload = Upload::read(parts, caller.cx.engine.settings().imports_max_size).await?;
    let (sheet, encoding) = (upload.text("sheet"), upload.text("encoding"));
    let header_row = upload.text("header_row").map(|text| text.parse::<u32>());
    if matches!(header_row, Some(Err(_))) {
        upload.fault(
            Fault::new("header_row", &code::PARAMETER_INVALID)
                .with("name", "header_row")
                .with("reason", "expected a number"),
        );
    }
    let delimiter = upload.text("delimiter").and_then(|text| text.chars().next());
    let fresh = upload.flag("fresh");
    let (name, bytes) = upload.finish()?;
    let header_row = header_row.and_then(Result::ok);
    let request = PreviewRequest { sheet, header_row, encoding, delimiter, fresh };
    Ok(json(&caller.cx.engine.import_preview(&caller.cx, &form, exchange::Upload { name, bytes }, request).await?))
}

async fn read_import_template(caller: Caller, Path(form): Path<String>, headers: HeaderMap) -> Answer {
    let out = caller.cx.engine.import_template(&caller.cx, &form).await?;
    super::exports::out_file(out, &headers).await
}
