//! Inserts, updates and deletes of records with everything that hangs on them.

use super::load::null_of;
use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::layout::{FieldLayout, FormLayout, RowsLayout};
use crate::select::{Compiler, bind};
use crate::sql::{Ident, SqlBuilder};
use crate::tx::Tx;
use crate::value::{Kind, Val};
use chrono::{DateTime, Utc};
use formwright_core::field::Field;
use formwright_core::fold;
use formwright_core::form::Form;
use formwright_core::record::Record;
use formwright_core::value::{Row as ChildRow, Value};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A value and its companions (sort key, normal form) as they are stored with `owner`: the record, or the row of a child table.
pub(crate) fn columns_of(
    field: &Field,
    layout: &FieldLayout,
    owner: Uuid,
    value: &Value,
    out: &mut Vec<(Ident, Val)>,
) -> StoreResult<()> {
    if layout.rows.is_some() {
        return Ok(());
    }
    let stored = match value {
        Value::Null => null_of(layout),
        Value::Text(text) if let Some(seal) = &layout.seal => Val::Text(seal.seal(owner, text)?),
        Value::List(_) => Val::Json(value.to_json().to_string()),
        Value::Json(json) => Val::Json(json.to_string()),
        other => bind(other, layout.kind).ok_or_else(|| StoreError::Value(format!("field {}", field.name)))?,
    };
    out.push((layout.column.clone(), stored));
    if let Some((column, kind)) = &layout.sort {
        let key = match (value, kind) {
            (Value::Text(t), Kind::Text) => Val::Text(fold::sort_key(t)),
            (Value::Text(t), Kind::Dec(scale)) => match formwright_core::time::duration_micros(t) {
                Some(micros) => Val::Dec(Decimal::new(micros, 6), *scale),
                None => Val::Null(*kind),
            },
            _ => Val::Null(*kind),
        };
        out.push((column.clone(), key));
    }
    if let Some(column) = &layout.normal {
        let normal = match value {
            Value::Text(t) if let Some(seal) = &layout.seal => Val::or_null(seal.blind(t)?.map(Val::Text), Kind::Text),
            Value::Text(t) if !fold::is_blank(t) => Val::Text(fold::normalize(t)),
            _ => Val::Null(Kind::Text),
        };
        out.push((column.clone(), normal));
    }
    Ok(())
}

