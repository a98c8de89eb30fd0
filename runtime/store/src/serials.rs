//! Counters of serial numbers. The counter's row is locked until the transaction ends, so numbers come without gaps.

use crate::error::StoreResult;
use crate::tx::Tx;
use crate::value::Val;

/// The next number of a field's counter; `part` holds what else the pattern renders, such as a field's value.
pub async fn next(field: &str, period: &str, part: &str, tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ")
        .name("fw_serials")
        .push(" AS s (")
        .names(&["field", "period", "part", "value"])
        .push(") VALUES (")
        .vals([Val::text(field), Val::text(period), Val::text(part), Val::Int(1)]);
    sql.push(") ON CONFLICT (")
        .names(&["field", "period", "part"])
        .push(") DO UPDATE SET \"value\" = s.\"value\" + 1 RETURNING \"value\"");
    tx.one(&sql.build(), |row| Ok(row.int(0)?.unwrap_or(0))).await
}

/// Lets the counter go on after a number that was given from outside.
pub async fn raise(field: &str, period: &str, part: &str, number: i64, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ")
        .name("fw_serials")
        .push(" AS s (")
        .names(&["field", "period", "part", "value"])
        .push(") VALUES (")
        .vals([Val::text(field), Val::text(period), Val::text(part), Val::Int(number)]);
    sql.push(") ON CONFLICT (").names(&["field", "period", "part"]).push(") DO UPDATE SET \"value\" = CASE WHEN s.\"value\" < excluded.\"value\" THEN excluded.\"value\" ELSE s.\"value\" END");
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// A counter: of a field, in a period, for what else the pattern renders; `value` is the last number given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    pub field: String,
    pub period: String,
    pub part: String,
    pub value: i64,
}

/// All counters, at most `limit`.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn list(limit: i64, tx: &mut Tx) -> StoreResult<Vec<Counter>> {
    let mut sql = tx.sql();
    sql.push("SELECT ").names(&["field", "period", "part", "value"]).push(" FROM ").name("fw_serials");
    sql.push(" ORDER BY \"field\", \"period\" DESC, \"part\" LIMIT ").int(limit);
    tx.all(&sql.build(), |row| {
        Ok(Counter {
            field: row.text(0)?.unwrap_or_default().to_string(),
            period: row.text(1)?.unwrap_or_default().to_string(),
            part: row.text(2)?.unwrap_or_default().to_string(),
            value: row.int(3)?.unwrap_or(0),
        })
    })
    .await
}

/// The last number given by a counter, whose row is kept from others until the transaction ends; 0 for one that never counted.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn lock(field: &str, period: &str, part: &str, tx: &mut Tx) -> StoreResult<i64> {
    raise(field, period, part, 0, tx).await?;
    let mut sql = tx.sql();
    sql.push("SELECT \"value\" FROM ").name("fw_serials").push(" WHERE \"field\" = ").val(field);
    sql.push(" AND \"period\" = ").val(period).push(" AND \"part\" = ").val(part);
    Ok(tx.optional(&sql.build(), |row| row.int(0)).await?.flatten().unwrap_or(0))
}
