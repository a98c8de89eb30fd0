//! Who changed what of a record, and when.

use super::Routes;
use crate::answer::{id, json};
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::Answer;
use axum::extract::Path;

pub fn routes() -> Routes {
    Routes::default().get("/api/records/{form}/{id}/history", list_history)
}

async fn list_history(caller: Caller, Path((form, record)): Path<(String, String)>, mut params: Params) -> Answer {
    let (limit, cursor) = (params.size("limit", 50, 200), params.text("cursor"));
    params.finish()?;
    Ok(json(&caller.cx.engine.history(&caller.cx, &form, id(&record)?, cursor.as_deref(), limit).await?))
}
