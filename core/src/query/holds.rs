//! Whether a condition holds for a record in memory: the same answer that the database gives for the record once it is stored.
//!
//! What the record does not hold itself (records that its links lead to, records that point here, people) is asked of
//! [`Elsewhere`], as a question about one stored record.

use super::{Comparison, Cond, DepartmentAttr, Hop, Leaf, Path, PersonSource, Place, Related, Test, UserAttr};
use crate::catalog::Catalog;
use crate::field::{Field, Normal, SystemField};
use crate::fold;
use crate::record::Record;
use crate::time::duration_micros;
use crate::value::{Row, Value};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::cmp::Ordering;
use uuid::Uuid;

/// White space that says nothing, as the databases trim it.
const SPACE: [char; 6] = [' ', '\t', '\n', '\r', '\u{3000}', '\u{a0}'];

/// What stands outside of the record.
pub trait Elsewhere {
    /// Whether a stored record meets a condition; `None` where there is no such record.
    fn holds(&self, form: usize, id: Uuid, cond: &Cond) -> Option<bool>;
    fn user(&self, id: Uuid, what: UserAttr) -> Value;
    fn department(&self, id: Uuid, what: DepartmentAttr) -> Value;
}

/// A record, or a row of one of its child tables, about which a condition is asked.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub catalog: &'a Catalog,
    /// Index of the record's form.
    pub form: usize,
    pub record: &'a Record,
    /// The child table's field, with the row.
    pub row: Option<(usize, &'a Row)>,
}

impl<'a> Subject<'a> {
    /// A record itself.
    pub fn record(catalog: &'a Catalog, form: usize, record: &'a Record) -> Subject<'a> {
        Subject { catalog, form, record, row: None }
    }

    fn place(&self) -> Place {
        Place { form: self.form, table: self.row.map(|(table, _)| table) }
    }

    fn field(&self, index: usize) -> Option<&'a Field> {
        self.place().field(self.catalog, index)
    }

    fn value(&self, field: usize) -> &'a Value {
        match self.row {
            Some((_, row)) => row.values.get(field),
            None => self.record.values.get(field),
        }
        .unwrap_or(&Value::Null)
    }

    fn rows(&self, table: usize) -> &'a [Row] {
        match self.record.values.get(table) {
            Some(Value::Rows(rows)) => rows,
            _ => &[],
        }
    }

    fn in_row(&self, table: usize, row: &'a Row) -> Subject<'a> {
        Subject { row: Some((table, row)), ..*self }
    }
}

/// Whether the condition holds. Every part is looked at, so that all that is asked elsewhere is known after one pass.
pub fn holds(subject: Subject<'_>, cond: &Cond, elsewhere: &dyn Elsewhere) -> bool {
    match cond {
        Cond::True => true,
        Cond::False => false,
        Cond::And(parts) => ask_all(parts.iter().map(|part| holds(subject, part, elsewhere))),
        Cond::Or(parts) => ask_any(parts.iter().map(|part| holds(subject, part, elsewhere))),
        Cond::Not(inner) => !holds(subject, inner, elsewhere),
        Cond::Test { path, test: Test::Empty } => !follow(subject, path, &path.hops, None, elsewhere),
        Cond::Test { path, test } => follow(subject, path, &path.hops, Some(test), elsewhere),
        Cond::Related(related) => are_related(subject, related, elsewhere),
        // whose scope admits what is linked is known to the database alone
        Cond::Readable { .. } => elsewhere.holds(subject.form, subject.record.id, cond).unwrap_or(false),
    }
}

/// Whether all answers are yes; each is asked for, whatever the others are.
pub(crate) fn ask_all(answers: impl Iterator<Item = bool>) -> bool {
    let mut all = true;
    for answer in answers {
        all &= answer;
    }
    all
}

/// Whether an answer is yes; each is asked for, whatever the others are.
pub(crate) fn ask_any(answers: impl Iterator<Item = bool>) -> bool {
    let mut any = false;
    for answer in answers {
        any |= answer;
    }
    any
}

