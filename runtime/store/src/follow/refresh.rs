//! One computed field of some records worked out anew: a rollup by one query for all of them, a formula page by page.

use super::writes::Writes;
use crate::computed::{Known, Reason, World, settle_all};
use crate::dialect::Lock;
use crate::error::{StoreError, StoreResult};
use crate::layout::{FormLayout, RowsLayout};
use crate::records::{FIRST_FIELD, SELECT_RECORD, index_record, read_record, read_value, record_id};
use crate::row::Row;
use crate::select::{At, Compiler, Eyes, Part, TrueEyes};
use crate::sql::SqlBuilder;
use crate::tx::Tx;
use crate::value::Val;
use formwright_core::diagnostic::Fault;
use formwright_core::field::{ComputedPlace, Field, FieldKind, Leaf, Rollup, Source, Start, Storage};
use formwright_core::form::Form;
use formwright_core::record::{Record, computed_field, keep_number};
use formwright_core::value::{Row as ChildRow, Value};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Records of a page.
pub(super) const PAGE: usize = 500;

/// Which records are meant.
pub(super) enum Which<'a> {
    /// Live ones of these.
    Ids(&'a [Uuid]),
    /// A page of all, those in the recycle bin too, after this counting key.
    After(Option<i64>),
}

pub(super) fn form_of<'a>(world: &World<'a>, form: usize) -> StoreResult<(&'a Form, &'a FormLayout)> {
    let missing = || StoreError::Other("form out of the catalogue".into());
    Ok((world.catalog.forms.get(form).ok_or_else(missing)?, world.layout.forms.get(form).ok_or_else(missing)?))
}

/// Works out a node for some records; gives those of which the value is another now.
pub(super) async fn refresh(world: &World<'_>, node: usize, ids: &[Uuid], tx: &mut Tx) -> StoreResult<BTreeSet<Uuid>> {
    let Some(node) = world.catalog.graph.nodes.get(node) else { return Ok(BTreeSet::new()) };
    let (form, layout) = form_of(world, node.form)?;
    let field = formwright_core::graph::field_of(form, node.place);
    let mut out = BTreeSet::new();
    for part in ids.chunks(PAGE) {
        lock(layout, part, tx).await?;
        let mut writes = Writes::default();
        let changed = match field.and_then(Field::rollup) {
            Some(rollup) => {
                let found = rollups(world, node.form, node.place.field, rollup, Which::Ids(part), tx).await?;
                let mut changed = Vec::new();
                for line in found.iter().filter(|l| l.old != l.new) {
                    let (Some(field), Some(at)) = (field, layout.fields.get(node.place.field)) else { continue };
                    writes.note(layout.table.as_str(), field, at, (Val::Int(line.rid), line.id), &line.new)?;
                    changed.push(line.id);
                }
                changed
            }
            None => {
                let mut page = records(form, layout, Which::Ids(part), tx).await?;
                formulas(world, form, layout, &[node.place], &mut page, &mut writes, &mut Known::default(), tx).await?
            }
        };
        writes.carry_out(tx).await?;
        if form.search.iter().any(|s| Some(s.field) == node.place.table.or(Some(node.place.field))) {
            find_again(world, node.form, &changed, tx).await?;
        }
        out.extend(changed);
    }
    Ok(out)
}

/// Locks records in the order of their ids, so that two who write the same ones do not wait for each other.
pub(super) async fn lock(layout: &FormLayout, ids: &[Uuid], tx: &mut Tx) -> StoreResult<()> {
    let lock = tx.dialect().for_update(Lock::Wait);
    if lock.is_empty() {
        return Ok(());
    }
    let mut sql = tx.sql();
    sql.push("SELECT \"rid\" FROM ").ident(&layout.table).push(" WHERE \"id\" IN (");
    sql.vals(ids.iter().map(|id| Val::Uuid(*id))).push(") ORDER BY \"id\"").push(lock);
    tx.execute(&sql.build().once()).await.map(|_| ())
}

/// Writes the words of records anew.
pub(super) async fn find_again(world: &World<'_>, form: usize, ids: &[Uuid], tx: &mut Tx) -> StoreResult<()> {
    let (of, layout) = form_of(world, form)?;
    for part in ids.chunks(PAGE) {
        let mut page = records(of, layout, Which::Ids(part), tx).await?;
        for table in 0..of.fields.len() {
            child_rows(of, layout, table, &mut page, tx).await?;
        }
        let eyes = TrueEyes { catalog: world.catalog, clock: world.clock, facts: world.facts };
        for (rid, record) in page {
            let compiler = Compiler::new(world.catalog, world.layout, &eyes, tx.dialect());
            index_record(&compiler, form, rid, &record, tx).await?;
        }
    }
    Ok(())
}

/// A record's rollup as it is kept and as it should be.
pub(super) struct Line {
    pub rid: i64,
    pub id: Uuid,
    pub is_live: bool,
    pub old: Value,
    pub new: Value,
}

