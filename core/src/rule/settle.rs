//! The values that rules give: kept in step, given while nobody touched the field, or taken away from what is hidden.

use super::judge::hidden;
use super::{Effect, Facts, Given, Scene};
use crate::diagnostic::Fault;
use crate::field::{Field, FieldDefault, FieldKind, Storage};
use crate::record::{RateKey, Record, keep_given};
use crate::time::Clock;
use crate::value::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Whoever saves, as far as the values of rules name him.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub me: Option<Uuid>,
    pub department: Option<Uuid>,
    pub clock: Clock,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Settled {
    /// Why a value cannot be kept, by path of the field.
    pub faults: Vec<Fault>,
    /// Why a value is empty where that is allowed.
    pub warnings: Vec<Fault>,
    /// Rates to be looked up before the whole is worked out again.
    pub wanted: BTreeSet<RateKey>,
}

/// Puts into the record what its rules give, one rule after the other. `is_untouched` says of a new record which fields nobody
/// touched; a record that is stored has none.
pub fn settle(
    scene: &Scene<'_>,
    facts: &Facts,
    caller: &Caller,
    is_untouched: Option<&dyn Fn(usize) -> bool>,
    record: &mut Record,
) -> Settled {
    let mut out = Settled::default();
    for (_, rule) in scene.form.rules.rules.iter().enumerate().filter(|(i, _)| facts.hold(*i)) {
        for effect in &rule.effects {
            let (field, given) = match effect {
                Effect::Set { field, given } => (*field, given),
                Effect::Default { field, given } if is_untouched.is_some_and(|f| f(*field)) => (*field, given),
                _ => continue,
            };
            let Some(target) = scene.form.fields.get(field) else { continue };
            let value = match given {
                Given::Stated(stated) => self_made(target, stated, caller),
                Given::Expression(formula) => {
                    let (value, warnings) = scene.evaluate(formula, record, &mut out.wanted);
                    for warning in warnings {
                        let list = if warning.is_fault() { &mut out.faults } else { &mut out.warnings };
                        let fault = warning.to_fault(formula.expression.source());
                        list.push(Fault { path: target.name.clone(), ..fault });
                    }
                    match keep_given(target, &value, &caller.clock) {
                        Ok(value) => value,
                        Err(fault) => {
                            out.faults.push(fault.under(&target.name));
                            continue;
                        }
                    }
                }
            };
            if let Some(slot) = record.values.get_mut(field) {
                *slot = value;
            }
        }
    }
    for (place, clear) in hidden(scene.form, facts) {
        if let (true, None, Some(slot)) = (clear, place.column, record.values.get_mut(place.field)) {
            let is_table = scene.form.fields.get(place.field).is_some_and(|f| f.table().is_some());
            *slot = if is_table { Value::Rows(Vec::new()) } else { Value::Null };
        }
    }
    out
}

fn self_made(field: &Field, stated: &FieldDefault, caller: &Caller) -> Value {
    let one = |id: Option<Uuid>| match (id, field.kind.storage()) {
        (None, _) => Value::Null,
        (Some(id), Storage::List(_)) => Value::List(vec![Value::Id(id)]),
        (Some(id), _) => Value::Id(id),
    };
    match stated {
        FieldDefault::Value(value) => value.clone(),
        FieldDefault::Me => one(caller.me),
        FieldDefault::MyDepartment => one(caller.department),
        FieldDefault::Today if matches!(field.kind, FieldKind::Date) => Value::Date(caller.clock.today()),
        FieldDefault::Now if matches!(field.kind, FieldKind::DateTime) => Value::Ts(caller.clock.now),
        _ => Value::Null,
    }
}
