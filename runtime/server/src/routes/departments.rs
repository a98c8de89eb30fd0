//! Departments.

use super::Routes;
use crate::answer::{created, id, if_match, json, no_content};
use crate::body::ObjectBody;
use crate::caller::Caller;
use crate::once::{key_of, once};
use crate::params::Params;
use crate::problem::Answer;
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use formwright_engine::accounts;
use serde_json::Value as Json;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/departments", list_departments)
        .post("/api/departments", create_department)
        .get("/api/departments/{id}", read_department)
        .patch("/api/departments/{id}", update_department)
        .delete("/api/departments/{id}", delete_department)
}

async fn list_departments(caller: Caller, mut params: Params) -> Answer {
    let q = params.text("q");
    params.finish()?;
    Ok(json(&accounts::departments(&caller.cx, q.as_deref()).await?))
}

async fn create_department(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    body: ObjectBody,
) -> Answer {
    let key = key_of(&caller.cx, &headers, &uri, &body.bytes)?;
    let cx = caller.cx.clone();
    once(&caller.cx, key, async move {
        let department = accounts::create_department(&cx, &Json::Object(body.object)).await?;
        let location = format!(
            "{}/api/departments/{}",
            app.config().base_path(),
            department.get("id").and_then(Json::as_str).unwrap_or_default()
        );
        Ok(created(&location, department.to_string().into_bytes()))
    })
    .await
}

async fn read_department(caller: Caller, Path(department): Path<String>) -> Answer {
    Ok(json(&accounts::department(&caller.cx, id(&department)?).await?))
}

async fn update_department(
    caller: Caller,
    Path(department): Path<String>,
    headers: HeaderMap,
    body: ObjectBody,
) -> Answer {
    let version = if_match(&headers)?;
    Ok(json(&accounts::update_department(&caller.cx, id(&department)?, &Json::Object(body.object), version).await?))
}

async fn delete_department(caller: Caller, Path(department): Path<String>) -> Answer {
    accounts::delete_department(&caller.cx, id(&department)?).await?;
    Ok(no_content())
}
