//! Which view of a form is open, and the tabs of those that can be: the form's own, then the reader's and those shared with him.

use super::condition::Judge;
use super::path::{resolve, title_of};
use super::reader::Reader;
use super::seen_form::SeenForm;
use crate::problem::Answer;
use formwright_core::definition::{ViewDoc, ViewType};
use formwright_core::text::{Locale, Title, title_from_name};
use formwright_templates::view::ViewTab;
use serde_json::{Value as Json, json};

/// What the API adds to a saved view beside what it shows.
const ADDED: [&str; 9] =
    ["id", "form", "owner", "shared_with", "is_default", "editable", "version", "updated_at", "off"];

/// A view as a list can show it.
#[derive(Clone, Debug, Default)]
pub struct OpenView {
    /// Name of a published view, id of a saved one; empty where the form has none.
    pub key: String,
    pub title: String,
    pub filter: Option<Json>,
    pub sort: Vec<String>,
    pub columns: Vec<String>,
    /// Paths that are summed under the table.
    pub sums: Vec<String>,
    /// The field by whose values records stand together.
    pub group: Option<String>,
    /// It opens when none is asked for.
    pub is_default: bool,
    /// A person made it.
    pub personal: bool,
    /// The reader may change it.
    pub editable: bool,
    /// What no longer fits and is left out, as the engine tells it.
    pub off: Vec<Json>,
}

impl OpenView {
    fn of(view: &ViewDoc, locale: Locale) -> OpenView {
        let title = if view.title.is_empty() { title_from_name(&view.name) } else { view.title.clone() };
        OpenView {
            key: view.name.clone(),
            title: Title::new(title, view.labels.clone()).get(locale).to_string(),
            filter: view.filter.clone(),
            sort: view.sort.clone(),
            columns: view.fields.iter().map(|c| c.path().to_string()).collect(),
            sums: view.sum.clone(),
            group: view.group.clone(),
            is_default: view.default,
            personal: false,
            editable: false,
            off: Vec::new(),
        }
    }

    /// A saved view as the engine answers it; `None` for one that is no table.
    fn saved(item: &Json, locale: Locale) -> Option<OpenView> {
        let mut doc = item.as_object()?.clone();
        let id = doc.get("id")?.as_str()?.to_string();
        doc.retain(|key, _| !ADDED.contains(&key.as_str()));
        doc.insert("name".to_string(), json!(id));
        let view: ViewDoc = serde_json::from_value(Json::Object(doc)).ok()?;
        let is = |key: &str| item.get(key).and_then(Json::as_bool).unwrap_or(false);
        (view.view_type == ViewType::Table).then(|| OpenView {
            is_default: is("is_default"),
            personal: true,
            editable: is("editable"),
            off: off_of(item),
            ..OpenView::of(&view, locale)
        })
    }
}

/// The views that this reader may open and that are tables.
///
/// # Errors
/// What the engine refuses.
pub async fn views(reader: &Reader, seen: &SeenForm) -> Answer<Vec<OpenView>> {
    let mut out = published(reader, seen);
    let saved = reader.cx().engine.views(reader.cx(), Some(&seen.form.name)).await?;
    out.extend(
        saved
            .get("items")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(|item| OpenView::saved(item, reader.cx().locale)),
    );
    Ok(out)
}

/// The form's own views that this reader may open and that are tables.
pub fn published(reader: &Reader, seen: &SeenForm) -> Vec<OpenView> {
    // the engine's description names the views he may open; what they say is read from the definition
    let described =
        |view: &ViewDoc| seen.views.iter().find(|v| v.get("name").and_then(Json::as_str) == Some(view.name.as_str()));
    let tables = seen.form.views.iter().filter(|v| v.view_type == ViewType::Table);
    tables
        .filter_map(|v| Some(OpenView { off: off_of(described(v)?), ..OpenView::of(v, reader.cx().locale) }))
        .collect()
}

fn off_of(view: &Json) -> Vec<Json> {
    view.get("off").and_then(Json::as_array).cloned().unwrap_or_default()
}

/// What is left out of the open view: of each that may be named, what it is about and why; and whether there is more.
pub fn left_out(reader: &Reader, judge: &Judge<'_>, seen: &SeenForm, open: &OpenView) -> (Vec<String>, bool) {
    let locale = reader.cx().locale;
    let tell = |off: &Json| {
        let term = off.get("term")?;
        let path = term.as_str().or_else(|| term.get("field")?.as_str()).unwrap_or_default().trim_start_matches('-');
        let message = off.get("message").and_then(Json::as_str).unwrap_or_default();
        // the message names what is gone by itself
        Some(match resolve(reader, judge.access(), seen.index, path) {
            Some(found) => {
                let title = title_of(&reader.cx().catalog, locale, seen.index, &found);
                format!("{title}{}{message}", if locale == Locale::En { ": " } else { "：" })
            }
            None => message.to_string(),
        })
    };
    let mut named: Vec<String> = open.off.iter().filter_map(tell).collect();
    named.dedup();
    (named, open.off.iter().any(|off| off.get("term").is_none()))
}

/// The view asked for, else the reader's default, else the form's, else the first, else the bare form.
pub fn choose(views: &[OpenView], asked: Option<&str>) -> OpenView {
    let found = asked.and_then(|key| views.iter().find(|v| v.key == key));
    let own = || views.iter().find(|v| v.is_default && v.personal);
    let form = || views.iter().find(|v| v.is_default);
    found.or_else(own).or_else(form).or_else(|| views.first()).cloned().unwrap_or_default()
}

/// The tabs; a single view needs none.
pub fn tabs(seen: &SeenForm, views: &[OpenView], open: &OpenView) -> Vec<ViewTab> {
    if views.len() < 2 {
        return Vec::new();
    }
    views
        .iter()
        .map(|view| ViewTab {
            key: view.key.clone(),
            title: view.title.clone(),
            href: format!("{}?view={}", seen.href(), super::query::encode(&view.key)),
            count: None,
            active: view.key == open.key,
            personal: view.personal,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn view(key: &str, is_default: bool, personal: bool) -> OpenView {
        OpenView { key: key.to_string(), is_default, personal, ..OpenView::default() }
    }

    #[test]
    fn the_view_asked_for_opens_else_ones_own_default_else_the_forms_else_the_first() {
        let views = [view("all", false, false), view("mine", true, false), view("own", true, true)];
        assert_eq!(choose(&views, Some("all")).key, "all");
        assert_eq!(choose(&views, Some("gone")).key, "own");
        let (published, _) = views.split_at(2);
        assert_eq!(choose(published, None).key, "mine");
        assert_eq!(choose(&[view("a", false, false), view("b", false, false)], None).key, "a");
        assert_eq!(choose(&[], Some("x")).key, "");
    }

    #[test]
    fn a_saved_view_is_read_without_what_the_api_adds_and_boards_are_left_out() {
        let item = json!({"id": "v1", "form": "f", "owner": "u", "title": "Mine", "sort": ["-a"], "fields": ["a", {"field": "b", "width": 80}], "shared_with": {"users": [], "roles": []}, "is_default": true, "editable": true, "version": 1, "updated_at": "x"});
        let view = OpenView::saved(&item, Locale::En).unwrap();
        assert_eq!(
            (view.key.as_str(), view.title.as_str(), view.columns),
            ("v1", "Mine", vec!["a".to_string(), "b".to_string()])
        );
        assert!(view.personal && view.editable && view.is_default);
        let mut board = item;
        board["type"] = json!("kanban");
        assert!(OpenView::saved(&board, Locale::En).is_none());
    }
}
