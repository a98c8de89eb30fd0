//! Why a person sees a record or a field, or does not.

use super::Routes;
use crate::answer::json;
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::Answer;
use formwright_engine::accounts;

pub fn routes() -> Routes {
    Routes::default().get("/api/permissions/explain", explain_permission)
}

async fn explain_permission(caller: Caller, mut params: Params) -> Answer {
    let (user, form, record, field) =
        (params.text("user"), params.text("form"), params.value("record", "an id"), params.text("field"));
    for (name, given) in [("user", user.is_some()), ("form", form.is_some())] {
        if !given {
            params.fault(name, "it is required");
        }
    }
    params.finish()?;
    let (user, form) = (user.unwrap_or_default(), form.unwrap_or_default());
    let person = accounts::principal_of(&caller.cx, &user).await?;
    Ok(json(&caller.cx.engine.explain(&caller.cx, person, &form, record, field.as_deref()).await?))
}
