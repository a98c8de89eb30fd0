//! Search over all forms that the reader may read.

use super::query::Query;
use super::reader::Reader;
use super::seen_form::SeenForm;
use crate::problem::Answer;
use axum::response::Response;
use formwright_core::fold;
use formwright_templates::Page;
use formwright_templates::view::{Search, SearchGroup, SearchHit};
use serde_json::Value as Json;

/// Hits of all forms together.
const MOST: usize = 100;
/// Hits of one form that are shown.
const OF_ONE_FORM: usize = 8;

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).await.map(Page::Search);
    reader.answer(page)
}

async fn page(reader: &Reader) -> Answer<Search> {
    let Some(query) = reader.query().get("q") else { return Ok(Search::default()) };
    let _turn = reader.caller.heavy().await?;
    let answer = reader.cx().engine.search(reader.cx(), query, MOST).await?;
    let words: Vec<String> = query.split_whitespace().map(fold::fold).filter(|w| !w.is_empty()).collect();
    let mut groups: Vec<SearchGroup> = Vec::new();
    for item in answer.get("items").and_then(Json::as_array).into_iter().flatten() {
        let text = |key: &str| item.get(key).and_then(Json::as_str).unwrap_or_default();
        let (name, id) = (text("form"), text("id"));
        if groups.last().is_none_or(|g| g.form.name != name) {
            let Ok(seen) = SeenForm::find(reader, name) else { continue };
            groups.push(SearchGroup { form: seen.reference(reader), hits: Vec::new(), more_href: None });
        }
        let Some(group) = groups.last_mut() else { continue };
        if group.hits.len() >= OF_ONE_FORM {
            group.more_href = Some(Query::default().with("q", Some(query)).href(&group.form.href()));
            continue;
        }
        let title = if text("title").is_empty() {
            format!("{} {}", group.form.title, id.get(id.len().saturating_sub(6)..).unwrap_or_default())
        } else {
            text("title").to_string()
        };
        group.hits.push(SearchHit {
            href: format!("{}/{id}", group.form.href()),
            title: super::cell::line(&title),
            text: pieces(text("text"), &words),
        });
    }
    Ok(Search { query: query.to_string(), groups })
}

/// A text cut into pieces: those that are one of the words, and those between.
fn pieces(text: &str, words: &[String]) -> Vec<(String, bool)> {
    let mut out: Vec<(String, bool)> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let hit = words.iter().find_map(|word| starts_with(rest, word));
        let (length, is_word) = match hit {
            Some(length) => (length, true),
            None => (rest.chars().next().map_or(rest.len(), char::len_utf8), false),
        };
        let (piece, tail) = rest.split_at(length);
        match out.last_mut() {
            Some((last, false)) if !is_word => last.push_str(piece),
            _ => out.push((piece.to_string(), is_word)),
        }
        rest = tail;
    }
    out
}

/// How many bytes of the text are this folded word, where it begins with it.
fn starts_with(text: &str, word: &str) -> Option<usize> {
    let count = word.chars().count();
    let head: String = text.chars().take(count).collect();
    (fold::fold(&head) == word).then_some(head.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_whatever_their_case_and_everything_else_stays() {
        let words = ["hamburg".to_string(), "木业".to_string()];
        let got = pieces("To Hamburg, 临沂木业", &words);
        let want = [("To ", false), ("Hamburg", true), (", 临沂", false), ("木业", true)];
        assert_eq!(got, want.map(|(t, m)| (t.to_string(), m)));
        assert_eq!(pieces("", &words), Vec::new());
        assert_eq!(pieces("ab", &[]), [("ab".to_string(), false)]);
    }
}
