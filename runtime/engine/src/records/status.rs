//! Status fields: where a record may begin, which moves are allowed to whom, and how long it stayed where.

use super::saver::Saver;
use crate::Engine;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use chrono::{DateTime, Utc};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{FieldKind, StatusOptions, Transition};
use formwright_core::form::Form;
use formwright_core::record::Record;
use formwright_core::value::Value;
use formwright_store::{Snapshot, Tx, records, stays};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// A move that is not among those offered.
fn refused(field: &str, options: &StatusOptions, from: Option<&str>, to: &str) -> Fault {
    let named = |fault: Fault, name, value: &str| match options.set.get(value) {
        Some(state) => fault.titled(name, &state.title),
        None => fault.with(name, value),
    };
    let fault = named(Fault::new(field, &code::TRANSITION_NOT_ALLOWED), "from", from.unwrap_or("–"));
    named(fault, "to", to)
}

/// A new record begins with one of the initial values.
pub fn check_initial(form: &Form, values: &[Value], faults: &mut Vec<Fault>) {
    for (field, value) in form.fields.iter().zip(values) {
        let FieldKind::Status(options) = &field.kind else { continue };
        if let Value::Text(value) = value
            && !options.initial.is_empty()
            && !options.initial.contains(value)
        {
            faults.push(refused(&field.name, options, None, value));
        }
    }
}

/// A changed status must follow a transition that this person may make now.
pub async fn check_moves(
    saver: &Saver,
    form_index: usize,
    form: &Form,
    old: &Record,
    new: &Record,
    tx: &mut Tx,
    faults: &mut Vec<Fault>,
) -> EngineResult<()> {
    for (i, field) in form.fields.iter().enumerate() {
        let FieldKind::Status(options) = &field.kind else { continue };
        let (Some(Value::Text(from)), Some(to)) = (old.values.get(i), new.values.get(i)) else { continue };
        let to_text = to.as_text().unwrap_or_default();
        if from == to_text {
            continue;
        }
        let refused = || refused(&field.name, options, Some(from), to_text);
        if let Some(transitions) = &options.transitions {
            let mut allowed: Option<&Transition> = None;
            for t in transitions.get(from).into_iter().flatten() {
                if t.to == "$previous" {
                    if stays::previous(new.id, &field.id, tx).await?.as_deref() == Some(to_text) {
                        allowed = Some(t);
                    }
                } else if t.to == to_text {
                    allowed = Some(t);
                }
            }
            let Some(transition) = allowed else {
                faults.push(refused());
                continue;
            };
            if !may_make(saver, transition) {
                faults.push(refused());
                continue;
            }
            for name in &transition.require {
                require(saver, form_index, form, new, name, faults);
            }
            if let Some(when) = &transition.when
                && !saver.meets(form_index, form, new, when, tx).await?
            {
                faults.push(refused());
            }
        }
        let backwards = options.set.position(to_text) < options.set.position(from);
        if backwards {
            for name in &options.back_require {
                require(saver, form_index, form, new, name, faults);
            }
        }
    }
    Ok(())
}

/// A value that a status may take now, and what it asks for.
#[derive(Debug)]
pub(super) struct Move<'f> {
    pub to: &'f str,
    pub require: Vec<&'f str>,
}