/// Whether something that the hops lead to satisfies the test; without one, whether there is a value.
fn follow(subject: Subject<'_>, path: &Path, hops: &[Hop], test: Option<&Test>, elsewhere: &dyn Elsewhere) -> bool {
    if let Some(there) = looked_up(subject, path, hops) {
        return follow(subject, &there, &there.hops, test, elsewhere);
    }
    let Some((hop, rest)) = hops.split_first() else { return end(subject, path, test, elsewhere) };
    let linked = |to: usize, id: Uuid| {
        elsewhere.holds(to, id, &beyond(path, Place::form(to), rest, test, true)).unwrap_or(false)
    };
    match hop {
        Hop::Link { field, to } => subject.value(*field).as_id().is_some_and(|id| linked(*to, id)),
        Hop::Links { field, to } => ask_any(ids(subject.value(*field)).map(|id| linked(*to, id))),
        Hop::Rows { field } => {
            let rows = subject.rows(*field).iter();
            ask_any(rows.map(|row| follow(subject.in_row(*field, row), path, rest, test, elsewhere)))
        }
        // who points here is known to the database alone; nobody points at what is not stored
        Hop::Inverse { .. } => {
            let cond = beyond(path, Place::form(subject.form), hops, test, false);
            elsewhere.holds(subject.form, subject.record.id, &cond).unwrap_or(false)
        }
        Hop::User { source } => {
            let person = match source {
                PersonSource::Field(field) => subject.value(*field).as_id(),
                PersonSource::CreatedBy => Some(subject.record.created_by),
                PersonSource::UpdatedBy => Some(subject.record.updated_by),
            };
            person.is_some_and(|id| of_person(path, id, test, elsewhere))
        }
        Hop::Department { field } => {
            subject.value(*field).as_id().is_some_and(|id| of_department(path, id, test, elsewhere))
        }
        Hop::Users { field } => ids(subject.value(*field)).any(|id| of_person(path, id, test, elsewhere)),
        Hop::Departments { field } => ids(subject.value(*field)).any(|id| of_department(path, id, test, elsewhere)),
    }
}

/// A path that goes on from a lookup of the subject, as one through the lookup's link: its value stands there.
fn looked_up(subject: Subject<'_>, path: &Path, hops: &[Hop]) -> Option<Path> {
    let lookup = |index: usize| subject.field(index)?.lookup();
    let (found, beyond, leaf) = match hops.split_first() {
        Some((hop, rest)) => {
            let (found, hop) = match *hop {
                Hop::Link { field, to } => lookup(field).map(|l| (l, Hop::Link { field: l.field, to })),
                Hop::Links { field, to } => lookup(field).map(|l| (l, Hop::Links { field: l.field, to })),
                Hop::User { source: PersonSource::Field(field) } => {
                    lookup(field).map(|l| (l, Hop::User { source: PersonSource::Field(l.field) }))
                }
                Hop::Users { field } => lookup(field).map(|l| (l, Hop::Users { field: l.field })),
                Hop::Department { field } => lookup(field).map(|l| (l, Hop::Department { field: l.field })),
                Hop::Departments { field } => lookup(field).map(|l| (l, Hop::Departments { field: l.field })),
                _ => None,
            }?;
            (found, std::iter::once(hop).chain(rest.iter().copied()).collect(), path.leaf.clone())
        }
        None => match &path.leaf {
            Leaf::Field(index) => lookup(*index).map(|l| (l, Vec::new(), Leaf::Field(l.field))),
            Leaf::JsonPath(index, members) => {
                lookup(*index).map(|l| (l, Vec::new(), Leaf::JsonPath(l.field, members.clone())))
            }
            _ => None,
        }?,
    };
    let end = if hops.is_empty() { Place::form(found.to) } else { path.end };
    let link = Hop::Link { field: found.via, to: found.to };
    let hops = std::iter::once(link).chain(beyond).collect();
    Some(Path { start: subject.place(), hops, end, leaf, text: path.text.clone() })
}

/// What a path ends on. A rollup that depends on when or by whom it is asked is known to the database alone; over what is not
/// stored it is that of no records.
fn end(subject: Subject<'_>, path: &Path, test: Option<&Test>, elsewhere: &dyn Elsewhere) -> bool {
    let Leaf::Field(index) = &path.leaf else { return leaf(subject, path, test) };
    let Some(field) = subject.field(*index) else { return leaf(subject, path, test) };
    match (field.rollup().filter(|_| field.is_asked()), test) {
        (Some(rollup), test) => {
            let cond = beyond(path, Place::form(subject.form), &[], test, false);
            elsewhere.holds(subject.form, subject.record.id, &cond).unwrap_or_else(|| {
                let none = if rollup.function.is_zero_of_none() { Value::Dec(Decimal::ZERO) } else { Value::Null };
                one(&none, test)
            })
        }
        // encrypted values are equal as their blind indexes are, telephone numbers as they are dialled
        (None, Some(Test::Eq(wanted))) if field.equals_by_normal() => {
            is_equal_normal(field.normal(), subject.value(*index), wanted)
        }
        (None, Some(Test::In(wanted))) if field.equals_by_normal() => {
            wanted.iter().any(|w| is_equal_normal(field.normal(), subject.value(*index), w))
        }
        (None, Some(test @ (Test::Contains(part) | Test::StartsWith(part) | Test::EndsWith(part))))
            if !field.is_encrypted() && field.normal().part_of(part).is_some() =>
        {
            leaf(subject, path, Some(test)) || has_part(field.normal(), subject.value(*index), test)
        }
        _ => leaf(subject, path, test),
    }
}

