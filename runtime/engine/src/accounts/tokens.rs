//! Personal tokens for programs: `fwp_`, 43 characters of secret, 6 of check sum, so that a leaked one is recognised.

use super::step_up::{Act, require_step_up};
use super::{instant, refuse_token, sessions};
use crate::audit::{self, Origin};
use crate::keys::{digest, random};
use crate::{Context, EngineError, EngineResult, Via};
use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_store::Snapshot;
use formwright_store::people::tokens::{self as rows, TokenRow};
use serde_json::{Value as Json, json};
use uuid::Uuid;

const PREFIX: &str = "fwp_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_LENGTH: usize = 43;
const SUM_LENGTH: usize = 6;
/// Life of a token that names no end, and the longest there is.
const DEFAULT_LIFE: TimeDelta = TimeDelta::days(90);
const LONGEST_LIFE: TimeDelta = TimeDelta::days(366);
/// Tokens that one person may have.
const MOST: usize = 100;

/// What a token may be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Reading.
    Read,
    /// Changing records, files, comments, tasks.
    Write,
    /// Definitions.
    Design,
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Write => "write",
            Scope::Design => "design",
        }
    }
}

/// Whether the way in admits this. A token without scopes admits all that a program may do for its person, one that only names
/// forms reading and writing; writing includes reading.
pub fn allows(via: &Via, scope: Scope) -> bool {
    holds(via, scope) || (scope == Scope::Read && holds(via, Scope::Write))
}

/// Whether the way in lets its person use one of his rights. To look into the audit log is reading, and no part of writing;
/// every other right changes something.
pub(super) fn opens(via: &Via, right: &str) -> bool {
    if right == "audit" { holds(via, Scope::Read) } else { allows(via, Scope::Write) }
}

/// Whether the way in was given this scope itself.
fn holds(via: &Via, scope: Scope) -> bool {
    let Via::Token { scopes, .. } = via else { return true };
    let mut kinds = scopes.iter().filter(|scope| !scope.starts_with("form:")).peekable();
    if kinds.peek().is_none() {
        return scopes.is_empty() || scope != Scope::Design;
    }
    kinds.any(|held| held == scope.name())
}

/// Whether the way in is kept to some forms: then it is good for their records, and for nothing else of the installation.
pub fn names_forms(via: &Via) -> bool {
    matches!(via, Via::Token { scopes, .. } if scopes.iter().any(|scope| scope.starts_with("form:")))
}

/// Whether the way in reaches this form. A token that names forms reaches only those.
pub fn allows_form(via: &Via, form: &str) -> bool {
    let Via::Token { scopes, .. } = via else { return true };
    let mut forms = scopes.iter().filter_map(|scope| scope.strip_prefix("form:")).peekable();
    forms.peek().is_none() || forms.any(|named| named == form)
}

pub(super) fn scopes_of(json: &str) -> Vec<String> {
    // What cannot be read admits nothing.
    serde_json::from_str(json).unwrap_or_else(|_| vec!["none".into()])
}

/// What is stored of a token; nothing for a text that cannot be one.
pub(super) fn hash_of(bearer: &str) -> Option<[u8; 32]> {
    let rest = bearer.strip_prefix(PREFIX)?;
    let (secret, sum) = rest.split_at_checked(SECRET_LENGTH)?;
    (sum == check_sum(secret)).then(|| digest(bearer.as_bytes()))
}

