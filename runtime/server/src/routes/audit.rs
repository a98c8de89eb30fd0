//! The audit log, for those with the right to read it.

use super::Routes;
use crate::answer::json;
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::Answer;
use formwright_engine::audit::{self, AuditQuery};

pub fn routes() -> Routes {
    Routes::default().get("/api/audit", list_audit)
}

async fn list_audit(caller: Caller, mut params: Params) -> Answer {
    let query = AuditQuery {
        lane: params.text("lane"),
        user: params.value("user", "an id"),
        what: params.text("what"),
        result: params.text("result"),
        from: params.value("from", "a time such as 2026-11-23T08:24:39Z"),
        to: params.value("to", "a time such as 2026-11-23T08:24:39Z"),
        limit: Some(params.size("limit", 50, 500)),
        cursor: params.text("cursor"),
    };
    params.finish()?;
    Ok(json(&audit::read(&caller.cx, &query).await?))
}
