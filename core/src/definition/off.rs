//! What a definition says and does no longer: a term that does not fit since something else was changed stays where it is
//! written, and is switched off. A view opens without such terms; a rule with one does nothing.

use super::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

/// A term that is switched off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OffDoc {
    /// The member in which the term stands: `filter`, `sort`, `fields`, …
    pub at: String,
    /// The term as it is written there; of a rule, the member as a whole.
    pub term: Json,
    /// Code of the fault that it has.
    pub why: String,
}

/// Members of a view that are lists of paths.
const LISTS: [&str; 4] = ["fields", "sort", "sum", "card"];
/// Members of a view that are one path.
const PATHS: [&str; 7] = ["group", "color", "start", "end", "parent", "image", "depends"];
/// Members of a rule that name fields.
const OF_RULES: [&str; 3] = ["when", "unless", "then"];
/// Lists of parts that can be without one of their terms.
const PARTS: [&str; 2] = ["views", "rules"];

/// The part of a definition that can be without a term, as a pointer, and the term in it.
#[derive(Clone, Debug, PartialEq)]
pub struct OffPlace {
    /// `/views/0`, `/rules/2`
    pub part: String,
    pub at: String,
    pub term: Json,
}

/// The parts of a definition that can be without a term, with their pointers.
pub fn off_parts(kind: Kind, doc: &Json) -> Vec<(String, &Map<String, Json>)> {
    let lists = PARTS.into_iter().filter(|_| kind == Kind::Form);
    lists
        .flat_map(|list| {
            let items = doc.get(list).and_then(Json::as_array).into_iter().flatten().enumerate();
            items.filter_map(move |(i, part)| Some((format!("/{list}/{i}"), part.as_object()?)))
        })
        .collect()
}

/// What a part says is switched off in it.
pub fn off_of(part: &Map<String, Json>) -> Vec<OffDoc> {
    part.get("off").and_then(|off| serde_json::from_value(off.clone()).ok()).unwrap_or_default()
}

/// The term in which a fault's pointer lies; `None` for a place that cannot be switched off.
pub fn off_place(kind: Kind, doc: &Json, pointer: &str) -> Option<OffPlace> {
    let (at_part, part) = off_parts(kind, doc)
        .into_iter()
        .find(|(at, _)| pointer.strip_prefix(at.as_str()).is_some_and(|rest| rest.starts_with('/')))?;
    let mut segments = pointer.get(at_part.len() + 1..)?.split('/');
    let at = segments.next()?;
    let member = part.get(at)?;
    let term = if at_part.starts_with("/rules/") {
        OF_RULES.contains(&at).then(|| member.clone())?
    } else if at == "filter" {
        term_at(member, &mut segments)?.clone()
    } else if LISTS.contains(&at) {
        json!(path_of(member.as_array()?.get(segments.next()?.parse::<usize>().ok()?)?)?)
    } else {
        PATHS.contains(&at).then(|| member.clone())?
    };
    Some(OffPlace { part: at_part, at: at.to_string(), term })
}

/// The term of a filter at which a pointer arrives first.
fn term_at<'j>(filter: &'j Json, segments: &mut std::str::Split<'_, char>) -> Option<&'j Json> {
    let mut here = filter;
    loop {
        let map = here.as_object()?;
        if let Some(inner) = map.get("not").filter(|_| map.len() == 1) {
            segments.next().filter(|s| *s == "not")?;
            here = inner;
        } else if let Some((_, list)) = map.iter().next().filter(|(k, _)| map.len() == 1 && is_joint(k)) {
            segments.next().filter(|s| is_joint(s))?;
            here = list.as_array()?.get(segments.next()?.parse::<usize>().ok()?)?;
        } else {
            return Some(here);
        }
    }
}

fn is_joint(key: &str) -> bool {
    matches!(key, "and" | "or")
}

/// The path of an entry of a list: it stands alone, or as `field` beside other members.
fn path_of(item: &Json) -> Option<&str> {
    item.as_str().or_else(|| item.get("field").and_then(Json::as_str))
}

/// Every term of a view, with the member in which it stands.
pub fn view_terms(view: &Map<String, Json>) -> Vec<(&'static str, Json)> {
    let mut out = Vec::new();
    if let Some(filter) = view.get("filter") {
        filter_terms(filter, &mut out);
    }
    for key in LISTS {
        let items = view.get(key).and_then(Json::as_array).into_iter().flatten();
        out.extend(items.filter_map(|item| Some((key, json!(path_of(item)?)))));
    }
    out.extend(PATHS.into_iter().filter_map(|key| Some((key, view.get(key).filter(|v| v.is_string())?.clone()))));
    out
}

