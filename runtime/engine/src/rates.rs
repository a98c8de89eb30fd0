//! Rates of exchange: what one unit of a currency is worth in the company's own, by day.

use crate::{Context, Engine, EngineError, EngineResult};
use chrono::NaiveDate;
use formwright_store::{Snapshot, computed, rates};
use rust_decimal::Decimal;
use serde_json::json;

impl Engine {
    /// The rate of each currency on a day.
    ///
    /// # Errors
    /// What the store gives.
    pub async fn rates_on(&self, day: NaiveDate) -> EngineResult<Vec<(String, Decimal)>> {
        let mut tx = self.db().reader(Snapshot::No).await?;
        Ok(rates::on(day, &mut tx).await?)
    }
}

/// Loads lines of `currency,valid_on,value`, the first of which names the columns.
pub(crate) async fn load(cx: &Context, text: &str) -> EngineResult<usize> {
    let mut list: Vec<(String, NaiveDate, Decimal)> = Vec::new();
    for line in text.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let wrong = || EngineError::Internal(format!("rates: {line}"));
        let mut cells = line.split(',').map(str::trim);
        let (Some(currency), Some(day), Some(value)) = (cells.next(), cells.next(), cells.next()) else {
            return Err(wrong());
        };
        list.push((currency.to_string(), day.parse().map_err(|_| wrong())?, value.parse().map_err(|_| wrong())?));
    }
    let count = list.len();
    let (catalog, clock) = (cx.catalog.clone(), cx.clock());
    let origin = crate::audit::Origin::of(cx);
    cx.engine
        .db()
        .write(move |tx| {
            Box::pin(async move {
                for (currency, day, value) in &list {
                    rates::set(currency, *day, *value, tx).await?;
                }
                // what was worked out with the rates that were known follows
                for form in catalog.forms.iter().filter(|f| f.reads_rates()) {
                    computed::recompute(tx, &catalog, form, clock, computed::Purpose::Write).await?;
                }
                crate::audit::record(
                    tx,
                    &origin,
                    "settings",
                    json!({"what": "rates.load", "on": {"count": list.len()}}),
                )
                .await?;
                Ok::<_, EngineError>(())
            })
        })
        .await?;
    Ok(count)
}
