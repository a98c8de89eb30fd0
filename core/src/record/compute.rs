//! Works out the computed fields of a record: each after what it reads, rounded before anything reads it.

use super::Record;
use super::scene::Scene;
use crate::diagnostic::Fault;
use crate::expr::{RowPlace, Value as Computed, WorkCalendar};
use crate::field::{ComputedPlace, Field, Formula, Leaf, Remote, Source};
use crate::form::Form;
use crate::time::Clock;
use crate::value::Value;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// A currency and a day: what a rate of exchange is asked for by.
pub type RateKey = (String, NaiveDate);

/// Values elsewhere: by the way that leads to them and the id where it begins.
pub type Remotes = HashMap<(Arc<str>, Uuid), Vec<Value>>;

/// What the company says once for all records.
pub trait CompanyFacts: Send + Sync {
    /// The value of a setting, of the type of its field.
    fn setting(&self, key: &str) -> Computed;

    /// A work calendar; without a name the company's own.
    fn calendar(&self, name: Option<&str>) -> Option<&WorkCalendar>;
}

/// A company that has said nothing.
pub struct NoFacts;

impl CompanyFacts for NoFacts {
    fn setting(&self, _: &str) -> Computed {
        Computed::Empty
    }

    fn calendar(&self, _: Option<&str>) -> Option<&WorkCalendar> {
        None
    }
}

/// What formulas read besides the record.
pub struct Surroundings<'a> {
    pub clock: Clock,
    pub facts: &'a dyn CompanyFacts,
    /// The values elsewhere that are known. Those that are missing here are named in [`Outcome::missing`].
    pub remotes: &'a Remotes,
    /// The rates that are known; `None` where there is none. Those that are missing here are named in [`Outcome::wanted`].
    pub rates: &'a HashMap<RateKey, Option<Decimal>>,
    /// Decimals of a currency.
    pub minor: &'a dyn Fn(&str) -> Option<u32>,
    /// Works out what reads the clock too; otherwise it is left empty, since it is not kept.
    pub live: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Why a value could not be worked out or kept; the field is then empty. By path of the field.
    pub faults: Vec<Fault>,
    /// Why a value is empty, where that is allowed: a division by zero.
    pub warnings: Vec<Fault>,
    /// Rates to be looked up before the whole is worked out again.
    pub wanted: BTreeSet<RateKey>,
    /// Values elsewhere to be looked up before the whole is worked out again.
    pub missing: Missing,
    /// What the formulas of the record gave before they were rounded, by index of the field.
    pub exact: Vec<(usize, Computed)>,
}

/// Values elsewhere that are not known yet: the ids where each way begins, by its key.
#[derive(Debug, Default)]
pub struct Missing(pub BTreeMap<Arc<str>, (Arc<Remote>, BTreeSet<Uuid>)>);

impl Missing {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes up what is missing elsewhere too.
    pub fn join(&mut self, other: Missing) {
        for (key, (remote, ids)) in other.0 {
            self.0.entry(key).or_insert_with(|| (remote, BTreeSet::new())).1.extend(ids);
        }
    }
}

impl PartialEq for Missing {
    fn eq(&self, other: &Missing) -> bool {
        self.0.iter().map(|(k, v)| (k, &v.1)).eq(other.0.iter().map(|(k, v)| (k, &v.1)))
    }
}

/// What is to be looked up, as it is come upon.
#[derive(Default)]
pub(super) struct Wanted {
    pub rates: RefCell<BTreeSet<RateKey>>,
    pub missing: RefCell<Missing>,
}

/// Works out all formulas of a record, whose other values stand.
pub fn compute(form: &Form, record: &mut Record, around: &Surroundings<'_>) -> Outcome {
    compute_places(form, &form.computed, record, around)
}

