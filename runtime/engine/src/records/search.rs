//! Words across all forms that the caller may read.

use super::list::ListRequest;
use super::saver::Saver;
use crate::Engine;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::fold;
use formwright_core::query::Cond;
use formwright_store::Snapshot;
use formwright_store::select::{AccessSource, PageQuery, select_page};
use serde_json::{Value as Json, json};

/// Hits of one form that are looked at.
const PER_FORM: usize = 20;

impl Engine {
    /// `{"items": [{"form", "id", "title", "text"}]}`: the newest hits of each form, forms in the catalogue's order.
    pub async fn search(&self, cx: &Context, q: &str, limit: usize) -> EngineResult<Json> {
        if !fold::is_storable(q) {
            return Err(EngineError::request_faults(vec![Fault::new("q", &code::TEXT_INVALID)]));
        }
        let phrases: Vec<_> = fold::search_phrases(q).into_iter().take(20).collect();
        if phrases.is_empty() {
            return Ok(json!({"items": []}));
        }
        let saver = Saver::new(cx)?;
        let limit = limit.clamp(1, 200);
        let mut items = Vec::new();
        let mut tx = self.db().reader(Snapshot::No).await?;
        for (index, form) in cx.catalog.forms.iter().enumerate() {
            if !form.is_searchable() || items.len() >= limit {
                continue;
            }
            let access = saver.access.access(index);
            if access.rows == Cond::False {
                continue;
            }
            let compiler = saver.compiler(&tx);
            let query = PageQuery {
                form: index,
                filter: &Cond::True,
                phrases: &phrases,
                sort: &[],
                limit: PER_FORM.min(limit - items.len()),
                after: None,
                deleted: false,
            };
            let selection = saver.whole(index, form);
            let page = select_page(&compiler, &query, &selection, &mut tx).await?;
            let list = [b"[".as_slice(), &page.items, b"]"].concat();
            let records: Vec<Json> = serde_json::from_slice(&list).map_err(|e| EngineError::Internal(e.to_string()))?;
            for record in records {
                let title = form
                    .title_field
                    .and_then(|t| form.fields.get(t))
                    .and_then(|f| record.get(&f.name))
                    .and_then(Json::as_str)
                    .unwrap_or_default()
                    .to_string();
                items.push(json!({"form": form.name, "id": record.get("id"), "title": title, "text": snippet(form, &record, &phrases)}));
            }
        }
        Ok(json!({"items": items}))
    }

    /// A list for pickers: the same as [`Engine::list`] with titles.
    pub async fn pick(&self, cx: &Context, form: &str, q: Option<String>, limit: usize) -> EngineResult<Vec<u8>> {
        self.list(cx, form, ListRequest { q, limit, titles: true, ..ListRequest::default() }).await
    }
}

/// The first visible text in which one of the words stands.
fn snippet(form: &formwright_core::form::Form, record: &Json, phrases: &[fold::SearchPhrase]) -> String {
    let word = |p: &fold::SearchPhrase| p.tokens.first().cloned().unwrap_or_default();
    for entry in &form.search {
        let Some(field) = form.fields.get(entry.field) else { continue };
        if Some(entry.field) == form.title_field {
            continue;
        }
        let texts: Vec<&str> = match record.get(&field.name) {
            Some(Json::String(t)) => vec![t],
            Some(Json::Array(rows)) => rows
                .iter()
                .filter_map(|row| match (row, entry.column.and_then(|c| field.table()?.fields.get(c))) {
                    (Json::String(t), _) => Some(t.as_str()),
                    (row, Some(column)) => row.get(&column.name)?.as_str(),
                    _ => None,
                })
                .collect(),
            _ => continue,
        };
        for text in texts {
            let folded = fold::fold(text);
            if phrases.iter().any(|p| folded.contains(&word(p))) {
                return text.chars().take(160).collect();
            }
        }
    }
    String::new()
}
