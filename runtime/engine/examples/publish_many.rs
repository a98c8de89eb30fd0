//! How long it takes to publish 300 forms of 30 fields at once, to change one of them, and to open the installation again.
//!
//! `cargo run --release -p formwright-engine --example publish_many [postgres://…]`
#![allow(clippy::unwrap_used, clippy::expect_used)]

use formwright_core::definition::Kind;
use formwright_engine::apps::{self, Files};
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::{Context, Engine, Settings};
use formwright_store::{Db, PgOptions, SqliteOptions};
use serde_json::{Map, Value as Json, json};
use std::time::Instant;

fn form(number: usize) -> Json {
    let mut properties = Map::new();
    for i in 0..30 {
        let property = match i % 6 {
            0 => json!({"type": "string", "title": format!("Text {i}")}),
            1 => json!({"type": "string", "format": "date"}),
            2 => json!({"field": {"type": "money"}}),
            3 => json!({"enum": ["a", "b", "c"]}),
            4 => json!({"type": "string", "maxLength": 100}),
            _ if i == 5 && number > 0 => json!({"field": {"type": "link", "form": "form_0"}}),
            _ => json!({"type": "boolean"}),
        };
        properties.insert(format!("field_{i}"), property);
    }
    json!({"kind": "form", "app": "many", "name": format!("form_{number}"), "title": format!("Form {number}"), "record": {"type": "object", "properties": properties}, "search": ["field_0"]})
}

async fn database() -> Db {
    match std::env::args().nth(1) {
        Some(url) => Db::open_postgres(&url, PgOptions::default()).await.unwrap(),
        None => {
            let folder = tempfile::tempdir().unwrap().keep();
            Db::open_sqlite(&folder.join("data.db"), SqliteOptions::default()).await.unwrap()
        }
    }
}

async fn open(db: Db) -> Engine {
    Engine::open_with(db, Settings::default(), Keys::from_bytes([7; 32]).unwrap(), || {
        std::time::SystemTime::now().into()
    })
    .await
    .unwrap()
}

#[tokio::main]
async fn main() {
    let db = database().await;
    let engine = open(db.clone()).await;
    let mut files = Files::new();
    files.insert("app.json".into(), json!({"kind": "app", "name": "many"}).to_string().into_bytes());
    for number in 0..300 {
        files.insert(format!("forms/form_{number}.json"), form(number).to_string().into_bytes());
    }
    let yes = Publication { confirm_all: true, ..Publication::default() };
    let begun = Instant::now();
    let planned = apps::apply_files(&Context::system(&engine, "example"), &files, true, &yes).await.unwrap();
    println!(
        "check and plan 300 forms of 30 fields: {:?}, {} steps",
        begun.elapsed(),
        planned.planned.plan().steps.len()
    );
    let begun = Instant::now();
    apps::apply_files(&Context::system(&engine, "example"), &files, false, &yes).await.unwrap();
    println!("publish them (checked and planned again): {:?}", begun.elapsed());
    let begun = Instant::now();
    let mut doc = form(7);
    doc["record"]["properties"]["more"] = json!({"type": "string"});
    publish::save_draft(&Context::system(&engine, "example"), Kind::Form, "form_7", doc, None).await.unwrap();
    publish::publish(&Context::system(&engine, "example"), &yes).await.unwrap();
    println!("save and publish one more field: {:?}", begun.elapsed());
    let begun = Instant::now();
    let again = open(db).await;
    println!("open the installation again: {:?}, {} forms", begun.elapsed(), again.catalog().forms.len());
}
