//! Conditions as JSON Schemas of a record: those that look at constants of the record's own fields. A field that is absent has
//! its default.

use super::When;
use crate::catalog::Catalog;
use crate::field::{Field, FieldDefault, FieldKind};
use crate::query::{Cond, DepartmentAttr, Elsewhere, Leaf, Subject, Test, UserAttr, holds};
use crate::record::Record;
use crate::value::Value;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// A condition as a schema of the record; `None` where it looks at more than constants of the record. `conds` are the terms of
/// the condition as they were read, in their order.
pub(super) fn say(catalog: &Catalog, form: usize, when: &When, conds: &mut impl Iterator<Item = Cond>) -> Option<Json> {
    match when {
        When::Always => Some(json!(true)),
        When::Expression(_) => None,
        When::Filter(json) => {
            let cond = conds.next();
            cond.filter(|_| !names_variable(json)).and_then(|cond| say_cond(catalog, form, &cond))
        }
        // all are asked, so that the terms stay in step
        When::All(parts) => {
            let said: Vec<Option<Json>> = parts.iter().map(|part| say(catalog, form, part, conds)).collect();
            Some(all_of(said.into_iter().collect::<Option<Vec<Json>>>()?))
        }
        When::Any(parts) => {
            let said: Vec<Option<Json>> = parts.iter().map(|part| say(catalog, form, part, conds)).collect();
            Some(any_of(said.into_iter().collect::<Option<Vec<Json>>>()?))
        }
        When::Not(inner) => say(catalog, form, inner, conds).map(not),
    }
}

fn names_variable(json: &Json) -> bool {
    match json {
        Json::Object(map) => map.contains_key("var") || map.values().any(names_variable),
        Json::Array(items) => items.iter().any(names_variable),
        _ => false,
    }
}

pub(super) fn all_of(mut parts: Vec<Json>) -> Json {
    if parts.contains(&json!(false)) {
        return json!(false);
    }
    parts.retain(|p| *p != json!(true));
    match parts.len() {
        0 => json!(true),
        1 => parts.pop().unwrap_or_default(),
        _ => json!({ "allOf": parts }),
    }
}

pub(super) fn any_of(mut parts: Vec<Json>) -> Json {
    if parts.contains(&json!(true)) {
        return json!(true);
    }
    parts.retain(|p| *p != json!(false));
    match parts.len() {
        0 => json!(false),
        1 => parts.pop().unwrap_or_default(),
        _ => json!({ "anyOf": parts }),
    }
}

pub(super) fn not(said: Json) -> Json {
    match said {
        Json::Bool(truth) => Json::Bool(!truth),
        other => json!({ "not": other }),
    }
}

fn say_cond(catalog: &Catalog, form: usize, cond: &Cond) -> Option<Json> {
    match cond {
        Cond::True => Some(json!(true)),
        Cond::False => Some(json!(false)),
        Cond::And(parts) => {
            Some(all_of(parts.iter().map(|p| say_cond(catalog, form, p)).collect::<Option<Vec<Json>>>()?))
        }
        Cond::Or(parts) => {
            Some(any_of(parts.iter().map(|p| say_cond(catalog, form, p)).collect::<Option<Vec<Json>>>()?))
        }
        Cond::Not(inner) => say_cond(catalog, form, inner).map(not),
        Cond::Test { path, test } if path.hops.is_empty() && path.start.table.is_none() => {
            let Leaf::Field(index) = path.leaf else { return None };
            // equal encrypted values may be written in several ways
            let is_plain = |f: &&Field| f.computed.is_none() && !f.read_only && !f.is_encrypted();
            let field = catalog.forms.get(form)?.fields.get(index).filter(is_plain)?;
            let filled = filled(&field.kind);
            let wanted = match test {
                Test::Empty => filled.clone(),
                other => say_test(&field.kind, other)?,
            };
            let mut said = Map::new();
            if !default_meets(catalog, form, index, cond) {
                said.insert("required".into(), json!([field.name]));
            }
            said.insert("properties".into(), json!({ field.name.as_str(): wanted }));
            let said = Json::Object(said);
            Some(if *test == Test::Empty { not(said) } else { said })
        }
        _ => None,
    }
}

