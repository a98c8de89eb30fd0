//! The second factor: one's own to set up and to switch off, another's to take away.

use super::Routes;
use crate::answer::{id, json, no_content, with_status};
use crate::body::{Members, ObjectBody};
use crate::caller::Caller;
use crate::problem::Answer;
use axum::extract::Path;
use axum::http::StatusCode;
use formwright_engine::accounts;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/factor", read_factor)
        .post("/api/factor", set_factor)
        .delete("/api/factor", delete_factor)
        .delete("/api/users/{id}/factor", delete_factor_of)
}

async fn read_factor(caller: Caller) -> Answer {
    Ok(json(&accounts::factor(&caller.cx).await?))
}

/// Without a code it begins, and shows what the authenticator must know; with a code of it, it is put into use.
async fn set_factor(caller: Caller, body: ObjectBody) -> Answer {
    let mut members = Members::new(body.object);
    let code = members.text("code");
    members.finish()?;
    match code {
        Some(code) => Ok(json(&accounts::confirm_factor(&caller.cx, &code).await?)),
        None => {
            let begun = accounts::begin_factor(&caller.cx).await?;
            Ok(with_status(StatusCode::CREATED, begun.to_string().into_bytes()))
        }
    }
}

async fn delete_factor(caller: Caller) -> Answer {
    accounts::switch_off_factor(&caller.cx).await?;
    Ok(no_content())
}

async fn delete_factor_of(caller: Caller, Path(user): Path<String>) -> Answer {
    accounts::reset_factor(&caller.cx, id(&user)?).await?;
    Ok(no_content())
}
