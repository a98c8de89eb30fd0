//! Taking jobs and running them, one after the other.

use super::{FOLLOW, IMPORT, ROTATE, files, in_both};
use crate::{Engine, EngineError, EngineResult, exchange};
use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::error_code as code;
use formwright_store::jobs::{self, Job};
use formwright_store::{Dialect, StoreError, keys};
use serde_json::{Map, Value as Json, json};
use std::time::Duration;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How long a worker may be silent before another takes its job.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often the worker looks for jobs that nobody woke it for.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Times a job is tried where the database fails it.
const ATTEMPTS: i64 = 5;
/// Finished jobs are kept so long.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Why a job's work ended early.
#[derive(Debug)]
pub enum Stopped {
    /// It was cancelled, or another worker has it: nothing more is to be written about it.
    Lost,
    Failed(EngineError),
}

impl From<EngineError> for Stopped {
    fn from(error: EngineError) -> Stopped {
        Stopped::Failed(error)
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Stopped {
        Stopped::Failed(error.into())
    }
}

/// Until when a lease holds that is given or prolonged now. Leases go by the real clock, also where the installation's stands still.
pub(crate) fn lease_until() -> DateTime<Utc> {
    Utc::now() + LEASE
}

/// Begins to work on jobs as they come. Ends when the database is closed.
pub fn start(engine: &Engine) -> JoinHandle<()> {
    let engine = engine.clone();
    tokio::spawn(async move {
        if engine.db().dialect() == Dialect::Sqlite {
            // the only process: whatever ran before does not run any more
            let released = engine.db().write(|tx| Box::pin(async move { jobs::release_all(tx).await })).await;
            if let Err(error) = released {
                tracing::warn!(%error, "jobs of the last run could not be taken up");
            }
        }
        loop {
            match run_due(&engine).await {
                Ok(_) => {}
                Err(EngineError::Store(StoreError::Closed)) => return,
                Err(error) => tracing::warn!(%error, "no job could be taken; it will be tried again"),
            }
            tokio::select! {
                () = engine.background().wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    })
}

/// Runs what is due, until nothing is; gives the number of jobs run.
///
/// # Errors
/// Where jobs cannot be taken; what fails inside a job is told by the job.
pub async fn run_due(engine: &Engine) -> EngineResult<usize> {
    let mut count = 0;
    loop {
        let worker = engine.background().worker.clone();
        let (now, until) = (Utc::now(), lease_until());
        let taken = engine
            .db()
            .write(move |tx| {
                Box::pin(async move { jobs::lease(&worker, now, until, tx).await.map_err(EngineError::from) })
            })
            .await?;
        let Some(job) = taken else { return Ok(count) };
        count += 1;
        run(engine, job).await?;
    }
}

async fn run(engine: &Engine, job: Job) -> EngineResult<()> {
    let id = job.id;
    if job.attempts > ATTEMPTS {
        return end(engine, job, &EngineError::refused(&code::JOB_STOPPED)).await;
    }
    let worked = match job.kind.as_str() {
        IMPORT => exchange::run_import(engine, job.clone()).await,
        FOLLOW => super::follow::run(engine, job.clone()).await,
        ROTATE => super::rotate::run(engine, job.clone()).await,
        other => Err(EngineError::Internal(format!("there are no jobs of the kind {other}")).into()),
    };
    match worked {
        Ok(()) | Err(Stopped::Lost) => Ok(()),
        Err(Stopped::Failed(error)) => {
            let mut tx = engine.db().reader(formwright_store::Snapshot::No).await?;
            // as far as it came
            let now = jobs::find(id, &mut tx).await?;
            drop(tx);
            let Some(job) = now.filter(|now| now.fence == job.fence) else { return Ok(()) };
            if passing(&error) && job.attempts < ATTEMPTS {
                tracing::warn!(%error, job = %id, "a job was interrupted and will be continued");
                let again = Utc::now() + TimeDelta::seconds(2 * job.attempts);
                engine
                    .db()
                    .write(move |tx| {
                        Box::pin(async move { jobs::give_back(&job, again, tx).await.map_err(EngineError::from) })
                    })
                    .await?;
                return Ok(());
            }
            end(engine, job, &error).await
        }
    }
}

/// Whether it may go well at another time.
fn passing(error: &EngineError) -> bool {
    matches!(
        error,
        EngineError::Store(
            StoreError::Busy
                | StoreError::Victim
                | StoreError::Stale
                | StoreError::Timeout
                | StoreError::Unavailable(_)
                | StoreError::OutcomeUnknown
                | StoreError::Full
        )
    )
}

/// Ends a job as failed, with words for whoever asked for it.
async fn end(engine: &Engine, mut job: Job, error: &EngineError) -> EngineResult<()> {
    let message = match error {
        EngineError::Refused(refusal) => in_both(|locale| refusal.detail(locale)),
        other => {
            tracing::error!(error = %other, job = %job.id, "a job failed");
            in_both(|locale| code::JOB_STOPPED.message(locale).to_string())
        }
    };
    let mut account: Map<String, Json> =
        job.result.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    account.insert("message".into(), message);
    job.result = Some(json!(account).to_string());
    let now = engine.now();
    engine
        .db()
        .write(move |tx| {
            Box::pin(async move { super::finish(&job, "failed", now, tx).await.map_err(EngineError::from) })
        })
        .await?;
    Ok(())
}

/// Forgets jobs that ended a month ago, with their uploads and results; seals and removes what else lies about in their folder.
/// Gives the number of jobs. For a housekeeping once a day.
///
/// # Errors
/// What the store and the disk give.
pub async fn forget_old(engine: &Engine) -> EngineResult<usize> {
    let before = engine.now() - KEPT;
    let mut count = 0;
    loop {
        let ids: Vec<Uuid> = engine
            .db()
            .write(move |tx| {
                Box::pin(async move {
                    let ids = jobs::finished_before(before, tx).await?;
                    if !ids.is_empty() {
                        jobs::delete(&ids, tx).await?;
                        let names: Vec<String> = ids.iter().map(|id| files::key_name(*id)).collect();
                        keys::forget_named(&names, tx).await?;
                    }
                    Ok::<_, EngineError>(ids)
                })
            })
            .await?;
        if ids.is_empty() {
            break;
        }
        for id in &ids {
            files::discard(engine, *id).await;
        }
        count += ids.len();
    }
    files::tidy(engine).await?;
    Ok(count)
}
