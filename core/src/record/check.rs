//! All faults of a whole record: required fields, the JSON Schema of the form, choices that may no longer be picked.

use super::example::example_of;
use super::value_to_json;
use crate::diagnostic::Fault;
use crate::error_code::{self as code, ErrorCode};
use crate::field::{Field, FieldKind, Normal, TableOptions};
use crate::form::Form;
use crate::phone;
use crate::value::{Row, Value};
use jsonschema::error::{ValidationError, ValidationErrorKind as Why};
use serde_json::{Map, Value as Json};
use std::collections::HashSet;

/// Checks the values of a record against the form; `before` is the record as it was, so that what was not touched (a retired
/// choice) is not held against the caller.
pub fn check(form: &Form, values: &[Value], before: Option<&[Value]>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut json = Map::with_capacity(values.len());
    for (i, (field, value)) in form.fields.iter().zip(values).enumerate() {
        if matches!(value, Value::Null) {
            if field.required && !matches!(field.kind, FieldKind::Serial(_)) {
                faults.push(required(field));
            }
            continue;
        }
        if let (Value::Rows(rows), Some(table)) = (value, field.table()) {
            if rows.is_empty() && field.required {
                faults.push(required(field));
            }
            for (r, row) in rows.iter().enumerate() {
                for (column, cell) in table.fields.iter().zip(&row.values) {
                    if column.required && matches!(cell, Value::Null) {
                        faults.push(required(column).under(&r.to_string()).under(&field.name));
                    }
                }
            }
        }
        let was = before.and_then(|b| b.get(i));
        match (value, field.table()) {
            (Value::Rows(rows), Some(table)) => held_in_rows(&field.name, table, rows, was, &mut faults),
            _ => held(field, value, was, &mut faults),
        }
        if form.checked_by_schema.contains(i) || form.has_whole_schema {
            json.insert(field.name.clone(), without_nulls(field, value));
        }
    }
    if json.is_empty() && !form.has_whole_schema {
        return faults;
    }
    let json = Json::Object(json);
    if !form.validator.is_valid(&json) {
        for error in form.validator.iter_errors(&json) {
            faults.push(translate(&error));
        }
    }
    faults
}

fn required(field: &Field) -> Fault {
    Fault::new(field.name.clone(), &code::REQUIRED).titled("title", &field.title)
}

/// Rows as the schema sees them carry no nulls and no ids.
fn without_nulls(field: &Field, value: &Value) -> Json {
    match (field.table(), value) {
        (Some(table), Value::Rows(rows)) => rows
            .iter()
            .map(|row| {
                let cells = table.fields.iter().zip(&row.values).filter(|(_, v)| !matches!(v, Value::Null));
                Json::Object(cells.map(|(f, v)| (f.name.clone(), v.to_json())).collect())
            })
            .collect(),
        _ => value_to_json(field, value),
    }
}

/// What is held against a value that was not there before; what was stays, although it is asked for otherwise now.
fn held(field: &Field, value: &Value, before: Option<&Value>, faults: &mut Vec<Fault>) {
    pickable(field, value, before, faults);
    let is_typed = field.normal() == Normal::Phone && field.computed.is_none() && before != Some(value);
    if is_typed && value.as_text().is_some_and(|text| !phone::is_phone(text)) {
        faults.push(Fault::new(field.name.clone(), &code::FORMAT_INVALID).with("format", "phone"));
    }
}

fn pickable(field: &Field, value: &Value, before: Option<&Value>, faults: &mut Vec<Fault>) {
    let Some(set) = field.kind.choices() else { return };
    let was = |v: &Value| match before {
        Some(Value::List(old)) => old.contains(v),
        Some(old) => old == v,
        None => false,
    };
    let mut judge = |v: &Value, at: String| {
        if let Some(choice) = v.as_text().and_then(|t| set.get(t))
            && !choice.active
            && !was(v)
        {
            faults.push(Fault::new(at, &code::CHOICE_UNKNOWN).with("value", &choice.value).with("suggestion", ""));
        }
    };
    match value {
        Value::List(items) => items.iter().enumerate().for_each(|(i, v)| judge(v, format!("{}/{i}", field.name))),
        one => judge(one, field.name.clone()),
    }
}

/// The same of the columns of rows; a row is what it was by its id.
fn held_in_rows(name: &str, table: &TableOptions, rows: &[Row], before: Option<&Value>, faults: &mut Vec<Fault>) {
    let old = if let Some(Value::Rows(old)) = before { old.as_slice() } else { &[] };
    for (at, row) in rows.iter().enumerate() {
        let was = old.iter().find(|r| r.id == row.id);
        let mut inner = Vec::new();
        for (i, (column, cell)) in table.fields.iter().zip(&row.values).enumerate() {
            held(column, cell, was.and_then(|r| r.values.get(i)), &mut inner);
        }
        faults.extend(inner.into_iter().map(|f| f.under(&at.to_string()).under(name)));
    }
}

/// Row ids must differ within a table.
pub fn check_row_ids(field: &str, rows: &[Row], faults: &mut Vec<Fault>) {
    let mut seen = HashSet::new();
    for (i, row) in rows.iter().enumerate() {
        if !seen.insert(row.id) {
            faults.push(Fault::new(format!("{field}/{i}/id"), &code::NOT_UNIQUE_ITEMS));
        }
    }
}

/// A fault of the validator in our words. The path is the field's path; the pointer's escapes are kept out of it.
fn translate(error: &ValidationError<'_>) -> Fault {
    let pointer = error.instance_path().to_string();
    let path = pointer.trim_start_matches('/').to_string();
    let limit = |c: &'static ErrorCode, limit: &dyn std::fmt::Display| Fault::new(path.clone(), c).with("limit", limit);
    match error.kind() {
        Why::MinLength { limit: l } => limit(&code::TOO_SHORT, l),
        Why::MaxLength { limit: l } => limit(&code::TOO_LONG, l),
        Why::MinItems { limit: l } => limit(&code::TOO_FEW, l),
        Why::MaxItems { limit: l } => limit(&code::TOO_MANY, l),
        Why::Minimum { limit: l } => limit(&code::TOO_SMALL, l),
        Why::Maximum { limit: l } => limit(&code::TOO_LARGE, l),
        Why::ExclusiveMinimum { limit: l } => limit(&code::NOT_ABOVE, l),
        Why::ExclusiveMaximum { limit: l } => limit(&code::NOT_BELOW, l),
        Why::MultipleOf { multiple_of } => limit(&code::NOT_MULTIPLE, multiple_of),
        Why::Pattern { pattern } => match example_of(pattern) {
            Some(example) => Fault::new(path, &code::PATTERN_MISMATCH).with("example", example),
            None => Fault::new(path, &code::PATTERN_MISMATCH).with("pattern", pattern),
        },
        Why::Format { format } => Fault::new(path, &code::FORMAT_INVALID).with("format", format),
        Why::UniqueItems => Fault::new(path, &code::NOT_UNIQUE_ITEMS),
        Why::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let at = if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
            Fault::new(at, &code::REQUIRED).with("title", name)
        }
        Why::Type { .. } => Fault::new(path, &code::WRONG_TYPE)
            .with("expected", "another type")
            .with("got", crate::definition::type_name(error.instance())),
        Why::Enum { .. } | Why::Constant { .. } => {
            let value = error.instance();
            let said = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            Fault::new(path, &code::CHOICE_UNKNOWN).with("value", said).with("suggestion", "")
        }
        _ => Fault::new(path, &code::SCHEMA_VIOLATED)
            .with("keyword", error.schema_path().to_string().rsplit('/').next().unwrap_or_default()),
    }
}
