//! Columns that an older program did not keep: added to the tables that are there, and filled from what they follow.

use std::collections::{HashMap, HashSet};

use formwright_core::catalog::Catalog;
use formwright_core::field::{ColumnKind, Storage};
use formwright_core::form::Form;
use formwright_core::plan::shape::{record_table, search_table};
use formwright_core::plan::{Derived, FieldShape, FormShape, Place, index_specs};

use super::{column, derive, index, seal, search};
use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::layout::Layout;
use crate::sql::Ident;
use crate::tx::Tx;

/// A column that follows from a field's value and is not there.
struct Missing {
    form: String,
    from: Place,
    field: String,
    storage: Storage,
    column: String,
    kind: ColumnKind,
    to: Derived,
}

/// Adds and fills every sort key and normal form that a published form should have and its tables have not, with its index;
/// the full text of such a form is made anew. Gives the forms that were completed.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn complete(tx: &mut Tx, catalog: &Catalog, layout: &Layout) -> StoreResult<Vec<String>> {
    let there = columns(tx).await?;
    let mut missing = Vec::new();
    for form in &catalog.forms {
        let shape = FormShape::of(form, Vec::new());
        let table = record_table(&form.id);
        let mut places: Vec<(String, bool, &FieldShape)> =
            shape.fields.iter().map(|f| (table.clone(), false, f)).collect();
        for rows in shape.fields.iter().filter(|f| f.storage == Storage::Table) {
            places.extend(rows.columns.iter().map(|c| (rows.row_table(), true, c)));
        }
        for (table, rows, field) in places {
            // what is not there at all is no matter of age
            let Some(known) = there.get(&table).filter(|known| known.contains(&field.column())) else { continue };
            let sort = field.sort_kind().map(|kind| (field.sort_column(), kind, Derived::Sort(kind)));
            let normal = field.normalized.then(|| (field.normalized_column(), ColumnKind::Text, Derived::Normalized));
            for (column, kind, to) in sort.into_iter().chain(normal).filter(|(column, ..)| !known.contains(column)) {
                missing.push(Missing {
                    form: form.id.clone(),
                    from: Place { table: table.clone(), rows, column: field.column() },
                    field: field.id.clone(),
                    storage: field.storage,
                    column,
                    kind,
                    to,
                });
            }
        }
    }
    for wanted in &missing {
        add(tx, wanted, layout).await?;
    }
    let mut completed: Vec<String> = missing.iter().map(|m| m.form.clone()).collect();
    completed.dedup();
    for form in completed.iter().filter_map(|id| catalog.form_by_id(id)) {
        finish(tx, catalog, form, &missing).await?;
    }
    Ok(completed)
}

async fn add(tx: &mut Tx, wanted: &Missing, layout: &Layout) -> StoreResult<()> {
    let statement = column::add(tx.dialect(), &wanted.from.table, &wanted.column, wanted.kind)?;
    tx.execute(&statement).await?;
    let field = seal::field_at(layout, &wanted.from);
    derive::derive(tx, &wanted.from, &wanted.field, wanted.storage, wanted.to, field).await
}

/// The indexes of new columns, and the full text that finds by them.
async fn finish(tx: &mut Tx, catalog: &Catalog, form: &Form, missing: &[Missing]) -> StoreResult<()> {
    let dialect = tx.dialect();
    let is_new = |column: &String| missing.iter().any(|m| m.column == *column);
    for spec in index_specs(catalog, form, &mut Vec::new()).iter().filter(|s| s.columns.iter().any(is_new)) {
        tx.execute(&index::create(dialect, spec)?).await?;
    }
    if form.search.is_empty() || !missing.iter().any(|m| m.form == form.id && m.to == Derived::Normalized) {
        return Ok(());
    }
    let table = search_table(&form.id);
    let mut drop = tx.sql();
    drop.push("DROP TABLE IF EXISTS ").ident(&Ident::new(&table)?);
    tx.execute(&drop.build().once()).await?;
    for statement in search::create(dialect, &table, form.search.len())? {
        tx.execute(&statement).await?;
    }
    search::fill(tx, catalog, &form.id, &table).await
}

/// The columns of the tables of records and rows.
async fn columns(tx: &mut Tx) -> StoreResult<HashMap<String, HashSet<String>>> {
    let mut sql = tx.sql();
    sql.push(match tx.dialect() {
        Dialect::Sqlite => {
            "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c \
             WHERE m.type = 'table' AND (m.name LIKE 'd\\_%' ESCAPE '\\' OR m.name LIKE 't\\_%' ESCAPE '\\')"
        }
        Dialect::Postgres => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND (table_name LIKE 'd\\_%' OR table_name LIKE 't\\_%')"
        }
    });
    let mut out: HashMap<String, HashSet<String>> = HashMap::new();
    tx.each(&sql.build().once(), |row| {
        if let (Some(table), Some(column)) = (row.text(0)?, row.text(1)?) {
            out.entry(table.to_owned()).or_default().insert(column.to_owned());
        }
        Ok(())
    })
    .await?;
    Ok(out)
}
