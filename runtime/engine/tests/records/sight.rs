//! What a caller may see, by whatever way he asks.

use super::support::on_both;
use super::{House, code, id, names, object};
use formwright_engine::records::{CountMode, ListRequest, ReadRequest};
use serde_json::{Value as Json, json};

#[test]
fn a_seller_sees_his_own_rows_and_no_hidden_field_by_any_way() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let (ann, bob, may) = (house.person("ann"), house.person("bob"), house.person("may"));
        let own = house
            .create(
                &ann,
                "customer",
                json!({"company": "Anns", "country": "DE", "tax": "T1", "contacts": [{"name": "Secret Person"}]}),
            )
            .await
            .unwrap();
        let other = house.create(&bob, "customer", json!({"company": "Bobs", "country": "DE"})).await.unwrap();
        let pool = house
            .create(
                &bob,
                "customer",
                json!({"company": "Pool", "country": "US", "tax": "T2", "contacts": [{"name": "Hidden Person"}]}),
            )
            .await
            .unwrap();
        house.engine.update(&may, "customer", id(&own), object(json!({"limit": 83745.5})), None).await.unwrap();
        assert!(own.get("limit").is_none(), "a hidden field is not even named");
        assert_eq!(house.companies(&ann, Json::Null).await, ["Anns", "Pool"]);
        assert!(house.engine.read(&ann, "customer", id(&other), &ReadRequest::default()).await.is_err());
        for filter in
            [json!({"field": "limit", "op": "gt", "value": 1}), json!({"field": "limt", "op": "gt", "value": 1})]
        {
            let error = house
                .list(&ann, "customer", ListRequest { filter: Some(filter), ..Default::default() })
                .await
                .unwrap_err();
            assert_eq!(code(&error).0, "unknown_field");
        }
        let seen: Json = serde_json::from_slice(
            &house.engine.read(&ann, "customer", id(&pool), &ReadRequest::default()).await.unwrap().body,
        )
        .unwrap();
        assert_eq!((&seen["tax"], &seen["contacts"]), (&Json::Null, &json!([])), "hidden on this row only");
        assert_eq!(
            house.companies(&ann, json!({"field": "tax", "op": "eq", "value": "T2"})).await,
            Vec::<String>::new()
        );
        assert_eq!(house.companies(&ann, json!({"field": "tax", "op": "not_empty"})).await, ["Anns"]);
        for (q, wanted) in [("Secret", vec!["Anns"]), ("Hidden", vec![]), ("Person", vec!["Anns"])] {
            let list =
                house.list(&ann, "customer", ListRequest { q: Some(q.into()), ..Default::default() }).await.unwrap();
            assert_eq!(names(&list), wanted, "{q}");
        }
        let refused =
            house.engine.update(&ann, "customer", id(&own), object(json!({"limit": 1})), None).await.unwrap_err();
        assert_eq!(code(&refused).1, [("limit".to_string(), "unknown_field")]);
        let given_away = house
            .engine
            .update(&ann, "customer", id(&own), object(json!({"owner": other["owner"]})), None)
            .await
            .unwrap_err();
        assert_eq!(code(&given_away).0, "forbidden", "the grant must admit the record as it will be");
        let not_own =
            house.engine.update(&ann, "customer", id(&pool), object(json!({"note": "x"})), None).await.unwrap_err();
        assert_eq!(code(&not_own).0, "forbidden");
        assert_eq!(code(&house.engine.delete(&ann, "customer", id(&own), None).await.unwrap_err()).0, "forbidden");
        let history = house.engine.history(&ann, "customer", id(&own), None, 50).await.unwrap();
        assert!(history.to_string().contains("Secret Person"), "{history}");
        assert!(!history.to_string().contains("limit") && !history.to_string().contains("83745"), "{history}");
        let deal = house.create(&may, "deal", json!({"customer": id(&own), "amount": 10, "margin": 3})).await.unwrap();
        house.create(&may, "deal", json!({"customer": id(&other), "amount": 7})).await.unwrap();
        let list = house
            .list(
                &ann,
                "deal",
                ListRequest {
                    expand: vec!["customer".into()],
                    count: CountMode::Exact,
                    titles: true,
                    ..Default::default()
                },
            )
            .await
            .unwrap();
        assert_eq!((list["count"].as_i64(), &list["items"][0]["id"]), (Some(1), &deal["id"]));
        assert_eq!(
            (&list["items"][0]["customer"]["company"], &list["items"][0]["_titles"]["customer"]),
            (&json!("Anns"), &json!("Anns"))
        );
        assert!(list["items"][0]["customer"].get("limit").is_none() && list["items"][0].get("margin").is_none());
        let sums = house.engine.aggregate(&ann, "deal", object(json!({"measures": [{"name": "n", "function": "count"}, {"name": "s", "function": "sum", "field": "amount"}], "group": [{"field": "customer.country"}]}))).await.unwrap();
        assert_eq!(sums["rows"], json!([{"customer.country": "DE", "n": 1, "s": 10}]));
        assert!(
            house
                .engine
                .aggregate(
                    &ann,
                    "deal",
                    object(json!({"measures": [{"name": "s", "function": "sum", "field": "margin"}]}))
                )
                .await
                .is_err()
        );
        assert!(
            house
                .engine
                .aggregate(&ann, "deal", object(json!({"group": [{"field": "customer.limit"}]})))
                .await
                .is_err()
        );
    });
}

#[test]
fn the_end_of_a_value_sent_back_as_it_was_read_leaves_the_value_as_it_is() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let (cat, may) = (house.person("cat"), house.person("may"));
        let body = json!({"company": "Anns", "tax": "DE811907980", "contacts": [{"name": "Anna Schmidt"}]});
        let made = house.create(&may, "customer", body).await.unwrap();
        let read = async |cx| {
            let answer = house.engine.read(cx, "customer", id(&made), &ReadRequest::default()).await.unwrap();
            serde_json::from_slice::<Json>(&answer.body).unwrap()
        };
        let mut seen = read(&cat).await;
        assert_eq!((&seen["tax"], &seen["contacts"][0]["name"]), (&json!("••••7980"), &json!("••••midt")));
        seen["note"] = json!("called");
        house.engine.update(&cat, "customer", id(&made), object(seen.clone()), None).await.unwrap();
        let whole = read(&may).await;
        assert_eq!(
            (&whole["note"], &whole["tax"], &whole["contacts"][0]["name"]),
            (&json!("called"), &json!("DE811907980"), &json!("Anna Schmidt"))
        );
        // a mark that is not what is shown now is no value, and never taken for one
        for body in
            [json!({"tax": "••••1234"}), json!({"contacts": [{"id": seen["contacts"][0]["id"], "name": "••••x"}]})]
        {
            let refused = house.engine.update(&cat, "customer", id(&made), object(body), None).await.unwrap_err();
            assert_eq!(code(&refused).1[0].1, "field_read_only");
        }
        house.engine.update(&cat, "customer", id(&made), object(json!({"tax": null})), None).await.unwrap();
        assert_eq!(read(&may).await["tax"], Json::Null, "what is seen can be emptied");
        house.engine.update(&cat, "customer", id(&made), object(json!({"tax": "DE1"})), None).await.unwrap();
        assert_eq!((&read(&cat).await["tax"], &read(&may).await["tax"]), (&Json::Null, &json!("DE1")));
        house
            .engine
            .update(&cat, "customer", id(&made), object(json!({"tax": null, "note": "x"})), None)
            .await
            .unwrap();
        assert_eq!(read(&may).await["tax"], json!("DE1"), "to whom it is empty, empty changes nothing");
    });
}
