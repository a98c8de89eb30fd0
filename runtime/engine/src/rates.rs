//! Rates of exchange: what one unit of a currency is worth in the company's own, by day.

use crate::settings::may_read;
use crate::{Context, Engine, EngineError, EngineResult, Refusal};
use chrono::NaiveDate;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::value::{NumberFault, decimal_from_text};
use formwright_store::rates::{Rate, Wanted};
use formwright_store::{Snapshot, rates};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

/// Rates of one request.
const MOST: usize = 1000;

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
    let around = crate::records::follow::Around::of(cx)?;
    let origin = crate::audit::Origin::of(cx);
    cx.engine
        .db()
        .write(move |tx| {
            Box::pin(async move {
                for (currency, day, value) in &list {
                    rates::set(currency, *day, *value, tx).await?;
                }
                // what was worked out with the rates that were known follows
                around.facts_changed(&|uses| uses.rates, tx).await?;
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

/// Which rates are asked for.
#[derive(Clone, Debug, Default)]
pub struct RateQuery {
    pub currency: Option<String>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// Entries of a page, 1–500.
    pub limit: usize,
    /// What the page before gave as `next`.
    pub cursor: Option<String>,
}

/// `{"items": [{"currency", "valid_on", "value"}], "next"}` by currency, the newest of each first.
///
/// # Errors
/// 403, a cursor that is none, and what the store gives.
pub async fn list(cx: &Context, query: &RateQuery) -> EngineResult<Json> {
    may_read(cx)?;
    let after = match &query.cursor {
        None => None,
        Some(cursor) => {
            let last =
                cursor.split_once('~').and_then(|(currency, day)| Some((currency.to_string(), day.parse().ok()?)));
            Some(last.ok_or_else(|| Refusal::new(&code::CURSOR_INVALID))?)
        }
    };
    let limit = query.limit.clamp(1, 500);
    let wanted = Wanted { currency: query.currency.clone(), from: query.from, to: query.to, after };
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    let mut found = rates::list(&wanted, i64::try_from(limit + 1).unwrap_or(501), &mut tx).await?;
    drop(tx);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|rate| format!("{}~{}", rate.currency, rate.valid_on));
    Ok(json!({"items": found.iter().map(present).collect::<Vec<_>>(), "next": next}))
}

fn present(rate: &Rate) -> Json {
    json!({"currency": rate.currency, "valid_on": rate.valid_on.to_string(), "value": formwright_core::value::Value::Dec(rate.value).to_json()})
}

/// Sets rates in one transaction: `{"items": [{"currency", "valid_on", "value"}]}` or a single one; `"value": null` forgets a rate.
/// Gives what was set.
///
/// # Errors
/// 403, every fault by place, and what the store gives.
pub async fn put(cx: &Context, body: &Map<String, Json>) -> EngineResult<Json> {
    crate::accounts::require_right(cx, "settings")?;
    let mut faults = Vec::new();
    let list = read(body, &mut faults);
    if !faults.is_empty() {
        return Err(EngineError::faults(&code::VALIDATION, faults));
    }
    let items: Vec<Json> = list
        .iter()
        .filter_map(|(currency, valid_on, value)| {
            value.map(|value| present(&Rate { currency: currency.clone(), valid_on: *valid_on, value }))
        })
        .collect();
    let origin = crate::audit::Origin::of(cx);
    cx.engine
        .db()
        .write(move |tx| {
            Box::pin(async move {
                let mut told = Vec::new();
                for (currency, day, value) in &list {
                    match value {
                        Some(value) => rates::set(currency, *day, *value, tx).await?,
                        None => rates::remove(currency, *day, tx).await?,
                    }
                    if told.len() < 50 {
                        told.push(format!("{currency} {day} {}", value.map_or("-".to_string(), |v| v.to_string())));
                    }
                }
                let body = json!({"what": "rates.set", "on": {"count": list.len()}, "rates": told});
                crate::audit::record(tx, &origin, "settings", body).await?;
                Ok::<_, EngineError>(())
            })
        })
        .await?;
    Ok(json!({"items": items, "next": null}))
}

type Line = (String, NaiveDate, Option<Decimal>);

fn read(body: &Map<String, Json>, faults: &mut Vec<Fault>) -> Vec<Line> {
    let single = [Json::Object(body.clone())];
    let (items, listed): (&[Json], bool) = match body.get("items") {
        Some(Json::Array(items)) => (items, true),
        Some(other) => {
            let got = formwright_core::definition::type_name(other);
            faults.push(Fault::new("items", &code::WRONG_TYPE).with("expected", "array").with("got", got));
            return Vec::new();
        }
        None => (&single, false),
    };
    if items.len() > MOST {
        faults.push(Fault::new("items", &code::TOO_MANY).with("limit", MOST));
        return Vec::new();
    }
    for key in body.keys().filter(|key| listed && *key != "items") {
        faults.push(Fault::new(key, &code::UNKNOWN_FIELD).with("name", key).suggest(key, ["items"].into_iter()));
    }
    let mut out = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let mut inner = Vec::new();
        if let Some(line) = read_line(item, &mut inner) {
            out.push(line);
        }
        let at = format!("items/{i}");
        faults.extend(inner.into_iter().map(|fault| if listed { fault.under(&at) } else { fault }));
    }
    out
}

fn read_line(item: &Json, faults: &mut Vec<Fault>) -> Option<Line> {
    let Json::Object(map) = item else {
        let got = formwright_core::definition::type_name(item);
        faults.push(Fault::new("", &code::WRONG_TYPE).with("expected", "object").with("got", got));
        return None;
    };
    let known = ["currency", "valid_on", "value"];
    for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
        faults.push(Fault::new(key, &code::UNKNOWN_FIELD).with("name", key).suggest(key, known.into_iter()));
    }
    let text = |key: &str| map.get(key).and_then(Json::as_str).unwrap_or_default();
    let currency = text("currency");
    if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
        faults.push(Fault::new("currency", &code::FORMAT_INVALID).with("format", "currency (USD)"));
    }
    let day = text("valid_on");
    let valid_on = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok().filter(|_| day.len() == 10);
    if valid_on.is_none() {
        faults.push(Fault::new("valid_on", &code::FORMAT_INVALID).with("format", "date (2026-11-23)"));
    }
    let value = match map.get("value") {
        None => {
            faults.push(Fault::new("value", &code::REQUIRED).with("title", "value"));
            None
        }
        Some(Json::Null) => None,
        Some(Json::Number(number)) => match decimal_from_text(number.as_str(), rates::SCALE) {
            Ok(value) if value > Decimal::ZERO => Some(value),
            Ok(_) => {
                faults.push(Fault::new("value", &code::NOT_ABOVE).with("limit", 0));
                None
            }
            Err(NumberFault::TooManyDecimals) => {
                faults.push(Fault::new("value", &code::TOO_MANY_DECIMALS).with("limit", rates::SCALE));
                None
            }
            Err(NumberFault::TooLong) => {
                faults.push(Fault::new("value", &code::NUMBER_TOO_LONG));
                None
            }
        },
        Some(other) => {
            let got = formwright_core::definition::type_name(other);
            faults.push(Fault::new("value", &code::WRONG_TYPE).with("expected", "number").with("got", got));
            None
        }
    };
    faults.is_empty().then_some(())?;
    Some((currency.to_string(), valid_on?, value))
}
