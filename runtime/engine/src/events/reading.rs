//! Reading the outbox of events while somebody listens.

use super::PAGE;
use crate::{Engine, EngineError, EngineResult};
use formwright_store::events::{self as rows, EventRow};
use formwright_store::{Dialect, Snapshot, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the outbox is read while somebody listens.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How long a number that was passed over is waited for: on PostgreSQL a lower one may be committed later.
const PATIENCE: Duration = Duration::from_secs(30);
const MOST_MISSED: usize = 200;

/// Reads the outbox while somebody listens.
pub(super) async fn read_outbox(engine: Engine, from: i64) {
    let mut last = from;
    let mut missed: BTreeMap<i64, Instant> = BTreeMap::new();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        {
            let mut reading = engine.hub().reading.lock().await;
            if engine.hub().sender.receiver_count() == 0 {
                *reading = false;
                return;
            }
        }
        missed.retain(|_, since| since.elapsed() < PATIENCE);
        let wanted: Vec<i64> = missed.keys().copied().take(MOST_MISSED).collect();
        let found = match look(&engine, last, &wanted).await {
            Ok(found) => found,
            Err(EngineError::Store(StoreError::Closed)) => return,
            Err(error) => {
                tracing::debug!(%error, "events could not be read; they will be");
                continue;
            }
        };
        for event in found {
            missed.remove(&event.seq);
            if event.seq > last {
                // on SQLite numbers are committed in their order
                if engine.db().dialect() == Dialect::Postgres {
                    let room = MOST_MISSED.saturating_sub(missed.len());
                    missed.extend((last + 1..event.seq).take(room).map(|seq| (seq, Instant::now())));
                }
                last = event.seq;
            }
            let _ = engine.hub().sender.send(Arc::new(event));
        }
    }
}

async fn look(engine: &Engine, last: i64, missed: &[i64]) -> EngineResult<Vec<EventRow>> {
    let mut tx = engine.db().reader(Snapshot::No).await?;
    Ok(rows::after(last, missed, PAGE, &mut tx).await?)
}
