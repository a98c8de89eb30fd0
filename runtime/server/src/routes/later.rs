//! Addresses of the contract whose mechanism a later version brings: whoever is signed in is told so, and nothing else.

use super::Routes;
use crate::caller::Caller;
use crate::problem::Problem;
use axum::routing::any;
use formwright_core::error_code as code;
use formwright_engine::Refusal;

/// Address, and what it is for.
const LATER: [(&str, &str); 14] = [
    ("/api/records/{form}/{id}/merge", "merge"),
    ("/api/records/{form}/{id}/claim", "claim"),
    ("/api/records/{form}/{id}/release", "release"),
    ("/api/records/{form}/{id}/followers/me", "followers"),
    ("/api/records/{form}/{id}/shares", "shares"),
    ("/api/records/{form}/{id}/submit", "submit"),
    ("/api/records/{form}/{id}/actions/{action}", "actions"),
    ("/api/records/{form}/{id}/print/{print}", "print"),
    ("/api/forms/{form}/links", "links"),
    ("/api/handover", "handover"),
    ("/api/batches", "batches"),
    ("/api/batches/{id}/undo", "undo"),
    ("/api/roles/{role}/impact", "impact"),
    ("/api/rules/{name}/backtest", "backtest"),
];

pub fn routes() -> Routes {
    LATER.into_iter().fold(Routes::default(), |routes, (path, what)| {
        routes.not_offered(path, any(move |_: Caller| async move { refuse(what) }))
    })
}

fn refuse(what: &'static str) -> Problem {
    Problem(Refusal::new(&code::NOT_OFFERED).with("what", what).into())
}
