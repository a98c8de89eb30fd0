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

/// A rate as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    pub currency: String,
    pub valid_on: NaiveDate,
    pub value: Decimal,
}

/// Which rates are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub currency: Option<String>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// The last one of the page before.
    pub after: Option<(String, NaiveDate)>,
}

/// Rates by currency, the newest of each first.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn list(wanted: &Wanted, limit: i64, tx: &mut Tx) -> StoreResult<Vec<Rate>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"currency\", \"valid_on\", \"value\" FROM ").name("fw_rates").push(" WHERE 1 = 1");
    if let Some(currency) = &wanted.currency {
        sql.push(" AND \"currency\" = ").val(currency.as_str());
    }
    if let Some(from) = wanted.from {
        sql.push(" AND \"valid_on\" >= ").val(from);
    }
    if let Some(to) = wanted.to {
        sql.push(" AND \"valid_on\" <= ").val(to);
    }
    if let Some((currency, day)) = &wanted.after {
        sql.push(" AND (\"currency\" > ").val(currency.as_str()).push(" OR (\"currency\" = ").val(currency.as_str());
        sql.push(" AND \"valid_on\" < ").val(*day).push("))");
    }
    sql.push(" ORDER BY \"currency\", \"valid_on\" DESC LIMIT ").int(limit);
    tx.all(&sql.build(), |row| {
        Ok(Rate {
            currency: row.text(0)?.unwrap_or_default().to_string(),
            valid_on: row.date(1)?.ok_or_else(|| StoreError::Damaged("a rate without a day".into()))?,
            value: row.dec(2, SCALE)?.ok_or_else(|| StoreError::Damaged("a rate without a value".into()))?,
        })
    })
    .await
}

/// Forgets the rate of a currency from a day on.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn remove(currency: &str, valid_on: NaiveDate, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM ").name("fw_rates").push(" WHERE \"currency\" = ").val(currency);
    sql.push(" AND \"valid_on\" = ").val(valid_on);
    tx.execute(&sql.build()).await.map(|_| ())
}
