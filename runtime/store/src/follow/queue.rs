//! Values put aside because too many follow at once: kept in a table until a job has worked them out, page by page.

use super::{Marks, run};
use crate::computed::World;
use crate::error::StoreResult;
use crate::tx::Tx;
use crate::value::Val;
use formwright_core::graph::field_of;
use std::collections::BTreeSet;
use uuid::Uuid;

const TABLE: &str = "fw_follow";
/// Values of a page.
const PAGE: i64 = 500;

/// Puts the records of a node aside; gives their number.
pub(super) async fn put_aside(world: &World<'_>, node: usize, ids: &BTreeSet<Uuid>, tx: &mut Tx) -> StoreResult<u64> {
    let Some((form, field)) = named(world, node) else { return Ok(0) };
    let ids: Vec<Uuid> = ids.iter().copied().collect();
    for part in ids.chunks(5000) {
        let mut sql = tx.sql();
        sql.push("INSERT INTO ").name(TABLE).push(" (\"form\", \"field\", \"record\") VALUES ");
        sql.list(", ", part, |sql, id| {
            sql.push("(").vals([Val::text(&form), Val::text(&field), Val::Uuid(*id)]).push(")");
        });
        sql.push(" ON CONFLICT (\"form\", \"field\", \"record\") DO NOTHING");
        tx.execute(&sql.build().once()).await?;
    }
    Ok(u64::try_from(ids.len()).unwrap_or(u64::MAX))
}

/// Puts all live records of a node aside; gives their number.
pub(super) async fn put_all_aside(world: &World<'_>, node: usize, tx: &mut Tx) -> StoreResult<u64> {
    let Some((form, field)) = named(world, node) else { return Ok(0) };
    let Some(layout) = world.catalog.graph.nodes.get(node).and_then(|n| world.layout.forms.get(n.form)) else {
        return Ok(0);
    };
    let dialect = tx.dialect();
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name(TABLE).push(" (\"form\", \"field\", \"record\") SELECT ");
    sql.append(dialect.typed(Val::text(&form))).push(", ").append(dialect.typed(Val::text(&field)));
    sql.push(", t.\"id\" FROM ").ident(&layout.table).push(" AS t WHERE t.\"deleted_at\" IS NULL");
    sql.push(" ON CONFLICT (\"form\", \"field\", \"record\") DO NOTHING");
    tx.execute(&sql.build().once()).await
}

/// Form and field of a node by their ids, which stay when the catalogue changes.
fn named(world: &World<'_>, node: usize) -> Option<(String, String)> {
    let node = world.catalog.graph.nodes.get(node)?;
    let form = world.catalog.forms.get(node.form)?;
    Some((form.id.clone(), field_of(form, node.place)?.id.clone()))
}

/// Number of values that wait.
pub async fn waiting(tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM ").name(TABLE);
    tx.one(&sql.build(), |row| Ok(row.int(0)?.unwrap_or(0))).await
}

/// Works out a page of what waits, the values first that others read; gives their number and what followed. Nothing waits
/// any more where it is 0.
pub async fn work_off(world: &World<'_>, tx: &mut Tx) -> StoreResult<(usize, super::Followed)> {
    let mut sql = tx.sql();
    sql.push("SELECT DISTINCT \"form\", \"field\" FROM ").name(TABLE);
    let kinds: Vec<(String, String)> = tx
        .all(&sql.build(), |row| {
            Ok((row.text(0)?.unwrap_or_default().to_string(), row.text(1)?.unwrap_or_default().to_string()))
        })
        .await?;
    let graph = &world.catalog.graph;
    let node_of =
        |kind: &(String, String)| (0..graph.nodes.len()).find(|node| named(world, *node).as_ref() == Some(kind));
    let mut first: Option<(usize, &(String, String))> = None;
    for kind in &kinds {
        match node_of(kind) {
            Some(node) if first.is_none_or(|(least, _)| node < least) => first = Some((node, kind)),
            Some(_) => {}
            None => forget(kind, None, tx).await?,
        }
    }
    let Some((node, kind)) = first else { return Ok((0, super::Followed::default())) };
    let mut sql = tx.sql();
    sql.push("SELECT \"record\" FROM ").name(TABLE).push(" WHERE \"form\" = ").val(Val::text(&kind.0));
    sql.push(" AND \"field\" = ").val(Val::text(&kind.1)).push(" ORDER BY \"record\" LIMIT ").int(PAGE);
    let ids: Vec<Uuid> = tx.all(&sql.build(), |row| row.uuid(0)).await?.into_iter().flatten().collect();
    let mut marks = Marks::default();
    marks.add(node, ids.iter().copied());
    let followed = run(world, marks, tx).await?;
    forget(kind, Some(&ids), tx).await?;
    Ok((ids.len(), followed))
}

async fn forget(kind: &(String, String), ids: Option<&[Uuid]>, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM ").name(TABLE).push(" WHERE \"form\" = ").val(Val::text(&kind.0));
    sql.push(" AND \"field\" = ").val(Val::text(&kind.1));
    if let Some(ids) = ids {
        sql.push(" AND \"record\" IN (").vals(ids.iter().map(|id| Val::Uuid(*id))).push(")");
    }
    tx.execute(&sql.build().once()).await.map(|_| ())
}
