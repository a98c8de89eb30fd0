//! Roles that can be given to people. What they grant is written as definitions.

use super::Routes;
use crate::answer::json;
use crate::caller::Caller;
use crate::problem::Answer;
use formwright_engine::accounts;

pub fn routes() -> Routes {
    Routes::default().get("/api/roles", list_roles)
}

async fn list_roles(caller: Caller) -> Answer {
    Ok(json(&accounts::roles(&caller.cx)?))
}