fn is_equal_normal(normal: Normal, value: &Value, wanted: &Value) -> bool {
    match (value.as_text(), wanted.as_text()) {
        (Some(value), Some(wanted)) => match normal.of(wanted) {
            Some(wanted) => normal.of(value) == Some(wanted),
            None => value == wanted,
        },
        _ => false,
    }
}

/// Whether the normal form of a value has the part that a test names.
fn has_part(normal: Normal, value: &Value, test: &Test) -> bool {
    let Some(value) = value.as_text().and_then(|text| normal.of(text)) else { return false };
    let has = |part: &str, in_it: &dyn Fn(&str) -> bool| normal.part_of(part).is_some_and(|part| in_it(&part));
    match test {
        Test::Contains(part) => has(part, &|part| value.contains(part)),
        Test::StartsWith(part) => has(part, &|part| value.starts_with(part)),
        Test::EndsWith(part) => has(part, &|part| value.ends_with(part)),
        _ => false,
    }
}

fn ids(value: &Value) -> impl Iterator<Item = Uuid> {
    let items: &[Value] = if let Value::List(items) = value { items } else { &[] };
    items.iter().filter_map(Value::as_id)
}

fn of_person(path: &Path, id: Uuid, test: Option<&Test>, elsewhere: &dyn Elsewhere) -> bool {
    let Leaf::User(what) = &path.leaf else { return false };
    one(&elsewhere.user(id, *what), test)
}

fn of_department(path: &Path, id: Uuid, test: Option<&Test>, elsewhere: &dyn Elsewhere) -> bool {
    let Leaf::Department(what) = &path.leaf else { return false };
    one(&elsewhere.department(id, *what), test)
}

/// The rest of a path as a question about a stored record, which must not lie in the recycle bin where `live` says so.
fn beyond(path: &Path, start: Place, hops: &[Hop], test: Option<&Test>, live: bool) -> Cond {
    let rest = Path { start, hops: hops.to_vec(), ..path.clone() };
    let asked = match test {
        Some(test) => Cond::Test { path: rest, test: test.clone() },
        None => Cond::Test { path: rest, test: Test::Empty }.negate(),
    };
    if !live {
        return asked;
    }
    let leaf = Leaf::System(SystemField::DeletedAt);
    let deleted = Path { start, hops: Vec::new(), end: start, leaf, text: SystemField::DeletedAt.name().to_string() };
    asked.and(Cond::Test { path: deleted, test: Test::Empty })
}

fn leaf(subject: Subject<'_>, path: &Path, test: Option<&Test>) -> bool {
    match &path.leaf {
        Leaf::Field(field) => many(subject.value(*field), test),
        Leaf::System(field) => one(&system(subject.record, *field), test),
        Leaf::JsonPath(field, members) => {
            let Value::Json(json) = subject.value(*field) else { return false };
            let found = members.iter().try_fold(json, |at, member| at.get(member));
            one(&found.map_or(Value::Null, member_text), test)
        }
        _ => false,
    }
}

fn member_text(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::String(text) => Value::Text(text.clone()),
        other => Value::Text(other.to_string()),
    }
}

fn system(record: &Record, field: SystemField) -> Value {
    match field {
        SystemField::Id => Value::Id(record.id),
        SystemField::Version => Value::Dec(record.version.into()),
        SystemField::CreatedAt => Value::Ts(record.created_at),
        SystemField::CreatedBy => Value::Id(record.created_by),
        SystemField::UpdatedAt => Value::Ts(record.updated_at),
        SystemField::UpdatedBy => Value::Id(record.updated_by),
        SystemField::DeletedAt => record.deleted_at.map_or(Value::Null, Value::Ts),
        SystemField::FlowState => Value::Text(record.flow_state.clone()),
    }
}

