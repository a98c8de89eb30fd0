//! Codes of the second factor: time-based ones of an authenticator (RFC 6238: SHA-1, six digits, 30 seconds) and recovery
//! codes on paper.

use crate::keys::{Keys, mac, random};
use crate::{EngineError, EngineResult};
use chrono::{DateTime, Utc};
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write as _;
use totp_rs::{Algorithm, Builder, Totp};
use uuid::Uuid;

/// Bytes of a secret: as long as the hash, as the standard asks.
pub(super) const SECRET: usize = 20;
/// Recovery codes of a person.
pub(super) const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code: 50 bits, which nobody guesses through the delays.
const RECOVERY_LENGTH: usize = 10;
/// Letters and digits that are not taken for each other.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Empty modules around a code, which scanners need.
const QUIET: i32 = 4;

fn totp(secret: &[u8], issuer: Option<&str>, account: &str) -> EngineResult<Totp> {
    // a colon separates the two in the address
    let plain = |text: &str| text.chars().map(|c| if c == ':' { ' ' } else { c }).collect::<String>();
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(secret.to_vec())
        .with_issuer(issuer.map(plain))
        .with_account_name(plain(account))
        .build()
        .map_err(|error| EngineError::Internal(error.to_string()))
}

/// The step whose code this is: of now, or of the step before or after.
pub(super) fn step_of(secret: &[u8], code: &str, now: DateTime<Utc>) -> EngineResult<Option<i64>> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let Ok(seconds) = u64::try_from(now.timestamp()) else { return Ok(None) };
    let step = totp(secret, None, "")?.check(&digits, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// What an authenticator reads: `otpauth://totp/…`.
pub(super) fn address(secret: &[u8], issuer: &str, account: &str) -> EngineResult<String> {
    totp(secret, Some(issuer), account)?.to_url().map_err(|error| EngineError::Internal(error.to_string()))
}

/// A secret as people type it: Base32 in groups of four.
pub(super) fn typed(secret: &[u8]) -> EngineResult<String> {
    let text = totp(secret, None, "")?.secret().to_base32();
    let letters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(groups.join(" "))
}

/// A text as a QR code: one SVG image without styles or scripts, black on white whatever the page's colours.
pub(super) fn qr(text: &str) -> EngineResult<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Low)
        .map_err(|error| EngineError::Internal(format!("a QR code cannot be made: {error}")))?;
    let side = code.size() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><rect width="{side}" height="{side}" fill="#fff"/><path d="{path}" fill="#000"/></svg>"##
    ))
}

/// New recovery codes: `k7fq2-m9xbd`.
pub(super) fn recovery_codes() -> EngineResult<Vec<String>> {
    (0..RECOVERY_CODES)
        .map(|_| {
            let bytes: [u8; RECOVERY_LENGTH] = random()?;
            let mut text = String::new();
            for (i, byte) in bytes.iter().enumerate() {
                if i == RECOVERY_LENGTH / 2 {
                    text.push('-');
                }
                let letter = ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'0');
                text.push(char::from(letter));
            }
            Ok(text)
        })
        .collect()
}

/// What is stored of a person's recovery code: nothing that a copy of the database without the key could be searched by. Nothing
/// for a text that cannot be one.
pub(super) fn recovery_hash(keys: &Keys, user: Uuid, code: &str) -> EngineResult<Option<[u8; 32]>> {
    let bare: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_lowercase).collect();
    if bare.len() != RECOVERY_LENGTH || !bare.bytes().all(|b| ALPHABET.contains(&b)) {
        return Ok(None);
    }
    mac(keys.factor(), &[b"recovery", user.as_bytes(), bare.as_bytes()]).map(Some)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// The secret of the standard's own examples.
    const STANDARD: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard_and_hold_one_step_to_either_side() {
        // RFC 6238, appendix B, the last six digits
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            let step = seconds / 30;
            assert_eq!(step_of(STANDARD, code, at(seconds)).unwrap(), Some(step), "{seconds}");
            for (away, known) in [(-60, false), (-30, true), (30, true), (60, false)] {
                let found = step_of(STANDARD, code, at(seconds + away)).unwrap();
                assert_eq!(found, known.then_some(step), "{seconds} {away}");
            }
        }
        assert_eq!(step_of(STANDARD, " 287 082 ", at(59)).unwrap(), Some(1));
        for wrong in ["", "28708", "2870820", "28708a", "２８７０８２", "-87082"] {
            assert_eq!(step_of(STANDARD, wrong, at(59)).unwrap(), None, "{wrong}");
        }
    }

    #[test]
    fn an_authenticator_is_told_company_login_and_secret() {
        let uri = address(STANDARD, "桦木:国际", "zhang.wei").unwrap();
        assert!(uri.starts_with("otpauth://totp/"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(uri.contains("zhang.wei") && uri.contains("issuer="), "{uri}");
        assert_eq!(typed(STANDARD).unwrap(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let image = qr(&uri).unwrap();
        assert!(image.starts_with("<svg") && image.ends_with("</svg>") && !image.contains("style"));
    }

    #[test]
    fn recovery_codes_differ_and_are_known_in_any_spelling_for_their_person_only() {
        let keys = Keys::from_bytes([3; 32]).unwrap();
        let codes = recovery_codes().unwrap();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let unique: std::collections::BTreeSet<&String> = codes.iter().collect();
        assert_eq!(unique.len(), RECOVERY_CODES);
        let (ann, ben) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for code in &codes {
            let hash = recovery_hash(&keys, ann, code).unwrap().unwrap();
            let typed = format!(" {} ", code.to_uppercase().replace('-', " "));
            assert_eq!(recovery_hash(&keys, ann, &typed).unwrap(), Some(hash));
            assert_ne!(recovery_hash(&keys, ben, code).unwrap(), Some(hash));
        }
        for wrong in ["", "287082", "k7fq2-m9xb", "k7fq2-m9xbd1", "lllll-lllll"] {
            assert_eq!(recovery_hash(&keys, ann, wrong).unwrap(), None, "{wrong}");
        }
    }
}
