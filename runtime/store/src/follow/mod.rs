//! What follows elsewhere when a record is written: kept rollups and formulas of other records, in the same transaction.
//!
//! [`after_write`] marks what the write leads to, by the catalogue's graph, and works it out in its order, so that a formula
//! over a rollup never sees the old one, and a record two steps away follows too. There is no second way: saves, deletions,
//! restores, imports and publications all come here. What is too much for one transaction is put aside for a job ([`queue`]).

mod back;
mod difference;
pub mod queue;
mod refresh;
mod sweep;
mod writes;

pub use sweep::{Report, compare, recompute, recompute_from};

use crate::computed::World;
use crate::error::StoreResult;
use crate::tx::Tx;
use back::{Reached, steps};
use formwright_core::field::ComputedPlace;
use formwright_core::graph::{Back, Edge, Of, What};
use formwright_core::record::Record;
use formwright_core::value::Value;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Most records of one computed field that follow within the transaction that leads to it.
pub const MOST_AT_ONCE: usize = 1000;

/// A record that was written: as it was before and as it is now; nothing where it was not, or is not, among the live ones.
pub struct Written<'a> {
    pub form: usize,
    pub id: Uuid,
    pub old: Option<&'a Record>,
    pub new: Option<&'a Record>,
    /// It was never there before: nothing names it yet.
    pub is_new: bool,
}

/// What followed.
#[derive(Debug, Default)]
pub struct Followed {
    /// Records of which a kept value is another now, by form.
    pub changed: BTreeMap<usize, BTreeSet<Uuid>>,
    /// Values that were put aside for a job.
    pub deferred: u64,
}

/// What is to be worked out, by node in the order of the graph.
#[derive(Default)]
pub(crate) struct Marks(BTreeMap<usize, Mark>);

#[derive(Default)]
struct Mark {
    /// Records whose value is worked out anew.
    ids: BTreeSet<Uuid>,
    /// By how much the value of others grows.
    differences: BTreeMap<Uuid, Decimal>,
}

impl Marks {
    pub fn add(&mut self, node: usize, ids: impl IntoIterator<Item = Uuid>) {
        let mut ids = ids.into_iter().peekable();
        if ids.peek().is_some() {
            self.0.entry(node).or_default().ids.extend(ids);
        }
    }

    fn grow(&mut self, node: usize, differences: BTreeMap<Uuid, Decimal>) {
        if differences.is_empty() {
            return;
        }
        let mark = self.0.entry(node).or_default();
        for (id, by) in differences {
            *mark.differences.entry(id).or_default() += by;
        }
    }
}

/// Works out what follows from a record that was written, after it was.
///
/// # Errors
/// [`crate::StoreError::Uncomputable`] where a value elsewhere cannot be worked out or kept.
pub async fn after_write(world: &World<'_>, written: &Written<'_>, tx: &mut Tx) -> StoreResult<Followed> {
    if !world.catalog.graph.concerns(written.form) {
        return Ok(Followed::default());
    }
    let mut marks = Marks::default();
    mark(world, written, &mut marks, tx).await?;
    run(world, marks, tx).await
}

/// Works out what follows from people or departments that were changed.
///
/// # Errors
/// As [`after_write`].
pub async fn after_people(world: &World<'_>, of: Of, ids: &[Uuid], tx: &mut Tx) -> StoreResult<Followed> {
    let mut marks = Marks::default();
    let mut reached = Reached::default();
    for edge in world.catalog.graph.edges(of) {
        let found = steps(world, &edge.back, ids.iter().copied().collect(), &mut reached, tx).await?;
        marks.add(edge.node, found);
    }
    run(world, marks, tx).await
}

/// Works out nodes of all live records anew, because something besides records has changed: settings, calendars, rates.
/// What is too much is put aside.
///
/// # Errors
/// As [`after_write`].
pub async fn again(world: &World<'_>, nodes: impl IntoIterator<Item = usize>, tx: &mut Tx) -> StoreResult<Followed> {
    let (mut marks, mut deferred) = (Marks::default(), 0);
    for index in nodes {
        let Some(node) = world.catalog.graph.nodes.get(index) else { continue };
        let Some(layout) = world.layout.forms.get(node.form) else { continue };
        let most = i64::try_from(MOST_AT_ONCE).unwrap_or(i64::MAX);
        let mut sql = tx.sql();
        sql.push("SELECT \"id\" FROM ").ident(&layout.table).push(" WHERE \"deleted_at\" IS NULL LIMIT ").int(most + 1);
        let ids: Vec<Uuid> = tx.all(&sql.build().once(), |row| row.uuid(0)).await?.into_iter().flatten().collect();
        if ids.len() > MOST_AT_ONCE {
            deferred += queue::put_all_aside(world, index, tx).await?;
        } else {
            marks.add(index, ids);
        }
    }
    let mut followed = run(world, marks, tx).await?;
    followed.deferred += deferred;
    Ok(followed)
}

