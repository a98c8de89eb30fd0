//! A record: its fields, child tables, files, related lists, history and discussion.

use super::asked;
use super::cell::{Place, Teller, id_of, is_empty, iso, line, moment, words_of};
use super::columns::{self, ShownColumn};
use super::condition::Judge;
use super::control::Desk;
use super::history;
use super::layout::{Item, arrange};
use super::list;
use super::query::{Query, encode};
use super::reader::Reader;
use super::related;
use super::seen_form::{SeenForm, is_short};
use super::unfit;
use crate::answer::id;
use crate::problem::{Answer, Problem};
use axum::extract::Path;
use axum::response::Response;
use formwright_core::field::{Field, FieldKind, NumberFlavor, SystemField};
use formwright_engine::EngineError;
use formwright_engine::records::{CountMode, ListRequest};
use formwright_templates::view::cell::{Hue, Tone};
use formwright_templates::view::list::Align;
use formwright_templates::view::{
    Cell, ChildTable, Column, Comment, Deletion, Discussion, Fact, FactSection, FieldView, FileChip, Neighbours,
    Person, Record, RecordActions,
};
use formwright_templates::{Page, format};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use uuid::Uuid;

/// Records among which the neighbours are looked for.
const NEIGHBOURS: usize = 500;
/// Facts that are enough without those that are badges.
const FEWEST_FACTS: usize = 2;
/// Comments on a page.
const COMMENTS: usize = 100;
/// Deleted records that are looked through for one.
const BIN_PAGES: usize = 4;

pub async fn show(reader: Reader, Path((form, record)): Path<(String, String)>) -> Response {
    let page = page(&reader, &form, &record).await.map(Page::Record);
    reader.answer(page)
}

async fn page(reader: &Reader, name: &str, record: &str) -> Answer<Record> {
    let seen = SeenForm::find(reader, name)?;
    let id = id(record)?;
    let (mut record, deleted) = match asked::record(reader, name, id).await {
        Ok(record) => (record, false),
        Err(problem) => match in_bin(reader, &seen, id, &problem).await? {
            Some(record) => (record, true),
            None => return Err(problem),
        },
    };
    let mut desk = Desk::of(reader, false);
    asked::complete(&mut desk, &seen, &mut record).await?;
    let teller = &desk.teller;
    let judge = Judge::of(reader, &seen);
    let arrangement = arrange(&seen, reader.cx().locale);
    let title = columns::record_title(&seen, teller, &record);
    let badges = badges(&seen, teller, &record);
    let unfit = if deleted { Vec::new() } else { unfit::sentences(reader, &seen, id).await? };
    let mut out = Record {
        unfit,
        form: seen.reference(reader),
        id: id.to_string(),
        version: record.get("version").and_then(Json::as_i64).unwrap_or(0),
        mark: Some(mark(&id.to_string(), &title)),
        title,
        subtitle: subtitle(&seen, teller, &record),
        facts: facts(reader, &judge, &seen, teller, &record, &badges),
        badges: badges.into_iter().map(|(_, cell)| cell).collect(),
        steps: Vec::new(),
        sections: Vec::new(),
        tables: tables(&seen, teller, &record),
        related: Vec::new(),
        files: files(&seen, teller, &record),
        history: Vec::new(),
        history_more_href: None,
        discussion: None,
        actions: RecordActions::default(),
        deleted: None,
        locked: None,
        neighbours: Neighbours::default(),
    };
    for section in &arrangement.sections {
        let fields: Vec<FieldView> =
            section.items.iter().filter_map(|item| field_view(&seen, teller, &record, item)).collect();
        if !fields.is_empty() {
            out.sections.push(FactSection { title: section.title.clone(), fields });
        }
    }
    out.sections.push(system_section(reader, teller, &record));
    if deleted {
        let by = record.get("updated_by").and_then(id_of).filter(|id| !id.is_nil()).map(|id| teller.person(id).name);
        let at = record.get("deleted_at").and_then(moment);
        out.deleted = Some(Deletion {
            by,
            at: at.map(|at| format::datetime_near(at, teller.now, teller.zone, teller.locale)).unwrap_or_default(),
            purged_on: at.filter(|_| seen.form.recycle_bin > 0).map(|at| {
                format::date(
                    (at + chrono::Duration::days(i64::from(seen.form.recycle_bin)))
                        .with_timezone(&reader.cx().zone)
                        .date_naive(),
                )
            }),
        });
        out.actions =
            RecordActions { restore: seen.may("delete"), purge: seen.may("purge"), ..RecordActions::default() };
        return Ok(out);
    }
    out.steps = super::steps::of(reader, &seen, &record, id).await?;
    out.related = related::lists(reader, &seen, teller, id, &arrangement.related).await?;
    (out.history, out.history_more_href) = history::of(reader, &seen, teller, id).await?;
    out.discussion = discussion(reader, &seen, teller, id).await?;
    out.actions = RecordActions {
        edit_href: seen.may("update").then(|| format!("{}/{id}/edit", seen.href())),
        copy_href: seen.may("create").then(|| format!("{}/new?from={id}", seen.href())),
        delete: seen.may("delete"),
        ..RecordActions::default()
    };
    out.neighbours = neighbours(reader, &seen, &judge, id).await?;
    Ok(out)
}

