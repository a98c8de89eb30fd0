//! Open sessions: showing and ending them, and the tokens by which pages prove that they are ours.

use super::{instant, refuse_token, require_right};
use crate::audit::{self, Origin};
use crate::keys::{mac, mac_matches};
use crate::{Context, Engine, EngineError, EngineResult, Refusal, Via};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use formwright_core::error_code as code;
use formwright_store::Snapshot;
use formwright_store::people::sessions as rows;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Ends the session of the request.
///
/// # Errors
/// What the store gives.
pub async fn sign_out(cx: &Context) -> EngineResult<()> {
    let Some(Via::Session(hash)) = cx.principal().map(|person| person.via.clone()) else { return Ok(()) };
    let origin = Origin::of(cx);
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            rows::delete(tx, &hash).await?;
            audit::record(tx, &origin, "session", json!({ "what": "session.end" })).await
        })
    });
    Ok(write.await?)
}

/// The open sessions of oneself, or with the right `manage_people` of another: `{"items": [{"id", "created_at",
/// "last_seen", "address", "agent", "current", "second_factor"}], "next": null}`.
///
/// # Errors
/// A refusal, and what the store gives.
pub async fn sessions(cx: &Context, user: Option<Uuid>) -> EngineResult<Json> {
    let user = whose(cx, user)?;
    let current = current_hash(cx);
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    let open = rows::of_user(&mut tx, user).await?;
    drop(tx);
    let settings = cx.engine.settings();
    let alive = open.into_iter().filter(|row| {
        cx.now - row.last_seen <= settings.session_idle && cx.now - row.created_at <= settings.session_absolute
    });
    let items: Vec<Json> = alive
        .map(|row| {
            json!({
                "id": row.id, "created_at": instant(row.created_at), "last_seen": instant(row.last_seen),
                "address": row.address, "agent": row.agent, "current": current == Some(row.hash),
                "second_factor": row.second_factor_at.is_some(),
            })
        })
        .collect();
    Ok(json!({ "items": items, "next": null }))
}

fn whose(cx: &Context, user: Option<Uuid>) -> EngineResult<Uuid> {
    let me = cx.principal().map(|person| person.person.id);
    match (user, me) {
        (Some(user), Some(me)) if user == me => Ok(me),
        (Some(user), _) => require_right(cx, "manage_people").map(|()| user),
        (None, Some(me)) => Ok(me),
        (None, None) => Err(EngineError::refused(&code::UNAUTHENTICATED)),
    }
}

/// What is stored of the session of the request; nothing for other ways in.
pub(super) fn current_hash(cx: &Context) -> Option<[u8; 32]> {
    match cx.principal().map(|person| &person.via) {
        Some(Via::Session(hash)) => Some(*hash),
        _ => None,
    }
}

/// Ends a session: one's own, or anybody's with the right `manage_people`.
///
/// # Errors
/// 404 for one that is not there or not one's own, and what the store gives.
pub async fn end_session(cx: &Context, id: Uuid) -> EngineResult<()> {
    refuse_token(cx, "end sessions")?;
    let anybody = require_right(cx, "manage_people").is_ok();
    let owner = cx.principal().map(|person| person.person.id).filter(|_| !anybody);
    if owner.is_none() && !anybody {
        return Err(EngineError::refused(&code::UNAUTHENTICATED));
    }
    let origin = Origin::of(cx);
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            let Some(user) = rows::delete_named(tx, id, owner).await? else {
                return Err(EngineError::not_found());
            };
            let body = json!({ "what": "session.end", "on": { "user": user, "session": id } });
            Ok(audit::record(tx, &origin, "session", body).await?)
        })
    });
    write.await
}

/// Ends all of one's sessions but this one; how many.
///
/// # Errors
/// What the store gives.
pub async fn end_other_sessions(cx: &Context) -> EngineResult<u64> {
    refuse_token(cx, "end sessions")?;
    let user = whose(cx, None)?;
    let (origin, current) = (Origin::of(cx), current_hash(cx));
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            let ended = rows::delete_of_user(tx, user, current.as_ref()).await?;
            let body = json!({ "what": "session.end_others", "on": { "user": user }, "count": ended });
            audit::record(tx, &origin, "session", body).await?;
            Ok::<_, EngineError>(ended)
        })
    });
    write.await
}

/// What a page of this session sends along with its writes; empty where there is no session.
///
/// # Errors
/// None in practice.
pub fn csrf_token(engine: &Engine, via: &Via) -> EngineResult<String> {
    match via {
        Via::Session(hash) => csrf_for(engine, hash),
        _ => Ok(String::new()),
    }
}

/// Whether a write carries its session's token.
pub fn csrf_matches(engine: &Engine, via: &Via, given: &str) -> bool {
    match via {
        Via::Session(hash) => csrf_for_matches(engine, hash, given),
        _ => false,
    }
}

/// The same for a browser in which nobody is signed in, over what its cookie holds.
///
/// # Errors
/// None in practice.
pub fn csrf_for(engine: &Engine, seed: &[u8]) -> EngineResult<String> {
    Ok(URL_SAFE_NO_PAD.encode(mac(engine.keys().csrf(), &[seed, b"csrf"])?))
}

/// Whether a write carries the token over that seed.
pub fn csrf_for_matches(engine: &Engine, seed: &[u8], given: &str) -> bool {
    let decoded = URL_SAFE_NO_PAD.decode(given).unwrap_or_default();
    mac_matches(engine.keys().csrf(), &[seed, b"csrf"], &decoded)
}

/// Removes sessions that are over. For the nightly cleaning.
///
/// # Errors
/// What the store gives.
pub async fn remove_old_sessions(engine: &Engine) -> EngineResult<u64> {
    let (now, settings) = (engine.now(), engine.settings());
    let (idle, opened) = (now - settings.session_idle, now - settings.session_absolute);
    Ok(engine.db().write(move |tx| Box::pin(async move { rows::delete_old(tx, idle, opened).await })).await?)
}

/// 401 for who is not signed in.
pub(super) fn signed_in(cx: &Context) -> EngineResult<Uuid> {
    cx.principal().map(|person| person.person.id).ok_or_else(|| Refusal::new(&code::UNAUTHENTICATED).into())
}
