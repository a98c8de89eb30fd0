//! Sentences above the page, and the pages that replace one.

use serde::Serialize;

/// Colour and icon of a notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// Something to know.
    #[default]
    Info,
    /// Done.
    Ok,
    /// Needs care.
    Warn,
    /// Failed.
    Bad,
}

/// One sentence, with at most one link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Colour and icon.
    pub kind: NoticeKind,
    /// The sentence.
    pub text: String,
    /// What to do about it.
    pub link: Option<super::shell::Link>,
}

impl Notice {
    /// A notice without a link.
    pub fn new(kind: NoticeKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), link: None }
    }
}

/// A page that says why there is no page. Drawn inside the shell when somebody is signed in, else alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorPage {
    /// 403, 404, 409, 410, 422, 429, 500 or 503; others read as 500. The words for it are the template's.
    pub status: u16,
    /// A sentence beyond the general words (whom to ask, what was wrong). Never an internal error's text.
    pub detail: Option<String>,
    /// Shown with a button to copy it.
    pub request_id: Option<String>,
    /// The page is there for whoever proves once more who he is; by which ways (`factor password`), else empty.
    pub ways: String,
}
