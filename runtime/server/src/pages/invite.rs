//! Setting a password by a one-time link.

use super::posted::Posted;
use super::press::core_locale;
use super::reader::Visit;
use super::sign_in::ask_for_code;
use super::visitor;
use crate::routes::session::put_cookies;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use formwright_core::error_code as code;
use formwright_engine::accounts::{self, LinkView};
use formwright_engine::{EngineError, Refusal};
use formwright_templates::Page;
use formwright_templates::view::Invite;

pub async fn show(visit: Visit, Path(token): Path<String>) -> Response {
    let response = match accounts::look_at_link(visit.app.engine(), &token).await {
        Ok(Some(link)) => visitor::answer(&visit, &page(&visit, &token, &link, None)),
        Ok(None) => visitor::answer(&visit, &expired()),
        Err(EngineError::Refused(_)) => visitor::answer(&visit, &expired()),
        Err(error) => visit.refuse(&error),
    };
    unreferred(response)
}

pub async fn accept(visit: Visit, Path(token): Path<String>, form: Posted) -> Response {
    unreferred(use_link(visit, &token, form).await)
}

async fn use_link(visit: Visit, token: &str, form: Posted) -> Response {
    let form = form.0;
    let link = match accounts::look_at_link(visit.app.engine(), token).await {
        Ok(Some(link)) => link,
        Ok(None) | Err(EngineError::Refused(_)) => return visitor::answer(&visit, &expired()),
        Err(error) => return visit.refuse(&error),
    };
    let again = |error: String| visitor::answer(&visit, &page(&visit, token, &link, Some(error)));
    if !visitor::is_genuine(&visit, form.exact("csrf")) {
        return again(visit.say("handler.sign_in.stale", &[]));
    }
    if form.exact("password") != form.exact("repeat") {
        return again(visit.say("password.differs", &[]));
    }
    match accounts::use_link(visit.app.engine(), &visit.client, token, form.exact("password")).await {
        Ok(signed) => {
            visit.trace.sign(signed.principal.person.id, signed.principal.locale);
            let mut response = visit.press().send_to("/");
            visitor::keep_language(&visit, &mut response, &signed);
            match put_cookies(&visit.app, &mut response, &signed) {
                Ok(()) => response,
                Err(error) => visit.refuse(&error),
            }
        }
        // the password is set; the second factor is still wanted
        Err(EngineError::Refused(refusal)) if *refusal.code == code::SECOND_FACTOR_REQUIRED => {
            ask_for_code(&visit, String::new(), &refusal)
        }
        Err(EngineError::Refused(refusal)) if refusal.code.status == 404 => visitor::answer(&visit, &expired()),
        Err(EngineError::Refused(refusal)) => again(sentence(&visit, &refusal)),
        Err(error) => visit.refuse(&error),
    }
}

/// What is wrong with a password: its faults, else the refusal itself.
fn sentence(visit: &Visit, refusal: &Refusal) -> String {
    let locale = core_locale(visit.locale);
    let faults: Vec<String> = refusal.faults.iter().map(|fault| fault.message(locale)).collect();
    if faults.is_empty() { refusal.detail(locale) } else { faults.join(" ") }
}

fn page(visit: &Visit, token: &str, link: &LinkView, error: Option<String>) -> Page {
    Page::Invite(Invite {
        action: format!("/invite/{}", super::query::encode(token)),
        login: link.login.clone(),
        name: link.name.clone(),
        password_min: u32::try_from(visit.app.engine().settings().password_min).unwrap_or(12),
        error,
        expired: false,
    })
}

fn expired() -> Page {
    Page::Invite(Invite { expired: true, ..Invite::default() })
}

/// The address holds a secret: it is told to nobody.
fn unreferred(mut response: Response) -> Response {
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
