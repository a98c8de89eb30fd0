//! What a field begins with: a value, a variable, or what an expression gives.

use super::formula::{Dress, Pending, PendingKind};
use super::{Field, FieldDefault, FieldKind};
use crate::definition::type_name;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::record::read_value;
use serde_json::{Map, Value as Json};

/// A default by expression, `{"expression": "ISBLANK(owner)"}`: compiled when all fields are known. `None` where the default is
/// none, `Some(None)` where it is one that is refused.
pub(super) fn default_expression(
    field: &Field,
    default: &Json,
    at: &str,
    nested: bool,
    faults: &mut Vec<Fault>,
) -> Option<Option<Pending>> {
    // a json field may begin with any object
    let map = default.as_object().filter(|m| m.contains_key("expression") && !matches!(field.kind, FieldKind::Json))?;
    let before = faults.len();
    for key in map.keys().filter(|k| *k != "expression") {
        faults.push(
            Fault::new(format!("{at}/default/{}", crate::definition::pointer_segment(key)), &code::UNKNOWN_KEY)
                .with("name", key)
                .suggest(key, std::iter::once("expression")),
        );
    }
    let expression = match map.get("expression") {
        Some(Json::String(text)) => text.clone(),
        other => {
            faults.push(
                Fault::new(format!("{at}/default/expression"), &code::WRONG_TYPE)
                    .with("expected", "string")
                    .with("got", other.map_or("null", type_name)),
            );
            String::new()
        }
    };
    let what = match &field.kind {
        _ if nested => Some("a default by expression in the rows of a table"),
        FieldKind::Table(_) | FieldKind::Serial(_) | FieldKind::Location => {
            Some("a default by expression of this type")
        }
        _ => None,
    };
    if let Some(what) = what {
        faults.push(Fault::new(format!("{at}/default"), &code::KIND_NOT_OFFERED).with("what", what));
    }
    Some((faults.len() == before).then(|| Pending {
        at: at.to_string(),
        property: Map::new(),
        what: PendingKind::Default(expression),
        dress: Dress::default(),
    }))
}

/// A default that is a value, or a variable.
pub(crate) fn parse_default(field: &Field, default: &Json, at: &str, faults: &mut Vec<Fault>) -> Option<FieldDefault> {
    let here = format!("{at}/default");
    if let Some(variable) = default.get("var").and_then(Json::as_str) {
        let found = match (variable, &field.kind) {
            ("me", FieldKind::User | FieldKind::Users) => Some(FieldDefault::Me),
            ("me.department", FieldKind::Department | FieldKind::Departments) => Some(FieldDefault::MyDepartment),
            ("today", FieldKind::Date) => Some(FieldDefault::Today),
            ("now", FieldKind::DateTime) => Some(FieldDefault::Now),
            (name, kind) if !matches!(kind, FieldKind::Table(_) | FieldKind::Serial(_)) => {
                name.strip_prefix("settings.").map(|key| FieldDefault::Setting(key.to_string()))
            }
            _ => None,
        };
        if found.is_none() {
            faults.push(
                Fault::new(here, &code::UNKNOWN_REFERENCE)
                    .with("kind", "variable")
                    .with("name", variable)
                    .suggest(variable, ["me", "me.department", "today", "now"].into_iter()),
            );
        }
        return found;
    }
    if default.is_null() {
        return None;
    }
    if default.get("find").is_some() {
        faults.push(Fault::new(here, &code::KIND_NOT_OFFERED).with("what", "a default from another form"));
        return None;
    }
    let mut inner = Vec::new();
    let value = read_value(field, default, &mut inner);
    if let Some(first) = inner.into_iter().next() {
        faults.push(Fault { path: here, ..first });
        return None;
    }
    value.map(FieldDefault::Value)
}
