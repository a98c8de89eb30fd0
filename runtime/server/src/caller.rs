//! Who calls: from a token or a cookie to the context that the engine wants, with every check that comes before the work.

use crate::cookies;
use crate::csrf::check_origin;
use crate::gate::Pass;
use crate::problem::Problem;
use crate::state::App;
use crate::trace::Trace;
use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use formwright_core::error_code as code;
use formwright_engine::accounts::{self, Client, Scope, Seen};
use formwright_engine::{Authority, Context, EngineError, EngineResult, Refusal, Via};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// POST routes that change nothing: a token that may only read may use them.
const READING: [&str; 6] = ["/query", "/aggregate", "/preview", "/duplicates", "/plan", "/backtest"];
/// What only the person himself may do, never a program in his name.
const PERSONAL: [&str; 5] = ["/api/tokens", "/api/password", "/api/sessions", "/api/session", "/api/factor"];

/// What remains open to somebody who must set up a second factor first.
const ENROLMENT: [&str; 5] = ["/api/session", "/api/factor", "/profile/security", "/sign-in", "/sign-out"];

/// What a token that is kept to some forms may ask for; within these only what belongs to its forms.
const OF_FORMS: [&str; 7] =
    ["/api/records/", "/api/forms", "/api/search", "/api/files", "/api/jobs", "/api/me", "/api/openapi.json"];

/// A signed-in person, admitted: token scopes, CSRF and the number of his requests are checked.
pub struct Caller {
    pub cx: Context,
    pass: Pass,
}

impl Caller {
    /// Waits for the turn of a heavy request (aggregate, export, import, search).
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn heavy(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.pass.heavy().await
    }

    /// Refuses whoever is not an administrator.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn must_be_admin(&self, action: &'static str) -> Result<(), Problem> {
        match self.cx.principal() {
            Some(p) if p.admin => Ok(()),
            _ => Err(forbidden(action)),
        }
    }

    /// Checks the token that a page's form carries in its body. Origin is checked by [`identify`] already.
    ///
    /// # Errors
    /// `csrf`.
    pub fn check_form_token(&self, app: &App, given: &str) -> Result<(), Problem> {
        let matches = self.cx.principal().is_some_and(|p| accounts::csrf_matches(app.engine(), &p.via, given));
        if matches { Ok(()) } else { Err(Problem::refused(&code::CSRF)) }
    }
}

/// `forbidden`, with what was wanted.
pub fn forbidden(action: &str) -> Problem {
    Problem(Refusal::new(&code::FORBIDDEN).with("action", action).into())
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Caller, Problem> {
        let Some(caller) = identify(parts, app).await? else {
            return Err(Problem::refused(&code::UNAUTHENTICATED));
        };
        let via = caller.cx.principal().map(|p| &p.via);
        if let Some(Via::Session(_)) = via
            && writes(&parts.method)
        {
            let given = parts.headers.get("x-csrf-token").and_then(|v| v.to_str().ok()).unwrap_or_default();
            caller.check_form_token(app, given)?;
        }
        Ok(caller)
    }
}

/// Finds out who calls and lets him in; `None` for a stranger. Pages use it where a stranger is shown the sign-in page and where
/// the token against forgery comes in the form's body; everything else uses [`Caller`] as extractor.
///
/// # Errors
/// `unauthenticated` for a token or session that is none, `origin`, `forbidden` for a token's missing scope, `second_factor_missing`,
/// `rate_limited`.
pub async fn identify(parts: &mut Parts, app: &App) -> Result<Option<Caller>, Problem> {
    let trace = trace_of(parts)?;
    let Some(credential) = Credential::of(&parts.headers, app)? else { return Ok(None) };
    let Some(seen) = look_up(app, &credential).await? else {
        return match credential {
            Credential::Bearer(_) => Err(Problem::refused(&code::UNAUTHENTICATED)),
            Credential::Cookie(_) => Ok(None),
        };
    };
    trace.sign(seen.principal.person.id, seen.principal.locale);
    if writes(&parts.method) && matches!(credential, Credential::Cookie(_)) {
        let own = app.config().base_url.as_ref().map(|b| b.origin());
        check_origin(&parts.headers, own).map_err(Problem::refused)?;
    }
    check_scopes(parts, app, &seen.principal.via)?;
    if seen.principal.must_enrol && !is_below(route_of(parts, app), &ENROLMENT) {
        return Err(Problem::refused(&code::SECOND_FACTOR_MISSING));
    }
    let pass = app.gates().enter(seen.principal.person.id)?;
    let zone = app.engine().company(&seen.catalog).zone;
    let mut cx = Context {
        engine: app.engine().clone(),
        catalog: seen.catalog,
        authority: Authority::Person(seen.principal),
        locale: trace.locale(),
        now: app.engine().now(),
        zone,
        request: trace.id.clone(),
        address: trace.address,
    };
    trace.keep(&cx);
    if let Some(person) = wanted_view(parts)? {
        cx = accounts::view_as(&cx, &person).await?;
    }
    Ok(Some(Caller { cx, pass }))
}

/// What this request came in by, for looking again while its answer goes on.
///
/// # Errors
/// `unauthenticated` for what is none.
pub fn pass_of(headers: &HeaderMap, app: &App) -> Result<accounts::Pass, Problem> {
    let pass = match Credential::of(headers, app)? {
        Some(Credential::Bearer(token)) => accounts::Pass::of_token(&token),
        Some(Credential::Cookie(cookie)) => accounts::Pass::of_cookie(&cookie),
        None => None,
    };
    pass.ok_or_else(|| Problem::refused(&code::UNAUTHENTICATED))
}

enum Credential {
    Bearer(String),
    Cookie(String),
}