/// Works out some formulas of a record, in the order given; all other values stand.
pub fn compute_places(
    form: &Form,
    places: &[ComputedPlace],
    record: &mut Record,
    around: &Surroundings<'_>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let wanted = Wanted::default();
    for place in places {
        let Some((field, formula)) = computed_field(form, *place) else { continue };
        match place.table {
            None if field.is_live() && !around.live => {
                if let Some(slot) = record.values.get_mut(place.field) {
                    *slot = Value::Null;
                }
            }
            None => {
                let value = {
                    let scene = Scene { form, record, formula, row: None, around, wanted: &wanted };
                    scene.value(field, &field.name, &mut outcome, Some(place.field))
                };
                if let Some(slot) = record.values.get_mut(place.field) {
                    *slot = value;
                }
            }
            Some(table) => rows(form, record, table, *place, around, &wanted, &mut outcome),
        }
    }
    outcome.wanted = wanted.rates.into_inner();
    outcome.missing = wanted.missing.into_inner();
    outcome
}

/// What a field that reads the clock is worked out from: what the query gives of the record, the ways out of it, and the
/// formulas in their order.
pub fn live_inputs(form: &Form, field: usize) -> (Vec<Leaf>, Vec<Arc<Remote>>, Vec<ComputedPlace>) {
    let (mut leaves, mut remotes, mut wanted, mut todo) = (Vec::new(), Vec::new(), HashSet::new(), vec![field]);
    while let Some(at) = todo.pop() {
        let Some(formula) = form.fields.get(at).and_then(Field::formula).filter(|_| wanted.insert(at)) else {
            continue;
        };
        for source in &formula.sources {
            let leaf = match source {
                Source::Record(leaf) => leaf,
                Source::Remote(remote) => {
                    if !remotes.contains(remote) {
                        remotes.push(remote.clone());
                    }
                    continue;
                }
                _ => continue,
            };
            match leaf.field() {
                Some(i) if form.fields.get(i).is_some_and(Field::is_live) => todo.push(i),
                _ if leaves.contains(leaf) => {}
                _ => leaves.push(leaf.clone()),
            }
        }
    }
    let order = form.computed.iter().filter(|p| p.table.is_none() && wanted.contains(&p.field)).copied().collect();
    (leaves, remotes, order)
}

/// Works out a field that reads the clock, over a record that holds its inputs; empty where it has no value.
pub fn live_value(
    form: &Form,
    record: &mut Record,
    order: &[ComputedPlace],
    field: usize,
    around: &Surroundings<'_>,
) -> Value {
    let wanted = Wanted::default();
    let mut outcome = Outcome::default();
    for place in order {
        let Some((field, formula)) = computed_field(form, *place) else { continue };
        let value = {
            let scene = Scene { form, record, formula, row: None, around, wanted: &wanted };
            scene.value(field, &field.name, &mut outcome, None)
        };
        if let Some(slot) = record.values.get_mut(place.field) {
            *slot = value;
        }
    }
    record.values.get(field).cloned().unwrap_or(Value::Null)
}

/// One column in all rows of a child table.
fn rows(
    form: &Form,
    record: &mut Record,
    table: usize,
    place: ComputedPlace,
    around: &Surroundings<'_>,
    wanted: &Wanted,
    outcome: &mut Outcome,
) {
    let (Some((field, formula)), Some(owner)) = (computed_field(form, place), form.fields.get(table)) else { return };
    let count = match record.values.get(table) {
        Some(Value::Rows(rows)) => rows.len(),
        _ => return,
    };
    let mut values = Vec::with_capacity(count);
    for index in 0..count {
        let scene = Scene { form, record, formula, row: Some((table, RowPlace { index, count })), around, wanted };
        let path = format!("{}/{index}/{}", owner.name, field.name);
        values.push(scene.value(field, &path, outcome, None));
    }
    if let Some(Value::Rows(rows)) = record.values.get_mut(table) {
        for (row, value) in rows.iter_mut().zip(values) {
            if let Some(slot) = row.values.get_mut(place.field) {
                *slot = value;
            }
        }
    }
}

/// A computed field or column with its formula.
pub fn computed_field(form: &Form, place: ComputedPlace) -> Option<(&Field, &Formula)> {
    let field = match place.table {
        None => form.fields.get(place.field)?,
        Some(table) => form.fields.get(table)?.table()?.fields.get(place.field)?,
    };
    Some((field, field.formula()?))
}
