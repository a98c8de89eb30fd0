//! A rollup made ready: the records or rows it is over, and what it means in ids.

use super::lookup::seen_kind;
use super::{not_offered, unknown};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::encryption::refused;
use crate::field::formula::Computed;
use crate::field::linked::{Rollup, RollupDoc, RollupScope, compares_days, depends_on_asking, rollup_kind};
use crate::field::settle::{Node, Settling};
use crate::field::walk::{Ground, columns, field_at};
use crate::field::{Field, FieldKind};
use serde_json::Value as Json;
use std::sync::Arc;

pub(super) fn rollup(
    ground: &Ground,
    forms: &[Settling<'_>],
    node: &Node,
    doc: &RollupDoc,
) -> Result<(FieldKind, Computed), Fault> {
    let own = forms.get(node.form).map(|f| f.form).unwrap_or_default();
    if node.place.table.is_some() {
        return Err(not_offered("", "a rollup in a child table"));
    }
    let (name, table) = doc.form.split_once('.').map_or((doc.form.as_str(), None), |(f, t)| (f, Some(t)));
    let unknown_form = |name: &str| {
        Fault::new("/form", &code::UNKNOWN_REFERENCE)
            .with("kind", "form")
            .with("name", name)
            .suggest(name, forms.iter().map(|f| f.form))
    };
    let Some((form, of)) = ground.form(name).and_then(|i| Some((i, forms.get(i)?))) else {
        return Err(unknown_form(name));
    };
    let table = match table {
        None => None,
        Some(t) => {
            let found = of.fields.iter().position(|f| f.name == t && f.table().is_some());
            Some(found.ok_or_else(|| unknown_form(&doc.form))?)
        }
    };
    let fields = columns(of.fields, table).unwrap_or_default();
    let find = |name: &str, at: &str| -> Result<usize, Fault> {
        fields.iter().position(|f| f.name == name).ok_or_else(|| unknown(at, name, fields))
    };
    let via = find(&doc.via, "/via")?;
    let link = fields.get(via).filter(|f| f.computed.is_none()).and_then(|f| f.kind.link());
    if link.is_none_or(|l| l.form != own) {
        return Err(Fault::new("/via", &code::UNKNOWN_REFERENCE)
            .with("kind", "link")
            .with("name", &doc.via)
            .with("suggestion", ""));
    }
    let mut is_asked = doc.scope == RollupScope::Reader || doc.filter.as_ref().is_some_and(depends_on_asking);
    let is_instant = |path: &str| {
        let names: Vec<String> = path.split('.').map(str::to_string).collect();
        match ground.walk(forms, form, table, &names) {
            Some(walked) => match walked.end.and_then(|(f, p)| field_at(forms.get(f)?.fields, p)) {
                Some(field) => matches!(field.kind, FieldKind::DateTime),
                None => true,
            },
            None => false,
        }
    };
    is_asked |= doc.filter.as_ref().is_some_and(|f| compares_days(f, &is_instant));
    let mut named = [None, None];
    for (slot, (key, name)) in named.iter_mut().zip([("field", &doc.field), ("by", &doc.by)]) {
        let Some(name) = name else { continue };
        let index = find(name, &format!("/{key}"))?;
        *slot = Some(index);
        let field = fields.get(index);
        if field.is_some_and(Field::is_encrypted) {
            return Err(refused(name, format!("/{key}")));
        }
        if field.is_some_and(Field::is_live) {
            return Err(not_offered(&format!("/{key}"), format!("a rollup over \"{name}\", which reads the clock")));
        }
        if field.is_some_and(|f| f.table().is_some()) {
            return Err(not_offered(&format!("/{key}"), "a rollup over a child table by its own name"));
        }
        // what is worked out in the query can only be worked out there further
        is_asked |= field.is_some_and(|f| f.is_asked() && f.lookup().is_none());
    }
    let [field, by] = named;
    if let Some(kind) = by.and_then(|i| fields.get(i)).map(|f| &f.kind)
        && !matches!(kind, FieldKind::Number(_) | FieldKind::Date | FieldKind::DateTime | FieldKind::Time)
    {
        return Err(
            Fault::new("/by", &code::KEY_INVALID).with("reason", "Records are in order by a number, a date or a time")
        );
    }
    let kind = rollup_kind(doc.function, field.and_then(|i| fields.get(i)), &node.pending.dress).map_err(|wanted| {
        let reason = format!("{} takes a field of the type {wanted}", doc.function.name());
        Fault::new("/field", &code::KEY_INVALID).with("reason", reason)
    })?;
    let ids = |index: Option<usize>| index.and_then(|i| fields.get(i)).map_or("", |f| f.id.as_str());
    let filter = doc.filter.as_ref().map(|f| filter_meaning(ground, forms, node.form, (form, table), f).to_string());
    let meaning = format!(
        "{}({}) by {} via {} where {} scale {:?}",
        doc.function.name(),
        ids(field),
        ids(by),
        ids(Some(via)),
        filter.unwrap_or_default(),
        node.pending.dress.scale
    );
    let rollup = Rollup {
        form,
        table,
        via,
        filter: doc.filter.clone(),
        function: doc.function,
        field,
        by,
        scope: doc.scope,
        is_asked,
        meaning,
    };
    let kind = if matches!(kind, FieldKind::Link(_)) { seen_kind(&kind) } else { kind };
    Ok((kind, Computed::Rollup(Arc::new(rollup))))
}

/// A filter with ids where it names fields, so that it stays the same when a field is renamed.
fn filter_meaning(
    ground: &Ground,
    forms: &[Settling<'_>],
    own: usize,
    of: (usize, Option<usize>),
    filter: &Json,
) -> Json {
    let id = |form: usize, row_of: Option<usize>, path: &str| {
        let names: Vec<String> = path.split('.').map(str::to_string).collect();
        let ids = (1..=names.len())
            .map(|n| {
                let part = names.get(..n).unwrap_or_default();
                let found = ground.walk(forms, form, row_of, part).and_then(|w| w.id);
                found.unwrap_or_else(|| part.last().cloned().unwrap_or_default())
            })
            .collect::<Vec<_>>();
        Json::String(ids.join("."))
    };
    match filter {
        Json::Array(items) => Json::Array(items.iter().map(|i| filter_meaning(ground, forms, own, of, i)).collect()),
        Json::Object(map) => Json::Object(
            map.iter()
                .map(|(key, value)| {
                    let new = match (key.as_str(), value) {
                        ("field", Json::String(path)) => id(of.0, of.1, path),
                        ("var", Json::String(name)) => match name.strip_prefix("record.") {
                            Some(path) => id(own, None, path),
                            None => value.clone(),
                        },
                        _ => filter_meaning(ground, forms, own, of, value),
                    };
                    (key.clone(), new)
                })
                .collect(),
        ),
        other => other.clone(),
    }
}
