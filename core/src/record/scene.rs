//! One formula at one record or row: where it finds what it reads, and its value as the field keeps it.

use super::Record;
use super::compute::{Outcome, Surroundings, Wanted};
use super::kept::{keep, too_large};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::{Environment, RowPlace, Type, Value as Computed, WorkCalendar};
use crate::field::{Choice, ChoiceSet, Field, Formula, Leaf, Pick, Remote, Source, Start, SystemField};
use crate::form::Form;
use crate::time::Clock;
use crate::value::{Row, Value};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// One formula at one record or row.
pub(super) struct Scene<'a> {
    pub form: &'a Form,
    pub record: &'a Record,
    pub formula: &'a Formula,
    pub row: Option<(usize, RowPlace)>,
    pub around: &'a Surroundings<'a>,
    pub wanted: &'a Wanted,
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
            Source::Remote(remote) => self.remote(remote, ty, row),
        }
    }

    /// Values elsewhere: of each id that the way begins at, in their order.
    fn remote(&self, remote: &Arc<Remote>, ty: &Type, row: Option<usize>) -> Computed {
        let mut out = Vec::new();
        for id in self.starts(&remote.start, row) {
            match self.around.remotes.get(&(remote.key.clone(), id)) {
                Some(values) => out.extend(values.iter().map(|value| picked(value, &remote.pick, ty.element()))),
                None => {
                    let mut missing = self.wanted.missing.borrow_mut();
                    let slot = missing.0.entry(remote.key.clone()).or_insert_with(|| (remote.clone(), BTreeSet::new()));
                    slot.1.insert(id);
                }
            }
        }
        if ty.is_list() { Computed::list(out) } else { out.into_iter().next().unwrap_or(Computed::Empty) }
    }

    fn starts(&self, start: &Start, row: Option<usize>) -> Vec<Uuid> {
        let ids = |value: Option<&Value>| -> Vec<Uuid> {
            match value {
                Some(Value::Id(id)) => vec![*id],
                Some(Value::List(items)) => items.iter().filter_map(Value::as_id).collect(),
                _ => Vec::new(),
            }
        };
        match start {
            Start::Itself => vec![self.record.id],
            Start::CreatedBy => vec![self.record.created_by],
            Start::UpdatedBy => vec![self.record.updated_by],
            Start::Field(field) => ids(self.record.values.get(*field)),
            Start::Row(field) => {
                let at = self.row.and_then(|(table, place)| self.rows(table)?.get(row.unwrap_or(place.index)));
                ids(at.and_then(|r| r.values.get(*field)))
            }
            Start::Rows { table, field } => {
                let rows = self.rows(*table).unwrap_or_default();
                rows.iter().flat_map(|r| ids(r.values.get(*field))).collect()
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
        let of_choice = |get: &dyn Fn(&Choice) -> Option<String>| -> Computed {
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
            Leaf::ChoiceData(_, key) => of_choice(&|c| data_of(c, key)),
            Leaf::Member(_, members) => member_of(value, members),
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

/// What of a value elsewhere is meant.
fn picked(value: &Value, pick: &Pick, ty: &Type) -> Computed {
    let choice = |set: &ChoiceSet, get: &dyn Fn(&Choice) -> Option<String>| {
        value.as_text().and_then(|t| set.get(t)).and_then(get).map_or(Computed::Empty, Computed::text)
    };
    match pick {
        Pick::Value => Computed::from_field(value, ty),
        Pick::ChoiceParent(set) => choice(set, &|c| c.parent.clone()),
        Pick::ChoiceData(set, key) => choice(set, &|c| data_of(c, key)),
        Pick::Member(members) => member_of(value, members),
    }
}

fn data_of(choice: &Choice, key: &str) -> Option<String> {
    match choice.data.get(key)? {
        Json::String(text) => Some(text.clone()),
        Json::Null => None,
        other => Some(other.to_string()),
    }
}

fn member_of(value: &Value, members: &[String]) -> Computed {
    let Value::Json(json) = value else { return Computed::Empty };
    let found = members.iter().try_fold(json, |at, member| at.get(member));
    found.map_or(Computed::Empty, |json| Computed::from_field(&Value::Json(json.clone()), &Type::Text))
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
                self.wanted.rates.borrow_mut().insert(key);
                // what follows from it is worked out again when the rate is known
                Some(Decimal::ONE)
            }
        }
    }

    fn minor(&self, currency: &str) -> Option<u32> {
        (self.around.minor)(currency)
    }

    fn calendar(&self, name: Option<&str>) -> Option<&WorkCalendar> {
        self.around.facts.calendar(name)
    }

    fn setting(&self, key: &str) -> Computed {
        self.around.facts.setting(key)
    }

    fn row(&self) -> Option<RowPlace> {
        self.row.map(|(_, place)| place)
    }

    fn get_in(&self, row: usize, read: usize) -> Computed {
        self.at(read, Some(row))
    }
}