/// Marks what a written record leads to.
async fn mark(world: &World<'_>, written: &Written<'_>, marks: &mut Marks, tx: &mut Tx) -> StoreResult<()> {
    let graph = &world.catalog.graph;
    let mut reached = Reached::default();
    let mut by_difference: BTreeSet<usize> = BTreeSet::new();
    for edge in graph.edges(Of::Form(written.form)) {
        if !leads_on(world, edge, written) || by_difference.contains(&edge.node) {
            continue;
        }
        if let Some(differences) = difference::of(world, edge, written) {
            by_difference.insert(edge.node);
            marks.grow(edge.node, differences);
            continue;
        }
        let Some((first, rest)) = edge.back.split_first() else {
            marks.add(edge.node, [written.id]);
            continue;
        };
        let ids = match first {
            // what it names is known, and what it named before is nowhere else
            Back::Named { at, .. } => {
                let mut ids = BTreeSet::new();
                for record in [written.old, written.new].into_iter().flatten() {
                    named(record, *at, &mut ids);
                }
                ids
            }
            Back::Owners { .. } if written.is_new => continue,
            Back::Owners { .. } => {
                steps(world, std::slice::from_ref(first), [written.id].into(), &mut reached, tx).await?
            }
        };
        let found = steps(world, rest, ids, &mut reached, tx).await?;
        marks.add(edge.node, found);
    }
    Ok(())
}

/// Whether the write touches what an edge is about.
fn leads_on(world: &World<'_>, edge: &Edge, written: &Written<'_>) -> bool {
    let is_own = edge.back.is_empty();
    let (Some(old), Some(new)) = (written.old, written.new) else {
        // what comes or goes counts where it did not, or does no more; its own values are worked out when it comes back
        return if is_own { written.new.is_some() && !written.is_new } else { true };
    };
    let differs = match edge.what {
        What::Field(place) => differ(old, new, place),
        What::CreatedBy => old.created_by != new.created_by,
        What::UpdatedBy => old.updated_by != new.updated_by,
        What::System => true,
    };
    if !is_own || !differs {
        return differs;
    }
    // formulas of the record itself were worked out with it
    let node = world.catalog.graph.nodes.get(edge.node);
    let field =
        node.and_then(|n| world.catalog.forms.get(n.form).and_then(|f| formwright_core::graph::field_of(f, n.place)));
    field.is_some_and(|f| f.rollup().is_some())
}

/// Whether a field, or a column in some row, holds something else than before.
fn differ(old: &Record, new: &Record, place: ComputedPlace) -> bool {
    let Some(table) = place.table else {
        return old.values.get(place.field) != new.values.get(place.field);
    };
    let column = |record: &Record| -> Vec<(Uuid, Option<Value>)> {
        match record.values.get(table) {
            Some(Value::Rows(rows)) => rows.iter().map(|r| (r.id, r.values.get(place.field).cloned())).collect(),
            _ => Vec::new(),
        }
    };
    column(old) != column(new)
}

/// The records that a field, or a column in each row, of a record names.
fn named(record: &Record, at: ComputedPlace, out: &mut BTreeSet<Uuid>) {
    let mut take = |value: Option<&Value>| match value {
        Some(Value::Id(id)) => {
            out.insert(*id);
        }
        Some(Value::List(items)) => out.extend(items.iter().filter_map(Value::as_id)),
        _ => {}
    };
    match at.table {
        None => take(record.values.get(at.field)),
        Some(table) => {
            if let Some(Value::Rows(rows)) = record.values.get(table) {
                rows.iter().for_each(|row| take(row.values.get(at.field)));
            }
        }
    }
}

/// Works out what is marked, and what follows from it, node after node.
pub(crate) async fn run(world: &World<'_>, mut marks: Marks, tx: &mut Tx) -> StoreResult<Followed> {
    let graph = &world.catalog.graph;
    let mut followed = Followed::default();
    while let Some((index, Mark { ids, differences })) = marks.0.pop_first() {
        let Some(node) = graph.nodes.get(index) else { continue };
        let mut changed = difference::apply(world, index, differences, &ids, tx).await?;
        if ids.len() > MOST_AT_ONCE {
            followed.deferred += queue::put_aside(world, index, &ids, tx).await?;
        } else if !ids.is_empty() {
            let ids: Vec<Uuid> = ids.into_iter().collect();
            changed.extend(refresh::refresh(world, index, &ids, tx).await?);
        }
        if changed.is_empty() {
            continue;
        }
        let mut reached = Reached::default();
        for edge in graph.edges(Of::Form(node.form)).iter().filter(|e| e.what == What::Field(node.place)) {
            let found = steps(world, &edge.back, changed.clone(), &mut reached, tx).await?;
            marks.add(edge.node, found);
        }
        followed.changed.entry(node.form).or_default().extend(changed);
    }
    Ok(followed)
}
