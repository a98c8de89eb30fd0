//! Keyed hashes, plain hashes, and random bytes.

use crate::{EngineError, EngineResult};
use hmac::{Hmac, KeyInit, Mac};
use rand::TryRngCore;
use sha2::{Digest, Sha256};

/// HMAC-SHA256 of the parts, one after the other.
///
/// # Errors
/// None in practice: a key of 32 bytes is always taken.
pub fn mac(key: &[u8; 32], parts: &[&[u8]]) -> EngineResult<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|error| EngineError::Internal(error.to_string()))?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}

/// Whether `given` is the HMAC of the parts, compared in constant time.
pub fn mac_matches(key: &[u8; 32], parts: &[&[u8]], given: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return false;
    };
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(given).is_ok()
}

/// Random bytes of the operating system.
///
/// # Errors
/// [`EngineError::Internal`] when the system gives none.
pub fn random<const N: usize>() -> EngineResult<[u8; N]> {
    let mut bytes = [0; N];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| EngineError::Internal(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

/// SHA-256: what is kept of a secret that only has to be recognised.
pub fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_mac_of_other_parts_does_not_match() {
        let key = [1; 32];
        let good = mac(&key, &[b"a", b"b"]).unwrap();
        assert!(mac_matches(&key, &[b"a", b"b"], &good));
        assert!(!mac_matches(&key, &[b"a", b"c"], &good));
        assert!(!mac_matches(&key, &[b"a", b"b"], b""));
    }
}
