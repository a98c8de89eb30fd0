//! Rates of exchange by day.

use crate::error::{StoreError, StoreResult};
use crate::tx::Tx;
use crate::value::Val;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Decimals that a rate keeps.
pub const SCALE: u32 = 9;

/// Sets the rate of a currency from a day on.
pub async fn set(currency: &str, valid_on: NaiveDate, value: Decimal, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_rates").push(" (").names(&["currency", "valid_on", "value"]).push(") VALUES (");
    sql.vals([Val::text(currency), Val::Date(valid_on), Val::Dec(value, SCALE)]);
    sql.push(") ON CONFLICT (").names(&["currency", "valid_on"]).push(") DO UPDATE SET \"value\" = excluded.\"value\"");
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// The rate of each currency on a day: the newest that is valid then.
pub async fn on(day: NaiveDate, tx: &mut Tx) -> StoreResult<Vec<(String, Decimal)>> {
    let mut sql = tx.sql();
    sql.push("SELECT r.\"currency\", r.\"value\" FROM ")
        .name("fw_rates")
        .push(" AS r WHERE r.\"valid_on\" = (SELECT max(n.\"valid_on\") FROM ");
    sql.name("fw_rates")
        .push(" AS n WHERE n.\"currency\" = r.\"currency\" AND n.\"valid_on\" <= ")
        .val(day)
        .push(") ORDER BY 1");
    tx.all(&sql.build(), |row| {
        let value = row.dec(1, SCALE)?.ok_or_else(|| StoreError::Damaged("a rate without a value".into()))?;
        Ok((row.text(0)?.unwrap_or_default().to_string(), value))
    })
    .await
}

/// The rate of one currency on a day: the newest that is valid then.
pub async fn of(currency: &str, day: NaiveDate, tx: &mut Tx) -> StoreResult<Option<Decimal>> {
    let mut sql = tx.sql();
    sql.push("SELECT r.\"value\" FROM ")
        .name("fw_rates")
        .push(" AS r WHERE r.\"currency\" = ")
        .val(Val::text(currency));
    sql.push(" AND r.\"valid_on\" <= ").val(day).push(" ORDER BY r.\"valid_on\" DESC LIMIT ").int(1);
    Ok(tx.optional(&sql.build(), |row| row.dec(0, SCALE)).await?.flatten())
}
