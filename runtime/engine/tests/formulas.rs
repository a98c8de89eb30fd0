//! Formulas are worked out with each save, stay read-only, and follow what is published; so do the rules of a form. Alike on
//! both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "formulas/conditions.rs"]
mod conditions;
#[path = "linked/mod.rs"]
mod linked;
#[path = "formulas/publishing.rs"]
mod publishing;
#[path = "formulas/rules.rs"]
mod rules;
#[path = "formulas/saving.rs"]
mod saving;
#[path = "formulas/standing.rs"]
mod standing;
#[path = "../../store/tests/support/mod.rs"]
mod support;

use formwright_core::definition::Kind;
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::ReadRequest;
use formwright_engine::{Context, Engine, EngineError, Refusal, Settings};
use formwright_store::Db;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

async fn open(db: Db) -> Engine {
    let engine = Engine::open_with(db, Settings::default(), Keys::from_bytes([7; 32]).unwrap(), || {
        "2026-11-20T01:00:00Z".parse().unwrap()
    })
    .await
    .unwrap();
    draft(&engine, json!({"kind": "app", "app": "shop", "name": "shop", "title": "Shop"})).await;
    engine
}

fn cx(engine: &Engine) -> Context {
    Context::system(engine, "test")
}

async fn draft(engine: &Engine, doc: Json) -> Json {
    let kind = Kind::parse(doc["kind"].as_str().unwrap()).unwrap();
    let name = doc["name"].as_str().unwrap().to_string();
    publish::save_draft(&cx(engine), kind, &name, doc, None).await.unwrap()["draft"].clone()
}

fn form(properties: Json) -> Json {
    json!({"kind": "form", "app": "shop", "name": "sale", "title": "Sale", "record": {"type": "object", "properties": properties}})
}

fn formula(expression: &str) -> Json {
    json!({"field": {"type": "formula", "expression": expression}})
}

fn number(scale: u32) -> Json {
    json!({"type": "number", "field": {"type": "number", "scale": scale}})
}

async fn publish_all(engine: &Engine) -> Vec<Json> {
    publish::publish(&cx(engine), &Publication { confirm_all: true, ..Publication::default() }).await.unwrap().steps
}

async fn install(engine: &Engine, properties: Json) -> Json {
    let saved = draft(engine, form(properties)).await;
    publish_all(engine).await;
    saved
}

fn object(json: Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

fn parsed(body: &[u8]) -> Json {
    serde_json::from_slice(body).unwrap()
}

async fn create(engine: &Engine, body: Json) -> Result<Json, EngineError> {
    Ok(parsed(&engine.create(&cx(engine), "sale", object(body), None).await?.body))
}

async fn read(engine: &Engine, id: &Json) -> Json {
    let id: Uuid = id.as_str().unwrap().parse().unwrap();
    parsed(&engine.read(&cx(engine), "sale", id, &ReadRequest::default()).await.unwrap().body)
}

async fn patch(engine: &Engine, id: &Json, body: Json) -> Result<Json, EngineError> {
    let id: Uuid = id.as_str().unwrap().parse().unwrap();
    Ok(parsed(&engine.update(&cx(engine), "sale", id, object(body), None).await?.body))
}

fn refusal(error: EngineError) -> Refusal {
    match error {
        EngineError::Refused(refusal) => *refusal,
        other => panic!("{other:?}"),
    }
}

/// Path and code of each fault.
fn faults(error: EngineError) -> Vec<(String, &'static str)> {
    refusal(error).faults.into_iter().map(|f| (f.path, f.code.code)).collect()
}

/// A number as it stands in the answer, digit for digit.
fn digits(json: &Json) -> String {
    json.to_string()
}

fn lines(columns: Json) -> Json {
    json!({"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": columns}})
}
