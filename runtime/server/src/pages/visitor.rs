//! People who are not signed in: pages with forms of theirs carry a token bound to a cookie, so that nobody else can post them.

use super::reader::{Visit, page_locale};
use crate::cookies;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use formwright_engine::accounts::{SignedIn, csrf_for, csrf_for_matches};
use formwright_templates::Page;
use uuid::Uuid;

/// Fewest characters of a cookie of ours.
const SHORTEST: usize = 64;

/// A page with a form for a stranger; sets the cookie that its token is bound to, where there is none.
pub fn answer(visit: &Visit, page: &Page) -> Response {
    let kept = seed(visit).map(str::to_string);
    let is_new = kept.is_none();
    let seed = kept.unwrap_or_else(|| format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()));
    let csrf = match csrf_for(visit.app.engine(), seed.as_bytes()) {
        Ok(csrf) => csrf,
        Err(error) => return visit.refuse(&error),
    };
    let mut response = visit.answer(page, csrf);
    if is_new {
        match cookies::visit(visit.app.config(), &seed) {
            Ok(cookie) => {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Err(error) => return crate::problem::Problem(error).into_response(),
        }
    }
    response
}

/// Whether a posted form came from a page of ours in this browser.
pub fn is_genuine(visit: &Visit, csrf: &str) -> bool {
    seed(visit).is_some_and(|seed| csrf_for_matches(visit.app.engine(), seed.as_bytes(), csrf))
}

/// Whoever has just signed in here finds his own language, unless another was chosen in this browser. The scripts read and change
/// this cookie, so it is open to them.
pub fn keep_language(visit: &Visit, response: &mut Response, signed: &SignedIn) {
    let Some(own) = signed.principal.locale.filter(|_| visit.cookie("fw_locale").is_none()) else { return };
    let config = visit.app.config();
    let path = if config.base_path().is_empty() { "/" } else { config.base_path() };
    let secure = if config.is_secure() { "; Secure" } else { "" };
    let cookie = format!("fw_locale={}; Path={path}; Max-Age=31536000; SameSite=Lax{secure}", page_locale(own).code());
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

fn seed(visit: &Visit) -> Option<&str> {
    visit
        .cookie(cookies::VISIT)
        .filter(|seed| seed.len() >= SHORTEST && seed.len() <= 128 && seed.bytes().all(|b| b.is_ascii_alphanumeric()))
}
