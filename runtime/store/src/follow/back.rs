//! Steps back from records to those whose values follow from them, many at once.

use crate::computed::World;
use crate::error::{StoreError, StoreResult};
use crate::layout::{FieldLayout, FormLayout};
use crate::sql::Ident;
use crate::tx::Tx;
use crate::value::Val;
use formwright_core::field::ComputedPlace;
use formwright_core::graph::{Back, PersonOrField};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Steps that were made already from the same records.
#[derive(Default)]
pub(super) struct Reached(HashMap<(Back, Vec<Uuid>), BTreeSet<Uuid>>);

/// Ids of one statement.
const PART: usize = 1000;

/// Goes the steps one after the other.
pub(super) async fn steps(
    world: &World<'_>,
    back: &[Back],
    from: BTreeSet<Uuid>,
    reached: &mut Reached,
    tx: &mut Tx,
) -> StoreResult<BTreeSet<Uuid>> {
    let mut ids = from;
    for step in back {
        if ids.is_empty() {
            return Ok(ids);
        }
        let key = (*step, ids.iter().copied().collect::<Vec<_>>());
        if let Some(found) = reached.0.get(&key) {
            ids = found.clone();
            continue;
        }
        let mut out = BTreeSet::new();
        for part in key.1.chunks(PART) {
            go(world, *step, part, tx, &mut out).await?;
        }
        reached.0.insert(key, out.clone());
        ids = out;
    }
    Ok(ids)
}

/// The table in which a place is kept, with its column and the key of the record there.
fn place(layout: &FormLayout, at: ComputedPlace) -> StoreResult<(&Ident, &FieldLayout, &'static str)> {
    let missing = || StoreError::Other("field out of the catalogue".into());
    match at.table {
        None => Ok((&layout.table, layout.fields.get(at.field).ok_or_else(missing)?, "id")),
        Some(table) => {
            let rows = layout.fields.get(table).and_then(|f| f.rows.as_ref()).ok_or_else(missing)?;
            Ok((&rows.table, rows.fields.get(at.field).ok_or_else(missing)?, "record"))
        }
    }
}

async fn go(world: &World<'_>, step: Back, ids: &[Uuid], tx: &mut Tx, out: &mut BTreeSet<Uuid>) -> StoreResult<()> {
    let form = match step {
        Back::Owners { form, .. } | Back::Named { form, .. } => form,
    };
    let missing = || StoreError::Other("form out of the catalogue".into());
    let layout = world.layout.forms.get(form).ok_or_else(missing)?;
    let ids = || ids.iter().map(|id| Val::Uuid(*id));
    let mut sql = tx.sql();
    match step {
        Back::Owners { at: PersonOrField::Field(at), .. } => {
            let (table, field, key) = place(layout, at)?;
            sql.push("SELECT DISTINCT t.").name(key).push(" FROM ").ident(table).push(" AS t WHERE ");
            match &field.side {
                Some((side, _)) => {
                    sql.push("t.\"id\" IN (SELECT \"record\" FROM ").ident(side).push(" WHERE \"value\" IN (");
                    sql.vals(ids()).push("))");
                }
                None => {
                    sql.push("t.").ident(&field.column).push(" IN (").vals(ids()).push(")");
                }
            }
        }
        Back::Owners { at, .. } => {
            let column = if at == PersonOrField::CreatedBy { "created_by" } else { "updated_by" };
            sql.push("SELECT t.\"id\" FROM ").ident(&layout.table).push(" AS t WHERE t.").name(column);
            sql.push(" IN (").vals(ids()).push(")");
        }
        Back::Named { at, .. } => {
            let (table, field, key) = place(layout, at)?;
            match &field.side {
                Some((side, _)) => {
                    sql.push("SELECT DISTINCT s.\"value\" FROM ").ident(side).push(" AS s JOIN ").ident(table);
                    sql.push(" AS t ON t.\"id\" = s.\"record\" WHERE t.").name(key).push(" IN (");
                }
                None => {
                    sql.push("SELECT DISTINCT t.").ident(&field.column).push(" FROM ").ident(table);
                    sql.push(" AS t WHERE t.").ident(&field.column).push(" IS NOT NULL AND t.").name(key).push(" IN (");
                }
            }
            sql.vals(ids()).push(")");
        }
    }
    tx.each(&sql.build().once(), |row| {
        out.extend(row.uuid(0)?);
        Ok(())
    })
    .await
}
