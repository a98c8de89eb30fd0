//! People who are not signed in: pages with forms of theirs carry a token bound to a cookie, so that nobody else can post them.

use super::reader::Visit;
use crate::cookies;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use formwright_engine::accounts::{csrf_for, csrf_for_matches};
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

fn seed(visit: &Visit) -> Option<&str> {
    visit
        .cookie(cookies::VISIT)
        .filter(|seed| seed.len() >= SHORTEST && seed.len() <= 128 && seed.bytes().all(|b| b.is_ascii_alphanumeric()))
}
