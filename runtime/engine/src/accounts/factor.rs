//! The second factor of a person: setting it up, replacing it, switching it off, and taking away one that was lost.

use super::attempt::secret_place;
use super::step_up::{Act, require_step_up};
use super::{instant, refuse_token, require_right, roles, sessions, totp};
use crate::audit::{self, Origin};
use crate::keys::random;
use crate::{Context, EngineError, EngineResult, organisation, safe};
use chrono::TimeDelta;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_store::Snapshot;
use formwright_store::people::{factors, sessions as session_rows, users, version};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// How long a secret that was shown waits for its first code.
const WAITS: TimeDelta = TimeDelta::minutes(15);
/// Named as issuer until the company has a name.
const PRODUCT: &str = "Formwright";

/// One's own second factor: `{"enabled", "enabled_at", "recovery_codes", "required"}`; `recovery_codes` is how many are unused,
/// `required` whether a role of one's own asks for it.
///
/// # Errors
/// 401, and what the store gives.
pub async fn factor(cx: &Context) -> EngineResult<Json> {
    let user = sessions::signed_in(cx)?;
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    let known = factors::of_user(&mut tx, user, false).await?.filter(|factor| factor.secret.is_some());
    let left = factors::codes_left(&mut tx, user).await?;
    drop(tx);
    let held = cx.principal().map(|person| person.person.roles.as_slice()).unwrap_or_default();
    let required = held.iter().filter_map(|name| cx.catalog.role(name)).any(|role| role.second_factor);
    Ok(json!({
        "enabled": known.is_some(), "enabled_at": known.and_then(|factor| factor.enabled_at).map(instant),
        "recovery_codes": left, "required": required,
    }))
}

/// Begins to set a factor up, or to replace the one in use: `{"secret", "uri", "qr"}`, the secret as it is typed, as an
/// authenticator reads it, and as an SVG image of that. It counts when [`confirm_factor`] has seen a code of it.
///
/// # Errors
/// 403 for a token, or because one must prove once more who one is; what the store gives.
pub async fn begin_factor(cx: &Context) -> EngineResult<Json> {
    refuse_token(cx, "change the second factor")?;
    let user = sessions::signed_in(cx)?;
    require_step_up(cx, Act::ChangeFactor).await?;
    let login = cx.principal().map(|person| person.person.login.clone()).unwrap_or_default();
    let secret: [u8; totp::SECRET] = random()?;
    let company = cx.engine.company(&cx.catalog);
    let uri = totp::address(&secret, company.name.as_deref().unwrap_or(PRODUCT), &login)?;
    let sealed = safe::seal(cx.engine.keys(), &secret_place(user), &secret)?;
    let (origin, now) = (Origin::of(cx), cx.now);
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            factors::begin(tx, user, &sealed, now).await?;
            audit::record(tx, &origin, "session", json!({ "what": "factor.begin", "on": { "user": user } })).await
        })
    });
    write.await?;
    Ok(json!({ "secret": totp::typed(&secret)?, "qr": totp::qr(&uri)?, "uri": uri }))
}

/// Puts the factor that was begun into use by a code of it: `{"recovery_codes"}`, ten of them, shown this once. All other
/// sessions end, for they were opened without it.
///
/// # Errors
/// A fault at `code`; 403 as [`begin_factor`]; what the store gives.
pub async fn confirm_factor(cx: &Context, code: &str) -> EngineResult<Json> {
    refuse_token(cx, "change the second factor")?;
    let user = sessions::signed_in(cx)?;
    require_step_up(cx, Act::ChangeFactor).await?;
    let codes = totp::recovery_codes()?;
    let hashes = codes.iter().map(|code| totp::recovery_hash(cx.engine.keys(), user, code));
    let hashes: Vec<[u8; 32]> = hashes.collect::<EngineResult<Vec<_>>>()?.into_iter().flatten().collect();
    let (origin, now, keys, current) = (Origin::of(cx), cx.now, cx.engine.keys().clone(), sessions::current_hash(cx));
    let given = code.to_owned();
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            // whoever must have a factor may go on from the next request on every node
            version::raise(tx).await?;
            let wrong = || EngineError::faults(&code::VALIDATION, vec![Fault::new("code", &code::FACTOR_CODE_WRONG)]);
            let known = factors::of_user(tx, user, true).await?.ok_or_else(wrong)?;
            let fresh = known.pending_at.is_some_and(|at| now - at <= WAITS);
            let sealed = known.pending.filter(|_| fresh).ok_or_else(wrong)?;
            let secret = safe::open(&keys, &secret_place(user), &sealed)?;
            let step = totp::step_of(&secret, &given, now)?.ok_or_else(wrong)?;
            factors::enable(tx, user, step, now).await?;
            factors::set_codes(tx, user, &hashes).await?;
            session_rows::delete_of_user(tx, user, current.as_ref()).await?;
            if let Some(current) = &current {
                session_rows::prove_by_factor(tx, current, Some(now)).await?;
            }
            let body = json!({ "what": "factor.enable", "on": { "user": user }, "replaces": known.secret.is_some() });
            Ok::<_, EngineError>(audit::record(tx, &origin, "session", body).await?)
        })
    });
    write.await?;
    organisation::fresh(&cx.engine).await?;
    Ok(json!({ "recovery_codes": codes }))
}

/// Switches one's own factor off. It must have been proved within the last ten minutes by a code of it, or a recovery code.
///
/// # Errors
/// 404 where there is none; 403 as [`begin_factor`]; what the store gives.
pub async fn switch_off_factor(cx: &Context) -> EngineResult<()> {
    refuse_token(cx, "change the second factor")?;
    let user = sessions::signed_in(cx)?;
    require_step_up(cx, Act::ChangeFactor).await?;
    let (origin, current) = (Origin::of(cx), sessions::current_hash(cx));
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            version::raise(tx).await?;
            if !factors::remove(tx, user).await? {
                return Err(EngineError::not_found());
            }
            if let Some(current) = &current {
                session_rows::prove_by_factor(tx, current, None).await?;
            }
            let body = json!({ "what": "factor.disable", "on": { "user": user } });
            Ok(audit::record(tx, &origin, "session", body).await?)
        })
    });
    write.await?;
    organisation::fresh(&cx.engine).await.map(|_| ())
}

/// Takes away the factor of somebody who lost it; all his sessions end. Needs `manage_people` and every right that the person
/// has; nobody does it for himself.
///
/// # Errors
/// 403, 404 for nobody and for whoever has none, and what the store gives.
pub async fn reset_factor(cx: &Context, user: Uuid) -> EngineResult<()> {
    require_right(cx, "manage_people")?;
    refuse_token(cx, "reset a second factor")?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let target = organisation.user(user).ok_or_else(EngineError::not_found)?;
    roles::require_power_over(cx, &organisation, target)?;
    if cx.principal().is_some_and(|person| person.person.id == user) {
        return Err(super::forbidden("reset one's own second factor"));
    }
    require_step_up(cx, Act::ResetFactor).await?;
    let (origin, login) = (Origin::of(cx), target.row.login.clone());
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            version::raise(tx).await?;
            if !factors::remove(tx, user).await? {
                return Err(EngineError::not_found());
            }
            users::raise_stamp(tx, user).await?;
            session_rows::delete_of_user(tx, user, None).await?;
            let body = json!({ "what": "factor.reset", "on": { "user": user }, "subject": login });
            Ok(audit::record(tx, &origin, "people", body).await?)
        })
    });
    write.await?;
    organisation::fresh(&cx.engine).await.map(|_| ())
}
