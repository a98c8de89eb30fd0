//! Signing in and out by forms that work without scripts.

use super::destination::local_path;
use super::posted::Posted;
use super::reader::{Reader, Visit};
use super::visitor;
use crate::cookies;
use crate::problem::Problem;
use crate::routes::session::put_cookies;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use formwright_core::error_code::{self as code, ErrorCode};
use formwright_engine::{EngineError, Refusal, accounts};
use formwright_templates::Page;
use formwright_templates::view::{Notice, NoticeKind, SignIn};
use serde_json::Value as Json;

/// Refusals that the form itself tells.
const SHOWN: [&ErrorCode; 5] = [
    &code::SIGN_IN_FAILED,
    &code::FACTOR_CODE_WRONG,
    &code::CHALLENGE_EXPIRED,
    &code::RATE_LIMITED,
    &code::UNAVAILABLE,
];

/// The page; whoever is signed in already goes on.
pub async fn show(visit: Visit, reader: Result<Reader, Response>) -> Response {
    let next = visit
        .query
        .get("next")
        .and_then(|next| local_path(next, visit.app.config().base_path()))
        .unwrap_or_default()
        .to_string();
    if let Ok(reader) = reader {
        return reader.visit.press().send_to(if next.is_empty() { "/" } else { &next });
    }
    let notice = visit
        .query
        .get("signed_out")
        .map(|_| Notice::new(NoticeKind::Ok, visit.say("handler.sign_in.signed_out", &[])));
    visitor::answer(&visit, &Page::SignIn(SignIn { next, notice, ..SignIn::default() }))
}

pub async fn sign_in(visit: Visit, form: Posted) -> Response {
    let form = form.0;
    let login = form.exact("login").trim().to_string();
    let next = local_path(form.exact("next"), visit.app.config().base_path()).unwrap_or_default().to_string();
    let again = |error: String| {
        visitor::answer(
            &visit,
            &Page::SignIn(SignIn { login: login.clone(), next: next.clone(), error: Some(error), ..SignIn::default() }),
        )
    };
    if !visitor::is_genuine(&visit, form.exact("csrf")) {
        return again(visit.say("handler.sign_in.stale", &[]));
    }
    let challenge = form.exact("challenge");
    let signed = if challenge.is_empty() {
        accounts::sign_in(visit.app.engine(), &visit.client, &login, form.exact("password")).await
    } else {
        accounts::sign_in_with_factor(visit.app.engine(), &visit.client, challenge, form.exact("code")).await
    };
    match signed {
        Ok(signed) => {
            visit.trace.sign(signed.principal.person.id, signed.principal.locale);
            let mut response = visit.press().send_to(if next.is_empty() { "/" } else { &next });
            visitor::keep_language(&visit, &mut response, &signed);
            match put_cookies(&visit.app, &mut response, &signed) {
                Ok(()) => response,
                Err(error) => visit.refuse(&error),
            }
        }
        Err(EngineError::Refused(refusal)) if *refusal.code == code::SECOND_FACTOR_REQUIRED => {
            ask_for_code(&visit, next, &refusal)
        }
        Err(EngineError::Refused(refusal)) if SHOWN.contains(&refusal.code) => {
            let error = refusal.detail(super::press::core_locale(visit.locale));
            if challenge.is_empty() || *refusal.code == code::CHALLENGE_EXPIRED {
                return again(error);
            }
            let second =
                SignIn { next, error: Some(error), challenge: Some(challenge.to_string()), ..SignIn::default() };
            visitor::answer(&visit, &Page::SignIn(second))
        }
        Err(error) => visit.refuse(&error),
    }
}

/// The second step: the code for which a right password asks.
pub fn ask_for_code(visit: &Visit, next: String, refusal: &Refusal) -> Response {
    let challenge = refusal.extra.get("challenge").and_then(Json::as_str).map(str::to_string);
    visitor::answer(visit, &Page::SignIn(SignIn { next, challenge, ..SignIn::default() }))
}

pub async fn sign_out(reader: Reader, form: Posted) -> Response {
    if let Err(Problem(error)) = reader.caller.check_form_token(&reader.visit.app, form.0.exact("csrf")) {
        return reader.answer(Err(Problem(error)));
    }
    if let Err(error) = accounts::sign_out(reader.cx()).await {
        return reader.answer(Err(Problem(error)));
    }
    let mut response = reader.visit.press().send_to("/sign-in?signed_out=1");
    match cookies::no_session(reader.visit.app.config()) {
        Ok(cookie) => {
            response.headers_mut().append(header::SET_COOKIE, cookie);
            // browsers take it from secure pages only, and complain elsewhere
            if reader.visit.app.config().is_secure() {
                response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
            }
            response
        }
        Err(error) => Problem(error).into_response(),
    }
}
