//! Bytes under a key, bound to where they stand: `nonce | ciphertext and tag` of XChaCha20-Poly1305 with random nonces.

pub mod chunks;
pub mod file;

use crate::keys::random;
use crate::{EngineError, EngineResult};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

/// Bytes of a nonce.
pub const NONCE: usize = 24;

/// Encrypts; `place` must be given again to open.
///
/// # Errors
/// When there is no randomness.
pub fn seal(cipher: &XChaCha20Poly1305, place: &[u8], bytes: &[u8]) -> EngineResult<Vec<u8>> {
    let nonce: [u8; NONCE] = random()?;
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: bytes, aad: place })
        .map_err(|_| EngineError::Internal("what is to be kept cannot be encrypted".into()))?;
    let mut out = Vec::with_capacity(NONCE + sealed.len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// What [`seal`] was given; `None` where it was sealed by another key or for another place, or changed since.
pub fn open(cipher: &XChaCha20Poly1305, place: &[u8], kept: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = kept.split_at_checked(NONCE)?;
    let nonce: [u8; NONCE] = nonce.try_into().ok()?;
    cipher.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: place }).ok()
}

/// The cipher of a key.
pub fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}