/// A record that is not there may lie in the recycle bin, for those who may see into it.
async fn in_bin(reader: &Reader, seen: &SeenForm, id: Uuid, problem: &Problem) -> Answer<Option<Json>> {
    let is_missing = matches!(&problem.0, EngineError::Refused(refusal) if refusal.code.status == 404);
    if !is_missing || !seen.may("delete") {
        return Ok(None);
    }
    let mut cursor = None;
    for _ in 0..BIN_PAGES {
        let page = asked::recycle_bin(reader, &seen.form.name, cursor.as_deref(), 500).await?;
        if let Some(found) = page.items.into_iter().find(|item| item.get("id").and_then(id_of) == Some(id)) {
            return Ok(Some(found));
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(None)
}

fn cell_of(teller: &Teller<'_>, field: &Field, record: &Json, place: Place) -> Cell {
    let titles = record.get("_titles").and_then(|t| t.get(&field.name));
    teller.cell(field, record.get(&field.name).unwrap_or(&Json::Null), titles, record, place)
}

fn field_view(seen: &SeenForm, teller: &Teller<'_>, record: &Json, item: &Item) -> Option<FieldView> {
    let Item::Field { index, wide } = item else { return None };
    let field = seen.form.fields.get(*index)?;
    // child tables and files have cards of their own
    if matches!(field.kind, FieldKind::Table(_) | FieldKind::Files(_)) {
        return None;
    }
    let cell = cell_of(teller, field, record, Place::Page);
    let wide = cell != Cell::Empty && (*wide || !is_short(&field.kind));
    Some(FieldView {
        path: field.name.clone(),
        label: field.title.get(teller.words).to_string(),
        encrypted: field.is_encrypted(),
        cell,
        wide,
    })
}

fn system_section(reader: &Reader, teller: &Teller<'_>, record: &Json) -> FactSection {
    let view = |system: SystemField| FieldView {
        path: system.name().to_string(),
        label: system.title().get(teller.words).to_string(),
        encrypted: false,
        cell: teller.system(system, record.get(system.name()).unwrap_or(&Json::Null), Place::Page),
        wide: false,
    };
    let fields = [SystemField::CreatedBy, SystemField::CreatedAt, SystemField::UpdatedBy, SystemField::UpdatedAt]
        .map(view)
        .to_vec();
    FactSection { title: reader.say("handler.record.system", &[]), fields }
}

/// Letters beside the title: of a Chinese title its first character, which says more than its last.
fn mark(id: &str, title: &str) -> Person {
    let usual = Person::new(id, title);
    let first: String = title.chars().find(|c| c.is_alphanumeric()).into_iter().flat_map(char::to_uppercase).collect();
    let is_latin = usual.initials.chars().all(|c| c.is_ascii_alphanumeric());
    Person {
        hue: Hue::for_key(id),
        initials: if is_latin || first.is_empty() { usual.initials.clone() } else { first },
        ..usual
    }
}

/// Status and coloured choices, which stand beside the title: those that the form names among its facts, else its status.
fn badges(seen: &SeenForm, teller: &Teller<'_>, record: &Json) -> Vec<(String, Cell)> {
    let is_fact = |field: &Field| seen.facts.contains(&field.name);
    let fits = |field: &&Field| {
        matches!(field.kind, FieldKind::Status(_)) || (matches!(field.kind, FieldKind::Choice(_)) && is_fact(field))
    };
    let cells =
        seen.each().map(|(_, f)| f).filter(fits).map(|f| (f.name.clone(), cell_of(teller, f, record, Place::Row)));
    cells.filter(|(_, cell)| matches!(cell, Cell::Status { .. } | Cell::Tag { .. })).take(2).collect()
}

/// Number, tags, owner: the line under the title, without what stands in the head already.
fn subtitle(seen: &SeenForm, teller: &Teller<'_>, record: &Json) -> Vec<Cell> {
    let title = seen.title().map(|f| f.name.clone());
    let fits = |field: &&Field| {
        let is_known = Some(&field.name) == title.as_ref() || seen.facts.contains(&field.name);
        match field.kind {
            // in a line of its own a list of tags is read; in a fact it would end in dots
            FieldKind::Tags(_) => true,
            FieldKind::Serial(_) | FieldKind::User => !is_known,
            _ => false,
        }
    };
    seen.each()
        .map(|(_, f)| f)
        .filter(fits)
        .map(|f| cell_of(teller, f, record, Place::Row))
        .filter(|c| *c != Cell::Empty)
        .take(3)
        .collect()
}

/// The form's facts without tags, which stand in the line under the title. Those that are badges already are left out where
/// enough others remain.
fn facts(
    reader: &Reader,
    judge: &Judge<'_>,
    seen: &SeenForm,
    teller: &Teller<'_>,
    record: &Json,
    badges: &[(String, Cell)],
) -> Vec<Fact> {
    let of = |column: &ShownColumn| {
        let cell = match column.field(reader) {
            Some(field) if !column.path.contains('.') => cell_of(teller, field, record, Place::Page),
            _ => column.cell(reader, teller, record),
        };
        let text = match &cell {
            Cell::Boolean { value } => reader.say(if *value { "yes" } else { "no" }, &[]),
            Cell::Masked { .. } => reader.say("no_access", &[]),
            cell => words_of(cell, teller.words),
        };
        Fact {
            label: column.title.clone(),
            text: if text.is_empty() { "—".to_string() } else { text },
            note: None,
            tone: if cell == Cell::Empty { Tone::Muted } else { Tone::Plain },
        }
    };
    let all = columns::columns(reader, judge, seen, &seen.facts);
    let is_tags = |c: &ShownColumn| c.field(reader).is_some_and(|f| matches!(f.kind, FieldKind::Tags(_)));
    let all: Vec<&ShownColumn> = all.iter().filter(|c| !is_tags(c)).collect();
    let others: Vec<&ShownColumn> =
        all.iter().copied().filter(|c| !badges.iter().any(|(name, _)| *name == c.path)).collect();
    let shown = if others.len() >= FEWEST_FACTS { others } else { all };
    shown.into_iter().take(5).map(of).collect()
}

fn tables(seen: &SeenForm, teller: &Teller<'_>, record: &Json) -> Vec<ChildTable> {
    let mut out = Vec::new();
    for (place, field) in seen.each() {
        let Some(table) = field.table() else { continue };
        let columns: Vec<&Field> = place.columns.iter().filter_map(|(c, _)| table.fields.get(*c)).collect();
        let rows = record.get(&field.name).and_then(Json::as_array).cloned().unwrap_or_default();
        if rows.is_empty() {
            continue;
        }
        let is_number = |f: &Field| matches!(&f.kind, FieldKind::Number(n) if n.display.is_none());
        out.push(ChildTable {
            name: field.name.clone(),
            title: field.title.get(teller.words).to_string(),
            columns: columns
                .iter()
                .map(|f| Column {
                    path: f.name.clone(),
                    title: f.title.get(teller.words).to_string(),
                    unit: match &f.kind {
                        FieldKind::Number(n) => n.currency.clone(),
                        FieldKind::DateTime => teller.abroad.clone(),
                        _ => None,
                    },
                    align: if is_number(f) { Align::Right } else { Align::Left },
                    ..Column::default()
                })
                .collect(),
            totals: if rows.len() > 1 { totals(&columns, &rows) } else { Vec::new() },
            rows: rows
                .iter()
                .map(|row| columns.iter().map(|f| cell_of(teller, f, row, Place::Row)).collect())
                .collect(),
        });
    }
    out
}

/// Sums of amounts; no row at all where a table has none.
fn totals(columns: &[&Field], rows: &[Json]) -> Vec<Option<String>> {
    let sum = |field: &&Field| -> Option<String> {
        let FieldKind::Number(number) = &field.kind else { return None };
        if number.flavor != NumberFlavor::Money || number.currency_field.is_some() {
            return None;
        }
        let mut amounts = rows.iter().filter_map(|row| row.get(&field.name).and_then(super::cell::decimal));
        let sum = amounts.try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount))?;
        Some(format::number(sum, super::cell::decimals(number.currency.as_deref(), number.scale)))
    };
    let totals: Vec<Option<String>> = columns.iter().map(sum).collect();
    if totals.iter().any(Option::is_some) { totals } else { Vec::new() }
}

