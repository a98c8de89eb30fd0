//! What can be asked of computed fields across records, and who sees what.

use super::{Shop, form, formula, id_of, link, lookup, number, object, rollup, text};
use crate::support::on_both;
use formwright_engine::exchange::{ExportFormat, ExportRequest};
use formwright_engine::{Authority, Context, accounts};
use serde_json::{Value as Json, json};
use std::io::Read;

async fn filled(shop: &Shop) -> [Json; 3] {
    let east = shop.create("region", json!({"name": "East"})).await;
    let mut out = Vec::new();
    for (name, tags) in [("Zeta", json!(["x", "y"])), ("Älpha", json!(["y"])), ("beta", json!(null))] {
        out.push(shop.create("customer", json!({"name": name, "region": east["id"], "tags": tags, "floor": 15})).await);
    }
    for (code, customer, amount, day) in [
        ("A", 0, 10.5, "2026-11-19"),
        ("B", 0, 20.25, "2026-01-02"),
        ("C", 1, 30.0, "2026-11-01"),
        ("D", 1, 5.0, "2026-10-30"),
    ] {
        let customer = out[customer]["id"].clone();
        shop.create("order", json!({"code": code, "customer": customer, "amount": amount, "signed_on": day})).await;
    }
    shop.create("order", json!({"code": "E", "amount": 1})).await;
    [out[0].clone(), out[1].clone(), out[2].clone()]
}

#[test]
fn each_is_filtered_sorted_grouped_and_exported() {
    on_both(|db| async move {
        let shop = Shop::usual(db).await;
        filled(&shop).await;
        let of = |form: &'static str,
                  field: &'static str,
                  op: &'static str,
                  value: Json,
                  sort: &'static str,
                  seen: &'static str| {
            let (shop, cx) = (&shop, shop.cx());
            let filter = if field.is_empty() { Json::Null } else { json!({"field": field, "op": op, "value": value}) };
            async move { shop.list(&cx, form, filter, sort, seen).await }
        };
        // lookups
        assert_eq!(of("order", "customer_name", "eq", json!("Zeta"), "code", "code").await, ["\"A\"", "\"B\""]);
        assert_eq!(of("order", "customer_name", "contains", json!("alph"), "code", "code").await, Vec::<String>::new());
        assert_eq!(of("order", "customer_name", "contains", json!("ÄLPH"), "code", "code").await, ["\"C\"", "\"D\""]);
        assert_eq!(
            of("order", "", "", Json::Null, "customer_name", "customer_name").await,
            ["\"Älpha\"", "\"Älpha\"", "\"Zeta\"", "\"Zeta\"", "null"]
        );
        assert_eq!(of("order", "customer_name", "is_empty", json!(true), "", "code").await, ["\"E\""]);
        assert_eq!(of("order", "customer_tags", "has_any", json!(["x"]), "code", "code").await, ["\"A\"", "\"B\""]);
        assert_eq!(of("order", "customer_tags", "has_none", json!(["y"]), "code", "customer_tags").await, ["null"]);
        assert_eq!(of("order", "customer_total", "gt", json!(31), "-code", "code").await, ["\"D\"", "\"C\""]);
        // kept rollups
        assert_eq!(of("customer", "total", "between", json!([1, 33]), "-total", "total").await, ["30.75"]);
        assert_eq!(of("customer", "mean", "not_empty", json!(true), "mean", "mean").await, ["15.375", "17.5"]);
        assert_eq!(of("customer", "codes", "contains", json!("d"), "", "codes").await, ["\"C, D\""]);
        // rollups that depend on when, and on whom
        assert_eq!(of("customer", "recent", "ge", json!(1), "-recent", "recent").await, ["2", "1"]);
        assert_eq!(of("customer", "", "", Json::Null, "mine", "mine").await, ["0", "30.75", "35"]);
        // formulas through links
        assert_eq!(
            of("order", "region", "eq", json!("East"), "-share", "share").await,
            ["0.8571", "0.6585", "0.3415", "0.1429"]
        );
        shop.pass_days(60);
        assert_eq!(
            of("customer", "recent", "ge", json!(1), "-recent", "recent").await,
            ["2", "1"],
            "the window moves on"
        );
        shop.pass_days(40);
        assert_eq!(of("customer", "recent", "ge", json!(1), "-recent", "recent").await, Vec::<String>::new());
        let group = |form: &'static str, by: &'static str, measure: Json| {
            let body = object(json!({"group": [{"field": by}], "measures": [measure], "sort": [by]}));
            let (shop, cx) = (&shop, shop.cx());
            async move { shop.engine.aggregate(&cx, form, body).await.unwrap()["rows"].clone() }
        };
        let sum = json!({"name": "s", "function": "sum", "field": "amount"});
        assert_eq!(
            group("order", "customer_name", sum.clone()).await,
            json!([{"customer_name": "Älpha", "s": 35}, {"customer_name": "Zeta", "s": 30.75}, {"customer_name": null, "s": 1}])
        );
        assert_eq!(
            group("order", "region", sum).await,
            json!([{"region": "East", "s": 65.75}, {"region": null, "s": 1}])
        );
        assert_eq!(
            group("customer", "orders", json!({"name": "m", "function": "max", "field": "mine"})).await,
            json!([{"orders": 0, "m": 0}, {"orders": 2, "m": 35}])
        );
        assert_eq!(
            group("order", "customer.orders", json!({"name": "n", "function": "sum", "field": "customer_total"})).await,
            json!([{"customer.orders": 2, "n": 131.5}, {"customer.orders": null, "n": null}])
        );
        let request = ExportRequest {
            format: ExportFormat::Csv,
            sort: vec!["code".into()],
            bom: false,
            select: ["code", "customer_name", "customer_total", "region", "share"].map(String::from).to_vec(),
            ..ExportRequest::default()
        };
        let mut out = shop.engine.export(&shop.cx(), "order", request).await.unwrap();
        let mut text = String::new();
        out.file.read_to_string(&mut text).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines[0], "A,Zeta,30.75,East,0.3415");
        assert_eq!(lines[4], "E,,,,");
    });
}

