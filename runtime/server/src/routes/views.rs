//! Saved views of lists.

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
use serde_json::Value as Json;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/views", list_views)
        .post("/api/views", create_view)
        .get("/api/views/{id}", read_view)
        .patch("/api/views/{id}", update_view)
        .delete("/api/views/{id}", delete_view)
}

async fn list_views(caller: Caller, mut params: Params) -> Answer {
    let form = params.text("form");
    params.finish()?;
    Ok(json(&caller.cx.engine.views(&caller.cx, form.as_deref()).await?))
}

async fn create_view(State(app): State<App>, caller: Caller, headers: HeaderMap, uri: Uri, body: ObjectBody) -> Answer {
    let key = key_of(&caller.cx, &headers, &uri, &body.bytes)?;
    let cx = caller.cx.clone();
    once(&caller.cx, key, async move {
        let view = cx.engine.create_view(&cx, body.object).await?;
        let location = format!(
            "{}/api/views/{}",
            app.config().base_path(),
            view.get("id").and_then(Json::as_str).unwrap_or_default()
        );
        Ok(created(&location, view.to_string().into_bytes()))
    })
    .await
}

async fn read_view(caller: Caller, Path(view): Path<String>) -> Answer {
    Ok(json(&caller.cx.engine.view(&caller.cx, id(&view)?).await?))
}

async fn update_view(caller: Caller, Path(view): Path<String>, headers: HeaderMap, body: ObjectBody) -> Answer {
    let version = if_match(&headers)?;
    Ok(json(&caller.cx.engine.update_view(&caller.cx, id(&view)?, body.object, version).await?))
}

async fn delete_view(caller: Caller, Path(view): Path<String>) -> Answer {
    caller.cx.engine.delete_view(&caller.cx, id(&view)?).await?;
    Ok(no_content())
}
