//! Secrets for calls to other systems: their names can be read, their values only written.

use super::Routes;
use crate::answer::{json, no_content};
use crate::body::{Members, ObjectBody};
use crate::caller::Caller;
use crate::problem::Answer;
use axum::extract::Path;
use formwright_engine::secrets;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/secrets", list_secrets)
        .put("/api/secrets/{name}", put_secret)
        .delete("/api/secrets/{name}", delete_secret)
}

async fn list_secrets(caller: Caller) -> Answer {
    Ok(json(&secrets::secrets(&caller.cx).await?))
}

async fn put_secret(caller: Caller, Path(name): Path<String>, body: ObjectBody) -> Answer {
    formwright_engine::accounts::require_right(&caller.cx, "secrets")?;
    let mut members = Members::new(body.object);
    let value = members.required("value");
    members.finish()?;
    secrets::set_secret(&caller.cx, &name, &value).await?;
    Ok(no_content())
}

async fn delete_secret(caller: Caller, Path(name): Path<String>) -> Answer {
    secrets::delete_secret(&caller.cx, &name).await?;
    Ok(no_content())
}