fn filter_terms(node: &Json, out: &mut Vec<(&'static str, Json)>) {
    let Some(map) = node.as_object().filter(|map| !map.is_empty()) else { return };
    match map.iter().next().filter(|_| map.len() == 1) {
        Some((key, inner)) if key == "not" => filter_terms(inner, out),
        Some((key, list)) if is_joint(key) => {
            list.as_array().into_iter().flatten().for_each(|part| filter_terms(part, out));
        }
        _ => out.push(("filter", node.clone())),
    }
}

/// The view without the terms that are switched off. What joined nothing but such terms goes with them.
pub fn leave_out(view: &mut Map<String, Json>, is_off: &dyn Fn(&str, &Json) -> bool) {
    if let Some(filter) = view.get("filter").filter(|f| !f.is_null())
        && without(filter, is_off).is_none()
    {
        view.shift_remove("filter");
    } else if let Some(filter) = view.get_mut("filter")
        && let Some(left) = without(filter, is_off)
    {
        *filter = left;
    }
    for key in LISTS {
        if let Some(list) = view.get_mut(key).and_then(Json::as_array_mut) {
            list.retain(|item| path_of(item).is_none_or(|path| !is_off(key, &json!(path))));
        }
    }
    view.retain(|key, value| !(PATHS.contains(&key.as_str()) && is_off(key, value)));
}

fn without(node: &Json, is_off: &dyn Fn(&str, &Json) -> bool) -> Option<Json> {
    let Some(map) = node.as_object() else { return Some(node.clone()) };
    match map.iter().next().filter(|_| map.len() == 1) {
        Some((key, inner)) if key == "not" => Some(json!({"not": without(inner, is_off)?})),
        Some((key, Json::Array(list))) if is_joint(key) => {
            let left: Vec<Json> = list.iter().filter_map(|part| without(part, is_off)).collect();
            (list.is_empty() || !left.is_empty()).then(|| json!({ key.as_str(): left }))
        }
        _ => (!is_off("filter", node)).then(|| node.clone()),
    }
}

/// A filter in which each term that is switched off holds always, so that every other term keeps its place.
pub fn made_neutral(node: &Json, is_off: &dyn Fn(&Json) -> bool) -> Json {
    let Some(map) = node.as_object() else { return node.clone() };
    match map.iter().next().filter(|_| map.len() == 1) {
        Some((key, inner)) if key == "not" => json!({"not": made_neutral(inner, is_off)}),
        Some((key, Json::Array(list))) if is_joint(key) => {
            json!({ key.as_str(): list.iter().map(|part| made_neutral(part, is_off)).collect::<Vec<_>>() })
        }
        _ if is_off(node) => json!({"and": []}),
        _ => node.clone(),
    }
}

/// A part as it is named to people: its title, else its name, else its place.
pub fn part_name(pointer: &str, part: &Map<String, Json>) -> String {
    let text = |key: &str| part.get(key).and_then(Json::as_str).filter(|t| !t.is_empty());
    let number = || pointer.rsplit('/').next().and_then(|n| n.parse::<usize>().ok()).map(|n| (n + 1).to_string());
    text("title").or_else(|| text("name")).map(str::to_string).or_else(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn view() -> Json {
        json!({"name": "v", "filter": {"and": [{"field": "a", "op": "eq", "value": 1}, {"not": {"or": [
            {"field": "b", "op": "contains", "value": "x"}, {"related": "order", "via": "c", "where": {"field": "d", "op": "is_empty"}}]}}]},
            "fields": ["a", {"field": "b", "width": 90}], "sort": ["-b"], "group": "a"})
    }

    #[test]
    fn a_faults_place_lies_in_a_term_of_its_view() {
        let doc = json!({"views": [{"name": "first"}, view()], "rules": [{"when": {"field": "b", "op": "eq", "value": 1}, "then": [{"hide": ["a"]}]}]});
        let term = |pointer: &str| off_place(Kind::Form, &doc, pointer).map(|p| (p.part, p.at, p.term));
        let b = json!({"field": "b", "op": "contains", "value": "x"});
        assert_eq!(term("/views/1/filter/and/1/not/or/0/op"), Some(("/views/1".into(), "filter".into(), b)));
        assert_eq!(
            term("/views/1/filter/and/1/not/or/1/where/op").unwrap().2["related"],
            "order",
            "a question about related records is one term"
        );
        assert_eq!(term("/views/1/fields/1"), Some(("/views/1".into(), "fields".into(), json!("b"))));
        assert_eq!(term("/views/1/sort/0").unwrap().2, "-b");
        assert_eq!(term("/views/1/group").unwrap().2, "a");
        assert_eq!(term("/rules/0/then/0/hide/0").unwrap().1, "then");
        for other in
            ["/views/1/name", "/views/1/filter", "/views/1/filter/and", "/views/9/group", "/lock/op", "/views/1"]
        {
            assert_eq!(term(other), None, "{other}");
        }
    }

    #[test]
    fn a_view_is_left_without_a_term_and_what_joined_only_such_terms_goes_with_them() {
        let mut left = view();
        leave_out(left.as_object_mut().unwrap(), &|at, term| {
            path_of(term).is_some_and(|path| path.trim_start_matches('-') == "b")
                || at == "filter" && term.get("related").is_some()
        });
        assert_eq!(
            left,
            json!({"name": "v", "filter": {"and": [{"field": "a", "op": "eq", "value": 1}]}, "fields": ["a"], "sort": [], "group": "a"})
        );
        leave_out(left.as_object_mut().unwrap(), &|_, _| true);
        assert_eq!(left, json!({"name": "v", "fields": [], "sort": []}));
        let before = view();
        let all = view_terms(before.as_object().unwrap());
        assert_eq!(
            all.iter().map(|(at, _)| *at).collect::<Vec<_>>(),
            ["filter", "filter", "filter", "fields", "fields", "sort", "group"]
        );
    }
}
