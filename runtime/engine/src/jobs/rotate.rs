//! Sealing the values of a field under its newest key: pass after pass, each page in a transaction, until a pass finds none under
//! an older one. What begins anew passes over what is done.

use super::{Stopped, lease_until};
use crate::rotation::Input;
use crate::{Engine, EngineError};
use formwright_store::jobs::{self, Job};
use formwright_store::rotation::{Look, Page, Sealed};
use formwright_store::value::Val;

/// Where the values stand.
#[derive(Clone, Copy)]
enum Part {
    Values,
    History,
}

/// Does or continues the work of a job.
pub(super) async fn run(engine: &Engine, mut job: Job) -> Result<(), Stopped> {
    let input: Input = serde_json::from_str(&job.input).map_err(|e| EngineError::Internal(e.to_string()))?;
    engine.renew_keys().await?;
    engine.catch_up().await?;
    loop {
        let mut outdated = 0;
        for part in [Part::Values, Part::History] {
            outdated += pass(engine, &input.field, part, &mut job).await?;
        }
        if outdated == 0 {
            break;
        }
    }
    let now = engine.now();
    let done = engine.db().write(move |tx| Box::pin(async move { super::finish(&job, "done", now, tx).await }));
    if done.await? { Ok(()) } else { Err(Stopped::Lost) }
}

/// Goes through one part; the number of values that stood under an older key.
async fn pass(engine: &Engine, field: &str, part: Part, job: &mut Job) -> Result<u64, Stopped> {
    let mut outdated = 0;
    let mut after: Option<Val> = None;
    loop {
        // by what is published now: the field may have gone, or be encrypted no more
        let layout = engine.layout(&engine.catalog())?;
        let Some(sealed) = Sealed::find(&layout, field) else { return Ok(0) };
        let step = job.clone();
        let (page, job_now) = engine
            .db()
            .write(move |tx| {
                Box::pin(async move {
                    let page: Page = match part {
                        Part::Values => sealed.values(after, Look::Renew, tx).await?,
                        Part::History => sealed.history(after, Look::Renew, tx).await?,
                    };
                    let done = step.done + i64::try_from(page.outdated).unwrap_or(0);
                    let step = Job { done, ..step };
                    let held = jobs::progress(&step, lease_until(), tx).await?;
                    Ok::<_, EngineError>((page, held.then_some(step)))
                })
            })
            .await?;
        *job = job_now.ok_or(Stopped::Lost)?;
        outdated += page.outdated;
        after = page.after;
        if after.is_none() {
            return Ok(outdated);
        }
    }
}
