//! Small secrets at rest: encrypted under the installation's key, each bound to the place where it is stored.
//!
//! Format: version (1), nonce (24 random bytes), ciphertext with its tag: XChaCha20-Poly1305. The place is authenticated with
//! it, so that a value moved to another row or table cannot be opened there.

use crate::keys::{Keys, random};
use crate::{EngineError, EngineResult};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// Encrypts a secret for its place: table and row, `factor/<user>`.
///
/// # Errors
/// [`EngineError::Internal`] when the system gives no random numbers.
pub fn seal(keys: &Keys, place: &str, secret: &[u8]) -> EngineResult<Vec<u8>> {
    let nonce: [u8; NONCE] = random()?;
    let payload = Payload { msg: secret, aad: place.as_bytes() };
    let text = cipher(keys).encrypt(&XNonce::from(nonce), payload);
    let text = text.map_err(|_| EngineError::Internal("a secret cannot be encrypted".into()))?;
    let mut sealed = Vec::with_capacity(1 + NONCE + text.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&text);
    Ok(sealed)
}

/// Decrypts what [`seal`] made for the same place.
///
/// # Errors
/// [`EngineError::Internal`] for what was changed, moved, or sealed by another installation.
pub fn open(keys: &Keys, place: &str, sealed: &[u8]) -> EngineResult<Vec<u8>> {
    let broken = || EngineError::Internal(format!("the secret at {place} cannot be opened with this key"));
    let rest = sealed.strip_prefix(&[VERSION]).ok_or_else(broken)?;
    let (nonce, text) = rest.split_at_checked(NONCE).ok_or_else(broken)?;
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| broken())?;
    cipher(keys).decrypt(&XNonce::from(nonce), Payload { msg: text, aad: place.as_bytes() }).map_err(|_| broken())
}

fn cipher(keys: &Keys) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(keys.sealing().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_sealed_secret_opens_at_its_place_with_its_key_and_nowhere_else() {
        let (keys, others) = (Keys::from_bytes([1; 32]).unwrap(), Keys::from_bytes([2; 32]).unwrap());
        let sealed = seal(&keys, "secret/smtp", b"open sesame").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"sesame"));
        assert_eq!(open(&keys, "secret/smtp", &sealed).unwrap(), b"open sesame");
        assert_ne!(
            sealed,
            seal(&keys, "secret/smtp", b"open sesame").unwrap(),
            "the same secret looks different each time"
        );
        assert!(open(&keys, "secret/other", &sealed).is_err());
        assert!(open(&others, "secret/smtp", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&keys, "secret/smtp", &changed).is_err(), "byte {at}");
        }
        assert!(open(&keys, "secret/smtp", &[]).is_err());
    }
}
