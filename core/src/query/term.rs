//! A term of a condition: path, operator and value as a test.

use super::operand::{Membership, OperandReader};
use super::operators::{Operators, asked_of, operators};
use super::path::{Leaf, Path};
use super::variable::resolve_variables;
use super::{Comparison, Cond, QueryContext, Test};
use crate::diagnostic::Fault;
use crate::field::{ChoiceSet, ColumnKind, Storage, encryption_refused};
use crate::value::Value;
use crate::{error_code as code, fold};
use serde_json::Value as Json;

/// A term as a condition.
pub fn term(cx: &QueryContext<'_>, path: Path, op: &str, value: Option<&Json>, at: &str) -> Result<Cond, Fault> {
    let field = path.field(cx.catalog);
    let ops = operators(&path, field);
    if !ops.names().contains(&op) {
        return Err(Fault::new(format!("{at}/op"), &code::OPERATOR_UNKNOWN)
            .with("name", op)
            .suggest(op, ops.names().iter().copied()));
    }
    if let Some(hidden) = field.filter(|f| f.is_encrypted() && !asked_of(f).contains(&op)) {
        return Err(encryption_refused(&hidden.name, format!("{at}/op")));
    }
    let test = |path: Path, test: Test| Cond::Test { path, test };
    match op {
        "is_empty" => return Ok(test(path, Test::Empty)),
        "not_empty" => return Ok(test(path, Test::Empty).negate()),
        _ => {}
    }
    let at = format!("{at}/value");
    let Some(value) = value else { return Err(Fault::new(at, &code::REQUIRED).with("title", "value")) };
    if let Some(outer) = cx.vars.outer
        && let Some(name) = value.get("var").and_then(Json::as_str).and_then(|v| v.strip_prefix("record."))
    {
        return same(cx, path, op, outer, name, &at);
    }
    let resolved = resolve_variables(cx.vars, value, &at)?;
    let reader = OperandReader { cx, ops, field, path: &path, at: &at };
    if resolved.is_null() || resolved.as_str() == Some("") && ops != Operators::Text {
        // nothing equals an empty value, and everything differs from it
        return Ok(if matches!(op, "ne" | "not_in" | "has_none") { Cond::True } else { Cond::False });
    }
    if let Leaf::ChoiceParent(index) | Leaf::ChoiceData(index, _) = &path.leaf {
        let (leaf, index) = (path.leaf.clone(), *index);
        let Some(set) = field.and_then(|f| f.kind.choices()) else { return Ok(Cond::False) };
        let wanted = reader.texts(&resolved)?;
        let hits = choices_with(set, &leaf, op, &wanted);
        let own = Path { leaf: Leaf::Field(index), ..path };
        let positive = test(own, Test::In(hits.into_iter().map(Value::Text).collect()));
        return Ok(if matches!(op, "ne" | "not_in") { positive.negate() } else { positive });
    }
    let cond = match op {
        "eq" | "ne" | "lt" | "le" | "gt" | "ge" => {
            let positive = reader.comparison(op, &resolved)?;
            let cond = test(path.clone(), positive);
            if op == "ne" { cond.negate() } else { cond }
        }
        "in" | "not_in" | "has_any" | "has_none" => {
            let cond = reader.membership(&resolved)?;
            let cond = match cond {
                Membership::Values(values) if values.is_empty() => Cond::False,
                Membership::Values(values) => test(path.clone(), Test::In(values)),
                Membership::Ranges(ranges) => Cond::any(ranges.into_iter().map(|r| test(path.clone(), r))),
            };
            if matches!(op, "not_in" | "has_none") { cond.negate() } else { cond }
        }
        "has_all" => match reader.membership(&resolved)? {
            Membership::Values(values) if values.is_empty() => Cond::True,
            Membership::Values(values) => test(path.clone(), Test::HasAll(values)),
            Membership::Ranges(_) => Cond::False,
        },
        "between" => test(path.clone(), reader.between(&resolved)?),
        "within" => match reader.within(&resolved)? {
            Some(range) => test(path.clone(), range),
            None => Cond::True,
        },
        "under" => test(path.clone(), Test::In(reader.under(&resolved)?)),
        _ => {
            let text = match &resolved {
                Json::String(t) => t.clone(),
                Json::Number(n) => n.to_string(),
                other => return Err(reader.wrong("string", other)),
            };
            if !fold::is_storable(&text) {
                return Err(Fault::new(&at, &code::TEXT_INVALID));
            }
            let folded = fold::fold(&text);
            test(
                path.clone(),
                match op {
                    "starts_with" => Test::StartsWith(folded),
                    "ends_with" => Test::EndsWith(folded),
                    _ => Test::Contains(folded),
                },
            )
        }
    };
    Ok(cond)
}

/// Compared with a field of the record that the question is asked for.
fn same(cx: &QueryContext<'_>, path: Path, op: &str, outer: usize, name: &str, at: &str) -> Result<Cond, Fault> {
    let form = cx.catalog.forms.get(outer);
    let Some((index, field)) = form.and_then(|f| f.field(name)) else {
        let known = form.map(|f| f.fields.as_slice()).unwrap_or_default().iter().map(|f| f.name.as_str());
        return Err(Fault::new(format!("{at}/var"), &code::UNKNOWN_FIELD).with("name", name).suggest(name, known));
    };
    let Some(comparison) = Comparison::parse(op) else {
        return Err(Fault::new(at, &code::VALUE_INVALID)
            .with("reason", format!("{op} takes no field of the record: eq, ne, lt, le, gt, ge do")));
    };
    let kind = |storage: Storage| match storage {
        Storage::Column(ColumnKind::Dec(_)) => Some(ColumnKind::Dec(0)),
        Storage::Column(kind) => Some(kind),
        _ => None,
    };
    let theirs = kind(Storage::Column(path.column_kind(cx.catalog)));
    if path.is_many(cx.catalog) && comparison != Comparison::Eq && comparison != Comparison::Ne
        || kind(field.kind.storage()) != theirs
        || !field.is_kept()
    {
        return Err(Fault::new(at, &code::VALUE_INVALID)
            .with("reason", format!("{} and record.{name} hold different things", path.text)));
    }
    let (comparison, negated) = match comparison {
        Comparison::Ne => (Comparison::Eq, true),
        other => (other, false),
    };
    let cond = Cond::Test { path, test: Test::Same { comparison, field: index } };
    Ok(if negated { cond.negate() } else { cond })
}

fn choices_with(set: &ChoiceSet, leaf: &Leaf, op: &str, wanted: &[String]) -> Vec<String> {
    let under: Vec<String> =
        if op == "under" { wanted.iter().flat_map(|w| set.subtree(w)).collect() } else { Vec::new() };
    set.choices
        .iter()
        .filter(|c| {
            let value = match leaf {
                Leaf::ChoiceData(_, key) => {
                    c.data.get(key).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_string))
                }
                _ => c.parent.clone(),
            };
            value.is_some_and(|v| if op == "under" { under.contains(&v) } else { wanted.contains(&v) })
        })
        .map(|c| c.value.clone())
        .collect()
}