/// All files of the record, those of rows too.
fn files(seen: &SeenForm, teller: &Teller<'_>, record: &Json) -> Vec<FileChip> {
    let fields: Vec<Field> =
        seen.each().map(|(_, f)| f).filter(|f| !matches!(f.kind, FieldKind::Signature)).cloned().collect();
    asked::file_ids(&fields, record).iter().filter_map(|id| teller.files.get(id).cloned()).collect()
}

async fn discussion(reader: &Reader, seen: &SeenForm, teller: &Teller<'_>, id: Uuid) -> Answer<Option<Discussion>> {
    if !seen.form.comments {
        return Ok(None);
    }
    let answer = reader.cx().engine.comments(reader.cx(), &seen.form.name, id, None, COMMENTS).await?;
    let comment = |item: &Json| {
        let at = item.get("at").and_then(moment).unwrap_or(teller.now);
        let by = item.get("by").and_then(id_of).unwrap_or(Uuid::nil());
        Comment {
            person: teller.person(by),
            at: format::datetime_near(at, teller.now, teller.zone, teller.locale),
            iso: iso(at),
            text: item.get("text").and_then(Json::as_str).unwrap_or_default().to_string(),
        }
    };
    let mut comments: Vec<(String, Comment)> = answer
        .get("items")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .map(comment)
        .map(|c| (c.iso.clone(), c))
        .collect();
    comments.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(Some(Discussion {
        comments: comments.into_iter().map(|(_, c)| c).collect(),
        can_write: seen.may("comment") || seen.may("update"),
    }))
}

