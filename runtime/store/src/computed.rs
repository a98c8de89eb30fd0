//! Computed fields of many records: worked out page by page, written as sets, or compared with what stands there.

use std::collections::HashMap;

use chrono::NaiveDate;
use formwright_core::catalog::Catalog;
use formwright_core::diagnostic::Fault;
use formwright_core::field::{ComputedPlace, Field, Storage};
use formwright_core::form::Form;
use formwright_core::plan::Place;
use formwright_core::record::{Outcome, RateKey, Record, Surroundings, compute, fill_defaults};
use formwright_core::time::Clock;
use formwright_core::value::{Row as ChildRow, Value};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::ddl::pages::write_column;
use crate::error::{StoreError, StoreResult};
use crate::layout::{FieldLayout, FormLayout, RowsLayout};
use crate::rates;
use crate::records::{columns_of, read_value};
use crate::row::Row;
use crate::tx::Tx;
use crate::value::Val;

/// Records of a page.
const PAGE: i64 = 500;
/// Differing records that are named.
const NAMED: usize = 10;

/// Rates that were looked up, kept while they are needed.
pub type Rates = HashMap<RateKey, Option<Decimal>>;

/// What is to be done with the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// They are written where they differ. What has no value is an error.
    Write,
    /// Records that differ are counted and named. What is in the recycle bin is worked out when it comes back.
    Compare,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records looked at.
    pub records: u64,
    /// Records of which a computed value is not what it should be.
    pub differing: u64,
    /// The first of them, with the path of the first value that differs.
    pub named: Vec<(Uuid, String)>,
}

/// Works out the computed fields of one record, looking up the rates that they need; with `live` also what reads the clock,
/// which is not kept.
pub async fn settle(
    catalog: &Catalog,
    form: &Form,
    record: &mut Record,
    clock: Clock,
    live: bool,
    rates: &mut Rates,
    tx: &mut Tx,
) -> StoreResult<Outcome> {
    loop {
        let outcome = {
            let around = Surroundings { clock, rates, minor: &|currency| catalog.minor(currency), live };
            compute(form, record, &around)
        };
        if outcome.wanted.is_empty() {
            return Ok(outcome);
        }
        for key in &outcome.wanted {
            let rate = rate_of(key, tx).await?;
            rates.insert(key.clone(), rate);
        }
    }
}

/// Fills in the defaults by expression of a new record where nothing was sent, looking up the rates that they need.
pub async fn fill(
    catalog: &Catalog,
    form: &Form,
    record: &mut Record,
    untouched: &(dyn Fn(usize) -> bool + Sync),
    clock: Clock,
    tx: &mut Tx,
) -> StoreResult<Outcome> {
    let mut rates = Rates::new();
    loop {
        let outcome = {
            let minor = |currency: &str| catalog.minor(currency);
            let around = Surroundings { clock, rates: &rates, minor: &minor, live: false };
            fill_defaults(form, record, untouched, &around)
        };
        if outcome.wanted.is_empty() {
            return Ok(outcome);
        }
        for key in &outcome.wanted {
            let rate = rate_of(key, tx).await?;
            rates.insert(key.clone(), rate);
        }
    }
}

async fn rate_of((currency, day): &(String, NaiveDate), tx: &mut Tx) -> StoreResult<Option<Decimal>> {
    // what no database can hold as text names no currency
    if !formwright_core::fold::is_storable(currency) { Ok(None) } else { rates::of(currency, *day, tx).await }
}

