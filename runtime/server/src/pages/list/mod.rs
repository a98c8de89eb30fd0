//! The list of a form's records: view, search, filter, sort, columns, pages and totals.

use super::asked::{self, Listed};
use super::cell::{Teller, decimals};
use super::columns::{self, ShownColumn};
use super::condition::{Judge, both, filter_of, read_filter, terms_of};
use super::control::Desk;
use super::filter::Narrator;
use super::filter_field;
use super::grouped;
use super::query::{Query, encode};
use super::reader::Reader;
use super::seen_form::SeenForm;
use super::value_control::bulk_value;
use super::view_choice::{self, OpenView};
use crate::problem::{Answer, Problem};
use axum::extract::Path;
use axum::response::Response;
use formwright_core::error_code as code;
use formwright_core::field::{FieldKind, NumberFlavor};
use formwright_engine::EngineError;
use formwright_engine::records::{CountMode, ListRequest};
use formwright_templates::view::list::Sort;
use formwright_templates::view::{Column, ColumnChoice, EmptyList, Link, List, ListActions, Pager, Row, SaveView};
use formwright_templates::{Page, format};
use serde_json::{Map, Value as Json, json};

/// Records of a page.
const PAGE: usize = 50;
/// Pages that "previous" remembers.
const MOST_BACK: usize = 20;
/// What a list's address is made of, without its place among the pages.
const NAMES: [&str; 5] = ["view", "q", "filter", "sort", "columns"];

pub async fn show(reader: Reader, Path(form): Path<String>) -> Response {
    let page = page(&reader, &form).await.map(Page::List);
    reader.answer(page)
}

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
    Ok(List {
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
    })
    .map(|mut list| {
        list.actions.bulk_delete = may_delete;
        list
    })
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

fn head(
    reader: &Reader,
    judge: &Judge<'_>,
    column: &ShownColumn,
    sort: &[String],
    query: &Query,
    path: &str,
) -> Column {
    let first = sort.first().map(String::as_str).unwrap_or("-updated_at");
    let (by, descending) = first.strip_prefix('-').map_or((first, false), |by| (by, true));
    let mut head = column.head(reader);
    let is_sorted = by == column.path;
    head.sort = is_sorted.then_some(if descending { Sort::Descending } else { Sort::Ascending });
    // figures and moments begin with the largest
    let from_largest = matches!(
        column.field(reader).map(|f| &f.kind),
        Some(FieldKind::Number(_) | FieldKind::Date | FieldKind::DateTime)
    ) || column.path.ends_with("_at");
    let down = if is_sorted { !descending } else { from_largest };
    let next = if down { format!("-{}", column.path) } else { column.path.clone() };
    head.sort_href = judge.sorts(&column.path).then(|| query.with("sort", Some(&next)).href(path));
    head
}

/// The cursors behind the reader stand in `back`, separated by commas; the first page's is empty and written as `0`.
fn pager(asked: &Query, query: &Query, listed: &Listed, path: &str) -> Pager {
    let back: Vec<String> = asked.get("back").map(|b| b.split(',').map(str::to_string).collect()).unwrap_or_default();
    let here = asked.get("cursor");
    let next_href = listed.next.as_deref().map(|next| {
        let mut behind = back.clone();
        behind.push(here.unwrap_or("0").to_string());
        let behind = behind.split_off(behind.len().saturating_sub(MOST_BACK)).join(",");
        query.with("cursor", Some(next)).with("back", Some(&behind)).href(path)
    });
    let previous_href = here.and(back.split_last()).map(|(last, rest)| {
        let cursor = Some(last.as_str()).filter(|c| *c != "0");
        query.with("cursor", cursor).with("back", Some(&rest.join(","))).href(path)
    });
    Pager { first_href: here.map(|_| query.href(path)), previous_href, next_href }
}

fn column_choices(reader: &Reader, judge: &Judge<'_>, seen: &SeenForm, shown: &[ShownColumn]) -> Vec<ColumnChoice> {
    let rest = columns::columns(reader, judge, seen, &columns::possible(seen));
    let choice = |column: &ShownColumn, is_shown: bool| ColumnChoice {
        path: column.path.clone(),
        title: column.title.clone(),
        shown: is_shown,
    };
    let hidden = rest.iter().filter(|c| !shown.iter().any(|s| s.path == c.path)).map(|c| choice(c, false));
    shown.iter().map(|c| choice(c, true)).chain(hidden).collect()
}

fn save_view(form: &str, question: &Question, query: &Query, shown: &[ShownColumn]) -> SaveView {
    let filter = both(question.view.filter.clone(), filter_of(question.terms.clone()));
    let fields: Vec<&str> = shown.iter().map(|c| c.path.as_str()).collect();
    let body = json!({"form": form, "filter": filter, "sort": question.sort, "fields": fields});
    let other_columns = query.get("columns").is_some()
        && fields != question.view.columns.iter().map(String::as_str).collect::<Vec<_>>();
    SaveView {
        changed: !question.terms.is_empty() || question.sort != question.view.sort || other_columns,
        view: question.view.editable.then(|| question.view.key.clone()),
        body: body.to_string(),
        sort: question.sort.join(","),
    }
}

/// Where the form is designed, by whoever may design its app.
fn design_href(reader: &Reader, seen: &SeenForm) -> Option<String> {
    let may = reader.principal().is_some_and(|person| person.designs(&seen.form.app));
    may.then(|| format!("/design/{}/form/{}", seen.form.app, seen.form.name))
}

