//! Signing in, cookies and tokens, and what happens to someone whose rights end.

use crate::site::PASSWORD;
use serde_json::{Value as Json, json};

fn definitions() -> Vec<Json> {
    vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}),
        json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "record": {"type": "object", "properties": {"name": {"type": "string"}, "price": {"type": "number"}}}}),
        json!({"kind": "role", "app": "desk", "name": "writer", "grants": [{"form": "paper", "actions": ["read", "create", "update"]}]}),
        json!({"kind": "role", "app": "desk", "name": "reader", "grants": [{"form": "paper", "actions": ["read"], "hidden": ["price"]}]}),
    ]
}

on_both! {
    fn signing_in_gives_a_cookie_that_reads_alone_and_writes_only_with_its_token(site) {
        site.publish(definitions());
        site.person("ann", &["writer"]);
        for (body, status, code) in [
            (json!({"login": "ann", "password": "wrong"}), 401, "sign_in_failed"),
            (json!({"login": "nobody", "password": PASSWORD}), 401, "sign_in_failed"),
            (json!({"login": "ann"}), 422, "required"),
        ] {
            let reply = site.visitor().post("/api/session", body);
            assert_eq!(reply.problem(), (status, code.into()));
            assert_eq!(reply.header("set-cookie"), "");
        }
        let signed = site.visitor().post("/api/session", json!({"login": "ann", "password": PASSWORD}));
        let cookie = signed.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");

        let session = site.session("ann");
        let bare = site.visitor().with("cookie", &session.headers[0].1);
        assert_eq!(bare.get("/api/me").status, 200);
        assert_eq!(bare.post("/api/records/paper", json!({"name": "x"})).problem(), (403, "csrf".into()));
        assert_eq!(bare.with("x-csrf-token", "guessed").post("/api/records/paper", json!({"name": "x"})).problem(), (403, "csrf".into()));
        assert_eq!(session.count("paper"), 0);
        session.create("paper", json!({"name": "x"}));
        assert_eq!(session.delete("/api/session").status, 204);
        assert_eq!(bare.get("/api/me").problem(), (401, "unauthenticated".into()));
    }

    fn a_token_works_until_it_is_deleted_and_is_shown_once(site) {
        site.publish(definitions());
        let ann = site.person("ann", &["writer"]);
        ann.create("paper", json!({"name": "x"}));
        let session = site.session("ann");
        let listed = session.get("/api/tokens");
        let secret = ann.headers[0].1.strip_prefix("Bearer ").unwrap();
        assert!(!listed.text().contains(secret));
        let id = listed.json()["items"][0]["id"].as_str().unwrap().to_string();
        assert_eq!(session.delete(&format!("/api/tokens/{id}")).status, 204);
        assert_eq!(ann.get("/api/me").problem(), (401, "unauthenticated".into()));
        assert_eq!(site.visitor().get("/api/records/paper").problem(), (401, "unauthenticated".into()));
    }

    fn a_disabled_person_is_refused_at_the_next_request(site) {
        site.publish(definitions());
        site.admin();
        let admin = site.session("admin");
        let ann = site.person("ann", &["writer"]);
        let session = site.session("ann");
        assert_eq!((ann.get("/api/records/paper").status, session.get("/api/records/paper").status), (200, 200));
        let changed = admin.patch(&format!("/api/users/{}", ann.id), json!({"active": false}));
        assert_eq!(changed.status, 200, "{}", changed.text());
        assert_eq!(ann.get("/api/records/paper").problem(), (401, "unauthenticated".into()));
        assert_eq!(session.get("/api/records/paper").problem(), (401, "unauthenticated".into()));
        assert_eq!(site.visitor().post("/api/session", json!({"login": "ann", "password": PASSWORD})).problem(), (401, "sign_in_failed".into()));
    }

    fn a_change_of_roles_counts_at_the_next_request(site) {
        site.publish(definitions());
        site.admin();
        let admin = site.session("admin");
        let ann = site.person("ann", &["writer"]);
        let made = ann.create("paper", json!({"name": "x", "price": 12}));
        let path = format!("/api/records/paper/{}", made["id"].as_str().unwrap());
        let roles = |names: &[&str]| assert_eq!(admin.patch(&format!("/api/users/{}", ann.id), json!({"roles": names})).status, 200);
        roles(&["reader"]);
        assert_eq!(ann.post("/api/records/paper", json!({"name": "y"})).problem(), (403, "forbidden".into()));
        assert!(ann.get(&path).json().get("price").is_none());
        roles(&[]);
        assert_eq!(ann.get(&path).problem().0, 404);
        assert_eq!(ann.get("/api/records/paper").problem().0, 404);
        roles(&["writer"]);
        assert_eq!(ann.get(&path).json()["price"], 12);
        for (method, path) in [("GET", "/api/audit"), ("GET", "/api/definitions"), ("POST", "/api/users"), ("POST", "/api/publications")] {
            let reply = ann.send(method, path, "application/json", (method == "POST").then_some(b"{}"));
            assert!(matches!(reply.problem().0, 403 | 404 | 422), "{method} {path} {}", reply.text());
            assert_ne!(reply.status, 422, "{method} {path}: a right is asked for before the body is read");
        }
    }

    fn a_token_changes_nobody_makes_nobody_who_administers_and_reads_the_audit_log_where_it_may_read(site) {
        site.publish(definitions());
        let ann = site.person("ann", &["writer"]);
        let whole = site.admin();
        let admin = site.session("admin");
        let by = |scopes: Json| {
            let made = admin.post("/api/tokens", json!({"name": "program", "scopes": scopes}));
            assert_eq!(made.status, 201, "{}", made.text());
            admin.with("authorization", &format!("Bearer {}", made.json()["token"].as_str().unwrap()))
        };
        let user = format!("/api/users/{}", ann.id);
        let mut made = 0;
        for (program, audit) in [(whole, 200), (by(json!([])), 200), (by(json!(["read"])), 200), (by(json!(["write"])), 403), (by(json!(["design"])), 403), (by(json!(["read", "write", "design"])), 200)] {
            for (path, body) in [
                ("/api/users", json!({"login": "new", "name": "New", "password": PASSWORD, "roles": ["admin"]})),
                ("/api/invitations", json!({"user": ann.id, "purpose": "reset"})),
                ("/api/password", json!({"current": PASSWORD, "new": "birch and poplar"})),
                ("/api/tokens", json!({"name": "more"})),
            ] {
                assert_eq!(program.post(path, body).problem(), (403, "forbidden".into()), "{path}");
            }
            // a program that is kept to nothing brings new colleagues, from another system perhaps
            let colleague = json!({"login": "new", "name": "New", "password": PASSWORD, "roles": ["writer"]});
            made += u64::from(program.post("/api/users", colleague).status == 201);
            for change in [json!({"name": "Anna"}), json!({"password": "birch and poplar"}), json!({"roles": ["reader"]}), json!({"active": false})] {
                assert_eq!(program.patch(&user, change).problem(), (403, "forbidden".into()));
            }
            assert_eq!(program.delete(&format!("{user}/factor")).problem(), (403, "forbidden".into()));
            assert_eq!(program.get("/api/audit").status, audit, "{:?}", program.headers);
        }
        assert_eq!(made, 1, "the login is taken then, and what is kept to scopes makes nobody");
        assert_eq!(admin.get("/api/users?limit=100").json()["items"].as_array().unwrap().len(), 3);
        assert_eq!(admin.get(&user).json()["name"], "ann");
    }
}
