//! Signing in and out: by password, by a code of the second factor after it, and proving once more who one is.

use super::Routes;
use crate::answer::{json, no_content};
use crate::body::{Members, ObjectBody};
use crate::caller::{Caller, Visitor};
use crate::cookies;
use crate::problem::{Answer, Problem};
use crate::state::App;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::value::format_instant;
use formwright_engine::accounts::{self, Again, SignedIn};
use formwright_engine::{Authority, Context, EngineResult};
use serde_json::json;

const CLEAR: HeaderName = HeaderName::from_static("clear-site-data");

pub fn routes() -> Routes {
    Routes::default()
        .post("/api/session", create_session)
        .get("/api/session", read_session)
        .delete("/api/session", delete_session)
        .post("/api/session/factor", pass_factor)
        .post("/api/session/totp", pass_factor)
        .post("/api/session/step-up", step_up)
}

async fn create_session(State(app): State<App>, visitor: Visitor, body: ObjectBody) -> Answer {
    let mut members = Members::new(body.object);
    let (login, password) = (members.required("login"), members.required("password"));
    members.finish()?;
    let signed = accounts::sign_in(app.engine(), &visitor.client, &login, &password).await?;
    visitor.trace.sign(signed.principal.person.id, signed.principal.locale);
    signed_in(&app, &visitor, &signed).await
}

/// The second step of signing in: the code for which the first one's answer asked.
async fn pass_factor(State(app): State<App>, visitor: Visitor, body: ObjectBody) -> Answer {
    let mut members = Members::new(body.object);
    let (challenge, factor_code) = (members.required("challenge"), members.required("code"));
    members.finish()?;
    let signed = accounts::sign_in_with_factor(app.engine(), &visitor.client, &challenge, &factor_code).await?;
    visitor.trace.sign(signed.principal.person.id, signed.principal.locale);
    signed_in(&app, &visitor, &signed).await
}

async fn step_up(visitor: Visitor, caller: Caller, body: ObjectBody) -> Answer {
    let mut members = Members::new(body.object);
    let (password, factor_code) = (members.text("password"), members.text("code"));
    if password.is_some() == factor_code.is_some() {
        members.fault(Fault::new("password", &code::REQUIRED).with("title", "either password or code"));
    }
    members.finish()?;
    let again = match (&password, &factor_code) {
        (Some(password), _) => Again::Password(password),
        (None, code) => Again::Code(code.as_deref().unwrap_or_default()),
    };
    let until = accounts::step_up(&caller.cx, &visitor.client, again).await?;
    Ok(json(&json!({"valid_until": format_instant(until)})))
}

/// The answer to whoever has just proved who he is: cookies, the person, and the token against forgery.
pub(super) async fn signed_in(app: &App, visitor: &Visitor, signed: &SignedIn) -> Answer {
    let cx = context_of(app, visitor, signed);
    let user = accounts::me(&cx).await?;
    let mut response = json(&json!({"user": user, "csrf": signed.csrf}));
    put_cookies(app, &mut response, signed)?;
    Ok(response)
}

/// Sets the cookies of a new session.
pub fn put_cookies(app: &App, response: &mut Response, signed: &SignedIn) -> EngineResult<()> {
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, cookies::session(app.config(), &signed.cookie)?);
    headers.append(header::SET_COOKIE, cookies::device(app.config(), &signed.device)?);
    Ok(())
}

fn context_of(app: &App, visitor: &Visitor, signed: &SignedIn) -> Context {
    Context {
        engine: app.engine().clone(),
        catalog: app.engine().catalog(),
        authority: Authority::Person(signed.principal.clone()),
        locale: visitor.trace.locale(),
        now: app.engine().now(),
        zone: app.engine().company(&app.engine().catalog()).zone,
        request: visitor.trace.id.clone(),
        address: visitor.trace.address,
    }
}

async fn read_session(State(app): State<App>, caller: Caller) -> Answer {
    let user = accounts::me(&caller.cx).await?;
    let csrf =
        caller.cx.principal().map(|p| accounts::csrf_token(app.engine(), &p.via)).transpose()?.unwrap_or_default();
    Ok(json(&json!({"user": user, "csrf": csrf})))
}

async fn delete_session(State(app): State<App>, caller: Caller) -> Answer {
    accounts::sign_out(&caller.cx).await?;
    let mut response = no_content();
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, cookies::no_session(app.config()).map_err(Problem::from)?);
    headers.insert(CLEAR, HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}
