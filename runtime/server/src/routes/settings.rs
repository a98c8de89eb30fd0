//! Settings of the company and of its apps.

use super::Routes;
use crate::answer::{if_match, json, tagged};
use crate::body::ObjectBody;
use crate::caller::Caller;
use crate::problem::Answer;
use axum::extract::Path;
use axum::http::HeaderMap;
use formwright_engine::settings;
use serde_json::Value as Json;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/settings", list_settings)
        .get("/api/settings/{app}", read_settings)
        .patch("/api/settings/{app}", update_settings)
}

async fn list_settings(caller: Caller) -> Answer {
    Ok(json(&settings::settings_list(&caller.cx)?))
}

async fn read_settings(caller: Caller, Path(app): Path<String>) -> Answer {
    let (values, version) = settings::settings(&caller.cx, &app).await?;
    Ok(tagged(json(&Json::Object(values)), version))
}

async fn update_settings(caller: Caller, Path(app): Path<String>, headers: HeaderMap, body: ObjectBody) -> Answer {
    let wanted = if_match(&headers)?;
    let (values, version) = settings::update_settings(&caller.cx, &app, &body.object, wanted).await?;
    Ok(tagged(json(&Json::Object(values)), version))
}
