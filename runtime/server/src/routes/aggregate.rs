//! Groups and measures over a form's records.

use super::Routes;
use super::records::refuse_as_of;
use crate::answer::json;
use crate::body::ObjectBody;
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::Answer;
use axum::extract::Path;

pub fn routes() -> Routes {
    Routes::default().post("/api/records/{form}/aggregate", aggregate_records)
}

async fn aggregate_records(caller: Caller, Path(form): Path<String>, mut params: Params, body: ObjectBody) -> Answer {
    let earlier = params.text("as_of").or_else(|| body.object.get("as_of").map(ToString::to_string));
    refuse_as_of(earlier)?;
    params.finish()?;
    let _turn = caller.heavy().await?;
    Ok(json(&caller.cx.engine.aggregate(&caller.cx, &form, body.object).await?))
}
