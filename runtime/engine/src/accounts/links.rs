//! One-time links: an invitation, a reset, and the very first way in.
//!
//! What is stored is the hash of the link's secret. Looking at a link uses nothing up (mail scanners do that); setting
//! the password by it does, once.

use super::sign_in::{SignedIn, pass_password};
use super::step_up::{Act, require_step_up};
use super::{Client, instant, password, refuse_token, require_right, roles};
use crate::audit::{self, Origin};
use crate::keys::{digest, random};
use crate::{Context, Engine, EngineError, EngineResult};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::error_code as code;
use formwright_core::permission::ADMIN;
use formwright_store::people::links as rows;
use formwright_store::people::users::{self, Assignment, Credentials, UserRow, Who};
use formwright_store::people::version;
use formwright_store::{Snapshot, StoreError, StoreResult, Tx};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// The fact that says who is the first administrator: a row that can be written once.
const FIRST_FACT: &str = "first_administrator";

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new person's first password, 72 hours.
    Invite,
    /// A new password, 30 minutes.
    Reset,
    /// The first administrator's password, 60 minutes.
    FirstAdmin,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Purpose::Invite => "invite",
            Purpose::Reset => "reset",
            Purpose::FirstAdmin => "first_admin",
        }
    }

    fn life(self) -> TimeDelta {
        match self {
            Purpose::Invite => TimeDelta::hours(72),
            Purpose::Reset => TimeDelta::minutes(30),
            Purpose::FirstAdmin => TimeDelta::minutes(60),
        }
    }
}

/// A link that was just made. The token is shown once and stored nowhere; its page is `/invite/<token>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeLink {
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

impl OneTimeLink {
    /// The whole address below the installation's own.
    pub fn address(&self, base_url: &str) -> String {
        format!("{base_url}/invite/{}", self.token)
    }

    /// `{"token", "expires_at"}`
    pub fn to_json(&self) -> Json {
        json!({ "token": self.token, "expires_at": instant(self.expires_at) })
    }
}

/// A link as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    pub login: String,
    pub name: String,
    /// `invite`, `reset`, `first_admin`.
    pub purpose: String,
    pub expires_at: DateTime<Utc>,
}

/// A secret with its hash, before it is stored.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) link: OneTimeLink,
    hash: [u8; 32],
    purpose: Purpose,
}

impl Draft {
    pub(super) fn new(purpose: Purpose, now: DateTime<Utc>) -> EngineResult<Draft> {
        let secret: [u8; 32] = random()?;
        let link = OneTimeLink { token: URL_SAFE_NO_PAD.encode(secret), expires_at: now + purpose.life() };
        Ok(Draft { hash: digest(link.token.as_bytes()), link, purpose })
    }

    /// Stores it; older links of the person are worthless from then on.
    pub(super) async fn store(&self, tx: &mut Tx, user: Uuid) -> StoreResult<()> {
        rows::delete_unused(tx, user).await?;
        rows::insert(tx, &self.hash, user, self.purpose.name(), self.link.expires_at).await
    }
}

/// A link by which somebody sets his password. Needs `manage_people` and every right that the person has.
///
/// # Errors
/// 403, 404, and what the store gives.
pub async fn create_link(cx: &Context, user: Uuid, purpose: Purpose) -> EngineResult<OneTimeLink> {
    require_right(cx, "manage_people")?;
    refuse_token(cx, "make a link")?;
    let organisation = crate::organisation::fresh(&cx.engine).await?;
    let target = organisation.user(user).filter(|user| user.row.active).ok_or_else(EngineError::not_found)?;
    roles::require_power_over(cx, &organisation, target)?;
    require_step_up(cx, Act::SetPassword).await?;
    let draft = Draft::new(purpose, cx.now)?;
    let link = draft.link.clone();
    let origin = Origin::of(cx);
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            draft.store(tx, user).await?;
            let body = json!({ "what": "link.create", "on": { "user": user }, "purpose": draft.purpose.name() });
            audit::record(tx, &origin, "people", body).await
        })
    });
    write.await?;
    Ok(link)
}

async fn find(engine: &Engine, token: &str) -> EngineResult<Option<rows::LinkRow>> {
    if token.len() > 100 {
        return Ok(None);
    }
    let mut tx = engine.db().reader(Snapshot::No).await?;
    let found = rows::find(&mut tx, &digest(token.as_bytes())).await?;
    Ok(found.filter(|link| link.active && link.used_at.is_none() && link.expires_at > engine.now()))
}

