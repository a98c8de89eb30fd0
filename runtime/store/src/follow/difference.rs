//! Counts and sums kept by what a write adds and takes away: however many records a rollup is over, none of them is read.

use super::refresh::{find_again, form_of, lock, uncomputable};
use super::writes::Writes;
use super::{Written, refresh};
use crate::computed::World;
use crate::error::{StoreError, StoreResult};
use crate::records::read_value;
use crate::tx::Tx;
use crate::value::Val;
use formwright_core::diagnostic::Fault;
use formwright_core::field::{Field, FieldKind, Rollup, RollupFunction};
use formwright_core::graph::{Edge, field_of};
use formwright_core::query::Cond;
use formwright_core::record::{Record, keep_number};
use formwright_core::value::Value;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// By how much a write changes a rollup of the records that it names; `None` where that cannot be told from the record alone.
pub(super) fn of(world: &World<'_>, edge: &Edge, written: &Written<'_>) -> Option<BTreeMap<Uuid, Decimal>> {
    let node = world.catalog.graph.nodes.get(edge.node)?;
    let own = field_of(world.catalog.forms.get(node.form)?, node.place)?;
    let rollup = own.rollup().filter(|r| r.form == written.form && edge.back.len() == 1)?;
    if *world.catalog.graph.filter(node.form, node.place.field) != Cond::True || !is_exact(world, rollup, own) {
        return None;
    }
    let mut out = BTreeMap::new();
    for (record, sign) in [(written.old, -Decimal::ONE), (written.new, Decimal::ONE)] {
        if let Some(record) = record {
            contribute(rollup, record, sign, &mut out);
        }
    }
    out.retain(|_, by| !by.is_zero());
    Some(out)
}

/// Whether what is added up has no more decimals than the rollup keeps, so that nothing is rounded, and is a number of the record.
fn is_exact(world: &World<'_>, rollup: &Rollup, own: &Field) -> bool {
    let FieldKind::Number(kept) = &own.kind else { return false };
    match (rollup.function, rollup.field) {
        (RollupFunction::Count, None) => true,
        (RollupFunction::Sum, Some(field)) => {
            let place = formwright_core::field::ComputedPlace { table: rollup.table, field };
            let of = world.catalog.forms.get(rollup.form).and_then(|f| field_of(f, place));
            of.is_some_and(|f| {
                f.is_kept() && matches!(&f.kind, FieldKind::Number(number) if number.scale <= kept.scale)
            })
        }
        _ => false,
    }
}

fn contribute(rollup: &Rollup, record: &Record, sign: Decimal, out: &mut BTreeMap<Uuid, Decimal>) {
    let mut add = |values: &[Value]| {
        let by = match rollup.field {
            None => Decimal::ONE,
            Some(field) => match values.get(field) {
                Some(Value::Dec(number)) => *number,
                _ => return,
            },
        };
        let mut named = BTreeSet::new();
        match values.get(rollup.via) {
            Some(Value::Id(id)) => {
                named.insert(*id);
            }
            Some(Value::List(items)) => named.extend(items.iter().filter_map(Value::as_id)),
            _ => {}
        }
        for id in named {
            *out.entry(id).or_default() += by * sign;
        }
    };
    match rollup.table {
        None => add(&record.values),
        Some(table) => {
            if let Some(Value::Rows(rows)) = record.values.get(table) {
                rows.iter().for_each(|row| add(&row.values));
            }
        }
    }
}

/// Adds differences to a rollup of live records, but of those that are worked out anew anyway; gives those that are changed.
pub(super) async fn apply(
    world: &World<'_>,
    index: usize,
    mut differences: BTreeMap<Uuid, Decimal>,
    anew: &BTreeSet<Uuid>,
    tx: &mut Tx,
) -> StoreResult<BTreeSet<Uuid>> {
    differences.retain(|id, by| !by.is_zero() && !anew.contains(id));
    let Some(node) = world.catalog.graph.nodes.get(index).filter(|_| !differences.is_empty()) else {
        return Ok(BTreeSet::new());
    };
    let (form, layout) = form_of(world, node.form)?;
    let missing = || StoreError::Other("field out of the catalogue".into());
    let field = form.fields.get(node.place.field).ok_or_else(missing)?;
    let place = layout.fields.get(node.place.field).ok_or_else(missing)?;
    let FieldKind::Number(number) = &field.kind else { return Err(missing()) };
    let ids: Vec<Uuid> = differences.keys().copied().collect();
    let (mut changed, mut unknown) = (BTreeSet::new(), Vec::new());
    for part in ids.chunks(refresh::PAGE) {
        lock(layout, part, tx).await?;
        let mut sql = tx.sql();
        sql.push("SELECT \"rid\", \"id\", ").ident(&place.column).push(" FROM ").ident(&layout.table);
        sql.push(" WHERE \"deleted_at\" IS NULL AND \"id\" IN (").vals(part.iter().map(|id| Val::Uuid(*id))).push(")");
        let found = tx
            .all(&sql.build().once(), |row| {
                let damaged = || StoreError::Damaged("a record's system field is empty".into());
                let (rid, id) = (row.int(0)?.ok_or_else(damaged)?, row.uuid(1)?.ok_or_else(damaged)?);
                Ok((rid, id, read_value(row, 2, id, field, place)?))
            })
            .await?;
        let mut writes = Writes::default();
        for (rid, id, value) in found {
            let (Value::Dec(before), Some(by)) = (value, differences.get(&id)) else {
                unknown.push(id);
                continue;
            };
            let after = keep_number(before + by, number.scale)
                .map_err(|fault| uncomputable(form, id, Fault { path: field.name.clone(), ..fault }))?;
            writes.note(layout.table.as_str(), field, place, (Val::Int(rid), id), &Value::Dec(after))?;
            changed.insert(id);
        }
        writes.carry_out(tx).await?;
    }
    if form.search.iter().any(|s| s.field == node.place.field) {
        let ids: Vec<Uuid> = changed.iter().copied().collect();
        find_again(world, node.form, &ids, tx).await?;
    }
    if !unknown.is_empty() {
        // never worked out yet: there is nothing to add to
        changed.extend(refresh::refresh(world, index, &unknown, tx).await?);
    }
    Ok(changed)
}