/// Whether what is absent meets the test, since its default does; asked of emptiness: whether the default is a value.
fn default_meets(catalog: &Catalog, number: usize, index: usize, cond: &Cond) -> bool {
    let Some(form) = catalog.forms.get(number) else { return false };
    let Some(FieldDefault::Value(value)) = form.fields.get(index).and_then(|f| f.default.as_ref()) else {
        return false;
    };
    let mut values = vec![Value::Null; form.fields.len()];
    if let Some(slot) = values.get_mut(index) {
        *slot = value.clone();
    }
    let at = chrono::DateTime::UNIX_EPOCH;
    let nobody = Uuid::nil();
    let record = Record {
        id: nobody,
        version: 0,
        created_at: at,
        created_by: nobody,
        updated_at: at,
        updated_by: nobody,
        deleted_at: None,
        flow_state: String::new(),
        values,
    };
    let is_emptiness = matches!(cond, Cond::Test { test: Test::Empty, .. });
    holds(Subject::record(catalog, number, &record), cond, &Nothing) != is_emptiness
}

/// Constants are asked of the record alone.
struct Nothing;

impl Elsewhere for Nothing {
    fn holds(&self, _: usize, _: Uuid, _: &Cond) -> Option<bool> {
        None
    }
    fn user(&self, _: Uuid, _: UserAttr) -> Value {
        Value::Null
    }
    fn department(&self, _: Uuid, _: DepartmentAttr) -> Value {
        Value::Null
    }
}

/// A value that is not empty, as conditions count it.
fn filled(kind: &FieldKind) -> Json {
    match kind {
        _ if kind.is_many() => json!({"type": "array", "minItems": 1}),
        FieldKind::Text(_)
        | FieldKind::LongText { .. }
        | FieldKind::Scan
        | FieldKind::Choice(_)
        | FieldKind::Status(_)
        | FieldKind::Duration => json!({"type": "string", "pattern": "[^ \\t\\n\\r\\u3000\\u00a0]"}),
        _ => json!({"not": {"type": "null"}}),
    }
}

/// A test as a schema of the value; `None` for kinds whose values can be written in several ways, and for folded text.
fn say_test(kind: &FieldKind, test: &Test) -> Option<Json> {
    let is_exact = matches!(
        kind,
        FieldKind::Text(_)
            | FieldKind::LongText { .. }
            | FieldKind::Scan
            | FieldKind::Choice(_)
            | FieldKind::Status(_)
            | FieldKind::Number(_)
            | FieldKind::Boolean
            | FieldKind::Date
    );
    let is_list = matches!(kind, FieldKind::Choices(_) | FieldKind::Tags(_));
    if !is_exact && !is_list {
        return None;
    }
    let contains = |wanted: Json| if is_list { json!({"type": "array", "contains": wanted}) } else { wanted };
    Some(match test {
        Test::Eq(value) => contains(json!({"const": value.to_json()})),
        Test::In(values) => contains(json!({"enum": values.iter().map(Value::to_json).collect::<Vec<_>>()})),
        Test::HasAll(values) if is_list => {
            let each = values.iter().map(|v| json!({"contains": {"const": v.to_json()}}));
            let mut all = vec![json!({"type": "array"})];
            all.extend(each);
            all_of(all)
        }
        Test::Range { low, high } if matches!(kind, FieldKind::Number(_)) => {
            let mut out = Map::from_iter([("type".to_string(), json!("number"))]);
            for (bound, inclusive, exclusive) in
                [(low, "minimum", "exclusiveMinimum"), (high, "maximum", "exclusiveMaximum")]
            {
                if let Some((value, is_within)) = bound {
                    out.insert((if *is_within { inclusive } else { exclusive }).to_string(), value.to_json());
                }
            }
            (low.is_some() || high.is_some()).then_some(Json::Object(out))?
        }
        _ => return None,
    })
}
