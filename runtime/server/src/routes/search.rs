//! Search over all forms that the caller may read.

use super::Routes;
use crate::answer::json;
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::Answer;

pub fn routes() -> Routes {
    Routes::default().get("/api/search", search_records)
}

async fn search_records(caller: Caller, mut params: Params) -> Answer {
    let (q, limit) = (params.text("q"), params.size("limit", 50, 100));
    params.finish()?;
    let _turn = caller.heavy().await?;
    Ok(json(&caller.cx.engine.search(&caller.cx, q.as_deref().unwrap_or_default(), limit).await?))
}
