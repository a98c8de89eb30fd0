//! Inserts and updates of records with everything that hangs on them.

use super::columns::columns_of;
use super::index::{index, index_record};
use super::rows::{insert_rows, update_rows, write_list};
use crate::error::{StoreError, StoreResult};
use crate::layout::FormLayout;
use crate::select::Compiler;
use crate::sql::Ident;
use crate::tx::Tx;
use crate::value::Val;
use formwright_core::form::Form;
use formwright_core::record::Record;
use formwright_core::value::Value;

/// Writes a new record. Unique constraints speak as [`StoreError::Unique`].
pub async fn insert(compiler: &Compiler<'_>, form_index: usize, record: &Record, tx: &mut Tx) -> StoreResult<i64> {
    let (form, layout) = parts(compiler, form_index)?;
    let mut columns: Vec<(Ident, Val)> = Vec::with_capacity(layout.fields.len() * 2 + 8);
    for ((field, place), value) in form.fields.iter().zip(&layout.fields).zip(&record.values) {
        if !matches!(value, Value::Null) {
            columns_of(field, place, record.id, value, Some(compiler.dialect), &mut columns)?;
        }
    }
    let mut sql = compiler.dialect.sql();
    sql.push("INSERT INTO ").ident(&layout.table);
    sql.push(" (\"id\", \"version\", \"created_at\", \"created_by\", \"updated_at\", \"updated_by\", \"flow_state\"");
    for (column, _) in &columns {
        sql.push(", ").ident(column);
    }
    sql.push(") VALUES (")
        .val(record.id)
        .push(", ")
        .val(record.version)
        .push(", ")
        .val(record.created_at)
        .push(", ")
        .val(record.created_by);
    sql.push(", ").val(record.updated_at).push(", ").val(record.updated_by).push(", ").val(record.flow_state.clone());
    for (_, value) in columns {
        sql.push(", ").val(value);
    }
    sql.push(") RETURNING \"rid\"");
    let rid = tx.one(&sql.build(), |row| row.int(0)?.ok_or_else(|| StoreError::Damaged("no rid".into()))).await?;
    for ((field, place), value) in form.fields.iter().zip(&layout.fields).zip(&record.values) {
        write_list(compiler.dialect, place, record.id, &Value::Null, value, tx).await?;
        if let (Some(rows), Some(table), Value::Rows(list)) = (&place.rows, field.table(), value) {
            insert_rows(compiler.dialect, rows, &table.fields, record.id, list.iter().enumerate(), tx).await?;
        }
    }
    if form.is_searchable() {
        index(compiler.dialect, form, layout, rid, record, false, tx).await?;
    }
    Ok(rid)
}

/// Writes the changed fields of a record that was loaded (and locked) before. `changed` are indexes of fields.
pub async fn update(
    compiler: &Compiler<'_>,
    form_index: usize,
    rid: i64,
    old: &Record,
    new: &Record,
    changed: &[usize],
    tx: &mut Tx,
) -> StoreResult<()> {
    let (form, layout) = parts(compiler, form_index)?;
    let mut columns: Vec<(Ident, Val)> = Vec::with_capacity(changed.len() * 2);
    for index in changed {
        if let (Some(field), Some(place), Some(value)) =
            (form.fields.get(*index), layout.fields.get(*index), new.values.get(*index))
        {
            columns_of(field, place, new.id, value, Some(compiler.dialect), &mut columns)?;
        }
    }
    let mut sql = compiler.dialect.sql();
    sql.push("UPDATE ")
        .ident(&layout.table)
        .push(" SET \"version\" = ")
        .val(new.version)
        .push(", \"updated_at\" = ")
        .val(new.updated_at)
        .push(", \"updated_by\" = ")
        .val(new.updated_by);
    if old.flow_state != new.flow_state {
        sql.push(", \"flow_state\" = ").val(new.flow_state.clone());
    }
    for (column, value) in columns {
        sql.push(", ").ident(&column).push(" = ").val(value);
    }
    sql.push(" WHERE \"rid\" = ").val(rid).push(" AND \"version\" = ").val(old.version);
    if tx.execute(&sql.build()).await? != 1 {
        return Err(StoreError::Other("the record changed under its lock".into()));
    }
    for index in changed {
        let (Some(field), Some(place), Some(before), Some(after)) =
            (form.fields.get(*index), layout.fields.get(*index), old.values.get(*index), new.values.get(*index))
        else {
            continue;
        };
        write_list(compiler.dialect, place, new.id, before, after, tx).await?;
        if let (Some(rows), Some(table), Value::Rows(old_rows), Value::Rows(new_rows)) =
            (&place.rows, field.table(), before, after)
        {
            update_rows(compiler.dialect, rows, &table.fields, new.id, old_rows, new_rows, tx).await?;
        }
    }
    if form.search.iter().any(|s| changed.contains(&s.field)) {
        index_record(compiler, form_index, rid, new, tx).await?;
    }
    Ok(())
}

pub(super) fn parts<'a>(compiler: &Compiler<'a>, form: usize) -> StoreResult<(&'a Form, &'a FormLayout)> {
    let found =
        compiler.catalog.forms.get(form).ok_or_else(|| StoreError::Other("form out of the catalogue".into()))?;
    Ok((found, compiler.form_layout(form)?))
}
