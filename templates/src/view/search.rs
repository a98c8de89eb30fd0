//! Search over all forms, and the recycle bin of one.

use serde::Serialize;

use super::list::Pager;
use super::shell::FormRef;

/// The page of results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Search {
    /// What was asked for; empty: only the field is drawn.
    pub query: String,
    /// Hits by form.
    pub groups: Vec<SearchGroup>,
}

/// Hits in one form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SearchGroup {
    /// The form.
    pub form: FormRef,
    /// The first few.
    pub hits: Vec<SearchHit>,
    /// The form's list with the same words, when there are more.
    pub more_href: Option<String>,
}

/// A hit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SearchHit {
    /// The record.
    pub href: String,
    /// Its title.
    pub title: String,
    /// Where the words were found, in pieces: (text, it is the word).
    pub text: Vec<(String, bool)>,
}

/// Deleted records of one form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecycleBin {
    /// The form.
    pub form: FormRef,
    /// Days until they are removed for good; `None`: never.
    pub days: Option<u32>,
    /// One page, last deleted first.
    pub rows: Vec<DeletedRow>,
    /// Other pages.
    pub pager: Pager,
}

/// A deleted record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeletedRow {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The record's page, which says that it is deleted.
    pub href: String,
    /// Who; `None`: the system.
    pub by: Option<String>,
    /// Shown time.
    pub at: String,
    /// Machine form.
    pub iso: String,
    /// `POST /api/records/{form}/{id}/restore`.
    pub restore: bool,
    /// `DELETE /api/records/{form}/recycle-bin/{id}`.
    pub purge: bool,
}