/// Of a list: some value satisfies the test; for `has_all` each wanted value is there.
fn many(value: &Value, test: Option<&Test>) -> bool {
    match (value, test) {
        (Value::Rows(rows), _) => !rows.is_empty(),
        (Value::List(items), None) => !items.is_empty(),
        (Value::List(items), Some(Test::HasAll(wanted))) if !wanted.is_empty() => {
            wanted.iter().all(|w| items.iter().any(|item| is_equal(item, w)))
        }
        (Value::List(items), test) => items.iter().any(|item| one(item, test)),
        (single, test) => one(single, test),
    }
}

/// A test of one value; without a test: that there is one.
fn one(value: &Value, test: Option<&Test>) -> bool {
    let Some(test) = test else {
        return match value {
            Value::Null => false,
            Value::Text(text) => !text.trim_matches(SPACE).is_empty(),
            _ => true,
        };
    };
    match test {
        Test::Empty => false,
        Test::Eq(wanted) => is_equal(value, wanted),
        Test::In(wanted) | Test::HasAll(wanted) => wanted.iter().any(|w| is_equal(value, w)),
        Test::Range { low: None, high: None } => true,
        Test::Range { low, high } => {
            let side = |bound: &Option<(Value, bool)>, beyond: Ordering| match bound {
                None => true,
                Some((bound, inclusive)) => {
                    order(value, bound).is_some_and(|found| found != beyond && (*inclusive || found != Ordering::Equal))
                }
            };
            side(low, Ordering::Less) && side(high, Ordering::Greater)
        }
        Test::Contains(needle) => folded(value).is_some_and(|text| text.contains(needle)),
        Test::StartsWith(needle) => folded(value).is_some_and(|text| text.starts_with(needle)),
        Test::EndsWith(needle) => folded(value).is_some_and(|text| text.ends_with(needle)),
        // stands in the filters of rollups only
        Test::Same { .. } => false,
    }
}

fn folded(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(fold::fold(text)),
        Value::Json(json) => Some(fold::fold(&json.to_string())),
        _ => None,
    }
}

fn is_equal(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Null, _) => false,
        (Value::Text(text), Value::Dec(length)) => micros(text) == Some(*length),
        (Value::Json(json), Value::Text(text)) => {
            let written = json.to_string();
            json.as_str() == Some(text) || written == *text
        }
        (value, wanted) => value == wanted,
    }
}

/// The order of a value and a bound; `None` where they have none. Texts are ordered by their sort keys, durations by length.
fn order(value: &Value, bound: &Value) -> Option<Ordering> {
    Some(match (value, bound) {
        (Value::Text(text), Value::Text(bound)) => fold::sort_key(text).cmp(&fold::sort_key(bound)),
        (Value::Text(text), Value::Dec(length)) => micros(text)?.cmp(length),
        (Value::Dec(a), Value::Dec(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Ts(a), Value::Ts(b)) => a.cmp(b),
        (Value::Id(a), Value::Id(b)) => a.cmp(b),
        _ => return None,
    })
}

/// A duration's length, as its bounds are given: microseconds at scale 6.
fn micros(text: &str) -> Option<Decimal> {
    duration_micros(text).map(|micros| Decimal::new(micros, 6))
}

fn are_related(subject: Subject<'_>, related: &Related, elsewhere: &dyn Elsewhere) -> bool {
    let within = |number: Decimal| {
        related.bounds.iter().all(|(comparison, bound)| {
            let order = number.cmp(bound);
            match comparison {
                Comparison::Eq => order.is_eq(),
                Comparison::Ne => order.is_ne(),
                Comparison::Lt => order.is_lt(),
                Comparison::Le => order.is_le(),
                Comparison::Gt => order.is_gt(),
                Comparison::Ge => order.is_ge(),
            }
        })
    };
    let Some(table) = related.table.filter(|_| related.via.is_none()) else {
        let cond = Cond::Related(Box::new(related.clone()));
        return elsewhere.holds(subject.form, subject.record.id, &cond).unwrap_or_else(|| within(Decimal::ZERO));
    };
    let mut number = Decimal::ZERO;
    for row in subject.rows(table) {
        if !holds(subject.in_row(table, row), &related.filter, elsewhere) {
            continue;
        }
        match related.sum.map(|column| row.values.get(column)) {
            None => number += Decimal::ONE,
            Some(Some(Value::Dec(value))) => number = number.saturating_add(*value),
            Some(_) => {}
        }
    }
    within(number)
}
