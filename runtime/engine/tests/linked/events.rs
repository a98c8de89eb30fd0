//! Every event that other records' values follow.

use super::{Shop, form, formula, id_of, link, number};
use crate::support::on_both;
use formwright_engine::{accounts, settings};
use serde_json::json;

#[test]
fn a_rollup_and_what_reads_it_follow_creations_and_edits() {
    on_both(|db| async move {
        let shop = Shop::usual(db).await;
        let asia = shop.create("region", json!({"name": "Asia"})).await;
        let customer = shop.create("customer", json!({"name": "Linyi", "region": asia["id"], "floor": 100})).await;
        assert_eq!((customer["orders"].to_string(), customer["total"].to_string()), ("0".into(), "0".into()));
        assert_eq!(
            (customer["least"].clone(), customer["codes"].clone(), customer["mean"].clone()),
            (json!(null), json!(null), json!(null))
        );
        assert_eq!(customer["label"], "Linyi 0");
        let first = shop
            .create("order", json!({"code": "B", "customer": customer["id"], "amount": 100.25, "won": true, "signed_on": "2026-11-01"}))
            .await;
        assert_eq!(
            (first["region"].clone(), first["customer_name"].clone(), first["named"].clone()),
            (json!("Asia"), json!("Linyi"), json!("Linyi/B"))
        );
        assert_eq!(first["share"].to_string(), "1", "{first}");
        let second = shop
            .create("order", json!({"code": "A", "customer": customer["id"], "amount": 50, "signed_on": "2026-05-01"}))
            .await;
        shop.create(
            "order",
            json!({"code": "A", "customer": customer["id"], "amount": 0.01, "signed_on": "2026-10-01"}),
        )
        .await;
        let now = shop.read("customer", &customer).await;
        let seen: Vec<String> = [
            "orders",
            "total",
            "mean",
            "least",
            "last_on",
            "last_code",
            "first_code",
            "any_code",
            "codes",
            "kinds",
            "large",
            "won",
            "recent",
            "mine",
            "half",
            "label",
        ]
        .iter()
        .map(|f| now[*f].to_string())
        .collect();
        assert_eq!(
            seen,
            [
                "3",
                "150.26",
                "50.087",
                "0.01",
                "\"2026-11-01\"",
                "\"B\"",
                "\"A\"",
                "\"B\"",
                "\"A, B\"",
                "2",
                "1",
                "100.25",
                "2",
                "150.26",
                "75.13",
                "\"Linyi 75.13\""
            ]
        );
        assert_eq!(now["version"], 1, "nobody edited the customer");
        let region = shop.read("region", &asia).await;
        assert_eq!(
            (region["customers"].to_string(), region["total"].to_string(), region["label"].clone()),
            ("1".into(), "150.26".into(), json!("Asia: 150.26"))
        );
        assert_eq!(
            shop.value("order", &first, "share").await,
            "0.6672",
            "an order follows the other orders of its customer"
        );
        shop.patch("order", &second, json!({"amount": 200, "code": "C"})).await;
        assert_eq!(shop.value("customer", &customer, "codes").await, "\"A, B, C\"");
        assert_eq!(
            (shop.value("customer", &customer, "large").await, shop.value("region", &asia, "total").await),
            ("2".into(), "300.26".into())
        );
        shop.patch("customer", &customer, json!({"floor": 150})).await;
        assert_eq!(
            shop.value("customer", &customer, "large").await,
            "1",
            "the record's own field is part of the filter"
        );
        shop.patch("customer", &customer, json!({"name": "Shandong"})).await;
        shop.patch("region", &asia, json!({"name": "East"})).await;
        let order = shop.read("order", &first).await;
        assert_eq!((order["named"].clone(), order["region"].clone()), (json!("Shandong/B"), json!("East")));
        shop.is_sound().await;
    });
}

