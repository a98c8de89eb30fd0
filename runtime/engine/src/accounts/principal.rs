//! The beginning of every request: from a cookie or a token to the person, with one statement.
//!
//! The statement reads session and account, the number of the organisation and the published revision; everything else
//! comes from memory as long as those numbers are the same. So what anybody changes anywhere counts at once.

use super::tokens;
use crate::keys::digest;
use crate::organisation::{Organisation, User};
use crate::{Engine, EngineResult, Principal, Via};
use ahash::RandomState;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::catalog::Catalog;
use formwright_core::permission::ADMIN;
use formwright_core::query::Person;
use formwright_core::text::Locale;
use formwright_store::people::{sessions, tokens as token_rows};
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

/// How often the last use of a session or token is written.
const TOUCH_EVERY: TimeDelta = TimeDelta::seconds(60);
/// People remembered at once; more are worked out again.
const REMEMBERED: u64 = 20_000;

/// Who asks.
#[derive(Clone, Debug)]
pub struct Seen {
    pub principal: Arc<Principal>,
    /// The catalogue by which his roles were expanded.
    pub catalog: Arc<Catalog>,
    /// The revision that is published according to the database, 0 for none. When it is not the catalogue's, another
    /// process published: load its catalogue and ask again.
    pub revision: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    secret: [u8; 32],
    org_version: i64,
    revision: i64,
}

struct Known {
    principal: Arc<Principal>,
    /// When a role begins or ends by itself.
    until: Option<DateTime<Utc>>,
    /// Second of the last writing of its use from this process.
    touched: AtomicI64,
}

/// People of the last requests.
pub(super) struct Principals(moka::sync::Cache<Key, Arc<Known>, RandomState>);

impl Default for Principals {
    fn default() -> Principals {
        Principals(moka::sync::Cache::builder().max_capacity(REMEMBERED).build_with_hasher(RandomState::default()))
    }
}

/// What is stored of a session's cookie; empty for what cannot be one.
pub fn cookie_hash(cookie: &str) -> Option<[u8; 32]> {
    let mut secret = [0; 33];
    let length = URL_SAFE_NO_PAD.decode_slice(cookie, &mut secret).ok()?;
    secret.get(..length).filter(|secret| secret.len() == 32).map(digest)
}

/// The person of a session's cookie. Nothing for a cookie that is unknown, too old, ended, or whose owner is disabled.
///
/// # Errors
/// What the store gives.
pub async fn principal_for_session(engine: &Engine, cookie: &str) -> EngineResult<Option<Seen>> {
    let Some(hash) = cookie_hash(cookie) else { return Ok(None) };
    of_session(engine, hash, true).await
}

async fn of_session(engine: &Engine, hash: [u8; 32], used: bool) -> EngineResult<Option<Seen>> {
    let Some(facts) = sessions::facts(engine.db(), &hash).await? else { return Ok(None) };
    let (now, settings) = (engine.now(), engine.settings());
    let fresh = now - facts.last_seen <= settings.session_idle && now - facts.created_at <= settings.session_absolute;
    if !facts.live || !fresh {
        return Ok(None);
    }
    let catalog = engine.catalog();
    let key = Key { secret: hash, org_version: facts.org_version, revision: catalog.revision };
    let Some(known) = known(engine, key, facts.user, &catalog, now, || Via::Session(hash)).await? else {
        return Ok(None);
    };
    if used {
        touch(&known, Some(facts.last_seen), now, || {
            let db = engine.db().clone();
            async move { db.write(move |tx| Box::pin(async move { sessions::touch(tx, &hash, now).await })).await }
        });
    }
    Ok(Some(Seen { principal: known.principal.clone(), catalog, revision: facts.revision }))
}

/// The person of a personal token. Nothing for one that is mistyped, unknown, expired, or whose owner is disabled.
///
/// # Errors
/// What the store gives.
pub async fn principal_for_token(engine: &Engine, bearer: &str) -> EngineResult<Option<Seen>> {
    let Some(hash) = tokens::hash_of(bearer) else { return Ok(None) };
    of_token(engine, hash, true).await
}

async fn of_token(engine: &Engine, hash: [u8; 32], used: bool) -> EngineResult<Option<Seen>> {
    let Some(facts) = token_rows::facts(engine.db(), &hash).await? else { return Ok(None) };
    let now = engine.now();
    if !facts.live || facts.token.expires_at.is_some_and(|end| end <= now) {
        return Ok(None);
    }
    let catalog = engine.catalog();
    let key = Key { secret: hash, org_version: facts.org_version, revision: catalog.revision };
    let id = facts.token.id;
    let via = || Via::Token { id, scopes: tokens::scopes_of(&facts.token.scopes) };
    let Some(known) = known(engine, key, facts.token.user, &catalog, now, via).await? else { return Ok(None) };
    if used {
        touch(&known, facts.token.last_used, now, || {
            let db = engine.db().clone();
            async move { db.write(move |tx| Box::pin(async move { token_rows::touch(tx, id, now).await })).await }
        });
    }
    Ok(Some(Seen { principal: known.principal.clone(), catalog, revision: facts.revision }))
}

