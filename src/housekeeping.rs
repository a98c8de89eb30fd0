//! What must be done now and then while serving: jobs are worked on, the audit chain is linked, what is old is forgotten.

use formwright_engine::{Engine, EngineError, EngineResult, accounts, audit, events, files, jobs, notifications};
use formwright_store::idempotency;
use std::fmt::Display;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
/// Hours between two looks for uploads that nobody attached and jobs that nobody asks about.
const DAY: u32 = 24;

/// Starts the loops; they end with the runtime.
pub fn start(engine: &Engine) {
    tokio::spawn(audit::link_loop(engine.clone()));
    jobs::start(engine);
    let engine = engine.clone();
    tokio::spawn(async move {
        let mut hours = tokio::time::interval(HOUR);
        let mut count: u32 = 0;
        loop {
            hours.tick().await;
            note("answers to repeated requests", forget_answers(&engine).await);
            note("sessions", accounts::remove_old_sessions(&engine).await);
            note("events", events::forget_old(&engine).await);
            if count.is_multiple_of(DAY) {
                note("contents of files that lay unencrypted", files::seal_plain(&engine).await);
                note("unattached uploads", files::collect(&engine).await);
                note("jobs", jobs::forget_old(&engine).await);
                note("notifications", notifications::forget_old(&engine).await);
            }
            count = count.wrapping_add(1);
        }
    });
}

async fn forget_answers(engine: &Engine) -> EngineResult<u64> {
    let now = engine.now();
    engine
        .db()
        .write(move |tx| Box::pin(async move { idempotency::forget(tx, now).await.map_err(EngineError::from) }))
        .await
}

fn note(what: &'static str, done: EngineResult<impl Display>) {
    match done {
        Ok(count) => tracing::debug!(what, %count, "old ones are gone"),
        Err(error) => tracing::warn!(what, %error, "old ones could not be removed"),
    }
}