#[test]
fn rollups_follow_links_that_are_made_moved_and_taken_away() {
    on_both(|db| async move {
        let shop = Shop::usual(db).await;
        let (east, west) =
            (shop.create("region", json!({"name": "E"})).await, shop.create("region", json!({"name": "W"})).await);
        let one = shop.create("customer", json!({"name": "1", "region": east["id"]})).await;
        let two = shop.create("customer", json!({"name": "2", "region": west["id"]})).await;
        let order = shop.create("order", json!({"code": "X", "amount": 10})).await;
        shop.patch("order", &order, json!({"customer": one["id"]})).await;
        assert_eq!(
            (shop.value("customer", &one, "total").await, shop.value("region", &east, "total").await),
            ("10".into(), "10".into())
        );
        shop.patch("order", &order, json!({"customer": two["id"], "amount": 12})).await;
        let totals = [("customer", &one), ("customer", &two), ("region", &east), ("region", &west)];
        let mut seen = Vec::new();
        for (form, record) in totals {
            seen.push(shop.value(form, record, "total").await);
        }
        assert_eq!(seen, ["0", "12", "0", "12"]);
        shop.patch("customer", &two, json!({"region": east["id"]})).await;
        assert_eq!(
            (shop.value("region", &east, "total").await, shop.value("region", &west, "customers").await),
            ("12".into(), "0".into())
        );
        assert_eq!(shop.value("order", &order, "region").await, "\"E\"");
        shop.patch("order", &order, json!({"customer": null})).await;
        let order = shop.read("order", &order).await;
        assert_eq!(
            (order["share"].clone(), order["customer_name"].clone(), order["region"].clone()),
            (json!(null), json!(null), json!(null))
        );
        assert_eq!(shop.value("region", &east, "total").await, "0");
        shop.is_sound().await;
    });
}

#[test]
fn deleting_restoring_and_purging_between_child_and_grandparent_is_followed() {
    on_both(|db| async move {
        let shop = Shop::usual(db).await;
        let region = shop.create("region", json!({"name": "R"})).await;
        let keep = shop.create("customer", json!({"name": "K", "region": region["id"]})).await;
        let goes = shop.create("customer", json!({"name": "G", "region": region["id"]})).await;
        shop.create("order", json!({"code": "K1", "customer": keep["id"], "amount": 1})).await;
        let first = shop.create("order", json!({"code": "G1", "customer": goes["id"], "amount": 20})).await;
        shop.create("order", json!({"code": "G2", "customer": goes["id"], "amount": 300})).await;
        assert_eq!(shop.value("region", &region, "total").await, "321");
        shop.delete("order", &first).await;
        assert_eq!(
            (shop.value("customer", &goes, "total").await, shop.value("region", &region, "total").await),
            ("300".into(), "301".into())
        );
        shop.restore("order", &first).await;
        assert_eq!(shop.value("region", &region, "total").await, "321");
        // the customer between goes with its orders
        shop.delete("customer", &goes).await;
        assert_eq!(
            (shop.value("region", &region, "total").await, shop.value("region", &region, "customers").await),
            ("1".into(), "1".into())
        );
        shop.is_sound().await;
        // what it is made of changes while it is away
        shop.patch("region", &region, json!({"name": "Q"})).await;
        shop.restore("customer", &goes).await;
        assert_eq!(
            (shop.value("region", &region, "total").await, shop.value("customer", &goes, "codes").await),
            ("321".into(), "\"G1, G2\"".into())
        );
        assert_eq!(shop.value("order", &first, "region").await, "\"Q\"", "what comes back is worked out anew");
        shop.is_sound().await;
        // a link that is emptied when its target goes
        shop.delete("region", &region).await;
        let customer = shop.read("customer", &keep).await;
        assert_eq!(customer["region"], json!(null));
        shop.delete("order", &first).await;
        shop.engine.purge(&shop.cx(), "order", id_of(&first)).await.unwrap();
        assert_eq!(shop.value("customer", &goes, "total").await, "300");
        shop.is_sound().await;
    });
}

