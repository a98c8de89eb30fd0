//! Formulas worked out with a save, previewed, listed and summed.

use super::support::on_both;
use super::{create, cx, digits, faults, formula, install, lines, number, object, open, parsed, patch};
use formwright_engine::records::ListRequest;
use serde_json::{Value as Json, json};
use uuid::Uuid;

#[test]
fn numbers_are_exact_and_rounded_once_at_the_fields_scale() {
    on_both(|db| async move {
        let engine = open(db).await;
        install(
            &engine,
            json!({"price": number(2), "qty": number(3), "pct": {"field": {"type": "percent"}}, "big": number(0),
                "total": {"field": {"type": "formula", "expression": "price * qty * (1 - pct)", "scale": 2}},
                "exact": formula("price * qty"), "third": formula("price / 3"), "twice": formula("third * 2"),
                "tenth": formula("0.1 * 3"), "next": formula("big + 1"), "zero": formula("price / (qty - qty)")}),
        )
        .await;
        let sale = create(&engine, json!({"price": 12345.67, "qty": 9.125, "pct": 0.075, "big": 123456789012345_i64}))
            .await
            .unwrap();
        assert_eq!(digits(&sale["exact"]), "112654.23875");
        assert_eq!(digits(&sale["total"]), "104205.17");
        assert_eq!(digits(&sale["third"]), "4115.223333");
        assert_eq!(digits(&sale["twice"]), "8230.446666", "what is stored is what the next formula reads");
        assert_eq!(digits(&sale["tenth"]), "0.3");
        assert_eq!(digits(&sale["next"]), "123456789012346");
        assert_eq!(sale["zero"], Json::Null, "a division by zero is empty");
        let half = create(&engine, json!({"price": 0.05, "qty": 0.1})).await.unwrap();
        assert_eq!(
            (digits(&half["exact"]), half["total"].clone()),
            ("0.005".into(), Json::Null),
            "empty in, empty out"
        );
        let negative = create(&engine, json!({"price": -0.05, "qty": 0.1, "pct": 0})).await.unwrap();
        assert_eq!(digits(&negative["total"]), "-0.01", "half away from zero");
        let too_long =
            create(&engine, serde_json::from_str(r#"{"price": 9999999999999999.99, "qty": 999999999999999}"#).unwrap())
                .await
                .unwrap_err();
        assert!(faults(too_long).iter().any(|f| f == &("exact".to_string(), "number_too_long")));
    });
}

#[test]
fn rows_read_their_header_and_the_header_sums_its_rows() {
    on_both(|db| async move {
        let engine = open(db).await;
        install(
            &engine,
            json!({"freight": number(2), "discount": number(2),
                "lines": lines(json!({"qty": number(0), "price": number(2), "amount": formula("qty * price"),
                    "running": formula("SUM_BEFORE(amount) + amount"), "no": formula("ROW()"),
                    "share": formula("ALLOCATE(parent.freight, amount)"), "part": {"field": {"type": "formula", "expression": "amount / parent.net", "scale": 4}}})),
                "net": formula("SUM(lines.amount)"), "total": formula("net + freight - COALESCE(discount, 0)"), "kinds": formula("COUNT(lines.qty)")}),
        )
        .await;
        let body = json!({"freight": 10, "lines": [{"qty": 3, "price": 1.5}, {"qty": 1, "price": 0.25}, {"price": 7}]});
        let sale = create(&engine, body).await.unwrap();
        let row = |sale: &Json, i: usize, name: &str| digits(&sale["lines"][i][name]);
        assert_eq!(
            (digits(&sale["net"]), digits(&sale["total"]), digits(&sale["kinds"])),
            ("4.75".into(), "14.75".into(), "2".into())
        );
        assert_eq!(
            (row(&sale, 0, "amount"), row(&sale, 1, "running"), row(&sale, 2, "no")),
            ("4.5".into(), "4.75".into(), "3".into())
        );
        assert_eq!((row(&sale, 0, "part"), row(&sale, 2, "amount")), ("0.9474".into(), "null".into()));
        assert_eq!(
            (row(&sale, 0, "share"), row(&sale, 1, "share"), row(&sale, 2, "share")),
            ("9.47".into(), "0.53".into(), "0".into())
        );
        let first = sale["lines"][0]["id"].clone();
        let changed =
            patch(&engine, &sale["id"], json!({"lines": {"patch": [{"id": first, "qty": 4}]}})).await.unwrap();
        assert_eq!((row(&changed, 0, "amount"), digits(&changed["total"])), ("6".into(), "16.25".into()));
        let same =
            patch(&engine, &sale["id"], json!({"lines": changed["lines"], "net": changed["net"], "freight": 11}))
                .await
                .unwrap();
        assert_eq!(digits(&same["total"]), "17.25", "a whole record sent back changes what was changed");
        let mut rows = same["lines"].clone();
        rows[1]["amount"] = json!(99);
        let refused = faults(patch(&engine, &sale["id"], json!({"lines": rows})).await.unwrap_err());
        assert_eq!(refused, [("lines/1/amount".to_string(), "field_read_only")]);
    });
}

#[test]
fn nobody_writes_a_formula_but_its_own_value_may_be_sent_back() {
    on_both(|db| async move {
        let engine = open(db).await;
        install(&engine, json!({"a": number(2), "b": formula("a * 2"), "name": formula("CONCAT(\"No. \", a)")})).await;
        let refused = faults(create(&engine, json!({"a": 1, "b": 3})).await.unwrap_err());
        assert_eq!(refused, [("b".to_string(), "field_read_only")]);
        let sale = create(&engine, json!({"a": 1.5, "b": 3})).await.unwrap();
        assert_eq!(
            (digits(&sale["b"]), sale["name"].clone(), sale["version"].clone()),
            ("3".into(), json!("No. 1.5"), json!(1))
        );
        let same = patch(&engine, &sale["id"], json!({"b": 3})).await.unwrap();
        assert_eq!(same["version"], 1, "nothing changed");
        let changed = patch(&engine, &sale["id"], json!({"a": 2, "b": 3})).await.unwrap();
        assert_eq!(digits(&changed["b"]), "4");
        for body in [json!({"b": 5}), json!({"b": null}), json!({"a": 3, "b": 6})] {
            let refused = faults(patch(&engine, &sale["id"], body.clone()).await.unwrap_err());
            assert_eq!(refused, [("b".to_string(), "field_read_only")], "{body}");
        }
        let id: Uuid = sale["id"].as_str().unwrap().parse().unwrap();
        let history = engine.history(&cx(&engine), "sale", id, None, 10).await.unwrap();
        let changes: Vec<&str> =
            history["items"][0]["changes"].as_array().unwrap().iter().map(|c| c["field"].as_str().unwrap()).collect();
        assert_eq!(changes, ["a", "b", "name"], "what followed stands in the history");
    });
}

#[test]
fn a_preview_gives_what_a_save_would_keep() {
    on_both(|db| async move {
        let engine = open(db).await;
        install(&engine, json!({"a": number(2), "third": formula("a / 3"), "half": formula("third / 2"), "zero": formula("1 / (a - a)")})).await;
        let body = json!({"a": 1});
        let preview = engine.preview(&cx(&engine), "sale", object(body.clone())).await.unwrap();
        let saved = create(&engine, body).await.unwrap();
        for name in ["third", "half", "zero"] {
            assert_eq!(preview["record"][name], saved[name], "{name}");
        }
        assert_eq!(digits(&preview["computed"]["third"]), "0.3333333333333333333333333333");
        assert_eq!(digits(&preview["computed"]["half"]), "0.1666665", "it reads what is kept");
        assert_eq!(
            (preview["warnings"][0]["field"].clone(), preview["warnings"][0]["code"].clone()),
            (json!("zero"), json!("division_by_zero"))
        );
        assert_eq!(preview["faults"], json!([]));
    });
}

#[test]
fn lists_filter_sort_and_sum_formulas_like_any_field() {
    on_both(|db| async move {
        let engine = open(db).await;
        install(
            &engine,
            json!({"day": {"type": "string", "format": "date"}, "qty": number(0), "price": number(2), "amount": formula("qty * price"),
                "label": formula("IF(amount > 10, \"large\", \"small\")"), "due": formula("EDATE(day, 1)"), "is_large": formula("amount > 10"), "wait": formula("DAYS(due, day)")}),
        )
        .await;
        for (day, qty, price) in
            [("2026-01-31", 1, "9.99"), ("2026-02-01", 2, "10.50"), ("2026-03-01", 3, "10.50"), ("2026-03-01", 0, "1")]
        {
            create(&engine, json!({"day": day, "qty": qty, "price": serde_json::from_str::<Json>(price).unwrap()}))
                .await
                .unwrap();
        }
        let amounts = |filter: Json, sort: &'static str| {
            let engine = engine.clone();
            async move {
                let request =
                    ListRequest { filter: Some(filter), sort: vec![sort.into()], limit: 10, ..ListRequest::default() };
                let body = parsed(&engine.list(&cx(&engine), "sale", request).await.unwrap());
                body["items"].as_array().unwrap().iter().map(|i| i["amount"].to_string()).collect::<Vec<_>>()
            }
        };
        assert_eq!(
            amounts(json!({"field": "amount", "op": "gt", "value": 9.98}), "-amount").await,
            ["31.5", "21", "9.99"]
        );
        assert_eq!(amounts(json!({"field": "label", "op": "eq", "value": "large"}), "amount").await, ["21", "31.5"]);
        assert_eq!(amounts(json!({"field": "due", "op": "eq", "value": "2026-02-28"}), "due").await, ["9.99"]);
        assert_eq!(amounts(json!({"field": "is_large", "op": "eq", "value": true}), "-label").await.len(), 2);
        let sums = engine
            .aggregate(&cx(&engine), "sale", object(json!({"group": [{"field": "label"}], "measures": [{"name": "sum", "function": "sum", "field": "amount"}, {"name": "longest", "function": "max", "field": "wait"}]})))
            .await
            .unwrap();
        let groups = sums;
        let text = groups.to_string();
        assert!(text.contains("52.5") && text.contains("9.99") && text.contains("31"), "{text}");
    });
}
