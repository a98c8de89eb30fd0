//! The list of a form's records: view, search, filter, sort, columns, pages and totals.

mod pager;
mod question;
mod tools;
mod totals;

pub use question::{Question, question, selected};

use super::asked::{self, Listed};
use super::cell::Teller;
use super::columns;
use super::condition::{Judge, filter_of};
use super::control::Desk;
use super::filter::Narrator;
use super::query::{Query, encode};
use super::reader::Reader;
use super::seen_form::SeenForm;
use super::value_control::bulk_value;
use super::view_choice;
use super::{filter_field, grouped};
use crate::problem::{Answer, Problem};
use axum::extract::Path;
use axum::response::Response;
use formwright_core::error_code as code;
use formwright_engine::EngineError;
use formwright_engine::records::CountMode;
use formwright_templates::Page;
use formwright_templates::view::{EmptyList, List, Row};
use pager::pager;
use serde_json::Value as Json;
use tools::{actions, column_choices, head, save_view, suggest};
use totals::totals;

/// What a list's address is made of, without its place among the pages.
const NAMES: [&str; 5] = ["view", "q", "filter", "sort", "columns"];

pub async fn show(reader: Reader, Path(form): Path<String>) -> Response {
    let page = page(&reader, &form).await.map(Page::List);
    reader.answer(page)
}

async fn page(reader: &Reader, name: &str) -> Answer<List> {
    let seen = SeenForm::find(reader, name)?;
    let query = reader.query().only(&NAMES);
    let judge = Judge::of(reader, &seen);
    let path = seen.href();
    if !seen.may("read") {
        return Ok(List {
            form: seen.reference(reader),
            actions: actions(reader, &seen, &query),
            empty: EmptyList::NoAccess,
            ..List::default()
        });
    }
    let mut question = question(reader, &judge, &seen, &query).await?;
    let chosen: Vec<String> =
        query.get("columns").map(|c| c.split(',').map(|p| p.trim().to_string()).collect()).unwrap_or_default();
    let named = if !chosen.is_empty() {
        chosen
    } else if question.view.columns.is_empty() {
        columns::usual(&seen)
    } else {
        question.view.columns.clone()
    };
    let mut shown = columns::columns(reader, &judge, &seen, &named);
    if shown.is_empty() {
        shown = columns::columns(reader, &judge, &seen, &columns::usual(&seen));
    }
    question.request.select = selected(reader, &seen, &shown);
    question.request.count = CountMode::Bounded;
    let group = grouped::field_of(&judge, &seen, &question);
    if let Some(field) = group {
        question.request.sort = grouped::order(field, &question.sort);
        question.request.select.extend(Some(field.name.clone()).filter(|name| !question.request.select.contains(name)));
    }
    let (listed, query) = fetch(reader, name, &mut question, query).await?;
    let teller = Teller::of(reader);
    let mut narrator = Narrator::new(&teller, &reader.cx().catalog);
    narrator.look_up(reader, &judge, seen.index, &question.terms).await?;
    let (chips, good) = narrator.chips(reader, &judge, seen.index, &question.terms, &query, &path);
    let files: Vec<uuid::Uuid> =
        listed.items.iter().flat_map(|item| asked::file_ids(&seen.form.fields, item)).collect();
    let mut teller = Teller::of(reader);
    teller.files = asked::file_chips(reader, &files).await?;
    let from = encode(&query.to_text());
    let mut heads = match group.filter(|_| !listed.items.is_empty()) {
        Some(field) => grouped::heads(reader, &teller, name, field, &question, &listed.items).await?,
        None => Vec::new(),
    };
    heads.resize(listed.items.len(), None);
    let rows: Vec<Row> = listed
        .items
        .iter()
        .zip(heads)
        .map(|(record, group)| {
            let id = record.get("id").and_then(Json::as_str).unwrap_or_default();
            Row {
                id: id.to_string(),
                version: record.get("version").and_then(Json::as_i64).unwrap_or(0),
                title: columns::record_title(&seen, &teller, record),
                href: if from.is_empty() { format!("{path}/{id}") } else { format!("{path}/{id}?from={from}") },
                cells: columns::row(reader, &teller, &shown, record),
                group,
            }
        })
        .collect();
    let asked_for_something = question.search.is_some() || !question.terms.is_empty();
    let clear_href = asked_for_something.then(|| query.with("q", None).with("filter", None).href(&path));
    let totals = if rows.is_empty() { Vec::new() } else { totals(reader, name, &question, &shown).await? };
    let suggestions = if rows.is_empty() && asked_for_something {
        suggest(reader, &judge, name, &question, &chips, &good).await?
    } else {
        Vec::new()
    };
    let desk = Desk::of(reader, true);
    let (may_update, may_delete) = (seen.may("update"), seen.may("delete"));
    let mut list = List {
        form: seen.reference(reader),
        tabs: view_choice::tabs(&seen, &question.views, &question.view),
        search: question.search.clone().unwrap_or_default(),
        filter: filter_of(question.terms.clone()).map(|f| f.to_string()).unwrap_or_default(),
        filter_fields: filter_field::fields(&desk, &seen),
        clear_href,
        columns: shown.iter().map(|c| head(reader, &judge, c, &question.sort, &query, &path)).collect(),
        totals,
        count: listed.counted(),
        pager: pager(reader.query(), &query, &listed, &path),
        column_choices: column_choices(reader, &judge, &seen, &shown),
        save_view: save_view(name, &question, &query, &shown),
        actions: actions(reader, &seen, &query),
        bulk_fields: if may_update {
            seen.each().filter_map(|(place, field)| bulk_value(&desk, place, field)).collect()
        } else {
            Vec::new()
        },
        empty: if asked_for_something || question.view.filter.is_some() {
            EmptyList::NoMatch { suggestions }
        } else {
            EmptyList::Nothing
        },
        query: query.to_text(),
        chips,
        rows,
        ..List::default()
    };
    (list.off, list.off_unnamed) = view_choice::left_out(reader, &judge, &seen, &question.view);
    list.actions.bulk_delete = may_delete;
    Ok(list)
}

/// The page of the list; a place among the pages that is none any more is the first one.
async fn fetch(reader: &Reader, name: &str, question: &mut Question, query: Query) -> Answer<(Listed, Query)> {
    question.request.cursor = reader.query().get("cursor").map(str::to_string);
    match asked::list(reader, name, question.request.clone()).await {
        Err(Problem(EngineError::Refused(refusal))) if *refusal.code == code::CURSOR_INVALID => {
            question.request.cursor = None;
            Ok((asked::list(reader, name, question.request.clone()).await?, query))
        }
        other => Ok((other?, query)),
    }
}