/// Works out the computed fields of all records of a form, those in the recycle bin too.
///
/// # Errors
/// [`StoreError::Uncomputable`] when writing a value that cannot be worked out or kept; any other of [`StoreError`].
pub async fn recompute(
    tx: &mut Tx,
    catalog: &Catalog,
    form: &Form,
    layout: &FormLayout,
    clock: Clock,
    purpose: Purpose,
) -> StoreResult<Report> {
    let mut report = Report::default();
    if form.computed.is_empty() {
        return Ok(report);
    }
    let tables: Vec<usize> = (0..form.fields.len()).filter(|i| reads_rows(form, *i)).collect();
    let mut rates = Rates::new();
    let mut after = None;
    loop {
        let mut page = records(tx, form, layout, after).await?;
        for table in &tables {
            child_rows(tx, form, layout, *table, &mut page).await?;
        }
        let Some((last, _)) = page.last() else { return Ok(report) };
        after = Some(*last);
        let mut writes = Writes::default();
        for (rid, before) in page {
            if purpose == Purpose::Compare && before.deleted_at.is_some() {
                continue;
            }
            let mut record = before.clone();
            let outcome = settle(catalog, form, &mut record, clock, false, &mut rates, tx).await?;
            report.records += 1;
            if let (Purpose::Write, Some(fault)) = (purpose, outcome.faults.into_iter().next()) {
                return Err(uncomputable(form, record.id, fault));
            }
            let mut first = None;
            for place in &form.computed {
                writes.compare(form, layout, *place, rid, &before, &record, &mut first)?;
            }
            if let Some(path) = first {
                report.differing += 1;
                if report.named.len() < NAMED {
                    report.named.push((record.id, path));
                }
            }
        }
        if purpose == Purpose::Write {
            writes.carry_out(tx).await?;
        }
    }
}

fn uncomputable(form: &Form, record: Uuid, fault: Fault) -> StoreError {
    StoreError::Uncomputable {
        form: form.name.clone(),
        path: fault.path,
        record,
        code: fault.code.code,
        args: fault.args,
    }
}

/// Whether rows of a child table are read or written by a formula.
fn reads_rows(form: &Form, field: usize) -> bool {
    use formwright_core::field::{Leaf, Source};
    form.fields.get(field).is_some_and(|f| f.table().is_some())
        && form.computed.iter().any(|place| {
            place.table == Some(field)
                || formwright_core::record::computed_field(form, *place).is_some_and(|(_, formula)| {
                    formula.sources.iter().any(|s| match s {
                        Source::Rows { table, .. } => *table == field,
                        Source::Record(Leaf::Field(i)) => *i == field,
                        _ => false,
                    })
                })
        })
}

/// The next page of records without their rows.
async fn records(tx: &mut Tx, form: &Form, layout: &FormLayout, after: Option<i64>) -> StoreResult<Vec<(i64, Record)>> {
    const FIRST: usize = 9;
    let mut sql = tx.sql();
    sql.push("SELECT \"rid\", \"id\", \"version\", \"created_at\", \"created_by\", \"updated_at\", \"updated_by\", \"deleted_at\", \"flow_state\"");
    for field in layout.fields.iter().filter(|f| f.storage != Storage::Table) {
        sql.push(", ").ident(&field.column);
    }
    sql.push(" FROM ").ident(&layout.table);
    if let Some(after) = after {
        sql.push(" WHERE \"rid\" > ").val(after);
    }
    sql.push(" ORDER BY \"rid\" LIMIT ").int(PAGE);
    let missing = || StoreError::Damaged("a record's system field is empty".into());
    tx.all(&sql.build().once(), |row| {
        let mut at = FIRST;
        let id = row.uuid(1)?.ok_or_else(missing)?;
        let mut values = Vec::with_capacity(form.fields.len());
        for (field, place) in form.fields.iter().zip(&layout.fields) {
            if place.storage == Storage::Table {
                values.push(Value::Rows(Vec::new()));
            } else {
                values.push(read_value(row, at, id, field, place)?);
                at += 1;
            }
        }
        let record = Record {
            id,
            version: row.int(2)?.ok_or_else(missing)?,
            created_at: row.ts(3)?.ok_or_else(missing)?,
            created_by: row.uuid(4)?.unwrap_or(Uuid::nil()),
            updated_at: row.ts(5)?.ok_or_else(missing)?,
            updated_by: row.uuid(6)?.unwrap_or(Uuid::nil()),
            deleted_at: row.ts(7)?,
            flow_state: row.text(8)?.unwrap_or("none").to_string(),
            values,
        };
        Ok((row.int(0)?.ok_or_else(missing)?, record))
    })
    .await
}

