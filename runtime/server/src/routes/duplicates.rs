//! Whether a draft collides with what is there, across what the caller may read.

use super::Routes;
use crate::answer::json;
use crate::body::ObjectBody;
use crate::caller::Caller;
use crate::problem::Answer;
use axum::extract::Path;

pub fn routes() -> Routes {
    Routes::default().post("/api/records/{form}/duplicates", find_duplicates)
}

async fn find_duplicates(caller: Caller, Path(form): Path<String>, body: ObjectBody) -> Answer {
    Ok(json(&caller.cx.engine.duplicates(&caller.cx, &form, body.object).await?))
}
