//! Counters of serial numbers. The counter's row is locked until the transaction ends, so numbers come without gaps.

use crate::error::StoreResult;
use crate::tx::Tx;
use crate::value::Val;

/// The next number of a field's counter.
pub async fn next(field: &str, key: &str, tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_serials").push(" AS s (").names(&["field", "key", "value"]).push(") VALUES (").vals([Val::text(field), Val::text(key), Val::Int(1)]);
    sql.push(") ON CONFLICT (").names(&["field", "key"]).push(") DO UPDATE SET \"value\" = s.\"value\" + 1 RETURNING \"value\"");
    tx.one(&sql.build(), |row| Ok(row.int(0)?.unwrap_or(0))).await
}

/// Lets the counter go on after a number that was given from outside.
pub async fn raise(field: &str, key: &str, number: i64, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_serials").push(" AS s (").names(&["field", "key", "value"]).push(") VALUES (").vals([Val::text(field), Val::text(key), Val::Int(number)]);
    sql.push(") ON CONFLICT (").names(&["field", "key"]).push(") DO UPDATE SET \"value\" = CASE WHEN s.\"value\" < excluded.\"value\" THEN excluded.\"value\" ELSE s.\"value\" END");
    tx.execute(&sql.build()).await?;
    Ok(())
}
