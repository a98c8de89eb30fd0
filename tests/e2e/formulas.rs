//! Formulas as an administrator makes them and as people meet them.

use serde_json::{Value as Json, json};

fn order(total: &str) -> Json {
    json!({"kind": "form", "app": "desk", "name": "order", "title": "Order", "title_field": "code", "record": {"type": "object", "properties": {
        "code": {"type": "string", "title": "Code"},
        "freight": {"title": "Freight", "field": {"type": "money", "currency": "USD"}},
        "cost": {"title": "Cost", "field": {"type": "money", "currency": "USD"}},
        "lines": {"type": "array", "title": "Lines", "field": {"type": "table"}, "items": {"type": "object", "properties": {
            "what": {"type": "string", "title": "What"},
            "qty": {"title": "Quantity", "field": {"type": "integer"}},
            "price": {"title": "Price", "field": {"type": "money", "scale": 4}},
            "amount": {"title": "Amount", "field": {"type": "formula", "expression": "ROUND(qty * price, 2)"}}}}},
        "total": {"title": "Total", "field": {"type": "formula", "expression": total, "scale": 2, "currency": "USD"}},
        "margin": {"title": "Margin", "field": {"type": "formula", "expression": "total - cost"}},
        "age": {"title": "Age", "field": {"type": "formula", "expression": "DAYS(TODAY(), created_at)"}}}}})
}

on_both! {
    fn an_order_adds_up_by_itself_on_every_way_and_nobody_types_the_sum(site) {
        let admin = site.admin();
        admin.put("/api/definitions/app/desk", json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}));
        let wrong = admin.put("/api/definitions/form/order", order("SUM(lines.amuont)"));
        assert_eq!(wrong.faults(), [("/record/properties/total/field/expression".to_string(), "expression_name".to_string())]);
        assert!(wrong.text().contains("amount"), "it says what was probably meant: {}", wrong.text());
        assert_eq!(admin.put("/api/definitions/form/order", order("SUM(lines.amount) + COALESCE(freight, 0)")).status, 200);
        let clerk = json!({"kind": "role", "app": "desk", "name": "clerk", "grants": [{"form": "order", "actions": ["read", "create", "update", "export"], "hidden": ["cost"]}]});
        assert_eq!(admin.put("/api/definitions/role/clerk", clerk).status, 200);
        let plan = admin.post("/api/publications/plan", json!({})).json();
        let codes: Vec<&str> = plan["steps"].as_array().unwrap().iter().map(|s| s["code"].as_str().unwrap()).collect();
        assert!(codes.contains(&"safe:role/clerk:reveals:order.margin"), "what a formula tells is named: {codes:?}");
        assert_eq!(admin.post("/api/publications", json!({})).status, 200);
        let clerk = site.person("cleo", &["clerk"]);

        let draft = json!({"code": "A1", "freight": 4.5, "lines": [{"what": "bolt", "qty": 3, "price": 0.3333}, {"what": "nut", "qty": 2, "price": 10}]});
        let preview = clerk.post("/api/records/order/preview", draft.clone());
        let made = clerk.create("order", draft);
        assert_eq!(made["total"], json!(25.5), "{made}");
        assert_eq!(preview.json()["record"]["total"], made["total"], "what is shown while typing is what is kept");
        assert_eq!((made["lines"][0]["amount"].clone(), made["margin"].clone(), made["age"].clone()), (json!(1), Json::Null, json!(0)));
        let path = format!("/api/records/order/{}", made["id"].as_str().unwrap());
        assert_eq!(clerk.patch(&path, json!({"total": 1})).faults(), [("total".to_string(), "field_read_only".to_string())]);
        assert_eq!(admin.patch(&path, json!({"cost": 20})).status, 200);
        let seen = clerk.get(&path).json();
        assert_eq!(seen["margin"], json!(5.5), "a formula that is granted shows its value though an input is hidden");
        assert!(seen.get("cost").is_none());
        let schema = clerk.get("/api/forms/order/schema.json").json();
        assert_eq!((schema["properties"]["total"]["readOnly"].clone(), schema["properties"]["lines"]["items"]["properties"]["amount"]["readOnly"].clone()), (json!(true), json!(true)));
        let form = clerk.get("/api/forms/order");
        assert!(!form.text().contains("total - cost"), "an expression may name what the reader may not know");

        clerk.create("order", json!({"code": "A2", "lines": [{"qty": 1, "price": 99}]}));
        let large = clerk.post("/api/records/order/query", json!({"filter": {"field": "total", "op": "gt", "value": 25.5}, "sort": ["-total"]})).json();
        assert_eq!(large["items"].as_array().unwrap().iter().map(|i| i["code"].clone()).collect::<Vec<_>>(), [json!("A2")]);
        let sums = clerk.post("/api/records/order/aggregate", json!({"measures": [{"name": "s", "function": "sum", "field": "total"}]})).json();
        assert_eq!(sums["rows"][0]["s"], json!(124.5), "{sums}");
        assert_eq!(clerk.post("/api/records/order/query", json!({"sort": ["age"]})).problem().0, 422, "what reads the clock is not sorted by");
        let csv = clerk.get("/api/records/order/export.csv").text();
        assert!(csv.contains("Total") && csv.contains("25.5") && csv.contains("99"), "{csv}");

        // another formula for the records that are there
        assert_eq!(admin.put("/api/definitions/form/order", order("SUM(lines.amount) * 2")).status, 200);
        let plan = admin.post("/api/publications/plan", json!({})).json();
        let step = plan["steps"].as_array().unwrap().iter().find(|s| s["code"] == "filling:form/order/total:compute").cloned();
        assert_eq!(step.map(|s| s["rows"].clone()), Some(json!(2)), "{plan}");
        assert_eq!(admin.post("/api/publications", json!({})).status, 200);
        let now = clerk.get(&path).json();
        assert_eq!((now["total"].clone(), now["margin"].clone()), (json!(42), json!(22)), "and what reads it followed");
        assert_eq!(now["version"], seen["version"], "no record was edited");
    }
}
