//! Works out the computed fields of a record: each after what it reads, rounded before anything reads it.

use super::Record;
use super::read::MAX_TEXT;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::{Environment, RowPlace, Type, Value as Computed};
use crate::field::{ComputedPlace, Field, FieldKind, Formula, Leaf, Source, SystemField};
use crate::fold;
use crate::form::Form;
use crate::time::Clock;
use crate::value::{Row, Value, decimal_to_json};
use chrono::{Datelike, NaiveDate, Timelike};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Most digits of a stored number.
const MAX_DIGITS: u32 = 18;
/// Most microseconds of a stored duration: what 18 digits hold.
const MAX_MICROS: u64 = 999_999_999_999_999_999;

/// A currency and a day: what a rate of exchange is asked for by.
pub type RateKey = (String, NaiveDate);

/// What formulas read besides the record.
pub struct Surroundings<'a> {
    pub clock: Clock,
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
    /// What the formulas of the record gave before they were rounded, by index of the field.
    pub exact: Vec<(usize, Computed)>,
}

/// Works out all computed fields of a record, whose other values stand.
pub fn compute(form: &Form, record: &mut Record, around: &Surroundings<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let wanted = RefCell::new(BTreeSet::new());
    for place in &form.computed {
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
    outcome.wanted = wanted.into_inner();
    outcome
}

/// What a field that reads the clock is worked out from: what the database keeps, and the formulas in their order.
pub fn live_inputs(form: &Form, field: usize) -> (Vec<Leaf>, Vec<ComputedPlace>) {
    let (mut leaves, mut wanted, mut todo) = (Vec::new(), HashSet::new(), vec![field]);
    while let Some(at) = todo.pop() {
        let Some(formula) = form.fields.get(at).and_then(Field::formula).filter(|_| wanted.insert(at)) else {
            continue;
        };
        for source in &formula.sources {
            let Source::Record(leaf) = source else { continue };
            match leaf.field() {
                Some(i) if form.fields.get(i).is_some_and(Field::is_live) => todo.push(i),
                _ if leaves.contains(leaf) => {}
                _ => leaves.push(leaf.clone()),
            }
        }
    }
    let order = form.computed.iter().filter(|p| p.table.is_none() && wanted.contains(&p.field)).copied().collect();
    (leaves, order)
}

/// Works out a field that reads the clock, over a record that holds its inputs; empty where it has no value.
pub fn live_value(
    form: &Form,
    record: &mut Record,
    order: &[ComputedPlace],
    field: usize,
    clock: Clock,
    minor: &dyn Fn(&str) -> Option<u32>,
) -> Value {
    let (rates, wanted) = (HashMap::new(), RefCell::default());
    let around = Surroundings { clock, rates: &rates, minor, live: true };
    let mut outcome = Outcome::default();
    for place in order {
        let Some((field, formula)) = computed_field(form, *place) else { continue };
        let value = {
            let scene = Scene { form, record, formula, row: None, around: &around, wanted: &wanted };
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
    wanted: &RefCell<BTreeSet<RateKey>>,
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

/// One formula at one record or row.
pub(super) struct Scene<'a> {
    pub form: &'a Form,
    pub record: &'a Record,
    pub formula: &'a Formula,
    pub row: Option<(usize, RowPlace)>,
    pub around: &'a Surroundings<'a>,
    pub wanted: &'a RefCell<BTreeSet<RateKey>>,
}

impl Scene<'_> {
    /// The value as the field keeps it.
    pub fn value(&self, field: &Field, path: &str, outcome: &mut Outcome, exact: Option<usize>) -> Value {
        let (value, warnings) = self.formula.expression.eval(self);
        let mut is_too_large = false;
        for warning in warnings {
            is_too_large |= *warning.code == code::RESULT_TOO_LARGE;
            let fault = Fault { path: path.to_string(), ..warning.to_fault(self.formula.expression.source()) };
            if warning.is_fault() { outcome.faults.push(fault) } else { outcome.warnings.push(fault) }
        }
        let kept = match value {
            // what is too large to be worked out is not taken for empty
            Computed::Empty if is_too_large => Err(too_large(field)),
            _ => keep(field, &value, &self.around.clock),
        };
        if let Some(index) = exact {
            outcome.exact.push((index, value));
        }
        kept.unwrap_or_else(|fault| {
            outcome.faults.push(Fault { path: path.to_string(), ..fault });
            Value::Null
        })
    }

    fn read(&self, source: &Source, ty: &Type, row: Option<usize>) -> Computed {
        match source {
            Source::Record(leaf) => self.leaf(leaf, &self.form.fields, &self.record.values, ty),
            Source::Row(leaf) => {
                let Some((table, place)) = self.row else { return Computed::Empty };
                let (Some(columns), Some(rows)) = (self.columns(table), self.rows(table)) else {
                    return Computed::Empty;
                };
                let index = row.unwrap_or(place.index);
                rows.get(index).map_or(Computed::Empty, |row| self.cell(leaf, columns, row, ty))
            }
            Source::Rows { table, leaf } => {
                let (Some(columns), Some(rows)) = (self.columns(*table), self.rows(*table)) else {
                    return Computed::list([]);
                };
                let element = ty.element();
                // a column that holds a list itself is opened
                Computed::list(rows.iter().flat_map(|row| {
                    let is_list = matches!(leaf, Leaf::Field(i) if matches!(row.values.get(*i), Some(Value::List(_))));
                    let wanted = if is_list { element.clone().list() } else { element.clone() };
                    self.cell(leaf, columns, row, &wanted).elements().to_vec()
                }))
            }
        }
    }

    fn columns(&self, table: usize) -> Option<&[Field]> {
        Some(&self.form.fields.get(table)?.table()?.fields)
    }

    fn rows(&self, table: usize) -> Option<&[Row]> {
        match self.record.values.get(table) {
            Some(Value::Rows(rows)) => Some(rows),
            _ => None,
        }
    }

    fn cell(&self, leaf: &Leaf, columns: &[Field], row: &Row, ty: &Type) -> Computed {
        match leaf {
            Leaf::System(_) => Computed::Record(row.id),
            other => self.leaf(other, columns, &row.values, ty),
        }
    }

    fn leaf(&self, leaf: &Leaf, fields: &[Field], values: &[Value], ty: &Type) -> Computed {
        let value = leaf.field().and_then(|i| values.get(i)).unwrap_or(&Value::Null);
        let choices = || leaf.field().and_then(|i| fields.get(i)).and_then(|f| f.kind.choices());
        let of_choice = |get: &dyn Fn(&crate::field::Choice) -> Option<String>| -> Computed {
            let one = |text: &Value| -> Computed {
                let choice = text.as_text().and_then(|t| choices()?.get(t));
                choice.and_then(get).map_or(Computed::Empty, Computed::text)
            };
            match value {
                Value::List(items) => Computed::list(items.iter().map(one)),
                single => one(single),
            }
        };
        match leaf {
            Leaf::Field(_) => Computed::from_field(value, ty),
            Leaf::System(system) => self.system(*system),
            Leaf::ChoiceParent(_) => of_choice(&|c| c.parent.clone()),
            Leaf::ChoiceData(_, key) => of_choice(&|c| match c.data.get(key)? {
                Json::String(text) => Some(text.clone()),
                Json::Null => None,
                other => Some(other.to_string()),
            }),
            Leaf::Member(_, members) => {
                let Value::Json(json) = value else { return Computed::Empty };
                let found = members.iter().try_fold(json, |at, member| at.get(member));
                found.map_or(Computed::Empty, |json| Computed::from_field(&Value::Json(json.clone()), &Type::Text))
            }
        }
    }

    fn system(&self, field: SystemField) -> Computed {
        let record = self.record;
        match field {
            SystemField::Id => Computed::Record(record.id),
            SystemField::Version => Computed::number(record.version),
            SystemField::CreatedAt => Computed::DateTime(record.created_at),
            SystemField::CreatedBy => Computed::Record(record.created_by),
            SystemField::UpdatedAt => Computed::DateTime(record.updated_at),
            SystemField::UpdatedBy => Computed::Record(record.updated_by),
            SystemField::DeletedAt => record.deleted_at.map_or(Computed::Empty, Computed::DateTime),
            SystemField::FlowState => Computed::text(&record.flow_state),
        }
    }

    fn at(&self, read: usize, row: Option<usize>) -> Computed {
        match (self.formula.sources.get(read), self.formula.expression.reads().get(read)) {
            (Some(source), Some(path)) => self.read(source, &path.ty, row),
            _ => Computed::Empty,
        }
    }
}

impl Environment for Scene<'_> {
    fn get(&self, read: usize) -> Computed {
        self.at(read, None)
    }

    fn clock(&self) -> Clock {
        self.around.clock
    }

    fn rate_on(&self, currency: &str, day: NaiveDate) -> Option<Decimal> {
        let key = (currency.to_string(), day);
        match self.around.rates.get(&key) {
            Some(known) => *known,
            None => {
                self.wanted.borrow_mut().insert(key);
                // what follows from it is worked out again when the rate is known
                Some(Decimal::ONE)
            }
        }
    }

    fn minor(&self, currency: &str) -> Option<u32> {
        (self.around.minor)(currency)
    }

    fn row(&self) -> Option<RowPlace> {
        self.row.map(|(_, place)| place)
    }

    fn get_in(&self, row: usize, read: usize) -> Computed {
        self.at(read, Some(row))
    }
}

/// A result as its field keeps it: numbers rounded half away from zero. A fault where it cannot be kept.
fn keep(field: &Field, value: &Computed, clock: &Clock) -> Result<Value, Fault> {
    let in_years = |year: i32| (1..=9999).contains(&year);
    Ok(match (value, &field.kind) {
        (Computed::Number(number), FieldKind::Number(options)) => Value::Dec(keep_number(*number, options.scale)?),
        (Computed::Text(text), _) => {
            if text.len() > MAX_TEXT {
                return Err(Fault::new("", &code::TOO_LONG).with("limit", MAX_TEXT));
            }
            if !fold::is_storable(text) {
                return Err(Fault::new("", &code::TEXT_INVALID));
            }
            Value::Text(text.to_string())
        }
        (Computed::Date(day), FieldKind::DateTime) if in_years(day.year()) => Value::Ts(clock.day_start(*day)),
        (Computed::Date(day), _) if in_years(day.year()) => Value::Date(*day),
        (Computed::DateTime(at), _) if in_years(at.year()) => {
            Value::Ts(at.with_nanosecond(at.nanosecond() / 1000 * 1000).unwrap_or(*at))
        }
        (Computed::Duration(micros), _) if micros.unsigned_abs() > MAX_MICROS => {
            return Err(Fault::new("", &code::NUMBER_TOO_LONG));
        }
        (Computed::Date(_) | Computed::DateTime(_), _) => {
            return Err(Fault::new("", &code::FORMAT_INVALID).with("format", "date"));
        }
        (other, _) => other.to_field(),
    })
}

fn too_large(field: &Field) -> Fault {
    match field.kind {
        FieldKind::Number(_) => Fault::new("", &code::NUMBER_TOO_LONG),
        _ => Fault::new("", &code::TOO_LONG).with("limit", MAX_TEXT),
    }
}

fn keep_number(number: Decimal, scale: u32) -> Result<Decimal, Fault> {
    let rounded = number.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero).normalize();
    let missing = scale.saturating_sub(rounded.scale());
    let most = 10_i128.pow(MAX_DIGITS.saturating_sub(missing));
    if rounded.mantissa().abs() >= most {
        return Err(Fault::new("", &code::NUMBER_TOO_LONG));
    }
    let mut kept = rounded;
    kept.rescale(scale);
    // a zero has no sign
    Ok(if kept.is_zero() { Decimal::new(0, scale) } else { kept })
}

/// A result as JSON, before it was rounded.
pub fn exact_json(value: &Computed) -> Json {
    match value {
        Computed::Number(number) => decimal_to_json(*number),
        other => other.to_field().to_json(),
    }
}
