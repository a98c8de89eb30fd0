//! Background work: jobs that outlive the request that asked for them, and a restart.
//!
//! A job is a row. One worker of each process takes what is due, holds it by a lease that it prolongs with each step, and
//! goes on where the last step was committed when it, or another process, takes the job again.

mod answer;
pub(crate) mod faults;
pub(crate) mod files;
mod follow;
mod rotate;
mod worker;

pub(crate) use worker::lease_until;
pub use worker::{Stopped, forget_old, run_due, start};

use crate::{Engine, EngineError, EngineResult, notifications};
use chrono::{DateTime, Utc};
use formwright_core::text::Locale;
use formwright_store::jobs::Job;
use formwright_store::{StoreResult, Tx};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Reading and checking a file of rows and writing its records.
pub const IMPORT: &str = "import";
/// A file of records that was given out; the row stands for it, nothing runs.
pub const EXPORT: &str = "export";

/// Computed values that follow, page by page, because they were too many for the write that led to them.
pub const FOLLOW: &str = "follow";

/// The values of an encrypted field sealed under a new key.
pub const ROTATE: &str = "rotate";

/// What a process knows of its jobs.
pub struct Jobs {
    wake: Notify,
    /// This process among those that may work on the same database.
    worker: String,
    /// Pictures that are decoded at once.
    pictures: Arc<Semaphore>,
}

impl Default for Jobs {
    fn default() -> Jobs {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Jobs {
            wake: Notify::new(),
            worker: Uuid::now_v7().to_string(),
            pictures: Arc::new(Semaphore::new(cores.clamp(1, 4))),
        }
    }
}

impl Jobs {
    /// There is something to do.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// A place among those that decode pictures; each may take much memory.
    pub(crate) async fn pictures(&self) -> EngineResult<OwnedSemaphorePermit> {
        self.pictures.clone().acquire_owned().await.map_err(|e| EngineError::Internal(e.to_string()))
    }
}

impl Engine {
    /// Background work of this process.
    pub fn background(&self) -> &Jobs {
        &self.0.jobs
    }
}

/// Ends a job and tells its owner; `false` where it was no longer this worker's.
pub(crate) async fn finish(job: &Job, state: &str, now: DateTime<Utc>, tx: &mut Tx) -> StoreResult<bool> {
    let held = formwright_store::jobs::finish(job, state, now, tx).await?;
    if let (true, Some(owner)) = (held, job.owner) {
        let input = serde_json::from_str::<Json>(&job.input).unwrap_or_default();
        let (form, dry_run) = (input.get("form"), input.get("dry_run"));
        let told = json!({"job": job.id, "job_kind": job.kind, "form": form, "dry_run": dry_run, "file": input.get("file"), "state": state, "count": job.done});
        notifications::tell(owner, notifications::JOB, told, now, tx).await?;
    }
    Ok(held)
}

/// A text in the languages of the product, as it is stored with a job.
pub(crate) fn in_both(text: impl Fn(Locale) -> String) -> Json {
    let mut map = Map::new();
    for locale in [Locale::En, Locale::ZhCn] {
        map.insert(locale.tag().into(), json!(text(locale)));
    }
    Json::Object(map)
}

/// The message of a fault that stands on another sheet than the records, with that sheet and row.
pub(crate) fn fault_at(message: &str, sheet: &str, row: u32) -> String {
    let mut map: Map<String, Json> = serde_json::from_str(message).unwrap_or_default();
    map.insert("sheet".into(), json!(sheet));
    map.insert("row".into(), json!(row));
    Json::Object(map).to_string()
}

/// The sheet and row of [`fault_at`].
pub(crate) fn fault_place(message: &Json) -> Option<(&str, u64)> {
    Some((message.get("sheet")?.as_str()?, message.get("row")?.as_u64()?))
}

/// The text of [`in_both`] for a reader.
pub(crate) fn in_one(texts: &Json, locale: Locale) -> String {
    let found = texts.get(locale.tag()).or_else(|| texts.get(Locale::En.tag()));
    found.and_then(Json::as_str).unwrap_or_default().to_string()
}
