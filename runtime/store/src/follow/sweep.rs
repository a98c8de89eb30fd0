//! Computed fields of all records of a form, page by page: written where they differ, or compared with what stands there.

use super::refresh::{Which, child_rows, form_of, formulas, reads_rows, records, rollups};
use super::writes::Writes;
use crate::computed::{Known, Reason, World, settle_all};
use crate::error::StoreResult;
use crate::layout::{FieldLayout, FormLayout};
use crate::sql::Ident;
use crate::tx::Tx;
use crate::value::Val;
use formwright_core::field::{ComputedPlace, Field, Source};
use formwright_core::form::Form;
use formwright_core::graph::{Graph, field_of};
use uuid::Uuid;

/// Differing records that are named.
const NAMED: usize = 10;

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

impl Report {
    fn differs(&mut self, record: Uuid, path: String) {
        self.differing += 1;
        if self.named.len() < NAMED {
            self.named.push((record, path));
        }
    }
}

/// Nodes that can be worked out together: formulas of one form that follow each other, or a rollup.
enum Run {
    Rollup(usize, usize),
    Formulas(usize, Vec<ComputedPlace>),
}

fn runs(world: &World<'_>, nodes: &[usize]) -> Vec<Run> {
    let graph: &Graph = &world.catalog.graph;
    let mut out: Vec<Run> = Vec::new();
    for node in nodes.iter().filter_map(|n| graph.nodes.get(*n)) {
        let field = world.catalog.forms.get(node.form).and_then(|f| field_of(f, node.place));
        if field.is_some_and(|f| f.rollup().is_some()) {
            out.push(Run::Rollup(node.form, node.place.field));
            continue;
        }
        // what is read elsewhere may be what the sweep before has written
        let reaches_out =
            field.and_then(Field::formula).is_some_and(|f| f.sources.iter().any(|s| matches!(s, Source::Remote(_))));
        match out.last_mut() {
            Some(Run::Formulas(form, places)) if *form == node.form && !reaches_out => places.push(node.place),
            _ => out.push(Run::Formulas(node.form, vec![node.place])),
        }
    }
    out
}

/// Works out the computed fields of all records of some forms, those in the recycle bin too, and what follows from them in
/// others. Their values are written where they differ, and what is not kept any more is emptied.
///
/// # Errors
/// [`crate::StoreError::Uncomputable`] where a value cannot be worked out or kept.
pub async fn recompute(world: &World<'_>, forms: &[usize], tx: &mut Tx) -> StoreResult<()> {
    let graph = &world.catalog.graph;
    for form in forms {
        let (of, layout) = form_of(world, *form)?;
        empty(of, layout, tx).await?;
    }
    let nodes = graph.closure(forms.iter().flat_map(|form| graph.nodes_of(*form)));
    recompute_nodes(world, &nodes, tx).await
}

/// Works out nodes for all records; they and what follows from them stand in the order of the graph.
///
/// # Errors
/// As [`recompute`].
pub async fn recompute_from(world: &World<'_>, nodes: impl IntoIterator<Item = usize>, tx: &mut Tx) -> StoreResult<()> {
    let nodes = world.catalog.graph.closure(nodes);
    recompute_nodes(world, &nodes, tx).await
}

async fn recompute_nodes(world: &World<'_>, nodes: &[usize], tx: &mut Tx) -> StoreResult<()> {
    for run in runs(world, nodes) {
        let (form, places) = match &run {
            Run::Rollup(form, field) => (*form, vec![ComputedPlace { table: None, field: *field }]),
            Run::Formulas(form, places) => (*form, places.clone()),
        };
        let (of, layout) = form_of(world, form)?;
        let (mut known, mut after) = (Known::default(), None);
        loop {
            let mut writes = Writes::default();
            match &run {
                Run::Rollup(_, index) => {
                    let (Some(field), Some(at)) = (of.fields.get(*index), layout.fields.get(*index)) else { break };
                    let Some(rollup) = field.rollup() else { break };
                    let lines = rollups(world, form, *index, rollup, Which::After(after), tx).await?;
                    let Some(last) = lines.last() else { break };
                    after = Some(last.rid);
                    for line in lines.iter().filter(|l| l.old != l.new) {
                        writes.note(layout.table.as_str(), field, at, (Val::Int(line.rid), line.id), &line.new)?;
                    }
                }
                Run::Formulas(..) => {
                    let mut page = records(of, layout, Which::After(after), tx).await?;
                    let Some((last, _)) = page.last() else { break };
                    after = Some(*last);
                    formulas(world, of, layout, &places, &mut page, &mut writes, &mut known, tx).await?;
                }
            }
            writes.carry_out(tx).await?;
        }
    }
    Ok(())
}

