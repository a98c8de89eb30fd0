//! Signing in with a password, slowly for whoever guesses, and in the same time for logins that nobody has.

use super::hashing::Place;
use super::throttle::{Failures, Subject};
use super::{Client, device, principal, sessions};
use crate::audit::{self, Origin};
use crate::keys::{digest, random};
use crate::{Engine, EngineError, EngineResult, Principal, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use formwright_core::error_code as code;
use formwright_core::fold;
use formwright_store::people::sessions as session_rows;
use formwright_store::people::sessions::SessionRow;
use formwright_store::people::users::{self, Credentials, Who};
use formwright_store::{Snapshot, StoreResult, Tx};
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
/// 401 `sign_in_failed` (the same for an unknown login, a wrong password and a disabled person), 429 with the seconds to
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
    open_session(engine, client, &credentials, "session.begin").await
}

/// Checks the password of somebody who is signed in already, with the same delays.
pub(super) async fn confirm(engine: &Engine, client: &Client, user: Uuid, password: &str) -> EngineResult<Credentials> {
    let place = engine.accounts().hashing.place().await?;
    let attempt = Attempt::look(engine, client, Who::Id(user), "", engine.now()).await?;
    attempt.try_password(engine, &place, client, password).await
}

/// One try, with what it is counted under.
struct Attempt {
    login: String,
    found: Option<Credentials>,
    /// Counted in memory: an unknown login, or a browser that is known.
    subject: Option<Subject>,
    now: DateTime<Utc>,
}

impl Attempt {
    /// Reads the account and refuses a try that comes too early.
    async fn look(
        engine: &Engine,
        client: &Client,
        who: Who<'_>,
        login: &str,
        now: DateTime<Utc>,
    ) -> EngineResult<Attempt> {
        let mut tx = engine.db().reader(Snapshot::No).await?;
        let found = users::credentials(&mut tx, who, false).await?;
        drop(tx);
        let subject = match &found {
            Some(account) => device::recognise(engine, client.device.as_deref(), account.user, account.stamp, now)
                .map(Subject::Device),
            None => Some(Subject::Unknown(fold::fold(login))),
        };
        match (&subject, &found) {
            (Some(subject), _) => engine.accounts().throttle.check(subject, now)?,
            (None, Some(account)) => failures(account).check(now)?,
            (None, None) => {}
        }
        let login = found.as_ref().map_or_else(|| login.to_owned(), |account| account.login.clone());
        Ok(Attempt { login, found, subject, now })
    }

    async fn try_password(
        self,
        engine: &Engine,
        place: &Place,
        client: &Client,
        password: &str,
    ) -> EngineResult<Credentials> {
        let stored = self.found.as_ref().filter(|account| account.active).and_then(|account| account.password.clone());
        let compared = place.compare(password, stored).await?;
        let throttle = &engine.accounts().throttle;
        match self.found.filter(|account| account.active && compared.right) {
            Some(account) => {
                if let Some(subject) = &self.subject {
                    throttle.succeeded(subject);
                }
                let rehashed = if compared.outdated { Some(place.hash(password).await?) } else { None };
                if account.failures > 0 || rehashed.is_some() {
                    let (user, checked, hash) = (account.user, account.password.clone(), rehashed.clone());
                    let write = engine.db().write(move |tx| {
                        Box::pin(async move { succeed(tx, user, checked.as_deref(), hash.as_deref()).await })
                    });
                    write.await?;
                }
                Ok(Credentials { password: rehashed.or(account.password), failures: 0, blocked_until: None, ..account })
            }
            None => {
                throttle.failed_address(client.address, self.now);
                let counted = self.subject.is_some();
                if let Some(subject) = self.subject {
                    throttle.failed(subject, self.now);
                }
                let (login, now) = (self.login, self.now);
                let origin = Origin::outside(engine, client.address, &client.request, None, &login);
                let write = engine.db().write(move |tx| {
                    Box::pin(async move {
                        if !counted {
                            fail(tx, &login, now).await?;
                        }
                        audit::record(tx, &origin, "session", json!({ "what": "session.begin", "result": "failed" }))
                            .await
                    })
                });
                write.await?;
                Err(EngineError::refused(&code::SIGN_IN_FAILED))
            }
        }
    }
}

fn failures(account: &Credentials) -> Failures {
    Failures { count: account.failures, blocked_until: account.blocked_until }
}

async fn fail(tx: &mut Tx, login: &str, now: DateTime<Utc>) -> StoreResult<()> {
    let Some(account) = users::credentials(tx, Who::Login(login), true).await? else { return Ok(()) };
    let next = failures(&account).plus_one(now);
    users::set_failures(tx, account.user, next.count, next.blocked_until).await
}

async fn succeed(tx: &mut Tx, user: Uuid, checked: Option<&str>, rehashed: Option<&str>) -> StoreResult<()> {
    users::set_failures(tx, user, 0, None).await?;
    let Some(hash) = rehashed else { return Ok(()) };
    let now = users::credentials(tx, Who::Id(user), true).await?;
    if now.is_some_and(|account| account.password.as_deref() == checked) {
        users::replace_hash(tx, user, hash).await?;
    }
    Ok(())
}

/// A new session for credentials that were just checked; refused when they are no longer those.
pub(super) async fn open_session(
    engine: &Engine,
    client: &Client,
    credentials: &Credentials,
    what: &'static str,
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
    };
    let origin = Origin::outside(engine, client.address, &client.request, Some(row.user), &credentials.login);
    let (checked, agent) = (credentials.clone(), row.agent.clone());
    let write = engine.db().write(move |tx| {
        Box::pin(async move {
            let same = users::credentials(tx, Who::Id(checked.user), true).await?.filter(|account| {
                account.active && account.password == checked.password && account.stamp == checked.stamp
            });
            if same.is_none() {
                return Err(EngineError::refused(&code::SIGN_IN_FAILED));
            }
            session_rows::insert(tx, &row).await?;
            let body = json!({ "what": what, "on": { "user": row.user, "session": row.id }, "agent": agent });
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