#[test]
fn rows_of_orders_roll_up_into_products_and_follow_their_prices() {
    on_both(|db| async move {
        let shop = Shop::usual(db).await;
        let ply = shop.create("product", json!({"name": "Plywood", "price": 10.5})).await;
        let mdf = shop.create("product", json!({"name": "MDF", "price": 4})).await;
        let order = shop
            .create("order", json!({"code": "L", "lines": [{"product": ply["id"], "qty": 2}, {"product": mdf["id"], "qty": 5}, {"qty": 9}]}))
            .await;
        assert_eq!((order["goods"].to_string(), order["names"].clone()), ("41".into(), json!("Plywood, MDF")));
        assert_eq!(
            (
                order["lines"][0]["price"].to_string(),
                order["lines"][0]["sum"].to_string(),
                order["lines"][2]["price"].clone()
            ),
            ("10.5".into(), "21".into(), json!(null))
        );
        assert_eq!(shop.value("product", &ply, "sold").await, "2");
        shop.patch("product", &ply, json!({"price": 11})).await;
        let order = shop.read("order", &order).await;
        assert_eq!(
            (order["goods"].to_string(), order["lines"][0]["price"].to_string(), order["version"].clone()),
            ("42".into(), "11".into(), json!(1))
        );
        let row = order["lines"][0]["id"].clone();
        shop.patch("order", &order, json!({"lines": {"patch": [{"id": row, "product": mdf["id"]}]}})).await;
        assert_eq!(
            (shop.value("product", &ply, "sold").await, shop.value("product", &mdf, "sold").await),
            ("0".into(), "7".into())
        );
        assert_eq!(shop.value("order", &order, "goods").await, "28");
        shop.is_sound().await;
    });
}

#[test]
fn names_of_people_and_settings_are_followed() {
    on_both(|db| async move {
        let app = json!({"kind": "app", "app": "shop", "name": "shop", "title": "Shop", "settings": {"type": "object", "properties": {
            "margin": {"type": "number", "default": 0.1, "field": {"type": "number", "scale": 2}}, "free": {"type": "string", "format": "date"}}}});
        let owner = json!({"type": "string", "field": {"type": "user"}});
        let documents = vec![
            app,
            form("client", json!({"owner": owner})),
            form(
                "deal",
                json!({"client": link("client", "refuse"), "amount": number(2), "from": {"type": "string", "format": "date"},
                "who": formula("client.owner.name"), "earned": {"field": {"type": "formula", "expression": "amount * SETTING(\"margin\")", "scale": 2}},
                "due": formula("WORKDAY(from, 1)"), "free": formula("SETTING(\"free\") = from")}),
            ),
        ];
        let shop = Shop::open(db, documents).await;
        let body = json!({"login": "ann", "name": "Ann", "password": "plywood and hardware"});
        let (ann, _) = accounts::create_user(&shop.cx(), &body).await.unwrap();
        let client = shop.create("client", json!({"owner": ann["id"]})).await;
        let deal = shop.create("deal", json!({"client": client["id"], "amount": 50, "from": "2026-11-20"})).await;
        let seen = |deal: &serde_json::Value| ["who", "earned", "due", "free"].map(|f| deal[f].to_string()).join(" ");
        assert_eq!(seen(&deal), "\"Ann\" 5 \"2026-11-23\" null");
        accounts::update_user(&shop.cx(), id_of(&ann), &json!({"name": "Anna"}), None).await.unwrap();
        let change = json!({"margin": 0.25, "free": "2026-11-20"});
        settings::update_settings(&shop.cx(), "shop", change.as_object().unwrap(), None).await.unwrap();
        assert_eq!(seen(&shop.read("deal", &deal).await), "\"Anna\" 12.5 \"2026-11-23\" true");
        shop.is_sound().await;
    });
}
