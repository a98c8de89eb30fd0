//! What is hidden from a reader stays unknown to him by every way round: explanations, shared views, counts of rows, guesses sent
//! to be written, and tokens that are kept to some forms.

use crate::site::{Client, Site};
use serde_json::{Value as Json, json};

fn definitions() -> Vec<Json> {
    vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}),
        json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "title_field": "name", "search": ["name"], "record": {"type": "object", "properties": {
            "name": {"type": "string"}, "open": {"type": "boolean"}, "own": {"type": "string", "field": {"type": "user"}},
            "secret": {"type": "string"}, "price": {"type": "integer"},
            "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string"}, "amount": {"type": "integer"}}}}}}}),
        json!({"kind": "form", "app": "desk", "name": "note", "title": "Note", "title_field": "text", "search": ["text"], "record": {"type": "object", "properties": {
            "text": {"type": "string"}, "paper": {"type": "string", "field": {"type": "link", "form": "paper"}}}}}),
        // all of his own papers; of the open ones not what is secret; the price of none
        json!({"kind": "role", "app": "desk", "name": "clerk", "grants": [
            {"form": "paper", "actions": ["read", "create", "update"], "rows": {"field": "own", "op": "eq", "value": {"var": "me"}}, "hidden": ["price"]},
            {"form": "paper", "actions": ["read", "update"], "rows": {"field": "open", "op": "eq", "value": true}, "hidden": ["secret", "lines", "price"]}]}),
    ]
}

/// Papers of somebody else that the clerk reads because they are open: one with secrets, one without.
fn papers(admin: &Client) -> (String, String) {
    let id = |record: Json| record["id"].as_str().unwrap().to_string();
    let full = json!({"name": "full", "open": true, "secret": "word", "price": 7, "lines": [{"what": "a", "amount": 40}, {"what": "b", "amount": 2}]});
    (id(admin.create("paper", full)), id(admin.create("paper", json!({"name": "empty", "open": true}))))
}

fn clerk(site: &Site) -> Client<'_> {
    site.publish(definitions());
    site.person("clerk", &["clerk"])
}

