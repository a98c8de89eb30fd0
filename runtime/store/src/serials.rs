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