/// What somebody came in by, kept as it is stored, for looking again while an answer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    Session([u8; 32]),
    Token([u8; 32]),
}

impl Pass {
    /// Of a session's cookie.
    pub fn of_cookie(cookie: &str) -> Option<Pass> {
        cookie_hash(cookie).map(Pass::Session)
    }

    /// Of a personal token.
    pub fn of_token(bearer: &str) -> Option<Pass> {
        tokens::hash_of(bearer).map(Pass::Token)
    }
}

/// The person behind a pass as he is now, nothing where he may not go on; looking does not count as a use of it, so that a session that nobody uses still ends.
///
/// # Errors
/// What the store gives.
pub async fn look_again(engine: &Engine, pass: Pass) -> EngineResult<Option<Seen>> {
    let ask = || async {
        match pass {
            Pass::Session(hash) => of_session(engine, hash, false).await,
            Pass::Token(hash) => of_token(engine, hash, false).await,
        }
    };
    let seen = match ask().await? {
        Some(seen) if seen.revision > seen.catalog.revision => {
            engine.catch_up().await?;
            ask().await?
        }
        seen => seen,
    };
    Ok(seen.filter(|seen| !seen.principal.must_enrol))
}

async fn known(
    engine: &Engine,
    key: Key,
    user: Uuid,
    catalog: &Catalog,
    now: DateTime<Utc>,
    via: impl FnOnce() -> Via,
) -> EngineResult<Option<Arc<Known>>> {
    let cache = &engine.accounts().principals.0;
    if let Some(known) = cache.get(&key)
        && known.until.is_none_or(|until| now < until)
    {
        return Ok(Some(known));
    }
    let organisation = engine.accounts().memory.at(engine, key.org_version).await?;
    let Some(user) = organisation.user(user).filter(|user| user.row.active) else { return Ok(None) };
    let (principal, until) = build(&organisation, catalog, user, now, via());
    let known = Arc::new(Known { principal: Arc::new(principal), until, touched: AtomicI64::new(i64::MIN) });
    // What was read may be newer than the number says; then it is remembered under its own number.
    cache.insert(Key { org_version: organisation.version(), ..key }, known.clone());
    Ok(Some(known))
}

/// The person with his roles as they are at that time, and when they change by themselves.
pub(super) fn build(
    organisation: &Organisation,
    catalog: &Catalog,
    user: &User,
    now: DateTime<Utc>,
    via: Via,
) -> (Principal, Option<DateTime<Utc>>) {
    let (names, until) = organisation.roles_at(user, now);
    let roles = catalog.expand_roles(&names);
    let held = || roles.iter().filter_map(|name| catalog.role(name));
    let rights: BTreeSet<String> = held().flat_map(|role| role.rights.iter().cloned()).collect();
    let designs: BTreeSet<String> = held().flat_map(|role| role.designs.iter().cloned()).collect();
    let asks = held().any(|role| role.second_factor);
    let principal = Principal {
        must_enrol: asks && !organisation.has_factor(user.row.id),
        name: user.row.name.clone(),
        locale: user.row.locale.as_deref().and_then(Locale::from_tag),
        time_zone: user.row.time_zone.as_deref().and_then(|zone| zone.parse().ok()),
        // given by name only: no role inherits it
        admin: names.iter().any(|name| name == ADMIN),
        rights: rights.into_iter().collect(),
        designs: designs.into_iter().collect(),
        person: Person {
            id: user.row.id,
            login: user.row.login.clone(),
            department: user.row.department,
            departments: user.departments(),
            manager: user.row.manager,
            roles,
        },
        via,
        acting: None,
    };
    (principal, until)
}

/// Writes the last use where the stored one is a minute old, once for all requests of that minute, behind the request.
fn touch<F>(known: &Known, last: Option<DateTime<Utc>>, now: DateTime<Utc>, write: impl FnOnce() -> F)
where
    F: Future<Output = formwright_store::StoreResult<()>> + Send + 'static,
{
    if last.is_some_and(|last| now - last < TOUCH_EVERY) {
        return;
    }
    let before = known.touched.load(Ordering::Relaxed);
    if before != i64::MIN && now.timestamp() - before < TOUCH_EVERY.num_seconds() {
        return;
    }
    if known.touched.compare_exchange(before, now.timestamp(), Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return;
    }
    let written = write();
    tokio::spawn(async move {
        if let Err(error) = written.await {
            tracing::debug!(%error, "the last use of a session could not be written");
        }
    });
}
