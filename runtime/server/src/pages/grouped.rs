//! A list under headings: the records of a view that groups by a field, each group with the number of its records over all
//! pages.

use super::cell::{Place, Teller};
use super::condition::Judge;
use super::list::Question;
use super::reader::Reader;
use super::seen_form::SeenForm;
use crate::problem::Answer;
use formwright_core::field::{Field, FieldKind};
use formwright_templates::format;
use formwright_templates::view::list::GroupHead;
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;

/// The field by which the open view groups: one with a single value in each record, by which the list can be ordered.
pub fn field_of<'a>(judge: &Judge<'_>, seen: &'a SeenForm, question: &Question) -> Option<&'a Field> {
    let name = question.view.group.as_deref()?;
    let (_, field) = seen.field(name)?;
    let single = matches!(
        field.kind,
        FieldKind::Choice(_)
            | FieldKind::Status(_)
            | FieldKind::Boolean
            | FieldKind::Link(_)
            | FieldKind::User
            | FieldKind::Department
            | FieldKind::Date
            | FieldKind::Text(_)
    );
    (single && judge.sorts(name)).then_some(field)
}

/// The order of a grouped list: its groups first, in the direction that is asked for them.
pub fn order(field: &Field, sort: &[String]) -> Vec<String> {
    let plain = |key: &String| key.trim_start_matches(['-', '+']) == field.name;
    let first = sort.iter().find(|key| plain(key)).cloned().unwrap_or_else(|| field.name.clone());
    let mut out = vec![first];
    out.extend(sort.iter().filter(|key| !plain(key)).cloned());
    out.truncate(5);
    out
}

/// The heading above each record with which a group begins on this page.
///
/// # Errors
/// What the engine refuses.
pub async fn heads(
    reader: &Reader,
    teller: &Teller<'_>,
    form: &str,
    field: &Field,
    question: &Question,
    records: &[Json],
) -> Answer<Vec<Option<GroupHead>>> {
    let counts = counts(reader, form, field, question).await?;
    let mut before: Option<&Json> = None;
    let mut out = Vec::with_capacity(records.len());
    for record in records {
        const NOTHING: &Json = &Json::Null;
        let value = record.get(&field.name).unwrap_or(NOTHING);
        out.push((before != Some(value)).then(|| {
            let titles = record.get("_titles").and_then(|titles| titles.get(&field.name));
            GroupHead {
                cell: teller.cell(field, value, titles, record, Place::Row),
                count: counts.get(&value.to_string()).cloned(),
            }
        }));
        before = Some(value);
    }
    Ok(out)
}

/// Finished numbers of records by value.
async fn counts(reader: &Reader, form: &str, field: &Field, question: &Question) -> Answer<HashMap<String, String>> {
    let _turn = reader.caller.heavy().await?;
    let mut body = Map::new();
    body.insert("group".into(), json!([{"field": field.name}]));
    body.insert("measures".into(), json!([{"name": "n", "function": "count"}]));
    if let Some(filter) = &question.request.filter {
        body.insert("filter".into(), filter.clone());
    }
    if let Some(q) = &question.request.q {
        body.insert("q".into(), json!(q));
    }
    let answer = reader.cx().engine.aggregate(reader.cx(), form, body).await?;
    let rows = answer.get("rows").and_then(Json::as_array).into_iter().flatten();
    Ok(rows
        .filter_map(|row| {
            let count = row.get("n").and_then(super::cell::decimal)?;
            Some((row.get(&field.name)?.to_string(), format::number(count, 0)))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use formwright_core::form::build_form;

    #[test]
    fn groups_come_first_in_the_order_that_is_asked_for_them() {
        let doc = json!({"kind": "form", "app": "a", "name": "f", "title": "F", "record": {"type": "object", "properties": {"country": {"enum": ["CN"]}}}});
        let form = build_form(&doc, &HashMap::new(), &mut Vec::new()).unwrap();
        let field = form.field("country").unwrap().1;
        let of = |keys: &[&str]| order(field, &keys.iter().map(|k| (*k).to_string()).collect::<Vec<_>>());
        assert_eq!(of(&["-updated_at"]), ["country", "-updated_at"]);
        assert_eq!(of(&["code", "-country"]), ["-country", "code"]);
    }
}
