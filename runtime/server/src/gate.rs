//! How much of the server one person may use at a time: slowed by waiting, then refused, never cut off in the middle.

use crate::problem::Problem;
use ahash::AHashMap;
use formwright_core::error_code as code;
use formwright_engine::Refusal;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Requests of one person being answered at a time.
pub const MOST_REQUESTS: usize = 256;
/// Heavy ones among them: aggregates, exports, imports, searches over all forms.
pub const MOST_HEAVY: usize = 4;
/// Heavy ones waiting for their turn.
pub const MOST_WAITING: usize = 64;
const LONGEST_WAIT: Duration = Duration::from_secs(10);

struct Person {
    running: AtomicUsize,
    waiting: AtomicUsize,
    heavy: Arc<Semaphore>,
}

/// The gates of all people with a request in flight.
#[derive(Clone, Default)]
pub struct Gates(Arc<Mutex<AHashMap<Uuid, Arc<Person>>>>);

/// One request of a person being answered; dropping it lets the next one in.
pub struct Pass {
    person: Arc<Person>,
    id: Uuid,
    gates: Gates,
}

impl Gates {
    /// Lets a request of the person in.
    ///
    /// # Errors
    /// `rate_limited` when he has [`MOST_REQUESTS`] in flight.
    pub fn enter(&self, id: Uuid) -> Result<Pass, Problem> {
        let mut people = self.0.lock();
        let person = people
            .entry(id)
            .or_insert_with(|| {
                Arc::new(Person {
                    running: AtomicUsize::new(0),
                    waiting: AtomicUsize::new(0),
                    heavy: Arc::new(Semaphore::new(MOST_HEAVY)),
                })
            })
            .clone();
        if person.running.load(Relaxed) >= MOST_REQUESTS {
            return Err(too_many(1));
        }
        person.running.fetch_add(1, Relaxed);
        Ok(Pass { person, id, gates: self.clone() })
    }
}

impl Pass {
    /// Waits for the turn of a heavy request.
    ///
    /// # Errors
    /// `rate_limited` when too many wait, or after ten seconds.
    pub async fn heavy(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.heavy_within(LONGEST_WAIT).await
    }

    async fn heavy_within(&self, longest: Duration) -> Result<OwnedSemaphorePermit, Problem> {
        let gate = self.person.heavy.clone();
        if let Ok(permit) = gate.clone().try_acquire_owned() {
            return Ok(permit);
        }
        if self.person.waiting.fetch_add(1, Relaxed) >= MOST_WAITING {
            self.person.waiting.fetch_sub(1, Relaxed);
            return Err(too_many(5));
        }
        let waiting = Waiting(&self.person.waiting);
        let turn = tokio::time::timeout(longest, gate.acquire_owned()).await;
        drop(waiting);
        match turn {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(too_many(5)),
        }
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut people = self.gates.0.lock();
        if self.person.running.fetch_sub(1, Relaxed) == 1 {
            people.remove(&self.id);
        }
    }
}

/// Refused for now.
pub fn too_many(seconds: u64) -> Problem {
    let refusal = Refusal { retry_after: Some(seconds), ..Refusal::new(&code::RATE_LIMITED).with("seconds", seconds) };
    Problem(refusal.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_persons_flood_is_refused_and_leaves_others_alone() {
        let gates = Gates::default();
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let passes: Vec<Pass> = (0..MOST_REQUESTS).map(|_| gates.enter(a).ok().unwrap()).collect();
        assert!(gates.enter(a).is_err());
        assert!(gates.enter(b).is_ok());
        drop(passes);
        assert!(gates.enter(a).is_ok());
        assert!(gates.0.lock().is_empty(), "nobody is remembered after his last request");
    }

    #[tokio::test]
    async fn a_heavy_request_waits_for_its_turn_and_is_refused_when_none_comes() {
        let gates = Gates::default();
        let pass = gates.enter(Uuid::from_u128(1)).ok().unwrap();
        let mut turns = Vec::new();
        for _ in 0..MOST_HEAVY {
            turns.push(pass.heavy().await.ok().unwrap());
        }
        assert!(pass.heavy_within(Duration::from_millis(5)).await.is_err());
        let (freed, waited) = tokio::join!(async { turns.pop().map(drop).is_some() }, pass.heavy());
        assert!(freed && waited.is_ok());
    }
}
