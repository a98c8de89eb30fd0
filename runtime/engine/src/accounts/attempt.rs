//! One try to prove who somebody is, by password or by a code of the second factor: counted, slowed, written down.
//!
//! Both are counted together, and where there is a second factor only its code ends the counting: a known password buys no
//! further guesses at the code.

use super::hashing::Place;
use super::throttle::{Failures, Subject};
use super::{Client, device, totp};
use crate::audit::{self, Origin};
use crate::{Engine, EngineError, EngineResult, safe};
use chrono::{DateTime, Utc};
use formwright_core::error_code::{self as code, ErrorCode};
use formwright_core::fold;
use formwright_store::people::factors;
use formwright_store::people::users::{self, Credentials, Who};
use formwright_store::{Snapshot, StoreResult, Tx};
use serde_json::json;
use uuid::Uuid;

/// Longest code that is looked at; longer ones are wrong.
const MAX_CODE: usize = 64;

/// One try, with what it is counted under.
pub(super) struct Attempt {
    login: String,
    pub(super) found: Option<Credentials>,
    /// Counted in memory: an unknown login, or a browser that is known.
    subject: Option<Subject>,
    now: DateTime<Utc>,
}

impl Attempt {
    /// Reads the account and refuses a try that comes too early.
    pub(super) async fn look(
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

    /// Compares the password. Where it is right and there is no second factor, the counting begins again.
    pub(super) async fn try_password(
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
                if let Some(subject) = self.subject.as_ref().filter(|_| !account.factor) {
                    throttle.succeeded(subject);
                }
                let rehashed = if compared.outdated { Some(place.hash(password).await?) } else { None };
                let clears = account.failures > 0 && !account.factor;
                if clears || rehashed.is_some() {
                    let (user, checked, hash) = (account.user, account.password.clone(), rehashed.clone());
                    let write = engine.db().write(move |tx| {
                        Box::pin(async move { succeed(tx, user, clears, checked.as_deref(), hash.as_deref()).await })
                    });
                    write.await?;
                }
                Ok(Credentials { password: rehashed.or(account.password), ..account })
            }
            None => Err(Attempt { found: None, ..self }
                .failed(engine, client, "session.begin", &code::SIGN_IN_FAILED)
                .await),
        }
    }

    /// Compares a code of the second factor, or a recovery code, and uses it up. `place` bounds how many get here at once.
    pub(super) async fn try_code(
        self,
        engine: &Engine,
        _place: &Place,
        client: &Client,
        code: &str,
    ) -> EngineResult<Credentials> {
        let wrong = &code::FACTOR_CODE_WRONG;
        let known = self.found.as_ref().filter(|account| account.active && account.factor && code.len() <= MAX_CODE);
        let Some(account) = known.cloned() else {
            return Err(self.failed(engine, client, "session.factor", wrong).await);
        };
        let (user, stamp, now, keys) = (account.user, account.stamp, self.now, engine.keys().clone());
        let origin = Origin::outside(engine, client.address, &client.request, Some(user), &account.login);
        let hash = totp::recovery_hash(&keys, user, code)?;
        let code = code.to_owned();
        let write = engine.db().write(move |tx| {
            Box::pin(async move {
                let same = users::credentials(tx, Who::Id(user), true).await?;
                if same.is_none_or(|same| !same.active || same.stamp != stamp) {
                    return Ok::<_, EngineError>(false);
                }
                let factor = factors::of_user(tx, user, true).await?;
                let Some(sealed) = factor.and_then(|factor| factor.secret) else { return Ok(false) };
                let secret = safe::open(&keys, &secret_place(user), &sealed)?;
                let right = match (totp::step_of(&secret, &code, now)?, hash) {
                    (Some(step), _) => factors::use_step(tx, user, step).await?,
                    (None, Some(hash)) => {
                        let right = factors::use_code(tx, user, &hash, now).await?;
                        if right {
                            let body = json!({ "what": "factor.recovery", "on": { "user": user } });
                            audit::record(tx, &origin, "session", body).await?;
                        }
                        right
                    }
                    (None, None) => false,
                };
                if right {
                    users::set_failures(tx, user, 0, None).await?;
                }
                Ok(right)
            })
        });
        if !write.await? {
            return Err(self.failed(engine, client, "session.factor", wrong).await);
        }
        if let Some(subject) = &self.subject {
            engine.accounts().throttle.succeeded(subject);
        }
        Ok(account)
    }

    /// Counts and writes down a try that failed; the refusal.
    async fn failed(
        self,
        engine: &Engine,
        client: &Client,
        what: &'static str,
        refusal: &'static ErrorCode,
    ) -> EngineError {
        let throttle = &engine.accounts().throttle;
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
                audit::record(tx, &origin, "session", json!({ "what": what, "result": "failed" })).await
            })
        });
        match write.await {
            Ok(()) => EngineError::refused(refusal),
            Err(error) => error.into(),
        }
    }
}

/// Where the secret of a person's factor is sealed for.
pub(super) fn secret_place(user: Uuid) -> String {
    format!("factor/{user}")
}

fn failures(account: &Credentials) -> Failures {
    Failures { count: account.failures, blocked_until: account.blocked_until }
}

async fn fail(tx: &mut Tx, login: &str, now: DateTime<Utc>) -> StoreResult<()> {
    let Some(account) = users::credentials(tx, Who::Login(login), true).await? else { return Ok(()) };
    let next = failures(&account).plus_one(now);
    users::set_failures(tx, account.user, next.count, next.blocked_until).await
}

async fn succeed(
    tx: &mut Tx,
    user: Uuid,
    clears: bool,
    checked: Option<&str>,
    rehashed: Option<&str>,
) -> StoreResult<()> {
    if clears {
        users::set_failures(tx, user, 0, None).await?;
    }
    let Some(hash) = rehashed else { return Ok(()) };
    let now = users::credentials(tx, Who::Id(user), true).await?;
    if now.is_some_and(|account| account.password.as_deref() == checked) {
        users::replace_hash(tx, user, hash).await?;
    }
    Ok(())
}
