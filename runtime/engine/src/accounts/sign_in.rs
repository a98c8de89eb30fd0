//! Signing in with a password, slowly for whoever guesses, and in the same time for logins that nobody has.

use super::attempt::Attempt;
use super::challenge::{self, Challenge};
use super::{Client, device, principal, sessions};
use crate::audit::{self, Origin};
use crate::keys::{digest, random};
use crate::{Engine, EngineError, EngineResult, Principal, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use formwright_core::error_code as code;
use formwright_store::people::sessions as session_rows;
use formwright_store::people::sessions::SessionRow;
use formwright_store::people::users::{self, Credentials, Who};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Somebody who has just come in.
#[derive(Clone)]
pub struct SignedIn {
    /// The session's secret, for its cookie. It is stored nowhere.
    pub cookie: String,
    /// For the cookie by which this browser is known at the next sign-in, 30 days.
    pub device: String,
    /// What pages send along with their writes.
    pub csrf: String,
    pub principal: Arc<Principal>,
}

/// Longest login and password that are looked at; longer ones are wrong.
const MAX_LOGIN: usize = 256;
const MAX_PASSWORD: usize = 4096;

/// Opens a session for whoever knows the password.
///
/// # Errors
/// 401 `sign_in_failed` (the same for an unknown login, a wrong password and a disabled person), 401
/// `second_factor_required` with a `challenge` for [`sign_in_with_factor`], 429 with the seconds to
/// wait, 503 when too many wait in line, and what the store gives.
pub async fn sign_in(engine: &Engine, client: &Client, login: &str, password: &str) -> EngineResult<SignedIn> {
    let now = engine.now();
    let login = login.trim();
    engine.accounts().throttle.check_address(client.address, now)?;
    if login.len() > MAX_LOGIN || password.len() > MAX_PASSWORD {
        engine.accounts().throttle.failed_address(client.address, now);
        return Err(EngineError::refused(&code::SIGN_IN_FAILED));
    }
    // A look before waiting in line, and a second one at the place: then at most as many get through as there are places.
    Attempt::look(engine, client, Who::Login(login), login, now).await?;
    let place = engine.accounts().hashing.place().await?;
    let attempt = Attempt::look(engine, client, Who::Login(login), login, engine.now()).await?;
    let credentials = attempt.try_password(engine, &place, client, password).await?;
    pass_password(engine, client, &credentials).await
}

/// Opens a session for whoever knows the password, by a code of the second factor for which `challenge` asked.
///
/// # Errors
/// 401 `challenge_expired` for a challenge that is none or too old, 401 `factor_code_wrong` for a code that is wrong or was
/// used, 429 with the seconds to wait, 503 when too many wait in line, and what the store gives.
pub async fn sign_in_with_factor(
    engine: &Engine,
    client: &Client,
    challenge: &str,
    factor_code: &str,
) -> EngineResult<SignedIn> {
    let now = engine.now();
    engine.accounts().throttle.check_address(client.address, now)?;
    let expired = || EngineError::refused(&code::CHALLENGE_EXPIRED);
    let challenge = Challenge::read(challenge).ok_or_else(expired)?;
    Attempt::look(engine, client, Who::Id(challenge.user), "", now).await?;
    let place = engine.accounts().hashing.place().await?;
    let attempt = Attempt::look(engine, client, Who::Id(challenge.user), "", engine.now()).await?;
    if !attempt.found.as_ref().is_some_and(|account| challenge.is_good(engine, account, now)) {
        engine.accounts().throttle.failed_address(client.address, now);
        return Err(expired());
    }
    let credentials = attempt.try_code(engine, &place, client, factor_code).await?;
    open_session(engine, client, &credentials, "session.begin", Some(now)).await
}

/// Checks the password of somebody who is signed in already, with the same delays.
pub(super) async fn confirm(engine: &Engine, client: &Client, user: Uuid, password: &str) -> EngineResult<Credentials> {
    let place = engine.accounts().hashing.place().await?;
    let attempt = Attempt::look(engine, client, Who::Id(user), "", engine.now()).await?;
    attempt.try_password(engine, &place, client, password).await
}

/// Checks a code of the second factor of somebody who is signed in already, with the same delays.
pub(super) async fn confirm_code(
    engine: &Engine,
    client: &Client,
    user: Uuid,
    code: &str,
) -> EngineResult<Credentials> {
    let place = engine.accounts().hashing.place().await?;
    let attempt = Attempt::look(engine, client, Who::Id(user), "", engine.now()).await?;
    attempt.try_code(engine, &place, client, code).await
}

/// What follows a right password: a session, or the question for the second factor.
///
/// # Errors
/// 401 `second_factor_required` with a `challenge`, and as [`open_session`].
pub(super) async fn pass_password(engine: &Engine, client: &Client, account: &Credentials) -> EngineResult<SignedIn> {
    if !account.factor {
        return open_session(engine, client, account, "session.begin", None).await;
    }
    let origin = Origin::outside(engine, client.address, &client.request, Some(account.user), &account.login);
    let body = json!({ "what": "session.challenge", "on": { "user": account.user } });
    engine.db().write(move |tx| Box::pin(async move { audit::record(tx, &origin, "session", body).await })).await?;
    Err(challenge::refusal(engine, account, engine.now())?.into())
}

/// A new session for credentials that were just checked; refused when they are no longer those.
pub(super) async fn open_session(
    engine: &Engine,
    client: &Client,
    credentials: &Credentials,
    what: &'static str,
    second_factor_at: Option<DateTime<Utc>>,
) -> EngineResult<SignedIn> {
    let secret: [u8; 32] = random()?;
    let cookie = URL_SAFE_NO_PAD.encode(secret);
    let now = engine.now();
    let row = SessionRow {
        hash: digest(&secret),
        id: Uuid::now_v7(),
        user: credentials.user,
        created_at: now,
        last_seen: now,
        address: client.address.map(|address| address.to_string()),
        agent: client.agent_kept(),
        stamp: credentials.stamp,
        second_factor_at,
    };
    let origin = Origin::outside(engine, client.address, &client.request, Some(row.user), &credentials.login);
    let (checked, agent) = (credentials.clone(), row.agent.clone());
    let write = engine.db().write(move |tx| {
        Box::pin(async move {
            let same = users::credentials(tx, Who::Id(checked.user), true).await?.filter(|account| {
                account.active
                    && account.password == checked.password
                    && account.stamp == checked.stamp
                    && account.factor == checked.factor
            });
            if same.is_none() {
                return Err(EngineError::refused(&code::SIGN_IN_FAILED));
            }
            session_rows::insert(tx, &row).await?;
            let body = json!({ "what": what, "on": { "user": row.user, "session": row.id }, "agent": agent, "second_factor": row.second_factor_at.is_some() });
            Ok(audit::record(tx, &origin, "session", body).await?)
        })
    });
    write.await?;
    let seen = principal::principal_for_session(engine, &cookie).await?;
    let principal = seen.ok_or_else(|| Refusal::new(&code::SIGN_IN_FAILED))?.principal;
    Ok(SignedIn {
        csrf: sessions::csrf_token(engine, &principal.via)?,
        device: device::issue(engine, credentials.user, credentials.stamp, now)?,
        cookie,
        principal,
    })
}