/// A rollup of records as it is and as it should be.
pub(super) async fn rollups(
    world: &World<'_>,
    form: usize,
    index: usize,
    rollup: &Rollup,
    which: Which<'_>,
    tx: &mut Tx,
) -> StoreResult<Vec<Line>> {
    let (of, layout) = form_of(world, form)?;
    let missing = || StoreError::Other("field out of the catalogue".into());
    let (field, place) = (of.fields.get(index).ok_or_else(missing)?, layout.fields.get(index).ok_or_else(missing)?);
    let eyes = TrueEyes { catalog: world.catalog, clock: world.clock, facts: world.facts };
    let compiler = Compiler::new(world.catalog, world.layout, &eyes, tx.dialect());
    let at = At::root(form)?;
    let cond = world.catalog.graph.filter(form, index);
    let mut sql = tx.sql();
    sql.push("SELECT t.\"rid\", t.\"id\", t.\"deleted_at\", t.").ident(&place.column).push(", ");
    sql.append(compiler.rolled_up(&at, index, rollup, cond, Eyes::True, Part::Value)?);
    sql.push(" FROM ").ident(&layout.table).push(" AS t WHERE ");
    only(&mut sql, which);
    let lines = tx
        .all(&sql.build().once(), |row| {
            let damaged = || StoreError::Damaged("a record's system field is empty".into());
            let id = row.uuid(1)?.ok_or_else(damaged)?;
            Ok(Line {
                rid: row.int(0)?.ok_or_else(damaged)?,
                id,
                is_live: row.ts(2)?.is_none(),
                old: read_value(row, 3, id, field, place)?,
                new: read_value(row, 4, id, field, place)?,
            })
        })
        .await?;
    if let FieldKind::Number(number) = &field.kind {
        for line in &lines {
            if let Value::Dec(value) = &line.new {
                keep_number(*value, number.scale)
                    .map_err(|fault| uncomputable(of, line.id, Fault { path: field.name.clone(), ..fault }))?;
            }
        }
    }
    Ok(lines)
}

fn only(sql: &mut SqlBuilder, which: Which<'_>) {
    match which {
        Which::Ids(ids) => {
            sql.push("t.\"deleted_at\" IS NULL AND t.\"id\" IN (").vals(ids.iter().map(|id| Val::Uuid(*id)));
            sql.push(") ORDER BY t.\"rid\"");
        }
        Which::After(after) => {
            match after {
                Some(after) => sql.push("t.\"rid\" > ").val(after),
                None => sql.push("1=1"),
            };
            sql.push(" ORDER BY t.\"rid\" LIMIT ").int(i64::try_from(PAGE).unwrap_or(i64::MAX));
        }
    }
}

/// Works out formulas of a page of records, and notes what is another value now; gives those records.
#[allow(clippy::too_many_arguments)]
pub(super) async fn formulas(
    world: &World<'_>,
    form: &Form,
    layout: &FormLayout,
    places: &[ComputedPlace],
    page: &mut [(i64, Record)],
    writes: &mut Writes,
    known: &mut Known,
    tx: &mut Tx,
) -> StoreResult<Vec<Uuid>> {
    for table in (0..form.fields.len()).filter(|i| reads_rows(form, places, *i)) {
        child_rows(form, layout, table, page, tx).await?;
    }
    let mut after: Vec<Record> = page.iter().map(|(_, record)| record.clone()).collect();
    let outcomes = settle_all(world, form, places, &mut after, Reason::Follow, known, tx).await?;
    let mut changed = Vec::new();
    for (((rid, before), after), outcome) in page.iter().zip(&after).zip(outcomes) {
        if let Some(fault) = outcome.faults.into_iter().next() {
            return Err(uncomputable(form, before.id, fault));
        }
        let mut differs = false;
        for place in places {
            differs |= writes.compare(form, layout, *place, *rid, (before, after))?.is_some();
        }
        if differs {
            changed.push(before.id);
        }
    }
    Ok(changed)
}

pub(super) fn uncomputable(form: &Form, record: Uuid, fault: Fault) -> StoreError {
    StoreError::Uncomputable {
        form: form.name.clone(),
        path: fault.path,
        record,
        code: fault.code.code,
        args: fault.args,
    }
}

/// Whether rows of a child table are read or written by one of these formulas.
pub(super) fn reads_rows(form: &Form, places: &[ComputedPlace], field: usize) -> bool {
    form.fields.get(field).is_some_and(|f| f.table().is_some())
        && places.iter().any(|place| {
            place.table == Some(field)
                || computed_field(form, *place).is_some_and(|(_, formula)| {
                    formula.sources.iter().any(|s| match s {
                        Source::Rows { table, .. } => *table == field,
                        Source::Record(Leaf::Field(i)) => *i == field,
                        Source::Remote(remote) => matches!(remote.start, Start::Rows { table, .. } if table == field),
                        _ => false,
                    })
                })
        })
}

/// Records without their rows.
pub(super) async fn records(
    form: &Form,
    layout: &FormLayout,
    which: Which<'_>,
    tx: &mut Tx,
) -> StoreResult<Vec<(i64, Record)>> {
    let mut sql = tx.sql();
    sql.push(SELECT_RECORD);
    for field in layout.fields.iter().filter(|f| f.storage != Storage::Table) {
        sql.push(", t.").ident(&field.column);
    }
    sql.push(" FROM ").ident(&layout.table).push(" AS t WHERE ");
    only(&mut sql, which);
    tx.all(&sql.build().once(), |row| {
        let mut at = FIRST_FIELD;
        let id = record_id(row)?;
        let mut values = Vec::with_capacity(form.fields.len());
        for (field, place) in form.fields.iter().zip(&layout.fields) {
            if place.storage == Storage::Table {
                values.push(Value::Rows(Vec::new()));
            } else {
                values.push(read_value(row, at, id, field, place)?);
                at += 1;
            }
        }
        read_record(row, values)
    })
    .await
}

/// Puts the rows of a child table into the records of a page.
pub(super) async fn child_rows(
    form: &Form,
    layout: &FormLayout,
    table: usize,
    page: &mut [(i64, Record)],
    tx: &mut Tx,
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
