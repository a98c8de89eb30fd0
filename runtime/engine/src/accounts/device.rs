//! The cookie of a browser in which somebody signed in before: it opens nothing, but attempts from there are counted
//! apart, so that a stranger who guesses cannot keep the owner out of his own browser.

use crate::keys::{mac, mac_matches, random};
use crate::{Engine, EngineResult};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// How long the cookie is good.
const LIFE: TimeDelta = TimeDelta::days(30);
const LENGTH: usize = 16 + 16 + 8 + 32;

/// A cookie for this person and this stamp: a new password makes it worthless.
pub(super) fn issue(engine: &Engine, user: Uuid, stamp: i64, now: DateTime<Utc>) -> EngineResult<String> {
    let nonce: [u8; 16] = random()?;
    let until = (now + LIFE).timestamp().to_be_bytes();
    let seal = mac(engine.keys().device(), &[user.as_bytes(), &nonce, &until, &stamp.to_be_bytes()])?;
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.extend_from_slice(user.as_bytes());
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&until);
    bytes.extend_from_slice(&seal);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Which browser of this person it is, where the cookie is one of ours and still good.
pub(super) fn recognise(
    engine: &Engine,
    cookie: Option<&str>,
    user: Uuid,
    stamp: i64,
    now: DateTime<Utc>,
) -> Option<[u8; 16]> {
    let cookie = cookie.filter(|cookie| cookie.len() <= LENGTH * 2)?;
    let bytes = URL_SAFE_NO_PAD.decode(cookie).ok()?;
    let (owner, rest) = bytes.split_at_checked(16)?;
    let (nonce, rest) = rest.split_at_checked(16)?;
    let (until, seal) = rest.split_at_checked(8)?;
    let nonce: [u8; 16] = nonce.try_into().ok()?;
    let expires = i64::from_be_bytes(until.try_into().ok()?);
    let ours = owner == user.as_bytes()
        && mac_matches(engine.keys().device(), &[owner, &nonce, until, &stamp.to_be_bytes()], seal);
    (ours && now.timestamp() < expires).then_some(nonce)
}