/// Writes a new record. Unique constraints speak as [`StoreError::Unique`].
pub async fn insert(compiler: &Compiler<'_>, form_index: usize, record: &Record, tx: &mut Tx) -> StoreResult<i64> {
    let (form, layout) = parts(compiler, form_index)?;
    let mut columns: Vec<(Ident, Val)> = Vec::with_capacity(layout.fields.len() * 2 + 8);
    for ((field, place), value) in form.fields.iter().zip(&layout.fields).zip(&record.values) {
        if !matches!(value, Value::Null) {
            columns_of(field, place, record.id, value, &mut columns)?;
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
            columns_of(field, place, new.id, value, &mut columns)?;
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

/// Writes the full-text entry of a record anew.
pub async fn index_record(
    compiler: &Compiler<'_>,
    form_index: usize,
    rid: i64,
    record: &Record,
    tx: &mut Tx,
) -> StoreResult<()> {
    let (form, layout) = parts(compiler, form_index)?;
    index(compiler.dialect, form, layout, rid, record, true, tx).await
}

/// How a record goes into the recycle bin, or comes back.
#[derive(Clone, Copy, Debug)]
pub struct Deletion {
    pub at: Option<DateTime<Utc>>,
    pub by: Option<Uuid>,
    pub batch: Option<Uuid>,
}

/// Puts a record into the recycle bin, or takes it out.
pub async fn set_deleted(
    compiler: &Compiler<'_>,
    form_index: usize,
    rid: i64,
    record: &Record,
    deletion: Deletion,
    tx: &mut Tx,
) -> StoreResult<()> {
    let (form, layout) = parts(compiler, form_index)?;
    let mut sql = compiler.dialect.sql();
    sql.push("UPDATE ").ident(&layout.table).push(" SET \"deleted_at\" = ").val(Val::opt_ts(deletion.at));
    sql.push(", \"deleted_by\" = ").val(Val::or_null(deletion.by.map(Val::Uuid), Kind::Uuid));
    sql.push(", \"delete_batch\" = ").val(Val::or_null(deletion.batch.map(Val::Uuid), Kind::Uuid));
    sql.push(", \"version\" = ")
        .val(record.version)
        .push(", \"updated_at\" = ")
        .val(record.updated_at)
        .push(", \"updated_by\" = ")
        .val(record.updated_by);
    sql.push(" WHERE \"rid\" = ").val(rid);
    tx.execute(&sql.build()).await?;
    if form.is_searchable() {
        // what is in the bin is found by nobody
        if deletion.at.is_some() {
            unindex(compiler.dialect, layout, rid, tx).await?;
        } else {
            index(compiler.dialect, form, layout, rid, record, true, tx).await?;
        }
    }
    Ok(())
}

/// Removes a record for good.
pub async fn delete(compiler: &Compiler<'_>, form_index: usize, rid: i64, id: Uuid, tx: &mut Tx) -> StoreResult<()> {
    let (form, layout) = parts(compiler, form_index)?;
    for place in &layout.fields {
        if let Some((side, _)) = &place.side {
            delete_where(compiler.dialect, side, "record", &[Val::Uuid(id)], tx).await?;
        }
        if let Some(rows) = &place.rows {
            for column in &rows.fields {
                if let Some((side, _)) = &column.side {
                    let mut sql = compiler.dialect.sql();
                    sql.push("DELETE FROM ")
                        .ident(side)
                        .push(" WHERE \"record\" IN (SELECT \"id\" FROM ")
                        .ident(&rows.table)
                        .push(" WHERE \"record\" = ")
                        .val(id)
                        .push(")");
                    tx.execute(&sql.build()).await?;
                }
            }
            delete_where(compiler.dialect, &rows.table, "record", &[Val::Uuid(id)], tx).await?;
        }
    }
    if form.is_searchable() {
        unindex(compiler.dialect, layout, rid, tx).await?;
    }
    delete_where(compiler.dialect, &layout.table, "rid", &[Val::Int(rid)], tx).await
}

async fn delete_where(
    dialect: Dialect,
    table: &Ident,
    column: &'static str,
    values: &[Val],
    tx: &mut Tx,
) -> StoreResult<()> {
    let mut sql = dialect.sql();
    sql.push("DELETE FROM ")
        .ident(table)
        .push(" WHERE ")
        .name(column)
        .push(" IN (")
        .vals(values.iter().cloned())
        .push(")");
    tx.execute(&sql.build()).await?;
    Ok(())
}

fn parts<'a>(compiler: &Compiler<'a>, form: usize) -> StoreResult<(&'a Form, &'a FormLayout)> {
    let found =
        compiler.catalog.forms.get(form).ok_or_else(|| StoreError::Other("form out of the catalogue".into()))?;
    Ok((found, compiler.form_layout(form)?))
}

/// The single values of a list, in their own table.
async fn write_list(
    dialect: Dialect,
    place: &FieldLayout,
    owner: Uuid,
    before: &Value,
    after: &Value,
    tx: &mut Tx,
) -> StoreResult<()> {
    let Some((side, kind)) = &place.side else { return Ok(()) };
    if matches!(before, Value::List(old) if !old.is_empty()) {
        delete_where(dialect, side, "record", &[Val::Uuid(owner)], tx).await?;
    }
    let Value::List(items) = after else { return Ok(()) };
    if items.is_empty() {
        return Ok(());
    }
    let mut sql = dialect.sql();
    sql.push("INSERT INTO ").ident(side).push(" (\"record\", \"value\", \"pos\") VALUES ");
    for (i, item) in items.iter().enumerate() {
        let value = bind(item, *kind).ok_or_else(|| StoreError::Value("list".into()))?;
        sql.push(if i > 0 { ", (" } else { "(" })
            .val(owner)
            .push(", ")
            .val(value)
            .push(", ")
            .int(i64::try_from(i).unwrap_or(0))
            .push(")");
    }
    tx.execute(&sql.build()).await?;
    Ok(())
}

async fn insert_rows(
    dialect: Dialect,
    rows: &RowsLayout,
    fields: &[Field],
    record: Uuid,
    list: impl Iterator<Item = (usize, &ChildRow)>,
    tx: &mut Tx,
) -> StoreResult<()> {
    let list: Vec<(usize, &ChildRow)> = list.collect();
    let width = rows.fields.len() * 2 + 3;
    for page in list.chunks((dialect.max_args() / width).clamp(1, 200)) {
        let mut sql = dialect.sql();
        let mut values: Vec<Vec<(Ident, Val)>> = Vec::with_capacity(page.len());
        for (_, row) in page {
            let mut columns = Vec::with_capacity(width);
            for ((field, place), value) in fields.iter().zip(&rows.fields).zip(&row.values) {
                columns_of(field, place, row.id, value, &mut columns)?;
            }
            values.push(columns);
        }
        sql.push("INSERT INTO ").ident(&rows.table).push(" (\"id\", \"record\", \"pos\"");
        for (column, _) in values.first().into_iter().flatten() {
            sql.push(", ").ident(column);
        }
        sql.push(") VALUES ");
        for (i, ((pos, row), columns)) in page.iter().zip(values).enumerate() {
            sql.push(if i > 0 { ", (" } else { "(" })
                .val(row.id)
                .push(", ")
                .val(record)
                .push(", ")
                .val(i64::try_from(*pos).unwrap_or(0));
            for (_, value) in columns {
                sql.push(", ").val(value);
            }
            sql.push(")");
        }
        tx.execute(&sql.build().once()).await?;
        for (_, row) in page {
            for (place, value) in rows.fields.iter().zip(&row.values) {
                write_list(dialect, place, row.id, &Value::Null, value, tx).await?;
            }
        }
    }
    Ok(())
}

/// Only what differs is written: rows gone, rows new, rows changed or moved.
async fn update_rows(
    dialect: Dialect,
    rows: &RowsLayout,
    fields: &[Field],
    record: Uuid,
    old: &[ChildRow],
    new: &[ChildRow],
    tx: &mut Tx,
) -> StoreResult<()> {
    let gone: Vec<Uuid> = old.iter().map(|r| r.id).filter(|id| !new.iter().any(|n| n.id == *id)).collect();
    for page in gone.chunks(500) {
        let ids: Vec<Val> = page.iter().map(|id| Val::Uuid(*id)).collect();
        for place in &rows.fields {
            if let Some((side, _)) = &place.side {
                delete_where(dialect, side, "record", &ids, tx).await?;
            }
        }
        delete_where(dialect, &rows.table, "id", &ids, tx).await?;
    }
    let mut added = Vec::new();
    for (pos, row) in new.iter().enumerate() {
        let Some((old_pos, before)) = old.iter().enumerate().find(|(_, o)| o.id == row.id) else {
            added.push((pos, row));
            continue;
        };
        if before.values == row.values && old_pos == pos {
            continue;
        }
        let mut columns = Vec::new();
        for (((field, place), value), was) in fields.iter().zip(&rows.fields).zip(&row.values).zip(&before.values) {
            if value != was {
                columns_of(field, place, row.id, value, &mut columns)?;
                write_list(dialect, place, row.id, was, value, tx).await?;
            }
        }
        let mut sql: SqlBuilder = dialect.sql();
        sql.push("UPDATE ").ident(&rows.table).push(" SET \"pos\" = ").val(i64::try_from(pos).unwrap_or(0));
        for (column, value) in columns {
            sql.push(", ").ident(&column).push(" = ").val(value);
        }
        sql.push(" WHERE \"id\" = ").val(row.id);
        tx.execute(&sql.build()).await?;
    }
    if !added.is_empty() {
        insert_rows(dialect, rows, fields, record, added.into_iter(), tx).await?;
    }
    Ok(())
}

async fn unindex(dialect: Dialect, layout: &FormLayout, rid: i64, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = dialect.sql();
    sql.push("DELETE FROM ").ident(&layout.search).push(match dialect {
        Dialect::Sqlite => " WHERE rowid = ",
        Dialect::Postgres => " WHERE \"rid\" = ",
    });
    sql.val(rid);
    tx.execute(&sql.build()).await?;
    Ok(())
}

async fn index(
    dialect: Dialect,
    form: &Form,
    layout: &FormLayout,
    rid: i64,
    record: &Record,
    replace: bool,
    tx: &mut Tx,
) -> StoreResult<()> {
    if replace {
        unindex(dialect, layout, rid, tx).await?;
    }
    let mut sql = dialect.sql();
    sql.push("INSERT INTO ").ident(&layout.search).push(match dialect {
        Dialect::Sqlite => " (rowid",
        Dialect::Postgres => " (\"rid\"",
    });
    for i in 0..form.search.len() {
        sql.push(", ").ident(&Ident::new(&format!("x{i}"))?);
    }
    sql.push(") VALUES (").val(rid);
    for entry in &form.search {
        let tokens = fold::search_tokens(&words(form, entry.field, entry.column, record));
        sql.push(", ").append(dialect.search_document(tokens));
    }
    sql.push(")");
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// The text of a search field: of a choice its titles, of rows those of all rows.
pub(crate) fn words(form: &Form, field: usize, column: Option<usize>, record: &Record) -> String {
    let (Some(of), Some(value)) = (form.fields.get(field), record.values.get(field)) else { return String::new() };
    match (column, value, of.table()) {
        (Some(column), Value::Rows(rows), Some(table)) => {
            let Some(of) = table.fields.get(column) else { return String::new() };
            rows.iter().filter_map(|r| r.values.get(column)).map(|v| text_of(of, v)).collect::<Vec<_>>().join(" \n ")
        }
        (None, Value::Rows(rows), Some(table)) => rows
            .iter()
            .flat_map(|r| table.fields.iter().zip(&r.values).map(|(f, v)| text_of(f, v)))
            .collect::<Vec<_>>()
            .join(" \n "),
        _ => text_of(of, value),
    }
}

fn text_of(field: &Field, value: &Value) -> String {
    let one = |t: &str| match field.kind.choices().and_then(|s| s.get(t)) {
        Some(choice) => choice.title.all().chain(std::iter::once(t)).collect::<Vec<_>>().join(" \n "),
        None => t.to_string(),
    };
    match value {
        Value::Text(t) => one(t),
        Value::List(items) => items.iter().filter_map(Value::as_text).map(one).collect::<Vec<_>>().join(" \n "),
        Value::Dec(d) => d.normalize().to_string(),
        _ => String::new(),
    }
}
