//! Work calendars.

use super::Routes;
use crate::answer::{if_match, json};
use crate::body::ObjectBody;
use crate::caller::Caller;
use crate::problem::Answer;
use axum::http::HeaderMap;
use formwright_engine::calendars;

pub fn routes() -> Routes {
    Routes::default().get("/api/calendars", list_calendars).put("/api/calendars", put_calendar)
}

async fn list_calendars(caller: Caller) -> Answer {
    Ok(json(&calendars::calendars(&caller.cx).await?))
}

async fn put_calendar(caller: Caller, headers: HeaderMap, body: ObjectBody) -> Answer {
    let version = if_match(&headers)?;
    Ok(json(&calendars::put_calendar(&caller.cx, body.object, version).await?))
}
