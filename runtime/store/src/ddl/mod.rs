//! Carries out what a publication changes in the database, on either database, inside the publication's own transaction.
//!
//! [`execute`] runs the changes of a plan; [`count()`] answers the questions that its steps ask beforehand; [`verify()`]
//! compares what must be there with what is there.

mod column;
mod convert;
mod count;
mod derive;
mod index;
mod pages;
mod search;
mod table;
mod verify;

pub use count::count;
pub use verify::verify;

use chrono::{DateTime, Utc};
use formwright_core::catalog::Catalog;
use formwright_core::plan::{Change, Conversion};

use crate::definitions;
use crate::error::StoreResult;
use crate::sql::Ident;
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
    /// How values change their type.
    pub converter: &'a dyn Converter,
}

/// Carries out changes in their order. Nothing is kept when one of them fails: the caller's transaction ends with the error.
///
/// # Errors
/// [`crate::StoreError::Unique`] when values that must be unique are not; any other of [`crate::StoreError`].
pub async fn execute(tx: &mut Tx, changes: &[Change], cx: &Execution<'_>) -> StoreResult<()> {
    for change in changes {
        one(tx, change, cx).await?;
    }
    Ok(())
}

async fn one(tx: &mut Tx, change: &Change, cx: &Execution<'_>) -> StoreResult<()> {
    match change {
        Change::DropIndex { name } => {
            let mut sql = tx.sql();
            sql.push("DROP INDEX IF EXISTS ").ident(&Ident::new(name)?);
            tx.execute(&sql.build().once()).await.map(|_| ())
        }
        Change::DropTable { table } => {
            let mut sql = tx.sql();
            sql.push("DROP TABLE IF EXISTS ").ident(&Ident::new(table)?);
            tx.execute(&sql.build().once()).await.map(|_| ())
        }
        Change::RenameColumn { table, from, to } => {
            let mut sql = tx.sql();
            sql.push("ALTER TABLE ").ident(&Ident::new(table)?).push(" RENAME COLUMN ").ident(&Ident::new(from)?).push(" TO ").ident(&Ident::new(to)?);
            tx.execute(&sql.build().once()).await.map(|_| ())
        }
        Change::DropColumn { table, column } => {
            let mut sql = tx.sql();
            sql.push("ALTER TABLE ").ident(&Ident::new(table)?).push(" DROP COLUMN ").ident(&Ident::new(column)?);
            tx.execute(&sql.build().once()).await.map(|_| ())
        }
        Change::CreateTable { table, purpose, columns } => table::create(tx, table, *purpose, columns).await,
        Change::AddColumn { table, column, kind } => column::add(tx, table, column, *kind).await,
        Change::Convert(conversion) => convert::convert(tx, conversion, cx.converter).await,
        Change::Fill { place, storage, default } => column::fill(tx, place, *storage, default, cx.now).await,
        Change::Derive { from, storage, to } => derive::derive(tx, from, *storage, *to).await,
        Change::CreateIndex(spec) => index::create(tx, spec).await,
        Change::Search { form, table, columns, fill } => {
            search::create(tx, table, *columns).await?;
            if *fill { search::fill(tx, cx.catalog, form, table).await } else { Ok(()) }
        }
        Change::Retire(row) => definitions::retire(tx, row, cx.revision, cx.now).await,
        Change::Unretire { form_id, key } => definitions::unretire(tx, form_id, key).await,
    }
}