fn actions(reader: &Reader, seen: &SeenForm, query: &Query) -> ListActions {
    let path = seen.href();
    let export = |kind: &str| {
        query.only(&["q", "filter", "sort"]).href(&format!("/api/records/{}/export.{kind}", seen.form.name))
    };
    ListActions {
        create_href: seen.may("create").then(|| format!("{path}/new")),
        import_href: (seen.may("import") && seen.may("create")).then(|| format!("{path}/import")),
        export_xlsx_href: seen.may("export").then(|| export("xlsx")),
        export_csv_href: seen.may("export").then(|| export("csv")),
        recycle_bin_href: seen.may("delete").then(|| format!("{path}/recycle-bin")),
        design_href: design_href(reader, seen),
        bulk_delete: false,
        layouts: Vec::new(),
    }
}

/// Sums under the columns that the view names. Amounts in several currencies have none.
async fn totals(
    reader: &Reader,
    form: &str,
    question: &Question,
    shown: &[ShownColumn],
) -> Answer<Vec<Option<String>>> {
    let summed: Vec<(usize, &ShownColumn)> =
        shown.iter().enumerate().filter(|(_, c)| question.view.sums.contains(&c.path) && is_sum(reader, c)).collect();
    if summed.is_empty() {
        return Ok(Vec::new());
    }
    let _turn = reader.caller.heavy().await?;
    let measures: Vec<Json> =
        summed.iter().map(|(i, c)| json!({"name": format!("m{i}"), "function": "sum", "field": c.path})).collect();
    let mut body = Map::new();
    body.insert("measures".into(), Json::Array(measures));
    if let Some(filter) = &question.request.filter {
        body.insert("filter".into(), filter.clone());
    }
    if let Some(q) = &question.request.q {
        body.insert("q".into(), json!(q));
    }
    let answer = reader.cx().engine.aggregate(reader.cx(), form, body).await?;
    let row = answer.get("rows").and_then(|rows| rows.get(0)).cloned().unwrap_or(Json::Null);
    let mut out: Vec<Option<String>> = vec![None; shown.len()];
    for (i, column) in summed {
        let sum = row.get(format!("m{i}")).and_then(super::cell::decimal);
        let places = match column.field(reader).map(|f| &f.kind) {
            Some(FieldKind::Number(n)) if n.flavor == NumberFlavor::Money => decimals(n.currency.as_deref(), n.scale),
            _ => 0,
        };
        if let Some(slot) = out.get_mut(i) {
            *slot = sum.map(|sum| format::number(sum, places));
        }
    }
    Ok(out)
}

fn is_sum(reader: &Reader, column: &ShownColumn) -> bool {
    matches!(column.field(reader).filter(|f| !f.is_live()).map(|f| &f.kind), Some(FieldKind::Number(n)) if n.currency_field.is_none() && n.flavor != NumberFlavor::Percent)
}

/// What would be found without one of the conditions.
async fn suggest(
    reader: &Reader,
    judge: &Judge<'_>,
    form: &str,
    question: &Question,
    chips: &[formwright_templates::view::FilterChip],
    good: &[Json],
) -> Answer<Vec<Link>> {
    let mut out = Vec::new();
    if question.terms.len() < 2 && question.search.is_none() {
        return Ok(out);
    }
    for (chip, term) in chips.iter().zip(&question.terms).filter(|(chip, _)| !chip.invalid).take(3) {
        let rest: Vec<Json> = good.iter().filter(|t| *t != term).cloned().collect();
        let view = question.view.filter.as_ref().map(|f| judge.published(f));
        let request = ListRequest {
            filter: both(view, filter_of(rest)),
            q: question.search.clone(),
            select: vec!["id".to_string()],
            limit: 1,
            count: CountMode::Bounded,
            ..ListRequest::default()
        };
        let Ok(found) = asked::list(reader, form, request).await else { continue };
        if let Some(count) = found.counted().filter(|_| found.count != Some(0)) {
            out.push(Link::new(
                reader.say("handler.list.leave_out", &[("name", &chip.label), ("count", &count)]),
                chip.remove_href.clone(),
            ));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn previous_goes_back_page_by_page_to_the_first() {
        let base = Query::parse("sort=-a");
        let listed = |next: &str| Listed { next: Some(next.to_string()), ..Listed::default() };
        let first = pager(&base, &base, &listed("c1"), "/forms/x");
        assert_eq!((first.first_href, first.previous_href), (None, None));
        let address = first.next_href.unwrap();
        assert_eq!(address, "/forms/x?sort=-a&cursor=c1&back=0");
        let second = pager(&Query::parse(address.split_once('?').unwrap().1), &base, &listed("c2"), "/forms/x");
        assert_eq!(second.previous_href.as_deref(), Some("/forms/x?sort=-a"));
        let address = second.next_href.unwrap();
        let third = pager(&Query::parse(address.split_once('?').unwrap().1), &base, &Listed::default(), "/forms/x");
        assert_eq!(third.previous_href.as_deref(), Some("/forms/x?sort=-a&cursor=c1&back=0"));
        assert_eq!(third.first_href.as_deref(), Some("/forms/x?sort=-a"));
        assert_eq!(third.next_href, None);
    }
}
