//! Personal API tokens. The secret is in the answer to its making and nowhere else.

use super::Routes;
use crate::answer::{id, json, no_content, with_status};
use crate::body::ObjectBody;
use crate::caller::Caller;
use crate::problem::Answer;
use axum::extract::Path;
use axum::http::StatusCode;
use formwright_engine::accounts;
use serde_json::Value as Json;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/tokens", list_tokens)
        .post("/api/tokens", create_token)
        .delete("/api/tokens/{id}", delete_token)
}

async fn list_tokens(caller: Caller) -> Answer {
    Ok(json(&accounts::tokens(&caller.cx).await?))
}

async fn create_token(caller: Caller, body: ObjectBody) -> Answer {
    let made = accounts::create_token(&caller.cx, &Json::Object(body.object)).await?;
    Ok(with_status(StatusCode::CREATED, made.to_string().into_bytes()))
}

async fn delete_token(caller: Caller, Path(token): Path<String>) -> Answer {
    accounts::delete_token(&caller.cx, id(&token)?).await?;
    Ok(no_content())
}
