//! Moving the clock of an installation that was started for tests; elsewhere there is no such address.

use super::Routes;
use crate::answer::json;
use crate::body::{Members, ObjectBody};
use crate::caller::Caller;
use crate::problem::{Answer, Problem};
use crate::state::App;
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::time::duration_micros;
use formwright_engine::{EngineError, jobs};
use serde_json::json;

pub fn routes() -> Routes {
    Routes::default().get("/api/test-clock", read_clock).post("/api/test-clock", move_clock)
}

async fn read_clock(State(app): State<App>, _caller: Caller) -> Answer {
    let clock = app.test_clock().ok_or_else(|| Problem(EngineError::not_found()))?;
    Ok(json(&json!({"now": clock.now()})))
}

async fn move_clock(State(app): State<App>, caller: Caller, body: ObjectBody) -> Answer {
    let clock = app.test_clock().ok_or_else(|| Problem(EngineError::not_found()))?;
    caller.must_be_admin("test-clock")?;
    let mut members = Members::new(body.object);
    let (set, advance) = (members.text("set"), members.text("advance"));
    let invalid = |field: &'static str, format: &str| Fault::new(field, &code::FORMAT_INVALID).with("format", format);
    let wanted = match (&set, &advance) {
        (Some(at), None) => at.parse::<DateTime<Utc>>().map_err(|_| invalid("set", "date-time (2026-11-23T08:24:39Z)")),
        (None, Some(by)) => duration_micros(by)
            .and_then(|micros| clock.now().checked_add_signed(TimeDelta::microseconds(micros)))
            .ok_or_else(|| invalid("advance", "duration (PT24H)")),
        _ => Err(Fault::new("", &code::KEY_INVALID).with("reason", "Give either \"set\" or \"advance\"")),
    };
    let now = wanted.map_err(|fault| members.fault(fault)).ok();
    members.finish()?;
    if let Some(now) = now {
        clock.set(now);
        // what has become due is done before the answer, so that a test need not wait
        jobs::run_due(app.engine()).await?;
    }
    Ok(json(&json!({"now": clock.now()})))
}
