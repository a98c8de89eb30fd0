//! Many operations on a form's records in one request.

use super::Routes;
use crate::answer::json;
use crate::body::{BATCH_LIMIT, Members, ObjectBody};
use crate::caller::Caller;
use crate::once::key_of;
use crate::params::Params;
use crate::problem::Answer;
use axum::extract::Path;
use axum::http::{HeaderMap, Uri};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::records::BatchRequest;
use serde_json::Value as Json;

pub fn routes() -> Routes {
    Routes::default().post("/api/records/{form}/batch", batch_records)
}

async fn batch_records(
    caller: Caller,
    Path(form): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    params: Params,
    body: ObjectBody<BATCH_LIMIT>,
) -> Answer {
    params.finish()?;
    let key = key_of(&caller.cx, &headers, &uri, &body.bytes)?;
    let mut members = Members::new(body.object);
    let operations = match members.json("operations") {
        Some(Json::Array(operations)) => operations,
        Some(other) => {
            members.fault(
                Fault::new("operations", &code::WRONG_TYPE)
                    .with("expected", "array")
                    .with("got", formwright_core::definition::type_name(&other)),
            );
            Vec::new()
        }
        None => {
            members.fault(Fault::new("operations", &code::REQUIRED).with("title", "operations"));
            Vec::new()
        }
    };
    let atomic = members.flag("atomic").unwrap_or(true);
    members.finish()?;
    Ok(json(&caller.cx.engine.batch(&caller.cx, &form, BatchRequest { operations, atomic }, key).await?))
}
