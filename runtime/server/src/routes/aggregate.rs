//! Groups and measures over a form's records.

use super::Routes;
use crate::answer::json;
use crate::body::ObjectBody;
use crate::caller::Caller;
use crate::problem::Answer;
use axum::extract::Path;

pub fn routes() -> Routes {
    Routes::default().post("/api/records/{form}/aggregate", aggregate_records)
}

async fn aggregate_records(caller: Caller, Path(form): Path<String>, body: ObjectBody) -> Answer {
    let _turn = caller.heavy().await?;
    Ok(json(&caller.cx.engine.aggregate(&caller.cx, &form, body.object).await?))
}
