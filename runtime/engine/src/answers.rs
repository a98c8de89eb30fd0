//! Answers that are kept for requests sent again hold what records hold, so they are kept encrypted.

use crate::keys::Keys;
use crate::{EngineError, EngineResult, sealing};
use chrono::{DateTime, Utc};
use formwright_store::Tx;
use formwright_store::idempotency::{self, Claim, IdempotencyKey, StoredAnswer};

/// Takes the key of a request, or gives what became of its first sending.
///
/// # Errors
/// What the store gives; an answer that was kept under another key.
pub async fn claim(keys: &Keys, key: &IdempotencyKey, now: DateTime<Utc>, tx: &mut Tx) -> EngineResult<Claim> {
    Ok(match idempotency::claim(tx, key, now).await? {
        Claim::Done(answer) => Claim::Done(StoredAnswer { body: open(keys, key, &answer.body)?, ..answer }),
        other => other,
    })
}

/// Keeps the answer of a claimed key.
///
/// # Errors
/// What the store gives; when there is no randomness.
pub async fn complete(keys: &Keys, key: &IdempotencyKey, answer: &StoredAnswer, tx: &mut Tx) -> EngineResult<()> {
    let sealed = StoredAnswer { body: seal(keys, key, &answer.body)?, ..answer.clone() };
    Ok(idempotency::complete(tx, key, &sealed).await?)
}

/// An answer belongs to the request that it answered.
fn binding(key: &IdempotencyKey) -> Vec<u8> {
    format!("fw_idempotency|{}|{}|{}|{}", key.person, key.method, key.route, key.key).into_bytes()
}

fn seal(keys: &Keys, key: &IdempotencyKey, body: &[u8]) -> EngineResult<Vec<u8>> {
    sealing::seal(&sealing::cipher(keys.answers()), &binding(key), body)
}

fn open(keys: &Keys, key: &IdempotencyKey, kept: &[u8]) -> EngineResult<Vec<u8>> {
    sealing::open(&sealing::cipher(keys.answers()), &binding(key), kept)
        .ok_or_else(|| EngineError::Internal("a kept answer cannot be opened".into()))
}
