//! Stored values that do not pass what a schema asks of them: found by SQL where it can say so, otherwise judged page by page.

use formwright_core::field::Storage;
use formwright_core::form::value_judge;
use formwright_core::plan::{Bound, Counted, Place, Sample};
use formwright_core::value::{decimal_to_json, format_instant, format_time};
use serde_json::{Value as Json, json};

use super::column::value_kind;
use super::count::{SAMPLES, counted, rows, shown};
use super::pages::Pages;
use crate::error::StoreResult;
use crate::sql::{Ident, SqlBuilder};
use crate::tx::Tx;
use crate::value::{Kind, Val};

/// Most values that are judged one by one.
const MOST_JUDGED: u64 = 200_000;

/// Records with a value that one of the bounds refuses.
pub(super) async fn by_bounds(tx: &mut Tx, place: &Place, storage: Storage, bounds: &[Bound]) -> StoreResult<Counted> {
    let (table, column) = (Ident::new(&place.table)?, Ident::new(&place.column)?);
    let kind = value_kind(storage);
    let refused = |sql: &mut SqlBuilder| {
        sql.push(" FROM ").ident(&table).push(" WHERE (").list(" OR ", bounds, |sql, bound| {
            refuses(sql, &column, bound, kind);
        });
        sql.push(")");
        if !place.rows {
            sql.push(" AND \"deleted_at\" IS NULL");
        }
    };
    let record = if place.rows { "record" } else { "id" };
    let mut sql = tx.sql();
    sql.push("SELECT count(DISTINCT ").name(record).push(")");
    refused(&mut sql);
    let found = rows(tx, &sql.build().once()).await?.rows;
    let mut sql = tx.sql();
    sql.push("SELECT ").name(record).push(", ").ident(&column);
    refused(&mut sql);
    sql.push(" ORDER BY ").name(record).push(" LIMIT ").int(i64::try_from(SAMPLES).unwrap_or(i64::MAX));
    let samples = tx
        .all(&sql.build().once(), |row| Ok(Sample { record: row.uuid(0)?, value: shown(&row.val(1, kind)?) }))
        .await?;
    Ok(Counted { rows: found, bad: found, samples, ..Counted::default() })
}

fn refuses(sql: &mut SqlBuilder, column: &Ident, bound: &Bound, kind: Kind) {
    let number = |number: &rust_decimal::Decimal| match kind {
        Kind::Dec(scale) => Val::Dec(*number, scale),
        _ => Val::Dec(*number, 0),
    };
    match bound {
        Bound::Shorter(limit) => sql.push("length(").ident(column).push(") < ").int(*limit),
        Bound::Longer(limit) => sql.push("length(").ident(column).push(") > ").int(*limit),
        Bound::Below(limit) => sql.ident(column).push(" < ").val(number(limit)),
        Bound::Above(limit) => sql.ident(column).push(" > ").val(number(limit)),
        Bound::NotAbove(limit) => sql.ident(column).push(" <= ").val(number(limit)),
        Bound::NotBelow(limit) => sql.ident(column).push(" >= ").val(number(limit)),
    };
}

/// Records with fewer or more rows of a child table than are asked for.
pub(super) async fn by_rows(
    tx: &mut Tx,
    table: &str,
    row_table: &str,
    fewest: u64,
    most: Option<u64>,
) -> StoreResult<Counted> {
    let limit = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (table, row_table) = (Ident::new(table)?, Ident::new(row_table)?);
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM (SELECT (SELECT count(*) FROM ")
        .ident(&row_table)
        .push(" AS r WHERE r.\"record\" = t.\"id\") AS \"n\" FROM ")
        .ident(&table)
        .push(" AS t WHERE t.\"deleted_at\" IS NULL) AS c WHERE c.\"n\" < ")
        .int(limit(fewest));
    if let Some(most) = most {
        sql.push(" OR c.\"n\" > ").int(limit(most));
    }
    let found = counted(tx.one(&sql.build().once(), |row| row.int(0)).await?).rows;
    Ok(Counted { rows: found, bad: found, ..Counted::default() })
}

/// Values that do not pass a schema, of as many as are judged.
pub(super) async fn by_schema(tx: &mut Tx, place: &Place, storage: Storage, schema: &Json) -> StoreResult<Counted> {
    let mut found = Counted::default();
    let Some(passes) = value_judge(schema) else { return Ok(Counted { is_partial: true, ..found }) };
    let mut pages = Pages::present(place, &[(place.column.as_str(), value_kind(storage))])?;
    let mut last = None;
    loop {
        let lines = pages.next(tx).await?;
        if lines.is_empty() {
            return Ok(found);
        }
        if found.rows >= MOST_JUDGED {
            found.is_partial = true;
            return Ok(found);
        }
        for line in lines {
            let Some(value) = line.values.into_iter().next() else { continue };
            found.rows += 1;
            if json_of(&value).is_none_or(|json| passes(&json)) {
                continue;
            }
            // rows of one record mostly stand together, and it is counted once then
            if last != Some(line.record) {
                found.bad += 1;
                last = Some(line.record);
            }
            if found.samples.len() < SAMPLES {
                found.samples.push(Sample { record: Some(line.record), value: shown(&value) });
            }
        }
    }
}

/// A stored value as the schema of its field sees it.
fn json_of(value: &Val) -> Option<Json> {
    Some(match value {
        Val::Null(_) | Val::Bytes(_) => return None,
        Val::Text(text) => json!(text),
        Val::Json(text) => serde_json::from_str(text).ok()?,
        Val::Dec(number, _) => decimal_to_json(*number),
        Val::Int(number) => json!(number),
        Val::Bool(truth) => json!(truth),
        Val::Date(day) => json!(day.to_string()),
        Val::Time(micros) => json!(format_time(*micros)),
        Val::Ts(at) => json!(format_instant(*at)),
        Val::Uuid(id) => json!(id),
    })
}
