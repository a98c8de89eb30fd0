//! Hashing passwords with argon2id: slow on purpose, so few at a time and on threads of their own.

use crate::{EngineError, EngineResult, Refusal};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use formwright_core::error_code as code;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;

/// Sign-ins that may wait in line.
const MAX_WAITING: usize = 256;
/// How long they wait.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// The few places at which a password may be hashed.
pub(super) struct Hashing {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    nobody: Arc<OnceLock<String>>,
}

impl Default for Hashing {
    fn default() -> Hashing {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Hashing { places: Arc::new(Semaphore::new(cores.min(4))), waiting: AtomicUsize::new(0), nobody: Arc::default() }
    }
}

/// What a comparison gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compared {
    pub(super) right: bool,
    /// The stored hash was made with other parameters than today's.
    pub(super) outdated: bool,
}

/// A place at the pool. While it is held nobody else takes it, so whoever counts failures before giving it back lets at
/// most as many through at once as there are places.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    nobody: Arc<OnceLock<String>>,
}

impl Hashing {
    /// Waits for a place.
    ///
    /// # Errors
    /// 503 when too many wait or it takes too long.
    pub(super) async fn place(&self) -> EngineResult<Place> {
        let busy = || {
            let mut refusal = Refusal::new(&code::UNAVAILABLE);
            refusal.retry_after = Some(5);
            EngineError::from(refusal)
        };
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MAX_WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(busy());
        }
        let _count = Waiting(&self.waiting);
        let permit = tokio::time::timeout(MAX_WAIT, self.places.clone().acquire_owned()).await;
        match permit {
            Ok(Ok(permit)) => Ok(Place { _permit: permit, nobody: self.nobody.clone() }),
            _ => Err(busy()),
        }
    }
}

/// Counts down also when the waiting request goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Place {
    /// The hash of a password, as text that names its parameters.
    ///
    /// # Errors
    /// [`EngineError::Internal`] when there is no memory or there are no random numbers.
    pub(super) async fn hash(&self, password: &str) -> EngineResult<String> {
        let password = prepared(password);
        blocking(move || hash_now(&password)).await
    }

    /// Compares a password with a stored hash; without one, with nobody's, which takes as long and is never right.
    ///
    /// # Errors
    /// [`EngineError::Internal`] as for [`Place::hash`].
    pub(super) async fn compare(&self, password: &str, stored: Option<String>) -> EngineResult<Compared> {
        let password = prepared(password);
        let nobody = self.nobody.clone();
        blocking(move || {
            let known = stored.is_some();
            let hash = match stored {
                Some(hash) => hash,
                None => match nobody.get() {
                    Some(hash) => hash.clone(),
                    None => {
                        let made = hash_now(&hex::encode(crate::keys::random::<16>()?))?;
                        nobody.get_or_init(|| made).clone()
                    }
                },
            };
            let parsed = PasswordHash::new(&hash)
                .map_err(|error| EngineError::Internal(format!("a stored password hash: {error}")))?;
            let right = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known;
            let outdated = Params::try_from(&parsed).map_or(true, |params| {
                (params.m_cost(), params.t_cost(), params.p_cost())
                    != (Params::DEFAULT_M_COST, Params::DEFAULT_T_COST, Params::DEFAULT_P_COST)
            });
            Ok(Compared { right, outdated })
        })
        .await
    }
}

/// The same characters typed on different keyboards are the same password.
fn prepared(password: &str) -> String {
    password.nfkc().collect()
}

fn hash_now(password: &str) -> EngineResult<String> {
    let salt: [u8; 16] = crate::keys::random()?;
    let hash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| EngineError::Internal(format!("hashing a password: {error}")))?;
    Ok(hash.to_string())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> EngineResult<T> + Send + 'static) -> EngineResult<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(EngineError::Internal(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[tokio::test]
    async fn a_password_is_recognised_in_any_width_and_nobodys_never() {
        let place = Hashing::default().place().await.unwrap();
        let hash = place.hash("ｃorrect horse 电池").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let same = place.compare("correct horse 电池", Some(hash.clone())).await.unwrap();
        assert_eq!(same, Compared { right: true, outdated: false });
        assert!(!place.compare("correct horse", Some(hash)).await.unwrap().right);
        assert!(!place.compare("correct horse", None).await.unwrap().right);
    }
}
