//! Open sessions of a person, to see and to end.

use super::Routes;
use crate::answer::{id, json, no_content};
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::Answer;
use axum::extract::Path;
use formwright_engine::accounts;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/sessions", list_sessions)
        .delete("/api/sessions", delete_other_sessions)
        .delete("/api/sessions/{id}", delete_session)
}

async fn list_sessions(caller: Caller, mut params: Params) -> Answer {
    let user = params.value("user", "an id");
    params.finish()?;
    Ok(json(&accounts::sessions(&caller.cx, user).await?))
}

async fn delete_other_sessions(caller: Caller) -> Answer {
    accounts::end_other_sessions(&caller.cx).await?;
    Ok(no_content())
}

async fn delete_session(caller: Caller, Path(session): Path<String>) -> Answer {
    accounts::end_session(&caller.cx, id(&session)?).await?;
    Ok(no_content())
}
