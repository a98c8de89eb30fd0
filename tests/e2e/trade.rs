//! The trade apps in use: what salespeople, their manager and the general manager may see and do.

use crate::site::{Client, escape};
use serde_json::{Value as Json, json};

fn customer(company: &str, owner: &str) -> Json {
    json!({"company": company, "country": "DE", "source": "fair", "product_lines": ["hardware"], "owner": owner})
}

fn companies(client: &Client) -> Vec<String> {
    client
        .items("customer", json!({"sort": ["company"], "select": ["company"], "limit": 500}))
        .iter()
        .map(|r| r["company"].as_str().unwrap().to_string())
        .collect()
}

on_both! {
    fn a_customer_with_three_faults_is_refused_with_all_of_them_in_the_callers_language(site) {
        site.trade();
        let seller = site.token("zhang.wei");
        let body = json!({"country": "ZZ", "website": "not a uri", "source": "fair", "product_lines": ["hardware"]});
        let expected = [("company", "required"), ("country", "choice_unknown"), ("website", "format_invalid")]
            .map(|(f, c)| (f.to_string(), c.to_string()));
        let mut told = Vec::new();
        for language in ["en", "zh-CN"] {
            let reply = seller.with("accept-language", language).post("/api/records/customer", body.clone());
            assert_eq!(reply.problem(), (422, "validation_failed".into()));
            assert_eq!(reply.faults(), expected);
            let json = reply.json();
            told.push(json["errors"].as_array().unwrap().iter().map(|f| f["message"].as_str().unwrap().to_string()).collect::<Vec<_>>());
        }
        assert!(told[0].iter().all(|m| m.is_ascii()), "{:?}", told[0]);
        assert!(told[1].iter().all(|m| m.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))), "{:?}", told[1]);
        assert_eq!(seller.count("customer"), 0);
        assert_eq!(seller.create("customer", customer("Whole GmbH", &seller.id))["code"], "C00001", "a refusal takes no number");
    }

    fn a_file_of_a_customer_does_not_exist_for_another_salesperson(site) {
        site.trade();
        let (owner, other) = (site.token("zhang.wei"), site.token("wang.fang"));
        let mut ids = Vec::new();
        for (name, bytes) in [("licence.pdf", &b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF"[..]), ("drawing.txt", b"a drawing")] {
            let made = owner.post_parts("/api/files", &[], ("file", name, bytes));
            assert_eq!(made.status, 201, "{}", made.text());
            ids.push((made.json()["id"].as_str().unwrap().to_string(), bytes));
        }
        let mut body = customer("Files GmbH", &owner.id);
        body["files"] = json!([{"file": [ids[0].0], "kind": "business_licence"}, {"file": [ids[1].0], "kind": "drawing"}]);
        let made = owner.create("customer", body);
        for (id, bytes) in &ids {
            let path = format!("/api/files/{id}");
            assert_eq!(owner.get(&path).body, *bytes);
            let refused = other.get(&path);
            assert_eq!(refused.problem(), (404, "not_found".into()));
            let stranger = other.get("/api/files/01890000-0000-7000-8000-000000000000");
            assert_eq!((refused.json()["detail"].clone(), refused.json()["title"].clone()), (stranger.json()["detail"].clone(), stranger.json()["title"].clone()));
        }
        let stolen = other.post("/api/records/customer", {
            let mut body = customer("Thief GmbH", &other.id);
            body["files"] = json!([{"file": [ids[0].0]}]);
            body
        });
        assert_eq!(stolen.problem().0, 422, "attaching a file is no way to read it");
        assert_eq!(other.get(&format!("/api/records/customer/{}", made["id"].as_str().unwrap())).problem().0, 404);
    }

    fn tags_that_must_all_be_there_give_exactly_the_six_customers(site) {
        site.demo();
        let manager = site.token("chen.guang");
        let filter = json!({"field": "tags", "op": "has_all", "value": ["#东南亚", "#样品阶段", "#胶合板"]});
        let codes: Vec<Json> = manager.items("customer", json!({"filter": filter, "sort": ["code"], "limit": 500})).iter().map(|c| c["code"].clone()).collect();
        assert_eq!(codes, ["C00006", "C00012", "C00034", "C00043", "C00046", "C00058"]);
        let listed = manager.get(&format!("/api/records/customer?count=exact&limit=1&filter={}", escape(&filter.to_string())));
        assert_eq!(listed.json()["count"], 6);

        // the same demonstration, seen by department and by person
        let (head, seller) = (site.token("li.na"), site.token("liu.yang"));
        assert_eq!(manager.count("customer"), 60);
        let people: Vec<Json> = manager.items("customer", json!({"select": ["code", "owner"], "limit": 500}));
        let own = people.iter().filter(|c| c["owner"] == seller.id.as_str()).count();
        let pooled = manager.items("customer", json!({"filter": {"field": "in_pool", "op": "eq", "value": true}, "limit": 500})).len();
        assert!(own > 3 && own + pooled < 60);
        assert_eq!(seller.count("customer"), i64::try_from(own + pooled).unwrap());
        // everybody who sells belongs to a department below hers
        assert_eq!(head.count("customer"), 60);
        let sum = |client: &Client| {
            let rows = client.post("/api/records/customer/aggregate", json!({"measures": [{"name": "n", "function": "count"}, {"name": "usd", "function": "sum", "field": "annual_purchase_usd"}]})).json();
            (rows["rows"][0]["n"].as_i64().unwrap(), rows["rows"][0]["usd"].as_i64().unwrap())
        };
        assert_eq!(sum(&seller).0, i64::try_from(own + pooled).unwrap());
        assert!(sum(&seller).1 < sum(&head).1);
    }

    fn a_field_hidden_from_a_salesperson_is_no_field_anywhere(site) {
        site.trade();
        let (gm, seller) = (site.token("chen.guang"), site.token("zhang.wei"));
        let mut body = customer("Secret Limit GmbH", &seller.id);
        body["credit_limit_usd"] = json!(77123);
        let made = gm.create("customer", body);
        assert_eq!(made["credit_limit_usd"], 77123);
        let path = format!("/api/records/customer/{}", made["id"].as_str().unwrap());
        assert_eq!(gm.patch(&path, json!({"credit_limit_usd": 88123})).status, 200);
        assert!(gm.get(&format!("{path}/history")).text().contains("77123"));

        let hidden = "credit_limit_usd";
        let invented = "credit_limit_xyz";
        for address in [path.clone(), "/api/records/customer".into(), format!("{path}/history"), "/api/forms/customer".into(), "/api/forms/customer/schema.json".into(), "/api/openapi.json".into(), "/api/search?q=88123".into()] {
            let reply = seller.get(&address);
            assert_eq!(reply.status, 200, "{address} {}", reply.text());
            for secret in [hidden, "77123", "88123"] {
                assert!(!reply.text().contains(&format!("{secret}\"")) && !reply.text().contains(&format!(":{secret}")), "{secret} in {address}: {}", reply.text());
            }
        }
        // by name it is what a made-up name is: the same status, the same words
        let asked = |name: &str| -> Vec<crate::site::Reply> {
            let query = |body: Json| seller.post("/api/records/customer/query", body);
            let aggregate = |body: Json| seller.post("/api/records/customer/aggregate", body);
            vec![
                query(json!({"filter": {"field": name, "op": "gt", "value": 1}})),
                query(json!({"filter": {"not": {"field": name, "op": "is_empty"}}})),
                query(json!({"sort": [name]})),
                query(json!({"sort": [format!("-{name}")]})),
                query(json!({"select": [name]})),
                query(json!({"expand": [name]})),
                aggregate(json!({"group": [{"field": name}], "measures": [{"name": "n", "function": "count"}]})),
                aggregate(json!({"measures": [{"name": "n", "function": "sum", "field": name}]})),
                aggregate(json!({"measures": [{"name": "n", "function": "max", "field": name}]})),
                aggregate(json!({"filter": {"field": name, "op": "gt", "value": 1}, "measures": [{"name": "n", "function": "count"}]})),
                seller.get(&format!("{path}?select={name}")),
                seller.get(&format!("/api/records/customer?sort={name}")),
                seller.patch(&path, json!({name: 5})),
                seller.post("/api/records/contact/query", json!({"filter": {"field": format!("customer.{name}"), "op": "gt", "value": 1}})),
                seller.post("/api/records/contact/query", json!({"select": [format!("customer.{name}")]})),
            ]
        };
        for (n, (real, made_up)) in asked(hidden).iter().zip(asked(invented)).enumerate() {
            assert_eq!(real.status, 422, "{n} {}", real.text());
            assert!(real.text().contains("unknown_field"), "{n} {}", real.text());
            let words = |text: String| {
                let mut json: Json = serde_json::from_str(&text).unwrap();
                json.as_object_mut().unwrap().remove("request");
                json.to_string()
            };
            assert_eq!(words(real.text()), words(made_up.text().replace(invented, hidden)), "{n}");
        }
        let exported = |name: &str| seller.get(&format!("/api/records/customer/export.xlsx?select={name}")).problem();
        assert_eq!(exported(hidden), exported(invented));
        assert_eq!(gm.get(&path).json()["credit_limit_usd"], 88123, "nothing was written");
    }

    fn lists_show_a_manager_her_departments_and_a_salesperson_his_own(site) {
        site.trade();
        let (gm, head) = (site.token("chen.guang"), site.token("li.na"));
        let (one, two) = (site.token("zhang.wei"), site.token("wang.fang"));
        let outside = site.token("zhou.jie");
        for (company, owner) in [("A GmbH", &one), ("B GmbH", &one), ("C GmbH", &two), ("D GmbH", &head), ("E GmbH", &outside), ("F GmbH", &gm)] {
            gm.create("customer", customer(company, &owner.id));
        }
        assert_eq!(companies(&gm), ["A GmbH", "B GmbH", "C GmbH", "D GmbH", "E GmbH", "F GmbH"]);
        assert_eq!(companies(&head), ["A GmbH", "B GmbH", "C GmbH", "D GmbH"]);
        assert_eq!(companies(&one), ["A GmbH", "B GmbH"]);
        assert_eq!(companies(&two), ["C GmbH"]);
        for (client, n) in [(&gm, 6), (&head, 4), (&one, 2), (&two, 1)] {
            assert_eq!(client.count("customer"), n);
            let rows = client.post("/api/records/customer/aggregate", json!({"group": [{"field": "country"}], "measures": [{"name": "n", "function": "count"}]})).json();
            assert_eq!(rows["rows"], json!([{"country": "DE", "n": n}]));
        }
        assert_eq!(outside.get("/api/records/lead").problem().0, 404, "a form without a grant does not exist");
        let foreign = gm.items("customer", json!({"filter": {"field": "company", "op": "eq", "value": "C GmbH"}}))[0]["id"].as_str().unwrap().to_string();
        for (method, path) in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/history"), ("GET", "/comments"), ("POST", "/comments")] {
            let body = match method { "PATCH" => Some(&br#"{"city":"x"}"#[..]), "POST" => Some(&br#"{"text":"x"}"#[..]), _ => None };
            let at = |id: &str| one.send(method, &format!("/api/records/customer/{id}{path}"), "application/json", body);
            let (real, made_up) = (at(&foreign), at("01890000-0000-7000-8000-000000000000"));
            assert_eq!(real.problem(), made_up.problem(), "{method} {path}");
            assert!(matches!(real.status, 403 | 404), "{method} {path} {}", real.text());
        }
        assert_eq!(gm.get(&format!("/api/records/customer/{foreign}")).json()["version"], 1);
    }
}
