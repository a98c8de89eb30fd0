//! Sums, counts and averages by group: exact, in an order that both databases share.

use super::saver::Saver;
use crate::Engine;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use chrono::{Datelike, Offset, TimeZone};
use formwright_core::catalog::Catalog;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::fold;
use formwright_core::query::{AggregateQuery, Bucket, Comparison, Cond, Function, Group, QueryContext, read_aggregate};
use formwright_core::value::{decimal_to_json, format_instant, format_time};
use formwright_store::Val;
use formwright_store::aggregate::{GroupRow, MOST_GROUPS, Measured, aggregate};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value as Json, json};
use std::cmp::Ordering;
use std::time::Duration;

/// How long an aggregate may take.
const TIME: Duration = Duration::from_secs(60);

impl Engine {
    /// `{"rows": [{<group>: …, <measure>: …}], "truncated", "overlapping"?}`
    pub async fn aggregate(&self, cx: &Context, form: &str, body: Map<String, Json>) -> EngineResult<Json> {
        let saver = Saver::new(cx)?;
        let (index, _, access) = saver.access.form(form)?;
        if access.rows == Cond::False {
            return Err(EngineError::not_found());
        }
        let mut faults = Vec::new();
        let query = {
            let vars = saver.access.vars(None);
            let context = QueryContext { catalog: &cx.catalog, sight: saver.access.as_ref(), vars: &vars };
            read_aggregate(&context, index, &body, &mut faults)
        };
        let phrases = match body.get("q").and_then(Json::as_str) {
            Some(q) if fold::is_storable(q) => fold::search_phrases(q).into_iter().take(20).collect(),
            Some(_) => {
                faults.push(Fault::new("q", &code::TEXT_INVALID));
                Vec::new()
            }
            None => Vec::new(),
        };
        if !faults.is_empty() {
            return Err(EngineError::request_faults(faults));
        }
        let offset = cx.zone.offset_from_utc_datetime(&cx.now.naive_utc()).fix().local_minus_utc() / 60;
        let catalog = cx.catalog.clone();
        self.db()
            .read_heavy(TIME, move |tx| {
                Box::pin(async move {
                    let groups = {
                        let compiler = saver.compiler(tx);
                        aggregate(&compiler, &query, &phrases, offset, tx).await?
                    };
                    if i64::try_from(groups.rows.len()).unwrap_or(i64::MAX) > MOST_GROUPS {
                        let fault =
                            Fault::new("group", &code::QUERY_TOO_EXPENSIVE).with("reason", "more than 10,000 groups");
                        return Err(EngineError::request_faults(vec![fault]));
                    }
                    Ok(present(&catalog, &query, groups.rows, groups.overlapping))
                })
            })
            .await
    }
}

/// A measure as a number or value to compare and show.
fn measured(function: Function, value: &Measured) -> Option<Decimal> {
    match (function, value) {
        (_, Measured::Count(n)) => Some(Decimal::from(*n)),
        (Function::Avg, Measured::Sum { sum: Some(sum), count }) if *count > 0 => {
            sum.checked_div(Decimal::from(*count)).map(twenty_digits)
        }
        (Function::Sum, Measured::Sum { sum, .. }) => *sum,
        (_, Measured::Value(Val::Dec(d, _))) => Some(*d),
        (_, Measured::Value(Val::Int(n))) => Some(Decimal::from(*n)),
        _ => None,
    }
}

/// At most twenty significant digits.
fn twenty_digits(d: Decimal) -> Decimal {
    d.round_sf_with_strategy(20, RoundingStrategy::MidpointAwayFromZero).unwrap_or(d).normalize()
}