impl Credential {
    /// A request with both is judged by the bearer.
    fn of(headers: &HeaderMap, app: &App) -> Result<Option<Credential>, Problem> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let text = value.to_str().unwrap_or_default();
            let token = text
                .split_once(' ')
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
                .map(|(_, token)| token.trim());
            return match token {
                Some(token) => Ok(Some(Credential::Bearer(token.to_string()))),
                None => Err(Problem::refused(&code::UNAUTHENTICATED)),
            };
        }
        Ok(cookies::read(headers, cookies::session_name(app.config())).map(|v| Credential::Cookie(v.to_string())))
    }
}

/// The person of a credential, seen against a catalogue that is at least the database's.
async fn look_up(app: &App, credential: &Credential) -> EngineResult<Option<Seen>> {
    let engine = app.engine();
    let ask = || async {
        match credential {
            Credential::Bearer(token) => accounts::principal_for_token(engine, token).await,
            Credential::Cookie(cookie) => accounts::principal_for_session(engine, cookie).await,
        }
    };
    match ask().await? {
        Some(seen) if seen.revision > seen.catalog.revision => {
            // another process has published
            engine.catch_up().await?;
            ask().await
        }
        seen => Ok(seen),
    }
}

/// Whether a method changes something.
fn writes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The pattern of the request's route below the base path; empty for an address that nothing has.
fn route_of<'a>(parts: &'a Parts, app: &App) -> &'a str {
    let matched = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    matched.strip_prefix(app.config().base_path()).unwrap_or(matched)
}

/// Whether a route is one of these or lies below one.
fn is_below(route: &str, places: &[&str]) -> bool {
    places.iter().any(|p| route == *p || route.strip_prefix(p).is_some_and(|rest| rest.starts_with('/')))
}

fn check_scopes(parts: &Parts, app: &App, via: &Via) -> Result<(), Problem> {
    let Via::Token { scopes, .. } = via else { return Ok(()) };
    let route = route_of(parts, app);
    if writes(&parts.method) && is_below(route, &PERSONAL) {
        return Err(forbidden("with a token"));
    }
    if scopes.is_empty() {
        return Ok(());
    }
    let scope = scope_of(&parts.method, route);
    if !accounts::allows(via, scope) {
        return Err(forbidden("with this token"));
    }
    if accounts::names_forms(via) && !OF_FORMS.iter().any(|p| route.starts_with(p)) {
        return Err(forbidden("with this token"));
    }
    let path = parts.uri.path();
    let path = path.strip_prefix(app.config().base_path()).unwrap_or(path);
    let form = ["/api/records/", "/api/forms/"]
        .iter()
        .find_map(|p| path.strip_prefix(p))
        .and_then(|rest| rest.split('/').next());
    match form {
        Some(form) if !accounts::allows_form(via, form) => Err(Problem(EngineError::not_found())),
        _ => Ok(()),
    }
}

/// What a token must be good for on this route.
fn scope_of(method: &Method, route: &str) -> Scope {
    let designs = ["/api/definitions", "/api/publications", "/api/apps"].iter().any(|p| route.starts_with(p));
    match (writes(method), designs) {
        (true, true) => Scope::Design,
        (true, false) if !(*method == Method::POST && READING.iter().any(|end| route.ends_with(end))) => Scope::Write,
        _ => Scope::Read,
    }
}

/// The person as whom to look, by `?as=`.
fn wanted_view(parts: &Parts) -> Result<Option<String>, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    if !query.split('&').any(|pair| pair.starts_with("as=")) {
        return Ok(None);
    }
    if writes(&parts.method) {
        return Err(Problem::parameter("as", "only what reads can be seen as another person"));
    }
    Ok(crate::params::Params::read(parts)?.text("as"))
}

/// The notes of the request.
///
/// # Errors
/// Internal, where the edge is missing.
pub fn trace_of(parts: &Parts) -> Result<Arc<Trace>, Problem> {
    parts
        .extensions
        .get::<Arc<Trace>>()
        .cloned()
        .ok_or_else(|| Problem(EngineError::Internal("no trace: the router has no edge".into())))
}

/// Someone who is not signed in yet, on his way to it: the request's origin is checked.
pub struct Visitor {
    pub client: Client,
    pub trace: Arc<Trace>,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Visitor, Problem> {
        let trace = trace_of(parts)?;
        if writes(&parts.method) {
            check_origin(&parts.headers, app.config().base_url.as_ref().map(|b| b.origin()))
                .map_err(Problem::refused)?;
        }
        Ok(Visitor { client: client_of(&parts.headers, &trace), trace })
    }
}

/// What is kept of a client beside a session.
pub fn client_of(headers: &HeaderMap, trace: &Trace) -> Client {
    Client {
        address: trace.address,
        agent: headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).map(|v| v.chars().take(200).collect()),
        device: cookies::read(headers, cookies::DEVICE).map(str::to_string),
        request: trace.id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_token_may_ask_by_post_and_designing_needs_its_own_scope() {
        let cases = [
            (Method::GET, "/api/records/{form}", "Read"),
            (Method::POST, "/api/records/{form}/query", "Read"),
            (Method::POST, "/api/records/{form}/aggregate", "Read"),
            (Method::POST, "/api/records/{form}/preview", "Read"),
            (Method::POST, "/api/records/{form}", "Write"),
            (Method::DELETE, "/api/records/{form}/{id}", "Write"),
            (Method::PUT, "/api/definitions/{kind}/{name}", "Design"),
            (Method::GET, "/api/definitions", "Read"),
        ];
        for (method, route, want) in cases {
            let got = match scope_of(&method, route) {
                Scope::Read => "Read",
                Scope::Write => "Write",
                Scope::Design => "Design",
            };
            assert_eq!(got, want, "{method} {route}");
        }
    }
}
