//! The lists that speak of the reader or of the clock: what is his, what is due. Their numbers are asked for once the first page
//! stands, so that it never waits for a count.

use super::nav::{UsableApp, UsableForm};
use super::reader::Reader;
use super::seen_form::SeenForm;
use super::view_choice;
use formwright_templates::view::WorkList;
use serde_json::Value as Json;

/// Lists of one form.
const OF_ONE_FORM: usize = 2;
/// Lists altogether.
const MOST: usize = 8;

/// What a condition speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Speaks {
    of_reader: bool,
    of_clock: bool,
}

/// The lists of the reader's forms, in the order of his menu.
pub fn lists(reader: &Reader, apps: &[UsableApp]) -> Vec<WorkList> {
    let forms = apps.iter().flat_map(|app| &app.forms).filter(|form| form.may("read"));
    forms.flat_map(|form| of_form(reader, form)).take(MOST).collect()
}

/// Lists of a form: those that the clock fills first, because they are what cannot wait.
fn of_form(reader: &Reader, form: &UsableForm) -> Vec<WorkList> {
    let Ok(seen) = SeenForm::find(reader, &form.name) else { return Vec::new() };
    let mut found: Vec<(bool, WorkList)> = view_choice::published(reader, &seen)
        .into_iter()
        .filter_map(|view| {
            let filter = view.filter?;
            let speaks = speaks(&filter);
            (speaks.of_reader || speaks.of_clock).then(|| {
                let list = WorkList {
                    form: form.name.clone(),
                    title: view.title,
                    note: form.title.clone(),
                    href: format!("{}?view={}", form.href(), super::query::encode(&view.key)),
                    filter: filter.to_string(),
                };
                (speaks.of_clock, list)
            })
        })
        .collect();
    found.sort_by_key(|(of_clock, _)| !of_clock);
    found.into_iter().take(OF_ONE_FORM).map(|(_, list)| list).collect()
}

fn speaks(filter: &Json) -> Speaks {
    let mut out = Speaks::default();
    let mut todo = vec![filter];
    while let Some(part) = todo.pop() {
        match part {
            Json::Array(parts) => todo.extend(parts),
            Json::Object(parts) => {
                match parts.get("var").and_then(Json::as_str) {
                    Some(name) if name == "me" || name.starts_with("me.") => out.of_reader = true,
                    Some("now" | "today") => out.of_clock = true,
                    _ => {}
                }
                out.of_clock |= parts.get("op").and_then(Json::as_str) == Some("within");
                todo.extend(parts.values());
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_condition_speaks_of_the_reader_or_of_the_clock_wherever_they_stand_in_it() {
        let cases = [
            (json!({"field": "owner", "op": "eq", "value": {"var": "me"}}), (true, false)),
            (json!({"field": "owner.department", "op": "under", "value": {"var": "me.department"}}), (true, false)),
            (
                json!({"and": [{"field": "done", "op": "ne", "value": true}, {"field": "at", "op": "lt", "value": {"var": "now"}}]}),
                (false, true),
            ),
            (
                json!({"not": {"related": "visit", "via": "customer", "where": {"field": "on", "op": "within", "value": "last_30_days"}}}),
                (false, true),
            ),
            (json!({"field": "grade", "op": "eq", "value": "A"}), (false, false)),
            (json!({"field": "amount", "op": "gt", "value": {"var": "settings.limit"}}), (false, false)),
        ];
        for (filter, (of_reader, of_clock)) in cases {
            assert_eq!(speaks(&filter), Speaks { of_reader, of_clock }, "{filter}");
        }
    }
}
