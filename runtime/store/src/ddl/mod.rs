//! Carries out what a publication changes in the database, on either database, inside the publication's own transaction.
//!
//! [`execute`] runs the changes of a plan; [`count()`] answers the questions that its steps ask beforehand; [`verify()`]
//! compares what must be there with what is there.

mod column;
mod complete;
mod convert;
mod count;
mod derive;
mod index;
pub(crate) mod pages;
mod recode;
mod room;
pub(crate) mod seal;
mod search;
mod shorten;
mod table;
mod unfit;
mod verify;

pub use complete::complete;
pub use count::count;
pub use room::{Crowded, crowded};
pub use shorten::{shorten, whole_texts};
pub use verify::verify;

use chrono::{DateTime, NaiveDate, Utc};
use formwright_core::catalog::Catalog;
use formwright_core::plan::{Change, Conversion, index_specs};
use formwright_core::record::CompanyFacts;
use formwright_core::time::Clock;

use crate::computed::World;
use crate::definitions;
use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::follow;
use crate::layout::Layout;
use crate::seal::Sealers;
use crate::sql::{Ident, Sql};
use crate::tx::Tx;
use crate::value::Val;

/// Turns a value of one type into one of another; `None` where it means nothing there.
pub trait Converter: Send + Sync {
    /// `value` is never empty and of the kind of `conversion.from_shape`; the answer is of the kind of `to_shape`.
    fn convert(&self, conversion: &Conversion, value: &Val) -> Option<Val>;
}

/// What carrying out needs to know.
pub struct Execution<'a> {
    /// The catalogue that is being published.
    pub catalog: &'a Catalog,
    /// Its revision.
    pub revision: i64,
    /// When.
    pub now: DateTime<Utc>,
    /// The company's day.
    pub today: NaiveDate,
    /// Now in the company's zone, for formulas.
    pub clock: Clock,
    /// What the company says, for formulas.
    pub facts: &'a dyn CompanyFacts,
    /// How values change their type.
    pub converter: &'a dyn Converter,
    /// Where its records will live.
    pub layout: &'a Layout,
    /// Who holds the keys of fields, also of those that are encrypted no longer.
    pub sealers: &'a dyn Sealers,
}

/// Carries out changes in their order. Nothing is kept when one of them fails: the caller's transaction ends with the error.
///
/// # Errors
/// [`crate::StoreError::Unique`] when values that must be unique are not; any other of [`crate::StoreError`].
pub async fn execute(tx: &mut Tx, changes: &[Change], cx: &Execution<'_>) -> StoreResult<()> {
    let dialect = tx.dialect();
    let mut waiting = Vec::new();
    let mut computed: Vec<&str> = changes
        .iter()
        .filter_map(|c| match c {
            Change::Compute { form } => Some(form.as_str()),
            _ => None,
        })
        .collect();
    for change in changes {
        waiting.append(&mut statements(dialect, change)?);
        if touches_data(change) || waiting.len() >= BATCH {
            tx.execute_all(&waiting).await?;
            waiting.clear();
        }
        match change {
            // all at once, at the first of them: a value of one form may follow from one of another
            Change::Compute { .. } => compute(tx, std::mem::take(&mut computed), cx).await?,
            other => work(tx, other, cx).await?,
        }
    }
    if !waiting.is_empty() {
        tx.execute_all(&waiting).await?;
    }
    // a form that comes back may have indexes from before there was a bound
    if changes.iter().any(|change| matches!(change, Change::Unretire { .. })) {
        let forms = cx.catalog.forms.iter();
        let specs: Vec<_> = forms.flat_map(|form| index_specs(cx.catalog, form, &mut Vec::new())).collect();
        shorten(tx, &specs).await?;
    }
    Ok(())
}

/// Statements of one message.
const BATCH: usize = 200;

/// Whether a change reads or writes rows, so that all tables must be as they shall be.
fn touches_data(change: &Change) -> bool {
    matches!(
        change,
        Change::Convert(_)
            | Change::Seal(_)
            | Change::Fill { .. }
            | Change::Recode { .. }
            | Change::Compute { .. }
            | Change::Derive { .. }
            | Change::Search { fill: true, .. }
            | Change::Retire(_)
            | Change::Unretire { .. }
    )
}

