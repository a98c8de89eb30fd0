//! Writing records: repetition, stale versions, numbers without gaps, values used once.

use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

fn definitions() -> Vec<Json> {
    vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}),
        json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "title_field": "name", "history": true, "record": {"type": "object", "required": ["name"], "properties": {
            "number": {"type": "string", "field": {"type": "serial", "pattern": "P{yyyy}-{seq:4}", "reset": "year"}},
            "name": {"type": "string", "maxLength": 100},
            "mail": {"type": "string", "format": "email", "field": {"type": "text", "unique": true}},
            "amount": {"type": "number", "field": {"type": "number", "scale": 4}},
            "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string"}, "quantity": {"type": "integer"}}}}}}}),
    ]
}

on_both! {
    fn the_same_key_creates_once_and_another_body_is_refused(site) {
        site.publish(definitions());
        let admin = site.admin();
        let keyed = admin.with("idempotency-key", "order-1");
        let first = keyed.post("/api/records/paper", json!({"name": "a"}));
        let again = keyed.post("/api/records/paper", json!({"name": "a"}));
        assert_eq!((first.status, again.status), (201, 201));
        assert_eq!((first.json()["id"].clone(), first.header("location")), (again.json()["id"].clone(), again.header("location")));
        assert_eq!(keyed.post("/api/records/paper", json!({"name": "b"})).problem(), (422, "idempotency_mismatch".into()));
        let batch = json!({"operations": [{"op": "create", "record": {"name": "c"}}, {"op": "create", "record": {"name": "d"}}]});
        let many = admin.with("idempotency-key", "batch-1");
        assert_eq!(many.post("/api/records/paper/batch", batch.clone()).text(), many.post("/api/records/paper/batch", batch).text());
        assert_eq!(admin.count("paper"), 3);
        // the same key of another person is another key
        let other = site.person("bob", &["admin"]).with("idempotency-key", "order-1");
        assert_eq!(other.post("/api/records/paper", json!({"name": "b"})).status, 201);
    }

    fn ten_at_once_with_one_key_make_one_record(site) {
        site.publish(definitions());
        let keyed = site.admin().with("idempotency-key", "k");
        let replies: Vec<(u16, Json)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..10).map(|_| scope.spawn(|| { let r = keyed.post("/api/records/paper", json!({"name": "once"})); (r.status, r.json()) })).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(replies.iter().all(|(s, j)| *s == 201 || (*s == 409 && j["code"] == "idempotency_busy")), "{replies:?}");
        let ids: BTreeSet<String> = replies.iter().filter(|(s, _)| *s == 201).map(|(_, j)| j["id"].to_string()).collect();
        assert_eq!((ids.len(), keyed.count("paper")), (1, 1));
    }

    fn a_stale_version_writes_nothing_and_says_who_changed_what(site) {
        site.publish(definitions());
        let (admin, bob) = (site.admin(), site.person("bob", &["admin"]));
        let made = admin.create("paper", json!({"name": "a", "amount": 1, "lines": [{"what": "x"}]}));
        let path = format!("/api/records/paper/{}", made["id"].as_str().unwrap());
        let read = admin.get(&path);
        assert_eq!(read.header("etag"), "\"1\"");
        assert_eq!(bob.with("if-match", "\"1\"").patch(&path, json!({"amount": 2.0001})).json()["version"], 2);
        for reply in [
            admin.with("if-match", "\"1\"").patch(&path, json!({"name": "b"})),
            admin.patch(&path, json!({"name": "b", "version": 1})),
            admin.with("if-match", "\"1\"").delete(&path),
        ] {
            assert_eq!(reply.problem(), (409, "record_conflict".into()));
            assert!(reply.text().contains("bob"), "{}", reply.text());
        }
        let now = admin.get(&path).json();
        assert_eq!((&now["name"], now["amount"].to_string(), &now["version"]), (&json!("a"), "2.0001".into(), &json!(2)));
        assert_eq!(now["lines"][0]["what"], "x");
    }

    fn parallel_creates_get_numbers_without_gaps(site) {
        site.publish(definitions());
        let admin = site.admin();
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..12)
                .map(|n| { let admin = &admin; scope.spawn(move || {
                    // every third one is refused and must take no number
                    let body = if n % 3 == 0 { json!({"name": "x", "amount": "no number"}) } else { json!({"name": format!("n{n}")}) };
                    admin.post("/api/records/paper", body).status
                }) })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 8, "{statuses:?}");
        let numbers: Vec<String> = admin.items("paper", json!({"sort": ["number"]})).iter().map(|r| r["number"].as_str().unwrap().to_string()).collect();
        assert_eq!(numbers, (1..=8).map(|n| format!("P2026-{n:04}")).collect::<Vec<_>>());
        site.clock.set("2027-01-05T00:00:00Z".parse().unwrap());
        assert_eq!(admin.create("paper", json!({"name": "next year"}))["number"], "P2027-0001");
    }

    fn of_ten_parallel_creates_with_one_unique_value_one_is_taken(site) {
        site.publish(definitions());
        let admin = site.admin();
        let replies: Vec<(u16, String)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..10).map(|n| { let admin = &admin; scope.spawn(move || { let r = admin.post("/api/records/paper", json!({"name": format!("n{n}"), "mail": "one@x.example"})); (r.status, r.text()) }) }).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert_eq!(replies.iter().filter(|r| r.0 == 201).count(), 1, "{replies:?}");
        assert!(replies.iter().all(|r| r.0 == 201 || (r.0 == 422 && r.1.contains("\"duplicate\"") && r.1.contains("\"mail\""))), "{replies:?}");
        assert_eq!(admin.count("paper"), 1);
        assert_eq!(admin.create("paper", json!({"name": "z"}))["number"], "P2026-0002");
    }

    fn a_batch_is_all_or_nothing_when_asked_and_names_each_fault(site) {
        site.publish(definitions());
        let admin = site.admin();
        let operations = json!([{"op": "create", "record": {"name": "a", "mail": "a@x.example"}}, {"op": "create", "record": {"mail": "a@x.example"}}, {"op": "create", "record": {"name": "c", "mail": "wrong"}}]);
        let whole = admin.post("/api/records/paper/batch", json!({"operations": operations, "atomic": true}));
        assert_eq!(whole.problem().0, 422);
        let fields: Vec<String> = whole.faults().into_iter().map(|f| f.0).collect();
        assert!(fields.contains(&"operations/1/name".into()) && fields.contains(&"operations/2/mail".into()), "{fields:?}");
        assert_eq!(admin.count("paper"), 0);
        let each = admin.post("/api/records/paper/batch", json!({"operations": operations, "atomic": false})).json();
        let statuses: Vec<i64> = each["results"].as_array().unwrap().iter().map(|r| r["status"].as_i64().unwrap()).collect();
        assert_eq!(statuses, [201, 422, 422]);
        assert_eq!(admin.count("paper"), 1);
    }
}