/// Empties what is not kept any more.
async fn empty(form: &Form, layout: &FormLayout, tx: &mut Tx) -> StoreResult<()> {
    let gone = |field: &Field| field.computed.is_some() && !field.is_kept();
    for (field, place) in form.fields.iter().zip(&layout.fields) {
        if gone(field) {
            empty_column(&layout.table, place, tx).await?;
        }
        let (Some(table), Some(rows)) = (field.table(), &place.rows) else { continue };
        for (_, place) in table.fields.iter().zip(&rows.fields).filter(|(f, _)| gone(f)) {
            empty_column(&rows.table, place, tx).await?;
        }
    }
    Ok(())
}

async fn empty_column(table: &Ident, place: &FieldLayout, tx: &mut Tx) -> StoreResult<()> {
    let columns = std::iter::once(&place.column).chain(place.sort.as_ref().map(|(column, _)| column));
    for column in columns {
        let mut sql = tx.sql();
        sql.push("UPDATE ").ident(table).push(" SET ").ident(column).push(" = NULL WHERE ").ident(column);
        sql.push(" IS NOT NULL");
        tx.execute(&sql.build().once()).await?;
    }
    Ok(())
}

/// Compares the kept computed values of a form's live records with what they should be.
///
/// # Errors
/// What the database gives.
pub async fn compare(world: &World<'_>, form: usize, tx: &mut Tx) -> StoreResult<Report> {
    let (of, layout) = form_of(world, form)?;
    let graph = &world.catalog.graph;
    let mut report = Report::default();
    let places: Vec<ComputedPlace> = graph.nodes_of(form).filter_map(|n| graph.nodes.get(n)).map(|n| n.place).collect();
    let formulas: Vec<ComputedPlace> =
        places.iter().copied().filter(|p| field_of(of, *p).is_some_and(|f| f.formula().is_some())).collect();
    let (mut known, mut after) = (Known::default(), None);
    loop {
        let mut page = records(of, layout, Which::After(after), tx).await?;
        let Some((last, _)) = page.last() else { return Ok(report) };
        let before = after.replace(*last);
        for table in (0..of.fields.len()).filter(|i| reads_rows(of, &formulas, *i)) {
            child_rows(of, layout, table, &mut page, tx).await?;
        }
        page.retain(|(_, record)| record.deleted_at.is_none());
        report.records += u64::try_from(page.len()).unwrap_or(u64::MAX);
        let mut wrong: Vec<(Uuid, String)> = Vec::new();
        for place in places.iter().filter(|p| !formulas.contains(p)) {
            let Some(field) = field_of(of, *place) else { continue };
            let Some(rollup) = field.rollup() else { continue };
            let lines = rollups(world, form, place.field, rollup, Which::After(before), tx).await?;
            let differing = lines.iter().filter(|l| l.is_live && l.old != l.new);
            wrong.extend(differing.map(|l| (l.id, field.name.clone())));
        }
        let mut now: Vec<_> = page.iter().map(|(_, record)| record.clone()).collect();
        settle_all(world, of, &formulas, &mut now, Reason::Follow, &mut known, tx).await?;
        for ((rid, old), new) in page.iter().zip(&now) {
            for place in &formulas {
                let mut writes = Writes::default();
                if let Some(path) = writes.compare(of, layout, *place, *rid, (old, new))? {
                    wrong.push((old.id, path));
                    break;
                }
            }
        }
        let mut seen = std::collections::HashSet::new();
        for (record, path) in wrong {
            if seen.insert(record) {
                report.differs(record, path);
            }
        }
    }
}
