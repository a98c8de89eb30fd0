//! Small secrets at rest: encrypted under the installation's key, each bound to the place where it is stored, so that a value
//! moved to another row or table cannot be opened there. A byte in front tells the format's version.

use crate::keys::Keys;
use crate::sealing;
use crate::{EngineError, EngineResult};

const VERSION: u8 = 1;

/// Encrypts a secret for its place: table and row, `factor/<user>`.
///
/// # Errors
/// [`EngineError::Internal`] when the system gives no random numbers.
pub fn seal(keys: &Keys, place: &str, secret: &[u8]) -> EngineResult<Vec<u8>> {
    let mut sealed = vec![VERSION];
    sealed.extend(sealing::seal(&sealing::cipher(keys.secrets()), place.as_bytes(), secret)?);
    Ok(sealed)
}

/// Decrypts what [`seal`] made for the same place.
///
/// # Errors
/// [`EngineError::Internal`] for what was changed, moved, or sealed by another installation.
pub fn open(keys: &Keys, place: &str, sealed: &[u8]) -> EngineResult<Vec<u8>> {
    let broken = || EngineError::Internal(format!("the secret at {place} cannot be opened with this key"));
    let rest = sealed.strip_prefix(&[VERSION]).ok_or_else(broken)?;
    sealing::open(&sealing::cipher(keys.secrets()), place.as_bytes(), rest).ok_or_else(broken)
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
