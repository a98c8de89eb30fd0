//! Between the password and the second factor: a signed text that says whose password was right, for five minutes.

use crate::keys::{mac, mac_matches, random};
use crate::{Engine, EngineResult, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::error_code as code;
use formwright_store::people::users::Credentials;
use serde_json::json;
use uuid::Uuid;

const LIFE: TimeDelta = TimeDelta::minutes(5);
const LENGTH: usize = 16 + 16 + 8 + 32;
/// What the signature is for: the same key has other uses.
const PURPOSE: &[u8] = b"challenge";

/// A challenge as it comes back, not checked yet.
pub(super) struct Challenge {
    /// Whose it says it is.
    pub(super) user: Uuid,
    bytes: Vec<u8>,
}

/// The refusal that asks for the second factor: 401 with the challenge to send along with the code.
pub(super) fn refusal(engine: &Engine, account: &Credentials, now: DateTime<Utc>) -> EngineResult<Refusal> {
    let nonce: [u8; 16] = random()?;
    let until = (now + LIFE).timestamp().to_be_bytes();
    let stamp = account.stamp.to_be_bytes();
    let seal = mac(engine.keys().factor(), &[PURPOSE, account.user.as_bytes(), &nonce, &until, &stamp])?;
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.extend_from_slice(account.user.as_bytes());
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&until);
    bytes.extend_from_slice(&seal);
    let mut refusal = Refusal::new(&code::SECOND_FACTOR_REQUIRED);
    refusal.extra.insert("challenge".into(), json!(URL_SAFE_NO_PAD.encode(bytes)));
    Ok(refusal)
}

impl Challenge {
    /// Reads a text; nothing for what cannot be a challenge.
    pub(super) fn read(text: &str) -> Option<Challenge> {
        if text.len() > LENGTH * 2 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == LENGTH)?;
        let user = Uuid::from_slice(bytes.get(..16)?).ok()?;
        Some(Challenge { user, bytes })
    }

    /// Whether it was made here for this account as it is now and is not too old. A new password makes it worthless.
    pub(super) fn is_good(&self, engine: &Engine, account: &Credentials, now: DateTime<Utc>) -> bool {
        let Some((owner, rest)) = self.bytes.split_at_checked(16) else { return false };
        let Some((nonce, rest)) = rest.split_at_checked(16) else { return false };
        let Some((until, seal)) = rest.split_at_checked(8) else { return false };
        let stamp = account.stamp.to_be_bytes();
        let expires = until.try_into().map(i64::from_be_bytes).unwrap_or(i64::MIN);
        account.active
            && owner == account.user.as_bytes()
            && mac_matches(engine.keys().factor(), &[PURPOSE, owner, nonce, until, &stamp], seal)
            && now.timestamp() < expires
    }
}
