//! Indexes that hold whole texts, from before there was a bound: made anew, so that texts of any length can be kept.

use std::collections::HashSet;

use formwright_core::plan::IndexSpec;

use super::index;
use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::sql::Ident;
use crate::tx::Tx;

/// Those of the indexes with texts of any length that hold them whole though this database cannot always do so.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn whole_texts<'s>(tx: &mut Tx, specs: &'s [IndexSpec]) -> StoreResult<Vec<&'s IndexSpec>> {
    if tx.dialect() == Dialect::Sqlite || specs.iter().all(|spec| spec.texts.is_empty()) {
        return Ok(Vec::new());
    }
    let mut sql = tx.sql();
    sql.push("SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid ");
    sql.push("JOIN pg_namespace n ON n.oid = c.relnamespace ");
    sql.push("WHERE n.nspname = current_schema() AND i.indexprs IS NULL");
    let plain: HashSet<String> =
        tx.all(&sql.build().once(), |row| Ok(row.text(0)?.unwrap_or_default().to_owned())).await?.into_iter().collect();
    Ok(specs.iter().filter(|spec| !spec.texts.is_empty() && plain.contains(&spec.name)).collect())
}

/// Makes indexes anew that hold whole texts; how many there were.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn shorten(tx: &mut Tx, specs: &[IndexSpec]) -> StoreResult<usize> {
    let dialect = tx.dialect();
    let whole = whole_texts(tx, specs).await?;
    let mut statements = Vec::new();
    for spec in &whole {
        let mut sql = dialect.sql();
        sql.push("DROP INDEX ").ident(&Ident::new(&spec.name)?);
        statements.push(sql.build().once());
        statements.push(index::create(dialect, spec)?);
        // what the index holds is known to the planner only after it has looked
        let mut sql = dialect.sql();
        sql.push("ANALYZE ").ident(&Ident::new(&spec.table)?);
        statements.push(sql.build().once());
    }
    tx.execute_all(&statements).await?;
    Ok(whole.len())
}
