//! Deleted records: to see, and to remove for good.

use super::Routes;
use crate::answer::{id, json_bytes, no_content};
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::Answer;
use axum::extract::Path;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/records/{form}/recycle-bin", list_recycle_bin)
        .delete("/api/records/{form}/recycle-bin/{id}", purge_record)
}

async fn list_recycle_bin(caller: Caller, Path(form): Path<String>, mut params: Params) -> Answer {
    let (limit, cursor) = (params.size("limit", 50, 200), params.text("cursor"));
    params.finish()?;
    Ok(json_bytes(caller.cx.engine.recycle_bin(&caller.cx, &form, cursor.as_deref(), limit).await?))
}

async fn purge_record(caller: Caller, Path((form, record)): Path<(String, String)>) -> Answer {
    caller.cx.engine.purge(&caller.cx, &form, id(&record)?).await?;
    Ok(no_content())
}
