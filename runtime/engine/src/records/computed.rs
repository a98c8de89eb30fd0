//! Computed fields within a save: worked out after the inputs stand, and never taken from the caller.

use super::saver::Saver;
use crate::error::{EngineError, EngineResult};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{ComputedPlace, Field, FieldKind};
use formwright_core::form::Form;
use formwright_core::record::{Outcome, Record};
use formwright_core::value::Value;
use formwright_store::computed::{self, Known, Reason};
use formwright_store::select::AccessSource;
use formwright_store::{Tx, records};
use rust_decimal::Decimal;
use uuid::Uuid;

impl Saver {
    /// Works out the computed fields of a record. What cannot be worked out or kept is a fault of its field.
    pub(super) async fn compute(
        &self,
        form_index: usize,
        form: &Form,
        record: &mut Record,
        tx: &mut Tx,
        faults: &mut Vec<Fault>,
    ) -> EngineResult<()> {
        if !form.computed.is_empty() {
            let found = self.outcome(form, record, Reason::Save, &mut Known::default(), tx).await?.faults;
            let sees = |f: &Fault| self.sees_path(form_index, form, &f.path);
            // a field that the caller may not know is not named to him
            faults.extend(found.into_iter().map(|f| if sees(&f) { f } else { Fault { path: String::new(), ..f } }));
        }
        Ok(())
    }

    /// Fills in the defaults by expression of a new record where nothing was sent for the field.
    pub(super) async fn fill_defaults(
        &self,
        form_index: usize,
        form: &Form,
        record: &mut Record,
        untouched: &(dyn Fn(usize) -> bool + Sync),
        tx: &mut Tx,
        faults: &mut Vec<Fault>,
    ) -> EngineResult<()> {
        if form.defaults.iter().any(|i| untouched(*i)) {
            let found = computed::fill(&self.world(), form, record, untouched, tx).await?.faults;
            let sees = |f: &Fault| self.sees_path(form_index, form, &f.path);
            faults.extend(found.into_iter().map(|f| if sees(&f) { f } else { Fault { path: String::new(), ..f } }));
        }
        Ok(())
    }

    /// Fields for which a value was sent that is what they begin with anyway.
    pub(super) async fn sent_as_default(
        &self,
        form: &Form,
        record: &Record,
        sent: &[usize],
        tx: &mut Tx,
    ) -> EngineResult<Vec<usize>> {
        let asked: Vec<usize> = sent.iter().copied().filter(|i| form.defaults.contains(i)).collect();
        if asked.is_empty() {
            return Ok(asked);
        }
        let mut bare = record.clone();
        let untouched = |i: usize| asked.contains(&i);
        computed::fill(&self.world(), form, &mut bare, &untouched, tx).await?;
        Ok(asked.iter().copied().filter(|i| bare.values.get(*i) == record.values.get(*i)).collect())
    }

    /// Works out again what follows from a write that touched no field, and writes it: a formula may read the version.
    pub(super) async fn follow(
        &self,
        form_index: usize,
        form: &Form,
        rid: i64,
        old: &Record,
        new: &mut Record,
        tx: &mut Tx,
    ) -> EngineResult<()> {
        if form.computed.is_empty() {
            return Ok(());
        }
        let mut faults = Vec::new();
        let before = new.clone();
        self.compute(form_index, form, new, tx, &mut faults).await?;
        if !faults.is_empty() {
            return Err(EngineError::faults(&code::VALIDATION, faults));
        }
        let changed = changed(form, old, new, Vec::new());
        if !changed.is_empty() {
            records::update(&self.compiler(tx), form_index, rid, &before, new, &changed, tx)
                .await
                .map_err(|e| self.constraint(form, e))?;
        }
        Ok(())
    }

    /// Whether the caller may know the field, or the column, at a path of a record.
    pub(super) fn sees_path(&self, form_index: usize, form: &Form, path: &str) -> bool {
        let access = self.access.access(form_index);
        let mut parts = path.split('/');
        let Some((index, field)) = form.field(parts.next().unwrap_or_default()) else { return true };
        let column = field.table().and_then(|t| t.field(parts.nth(1)?)).map(|(c, _)| c);
        access.sees(index, None) && column.is_none_or(|c| access.sees(index, Some(c)))
    }

    /// As [`Saver::compute`], with all that is to be said about it. What was looked up is `known` from then on.
    pub(super) async fn outcome(
        &self,
        form: &Form,
        record: &mut Record,
        reason: Reason,
        known: &mut Known,
        tx: &mut Tx,
    ) -> EngineResult<Outcome> {
        Ok(computed::settle(&self.world(), form, record, reason, known, tx).await?)
    }
}

