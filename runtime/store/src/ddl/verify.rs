//! Compares the tables and columns that a catalogue needs with those that are there.

use std::collections::HashSet;

use formwright_core::field::Storage;
use formwright_core::plan::{FieldShape, FormShape, Purpose};

use super::table::fixed;
use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::tx::Tx;

/// What is missing, one sentence each; nothing when all is in order. What is there beyond it (retired columns) is no fault.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn verify(tx: &mut Tx, forms: &[FormShape]) -> StoreResult<Vec<String>> {
    let mut missing = Vec::new();
    for form in forms {
        let mut wanted = vec![(form.table(), needs(Purpose::Records, &form.fields))];
        for field in &form.fields {
            side(field, &mut wanted);
        }
        for (table, needed) in wanted {
            let there = columns(tx, &table).await?;
            if there.is_empty() {
                missing.push(format!("form {}: table {table} is missing", form.name));
                continue;
            }
            missing.extend(
                needed
                    .into_iter()
                    .filter(|c| !there.contains(c))
                    .map(|c| format!("form {}: column {c} of {table} is missing", form.name)),
            );
        }
    }
    Ok(missing)
}

fn needs(purpose: Purpose, fields: &[FieldShape]) -> Vec<String> {
    let mut out: Vec<String> = fixed(purpose).into_iter().map(str::to_owned).collect();
    for field in fields.iter().filter(|f| f.storage != Storage::Table) {
        out.push(field.column());
        if field.sorted {
            out.push(field.sort_column());
        }
        if field.normalized {
            out.push(field.normalized_column());
        }
    }
    out
}

fn side(field: &FieldShape, out: &mut Vec<(String, Vec<String>)>) {
    match field.storage {
        Storage::List(kind) => out.push((field.member_table(), needs(Purpose::Members(kind), &[]))),
        Storage::Table => {
            out.push((field.row_table(), needs(Purpose::Rows, &field.columns)));
            for column in &field.columns {
                side(column, out);
            }
        }
        Storage::Column(_) => {}
    }
}

/// The columns of a table; none where there is no such table.
async fn columns(tx: &mut Tx, table: &str) -> StoreResult<HashSet<String>> {
    let mut sql = tx.sql();
    match tx.dialect() {
        Dialect::Sqlite => sql.push("SELECT name FROM pragma_table_info(").val(table).push(")"),
        Dialect::Postgres => sql.push("SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ").val(table),
    };
    let found = tx.all(&sql.build().once(), |row| Ok(row.text(0)?.unwrap_or_default().to_owned())).await?;
    Ok(found.into_iter().collect())
}