/// Puts the rows of a child table into the records of a page.
async fn child_rows(
    tx: &mut Tx,
    form: &Form,
    layout: &FormLayout,
    table: usize,
    page: &mut [(i64, Record)],
) -> StoreResult<()> {
    let fields: Option<&[Field]> = form.fields.get(table).and_then(Field::table).map(|t| t.fields.as_slice());
    let rows: Option<&RowsLayout> = layout.fields.get(table).and_then(|f| f.rows.as_ref());
    let (Some(fields), Some(rows), false) = (fields, rows, page.is_empty()) else { return Ok(()) };
    let mut sql = tx.sql();
    sql.push("SELECT \"record\", \"id\"");
    for column in &rows.fields {
        sql.push(", ").ident(&column.column);
    }
    sql.push(" FROM ").ident(&rows.table).push(" WHERE \"record\" IN (");
    sql.vals(page.iter().map(|(_, r)| Val::Uuid(r.id))).push(") ORDER BY \"record\", \"pos\"");
    let found = tx
        .all(&sql.build().once(), |row: &Row<'_>| {
            let missing = || StoreError::Damaged("a child row without an id".into());
            let (record, id) = (row.uuid(0)?.ok_or_else(missing)?, row.uuid(1)?.ok_or_else(missing)?);
            let values = fields
                .iter()
                .zip(&rows.fields)
                .enumerate()
                .map(|(i, (f, l))| read_value(row, i + 2, id, f, l))
                .collect::<StoreResult<Vec<Value>>>()?;
            Ok((record, ChildRow { id, values }))
        })
        .await?;
    let mut by_record: HashMap<Uuid, Vec<ChildRow>> = HashMap::new();
    for (record, row) in found {
        by_record.entry(record).or_default().push(row);
    }
    for (_, record) in page {
        if let (Some(slot), Some(rows)) = (record.values.get_mut(table), by_record.remove(&record.id)) {
            *slot = Value::Rows(rows);
        }
    }
    Ok(())
}

/// New values by column, gathered for one statement each.
#[derive(Default)]
struct Writes(HashMap<(String, String), (Place, Vec<(Val, Val)>)>);

impl Writes {
    /// Notes what differs at a place; `first` takes the path of the first difference.
    #[allow(clippy::too_many_arguments)]
    fn compare(
        &mut self,
        form: &Form,
        layout: &FormLayout,
        place: ComputedPlace,
        rid: i64,
        before: &Record,
        after: &Record,
        first: &mut Option<String>,
    ) -> StoreResult<()> {
        let Some(table) = place.table else {
            let (Some(field), Some(at)) = (form.fields.get(place.field), layout.fields.get(place.field)) else {
                return Ok(());
            };
            let (old, new) = (before.values.get(place.field), after.values.get(place.field));
            if let (true, Some(new)) = (old != new, new) {
                first.get_or_insert_with(|| field.name.clone());
                self.note(layout.table.as_str(), field, at, (Val::Int(rid), after.id), new)?;
            }
            return Ok(());
        };
        let (Some(owner), Some(rows)) =
            (form.fields.get(table), layout.fields.get(table).and_then(|f| f.rows.as_ref()))
        else {
            return Ok(());
        };
        let column = owner.table().and_then(|t| t.fields.get(place.field)).zip(rows.fields.get(place.field));
        let (Some((field, at)), Some(Value::Rows(old)), Some(Value::Rows(new))) =
            (column, before.values.get(table), after.values.get(table))
        else {
            return Ok(());
        };
        for (index, (old, new)) in old.iter().zip(new).enumerate() {
            let (was, is) = (old.values.get(place.field), new.values.get(place.field));
            if let (true, Some(is)) = (was != is, is) {
                first.get_or_insert_with(|| format!("{}/{index}/{}", owner.name, field.name));
                self.note(rows.table.as_str(), field, at, (Val::Uuid(new.id), new.id), is)?;
            }
        }
        Ok(())
    }

    fn note(
        &mut self,
        table: &str,
        field: &Field,
        at: &FieldLayout,
        (key, owner): (Val, Uuid),
        value: &Value,
    ) -> StoreResult<()> {
        let rows = matches!(key, Val::Uuid(_));
        let mut columns = Vec::new();
        columns_of(field, at, owner, value, &mut columns)?;
        for (column, value) in columns {
            let place = Place { table: table.to_string(), rows, column: column.as_str().to_string() };
            let slot = self.0.entry((place.table.clone(), place.column.clone())).or_insert_with(|| (place, Vec::new()));
            slot.1.push((key.clone(), value));
        }
        Ok(())
    }

    async fn carry_out(self, tx: &mut Tx) -> StoreResult<()> {
        for (place, values) in self.0.into_values() {
            for part in values.chunks(1000) {
                write_column(tx, &place, part.to_vec()).await?;
            }
        }
        Ok(())
    }
}
