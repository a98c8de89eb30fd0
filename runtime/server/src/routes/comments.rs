//! Discussion of a record.

use super::Routes;
use crate::answer::{id, json as json_answer, with_status};
use crate::body::{Members, ObjectBody};
use crate::caller::Caller;
use crate::once::{key_of, once};
use crate::params::Params;
use crate::problem::Answer;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::json;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/records/{form}/{id}/comments", list_comments)
        .post("/api/records/{form}/{id}/comments", create_comment)
}

async fn list_comments(caller: Caller, Path((form, record)): Path<(String, String)>, mut params: Params) -> Answer {
    let (limit, cursor) = (params.size("limit", 50, 200), params.value("cursor", "a cursor"));
    params.finish()?;
    Ok(json_answer(&caller.cx.engine.comments(&caller.cx, &form, id(&record)?, cursor, limit).await?))
}

async fn create_comment(
    caller: Caller,
    Path((form, record)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
    body: ObjectBody,
) -> Answer {
    let key = key_of(&caller.cx, &headers, &uri, &body.bytes)?;
    let mut members = Members::new(body.object);
    let (text, mentions) = (members.required("text"), members.list("mentions").unwrap_or_default());
    members.finish()?;
    let comment = json!({"text": text, "mentions": mentions});
    let (cx, record) = (caller.cx.clone(), id(&record)?);
    once(&caller.cx, key, async move {
        let comment = cx.engine.add_comment(&cx, &form, record, &comment).await?;
        Ok(with_status(StatusCode::CREATED, comment.to_string().into_bytes()))
    })
    .await
}
