//! Counters of serial numbers.

use super::Routes;
use crate::answer::json;
use crate::body::{Members, ObjectBody};
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::Answer;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::serials::{self, CounterChange};

pub fn routes() -> Routes {
    Routes::default().get("/api/serials", list_serials).put("/api/serials", set_serial)
}

async fn list_serials(caller: Caller, mut params: Params) -> Answer {
    let form = params.text("form");
    params.finish()?;
    Ok(json(&serials::serials(&caller.cx, form.as_deref()).await?))
}

async fn set_serial(caller: Caller, body: ObjectBody) -> Answer {
    let mut members = Members::new(body.object);
    let change = CounterChange {
        form: members.required("form"),
        field: members.required("field"),
        period: members.text("period").unwrap_or_default(),
        part: members.text("part").unwrap_or_default(),
        next: match members.int("next") {
            Some(next) => next,
            None => {
                members.fault(Fault::new("next", &code::REQUIRED).with("title", "next"));
                0
            }
        },
    };
    // what the list says besides is accepted when sent back
    members.int("value");
    members.finish()?;
    Ok(json(&serials::set_serial(&caller.cx, change).await?))
}
