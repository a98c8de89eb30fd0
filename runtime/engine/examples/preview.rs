//! How long a preview takes: a form of 60 fields with rules and formulas, a draft with 20 child rows, on SQLite.
//!
//! `cargo run --release -p formwright-engine --example preview`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use formwright_core::definition::Kind;
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::{Context, Engine, Settings};
use formwright_store::{Db, Durability, SqliteOptions};
use serde_json::{Map, Value as Json, json};
use std::time::{Duration, Instant};

const FIELDS: usize = 60;
const ROWS: usize = 20;
const TIMES: usize = 500;

fn form() -> Json {
    let mut properties = Map::new();
    let mut rules = Vec::new();
    for i in 0..FIELDS - 5 {
        let field = match i % 5 {
            0 => json!({"type": "string", "maxLength": 100}),
            1 => json!({"type": "number", "field": {"type": "number", "scale": 2}}),
            2 => json!({"enum": ["a", "b", "c"], "field": {"type": "choice"}}),
            3 => json!({"type": "string", "format": "date"}),
            _ => json!({"type": "boolean"}),
        };
        properties.insert(format!("f{i}"), field);
    }
    for i in (0..FIELDS - 10).step_by(5) {
        let (text, number, choice) = (format!("f{i}"), format!("f{}", i + 1), format!("f{}", i + 2));
        rules.push(json!({"when": {"field": choice, "op": "eq", "value": "b"}, "then": [{"show": [text]}, {"require": [number]}]}));
        rules.push(json!({"when": {"expression": format!("{number} > 100")}, "then": [{"warn": {"field": number, "message": "high"}}]}));
        rules.push(json!({"when": {"field": choice, "op": "ne", "value": "a"}, "then": [{"set": {"field": number, "expression": format!("COALESCE({number}, 1)")}}]}));
    }
    properties.insert(
        "lines".into(),
        json!({"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {
        "what": {"type": "string"}, "qty": {"type": "integer"}, "price": {"type": "number", "field": {"type": "money"}},
        "amount": {"field": {"type": "formula", "expression": "ROUND(qty * price, 2)"}}}}}),
    );
    for (name, expression) in [
        ("net", "SUM(lines.amount)"),
        ("vat", "ROUND(net * 0.13, 2)"),
        ("total", "net + vat"),
        ("label", "CONCAT(f0, total)"),
    ] {
        properties.insert(name.into(), json!({"field": {"type": "formula", "expression": expression}}));
    }
    json!({"kind": "form", "app": "bench", "name": "wide", "title": "Wide", "rules": rules, "record": {"type": "object", "properties": properties}})
}

fn draft() -> Map<String, Json> {
    let mut out = Map::new();
    for i in 0..FIELDS - 5 {
        let value = match i % 5 {
            0 => json!("some words"),
            1 => json!(12.5),
            2 => json!("b"),
            3 => json!("2026-11-20"),
            _ => json!(true),
        };
        out.insert(format!("f{i}"), value);
    }
    let rows: Vec<Json> = (0..ROWS).map(|i| json!({"what": format!("row {i}"), "qty": i, "price": 3.25})).collect();
    out.insert("lines".into(), json!(rows));
    out
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions { durability: Durability::Full, readers: 2 };
    let db = Db::open_sqlite(&folder.path().join("data.db"), options).await.unwrap();
    let engine =
        Engine::open_with(db, Settings::default(), Keys::from_bytes([7; 32]).unwrap(), chrono::Utc::now).await.unwrap();
    let cx = Context::system(&engine, "example");
    let app = json!({"kind": "app", "app": "bench", "name": "bench", "title": "Bench"});
    publish::save_draft(&cx, Kind::App, "bench", app, None).await.unwrap();
    publish::save_draft(&cx, Kind::Form, "wide", form(), None).await.unwrap();
    publish::publish(&cx, &Publication { confirm_all: true, ..Publication::default() }).await.unwrap();
    let cx = Context::system(&engine, "example");
    let mut times: Vec<Duration> = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let draft = draft();
        let start = Instant::now();
        let answer = engine.preview(&cx, "wide", draft).await.unwrap();
        times.push(start.elapsed());
        assert_eq!(answer["record"]["net"], json!(617.5), "{answer}");
    }
    times.sort();
    println!(
        "preview of {FIELDS} fields, {ROWS} rows: median {:?}, 99 of 100 within {:?}",
        times[TIMES / 2],
        times[TIMES * 99 / 100]
    );
}
