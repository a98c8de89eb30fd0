//! Records of other forms that point to a record.

use super::asked;
use super::cell::Teller;
use super::columns::{self, ShownColumn};
use super::condition::Judge;
use super::layout::Related;
use super::list;
use super::query::{Query, encode};
use super::reader::Reader;
use super::seen_form::SeenForm;
use super::view_choice;
use crate::problem::{Answer, Problem};
use formwright_core::field::{FieldKind, NumberFlavor};
use formwright_engine::EngineError;
use formwright_engine::records::{CountMode, ListRequest};
use formwright_templates::view::{Cell, RelatedList, RelatedRow};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Rows of a related list.
const RELATED_ROWS: usize = 10;
/// Columns of a related list.
const RELATED_COLUMNS: usize = 3;

/// Lists of the layout, then links of other forms that name a list here.
///
/// # Errors
/// What the engine refuses.
pub async fn lists(
    reader: &Reader,
    seen: &SeenForm,
    teller: &Teller<'_>,
    id: Uuid,
    placed: &[Related],
) -> Answer<Vec<RelatedList>> {
    let catalog = &reader.cx().catalog;
    let mut wanted = placed.to_vec();
    for (from, field) in catalog.inbound(seen.index) {
        let Some((form, link)) = catalog.forms.get(*from).and_then(|f| f.fields.get(*field).map(|l| (f, l))) else {
            continue;
        };
        let known = wanted.iter().any(|w| w.form == form.name && w.via == link.name);
        if let Some(options) = link.kind.link().filter(|l| !known && l.inverse.is_some()) {
            wanted.push(Related {
                form: form.name.clone(),
                via: link.name.clone(),
                view: None,
                title: options.inverse_title.get(reader.cx().locale).to_string(),
            });
        }
    }
    let mut out = Vec::new();
    for one in &wanted {
        if let Some(list) = related_list(reader, teller, id, one).await? {
            out.push(list);
        }
    }
    Ok(out)
}

/// `None` where the reader may not know of the other form or of its link.
async fn related_list(reader: &Reader, teller: &Teller<'_>, id: Uuid, wanted: &Related) -> Answer<Option<RelatedList>> {
    let Ok(other) = SeenForm::find(reader, &wanted.form) else { return Ok(None) };
    let Some((place, link)) = other.field(&wanted.via).filter(|_| other.may("read")) else { return Ok(None) };
    let judge = Judge::of(reader, &other);
    let op = if link.kind.is_many() { "has_any" } else { "eq" };
    let value = if link.kind.is_many() { json!([id]) } else { json!(id) };
    let filter = json!({"field": wanted.via, "op": op, "value": value});
    let view = wanted
        .view
        .as_deref()
        .and_then(|name| view_choice::published(reader, &other).into_iter().find(|v| v.key == name));
    let first = view_choice::published(reader, &other).into_iter().next();
    let (named, sort) = match view.or(first) {
        Some(view) if !view.columns.is_empty() => (view.columns, view.sort),
        _ => (columns::usual(&other), Vec::new()),
    };
    let named: Vec<String> = named.into_iter().filter(|path| *path != wanted.via).collect();
    let shown = telling(reader, &other, columns::columns(reader, &judge, &other, &named));
    let request = ListRequest {
        filter: Some(filter.clone()),
        sort: sort.into_iter().filter(|key| judge.sorts(key)).collect(),
        select: list::selected(reader, &other, &shown),
        limit: RELATED_ROWS,
        count: CountMode::Bounded,
        titles: true,
        ..ListRequest::default()
    };
    let found = match asked::list(reader, &wanted.form, request).await {
        Ok(found) => found,
        Err(Problem(EngineError::Refused(refusal))) if refusal.code.status == 404 || refusal.code.status == 403 => {
            return Ok(None);
        }
        Err(problem) => return Err(problem),
    };
    let rows = found.items.iter().map(|item| {
        let id = item.get("id").and_then(Json::as_str).unwrap_or_default();
        let mut cells = columns::row(reader, teller, &shown, item);
        if let Some(first) = cells.first_mut().filter(|c| matches!(c, Cell::Empty | Cell::Masked { .. })) {
            *first = Cell::text(columns::record_title(&other, teller, item));
        }
        RelatedRow { href: format!("{}/{id}", other.href()), cells }
    });
    let title =
        if wanted.title.is_empty() { other.form.title.get(teller.words).to_string() } else { wanted.title.clone() };
    let all = Query::default().with("filter", Some(&filter.to_string()));
    Ok(Some(RelatedList {
        title,
        count: found.counted(),
        columns: shown.iter().map(|c| c.head(reader)).collect(),
        rows: rows.collect(),
        all_href: Some(all.href(&other.href())),
        create_href: (other.may("create") && !place.readonly)
            .then(|| format!("{}/new?{}={id}", other.href(), encode(&wanted.via))),
    }))
}

/// The few columns for which a related list has room: the first, the record's title where the first is a day or a choice and names
/// nothing, then status, amounts and days, then what follows.
fn telling(reader: &Reader, other: &SeenForm, columns: Vec<ShownColumn>) -> Vec<ShownColumn> {
    let names = |column: &ShownColumn| match column.field(reader).map(|f| &f.kind) {
        Some(FieldKind::Text(_) | FieldKind::Serial(_)) => true,
        Some(kind) => kind.link().is_some(),
        None => false,
    };
    let title = other.form.title_field.and_then(|at| other.form.fields.get(at)).map(|field| &field.id);
    let is_title = |column: &ShownColumn| title.is_some() && column.field(reader).map(|f| &f.id) == title;
    let is_telling = |column: &ShownColumn| match column.field(reader).map(|f| &f.kind) {
        Some(FieldKind::Status(_) | FieldKind::Date | FieldKind::DateTime) => true,
        Some(FieldKind::Number(number)) => number.flavor == NumberFlavor::Money,
        _ => false,
    };
    let mut kept: Vec<usize> = (0..columns.len().min(1)).collect();
    if columns.first().is_some_and(|first| !names(first)) {
        kept.extend(columns.iter().position(is_title).filter(|at| *at > 0));
    }
    let more: Vec<usize> =
        (1..columns.len()).filter(|i| !kept.contains(i) && columns.get(*i).is_some_and(is_telling)).collect();
    kept.extend(more);
    let is_link = |i: &usize| columns.get(*i).and_then(|c| c.field(reader)).is_some_and(|f| f.kind.link().is_some());
    let (links, others): (Vec<usize>, Vec<usize>) = (1..columns.len()).filter(|i| !kept.contains(i)).partition(is_link);
    kept.extend(others.into_iter().chain(links));
    kept.truncate(RELATED_COLUMNS);
    columns.into_iter().enumerate().filter(|(i, _)| kept.contains(i)).map(|(_, c)| c).collect()
}
