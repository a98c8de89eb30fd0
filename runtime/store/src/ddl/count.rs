//! What the steps of a plan ask the database before anything is done.

use std::collections::HashMap;

use formwright_core::field::Storage;
use formwright_core::fold;
use formwright_core::plan::{Conversion, Count, Counted, IndexSpec, Place, Sample};
use uuid::Uuid;

use super::Converter;
use super::column::value_kind;
use super::index::condition;
use super::pages::Pages;
use super::unfit;
use crate::error::StoreResult;
use crate::sql::{Ident, Sql};
use crate::tx::Tx;
use crate::value::{Kind, Val};

/// Values that are shown where they do not convert.
pub(super) const SAMPLES: usize = 12;
/// Values that are shown where they repeat.
const REPEATED: i64 = 5;

/// Answers a question about the records as they are.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn count(tx: &mut Tx, question: &Count, converter: &dyn Converter) -> StoreResult<Counted> {
    match question {
        Count::Rows { table, .. } => {
            let mut sql = tx.sql();
            sql.push("SELECT count(*) FROM ").ident(&Ident::new(table)?);
            rows(tx, &sql.build().once()).await
        }
        Count::Values(place) => with_value(tx, place, " IS NOT NULL").await,
        Count::Empty(place) => with_value(tx, place, " IS NULL").await,
        Count::Duplicates(spec) => duplicates(tx, spec).await,
        Count::FoldedDuplicates(place) => folded_duplicates(tx, place).await,
        Count::Convertible(conversion) => convertible(tx, conversion, converter).await,
        Count::Holding { place, storage, values } => holding(tx, place, *storage, values).await,
        Count::Outside { place, values } => outside(tx, place, values).await,
        Count::Unfit { place, storage, bounds } => unfit::by_bounds(tx, place, *storage, bounds).await,
        Count::UnfitRows { table, row_table, fewest, most } => {
            unfit::by_rows(tx, table, row_table, *fewest, *most).await
        }
        Count::Unjudged { place, storage, schema } => unfit::by_schema(tx, place, *storage, schema).await,
        Count::Distinct { place, enough } => distinct(tx, place, *enough).await,
    }
}

pub(super) fn counted(rows: Option<i64>) -> Counted {
    Counted { rows: rows.map_or(0, |n| n.unsigned_abs()), ..Counted::default() }
}

pub(super) async fn rows(tx: &mut Tx, sql: &Sql) -> StoreResult<Counted> {
    Ok(counted(tx.one(sql, |row| row.int(0)).await?))
}

async fn with_value(tx: &mut Tx, place: &Place, test: &'static str) -> StoreResult<Counted> {
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM ")
        .ident(&Ident::new(&place.table)?)
        .push(" WHERE ")
        .ident(&Ident::new(&place.column)?)
        .push(test);
    if !place.rows {
        sql.push(" AND \"deleted_at\" IS NULL");
    }
    rows(tx, &sql.build().once()).await
}

async fn duplicates(tx: &mut Tx, spec: &IndexSpec) -> StoreResult<Counted> {
    let columns: Vec<Ident> = spec.columns.iter().map(|c| Ident::new(c)).collect::<StoreResult<_>>()?;
    let mut groups = tx.sql();
    groups
        .push("SELECT count(*) AS \"n\", min(\"rid\") AS \"first\" FROM ")
        .ident(&Ident::new(&spec.table)?)
        .push(" WHERE ");
    match condition(&spec.rows, tx.sql())? {
        Some(condition) => groups.append(condition),
        None => groups.push("1=1"),
    };
    for column in &columns {
        groups.push(" AND ").ident(column).push(" IS NOT NULL");
    }
    groups.push(" GROUP BY ").idents(&columns).push(" HAVING count(*) > 1");
    let mut sql = tx.sql();
    sql.push("SELECT sum(g.\"n\") FROM (").append(groups.clone()).push(") AS g");
    let mut found = rows(tx, &sql.build().once()).await?;
    found.bad = found.rows;
    if found.bad == 0 {
        return Ok(found);
    }
    let mut sql = tx.sql();
    sql.push("SELECT t.\"id\"");
    for column in &columns {
        sql.push(", CAST(t.").ident(column).push(" AS text)");
    }
    sql.push(" FROM (")
        .append(groups)
        .push(") AS g JOIN ")
        .ident(&Ident::new(&spec.table)?)
        .push(" AS t ON t.\"rid\" = g.\"first\" ORDER BY g.\"first\" LIMIT ")
        .int(REPEATED);
    found.samples = tx
        .all(&sql.build().once(), |row| {
            let parts = (0..columns.len())
                .map(|i| Ok(row.text(i + 1)?.unwrap_or_default().to_owned()))
                .collect::<StoreResult<Vec<String>>>()?;
            Ok(Sample { record: row.uuid(0)?, value: cut(&parts.join(" / ")) })
        })
        .await?;
    Ok(found)
}

