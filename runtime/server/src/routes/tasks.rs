//! Tasks of people in flows. No kind of definition of this version opens one, so there is none to be listed.

use super::Routes;
use crate::answer::json;
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::Answer;
use serde_json::json as object;

/// What may be asked for.
const STATES: [&str; 4] = ["open", "done", "started", "cc"];

pub fn routes() -> Routes {
    Routes::default().get("/api/tasks", list_tasks)
}

async fn list_tasks(_: Caller, mut params: Params) -> Answer {
    if let Some(state) = params.text("state").filter(|state| !STATES.contains(&state.as_str())) {
        params.fault("state", format!("\"{state}\" is none of {}", STATES.join(", ")));
    }
    params.size("limit", 50, 200);
    params.text("cursor");
    params.finish()?;
    Ok(json(&object!({"items": [], "next": null})))
}
