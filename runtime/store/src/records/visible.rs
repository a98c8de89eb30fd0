//! Which of some records the caller may read.

use crate::error::{StoreError, StoreResult};
use crate::select::{Compiler, Eyes, RecordAt};
use crate::tx::Tx;
use crate::value::Val;
use formwright_core::query::Cond;
use uuid::Uuid;

/// A record that the caller may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visible {
    pub id: Uuid,
    pub version: i64,
    /// It lies in the recycle bin.
    pub deleted: bool,
}

/// Those of the records that are within the caller's row scope, in the recycle bin or not.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn visible(compiler: &Compiler<'_>, form: usize, ids: &[Uuid], tx: &mut Tx) -> StoreResult<Vec<Visible>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let layout = compiler.form_layout(form)?;
    let at = RecordAt::root(form)?;
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT t.\"id\", t.\"version\", CASE WHEN t.\"deleted_at\" IS NULL THEN 0 ELSE 1 END FROM ");
    sql.ident(&layout.table).push(" AS t WHERE t.\"id\" IN (").vals(ids.iter().map(|id| Val::Uuid(*id))).push(")");
    let access = compiler.access.access(form);
    if access.rows != Cond::True {
        sql.push(" AND ").append(compiler.condition_on(&at, &access.rows, Eyes::True)?);
    }
    tx.all(&sql.build().once(), |row| {
        Ok(Visible {
            id: row.uuid(0)?.ok_or_else(|| StoreError::Damaged("a record's id is empty".into()))?,
            version: row.int(1)?.unwrap_or(0),
            deleted: row.int(2)? == Some(1),
        })
    })
    .await
}