#[test]
fn a_rollup_is_the_administrators_word_and_a_lookup_is_not() {
    on_both(|db| async move {
        let role = json!({"kind": "role", "app": "shop", "name": "seller", "title": "Seller", "grants": [
            {"form": "client", "actions": ["read"], "hidden": ["phone"], "rows": {"field": "owner", "op": "eq", "value": {"var": "me"}}},
            {"form": "deal", "actions": ["read", "create", "update"], "rows": {"field": "owner", "op": "eq", "value": {"var": "me"}}}]});
        let owner = json!({"type": "string", "field": {"type": "user"}});
        let documents = vec![
            form(
                "client",
                json!({"name": text(), "phone": text(), "owner": owner,
                "all": rollup("deal", "client", "sum", json!({"field": "amount"})),
                "own": rollup("deal", "client", "sum", json!({"field": "amount", "scope": "reader"}))}),
            ),
            form(
                "deal",
                json!({"client": link("client", "refuse"), "owner": owner, "amount": number(2), "client_name": lookup("client", "name"),
                "client_phone": lookup("client", "phone"), "label": formula("client.name & client.phone")}),
            ),
            role,
        ];
        let shop = Shop::open(db, documents).await;
        let ann = person(&shop, "ann").await;
        let bob = person(&shop, "bob").await;
        let me = |cx: &Context| json!(cx.principal().unwrap().person.id);
        let client = shop.create("client", json!({"name": "N", "phone": "123", "owner": me(&ann)})).await;
        let mut deals = Vec::new();
        for (cx, amount) in [(&ann, 1), (&bob, 20), (&bob, 300)] {
            deals.push(shop.create("deal", json!({"client": client["id"], "owner": me(cx), "amount": amount})).await);
        }
        let seen = shop.read_as(&ann, "client", &client).await;
        assert_eq!((seen["all"].to_string(), seen["own"].to_string()), ("321".into(), "1".into()));
        assert_eq!(
            shop.list(&ann, "client", json!({"field": "own", "op": "eq", "value": 1}), "own", "own").await,
            ["1"]
        );
        assert_eq!(shop.value("client", &client, "own").await, "321");
        let deal = shop.read_as(&ann, "deal", &deals[0]).await;
        assert_eq!(
            (deal["client_name"].clone(), deal["client_phone"].clone(), deal["label"].clone()),
            (json!("N"), json!(null), json!("N123"))
        );
        // Bob reads his deals, and not the client that they belong to
        let deal = shop.read_as(&bob, "deal", &deals[1]).await;
        assert_eq!((deal["client_name"].clone(), deal["label"].clone()), (json!(null), json!("N123")));
        let found =
            shop.list(&bob, "deal", json!({"field": "client_name", "op": "eq", "value": "N"}), "", "amount").await;
        assert_eq!(found, Vec::<String>::new());
        assert_eq!(shop.list(&bob, "deal", Json::Null, "client_name", "client_name").await, ["null", "null"]);
        let groups = shop
            .engine
            .aggregate(
                &bob,
                "deal",
                object(json!({"group": [{"field": "client_name"}], "measures": [{"name": "n", "function": "count"}]})),
            )
            .await
            .unwrap();
        assert_eq!(groups["rows"], json!([{"client_name": null, "n": 2}]));
        // sent back as it was read it changes nothing; a kept value cannot be set
        let same = shop
            .engine
            .update(&ann, "deal", id_of(&deals[0]), object(json!({"client_name": "N", "label": "N123"})), None)
            .await;
        assert_eq!(same.unwrap().version, 1);
        let set = shop.engine.update(&ann, "deal", id_of(&deals[0]), object(json!({"label": "M"})), None).await;
        assert!(set.is_err());
        shop.is_sound().await;
    });
}

async fn person(shop: &Shop, login: &str) -> Context {
    let body = json!({"login": login, "name": login, "password": "plywood and hardware", "roles": ["seller"]});
    accounts::create_user(&shop.cx(), &body).await.unwrap();
    let principal = accounts::principal_of(&shop.cx(), login).await.unwrap();
    Context { authority: Authority::Person(principal), ..shop.cx() }
}
