//! What stands around a list's rows: heads that sort, columns to choose, the view to save, actions, and what would be found otherwise.

use super::question::Question;
use crate::pages::asked;
use crate::pages::columns::{self, ShownColumn};
use crate::pages::condition::{Judge, both, filter_of};
use crate::pages::query::Query;
use crate::pages::reader::Reader;
use crate::pages::seen_form::SeenForm;
use crate::problem::Answer;
use formwright_core::field::FieldKind;
use formwright_engine::records::{CountMode, ListRequest};
use formwright_templates::view::list::Sort;
use formwright_templates::view::{Column, ColumnChoice, Link, ListActions, SaveView};
use serde_json::{Value as Json, json};

pub(super) fn head(
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

pub(super) fn column_choices(
    reader: &Reader,
    judge: &Judge<'_>,
    seen: &SeenForm,
    shown: &[ShownColumn],
) -> Vec<ColumnChoice> {
    let rest = columns::columns(reader, judge, seen, &columns::possible(seen));
    let choice = |column: &ShownColumn, is_shown: bool| ColumnChoice {
        path: column.path.clone(),
        title: column.title.clone(),
        shown: is_shown,
    };
    let hidden = rest.iter().filter(|c| !shown.iter().any(|s| s.path == c.path)).map(|c| choice(c, false));
    shown.iter().map(|c| choice(c, true)).chain(hidden).collect()
}

pub(super) fn save_view(form: &str, question: &Question, query: &Query, shown: &[ShownColumn]) -> SaveView {
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

pub(super) fn actions(reader: &Reader, seen: &SeenForm, query: &Query) -> ListActions {
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

/// What would be found without one of the conditions.
pub(super) async fn suggest(
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