/// Puts into the rollups of a new record what they are of no records.
pub(super) fn begin(form: &Form, record: &mut Record) {
    for (field, value) in form.fields.iter().zip(&mut record.values) {
        if let (Some(rollup), true, FieldKind::Number(number)) = (field.rollup(), field.is_kept(), &field.kind) {
            let zero = Value::Dec(Decimal::new(0, number.scale));
            *value = if rollup.function.is_zero_of_none() { zero } else { Value::Null };
        }
    }
}

/// What stood in a computed place before it was worked out: sent by the caller, or as it was.
pub(super) struct Given {
    place: ComputedPlace,
    row: Option<Uuid>,
    value: Value,
}

/// The values in computed places that are not empty.
pub(super) fn given(form: &Form, record: &Record) -> Vec<Given> {
    let mut out = Vec::new();
    let is_kept =
        |place: &&ComputedPlace| place.table.is_some() || form.fields.get(place.field).is_some_and(Field::is_kept);
    for place in form.computed.iter().filter(is_kept) {
        match place.table.map(|t| record.values.get(t)) {
            None => {
                if let Some(value) = record.values.get(place.field).filter(|v| !v.is_empty()) {
                    out.push(Given { place: *place, row: None, value: value.clone() });
                }
            }
            Some(Some(Value::Rows(rows))) => {
                for row in rows {
                    if let Some(value) = row.values.get(place.field).filter(|v| !v.is_empty()) {
                        out.push(Given { place: *place, row: Some(row.id), value: value.clone() });
                    }
                }
            }
            Some(_) => {}
        }
    }
    out
}

/// Refuses what was sent for a computed place, unless it is what was there before or, where nothing was, what came out.
pub(super) fn refuse_given(form: &Form, given: &[Given], old: Option<&Record>, new: &Record, faults: &mut Vec<Fault>) {
    for given in given {
        let before = old.and_then(|o| value_at(o, given));
        let expected = before.or_else(|| value_at(new, given)).map(|(_, value)| value);
        if expected == Some(&given.value) {
            continue;
        }
        let index = value_at(new, given).and_then(|(index, _)| index);
        faults.push(Fault::new(path(form, given.place, index), &code::FIELD_READ_ONLY));
    }
    // a row that was there and had a value is not emptied by sending nothing for it
    let Some(old) = old else { return };
    for place in form.computed.iter().filter(|p| p.table.is_some()) {
        let Some(Value::Rows(rows)) = place.table.and_then(|t| old.values.get(t)) else { continue };
        for row in rows {
            let had = row.values.get(place.field).is_some_and(|v| !v.is_empty());
            let is_given = given.iter().any(|g| g.place == *place && g.row == Some(row.id));
            let probe = Given { place: *place, row: Some(row.id), value: Value::Null };
            if let (true, false, Some((index, _))) = (had, is_given, value_at(new, &probe)) {
                faults.push(Fault::new(path(form, *place, index), &code::FIELD_READ_ONLY));
            }
        }
    }
}

/// The value of a place, with the number of its row.
fn value_at<'r>(record: &'r Record, given: &Given) -> Option<(Option<usize>, &'r Value)> {
    match (given.place.table, given.row) {
        (Some(table), Some(id)) => match record.values.get(table)? {
            Value::Rows(rows) => {
                let (index, row) = rows.iter().enumerate().find(|(_, r)| r.id == id)?;
                Some((Some(index), row.values.get(given.place.field)?))
            }
            _ => None,
        },
        _ => Some((None, record.values.get(given.place.field)?)),
    }
}

fn path(form: &Form, place: ComputedPlace, row: Option<usize>) -> String {
    let name = |index: usize| form.fields.get(index).map_or("", |f| f.name.as_str());
    match place.table {
        None => name(place.field).to_string(),
        Some(table) => {
            let columns = form.fields.get(table).and_then(|f| f.table());
            let column = columns.and_then(|t| t.fields.get(place.field)).map_or("", |f| f.name.as_str());
            format!("{}/{}/{column}", name(table), row.unwrap_or(0))
        }
    }
}

/// The fields that a write changes: those that were sent, and those that followed.
pub(super) fn changed(form: &Form, old: &Record, new: &Record, mut sent: Vec<usize>) -> Vec<usize> {
    for place in &form.computed {
        let field = place.table.unwrap_or(place.field);
        if !sent.contains(&field) && old.values.get(field) != new.values.get(field) {
            sent.push(field);
        }
    }
    sent.sort_unstable();
    sent
}
