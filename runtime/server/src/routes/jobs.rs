//! Work in the background: how far it is, what came of it.

use super::Routes;
use super::exports::out_file;
use crate::answer::{id, json};
use crate::body::{Members, ObjectBody};
use crate::caller::Caller;
use crate::problem::Answer;
use axum::extract::Path;
use axum::http::HeaderMap;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/jobs", list_jobs)
        .get("/api/jobs/{id}", read_job)
        .post("/api/jobs/{id}/cancel", cancel_job)
        .get("/api/jobs/{id}/result.xlsx", read_job_result)
}

async fn list_jobs(caller: Caller) -> Answer {
    Ok(json(&caller.cx.engine.jobs(&caller.cx).await?))
}

async fn read_job(caller: Caller, Path(job): Path<String>) -> Answer {
    Ok(json(&caller.cx.engine.job(&caller.cx, id(&job)?).await?))
}

/// Cancelling what is cancelled changes nothing, so a repetition needs no key.
async fn cancel_job(caller: Caller, Path(job): Path<String>, body: ObjectBody) -> Answer {
    Members::new(body.object).finish()?;
    Ok(json(&caller.cx.engine.cancel_job(&caller.cx, id(&job)?).await?))
}

async fn read_job_result(caller: Caller, Path(job): Path<String>, headers: HeaderMap) -> Answer {
    let out = caller.cx.engine.job_result(&caller.cx, id(&job)?).await?;
    out_file(out, &headers).await
}
