//! What the caller was told.

use super::Routes;
use crate::answer::json;
use crate::body::{Members, ObjectBody};
use crate::caller::Caller;
use crate::pages::reader::page_locale;
use crate::pages::told;
use crate::params::Params;
use crate::problem::Answer;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use serde_json::{Value as Json, json as object};
use uuid::Uuid;

/// Most notifications of one request.
const MOST: usize = 500;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/notifications", list_notifications)
        .post("/api/notifications/read", read_notifications)
        .get("/api/notifications/preferences", read_preferences)
        .put("/api/notifications/preferences", set_preferences)
}

async fn list_notifications(caller: Caller, mut params: Params) -> Answer {
    let (unread, limit) = (params.flag("unread"), params.size("limit", 50, 200));
    let cursor = params.value("cursor", "a cursor");
    params.finish()?;
    let mut answer = caller.cx.engine.notifications(&caller.cx, unread, cursor, limit).await?;
    for item in answer.get_mut("items").and_then(Json::as_array_mut).into_iter().flatten() {
        let words = told::words(page_locale(caller.cx.locale), item);
        if let Some(item) = item.as_object_mut() {
            item.insert("title".into(), object!(words.title));
            item.insert("text".into(), object!(words.text));
            item.insert("href".into(), object!(words.href));
        }
    }
    Ok(json(&answer))
}

/// Ids of notifications to be marked, or `{"all": true}`.
async fn read_notifications(caller: Caller, body: ObjectBody) -> Answer {
    let mut members = Members::new(body.object);
    let (all, ids) = (members.flag("all").unwrap_or(false), members.list("ids"));
    let mut wanted: Vec<Uuid> = Vec::new();
    for (i, id) in ids.iter().flatten().enumerate() {
        match Uuid::try_parse(id) {
            Ok(id) => wanted.push(id),
            Err(_) => members.fault(Fault::new(format!("ids/{i}"), &code::FORMAT_INVALID).with("format", "UUID")),
        }
    }
    if wanted.len() > MOST {
        members.fault(Fault::new("ids", &code::TOO_MANY).with("limit", MOST));
    }
    if ids.is_none() && !all {
        members.fault(Fault::new("ids", &code::REQUIRED).with("title", "ids"));
    }
    members.finish()?;
    let unread = caller.cx.engine.read_notifications(&caller.cx, (!all).then_some(wanted)).await?;
    Ok(json(&object!({"unread": unread})))
}

async fn read_preferences(caller: Caller) -> Answer {
    Ok(json(&caller.cx.engine.notification_preferences(&caller.cx).await?))
}

async fn set_preferences(caller: Caller, body: ObjectBody) -> Answer {
    Ok(json(&caller.cx.engine.set_notification_preferences(&caller.cx, &body.object).await?))
}
