//! Pages of faults.

use super::{Drawn, Words};
use formwright_templates::Page;
use formwright_templates::view::*;

pub(super) fn pages(_w: Words) -> Vec<Drawn> {
    let error = |status: u16| {
        Page::Error(ErrorPage {
            status,
            detail: None,
            request_id: Some("req_7f3a21c9".to_owned()),
            ways: String::new(),
        })
    };
    vec![
        ("error-403", "", true, error(403)),
        ("error-404", "", true, error(404)),
        ("error-500", "", false, error(500)),
        ("error-503", "", true, error(503)),
    ]
}
