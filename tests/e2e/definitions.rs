//! The designer's way: a draft, its plan, its publication, and back again.

use serde_json::{Value as Json, json};

fn paper(properties: Json) -> Json {
    json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "record": {"type": "object", "properties": properties}})
}

on_both! {
    fn a_field_is_drafted_planned_published_hidden_after_a_word_and_brought_back_with_its_data(site) {
        let admin = site.admin();
        assert_eq!(admin.put("/api/definitions/app/desk", json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"})).status, 200);
        let both = json!({"name": {"type": "string", "title": "Name"}, "note": {"type": "string", "title": "Note"}});
        let saved = admin.put("/api/definitions/form/paper", paper(both.clone()));
        assert_eq!(saved.status, 200, "{}", saved.text());
        assert_eq!(admin.get("/api/records/paper").problem().0, 404, "a draft is no form");
        let plan = admin.post("/api/publications/plan", json!({})).json();
        assert!(!plan["steps"].as_array().unwrap().is_empty() && plan["confirm"] == json!([]), "{plan}");
        let first = admin.post("/api/publications", json!({"note": "first"}));
        assert_eq!((first.status, &first.json()["revision"]), (200, &json!(1)), "{}", first.text());
        assert_eq!(admin.post("/api/publications", json!({})).problem(), (422, "nothing_to_publish".into()));
        let made = admin.create("paper", json!({"name": "a", "note": "worth keeping"}));
        let path = format!("/api/records/paper/{}", made["id"].as_str().unwrap());

        assert_eq!(admin.put("/api/definitions/form/paper", paper(json!({"name": {"type": "string", "title": "Name"}}))).status, 200);
        let plan = admin.post("/api/publications/plan", json!({})).json();
        let confirm = plan["confirm"].as_array().unwrap().clone();
        assert_eq!(confirm.len(), 1, "{plan}");
        assert!(plan["steps"].as_array().unwrap().iter().any(|s| s["rows"] == 1), "it says how many records lose it: {plan}");
        let refused = admin.post("/api/publications", json!({}));
        assert_eq!(refused.problem(), (422, "confirmation_required".into()));
        assert_eq!(admin.get(&path).json()["note"], "worth keeping", "nothing happened");
        assert_eq!(admin.post("/api/publications", json!({"confirm": ["something_else"]})).problem().0, 422);
        let second = admin.post("/api/publications", json!({"confirm": confirm}));
        assert_eq!((second.status, &second.json()["revision"]), (200, &json!(2)), "{}", second.text());
        assert!(admin.get(&path).json().get("note").is_none());
        assert_eq!(admin.patch(&path, json!({"note": "x"})).problem().0, 422);

        let back = admin.post("/api/publications/1/rollback", json!({}));
        assert_eq!((back.status, &back.json()["revision"]), (200, &json!(3)), "{}", back.text());
        assert_eq!(admin.get(&path).json()["note"], "worth keeping");
        let revisions: Vec<Json> = admin.get("/api/publications").json()["items"].as_array().unwrap().iter().map(|p| p["revision"].clone()).collect();
        assert_eq!(revisions, [3, 2, 1]);
    }

    fn of_two_designers_the_second_is_told_and_faults_name_their_place(site) {
        let admin = site.admin();
        admin.put("/api/definitions/app/desk", json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}));
        let saved = admin.put("/api/definitions/form/paper", paper(json!({"name": {"type": "string"}})));
        let tag = saved.header("etag").to_string();
        assert!(tag.len() > 2);
        assert_eq!(admin.with("if-match", &tag).put("/api/definitions/form/paper", paper(json!({"a": {"type": "string"}}))).status, 200);
        assert_eq!(admin.with("if-match", &tag).put("/api/definitions/form/paper", paper(json!({"b": {"type": "string"}}))).problem(), (409, "draft_conflict".into()));
        let wrong = admin.put("/api/definitions/form/paper", paper(json!({"id": {"type": "string"}, "b": {"requird": true}})));
        assert_eq!(wrong.problem(), (422, "definition_invalid".into()));
        assert_eq!(wrong.faults(), [("/record/properties/b/requird".to_string(), "unknown_key".to_string()), ("/record/properties/id".into(), "reserved_name".into())]);
        admin.put("/api/definitions/form/paper", paper(json!({"who": {"type": "string", "field": {"type": "link", "form": "nobody"}}})));
        let unpublishable = admin.post("/api/publications", json!({}));
        assert_eq!(unpublishable.problem().0, 422);
        assert!(unpublishable.text().contains("unknown_reference"), "{}", unpublishable.text());
        assert_eq!(admin.get("/api/publications").json()["items"], json!([]));
        let seller = site.person("bob", &[]);
        assert!(matches!(seller.put("/api/definitions/form/paper", paper(json!({}))).problem().0, 403 | 404));
    }

    fn a_new_installation_offers_the_shipped_apps_to_its_administrator_alone(site) {
        site.admin();
        let admin = site.session("admin");
        let offered = |page: &str, app: &str| page.contains(&format!("data-install=\"{app}\""));
        let page = admin.get("/").text();
        assert!(offered(&page, "trade_base") && offered(&page, "trade_crm") && page.contains("Ready-made apps"), "{page}");
        let chinese = admin.with("accept-language", "zh-CN").get("/").text();
        assert!(chinese.contains("现成的应用") && !chinese.contains("Ready-made"), "{chinese}");
        let ann = site.person("ann", &[]);
        assert!(!offered(&site.session("ann").get("/").text(), "trade_base"));
        assert_eq!(ann.post("/api/apps/trade_base/install", json!({})).problem().0, 403);

        let installed = admin.post("/api/apps/trade_base/install", json!({}));
        assert_eq!(installed.status, 200, "{}", installed.text());
        assert!(admin.get("/api/forms").text().contains("payment_term"));
        let page = admin.get("/").text();
        assert!(!page.contains("data-install"), "there is something to begin with: {page}");
    }
}
