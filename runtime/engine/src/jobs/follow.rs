//! Working off computed values that were put aside: a page in each transaction, gone on with where it was left.

use super::{Stopped, lease_until};
use crate::company::Facts;
use crate::records::follow::tell;
use crate::{Engine, EngineError};
use formwright_core::time::Clock;
use formwright_store::computed::World;
use formwright_store::follow::queue;
use formwright_store::jobs::{self, Job};

/// Does or continues the work of a job.
pub(super) async fn run(engine: &Engine, mut job: Job) -> Result<(), Stopped> {
    loop {
        let (inner, mut step) = (engine.clone(), job.clone());
        let page = engine
            .db()
            .write(move |tx| {
                Box::pin(async move {
                    let catalog = inner.catalog();
                    let layout = inner.layout(&catalog)?;
                    let facts = Facts::of(&inner, &catalog);
                    let clock = Clock { now: inner.now(), zone: inner.company(&catalog).zone };
                    let world = World { catalog: &catalog, layout: &layout, clock, facts: &facts };
                    let (count, followed) = queue::work_off(&world, tx).await?;
                    tell(&layout, &followed, None, clock.now, tx).await?;
                    step.done += i64::try_from(count).unwrap_or(0);
                    if count == 0 {
                        let held = super::finish(&step, "done", clock.now, tx).await?;
                        return Ok::<_, EngineError>((held, true, step.done));
                    }
                    let held = jobs::progress(&step, lease_until(), tx).await?;
                    Ok((held, false, step.done))
                })
            })
            .await;
        let (held, is_done, done) = page?;
        if !held {
            return Err(Stopped::Lost);
        }
        if is_done {
            return Ok(());
        }
        job.done = done;
    }
}
