//! Records read: filters, words, pages and sums.

use super::support::on_both;
use super::{House, names, object};
use formwright_engine::EngineError;
use formwright_engine::records::{BatchRequest, ListRequest};
use serde_json::{Value as Json, json};

#[test]
fn filters_mean_the_same_on_both_databases() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        for (company, country, tags, limit, since) in [
            ("Alpha", json!("DE"), json!(["x", "y"]), json!(10), json!("2026-11-20")),
            ("Beta", json!("CN"), json!(["y"]), json!(20.5), json!("2026-08-19")),
            ("gamma 木业", Json::Null, Json::Null, Json::Null, Json::Null),
            ("Straße", json!("US"), json!(["x"]), json!(0.1), json!("2026-08-20")),
        ] {
            house
                .create(
                    &cx,
                    "customer",
                    json!({"company": company, "country": country, "tags": tags, "limit": limit, "since": since}),
                )
                .await
                .unwrap();
        }
        let all = ["Alpha", "Beta", "gamma 木业", "Straße"];
        for (filter, wanted) in [
            (json!({"field": "country", "op": "eq", "value": "DE"}), vec!["Alpha"]),
            (json!({"field": "country", "op": "ne", "value": "DE"}), vec!["Beta", "gamma 木业", "Straße"]),
            (json!({"not": {"field": "country", "op": "eq", "value": "DE"}}), vec!["Beta", "gamma 木业", "Straße"]),
            (json!({"field": "country", "op": "not_in", "value": ["DE", "CN"]}), vec!["gamma 木业", "Straße"]),
            (json!({"field": "country", "op": "is_empty"}), vec!["gamma 木业"]),
            (json!({"field": "tags", "op": "has_any", "value": ["x"]}), vec!["Alpha", "Straße"]),
            (json!({"field": "tags", "op": "has_all", "value": ["x", "y"]}), vec!["Alpha"]),
            (json!({"field": "tags", "op": "has_none", "value": ["x"]}), vec!["Beta", "gamma 木业"]),
            (json!({"field": "tags", "op": "is_empty"}), vec!["gamma 木业"]),
            (json!({"field": "limit", "op": "gt", "value": 10}), vec!["Beta"]),
            (json!({"field": "limit", "op": "le", "value": 10.001}), vec!["Alpha", "Straße"]),
            (json!({"field": "limit", "op": "between", "value": [0.1, 10]}), vec!["Alpha", "Straße"]),
            (json!({"field": "company", "op": "contains", "value": "STRASSE"}), vec!["Straße"]),
            (json!({"field": "company", "op": "starts_with", "value": "GA"}), vec!["gamma 木业"]),
            (json!({"field": "company", "op": "lt", "value": "b"}), vec!["Alpha"]),
            (json!({"field": "since", "op": "within", "value": {"last": 3, "unit": "month"}}), vec!["Alpha", "Straße"]),
            (json!({"field": "since", "op": "within", "value": "this_month"}), vec!["Alpha"]),
            (json!({"field": "created_at", "op": "eq", "value": "2026-11-20"}), all.to_vec()),
            (json!({"field": "created_at", "op": "lt", "value": "2026-11-20"}), vec![]),
            (
                json!({"or": [{"field": "country", "op": "eq", "value": "US"}, {"field": "limit", "op": "eq", "value": 20.5}]}),
                vec!["Beta", "Straße"],
            ),
            (json!({"and": []}), all.to_vec()),
        ] {
            assert_eq!(house.companies(&cx, filter.clone()).await, wanted, "{filter}");
        }
        for wrong in [
            json!({"field": "contry", "op": "eq", "value": "DE"}),
            json!({"field": "country", "op": "gt", "value": "DE"}),
            json!({"field": "limit", "op": "eq", "value": "ten"}),
            json!({"field": "country"}),
            json!([]),
        ] {
            let error = house
                .list(&cx, "customer", ListRequest { filter: Some(wrong.clone()), ..Default::default() })
                .await
                .unwrap_err();
            assert!(matches!(error, EngineError::Refused(ref r) if r.code.status == 422), "{wrong}: {error:?}");
        }
    });
}

