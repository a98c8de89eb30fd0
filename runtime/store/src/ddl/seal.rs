//! Values that begin or cease to be kept encrypted, page by page: those of records, and those in their history.

use formwright_core::field::FieldDefault;
use formwright_core::plan::{Place, Sealing};
use uuid::Uuid;

use super::Execution;
use super::pages::{Line, Pages, write_column};
use crate::error::{StoreError, StoreResult};
use crate::layout::{FieldLayout, Layout};
use crate::records::trail;
use crate::seal::{Seal, Way, turn_column, turn_field};
use crate::sql::Ident;
use crate::tx::Tx;
use crate::value::{Kind, Val};
use formwright_core::value::Value;

/// Entries of history that are rewritten at once.
const ENTRIES: i64 = 1000;

/// The record, or the row of a child table, to which a value belongs.
pub(super) fn owner(line: &Line) -> Uuid {
    match &line.key {
        Val::Uuid(row) => *row,
        _ => line.record,
    }
}

/// The field in whose column values stand.
pub(super) fn field_at<'l>(layout: &'l Layout, place: &Place) -> Option<&'l FieldLayout> {
    layout.forms.iter().find_map(|form| {
        let here = form.table.as_str() == place.table;
        let own = form.fields.iter().filter(|_| here);
        let rows = form.fields.iter().filter_map(|f| f.rows.as_ref()).filter(|r| r.table.as_str() == place.table);
        own.chain(rows.flat_map(|r| &r.fields)).find(|f| f.column.as_str() == place.column)
    })
}

/// The seal of the field in whose column values stand, where they are encrypted.
pub(super) fn seal_at<'l>(layout: &'l Layout, place: &Place) -> Option<&'l Seal> {
    field_at(layout, place)?.seal.as_deref()
}

pub(super) async fn reseal(tx: &mut Tx, sealing: &Sealing, cx: &Execution<'_>) -> StoreResult<()> {
    let seal = Seal::new(&sealing.place.table, &sealing.field, cx.sealers)?;
    if sealing.values {
        let mut pages = Pages::filled(&sealing.place, &[(sealing.place.column.as_str(), Kind::Text)])?;
        loop {
            let lines = pages.next(tx).await?;
            if lines.is_empty() {
                break;
            }
            let mut values = Vec::with_capacity(lines.len());
            for line in lines {
                let owner = owner(&line);
                if let Some(Val::Text(text)) = line.values.first() {
                    let text = if sealing.on { seal.seal(owner, text)? } else { seal.open(owner, text)? };
                    values.push((line.key, Val::Text(text)));
                }
            }
            write_column(tx, &sealing.place, values).await?;
        }
    }
    history(tx, sealing, &seal).await
}

async fn history(tx: &mut Tx, sealing: &Sealing, seal: &Seal) -> StoreResult<()> {
    let way = if sealing.on { Way::In } else { Way::Out };
    let column = sealing.field.as_str();
    let field = sealing.table.as_deref().unwrap_or(column);
    let mut after = 0;
    loop {
        let mut sql = tx.sql();
        sql.push("SELECT \"seq\", \"record\", \"changes\" FROM \"fw_history\" WHERE \"form\" = ")
            .val(sealing.form.as_str());
        sql.push(" AND \"seq\" > ").val(Val::Int(after)).push(" ORDER BY \"seq\" LIMIT ").int(ENTRIES);
        let damaged = || StoreError::Damaged("a history entry".into());
        let entries = tx
            .all(&sql.build().once(), |row| {
                let changes = trail::unpack(row.json(2)?.unwrap_or("[]")).ok_or_else(damaged)?;
                Ok((row.int(0)?.ok_or_else(damaged)?, row.uuid(1)?.ok_or_else(damaged)?, changes))
            })
            .await?;
        let Some((last, _, _)) = entries.last() else { return Ok(()) };
        after = *last;
        let mut rewritten = Vec::new();
        for (seq, record, mut changes) in entries {
            let mut touched = false;
            for change in changes.iter_mut().filter(|c| c.field == field) {
                match sealing.table {
                    None => turn_field(way, seal, record, change)?,
                    Some(_) => turn_column(way, seal, column, change)?,
                }
                touched = true;
            }
            if touched {
                rewritten.push((Val::Int(seq), Val::Json(trail::pack(&changes))));
            }
        }
        write_changes(tx, rewritten).await?;
    }
}

pub(crate) async fn write_changes(tx: &mut Tx, entries: Vec<(Val, Val)>) -> StoreResult<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let dialect = tx.dialect();
    let mut sql = tx.sql();
    sql.push("WITH v(\"k\", \"x\") AS (VALUES ").list(", ", entries, |sql, (key, value)| {
        sql.push("(").append(dialect.typed(key)).push(", ").append(dialect.typed(value)).push(")");
    });
    sql.push(") UPDATE \"fw_history\" SET \"changes\" = v.\"x\" FROM v WHERE \"fw_history\".\"seq\" = v.\"k\"");
    tx.execute(&sql.build().once()).await.map(|_| ())
}

/// Writes a default into the empty cells of an encrypted column, for each record its own.
pub(super) async fn fill(tx: &mut Tx, place: &Place, default: &FieldDefault, seal: &Seal) -> StoreResult<()> {
    let FieldDefault::Value(Value::Text(text)) = default else { return Ok(()) };
    let key = if place.rows { "id" } else { "rid" };
    let (table, column) = (Ident::new(&place.table)?, Ident::new(&place.column)?);
    loop {
        let mut sql = tx.sql();
        sql.push("SELECT ").name(key).push(", \"id\" FROM ").ident(&table).push(" WHERE ").ident(&column);
        sql.push(" IS NULL ORDER BY ").name(key).push(" LIMIT ").int(ENTRIES);
        let kind = if place.rows { Kind::Uuid } else { Kind::Int };
        let found = tx.all(&sql.build().once(), |row| Ok((row.val(0, kind)?, row.uuid(1)?))).await?;
        if found.is_empty() {
            return Ok(());
        }
        let values = found
            .into_iter()
            .map(|(key, id)| Ok((key, Val::Text(seal.seal(id.unwrap_or(Uuid::nil()), text)?))))
            .collect::<StoreResult<_>>()?;
        write_column(tx, place, values).await?;
    }
}