fn present(catalog: &Catalog, query: &AggregateQuery, rows: Vec<GroupRow>, overlapping: bool) -> Json {
    let mut rows: Vec<GroupRow> = rows
        .into_iter()
        .filter(|row| {
            query.having.iter().all(|h| {
                let function = query.measures.get(h.measure).map_or(Function::Count, |m| m.function);
                let Some(value) = row.measures.get(h.measure).and_then(|m| measured(function, m)) else { return false };
                match h.comparison {
                    Comparison::Eq => value == h.value,
                    Comparison::Ne => value != h.value,
                    Comparison::Lt => value < h.value,
                    Comparison::Le => value <= h.value,
                    Comparison::Gt => value > h.value,
                    Comparison::Ge => value >= h.value,
                }
            })
        })
        .collect();
    let groups = query.groups.len();
    rows.sort_by(|a, b| {
        for (at, descending) in &query.sort {
            let order = if *at < groups {
                query
                    .groups
                    .get(*at)
                    .map_or(Ordering::Equal, |g| compare_keys(catalog, g, a.keys.get(*at), b.keys.get(*at)))
            } else {
                let function = query.measures.get(at - groups).map_or(Function::Count, |m| m.function);
                let value = |r: &GroupRow| r.measures.get(at - groups).and_then(|m| measured(function, m));
                match (value(a), value(b)) {
                    (Some(x), Some(y)) => x.cmp(&y),
                    // nothing to compare: last ascending, and last descending too
                    (None, Some(_)) => {
                        if *descending {
                            Ordering::Less
                        } else {
                            Ordering::Greater
                        }
                    }
                    (Some(_), None) => {
                        if *descending {
                            Ordering::Greater
                        } else {
                            Ordering::Less
                        }
                    }
                    (None, None) => Ordering::Equal,
                }
            };
            let order = if *descending { order.reverse() } else { order };
            if order != Ordering::Equal {
                return order;
            }
        }
        query
            .groups
            .iter()
            .enumerate()
            .map(|(i, g)| compare_keys(catalog, g, a.keys.get(i), b.keys.get(i)))
            .find(|o| *o != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    });
    let truncated = rows.len() > query.limit;
    rows.truncate(query.limit);
    let rows: Vec<Json> = rows
        .iter()
        .map(|row| {
            let mut map = Map::new();
            for (group, key) in query.groups.iter().zip(&row.keys) {
                map.insert(group.key.clone(), key_json(group, key));
            }
            for (measure, value) in query.measures.iter().zip(&row.measures) {
                let json = match value {
                    Measured::Value(Val::Dec(..) | Val::Int(_)) | Measured::Count(_) | Measured::Sum { .. } => {
                        measured(measure.function, value).map_or(Json::Null, decimal_to_json)
                    }
                    Measured::Value(other) => val_json(other),
                };
                map.insert(measure.name.clone(), json);
            }
            Json::Object(map)
        })
        .collect();
    let mut out = json!({"rows": rows, "truncated": truncated});
    if overlapping && let Some(map) = out.as_object_mut() {
        map.insert("overlapping".into(), Json::Bool(true));
    }
    out
}

/// Keys in their natural order, choices in the order of their list, the empty group last.
fn compare_keys(catalog: &Catalog, group: &Group, a: Option<&Val>, b: Option<&Val>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else { return Ordering::Equal };
    match (a.is_null(), b.is_null()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        _ => {}
    }
    match (a, b) {
        (Val::Text(x), Val::Text(y)) => {
            let set = group.path.field(catalog).and_then(|f| f.kind.choices());
            match set.map(|s| (s.position(x), s.position(y))) {
                Some((Some(p), Some(q))) => p.cmp(&q),
                _ => fold::sort_key(x).cmp(&fold::sort_key(y)).then_with(|| x.cmp(y)),
            }
        }
        (Val::Int(x), Val::Int(y)) | (Val::Time(x), Val::Time(y)) => x.cmp(y),
        (Val::Bool(x), Val::Bool(y)) => x.cmp(y),
        (Val::Dec(x, _), Val::Dec(y, _)) => x.cmp(y),
        (Val::Date(x), Val::Date(y)) => x.cmp(y),
        (Val::Ts(x), Val::Ts(y)) => x.cmp(y),
        (Val::Uuid(x), Val::Uuid(y)) => x.cmp(y),
        _ => Ordering::Equal,
    }
}

/// Buckets as `2026`, `2026-Q3`, `2026-07`, `2026-W05`, `2026-07-14`.
fn key_json(group: &Group, key: &Val) -> Json {
    match (group.by, key) {
        (Some(by), Val::Date(d)) => Json::String(match by {
            Bucket::Year => format!("{:04}", d.year()),
            Bucket::Quarter => format!("{:04}-Q{}", d.year(), d.month0() / 3 + 1),
            Bucket::Month => format!("{:04}-{:02}", d.year(), d.month()),
            Bucket::Week => format!("{:04}-W{:02}", d.iso_week().year(), d.iso_week().week()),
            Bucket::Day => d.to_string(),
        }),
        (_, other) => val_json(other),
    }
}

fn val_json(value: &Val) -> Json {
    match value {
        Val::Text(t) => Json::String(t.clone()),
        Val::Int(n) => json!(n),
        Val::Bool(b) => Json::Bool(*b),
        Val::Dec(d, _) => decimal_to_json(*d),
        Val::Date(d) => Json::String(d.to_string()),
        Val::Time(t) => Json::String(format_time(*t)),
        Val::Ts(t) => Json::String(format_instant(*t)),
        Val::Uuid(u) => json!(u),
        Val::Json(t) => serde_json::from_str(t).unwrap_or(Json::Null),
        Val::Null(_) | Val::Bytes(_) => Json::Null,
    }
}