/// The records before and after, in the list that the reader came from.
async fn neighbours(reader: &Reader, seen: &SeenForm, judge: &Judge<'_>, id: Uuid) -> Answer<Neighbours> {
    let Some(from) = reader.query().get("from") else { return Ok(Neighbours::default()) };
    let query = Query::parse(from);
    let question = list::question(reader, judge, seen, &query).await?;
    let list_href = Some(query.only(&["view", "q", "filter", "sort", "columns"]).href(&seen.href()));
    let request = ListRequest {
        select: vec!["id".to_string()],
        limit: NEIGHBOURS,
        count: CountMode::Bounded,
        titles: false,
        ..question.request
    };
    let Ok(found) = asked::list(reader, &seen.form.name, request).await else {
        return Ok(Neighbours { list_href, ..Neighbours::default() });
    };
    let ids: Vec<Uuid> = found.items.iter().filter_map(|item| item.get("id").and_then(id_of)).collect();
    let Some(at) = ids.iter().position(|one| *one == id) else {
        return Ok(Neighbours { list_href, ..Neighbours::default() });
    };
    let href = |id: &Uuid| format!("{}/{id}?from={}", seen.href(), encode(from));
    Ok(Neighbours {
        previous_href: at.checked_sub(1).and_then(|i| ids.get(i)).map(href),
        next_href: ids.get(at + 1).map(href),
        position: found.counted().map(|count| format!("{} / {count}", at + 1)),
        list_href,
    })
}

/// A value of a row in one line, for the history of child tables.
pub fn row_words(teller: &Teller<'_>, columns: &[&Field], row: &Json) -> String {
    let words: Vec<String> = columns
        .iter()
        .filter(|f| !is_empty(row.get(&f.name).unwrap_or(&Json::Null)))
        .map(|f| words_of(&cell_of(teller, f, row, Place::Row), teller.words))
        .filter(|text| !text.is_empty())
        .collect();
    line(&words.join(" · "))
}
