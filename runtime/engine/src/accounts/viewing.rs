//! Seeing as another person: what he would see, nothing of what he could do.

use super::principal::build;
use super::step_up::{Act, require_step_up};
use crate::audit::{self, Origin};
use crate::context::{Authority, Context, Principal};
use crate::organisation;
use crate::{EngineError, EngineResult, Refusal, Via};
use formwright_core::error_code as code;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// What another person is and may do now, by login or id; for explaining it, not for acting.
///
/// # Errors
/// `not_found` for nobody.
pub async fn principal_of(cx: &Context, person: &str) -> EngineResult<Arc<Principal>> {
    let via = cx.principal().map_or_else(|| Via::CommandLine("system".into()), |p| p.via.clone());
    let organisation = organisation::fresh(&cx.engine).await?;
    let found = Uuid::try_parse(person)
        .ok()
        .and_then(|id| organisation.user(id))
        .or_else(|| organisation.user_by_login(person));
    let user = found.ok_or_else(EngineError::not_found)?;
    Ok(Arc::new(build(&organisation, &cx.catalog, user, cx.now, via).0))
}

/// The context of a reading request as that person sees it. It needs the right `view_as`; only an administrator sees as an
/// administrator. Each use stands in the audit log with both names.
///
/// # Errors
/// `forbidden`, `not_found`, `step_up_required`.
pub async fn view_as(cx: &Context, person: &str) -> EngineResult<Context> {
    let real = cx.principal().ok_or_else(|| EngineError::refused(&code::UNAUTHENTICATED))?;
    let forbidden = || EngineError::from(Refusal::new(&code::FORBIDDEN).with("action", "view_as"));
    if !real.has_right("view_as") {
        return Err(forbidden());
    }
    let seen = principal_of(cx, person).await?;
    if seen.admin && !real.admin {
        return Err(forbidden());
    }
    require_step_up(cx, Act::ViewAs).await?;
    let origin = Origin::of(cx);
    let on = json!({"what": "view_as", "on": {"user": seen.person.id, "login": seen.person.login}});
    cx.engine
        .db()
        .write(move |tx| {
            Box::pin(async move { audit::record(tx, &origin, "people", on).await.map_err(EngineError::from) })
        })
        .await?;
    let acting = Principal { acting: Some(real.person.id), ..(*seen).clone() };
    Ok(Context { authority: Authority::Person(Arc::new(acting)), ..cx.clone() })
}
