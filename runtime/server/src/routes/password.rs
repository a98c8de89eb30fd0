//! Changing one's own password; every other session ends.

use super::Routes;
use super::session::put_cookies;
use crate::answer::json;
use crate::body::{Members, ObjectBody};
use crate::caller::{Caller, Visitor};
use crate::problem::Answer;
use crate::state::App;
use axum::extract::State;
use formwright_engine::accounts;
use serde_json::json;

pub fn routes() -> Routes {
    Routes::default().post("/api/password", change_password)
}

async fn change_password(State(app): State<App>, visitor: Visitor, caller: Caller, body: ObjectBody) -> Answer {
    let mut members = Members::new(body.object);
    let (current, new) = (members.required("current"), members.required("new"));
    members.finish()?;
    let signed = accounts::change_password(&caller.cx, &visitor.client, &current, &new).await?;
    let mut response = json(&json!({"csrf": signed.csrf}));
    put_cookies(&app, &mut response, &signed)?;
    Ok(response)
}
