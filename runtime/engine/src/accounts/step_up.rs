//! Proving once more who one is before what is grave: a session that was left open opens no door by itself.
//!
//! When somebody last proved it is a property of his session: signing in counts, and so does giving the password or a code of
//! the second factor again. Nobody can be asked behind a token; it was made by somebody who had just proved it, and what opens
//! accounts it may not touch at all.

use super::sign_in::{confirm, confirm_code};
use super::{Client, forbidden, refuse_token, sessions};
use crate::audit::{self, Origin};
use crate::{Context, EngineResult, Refusal, Via, organisation};
use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::error_code as code;
use formwright_store::Snapshot;
use formwright_store::people::sessions as rows;
use serde_json::json;

/// How long a proof is good.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// What is done only by somebody who has just proved who he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Making a token of one's own.
    CreateToken,
    /// Setting up, replacing or switching off one's second factor.
    ChangeFactor,
    /// Taking away somebody else's.
    ResetFactor,
    /// Giving somebody a password, or a link by which he sets one.
    SetPassword,
    /// Changing somebody's e-mail address.
    ChangeEmail,
    /// Giving or taking roles.
    AssignRoles,
    /// Deleting a record for good.
    Purge,
    /// Taking a record out of the recycle bin.
    Restore,
    /// Publishing what must be confirmed.
    Publish,
    /// Seeing as another person.
    ViewAs,
}

impl Act {
    /// The word by which a refusal names it.
    pub fn name(self) -> &'static str {
        match self {
            Act::CreateToken => "create_token",
            Act::ChangeFactor => "change_factor",
            Act::ResetFactor => "reset_factor",
            Act::SetPassword => "set_password",
            Act::ChangeEmail => "change_email",
            Act::AssignRoles => "assign_roles",
            Act::Purge => "purge",
            Act::Restore => "restore",
            Act::Publish => "publish",
            Act::ViewAs => "view_as",
        }
    }

    /// Whether it changes by what somebody comes in, or gives him another way in.
    fn opens_accounts(self) -> bool {
        match self {
            Act::CreateToken | Act::ChangeFactor | Act::ResetFactor | Act::SetPassword | Act::ChangeEmail => true,
            Act::AssignRoles | Act::Purge | Act::Restore | Act::Publish | Act::ViewAs => false,
        }
    }
}

/// By what somebody proves once more who he is.
#[derive(Clone, Copy)]
pub enum Again<'a> {
    /// His password.
    Password(&'a str),
    /// A code of his second factor, or a recovery code.
    Code(&'a str),
}

/// When the person of this session last proved who he is; nothing for other ways in.
pub(super) async fn proof(cx: &Context) -> EngineResult<Option<rows::Proof>> {
    let Some(hash) = sessions::current_hash(cx) else { return Ok(None) };
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    Ok(rows::proof(&mut tx, &hash).await?)
}

/// Refuses a session whose person has not proved who he is within the last ten minutes. What changes a second factor in use
/// must have been proved by that factor; for everything else any proof will do. A token may do the rest unasked, but nothing
/// that opens accounts.
///
/// # Errors
/// 403 `step_up_required` with the `act` and the `ways` (`factor`, `password`) that will do; `forbidden` for a token; what the
/// store gives.
pub async fn require_step_up(cx: &Context, act: Act) -> EngineResult<()> {
    let Some(person) = cx.principal() else { return Ok(()) };
    match &person.via {
        Via::Session(_) => {}
        Via::Token { .. } if act.opens_accounts() => return Err(forbidden(act.name())),
        Via::Token { .. } | Via::CommandLine(_) => return Ok(()),
    }
    let proof = proof(cx).await?;
    let has_factor = organisation::current(&cx.engine).has_factor(person.person.id);
    let (at, ways) = match (has_factor, act) {
        (true, Act::ChangeFactor) => (proof.and_then(|proof| proof.second_factor_at), ["factor"].as_slice()),
        (true, _) => (proof.map(|proof| proof.latest()), ["factor", "password"].as_slice()),
        (false, _) => (proof.map(|proof| proof.latest()), ["password"].as_slice()),
    };
    if at.is_some_and(|at| cx.now - at <= FRESH) {
        return Ok(());
    }
    let mut refusal = Refusal::new(&code::STEP_UP_REQUIRED);
    refusal.extra.insert("act".into(), json!(act.name()));
    refusal.extra.insert("ways".into(), json!(ways));
    Err(refusal.into())
}

/// Proves once more who one is; until when that is good.
///
/// # Errors
/// 401 for a wrong password or code, with the delays of signing in; 403 for anything but a session; what the store gives.
pub async fn step_up(cx: &Context, client: &Client, again: Again<'_>) -> EngineResult<DateTime<Utc>> {
    refuse_token(cx, "step up")?;
    let user = sessions::signed_in(cx)?;
    let hash = sessions::current_hash(cx).ok_or_else(|| forbidden("step up"))?;
    let by_factor = match again {
        Again::Password(password) => confirm(&cx.engine, client, user, password).await.map(|_| false)?,
        Again::Code(code) => confirm_code(&cx.engine, client, user, code).await.map(|_| true)?,
    };
    let (origin, now) = (Origin::of(cx), cx.now);
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            let by = if by_factor {
                rows::prove_by_factor(tx, &hash, Some(now)).await?;
                "factor"
            } else {
                rows::prove_by_password(tx, &hash, now).await?;
                "password"
            };
            audit::record(tx, &origin, "session", json!({ "what": "session.step_up", "by": by })).await
        })
    });
    write.await?;
    Ok(now + FRESH)
}