fn check_sum(secret: &str) -> String {
    let mut crc = u32::MAX;
    for byte in secret.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    let mut rest = !crc;
    let mut digits = [b'0'; SUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = base62(rest % 62);
        rest /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

fn base62(digit: u32) -> u8 {
    usize::try_from(digit).ok().and_then(|digit| ALPHABET.get(digit)).copied().unwrap_or(b'0')
}

/// A new token text from 32 random bytes.
fn make() -> EngineResult<String> {
    let mut number: [u8; 32] = random()?;
    let mut secret = [b'0'; SECRET_LENGTH];
    for digit in secret.iter_mut().rev() {
        // long division of the whole number by 62
        let mut rest: u32 = 0;
        for byte in &mut number {
            let part = (rest << 8) | u32::from(*byte);
            *byte = u8::try_from(part / 62).unwrap_or(0);
            rest = part % 62;
        }
        *digit = base62(rest);
    }
    let secret: String = secret.iter().copied().map(char::from).collect();
    Ok(format!("{PREFIX}{secret}{}", check_sum(&secret)))
}

/// Makes a token for oneself from `{"name", "expires_at"?, "scopes"?}`; the answer has its text as `token`, once.
///
/// # Errors
/// Faults by key; 403 for a token; and what the store gives.
pub async fn create_token(cx: &Context, body: &Json) -> EngineResult<Json> {
    refuse_token(cx, "make a token")?;
    let user = sessions::signed_in(cx)?;
    require_step_up(cx, Act::CreateToken).await?;
    let mut faults = Vec::new();
    let mut read = super::body::Reader::new(body, &["name", "expires_at", "scopes"], &mut faults);
    let name = read.text("name", 1, 100, &mut faults);
    if name.is_none() && !faults.iter().any(|fault| fault.path == "name") {
        faults.push(Fault::new("name", &code::REQUIRED).with("title", "name"));
    }
    let expires_at = match read.instant("expires_at", cx.zone, false, &mut faults).flatten() {
        None => cx.now + DEFAULT_LIFE,
        Some(end) => {
            if end <= cx.now {
                faults.push(Fault::new("expires_at", &code::NOT_ABOVE).with("limit", instant(cx.now)));
            } else if end > cx.now + LONGEST_LIFE {
                faults.push(Fault::new("expires_at", &code::TOO_LARGE).with("limit", instant(cx.now + LONGEST_LIFE)));
            }
            end
        }
    };
    let scopes = read.texts("scopes", &mut faults).unwrap_or_default();
    for (i, scope) in scopes.iter().enumerate() {
        let form = scope.strip_prefix("form:").and_then(|form| cx.catalog.form(form));
        if form.is_none() && !["read", "write", "design"].contains(&scope.as_str()) {
            faults.push(
                Fault::new(format!("scopes/{i}"), &code::CHOICE_UNKNOWN)
                    .with("value", scope)
                    .suggest(scope, ["read", "write", "design"].into_iter()),
            );
        }
    }
    if !faults.is_empty() {
        return Err(EngineError::request_faults(faults));
    }
    let text = make()?;
    let row = TokenRow {
        id: Uuid::now_v7(),
        user,
        name: name.unwrap_or_default(),
        scopes: json!(scopes).to_string(),
        created_at: cx.now,
        expires_at: Some(expires_at),
        last_used: None,
    };
    let (hash, origin, stored) = (digest(text.as_bytes()), Origin::of(cx), row.clone());
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            if rows::of_user(tx, stored.user).await?.len() >= MOST {
                return Err(EngineError::request_faults(vec![Fault::new("", &code::TOO_MANY).with("limit", MOST)]));
            }
            rows::insert(tx, &stored, &hash).await?;
            let body =
                json!({ "what": "token.create", "on": { "token": stored.id }, "name": stored.name, "scopes": scopes });
            Ok(audit::record(tx, &origin, "session", body).await?)
        })
    });
    write.await?;
    let mut answer = to_json(&row, cx.now);
    if let Json::Object(object) = &mut answer {
        object.insert("token".into(), json!(text));
    }
    Ok(answer)
}

fn to_json(row: &TokenRow, now: DateTime<Utc>) -> Json {
    json!({
        "id": row.id, "name": row.name, "scopes": scopes_of(&row.scopes), "created_at": instant(row.created_at),
        "expires_at": row.expires_at.map(instant), "expired": row.expires_at.is_some_and(|end| end <= now),
        "last_used": row.last_used.map(instant),
    })
}

/// One's own tokens, without their texts: `{"items": […], "next": null}`.
///
/// # Errors
/// What the store gives.
pub async fn tokens(cx: &Context) -> EngineResult<Json> {
    let user = sessions::signed_in(cx)?;
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    let items: Vec<Json> = rows::of_user(&mut tx, user).await?.iter().map(|row| to_json(row, cx.now)).collect();
    Ok(json!({ "items": items, "next": null }))
}

/// Ends one of one's own tokens.
///
/// # Errors
/// 404 for one that is not there or not one's own, and what the store gives.
pub async fn delete_token(cx: &Context, id: Uuid) -> EngineResult<()> {
    refuse_token(cx, "end a token")?;
    let user = sessions::signed_in(cx)?;
    let origin = Origin::of(cx);
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            let Some(name) = rows::delete(tx, id, user).await? else { return Err(EngineError::not_found()) };
            let body = json!({ "what": "token.delete", "on": { "token": id }, "name": name });
            Ok(audit::record(tx, &origin, "session", body).await?)
        })
    });
    write.await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_token_is_recognised_and_a_mistyped_one_is_not() {
        let (one, two) = (make().unwrap(), make().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 4 + 43 + 6);
        assert!(hash_of(&one).is_some());
        let mut wrong = one.clone();
        let last = wrong.pop().unwrap();
        wrong.push(if last == 'a' { 'b' } else { 'a' });
        assert!(hash_of(&wrong).is_none());
        for other in ["", "fwp_", "abc", "fwp_é"] {
            assert!(hash_of(other).is_none());
        }
        // the check value of CRC-32 over "123456789" is CBF43926, in base 62 3jZ9XG…
        assert_eq!(
            u32::from_str_radix("CBF43926", 16).unwrap(),
            check_sum("123456789")
                .bytes()
                .fold(0u32, |n, b| n * 62 + u32::try_from(ALPHABET.iter().position(|a| *a == b).unwrap()).unwrap())
        );
    }

    #[test]
    fn scopes_narrow_and_their_absence_does_not() {
        let token =
            |scopes: &[&str]| Via::Token { id: Uuid::nil(), scopes: scopes.iter().map(|s| (*s).to_owned()).collect() };
        assert!(allows(&token(&[]), Scope::Design) && allows_form(&token(&[]), "customer"));
        assert!(allows(&token(&["read"]), Scope::Read) && !allows(&token(&["read"]), Scope::Write));
        assert!(allows(&token(&["write"]), Scope::Read));
        let audit = |scopes: &[&str]| opens(&token(scopes), "audit");
        assert!(audit(&[]) && audit(&["read"]) && !audit(&["write"]) && !audit(&["design"]));
        assert!(opens(&token(&["write"]), "settings") && !opens(&token(&["read"]), "settings"));
        let one = token(&["read", "form:customer"]);
        assert!(allows_form(&one, "customer") && !allows_form(&one, "order") && !allows(&one, Scope::Write));
    }
}
