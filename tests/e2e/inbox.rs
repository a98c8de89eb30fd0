//! What people are told: mentions and finished jobs, and nothing of what they may not read.

use crate::site::Client;
use serde_json::{Value as Json, json};

fn definitions() -> Vec<Json> {
    let own = json!({"field": "owner", "op": "eq", "value": {"var": "me"}});
    vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}),
        json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "title_field": "name", "record": {"type": "object", "properties": {
            "name": {"type": "string"}, "owner": {"type": "string", "field": {"type": "user"}}}}}),
        json!({"kind": "role", "app": "desk", "name": "owner", "grants": [{"form": "paper", "actions": ["read", "create", "update", "comment", "import"], "rows": own}]}),
        json!({"kind": "role", "app": "desk", "name": "chief", "grants": [{"form": "paper", "actions": ["read", "create", "update", "comment"]}]}),
    ]
}

fn told(client: &Client<'_>) -> Json {
    client.get("/api/notifications").json()
}

on_both! {
    fn a_mention_tells_the_person_who_may_read_the_record_and_nobody_else(site) {
        site.publish(definitions());
        let (ann, bob, chief) = (site.person("ann", &["owner"]), site.person("bob", &["owner"]), site.person("chief", &["chief"]));
        let paper = chief.create("paper", json!({"name": "Secret offer", "owner": ann.id}));
        let comments = format!("/api/records/paper/{}/comments", paper["id"].as_str().unwrap());
        let refused = chief.post(&comments, json!({"text": "@bob please look"}));
        assert_eq!(refused.problem(), (422, "validation_failed".into()));
        assert_eq!(refused.faults(), [("mentions".into(), "mention_cannot_read".into())]);
        assert_eq!(told(&bob)["items"], json!([]));
        assert_eq!(chief.get(&comments).json()["items"], json!([]), "a refused comment is not written");
        let said = chief.post(&comments, json!({"text": "@ann and @chief: a@bob.example wrote"}));
        assert_eq!(said.status, 201, "{}", said.text());
        let inbox = told(&ann);
        assert_eq!((&inbox["unread"], inbox["items"].as_array().unwrap().len()), (&json!(1), 1));
        let item = &inbox["items"][0];
        assert_eq!((&item["kind"], &item["record"], &item["title"]), (&json!("mention"), &paper["id"], &json!("chief mentioned you on Secret offer")));
        assert_eq!(told(&chief)["unread"], 0, "nobody is told what he said himself");
    }

    fn the_title_is_that_of_the_reader_when_he_reads(site) {
        site.publish(definitions());
        let (ann, chief) = (site.person("ann", &["owner"]), site.person("chief", &["chief"]));
        let paper = chief.create("paper", json!({"name": "Secret offer", "owner": ann.id}));
        let path = format!("/api/records/paper/{}", paper["id"].as_str().unwrap());
        assert_eq!(chief.post(&format!("{path}/comments"), json!({"text": "@ann hidden words"})).status, 201);
        assert_eq!(chief.patch(&path, json!({"owner": chief.id})).status, 200);
        let text = ann.get("/api/notifications").text();
        assert!(!text.contains("Secret") && !text.contains("hidden words") && !text.contains(paper["id"].as_str().unwrap()), "{text}");
        let page = site.session("ann").get("/notifications").text();
        assert!(!page.contains("Secret") && page.contains("cannot see any more"), "{page}");
    }

    fn what_was_read_is_read_and_another_persons_inbox_is_his_own(site) {
        site.publish(definitions());
        let (ann, bob, chief) = (site.person("ann", &["owner"]), site.person("bob", &["owner"]), site.person("chief", &["chief"]));
        for owner in [&ann, &bob, &ann] {
            let paper = chief.create("paper", json!({"name": "x", "owner": owner.id}));
            let to = if owner.id == ann.id { "ann" } else { "bob" };
            assert_eq!(chief.post(&format!("/api/records/paper/{}/comments", paper["id"].as_str().unwrap()), json!({"text": format!("@{to}")})).status, 201);
        }
        let foreign = told(&bob)["items"][0]["id"].clone();
        let own = told(&ann)["items"][1]["id"].clone();
        assert_eq!(ann.post("/api/notifications/read", json!({"ids": [foreign, own]})).json(), json!({"unread": 1}));
        assert_eq!(told(&bob)["unread"], 1);
        assert_eq!(ann.get("/api/notifications?unread=true").json()["items"].as_array().unwrap().len(), 1);
        let first = ann.get("/api/notifications?limit=1").json();
        let second = ann.get(&format!("/api/notifications?limit=1&cursor={}", first["next"].as_str().unwrap())).json();
        assert_eq!((&second["items"][0]["id"], &second["next"]), (&own, &Json::Null));
        assert_eq!(ann.post("/api/notifications/read", json!({"all": true})).json(), json!({"unread": 0}));
        assert_eq!(ann.post("/api/notifications/read", json!({})).problem(), (422, "required".into()));
        assert_eq!(ann.post("/api/notifications/read", json!({"ids": ["x"]})).problem(), (422, "format_invalid".into()));
        assert_eq!(site.visitor().get("/api/notifications").problem(), (401, "unauthenticated".into()));
    }

    fn a_finished_import_tells_its_owner_unless_he_does_not_want_to_know(site) {
        site.publish(definitions());
        let ann = site.person("ann", &["owner"]);
        let import = || {
            let file = format!("name,owner\nfirst,{}\n", ann.id);
            let started = ann.post_parts("/api/records/paper/import", &[("mode", "create")], ("file", "a.csv", file.as_bytes()));
            assert_eq!(started.status, 202, "{}", started.text());
            ann.job(started.json()["job"].as_str().unwrap())
        };
        let job = import();
        let item = told(&ann)["items"][0].clone();
        assert_eq!((&item["kind"], &item["job"], &item["state"]), (&json!("job"), &job["id"], &json!("done")));
        assert_eq!(item["href"], format!("/forms/paper/import?job={}", job["id"].as_str().unwrap()));
        let wish = json!({"events": {"job": {"in_app": false}}});
        assert_eq!(ann.put("/api/notifications/preferences", wish).status, 200);
        assert_eq!(ann.get("/api/notifications/preferences").json(), json!({"events": {"mention": {"in_app": true}, "job": {"in_app": false}}}));
        import();
        assert_eq!(told(&ann)["items"].as_array().unwrap().len(), 1);
        let refused = ann.put("/api/notifications/preferences", json!({"events": {"jobs": {}, "mention": {"mail": true}}}));
        assert_eq!(refused.faults().into_iter().map(|(field, _)| field).collect::<Vec<_>>(), ["events/jobs", "events/mention/mail"]);
    }

    fn there_are_no_tasks_where_no_flow_asks_anybody(site) {
        site.publish(definitions());
        let ann = site.person("ann", &["owner"]);
        for path in ["/api/tasks", "/api/tasks?state=open", "/api/tasks?state=cc"] {
            assert_eq!(ann.get(path).json(), json!({"items": [], "next": null}));
        }
        assert_eq!(ann.get("/api/tasks?state=late").problem(), (422, "parameter_invalid".into()));
        assert_eq!(site.visitor().get("/api/tasks").problem(), (401, "unauthenticated".into()));
    }
}