on_both! {
    fn a_hidden_field_is_explained_like_one_that_does_not_exist(site) {
        let clerk = clerk(site);
        let ask = |field: &str| clerk.get(&format!("/api/permissions/explain?user={}&form=paper&field={field}", clerk.id));
        let told = |field: &str| {
            let reply = ask(field);
            assert_eq!(reply.faults(), [("field".to_string(), "unknown_field".to_string())], "{field}");
            reply.text().replace(field, "…")
        };
        // the same words, and no suggestion that names it
        assert_eq!(told("price"), told("prize"));
        assert_eq!(told("pric"), told("zzzz"));
        assert_eq!(ask("secret").json()["field"]["seen"], "on some rows");
    }

    fn a_shared_view_names_no_field_that_its_reader_may_not_know(site) {
        let clerk = clerk(site);
        let admin = site.admin();
        let hidden = json!({"field": "price", "op": "gt", "value": 1});
        let made = admin.post("/api/views", json!({
            "form": "paper", "name": "dear", "title": "Dear ones", "type": "table", "fields": ["name", "price"], "sort": ["-price", "name"], "sum": ["price"],
            "filter": {"and": [hidden, {"field": "open", "op": "eq", "value": true}]}, "shared_with": {"roles": ["clerk"]}}));
        assert_eq!(made.status, 201, "{}", made.text());
        assert_eq!(made.json()["name"], "dear");
        let renamed = admin.patch(&format!("/api/views/{}", made.json()["id"].as_str().unwrap()), json!({"name": "dearest"}));
        assert_eq!(renamed.json()["name"], "dearest", "{}", renamed.text());
        let seen = clerk.get("/api/views?form=paper");
        let view = seen.json()["items"][0].clone();
        assert_eq!((view["title"].as_str(), view["fields"].clone(), view["sort"].clone()), (Some("Dear ones"), json!(["name"]), json!(["name"])), "{view}");
        assert!(!seen.text().contains("price"), "{}", seen.text());
        // what is left of it can be asked for as it stands
        assert_eq!(clerk.post("/api/records/paper/query", json!({"filter": view["filter"], "sort": view["sort"], "select": view["fields"]})).status, 200);
        assert!(admin.get("/api/views?form=paper").text().contains("price"), "its owner sees all of it");
        for body in [json!({"form": "paper", "name": "x", "title": "x", "type": "table", "fields": ["price"]}), json!({"form": "paper", "name": "x", "title": "x", "type": "table", "fields": ["prize"]})] {
            assert_eq!(clerk.post("/api/views", body).faults(), [("fields/0".to_string(), "unknown_field".to_string())]);
        }
    }

    fn rows_that_are_hidden_on_a_record_are_neither_counted_nor_summed(site) {
        let clerk = clerk(site);
        let admin = site.admin();
        let (full, _) = papers(&admin);
        let questions = [
            json!({"related": "paper.lines", "count": {"ge": 1}}),
            json!({"related": "paper.lines", "count": {"ge": 2}}),
            json!({"related": "paper.lines", "count": {"eq": 2}}),
            json!({"related": "paper.lines", "where": {"field": "what", "op": "not_empty"}, "count": {"ge": 1}}),
            json!({"related": "paper.lines", "sum": {"field": "amount", "ge": 42}}),
            json!({"field": "lines", "op": "not_empty"}),
            json!({"field": "lines.amount", "op": "eq", "value": 40}),
        ];
        for question in questions {
            let query = json!({"filter": {"and": [{"field": "id", "op": "eq", "value": full}, question]}});
            assert_eq!(clerk.items("paper", query.clone()).len(), 0, "{question}");
            assert_eq!(admin.items("paper", query).len(), 1, "{question}");
        }
        let none = json!({"filter": {"and": [{"field": "id", "op": "eq", "value": full}, {"related": "paper.lines", "count": {"eq": 0}}]}});
        assert_eq!((clerk.items("paper", none.clone()).len(), admin.items("paper", none).len()), (1, 0));
    }

    fn what_is_hidden_goes_back_as_it_was_seen_and_no_guess_is_confirmed(site) {
        let clerk = clerk(site);
        let admin = site.admin();
        let (full, empty) = papers(&admin);
        let path = |id: &str| format!("/api/records/paper/{id}");
        for (n, id) in [&full, &empty].into_iter().enumerate() {
            let seen = clerk.get(&path(id)).json();
            assert_eq!((&seen["secret"], &seen["lines"], seen.get("price")), (&Json::Null, &json!([]), None));
            let mut whole = seen.clone();
            whole["name"] = json!(format!("changed {n}"));
            let back = clerk.patch(&path(id), whole);
            assert_eq!(back.status, 200, "{}", back.text());
        }
        let guesses = [json!({"secret": "word"}), json!({"secret": "wrong"}), json!({"lines": [{"what": "a", "amount": 40}]}), json!({"lines": {"remove": [full]}}), json!({"price": 7}), json!({"price": 8})];
        for guess in guesses {
            let (of_full, of_empty) = (clerk.patch(&path(&full), guess.clone()), clerk.patch(&path(&empty), guess.clone()));
            assert_eq!(of_full.status, 422, "{guess}");
            assert_eq!((of_full.status, of_full.faults()), (of_empty.status, of_empty.faults()), "{guess}");
        }
        let kept = admin.get(&path(&full)).json();
        assert_eq!((&kept["secret"], &kept["price"], kept["lines"].as_array().unwrap().len(), &kept["name"]), (&json!("word"), &json!(7), 2, &json!("changed 0")));
    }

    fn a_token_for_one_form_opens_nothing_else(site) {
        site.publish(definitions());
        let bearer = site.admin();
        let admin = site.session("admin");
        let (full, _) = papers(&bearer);
        bearer.create("note", json!({"text": "about full", "paper": full}));
        for scopes in [json!(["form:note"]), json!(["read", "form:note"])] {
            let made = admin.post("/api/tokens", json!({"name": "one form", "scopes": scopes}));
            assert_eq!(made.status, 201, "{}", made.text());
            let kept = Client { headers: vec![("authorization".into(), format!("Bearer {}", made.json()["token"].as_str().unwrap()))], id: bearer.id.clone(), site };
            assert_eq!(kept.items("note", json!({})).len(), 1);
            assert_eq!(kept.get("/api/records/paper").status, 404);
            assert_eq!(kept.get("/api/forms/paper").status, 404);
            for closed in ["/api/audit", "/forms/paper", "/", "/api/users", "/api/definitions", "/api/views?form=paper", "/api/permissions/explain?user=x&form=paper"] {
                assert_eq!(kept.get(closed).status, 403, "{closed}");
            }
            for (method, path) in [("PUT", "/api/definitions/app/stolen"), ("POST", "/api/publications")] {
                assert_eq!(kept.send(method, path, "application/json", Some(b"{}")).status, 403, "{path}");
            }
            // what is open says nothing of the other form
            for open in ["/api/forms", "/api/search?q=full", "/api/openapi.json", "/api/me", "/api/records/note?expand=paper", "/api/jobs"] {
                let reply = kept.get(open);
                assert_eq!(reply.status, 200, "{open} {}", reply.text());
                assert!(!reply.text().contains("\"full\"") && !reply.text().contains("records/paper") && !reply.text().contains("\"secret\""), "{open} {}", reply.text());
            }
            assert!(kept.get("/api/forms").json()["items"].as_array().unwrap().iter().all(|f| f["name"] == "note"));
            assert_eq!(kept.get("/api/me").json()["forms"].as_object().unwrap().keys().collect::<Vec<_>>(), ["note"]);
        }
    }
}
