//! Encrypted fields from outside: marked on pages, told to clients, refused in words, and noted when an administrator reads them.

use serde_json::{Value as Json, json};

fn definitions() -> Vec<Json> {
    vec![
        json!({"kind": "app", "app": "buying", "name": "buying", "title": "Buying", "version": "1.0.0", "locale": "en"}),
        json!({"kind": "form", "app": "buying", "name": "supplier", "title": "Supplier", "title_field": "name", "record": {"type": "object", "properties": {
            "name": {"type": "string", "title": "Name"},
            "bank": {"type": "string", "title": "Bank", "field": {"type": "text", "encrypted": {"exact": true}}},
            "note": {"type": "string", "title": "Note", "field": {"type": "long_text", "encrypted": true}}}}}),
        json!({"kind": "role", "app": "buying", "name": "buyer", "grants": [{"form": "supplier", "actions": ["read", "create", "update"]}]}),
        json!({"kind": "role", "app": "buying", "name": "clerk", "grants": [{"form": "supplier", "actions": ["read"], "hidden": ["bank"]}]}),
    ]
}

on_both! {
    fn pages_mark_what_is_kept_encrypted_in_the_readers_language(site) {
        site.publish(definitions());
        let ann = site.person("ann", &["buyer"]);
        let made = ann.create("supplier", json!({"name": "Karl", "bank": "DE89 3704", "note": "pays late"}));
        let page = site.session("ann");
        let record = format!("/forms/supplier/{}", made["id"].as_str().unwrap());
        for (language, words) in [("en", "Kept encrypted"), ("zh-CN", "加密保存")] {
            let mark = format!("title=\"{words}\"");
            for address in [record.clone(), format!("{record}/edit")] {
                let text = page.get(&format!("{address}?lang={language}")).text();
                assert_eq!(text.matches(&mark).count(), 2, "{address}: {text}");
                assert!(text.contains("DE89 3704"));
            }
        }
        let list = page.get("/forms/supplier").text();
        assert!(list.contains("DE89 3704"));
        let offered = |path: &str, family: &str| list.contains(&format!("data-filter-field=\"{path}\"")) && list.contains(&format!("data-family=\"{family}\""));
        assert!(offered("bank", "exact") && offered("note", "presence"), "{list}");
        assert!(!list.contains("sort=bank") && !list.contains("sort=-bank") && list.contains("sort=name"));
    }

    fn clients_are_told_what_may_be_asked_and_refused_in_words_otherwise(site) {
        site.publish(definitions());
        let ann = site.person("ann", &["buyer"]);
        ann.create("supplier", json!({"name": "Karl", "bank": "DE89 3704", "note": "pays late"}));
        let form = ann.get("/api/forms/supplier").json();
        let field = |name: &str| form["fields"].as_array().unwrap().iter().find(|f| f["name"] == name).unwrap().clone();
        assert_eq!(field("bank")["operators"], json!(["eq", "ne", "in", "not_in", "is_empty", "not_empty"]));
        assert_eq!((&field("note")["operators"], &field("note")["encrypted"]), (&json!(["is_empty", "not_empty"]), &json!(true)));
        assert_eq!(ann.items("supplier", json!({"filter": {"field": "bank", "op": "eq", "value": "de89 3704"}})).len(), 1);
        let body = json!({"filter": {"field": "bank", "op": "contains", "value": "89"}});
        for (language, words) in [("en", "\"bank\" is kept encrypted"), ("zh-CN", "“bank”已加密保存")] {
            let refused = ann.with("accept-language", language).post("/api/records/supplier/query", body.clone());
            assert_eq!(refused.problem(), (422, "field_encrypted".into()));
            assert!(refused.text().contains(&json!(words).to_string().trim_matches('"').to_string()), "{}", refused.text());
        }
        // who may not know the field is told what he is told of a made-up one
        let cleo = site.person("cleo", &["clerk"]);
        let refused = cleo.post("/api/records/supplier/query", body);
        assert_eq!(refused.problem(), (422, "unknown_field".into()));
        assert!(!cleo.get("/api/records/supplier").text().contains("DE89"));
    }

    fn what_an_administrator_reads_of_encrypted_fields_is_noted(site) {
        site.publish(definitions());
        let (admin, ann) = (site.admin(), site.person("ann", &["buyer"]));
        let made = ann.create("supplier", json!({"name": "Karl", "bank": "DE89 3704"}));
        let id = made["id"].as_str().unwrap();
        let noted = || {
            let items = admin.get("/api/audit?limit=200").json()["items"].as_array().unwrap().clone();
            items.into_iter().filter(|i| i["what"] == "record.reveal").collect::<Vec<Json>>()
        };
        assert_eq!(ann.get(&format!("/api/records/supplier/{id}")).status, 200);
        assert_eq!(admin.get(&format!("/api/records/supplier/{id}?select=name")).status, 200);
        assert_eq!(noted(), Vec::<Json>::new());
        for address in ["", &format!("/{id}"), &format!("/{id}/history")] {
            assert_eq!(admin.get(&format!("/api/records/supplier{address}")).status, 200);
        }
        let found = noted();
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found.iter().filter(|n| n["on"]["id"] == id).count(), 2);
        assert!(found.iter().all(|n| n["fields"].as_array().unwrap().len() == 2));
    }
}
