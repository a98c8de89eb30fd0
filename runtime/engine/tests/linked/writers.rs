//! Many writers at once, and many records at once.

use super::{Shop, form, formula, link, number, rollup, text};
use crate::support::on_both;
use formwright_engine::records::BatchRequest;
use formwright_engine::{EngineError, jobs};
use serde_json::{Value as Json, json};
use std::sync::Arc;

fn documents() -> Vec<Json> {
    vec![
        form("house", json!({"name": text(), "total": rollup("team", "house", "sum", json!({"field": "total"}))})),
        form(
            "team",
            json!({"name": text(), "house": link("house", "clear"), "total": rollup("entry", "team", "sum", json!({"field": "amount"})),
            "entries": rollup("entry", "team", "count", json!({})), "most": rollup("entry", "team", "max", json!({"field": "amount"}))}),
        ),
        form(
            "entry",
            json!({"team": link("team", "refuse"), "amount": number(2), "label": formula("team.name & \" \" & amount")}),
        ),
    ]
}

#[test]
fn many_writers_roll_up_into_one_record_and_nothing_is_lost() {
    on_both(|db| async move {
        let shop = Arc::new(Shop::open(db, documents()).await);
        let house = shop.create("house", json!({"name": "H"})).await;
        let mut teams = Vec::new();
        for name in ["A", "B"] {
            teams.push(shop.create("team", json!({"name": name, "house": house["id"]})).await);
        }
        let mut writers = Vec::new();
        for writer in 0..6_usize {
            let (shop, teams) = (shop.clone(), teams.clone());
            writers.push(tokio::spawn(async move {
                let mut mine: Vec<Json> = Vec::new();
                for step in 0..15_usize {
                    let team = &teams[(writer + step) % 2];
                    let body = json!({"team": team["id"], "amount": step + 1});
                    let entry = shop.create("entry", body.clone()).await;
                    mine.push(entry);
                    if step % 4 == 3 {
                        let moved = &mine[step - 2];
                        let body = json!({"team": teams[step % 2]["id"], "amount": 100});
                        shop.patch("entry", moved, body.clone()).await;
                    }
                    if step % 5 == 4 {
                        let gone = &mine[step - 4];
                        shop.delete("entry", gone).await;
                    }
                    if step % 7 == 6 {
                        let body = json!({"name": format!("{writer}.{step}")});
                        shop.patch("team", team, body.clone()).await;
                    }
                }
            }));
        }
        for writer in writers {
            writer.await.unwrap();
        }
        shop.is_sound().await;
        let total: i64 = shop.value("house", &house, "total").await.parse().unwrap();
        assert!(total > 0);
        let counted: i64 = {
            let mut sum = 0;
            for team in &teams {
                sum += shop.value("team", team, "entries").await.parse::<i64>().unwrap();
            }
            sum
        };
        assert_eq!(counted, 6 * 15 - 6 * 3);
    });
}

#[test]
fn what_is_too_much_for_a_save_follows_by_a_job_and_a_batch_at_once() {
    on_both(|db| async move {
        let shop = Shop::open(db, documents()).await;
        let team = shop.create("team", json!({"name": "A"})).await;
        for _ in 0..2 {
            let operations: Vec<Json> =
                (0..600).map(|i| json!({"op": "create", "record": {"team": team["id"], "amount": i}})).collect();
            let request = BatchRequest { operations, atomic: true };
            shop.engine.batch(&shop.cx(), "entry", request, None).await.unwrap();
        }
        assert_eq!(shop.value("team", &team, "total").await, (2 * 599 * 300).to_string());
        shop.patch("team", &team, json!({"name": "Z"})).await;
        let waiting = shop.engine.compare_computed().await.unwrap();
        assert_eq!(waiting.1, 1200, "one more than a save may take, and all wait");
        assert_eq!(waiting.0.iter().find(|(form, _)| form == "entry").unwrap().1.differing, 1200);
        jobs::run_due(&shop.engine).await.unwrap();
        shop.is_sound().await;
        let first =
            shop.list(&shop.cx(), "entry", json!({"field": "amount", "op": "eq", "value": 3}), "label", "label").await;
        assert_eq!(first, ["\"Z 3\"", "\"Z 3\""]);
    });
}

#[test]
fn a_value_elsewhere_that_cannot_be_kept_refuses_the_write() {
    on_both(|db| async move {
        let shop = Shop::open(db, documents()).await;
        let team = shop.create("team", json!({"name": "A"})).await;
        let most: Json = serde_json::from_str("9999999999999999.99").unwrap();
        let first = shop.create("entry", json!({"team": team["id"], "amount": most})).await;
        let Err(EngineError::Refused(refusal)) =
            shop.try_create("entry", json!({"team": team["id"], "amount": 1})).await
        else {
            panic!("kept")
        };
        assert_eq!(refusal.faults[0].code.code, "formula_unkept");
        assert_eq!(shop.value("team", &team, "entries").await, "1");
        shop.delete("entry", &first).await;
        shop.is_sound().await;
    });
}
