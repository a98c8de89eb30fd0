//! Formulas that stay true: those that read the clock, and wrong ones found again.

use super::lines;
use super::support::on_both;
use super::{create, cx, digits, draft, form, formula, install, number, object, open, parsed, patch, read, refusal};
use chrono::{DateTime, Utc};
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::{ListRequest, ReadRequest};
use formwright_engine::{Engine, Settings};
use formwright_store::{Ident, Val};
use serde_json::json;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

#[test]
fn a_formula_that_reads_the_clock_is_never_stale_and_says_what_it_cannot_do() {
    on_both(|db| async move {
        let now = Arc::new(Mutex::new("2026-11-20T01:00:00Z".parse::<DateTime<Utc>>().unwrap()));
        let clock = now.clone();
        let engine = Engine::open_with(db, Settings::default(), Keys::from_bytes([7; 32]).unwrap(), move || {
            *clock.lock().unwrap()
        })
        .await
        .unwrap();
        draft(&engine, json!({"kind": "app", "app": "shop", "name": "shop", "title": "Shop"})).await;
        draft(
            &engine,
            json!({"kind": "form", "app": "shop", "name": "visit", "title": "Visit", "record": {"type": "object", "properties": {
                "sale": {"type": "string", "field": {"type": "link", "form": "sale"}}}}}),
        )
        .await;
        install(
            &engine,
            json!({"name": {"type": "string"}, "due": {"type": "string", "format": "date"}, "qty": number(0), "double": formula("qty * 2"),
                "left": formula("DAYS(due, TODAY()) * double"), "state": formula("IF(left < 0, \"late\", CONCAT(name, \" in time\"))")}),
        )
        .await;
        let sale = create(&engine, json!({"name": "A", "due": "2026-11-22", "qty": 1})).await.unwrap();
        assert_eq!((digits(&sale["left"]), sale["state"].clone()), ("4".into(), json!("A in time")));
        let visit = parsed(
            &engine.create(&cx(&engine), "visit", object(json!({"sale": sale["id"]})), None).await.unwrap().body,
        );
        *now.lock().unwrap() = "2026-11-25T01:00:00Z".parse().unwrap();
        let later = read(&engine, &sale["id"]).await;
        assert_eq!(
            (digits(&later["left"]), later["state"].clone()),
            ("-6".into(), json!("late")),
            "it follows the day"
        );
        let id: Uuid = visit["id"].as_str().unwrap().parse().unwrap();
        let request = ReadRequest { expand: vec!["sale".into()], ..ReadRequest::default() };
        let expanded = parsed(&engine.read(&cx(&engine), "visit", id, &request).await.unwrap().body);
        assert_eq!(expanded["sale"]["state"], "late");
        let listed = ListRequest { select: vec!["state".into()], limit: 10, ..ListRequest::default() };
        assert_eq!(parsed(&engine.list(&cx(&engine), "sale", listed).await.unwrap())["items"][0]["state"], "late");
        for request in [
            ListRequest { sort: vec!["left".into()], limit: 10, ..ListRequest::default() },
            ListRequest {
                filter: Some(json!({"field": "state", "op": "eq", "value": "late"})),
                limit: 10,
                ..ListRequest::default()
            },
        ] {
            let refused = refusal(engine.list(&cx(&engine), "sale", request).await.unwrap_err());
            let codes: Vec<&str> = refused.faults.iter().map(|f| f.code.code).chain([refused.code.code]).collect();
            assert!(codes.contains(&"query_too_expensive"), "{codes:?}");
        }
        let same = patch(&engine, &sale["id"], json!({"qty": 1, "left": 4, "state": "A in time"})).await.unwrap();
        assert_eq!(same["version"], 1, "what was read earlier may be sent back");
        let described = engine.describe_form(&cx(&engine), "sale").unwrap();
        let left = described["fields"].as_array().unwrap().iter().find(|f| f["name"] == "left").unwrap();
        assert_eq!(
            (left["type"].clone(), left["result"].clone(), left["stored"].clone(), left["operators"].clone()),
            (json!("formula"), json!("number"), json!(false), json!([]))
        );
        let doc = form(json!({"due": {"type": "string", "format": "date"}, "left": formula("DAYS(due, TODAY())")}));
        let mut sorted = doc.clone();
        sorted["views"] = json!([{"name": "all", "title": "All", "sort": ["left"]}]);
        draft(&engine, sorted).await;
        let refused = refusal(
            publish::publish(&cx(&engine), &Publication { confirm_all: true, ..Publication::default() })
                .await
                .unwrap_err(),
        );
        assert_eq!(
            (refused.faults[0].path.as_str(), refused.faults[0].code.code),
            ("/views/0/sort/0", "query_too_expensive")
        );
    });
}

#[test]
fn stored_formulas_are_compared_and_a_wrong_one_is_found() {
    on_both(|db| async move {
        let engine = open(db.clone()).await;
        install(&engine, json!({"a": number(2), "b": formula("a * 2"), "lines": lines(json!({"q": number(0), "d": formula("q * 2")}))})).await;
        let sale = create(&engine, json!({"a": 1, "lines": [{"q": 1}]})).await.unwrap();
        create(&engine, json!({"a": 2})).await.unwrap();
        let catalog = engine.catalog();
        let form = catalog.form("sale").unwrap().clone();
        let report = engine.compare_computed().await.unwrap().0.remove(0).1;
        assert_eq!((report.records, report.differing), (2, 0));
        let (column, table) = (form.field("b").unwrap().1.id.clone(), format!("d_{}", form.id));
        db.write(move |tx| {
            Box::pin(async move {
                let mut sql = tx.sql();
                sql.push("UPDATE ")
                    .ident(&Ident::new(&table)?)
                    .push(" SET ")
                    .ident(&Ident::new(&column)?)
                    .push(" = ")
                    .val(Val::Dec(7.into(), 2));
                sql.push(" WHERE \"rid\" = ").int(1);
                tx.execute(&sql.build()).await
            })
        })
        .await
        .unwrap();
        let report = engine.compare_computed().await.unwrap().0.remove(0).1;
        assert_eq!(
            (report.differing, report.named),
            (1, vec![(sale["id"].as_str().unwrap().parse().unwrap(), "b".to_string())])
        );
    });
}
