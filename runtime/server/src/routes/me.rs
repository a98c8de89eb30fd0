//! The caller himself: who he is, what he may do, and his own settings.

use super::Routes;
use crate::answer::json;
use crate::body::ObjectBody;
use crate::caller::Caller;
use crate::problem::Answer;
use formwright_engine::accounts;
use serde_json::Value as Json;

pub fn routes() -> Routes {
    Routes::default().get("/api/me", read_me).patch("/api/me", update_me)
}

async fn read_me(caller: Caller) -> Answer {
    Ok(json(&accounts::me(&caller.cx).await?))
}

async fn update_me(caller: Caller, body: ObjectBody) -> Answer {
    Ok(json(&accounts::update_me(&caller.cx, &Json::Object(body.object)).await?))
}
