//! JSON to a field's value, exactly or not at all.

use crate::definition::type_name;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{Field, FieldKind};
use crate::fold;
use crate::value::{NumberFault, Value, decimal_from_text};
use crate::written::{parse_day, parse_instant, parse_time};
use serde_json::Value as Json;
use std::collections::HashSet;
use std::hash::Hash;
use uuid::Uuid;

/// Longest text in bytes.
pub const MAX_TEXT: usize = 64 << 10;

/// Reads a value; faults carry a path below the field (empty for the field itself). Tables are read by [`super::Patch`].
pub fn read_value(field: &Field, json: &Json, faults: &mut Vec<Fault>) -> Option<Value> {
    if json.is_null() {
        return Some(Value::Null);
    }
    match &field.kind {
        FieldKind::Text(_) | FieldKind::LongText { .. } | FieldKind::Scan | FieldKind::Serial(_) => {
            text(json, faults).map(|t| Value::Text(t.to_string()))
        }
        FieldKind::Number(n) => {
            let Json::Number(number) = json else { return wrong(json, "number", faults) };
            match decimal_from_text(number.as_str(), n.scale) {
                Ok(d) => Some(Value::Dec(d)),
                Err(NumberFault::TooManyDecimals) => {
                    fail(Fault::new("", &code::TOO_MANY_DECIMALS).with("limit", n.scale), faults)
                }
                Err(NumberFault::TooLong) => fail(Fault::new("", &code::NUMBER_TOO_LONG), faults),
            }
        }
        FieldKind::Boolean => json.as_bool().map(Value::Bool).or_else(|| wrong(json, "boolean", faults)),
        FieldKind::Date => {
            let t = text(json, faults)?;
            parse_day(t).map(Value::Date).or_else(|| format("date", faults))
        }
        FieldKind::DateTime => {
            parse_instant(text(json, faults)?).map(Value::Ts).or_else(|| format("date-time", faults))
        }
        FieldKind::Time => parse_time(text(json, faults)?).map(Value::Time).or_else(|| format("time", faults)),
        FieldKind::Duration => {
            let t = text(json, faults)?;
            if crate::time::duration_micros(t).is_some() {
                Some(Value::Text(t.to_string()))
            } else {
                format("duration", faults)
            }
        }
        FieldKind::Choice(c) => {
            let t = text(json, faults)?;
            choice(field, t, c.pick_any, "", faults).then(|| Value::Text(t.to_string()))
        }
        FieldKind::Status(_) => {
            let t = text(json, faults)?;
            choice(field, t, true, "", faults).then(|| Value::Text(t.to_string()))
        }
        FieldKind::Choices(c) => list(json, faults, |item, at, faults| {
            let t = text(item, faults)?;
            choice(field, t, c.pick_any, at, faults).then(|| Value::Text(t.to_string()))
        }),
        FieldKind::Tags(tags) => list(json, faults, |item, at, faults| {
            let t = text(item, faults)?;
            if fold::is_blank(t) || t.chars().count() > 100 {
                return fail(Fault::new(at, &code::TOO_LONG).with("limit", 100), faults);
            }
            (tags.open || choice(field, t, true, at, faults)).then(|| Value::Text(t.to_string()))
        }),
        FieldKind::User | FieldKind::Department | FieldKind::Link(_) | FieldKind::Signature => {
            id(json, faults).map(Value::Id)
        }
        FieldKind::Users | FieldKind::Departments | FieldKind::Links(_) | FieldKind::Files(_) => {
            list(json, faults, |item, _, faults| id(item, faults).map(Value::Id))
        }
        FieldKind::Location | FieldKind::Json => {
            if storable(json) {
                Some(Value::Json(json.clone()))
            } else {
                fail(Fault::new("", &code::TEXT_INVALID), faults)
            }
        }
        FieldKind::Table(_) => wrong(json, "array", faults),
    }
}

fn fail<T>(fault: Fault, faults: &mut Vec<Fault>) -> Option<T> {
    faults.push(fault);
    None
}

fn wrong<T>(json: &Json, expected: &str, faults: &mut Vec<Fault>) -> Option<T> {
    fail(Fault::new("", &code::WRONG_TYPE).with("expected", expected).with("got", type_name(json)), faults)
}

fn format<T>(format: &str, faults: &mut Vec<Fault>) -> Option<T> {
    fail(Fault::new("", &code::FORMAT_INVALID).with("format", format), faults)
}

fn text<'a>(json: &'a Json, faults: &mut Vec<Fault>) -> Option<&'a str> {
    let Json::String(t) = json else { return wrong(json, "string", faults) };
    if !fold::is_storable(t) {
        return fail(Fault::new("", &code::TEXT_INVALID), faults);
    }
    if t.len() > MAX_TEXT {
        return fail(Fault::new("", &code::TOO_LONG).with("limit", MAX_TEXT), faults);
    }
    Some(t)
}

fn id(json: &Json, faults: &mut Vec<Fault>) -> Option<Uuid> {
    // an expanded link sent back as it came is the link
    let json = json.get("id").unwrap_or(json);
    let t = text(json, faults)?;
    Uuid::try_parse(t).ok().or_else(|| fail(Fault::new("", &code::NOT_FOUND_REFERENCE), faults))
}

fn choice(field: &Field, value: &str, groups: bool, at: &str, faults: &mut Vec<Fault>) -> bool {
    let Some(set) = field.kind.choices() else { return true };
    match set.get(value) {
        None => {
            faults.push(
                Fault::new(at, &code::CHOICE_UNKNOWN)
                    .with("value", value)
                    .suggest(value, set.choices.iter().map(|c| c.value.as_str())),
            );
            false
        }
        Some(_) if !groups && set.is_group(value) => {
            faults.push(Fault::new(at, &code::CHOICE_NOT_LEAF).with("value", value));
            false
        }
        Some(_) => true,
    }
}

fn list(
    json: &Json,
    faults: &mut Vec<Fault>,
    mut read: impl FnMut(&Json, &str, &mut Vec<Fault>) -> Option<Value>,
) -> Option<Value> {
    let Json::Array(items) = json else { return wrong(json, "array", faults) };
    let mut out = Vec::with_capacity(items.len());
    let mut seen = HashSet::new();
    let before = faults.len();
    for (i, item) in items.iter().enumerate() {
        let at = i.to_string();
        let mut inner = Vec::new();
        if let Some(value) = read(item, "", &mut inner) {
            if !seen.insert(key(&value)) {
                inner.push(Fault::new("", &code::NOT_UNIQUE_ITEMS));
            }
            out.push(value);
        } else if item.is_null() {
            inner.push(Fault::new("", &code::WRONG_TYPE).with("expected", "string").with("got", "null"));
        }
        faults.extend(inner.into_iter().map(|f| f.under(&at)));
    }
    (faults.len() == before).then_some(Value::List(out))
}

fn key(value: &Value) -> impl Hash + Eq + use<> {
    match value {
        Value::Text(t) => (Some(t.clone()), None),
        other => (None, other.as_id()),
    }
}

fn storable(json: &Json) -> bool {
    match json {
        Json::String(t) => fold::is_storable(t),
        Json::Array(items) => items.iter().all(storable),
        Json::Object(map) => map.iter().all(|(k, v)| fold::is_storable(k) && storable(v)),
        _ => true,
    }
}
