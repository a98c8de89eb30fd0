//! Into the recycle bin and out of it, and away for good.

use super::index::{index, unindex};
use super::rows::delete_where;
use super::write::parts;
use crate::error::StoreResult;
use crate::select::Compiler;
use crate::tx::Tx;
use crate::value::{Kind, Val};
use chrono::{DateTime, Utc};
use formwright_core::record::Record;
use uuid::Uuid;

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