/// Where the status fields of a record may go from where it is stored; a new record's where it may begin. `draft` is the record
/// as it would be saved.
pub(super) async fn moves<'f>(
    saver: &Saver,
    form_index: usize,
    form: &'f Form,
    stored: Option<&Record>,
    draft: &Record,
    tx: &mut Tx,
) -> EngineResult<Vec<(usize, Vec<Move<'f>>)>> {
    let mut out = Vec::new();
    for (i, field) in form.fields.iter().enumerate() {
        let FieldKind::Status(options) = &field.kind else { continue };
        let from = stored.and_then(|r| r.values.get(i)).and_then(Value::as_text);
        let back = |to: &str, from: &str| options.set.position(to) < options.set.position(from);
        let mut list: Vec<Move<'f>> = Vec::new();
        match (from, &options.transitions) {
            (None, _) => {
                let may_begin = |c: &&formwright_core::field::Choice| {
                    c.active && (options.initial.is_empty() || options.initial.contains(&c.value))
                };
                let first = options.set.choices.iter().filter(may_begin);
                list.extend(first.map(|c| Move { to: &c.value, require: Vec::new() }));
            }
            (Some(from), None) => {
                let others = options.set.choices.iter().filter(|c| c.active && c.value != from);
                list.extend(others.map(|c| {
                    let require = if back(&c.value, from) { options.back_require.as_slice() } else { &[] };
                    Move { to: &c.value, require: require.iter().map(String::as_str).collect() }
                }));
            }
            (Some(from), Some(transitions)) => {
                for step in transitions.get(from).into_iter().flatten().filter(|t| may_make(saver, t)) {
                    let previous = match step.to.as_str() {
                        "$previous" => stays::previous(draft.id, &field.id, tx).await?,
                        to => Some(to.to_string()),
                    };
                    let Some(to) = previous.as_deref().and_then(|to| options.set.get(to)).filter(|c| c.value != from)
                    else {
                        continue;
                    };
                    if let Some(when) = &step.when {
                        let mut moved = draft.clone();
                        if let Some(slot) = moved.values.get_mut(i) {
                            *slot = Value::Text(to.value.clone());
                        }
                        if !saver.meets(form_index, form, &moved, when, tx).await? {
                            continue;
                        }
                    }
                    let mut require: Vec<&str> = step.require.iter().map(String::as_str).collect();
                    if back(&to.value, from) {
                        require.extend(options.back_require.iter().map(String::as_str));
                    }
                    list.retain(|m| m.to != to.value);
                    list.push(Move { to: &to.value, require });
                }
            }
        }
        for step in &mut list {
            step.require.retain(|name| saver.sees_path(form_index, form, name));
        }
        out.push((i, list));
    }
    Ok(out)
}

/// `{"status": [{"to": "won", "require": ["signed_on"]}]}` of the status fields that the caller sees.
pub(super) fn moves_json(saver: &Saver, form_index: usize, form: &Form, moves: &[(usize, Vec<Move<'_>>)]) -> Json {
    let seen = moves.iter().filter_map(|(i, list)| Some((form.fields.get(*i)?, list)));
    let told = seen.filter(|(field, _)| saver.sees_path(form_index, form, &field.name)).map(|(field, list)| {
        let list: Vec<Json> = list.iter().map(|m| json!({"to": m.to, "require": m.require})).collect();
        (field.name.clone(), Json::Array(list))
    });
    Json::Object(told.collect::<Map<String, Json>>())
}

impl Engine {
    /// Where the status fields of a stored record may go now, by the caller: `{"status": [{"to", "require"}]}`.
    ///
    /// # Errors
    /// 404 for a record that he may not read; what the store gives.
    pub async fn moves(&self, cx: &Context, form: &str, id: Uuid) -> EngineResult<Json> {
        let saver = Saver::new(cx)?;
        let (index, form, _) = saver.access.form(form)?;
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let compiler = saver.compiler(&tx);
        let loaded =
            records::peek(&compiler, index, id, false, &[], &mut tx).await?.ok_or_else(EngineError::not_found)?;
        let found = moves(&saver, index, &form, Some(&loaded.record), &loaded.record, &mut tx).await?;
        Ok(moves_json(&saver, index, &form, &found))
    }
}

fn may_make(saver: &Saver, transition: &Transition) -> bool {
    let Some(principal) = saver.cx.principal() else { return true };
    if transition.by.as_deref().is_some_and(|by| by != "person") {
        return false;
    }
    principal.admin
        || transition.roles.is_empty()
        || transition.roles.iter().any(|r| principal.person.roles.contains(r))
}

fn require(saver: &Saver, form_index: usize, form: &Form, record: &Record, name: &str, faults: &mut Vec<Fault>) {
    if let Some((i, field)) = form.field(name)
        && record.values.get(i).is_none_or(Value::is_empty)
        && !faults.iter().any(|f| f.path == field.name)
    {
        if !saver.sees_path(form_index, form, &field.name) {
            faults.push(super::rules::unseen());
            return;
        }
        faults.push(Fault::new(&field.name, &code::REQUIRED).titled("title", &field.title));
    }
}

/// Keeps when a record entered and left each value of a status.
pub async fn enter(
    form: &Form,
    new: &Record,
    old: Option<&Record>,
    now: DateTime<Utc>,
    tx: &mut Tx,
) -> EngineResult<()> {
    for (i, field) in form.fields.iter().enumerate() {
        if !matches!(field.kind, FieldKind::Status(_)) {
            continue;
        }
        let value = new.values.get(i);
        let before = old.and_then(|o| o.values.get(i));
        if old.is_some() && value == before {
            continue;
        }
        if old.is_some() {
            stays::leave(new.id, &field.id, now, tx).await?;
        }
        if let Some(text) = value.and_then(Value::as_text) {
            stays::enter(&form.id, new.id, &field.id, text, now, tx).await?;
        }
    }
    Ok(())
}