#[test]
fn words_are_found_in_chinese_and_latin() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        house.create(&cx, "customer", json!({"company": "Linyi", "note": "询价桦木胶合板，QT-2026"})).await.unwrap();
        house
            .create(&cx, "customer", json!({"company": "Nordwald Plywood", "contacts": [{"name": "Gärtner"}]}))
            .await
            .unwrap();
        for (q, wanted) in [
            ("胶", vec!["Linyi"]),
            ("胶合", vec!["Linyi"]),
            ("合板", vec!["Linyi"]),
            ("胶合板", vec!["Linyi"]),
            ("胶板", vec![]),
            ("ply", vec!["Nordwald Plywood"]),
            ("ＰＬＹ nord", vec!["Nordwald Plywood"]),
            ("2026 胶", vec!["Linyi"]),
            ("gärt", vec!["Nordwald Plywood"]),
            ("!!!", vec!["Nordwald Plywood", "Linyi"]),
        ] {
            let list =
                house.list(&cx, "customer", ListRequest { q: Some(q.into()), ..Default::default() }).await.unwrap();
            let mut found = names(&list);
            let mut wanted = wanted;
            found.sort();
            wanted.sort();
            assert_eq!(found, wanted, "{q}");
        }
    });
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        let operations: Vec<Json> = (0..23).map(|i| json!({"op": "create", "record": {"company": format!("Company {i:02}"), "limit": if i % 3 == 0 { Json::Null } else { json!(i % 5) }}})).collect();
        house.engine.batch(&cx, "customer", BatchRequest { operations, atomic: true }, None).await.unwrap();
        for sort in [
            vec![],
            vec!["limit".to_string()],
            vec!["-limit".to_string(), "company".to_string()],
            vec!["-updated_at".to_string()],
        ] {
            let mut seen = Vec::new();
            let mut cursor = None;
            loop {
                let page = house
                    .list(&cx, "customer", ListRequest { sort: sort.clone(), limit: 5, cursor, ..Default::default() })
                    .await
                    .unwrap();
                seen.extend(names(&page));
                cursor = page["next"].as_str().map(str::to_string);
                if cursor.is_none() {
                    break;
                }
            }
            let whole = names(
                &house
                    .list(&cx, "customer", ListRequest { sort: sort.clone(), limit: 100, ..Default::default() })
                    .await
                    .unwrap(),
            );
            assert_eq!(seen, whole, "{sort:?}");
            assert_eq!(seen.len(), 23);
        }
    });
}

#[test]
fn sums_and_averages_are_exact_by_group() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        for (amount, day) in
            [("0.1", "2026-01-31"), ("0.2", "2026-01-01"), ("1.01", "2026-04-02"), ("-0.3", "2026-01-05")]
        {
            let amount: Json = serde_json::from_str(amount).unwrap();
            house.create(&cx, "deal", json!({"amount": amount, "signed_on": day})).await.unwrap();
        }
        house.create(&cx, "deal", json!({})).await.unwrap();
        let body = json!({"group": [{"field": "signed_on", "by": "month"}], "measures": [{"name": "s", "function": "sum", "field": "amount"}, {"name": "a", "function": "avg", "field": "amount"}, {"name": "n", "function": "count"}]});
        let rows = house.engine.aggregate(&cx, "deal", object(body)).await.unwrap();
        assert_eq!(
            rows["rows"],
            json!([{"signed_on_month": "2026-01", "s": 0, "a": 0, "n": 3}, {"signed_on_month": "2026-04", "s": 1.01, "a": 1.01, "n": 1}, {"signed_on_month": null, "s": null, "a": null, "n": 1}])
        );
        for (by, wanted) in [
            ("quarter", json!(["2026-Q1", "2026-Q2", null])),
            ("week", json!(["2026-W01", "2026-W02", "2026-W05", "2026-W14", null])),
            ("year", json!(["2026", null])),
        ] {
            let rows = house
                .engine
                .aggregate(&cx, "deal", object(json!({"group": [{"field": "signed_on", "by": by}]})))
                .await
                .unwrap();
            let keys: Vec<Json> =
                rows["rows"].as_array().unwrap().iter().map(|r| r[format!("signed_on_{by}")].clone()).collect();
            assert_eq!(json!(keys), wanted);
        }
    });
}
