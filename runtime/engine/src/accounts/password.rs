//! Which passwords are taken, and changing them.

use super::sign_in::{SignedIn, confirm, open_session};
use super::step_up::{self, Act, require_step_up};
use super::{Client, refuse_token, require_right, roles, sessions};
use crate::audit::{self, Origin};
use crate::{Context, EngineError, EngineResult};
use ahash::AHashSet;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::fold::fold;
use formwright_store::people::users::{self, Credentials, Who};
use formwright_store::people::{links, sessions as session_rows};
use formwright_store::{StoreResult, Tx};
use serde_json::json;
use std::sync::OnceLock;
use uuid::Uuid;

/// Fewer are never allowed, whatever the settings say.
const LEAST: usize = 8;
/// More are refused, so that nobody makes the server hash a book.
const MOST: usize = 1024;

/// Passwords that everybody tries first, one a line, folded.
const COMMON: &str = include_str!("common_passwords.txt");

/// What is wrong with a new password. `own` are words that others know of the person: login, name, address.
pub(super) fn check(path: &str, password: &str, least: usize, own: &[&str]) -> Option<Fault> {
    let least = least.max(LEAST);
    let length = password.chars().count();
    if length < least {
        return Some(Fault::new(path, &code::PASSWORD_TOO_SHORT).with("limit", least));
    }
    if length > MOST {
        return Some(Fault::new(path, &code::TOO_LONG).with("limit", MOST));
    }
    is_guessable(password, own).then(|| Fault::new(path, &code::PASSWORD_TOO_COMMON))
}

fn is_guessable(password: &str, own: &[&str]) -> bool {
    static WORDS: OnceLock<AHashSet<&'static str>> = OnceLock::new();
    let words = WORDS.get_or_init(|| COMMON.lines().collect());
    let folded = fold(password);
    let bare = |text: &str| fold(text).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    // what people add to make a word long enough: digits and marks around it
    let core = folded.trim_matches(|c: char| !c.is_alphabetic());
    let letters = bare(core);
    let own =
        own.iter().map(|word| bare(word)).chain(["formwright".to_owned()]).filter(|word| word.chars().count() >= 2);
    let own: Vec<String> = own.collect();
    words.contains(folded.as_str())
        || words.contains(core)
        || own.iter().any(|word| letters == *word || bare(&folded) == *word)
        || is_pattern(&folded)
}

/// One short piece again and again, or a run such as `abcdefgh` and `87654321`.
fn is_pattern(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let repeats =
        (1..=4.min(letters.len() / 2)).any(|n| letters.iter().zip(letters.iter().skip(n)).all(|(a, b)| a == b));
    let step = |(a, b): (&char, &char)| i64::from(u32::from(*b)) - i64::from(u32::from(*a));
    let mut steps = letters.iter().zip(letters.iter().skip(1)).map(step);
    let run = match steps.next() {
        // 9 is followed by 0 on a keyboard
        Some(first @ (1 | -1)) => steps.all(|s| s == first || s == -9 * first),
        _ => false,
    };
    repeats || run
}

/// A new password for oneself. All sessions end, and this browser gets a new one.
///
/// # Errors
/// As signing in when `current` is wrong; a fault at `new`; 403 for a token.
pub async fn change_password(cx: &Context, client: &Client, current: &str, new: &str) -> EngineResult<SignedIn> {
    refuse_token(cx, "change the password")?;
    let user = sessions::signed_in(cx)?;
    let account = confirm(&cx.engine, client, user, current).await?;
    let least = cx.engine.settings().password_min;
    if let Some(fault) = check("new", new, least, &[&account.login, &account.name]) {
        return Err(EngineError::request_faults(vec![fault]));
    }
    let hash = cx.engine.accounts().hashing.place().await?.hash(new).await?;
    let passed = step_up::proof(cx).await?.and_then(|proof| proof.second_factor_at);
    let (origin, checked) = (Origin::of(cx), account.clone());
    let written = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            let same =
                users::credentials(tx, Who::Id(user), true).await?.is_some_and(|now| now.password == checked.password);
            if !same {
                return Err(EngineError::refused(&code::SIGN_IN_FAILED));
            }
            let stamp = replace(tx, user, &hash).await?;
            let body = json!({ "what": "password.change", "on": { "user": user } });
            audit::record(tx, &origin, "session", body).await?;
            Ok(Credentials { password: Some(hash), stamp, failures: 0, blocked_until: None, ..checked })
        })
    });
    let account = written.await?;
    open_session(&cx.engine, client, &account, "session.begin", passed).await
}

/// Gives somebody a password: for administrators of people and the command line. All his sessions end.
///
/// # Errors
/// 403 without the right, for a token, or over somebody who may do more than oneself; a fault at `password`.
pub async fn set_password(cx: &Context, user: Uuid, password: &str) -> EngineResult<()> {
    require_right(cx, "manage_people")?;
    refuse_token(cx, "set a password")?;
    require_step_up(cx, Act::SetPassword).await?;
    let organisation = crate::organisation::fresh(&cx.engine).await?;
    let target = organisation.user(user).ok_or_else(EngineError::not_found)?;
    roles::require_power_over(cx, &organisation, target)?;
    let least = cx.engine.settings().password_min;
    if let Some(fault) = check("password", password, least, &[&target.row.login, &target.row.name]) {
        return Err(EngineError::request_faults(vec![fault]));
    }
    let hash = cx.engine.accounts().hashing.place().await?.hash(password).await?;
    let origin = Origin::of(cx);
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            replace(tx, user, &hash).await?;
            audit::record(tx, &origin, "people", json!({ "what": "password.set", "on": { "user": user } })).await
        })
    });
    Ok(write.await?)
}

/// Writes the hash; every session and every link of before is worthless. The new stamp.
pub(super) async fn replace(tx: &mut Tx, user: Uuid, hash: &str) -> StoreResult<i64> {
    let stamp = users::set_password(tx, user, hash).await?;
    session_rows::delete_of_user(tx, user, None).await?;
    links::delete_unused(tx, user).await?;
    Ok(stamp)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn verdict(password: &str) -> Option<&'static str> {
        check("password", password, 8, &["zhang.wei", "Zhang Wei", "张伟"]).map(|fault| fault.code.code)
    }

    #[test]
    fn short_common_own_and_patterned_passwords_are_refused() {
        assert_eq!(verdict("a1b2c3"), Some("password_too_short"));
        for common in [
            "password",
            "Password1",
            "qwertyuiop",
            "Iloveyou123!",
            "woaini1314",
            "12345678",
            "87654321",
            "ZHANG.WEI",
            "zhangwei2026",
            "aaaaaaaa",
            "abcabcabcabc",
            "Formwright2026",
            "1234567890123",
        ] {
            assert_eq!(verdict(common), Some("password_too_common"), "{common}");
        }
    }

    #[test]
    fn a_long_sentence_in_any_script_is_taken() {
        for good in ["correct horse battery", "桦木胶合板装柜十八毫米", "Accept-zhang.wei-4711!", "tz8Kq-2mVx"]
        {
            assert_eq!(verdict(good), None, "{good}");
        }
    }

    #[test]
    fn the_list_is_long_and_folded() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() >= 1000, "{}", lines.len());
        assert!(lines.iter().all(|line| fold(line) == **line && line.chars().count() >= 4));
    }
}