/// For whom a link is; nothing for one that is unknown, used or too old.
///
/// # Errors
/// What the store gives.
pub async fn look_at_link(engine: &Engine, token: &str) -> EngineResult<Option<LinkView>> {
    let found = find(engine, token).await?;
    Ok(found.map(|link| LinkView {
        login: link.login,
        name: link.name,
        purpose: link.purpose,
        expires_at: link.expires_at,
    }))
}

/// Sets the password by a link, uses the link up and signs the person in.
///
/// # Errors
/// 404 for a link that is not good any more; a fault at `password`; 401 `second_factor_required` with a `challenge` when the
/// password is set and the second factor is still wanted; and what the store gives.
pub async fn use_link(engine: &Engine, client: &Client, token: &str, password: &str) -> EngineResult<SignedIn> {
    let now = engine.now();
    engine.accounts().throttle.check_address(client.address, now)?;
    let Some(link) = find(engine, token).await? else {
        engine.accounts().throttle.failed_address(client.address, now);
        return Err(EngineError::not_found());
    };
    if let Some(fault) =
        password::check("password", password, engine.settings().password_min, &[&link.login, &link.name])
    {
        return Err(EngineError::request_faults(vec![fault]));
    }
    let hash = engine.accounts().hashing.place().await?.hash(password).await?;
    let origin = Origin::outside(engine, client.address, &client.request, Some(link.user), &link.login);
    let token = digest(token.as_bytes());
    let written = engine.db().write(move |tx| {
        Box::pin(async move {
            if !rows::consume(tx, &token, now).await? {
                return Err(EngineError::not_found());
            }
            let stamp = password::replace(tx, link.user, &hash).await?;
            let body = json!({ "what": "link.use", "on": { "user": link.user }, "purpose": link.purpose });
            audit::record(tx, &origin, "session", body).await?;
            let account = users::credentials(tx, Who::Id(link.user), true).await?.ok_or_else(EngineError::not_found)?;
            Ok(Credentials { stamp, ..account })
        })
    });
    let account = written.await?;
    pass_password(engine, client, &account).await
}

/// The link of the first administrator, whose account (`admin`) it makes; nothing when an administrator can already come
/// in. A new link makes the one before worthless.
///
/// # Errors
/// [`EngineError::Refused`] with `name_taken` when somebody else is called `admin`, and what the store gives.
pub async fn create_first_administrator_link(engine: &Engine) -> EngineResult<Option<OneTimeLink>> {
    let now = engine.now();
    let draft = Draft::new(Purpose::FirstAdmin, now)?;
    let origin = Origin::of(&Context::system(engine, "first start"));
    let write = engine.db().write(move |tx| {
        Box::pin(async move {
            version::raise(tx).await?;
            if users::any_with_role_and_password(tx, ADMIN).await? {
                return Ok::<_, EngineError>(None);
            }
            let user = match unclaimed(tx).await? {
                Some(user) => user,
                None => make_first(tx, now).await?,
            };
            draft.store(tx, user).await?;
            audit::record(
                tx,
                &origin,
                "people",
                json!({ "what": "link.create", "on": { "user": user }, "purpose": "first_admin" }),
            )
            .await?;
            Ok(Some(draft.link))
        })
    });
    write.await
}

/// The first administrator's account while nobody has set its password.
pub(super) async fn unclaimed(tx: &mut Tx) -> StoreResult<Option<Uuid>> {
    let Some(id) = version::fact(tx, FIRST_FACT).await?.and_then(|text| text.parse().ok()) else { return Ok(None) };
    let account = users::credentials(tx, Who::Id(id), true).await?;
    Ok(account.filter(|account| account.active && account.password.is_none()).map(|account| account.user))
}

async fn make_first(tx: &mut Tx, now: DateTime<Utc>) -> EngineResult<Uuid> {
    let user = UserRow {
        id: Uuid::now_v7(),
        login: "admin".into(),
        name: "Administrator".into(),
        email: None,
        phone: None,
        department: None,
        manager: None,
        locale: None,
        time_zone: None,
        active: true,
        created_at: now,
        version: 1,
        data: "{}".into(),
    };
    // A second one at the same moment finds the row there and nobody to invite.
    if !version::claim(tx, FIRST_FACT, &user.id.to_string()).await? {
        return Err(EngineError::refused(&code::LAST_ADMINISTRATOR));
    }
    match users::insert(tx, &user, None).await {
        Err(StoreError::Unique { .. }) => {
            let refusal = crate::Refusal::new(&code::NAME_TAKEN).with("name", "admin");
            return Err(refusal.into());
        }
        result => result?,
    }
    users::set_roles(tx, user.id, &[Assignment { role: ADMIN.into(), from: None, to: None }]).await?;
    Ok(user.id)
}
