//! People.

use super::Routes;
use super::invitations::link_json;
use crate::answer::{created, id, if_match, json};
use crate::body::ObjectBody;
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::Answer;
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use formwright_engine::accounts::{self, UserQuery};
use serde_json::Value as Json;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/users", list_users)
        .post("/api/users", create_user)
        .get("/api/users/{id}", read_user)
        .patch("/api/users/{id}", update_user)
}

async fn list_users(caller: Caller, mut params: Params) -> Answer {
    let query = UserQuery {
        q: params.text("q"),
        active: params.value("active", "true or false"),
        department: params.value("department", "an id"),
        role: params.text("role"),
        limit: Some(params.size("limit", 50, 500)),
        cursor: params.text("cursor"),
    };
    params.finish()?;
    Ok(json(&accounts::users(&caller.cx, &query).await?))
}

async fn create_user(State(app): State<App>, caller: Caller, body: ObjectBody) -> Answer {
    let (mut user, link) = accounts::create_user(&caller.cx, &Json::Object(body.object)).await?;
    let location =
        format!("{}/api/users/{}", app.config().base_path(), user.get("id").and_then(Json::as_str).unwrap_or_default());
    if let (Some(link), Some(object)) = (link, user.as_object_mut()) {
        object.insert("invitation".into(), link_json(&app, &link));
    }
    Ok(created(&location, user.to_string().into_bytes()))
}

async fn read_user(caller: Caller, Path(user): Path<String>) -> Answer {
    Ok(json(&accounts::user(&caller.cx, id(&user)?).await?))
}

async fn update_user(caller: Caller, Path(user): Path<String>, headers: HeaderMap, body: ObjectBody) -> Answer {
    let version = if_match(&headers)?;
    Ok(json(&accounts::update_user(&caller.cx, id(&user)?, &Json::Object(body.object), version).await?))
}
