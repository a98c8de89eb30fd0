//! Groups and measures in SQL; what needs division or an order across databases is done by the caller on few rows.

use crate::dialect::DateUnit;
use crate::error::{StoreError, StoreResult};
use crate::select::{Compiler, Eyes, GroupedFrom, RecordAt};
use crate::tx::Tx;
use crate::value::{Kind, Val};
use formwright_core::fold::SearchPhrase;
use formwright_core::query::{AggregateQuery, Bucket, Cond, Function};
use rust_decimal::Decimal;

/// A measure of a group as the database gives it. Averages come as sum and count.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    Count(i64),
    Sum { sum: Option<Decimal>, count: i64 },
    Value(Val),
}

/// A group: its keys and measures.
#[derive(Clone, Debug)]
pub struct GroupRow {
    pub keys: Vec<Val>,
    pub measures: Vec<Measured>,
}

/// Rows of an aggregate in no particular order, at most `most`; and whether a record may stand in several groups.
pub struct Groups {
    pub rows: Vec<GroupRow>,
    pub overlapping: bool,
}

/// Most groups that are looked at.
pub const MOST_GROUPS: i64 = 10_000;

pub async fn aggregate(
    compiler: &Compiler<'_>,
    query: &AggregateQuery,
    phrases: &[SearchPhrase],
    offset_minutes: i32,
    tx: &mut Tx,
) -> StoreResult<Groups> {
    let at = RecordAt::root(query.form)?;
    let mut from = GroupedFrom::new(compiler, query.form)?;
    let mut filter = compiler.live(&at)?;
    if query.filter != Cond::True {
        filter.push(" AND ").append(compiler.condition_on(&at, &query.filter, Eyes::Reader)?);
    }
    if !phrases.is_empty() {
        filter.push(" AND ").append(compiler.found_on(&at, phrases)?);
    }
    let mut columns = Vec::new();
    let mut kinds = Vec::new();
    for group in &query.groups {
        let (value, kind) = from.column(compiler, &at, &group.path)?;
        let (value, kind) = match group.by {
            None => (value, kind),
            Some(by) => {
                let unit = match by {
                    Bucket::Year => DateUnit::Year,
                    Bucket::Quarter => DateUnit::Quarter,
                    Bucket::Month => DateUnit::Month,
                    Bucket::Week => DateUnit::Week(1),
                    Bucket::Day => DateUnit::Day,
                };
                (compiler.dialect.date_bucket(value, kind, unit, offset_minutes), Kind::Date)
            }
        };
        columns.push(value);
        kinds.push(kind);
    }
    let group_overlap = from.overlapping();
    let groups = columns.len();
    let mut shapes = Vec::new();
    for measure in &query.measures {
        let mut add = |sql| {
            columns.push(sql);
            columns.len() - 1
        };
        let Some(path) = &measure.path else {
            let mut sql = compiler.dialect.sql();
            sql.push("count(*)");
            shapes.push((Function::Count, add(sql), 0, Kind::Int));
            continue;
        };
        let (value, kind) = from.column(compiler, &at, path)?;
        let mut count = compiler.dialect.sql();
        count.push("count(").append(value.clone()).push(")");
        match measure.function {
            Function::Count => shapes.push((Function::Count, add(count), 0, Kind::Int)),
            Function::CountDistinct => {
                let mut sql = compiler.dialect.sql();
                sql.push("count(DISTINCT ").append(value).push(")");
                shapes.push((Function::Count, add(sql), 0, Kind::Int));
            }
            Function::Sum | Function::Avg => {
                let sum = add(compiler.dialect.sum_wide(value));
                shapes.push((measure.function, sum, add(count), kind));
            }
            Function::Min | Function::Max => {
                let mut sql = compiler.dialect.sql();
                sql.push(if measure.function == Function::Min { "min(" } else { "max(" }).append(value).push(")");
                shapes.push((measure.function, add(sql), 0, kind));
            }
        }
    }
    // a measure that multiplies the records would count them twice
    if from.overlapping() && !group_overlap && query.measures.len() > 1 {
        return Err(StoreError::Value("measures over several child rows at once".into()));
    }
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT ").list(", ", columns, |sql, column| {
        sql.append(column);
    });
    sql.push(" FROM ").append(from.into_sql()).push(" WHERE ").append(filter);
    if groups > 0 {
        sql.push(" GROUP BY ").list(", ", 1..=groups, |sql, i| {
            sql.int(i64::try_from(i).unwrap_or(1));
        });
    }
    sql.push(" LIMIT ").int(MOST_GROUPS + 1);
    let rows = tx
        .all(&sql.build(), |row| {
            let keys =
                kinds.iter().enumerate().map(|(i, kind)| row.val(i, *kind)).collect::<StoreResult<Vec<Val>>>()?;
            let measures = shapes
                .iter()
                .map(|(function, at, count, kind)| {
                    Ok(match function {
                        Function::Count | Function::CountDistinct => Measured::Count(row.int(*at)?.unwrap_or(0)),
                        Function::Sum | Function::Avg => {
                            let scale = if let Kind::Dec(scale) = kind { *scale } else { 0 };
                            Measured::Sum { sum: row.wide_sum(*at, scale)?, count: row.int(*count)?.unwrap_or(0) }
                        }
                        Function::Min | Function::Max => Measured::Value(row.val(*at, *kind)?),
                    })
                })
                .collect::<StoreResult<Vec<Measured>>>()?;
            Ok(GroupRow { keys, measures })
        })
        .await?;
    Ok(Groups { rows, overlapping: group_overlap })
}
