//! What a record keeps in tables of its own: lists and the rows of child tables. Only what differs is written.

use super::columns::columns_of;
use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::layout::{FieldLayout, RowsLayout};
use crate::select::bind;
use crate::sql::{Ident, SqlBuilder};
use crate::tx::Tx;
use crate::value::Val;
use formwright_core::field::Field;
use formwright_core::value::{Row as ChildRow, Value};
use uuid::Uuid;

pub(super) async fn delete_where(
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

/// The single values of a list, in their own table.
pub(super) async fn write_list(
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

pub(super) async fn insert_rows(
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
                columns_of(field, place, row.id, value, Some(dialect), &mut columns)?;
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
pub(super) async fn update_rows(
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
                columns_of(field, place, row.id, value, Some(dialect), &mut columns)?;
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
