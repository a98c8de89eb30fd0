//! Rates of exchange by day.

use super::Routes;
use crate::answer::json;
use crate::body::ObjectBody;
use crate::caller::Caller;
use crate::params::Params;
use crate::problem::Answer;
use formwright_engine::rates::{self, RateQuery};

pub fn routes() -> Routes {
    Routes::default().get("/api/rates", list_rates).put("/api/rates", put_rates)
}

async fn list_rates(caller: Caller, mut params: Params) -> Answer {
    let query = RateQuery {
        currency: params.text("currency"),
        from: params.value("from", "a date (2026-11-23)"),
        to: params.value("to", "a date (2026-11-23)"),
        limit: params.size("limit", 50, 500),
        cursor: params.text("cursor"),
    };
    params.finish()?;
    Ok(json(&rates::list(&caller.cx, &query).await?))
}

async fn put_rates(caller: Caller, body: ObjectBody) -> Answer {
    Ok(json(&rates::put(&caller.cx, &body.object).await?))
}
