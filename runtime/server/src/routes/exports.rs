//! Giving out records as workbook or text file. An export is whole or refused.

use super::Routes;
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::{Answer, Problem};
use crate::stream::file_answer;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::EngineError;
use formwright_engine::exchange::{ExportFormat, ExportRequest, OutFile};

const ROWS: HeaderName = HeaderName::from_static("x-rows");

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/records/{form}/export.xlsx", export_workbook)
        .get("/api/records/{form}/export.csv", export_text)
}

async fn export_workbook(caller: Caller, Path(form): Path<String>, params: Params, headers: HeaderMap) -> Answer {
    export(caller, &form, params, &headers, ExportFormat::Xlsx).await
}

async fn export_text(caller: Caller, Path(form): Path<String>, params: Params, headers: HeaderMap) -> Answer {
    export(caller, &form, params, &headers, ExportFormat::Csv).await
}

async fn export(caller: Caller, form: &str, mut params: Params, headers: &HeaderMap, format: ExportFormat) -> Answer {
    let filter = match params.text("filter").filter(|f| !f.is_empty()) {
        None => None,
        Some(text) => {
            let invalid =
                || Problem::fault(Fault::new("filter", &code::FILTER_INVALID).with("reason", "it is not valid JSON"));
            Some(crate::body::parse_json(text.as_bytes()).map_err(|_| invalid())?)
        }
    };
    let bom = params.value("bom", "true or false").unwrap_or(true);
    let request = ExportRequest {
        format,
        filter,
        q: params.text("q"),
        select: params.list("select"),
        sort: params.list("sort"),
        bom,
    };
    params.finish()?;
    let _turn = caller.heavy().await?;
    let out = caller.cx.engine.export(&caller.cx, form, request).await?;
    out_file(out, headers).await
}

/// A finished file as an answer.
pub(super) async fn out_file(out: OutFile, headers: &HeaderMap) -> Answer {
    let text = |value: &str| HeaderValue::from_str(value).map_err(|e| EngineError::Internal(format!("header: {e}")));
    let (disposition, kind) = (text(&out.disposition())?, HeaderValue::from_static(out.content_type));
    let mut response = file_answer(out.file, out.size, headers).await?;
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        return Ok(response);
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(ROWS, HeaderValue::from(out.rows));
    Ok(response)
}
