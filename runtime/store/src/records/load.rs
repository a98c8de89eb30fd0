//! Reads a whole record with its true values, for writing it.

use crate::error::{StoreError, StoreResult};
use crate::layout::FieldLayout;
use crate::row::Row;
use crate::select::{Compiler, Eyes, RecordAt};
use crate::tx::Tx;
use crate::value::{Kind, Val};
use formwright_core::field::{ColumnKind, Field, FieldKind, Storage};
use formwright_core::query::Cond;
use formwright_core::record::Record;
use formwright_core::value::{Row as ChildRow, Value};
use uuid::Uuid;

/// A record as it stands, and which of the conditions asked about it holds.
pub struct Loaded {
    pub rid: i64,
    pub record: Record,
    pub holds: Vec<bool>,
}

/// The record, read through the caller's row scope and locked for writing. `deleted` looks into the recycle bin.
pub async fn load(
    compiler: &Compiler<'_>,
    form: usize,
    id: Uuid,
    deleted: bool,
    conds: &[Cond],
    tx: &mut Tx,
) -> StoreResult<Option<Loaded>> {
    fetch(compiler, form, id, deleted, conds, true, tx).await
}

/// As [`load`], in a transaction that only reads.
pub async fn peek(
    compiler: &Compiler<'_>,
    form: usize,
    id: Uuid,
    deleted: bool,
    conds: &[Cond],
    tx: &mut Tx,
) -> StoreResult<Option<Loaded>> {
    fetch(compiler, form, id, deleted, conds, false, tx).await
}

async fn fetch(
    compiler: &Compiler<'_>,
    form: usize,
    id: Uuid,
    deleted: bool,
    conds: &[Cond],
    lock: bool,
    tx: &mut Tx,
) -> StoreResult<Option<Loaded>> {
    let layout = compiler.form_layout(form)?;
    let at = RecordAt::root(form)?;
    let fields =
        &compiler.catalog.forms.get(form).ok_or_else(|| StoreError::Other("form out of the catalogue".into()))?.fields;
    let mut sql = compiler.dialect.sql();
    sql.push(SELECT_RECORD);
    let mut at_column = FIRST_FIELD;
    let mut places = Vec::with_capacity(layout.fields.len());
    for field in &layout.fields {
        if field.storage == Storage::Table {
            places.push(None);
            continue;
        }
        sql.push(", t.").ident(&field.column);
        places.push(Some(at_column));
        at_column += 1;
    }
    for cond in conds {
        sql.push(", CASE WHEN ").append(compiler.condition_on(&at, cond, Eyes::True)?).push(" THEN 1 ELSE 0 END");
    }
    sql.push(" FROM ").ident(&layout.table).push(" AS t WHERE t.\"id\" = ").val(id);
    sql.push(if deleted { " AND t.\"deleted_at\" IS NOT NULL" } else { " AND t.\"deleted_at\" IS NULL" });
    let access = compiler.access.access(form);
    if access.rows != Cond::True {
        sql.push(" AND ").append(compiler.condition_on(&at, &access.rows, Eyes::True)?);
    }
    if lock {
        sql.push(compiler.dialect.for_update(crate::dialect::Lock::Wait));
    }
    let found = tx
        .optional(&sql.build(), |row| {
            let values = fields
                .iter()
                .zip(&layout.fields)
                .zip(&places)
                .map(|((field, layout), place)| match place {
                    Some(at) => read_value(row, *at, id, field, layout),
                    None => Ok(Value::Rows(Vec::new())),
                })
                .collect::<StoreResult<Vec<Value>>>()?;
            let (rid, record) = read_record(row, values)?;
            let holds =
                (0..conds.len()).map(|i| Ok(row.int(at_column + i)? == Some(1))).collect::<StoreResult<Vec<bool>>>()?;
            Ok(Loaded { rid, record, holds })
        })
        .await?;
    let Some(mut loaded) = found else { return Ok(None) };
    for (index, (field, layout)) in fields.iter().zip(&layout.fields).enumerate() {
        if let (Some(rows), Some(table)) = (&layout.rows, field.table()) {
            let list = load_rows(compiler, rows, &table.fields, id, tx).await?;
            if let Some(slot) = loaded.record.values.get_mut(index) {
                *slot = Value::Rows(list);
            }
        }
    }
    Ok(Some(loaded))
}

async fn load_rows(
    compiler: &Compiler<'_>,
    layout: &crate::layout::RowsLayout,
    fields: &[Field],
    record: Uuid,
    tx: &mut Tx,
) -> StoreResult<Vec<ChildRow>> {
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT \"id\"");
    for field in &layout.fields {
        sql.push(", ").ident(&field.column);
    }
    sql.push(" FROM ").ident(&layout.table).push(" WHERE \"record\" = ").val(record).push(" ORDER BY \"pos\"");
    tx.all(&sql.build(), |row| {
        let id = row.uuid(0)?.ok_or_else(|| StoreError::Damaged("a child row without an id".into()))?;
        let values = fields
            .iter()
            .zip(&layout.fields)
            .enumerate()
            .map(|(i, (f, l))| read_value(row, i + 1, id, f, l))
            .collect::<StoreResult<Vec<Value>>>()?;
        Ok(ChildRow { id, values })
    })
    .await
}

