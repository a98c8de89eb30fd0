//! What a list's address asks for, read against the form: view, search, terms and sort.

use crate::pages::columns::{self, ShownColumn};
use crate::pages::condition::{Judge, both, filter_of, read_filter, terms_of};
use crate::pages::query::Query;
use crate::pages::reader::Reader;
use crate::pages::seen_form::SeenForm;
use crate::pages::view_choice::{self, OpenView};
use crate::problem::Answer;
use formwright_engine::records::ListRequest;
use serde_json::Value as Json;

/// Records of a page.
const PAGE: usize = 50;

/// What a list's address asks for, read against the form.
pub struct Question {
    pub view: OpenView,
    pub views: Vec<OpenView>,
    pub search: Option<String>,
    /// The reader's own terms, those that the engine does not take among them.
    pub terms: Vec<Json>,
    pub sort: Vec<String>,
    /// View, search and the terms that the engine takes.
    pub request: ListRequest,
}

/// Reads a list's address.
///
/// # Errors
/// What the engine refuses.
pub async fn question(reader: &Reader, judge: &Judge<'_>, seen: &SeenForm, query: &Query) -> Answer<Question> {
    let views = view_choice::views(reader, seen).await?;
    let view = view_choice::choose(&views, query.get("view"));
    let terms = query.get("filter").and_then(read_filter).map(|f| terms_of(&f)).unwrap_or_default();
    let good: Vec<Json> = terms.iter().filter(|t| judge.takes(t)).cloned().collect();
    let asked: Vec<String> = query
        .get("sort")
        .map(|s| s.split(',').map(|k| k.trim().to_string()).filter(|k| !k.is_empty()).collect())
        .unwrap_or_default();
    let wanted = if asked.is_empty() { &view.sort } else { &asked };
    let sort: Vec<String> = wanted.iter().filter(|key| judge.sorts(key)).take(5).cloned().collect();
    let search = query.get("q").filter(|_| seen.form.is_searchable()).map(str::to_string);
    let filter = both(view.filter.as_ref().map(|f| judge.published(f)), filter_of(good));
    let request = ListRequest {
        filter,
        q: search.clone(),
        sort: sort.clone(),
        limit: PAGE,
        titles: true,
        ..ListRequest::default()
    };
    Ok(Question { view, views, search, terms, sort, request })
}

/// What `select` names for these columns: theirs, and the title.
pub fn selected(reader: &Reader, seen: &SeenForm, shown: &[ShownColumn]) -> Vec<String> {
    let mut select: Vec<String> = seen.title().map(|f| f.name.clone()).into_iter().collect();
    select.extend(columns::naming(seen).map(|f| f.name.clone()));
    for path in shown.iter().flat_map(|c| c.selected(reader)) {
        let known = path.contains('.') || seen.field(&path).is_some();
        if known && !select.contains(&path) {
            select.push(path);
        }
    }
    // with nothing named, everything would be answered
    if select.is_empty() { vec!["id".to_string()] } else { select }
}
