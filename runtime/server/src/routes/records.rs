//! Records of a form: read, created, changed, deleted, restored, tried out.

use super::Routes;
use crate::answer::{created, id, if_match, json, json_bytes, no_content, tagged};
use crate::body::{Members, ObjectBody};
use crate::caller::Caller;
use crate::once::{key_of, once};
use crate::params::Params;
use crate::problem::{Answer, Problem};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::records::{CountMode, ListRequest, ReadRequest};
use serde_json::Value as Json;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/records/{form}", list_records)
        .post("/api/records/{form}", create_record)
        .post("/api/records/{form}/query", query_records)
        .post("/api/records/{form}/preview", preview_record)
        .get("/api/records/{form}/unfit", list_unfit)
        .get("/api/records/{form}/{id}", read_record)
        .patch("/api/records/{form}/{id}", update_record)
        .delete("/api/records/{form}/{id}", delete_record)
        .post("/api/records/{form}/{id}/restore", restore_record)
}

/// Most records of one page.
const MOST: usize = 500;

async fn list_records(caller: Caller, Path(form): Path<String>, mut params: Params) -> Answer {
    let filter = params.text("filter").filter(|f| !f.is_empty());
    let filter = match filter {
        None => None,
        // the same checks as for a body: depth, numbers, characters
        Some(text) => Some(crate::body::parse_json(text.as_bytes()).map_err(|problem| {
            if problem.has_code(&code::TEXT_INVALID) {
                return Problem::fault(Fault::new("filter", &code::TEXT_INVALID));
            }
            Problem::fault(Fault::new("filter", &code::FILTER_INVALID).with("reason", "it is not valid JSON"))
        })?),
    };
    let count = params.text("count");
    let request = ListRequest {
        filter,
        q: params.text("q"),
        sort: params.list("sort"),
        select: params.list("select"),
        expand: params.list("expand"),
        limit: params.size("limit", 0, MOST),
        cursor: params.text("cursor"),
        count: read_count(count.as_deref()).unwrap_or_else(|| {
            params.fault("count", "expected none, bounded or exact");
            CountMode::None
        }),
        titles: params.flag("titles"),
    };
    refuse_as_of(params.text("as_of"))?;
    params.finish()?;
    Ok(json_bytes(caller.cx.engine.list(&caller.cx, &form, request).await?))
}

async fn query_records(caller: Caller, Path(form): Path<String>, mut params: Params, body: ObjectBody) -> Answer {
    refuse_as_of(params.text("as_of"))?;
    params.finish()?;
    let mut members = Members::new(body.object);
    let count = members.text("count");
    let limit = match members.int("limit").map(usize::try_from) {
        None => 0,
        Some(Ok(n)) if (1..=MOST).contains(&n) => n,
        Some(_) => {
            members.fault(
                Fault::new("limit", &code::PARAMETER_INVALID)
                    .with("name", "limit")
                    .with("reason", format!("expected 1 to {MOST}")),
            );
            0
        }
    };
    let request = ListRequest {
        filter: members.json("filter"),
        q: members.text("q"),
        sort: members.list("sort").unwrap_or_default(),
        select: members.list("select").unwrap_or_default(),
        expand: members.list("expand").unwrap_or_default(),
        limit,
        cursor: members.text("cursor"),
        count: read_count(count.as_deref()).unwrap_or_else(|| {
            members.fault(
                Fault::new("count", &code::PARAMETER_INVALID)
                    .with("name", "count")
                    .with("reason", "expected none, bounded or exact"),
            );
            CountMode::None
        }),
        titles: members.flag("titles").unwrap_or(false),
    };
    refuse_as_of(members.text("as_of"))?;
    members.finish()?;
    Ok(json_bytes(caller.cx.engine.list(&caller.cx, &form, request).await?))
}

/// Lists as of an earlier time are not offered; single records are.
pub(super) fn refuse_as_of(given: Option<String>) -> Result<(), Problem> {
    match given {
        None => Ok(()),
        Some(_) => Err(Problem(formwright_engine::Refusal::new(&code::NOT_OFFERED).with("what", "as_of").into())),
    }
}

fn read_count(text: Option<&str>) -> Option<CountMode> {
    match text {
        None | Some("none") => Some(CountMode::None),
        Some("bounded") => Some(CountMode::Bounded),
        Some("exact") => Some(CountMode::Exact),
        Some(_) => None,
    }
}

async fn create_record(
    State(app): State<App>,
    caller: Caller,
    Path(form): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    params: Params,
    body: ObjectBody,
) -> Answer {
    params.finish()?;
    let key = key_of(&caller.cx, &headers, &uri, &body.bytes)?;
    let record = caller.cx.engine.create(&caller.cx, &form, body.object, key).await?;
    let location = format!("{}/api/records/{form}/{}", app.config().base_path(), record.id.hyphenated());
    Ok(tagged(created(&location, record.body), record.version))
}

async fn read_record(caller: Caller, Path((form, record)): Path<(String, String)>, mut params: Params) -> Answer {
    let request = ReadRequest {
        select: params.list("select"),
        expand: params.list("expand"),
        titles: params.flag("titles"),
        as_of: params.text("as_of"),
    };
    params.finish()?;
    let record = caller.cx.engine.read(&caller.cx, &form, id(&record)?, &request).await?;
    Ok(tagged(json_bytes(record.body), record.version))
}

async fn update_record(
    caller: Caller,
    Path((form, record)): Path<(String, String)>,
    headers: HeaderMap,
    params: Params,
    body: ObjectBody,
) -> Answer {
    params.finish()?;
    let version = if_match(&headers)?;
    let record = caller.cx.engine.update(&caller.cx, &form, id(&record)?, body.object, version).await?;
    Ok(tagged(json_bytes(record.body), record.version))
}

async fn delete_record(
    caller: Caller,
    Path((form, record)): Path<(String, String)>,
    headers: HeaderMap,
    params: Params,
) -> Answer {
    params.finish()?;
    let version = if_match(&headers)?;
    caller.cx.engine.delete(&caller.cx, &form, id(&record)?, version).await?;
    Ok(no_content())
}

async fn restore_record(
    caller: Caller,
    Path((form, record)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
    body: ObjectBody,
) -> Answer {
    Members::new(body.object).finish()?;
    let key = key_of(&caller.cx, &headers, &uri, &body.bytes)?;
    let (cx, record) = (caller.cx.clone(), id(&record)?);
    once(&caller.cx, key, async move {
        let record = cx.engine.restore(&cx, &form, record).await?;
        Ok(tagged(json_bytes(record.body), record.version))
    })
    .await
}

async fn list_unfit(caller: Caller, Path(form): Path<String>, mut params: Params) -> Answer {
    let (limit, cursor) = (params.size("limit", 50, 200), params.text("cursor"));
    params.finish()?;
    Ok(json(&caller.cx.engine.all_unfit(&caller.cx, &form, cursor, limit).await?))
}

async fn preview_record(caller: Caller, Path(form): Path<String>, params: Params, body: ObjectBody) -> Answer {
    params.finish()?;
    let preview: Json = caller.cx.engine.preview(&caller.cx, &form, body.object).await?;
    Ok(json(&preview))
}