/// What a change does to tables, columns and indexes.
fn statements(dialect: Dialect, change: &Change) -> StoreResult<Vec<Sql>> {
    let mut sql = dialect.sql();
    match change {
        Change::DropIndex { name } => sql.push("DROP INDEX IF EXISTS ").ident(&Ident::new(name)?),
        Change::DropTable { table } => sql.push("DROP TABLE IF EXISTS ").ident(&Ident::new(table)?),
        Change::RenameColumn { table, from, to } => sql
            .push("ALTER TABLE ")
            .ident(&Ident::new(table)?)
            .push(" RENAME COLUMN ")
            .ident(&Ident::new(from)?)
            .push(" TO ")
            .ident(&Ident::new(to)?),
        Change::DropColumn { table, column } => {
            sql.push("ALTER TABLE ").ident(&Ident::new(table)?).push(" DROP COLUMN ").ident(&Ident::new(column)?)
        }
        Change::CreateTable { table, purpose, columns } => return table::create(dialect, table, *purpose, columns),
        Change::AddColumn { table, column, kind } => return Ok(vec![column::add(dialect, table, column, *kind)?]),
        Change::CreateIndex(spec) => return Ok(vec![index::create(dialect, spec)?]),
        Change::Search { table, columns, .. } => return search::create(dialect, table, *columns),
        Change::Convert(_)
        | Change::Seal(_)
        | Change::Fill { .. }
        | Change::Recode { .. }
        | Change::Compute { .. }
        | Change::Derive { .. }
        | Change::Retire(_)
        | Change::Unretire { .. } => return Ok(Vec::new()),
    };
    Ok(vec![sql.build().once()])
}

/// Works out the computed fields of forms for the records that are there, and what follows from them.
async fn compute(tx: &mut Tx, forms: Vec<&str>, cx: &Execution<'_>) -> StoreResult<()> {
    if forms.is_empty() {
        return Ok(());
    }
    let world = World { catalog: cx.catalog, layout: cx.layout, clock: cx.clock, facts: cx.facts };
    let mut found: Vec<usize> = forms
        .iter()
        .filter_map(|id| cx.catalog.form_by_id(id))
        .filter_map(|f| cx.catalog.form_index(&f.name))
        .collect();
    found.sort_unstable();
    found.dedup();
    follow::recompute(&world, &found, tx).await
}

/// What a change does to rows.
async fn work(tx: &mut Tx, change: &Change, cx: &Execution<'_>) -> StoreResult<()> {
    match change {
        Change::Convert(conversion) => convert::convert(tx, conversion, cx.converter).await,
        Change::Seal(sealing) => seal::reseal(tx, sealing, cx).await,
        Change::Fill { place, storage, default } => match seal::seal_at(cx.layout, place) {
            Some(seal) => seal::fill(tx, place, default, seal).await,
            None => column::fill(tx, place, *storage, default, cx).await,
        },
        Change::Recode { place, storage, pairs } => recode::recode(tx, place, *storage, pairs).await,
        Change::Derive { from, field, storage, to } => {
            derive::derive(tx, from, field, *storage, *to, seal::field_at(cx.layout, from)).await
        }
        Change::Search { form, table, fill: true, .. } => search::fill(tx, cx.catalog, form, table).await,
        Change::Retire(row) => definitions::retire(tx, row, cx.revision, cx.now).await,
        Change::Unretire { form_id, key } => definitions::unretire(tx, form_id, key).await,
        Change::DropIndex { .. }
        | Change::DropTable { .. }
        | Change::RenameColumn { .. }
        | Change::DropColumn { .. }
        | Change::CreateTable { .. }
        | Change::AddColumn { .. }
        | Change::CreateIndex(_)
        | Change::Compute { .. }
        | Change::Search { fill: false, .. } => Ok(()),
    }
}
