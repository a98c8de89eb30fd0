//! Status fields: where a record may begin, which moves are allowed to whom, and how long it stayed where.

use super::save::{Saver, record_json};
use crate::error::EngineResult;
use chrono::{DateTime, Utc};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{FieldKind, StatusOptions, Transition};
use formwright_core::form::Form;
use formwright_core::query::{AllSight, Limits, Place, QueryContext, read_condition};
use formwright_core::record::Record;
use formwright_core::value::Value;
use formwright_store::Tx;
use formwright_store::records;
use formwright_store::select::Compiler;
use formwright_store::stays;

fn title<'a>(options: &'a StatusOptions, value: &'a str) -> &'a str {
    options.set.get(value).map_or(value, |c| c.title.title.as_str())
}

/// A new record begins with one of the initial values.
pub fn check_initial(form: &Form, values: &[Value], faults: &mut Vec<Fault>) {
    for (field, value) in form.fields.iter().zip(values) {
        let FieldKind::Status(options) = &field.kind else { continue };
        if let Value::Text(value) = value
            && !options.initial.is_empty()
            && !options.initial.contains(value)
        {
            faults.push(
                Fault::new(&field.name, &code::TRANSITION_NOT_ALLOWED)
                    .with("from", "–")
                    .with("to", title(options, value)),
            );
        }
    }
}

/// A changed status must follow a transition that this person may make now.
pub async fn check_moves(
    saver: &Saver,
    compiler: &Compiler<'_>,
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
        let refused = || {
            Fault::new(&field.name, &code::TRANSITION_NOT_ALLOWED)
                .with("from", title(options, from))
                .with("to", title(options, to_text))
        };
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
                require(form, new, name, faults);
            }
            if let Some(when) = &transition.when {
                let json = record_json(form, new);
                let cond = {
                    let vars = saver.access.vars(Some(&json));
                    let cx = QueryContext { catalog: &saver.cx.catalog, sight: &AllSight, vars: &vars };
                    read_condition(&cx, Place::form(form_index), when, "", Limits::default(), &mut Vec::new())
                };
                if records::probe(compiler, form_index, new.id, &[cond], tx).await? != [true] {
                    faults.push(refused());
                }
            }
        }
        let backwards = options.set.position(to_text) < options.set.position(from);
        if backwards {
            for name in &options.back_require {
                require(form, new, name, faults);
            }
        }
    }
    Ok(())
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

fn require(form: &Form, record: &Record, name: &str, faults: &mut Vec<Fault>) {
    if let Some((i, field)) = form.field(name)
        && record.values.get(i).is_none_or(Value::is_empty)
        && !faults.iter().any(|f| f.path == field.name)
    {
        faults.push(Fault::new(&field.name, &code::REQUIRED).with("title", &field.title.title));
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
