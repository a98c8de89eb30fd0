//! Two writers that lock the same records in opposite order: the one that the database undoes for the other is run again, and
//! nobody hears of it.

use super::{Shop, form, formula, id_of, link, number, rollup, text};
use crate::support::on_both;
use formwright_engine::EngineError;
use formwright_store::{Db, Dialect, Ident, Snapshot, StoreResult};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Entries roll up into their team, and read it; all read a rate.
fn documents() -> Vec<Json> {
    vec![
        form("rate", json!({"factor": number(2)})),
        form(
            "team",
            json!({"name": text(), "rate": link("rate", "refuse"), "total": rollup("entry", "team", "sum", json!({"field": "amount"})),
                "title": formula("name & \" × \" & rate.factor")}),
        ),
        form(
            "entry",
            json!({"team": link("team", "refuse"), "rate": link("rate", "refuse"), "amount": number(2),
                "worth": formula("amount * rate.factor"), "label": formula("team.name & \" \" & amount"),
                "share": {"field": {"type": "formula", "expression": "amount / team.total", "scale": 4}}}),
        ),
    ]
}

/// A transaction that holds a record until it is let go.
struct Held {
    release: Arc<Semaphore>,
    done: JoinHandle<StoreResult<()>>,
}

impl Held {
    async fn hold(shop: &Shop, form: &str, record: Uuid) -> Held {
        let catalog = shop.engine.catalog();
        let layout = shop.engine.layout(&catalog).unwrap();
        let table: Ident = layout.forms[catalog.form_index(form).unwrap()].table.clone();
        let (taken, release) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (told, wait, db) = (taken.clone(), release.clone(), shop.engine.db().clone());
        let done = tokio::spawn(async move {
            let write = db.write(move |tx| {
                Box::pin(async move {
                    let mut sql = tx.sql();
                    sql.push("UPDATE ").ident(&table).push(" SET \"id\" = \"id\" WHERE \"id\" = ").val(record);
                    assert_eq!(tx.execute(&sql.build()).await?, 1);
                    told.add_permits(1);
                    wait.acquire().await.unwrap().forget();
                    Ok(())
                })
            });
            write.await
        });
        taken.acquire().await.unwrap().forget();
        Held { release, done }
    }

    async fn let_go(self) {
        self.release.add_permits(1);
        self.done.await.unwrap().unwrap();
    }
}

/// Comes back when so many transactions wait for locks. On SQLite they wait in line behind the one that is running.
async fn waiting(db: &Db, count: i64) {
    if db.dialect() == Dialect::Sqlite {
        return;
    }
    let looked = async {
        loop {
            let mut tx = db.reader(Snapshot::No).await.unwrap();
            let mut sql = tx.sql();
            sql.push(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            );
            if tx.one(&sql.build(), |row| row.int(0)).await.unwrap() == Some(count) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looked).await.expect("nobody waits");
}

fn writer(shop: &Arc<Shop>, form: &'static str, record: &Json, body: Json) -> JoinHandle<Result<Json, EngineError>> {
    let (shop, record) = (shop.clone(), record.clone());
    tokio::spawn(async move { shop.try_patch(form, &record, body).await })
}

struct Scene {
    shop: Arc<Shop>,
    rate: Json,
    team: Json,
    entries: Vec<Json>,
}

async fn scene(db: Db) -> Scene {
    let shop = Arc::new(Shop::open(db, documents()).await);
    let rate = shop.create("rate", json!({"factor": 2})).await;
    let team = shop.create("team", json!({"name": "A", "rate": rate["id"]})).await;
    let mut entries = Vec::new();
    for amount in [10, 30] {
        let body = json!({"team": team["id"], "rate": rate["id"], "amount": amount});
        entries.push(shop.create("entry", body).await);
    }
    Scene { shop, rate, team, entries }
}

#[test]
fn two_that_meet_in_a_chain_of_rollups_are_both_done() {
    on_both(|db| async move {
        let Scene { shop, rate, team, entries } = scene(db.clone()).await;
        let held = Held::hold(&shop, "rate", id_of(&rate)).await;
        // each holds its entry, waits for the rate, and leads over the team's total to the other's entry
        let one = writer(&shop, "entry", &entries[0], json!({"amount": 20}));
        waiting(&db, 1).await;
        let two = writer(&shop, "entry", &entries[1], json!({"amount": 60}));
        waiting(&db, 2).await;
        held.let_go().await;
        one.await.unwrap().unwrap();
        two.await.unwrap().unwrap();
        shop.is_sound().await;
        assert_eq!(shop.value("team", &team, "total").await, "80");
        assert_eq!(shop.value("entry", &entries[0], "share").await, "0.25");
        assert_eq!(shop.value("entry", &entries[1], "share").await, "0.75");
        assert_eq!(shop.value("entry", &entries[0], "version").await, "2", "it was written once");
        assert_eq!(shop.value("entry", &entries[1], "version").await, "2", "it was written once");
    });
}

#[test]
fn two_that_meet_in_a_chain_of_formulas_are_both_done() {
    on_both(|db| async move {
        let Scene { shop, rate, team, entries } = scene(db.clone()).await;
        let held = Held::hold(&shop, "rate", id_of(&rate)).await;
        // the team's name leads to the entry, the entry reads the team
        let one = writer(&shop, "team", &team, json!({"name": "B"}));
        waiting(&db, 1).await;
        let two = writer(&shop, "entry", &entries[0], json!({"amount": 20}));
        waiting(&db, 2).await;
        held.let_go().await;
        one.await.unwrap().unwrap();
        two.await.unwrap().unwrap();
        shop.is_sound().await;
        assert_eq!(shop.value("entry", &entries[0], "label").await, "\"B 20\"");
        assert_eq!(shop.value("entry", &entries[1], "label").await, "\"B 30\"");
        assert_eq!(shop.value("team", &team, "version").await, "2", "it was written once");
    });
}