/// Different values, no further than to where there are enough.
async fn distinct(tx: &mut Tx, place: &Place, enough: u64) -> StoreResult<Counted> {
    let column = Ident::new(&place.column)?;
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM (SELECT DISTINCT ")
        .ident(&column)
        .push(" FROM ")
        .ident(&Ident::new(&place.table)?)
        .push(" WHERE ")
        .ident(&column)
        .push(" IS NOT NULL LIMIT ")
        .int(i64::try_from(enough).unwrap_or(i64::MAX))
        .push(") AS d");
    rows(tx, &sql.build().once()).await
}

async fn folded_duplicates(tx: &mut Tx, place: &Place) -> StoreResult<Counted> {
    let mut pages = Pages::live(&place.table, &[(place.column.as_str(), Kind::Text)])?;
    let mut seen: HashMap<String, (u64, Uuid, String)> = HashMap::new();
    loop {
        let lines = pages.next(tx).await?;
        if lines.is_empty() {
            break;
        }
        for line in lines {
            if let Some(Val::Text(text)) =
                line.values.into_iter().next().filter(|v| matches!(v, Val::Text(t) if !fold::is_blank(t)))
            {
                seen.entry(fold::normalize(&text)).and_modify(|e| e.0 += 1).or_insert((1, line.record, text));
            }
        }
    }
    let mut repeated: Vec<_> = seen.into_values().filter(|(n, _, _)| *n > 1).collect();
    repeated.sort_by_key(|(_, record, _)| *record);
    let bad = repeated.iter().map(|(n, _, _)| n).sum();
    let shown = usize::try_from(REPEATED).unwrap_or(usize::MAX);
    Ok(Counted {
        rows: bad,
        bad,
        samples: repeated
            .into_iter()
            .take(shown)
            .map(|(_, record, value)| Sample { record: Some(record), value: cut(&value) })
            .collect(),
        ..Counted::default()
    })
}

async fn convertible(tx: &mut Tx, conversion: &Conversion, converter: &dyn Converter) -> StoreResult<Counted> {
    // nothing was renamed yet: the values still stand in the column of the field's id
    let place = Place { column: conversion.from_shape.id.clone(), ..conversion.from.clone() };
    let kind = value_kind(conversion.from_shape.storage);
    let wanted = value_kind(conversion.to_shape.storage);
    let mut pages = Pages::filled(&place, &[(place.column.as_str(), kind)])?;
    let mut found = Counted::default();
    loop {
        let lines = pages.next(tx).await?;
        if lines.is_empty() {
            return Ok(found);
        }
        for line in lines {
            let Some(value) = line.values.into_iter().next().filter(|v| !is_blank(v)) else { continue };
            found.rows += 1;
            let fits = converter.convert(conversion, &value).is_some_and(|v| v.kind() == wanted && v.check().is_ok());
            if !fits {
                found.bad += 1;
                if found.samples.len() < SAMPLES {
                    found.samples.push(Sample { record: Some(line.record), value: shown(&value) });
                }
            }
        }
    }
}

/// Blank never stands in the way of a conversion.
fn is_blank(value: &Val) -> bool {
    match value {
        Val::Null(_) => true,
        Val::Text(text) => fold::is_blank(text),
        Val::Json(text) => matches!(text.as_str(), "null" | "[]"),
        _ => false,
    }
}

pub(super) fn shown(value: &Val) -> String {
    let text = match value {
        Val::Text(text) | Val::Json(text) => text.clone(),
        Val::Dec(number, _) => number.normalize().to_string(),
        Val::Int(number) | Val::Time(number) => number.to_string(),
        Val::Bool(truth) => truth.to_string(),
        Val::Date(day) => day.to_string(),
        Val::Ts(at) => formwright_core::value::format_instant(*at),
        Val::Uuid(id) => id.to_string(),
        Val::Null(_) | Val::Bytes(_) => String::new(),
    };
    cut(&text)
}

/// As much of a text as is shown.
fn cut(text: &str) -> String {
    text.chars().take(100).collect()
}

async fn holding(tx: &mut Tx, place: &Place, storage: Storage, values: &[String]) -> StoreResult<Counted> {
    let mut sql = tx.sql();
    match storage {
        Storage::List(_) => {
            sql.push("SELECT count(DISTINCT \"record\") FROM ")
                .ident(&Ident::new(&format!("m_{}", place.column))?)
                .push(" WHERE \"value\" IN (");
        }
        _ => {
            sql.push("SELECT count(*) FROM ")
                .ident(&Ident::new(&place.table)?)
                .push(" WHERE ")
                .ident(&Ident::new(&place.column)?)
                .push(" IN (");
        }
    }
    sql.vals(values.iter().map(|v| Val::from(v.as_str()))).push(")");
    rows(tx, &sql.build().once()).await
}

async fn outside(tx: &mut Tx, place: &Place, values: &[String]) -> StoreResult<Counted> {
    let column = Ident::new(&place.column)?;
    let mut sql = tx.sql();
    sql.push("SELECT ")
        .ident(&column)
        .push(", count(*) FROM ")
        .ident(&Ident::new(&place.table)?)
        .push(" WHERE ")
        .ident(&column)
        .push(" IS NOT NULL");
    if !values.is_empty() {
        sql.push(" AND ").ident(&column).push(" NOT IN (").vals(values.iter().map(|v| Val::from(v.as_str()))).push(")");
    }
    sql.push(" GROUP BY ").ident(&column).push(" ORDER BY count(*) DESC, ").ident(&column);
    let mut found = Counted::default();
    tx.each(&sql.build().once(), |row| {
        let (text, n) = (row.text(0)?.unwrap_or_default(), row.int(1)?.unwrap_or(0).unsigned_abs());
        found.rows += n;
        if !fold::is_blank(text) {
            found.bad += n;
            if found.samples.len() < SAMPLES {
                found.samples.push(Sample { record: None, value: text.chars().take(100).collect() });
            }
        }
        Ok(())
    })
    .await?;
    Ok(found)
}