/// Which conditions hold for a record as it stands now, whatever the caller's scope.
pub async fn probe(
    compiler: &Compiler<'_>,
    form: usize,
    id: Uuid,
    conds: &[Cond],
    tx: &mut Tx,
) -> StoreResult<Vec<bool>> {
    if conds.iter().all(|c| *c == Cond::True) {
        return Ok(vec![true; conds.len()]);
    }
    let layout = compiler.form_layout(form)?;
    let at = RecordAt::root(form)?;
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT t.\"version\"");
    for cond in conds {
        sql.push(", CASE WHEN ").append(compiler.condition_on(&at, cond, Eyes::True)?).push(" THEN 1 ELSE 0 END");
    }
    sql.push(" FROM ").ident(&layout.table).push(" AS t WHERE t.\"id\" = ").val(id);
    let found = tx
        .optional(&sql.build(), |row| {
            (0..conds.len()).map(|i| Ok(row.int(i + 1)? == Some(1))).collect::<StoreResult<Vec<bool>>>()
        })
        .await?;
    Ok(found.unwrap_or_else(|| vec![false; conds.len()]))
}

/// Begins a statement that reads records of a table `t`: what [`read_record`] reads, before the columns of its fields.
pub(crate) const SELECT_RECORD: &str = "SELECT t.\"rid\", t.\"id\", t.\"version\", t.\"created_at\", t.\"created_by\", t.\"updated_at\", t.\"updated_by\", t.\"deleted_at\", t.\"flow_state\"";

/// Where the columns of the fields begin.
pub(crate) const FIRST_FIELD: usize = 9;

/// The id of a record in a row that [`SELECT_RECORD`] gave.
pub(crate) fn record_id(row: &Row<'_>) -> StoreResult<Uuid> {
    row.uuid(1)?.ok_or_else(incomplete)
}

/// The row's number and the record, with these values.
pub(crate) fn read_record(row: &Row<'_>, values: Vec<Value>) -> StoreResult<(i64, Record)> {
    let record = Record {
        id: record_id(row)?,
        version: row.int(2)?.ok_or_else(incomplete)?,
        created_at: row.ts(3)?.ok_or_else(incomplete)?,
        created_by: row.uuid(4)?.unwrap_or(Uuid::nil()),
        updated_at: row.ts(5)?.ok_or_else(incomplete)?,
        updated_by: row.uuid(6)?.unwrap_or(Uuid::nil()),
        deleted_at: row.ts(7)?,
        flow_state: row.text(8)?.unwrap_or("none").to_string(),
        values,
    };
    Ok((row.int(0)?.ok_or_else(incomplete)?, record))
}

fn incomplete() -> StoreError {
    StoreError::Damaged("a record's system field is empty".into())
}

/// A column of `owner` (the record, or the row of a child table) as a value of the catalogue.
pub(crate) fn read_value(
    row: &Row<'_>,
    at: usize,
    owner: Uuid,
    field: &Field,
    layout: &FieldLayout,
) -> StoreResult<Value> {
    if let Storage::List(kind) = layout.storage {
        let Some(text) = row.json(at)? else { return Ok(Value::Null) };
        let damaged = |e: serde_json::Error| StoreError::Damaged(e.to_string());
        return Ok(Value::List(match kind {
            ColumnKind::Uuid => {
                serde_json::from_str::<Vec<Uuid>>(text).map_err(damaged)?.into_iter().map(Value::Id).collect()
            }
            _ => serde_json::from_str::<Vec<String>>(text).map_err(damaged)?.into_iter().map(Value::Text).collect(),
        }));
    }
    Ok(match row.val(at, layout.kind)? {
        Val::Null(_) => Value::Null,
        Val::Text(t) => match &layout.seal {
            Some(seal) => Value::Text(seal.open(owner, &t)?),
            None => Value::Text(t),
        },
        Val::Bool(b) => Value::Bool(b),
        Val::Dec(d, scale) => Value::Dec(rescaled(d, scale)),
        Val::Date(d) => Value::Date(d),
        Val::Time(t) => Value::Time(t),
        Val::Ts(t) => Value::Ts(t),
        Val::Uuid(id) => Value::Id(id),
        Val::Json(text) => {
            debug_assert!(matches!(field.kind, FieldKind::Json | FieldKind::Location));
            Value::Json(serde_json::from_str(&text).map_err(|e| StoreError::Damaged(e.to_string()))?)
        }
        Val::Int(_) | Val::Bytes(_) => {
            return Err(StoreError::Damaged(format!("field {} holds another type", field.name)));
        }
    })
}

/// At the field's scale, as a value read from JSON is, so that equal numbers are equal values.
fn rescaled(mut d: rust_decimal::Decimal, scale: u32) -> rust_decimal::Decimal {
    d.rescale(scale);
    d
}

/// The kind of a column in answers, for whoever binds values.
pub(super) fn null_of(layout: &FieldLayout) -> Val {
    Val::Null(match layout.kind {
        Kind::Json => Kind::Json,
        kind => kind,
    })
}
