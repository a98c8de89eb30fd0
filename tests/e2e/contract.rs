//! Promises of the interface that hold on every route: what is asked for and not known is refused, ids are what they must be, an
//! instant has one text, and a record that was read can be sent back.

use serde_json::{Value as Json, json};

fn definitions() -> Vec<Json> {
    vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}),
        json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "title_field": "name", "search": ["name"], "record": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "received": {"type": "string", "format": "date-time", "default": {"var": "now"}},
            "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string"}}}}}}}),
        json!({"kind": "form", "app": "desk", "name": "drawer", "title": "Drawer", "record": {"type": "object", "properties": {"name": {"type": "string"}}}}),
        json!({"kind": "role", "app": "desk", "name": "reader", "grants": [{"form": "paper", "actions": ["read", "comment"]}]}),
    ]
}

fn fault(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_string(), code.to_string())]
}

on_both! {
    fn an_unknown_parameter_is_refused_and_lists_of_an_earlier_time_are_not_offered(site) {
        site.publish(definitions());
        let admin = site.admin();
        let kept = admin.create("paper", json!({"name": "kept"}));
        let id = kept["id"].as_str().unwrap();
        let base = "/api/records/paper";
        let earlier = "as_of=2020-01-01T00:00:00Z";
        let count = json!({"measures": [{"name": "n", "function": "count"}]});
        for (path, body) in [("query", json!({})), ("aggregate", count.clone())] {
            assert_eq!(admin.post(&format!("{base}/{path}?{earlier}"), body.clone()).problem(), (501, "not_offered".into()), "{path}");
            let mut inside = body;
            inside["as_of"] = json!("2020-01-01T00:00:00Z");
            assert_eq!(admin.post(&format!("{base}/{path}"), inside).problem(), (501, "not_offered".into()), "{path}");
        }
        assert_eq!(admin.get(&format!("{base}?{earlier}")).problem(), (501, "not_offered".into()));
        for (method, path, body) in [
            ("POST", format!("{base}/query?foo=1"), json!({})), ("POST", format!("{base}/aggregate?foo=1"), count),
            ("POST", format!("{base}/preview?foo=1"), json!({})), ("POST", format!("{base}?foo=1"), json!({"name": "x"})),
            ("PATCH", format!("{base}/{id}?foo=1"), json!({"name": "x"})), ("POST", format!("{base}/batch?foo=1"), json!({"operations": []})),
        ] {
            let reply = admin.send(method, &path, "application/json", Some(body.to_string().as_bytes()));
            assert_eq!((reply.status, reply.faults()), (422, fault("foo", "unknown_key")), "{method} {path}");
        }
        assert_eq!(admin.get(&format!("{base}?foo=1")).faults(), fault("foo", "unknown_key"));
        assert_eq!(admin.delete(&format!("{base}/{id}?foo=1")).faults(), fault("foo", "unknown_key"));
        assert_eq!((admin.count("paper"), &admin.get(&format!("{base}/{id}")).json()["name"]), (1, &json!("kept")));
    }

    fn the_caller_is_told_what_he_may_do_on_each_form(site) {
        site.publish(definitions());
        let reader = site.person("reader", &["reader"]);
        let me = reader.get("/api/me").json();
        assert_eq!(me["forms"], json!({"paper": ["comment", "read"]}), "{me}");
        let admin = site.admin().get("/api/me").json();
        for form in ["paper", "drawer"] {
            let actions = admin["forms"][form].as_array().unwrap();
            assert!(["read", "create", "update", "delete"].iter().all(|a| actions.contains(&json!(a))), "{form} {admin}");
        }
    }

    fn ids_that_a_caller_names_must_exist_or_be_of_the_kind_that_is_made(site) {
        site.publish(definitions());
        let admin = site.admin();
        let base = "/api/records/paper";
        for id in ["00000000-0000-0000-0000-000000000000", "5f0c1c0e-7d53-4a3c-9b1e-0123456789ab", "soon"] {
            assert_eq!(admin.post(base, json!({"id": id, "name": "x"})).faults(), fault("id", "format_invalid"), "{id}");
        }
        assert_eq!(admin.post(base, json!({"name": "x", "version": 3})).faults(), fault("version", "field_read_only"));
        assert_eq!(admin.post(base, json!({"name": "x", "created_at": "2020-01-01T00:00:00Z"})).faults(), fault("created_at", "field_read_only"));
        assert_eq!(admin.post(base, json!({"name": "x", "lines": [{"id": "5f0c1c0e-7d53-4a3c-9b1e-0123456789ab", "what": "y"}]})).faults(), fault("lines/0/id", "format_invalid"));
        assert_eq!(admin.count("paper"), 0);
        let own = "01a212e9-0000-7000-8000-000000000001";
        let made = admin.create("paper", json!({"id": own, "name": "own id", "lines": [{"what": "first"}]}));
        assert_eq!(made["id"], own);
        let stranger = "01a212e9-0000-772c-89b7-1f3d41d3496a";
        let path = format!("{base}/{own}");
        for (change, place) in [
            (json!({"remove": [stranger]}), "lines/remove/0"), (json!({"patch": [{"id": stranger, "what": "z"}]}), "lines/patch/0/id"),
            (json!([{"id": stranger, "what": "z"}]), "lines/0/id"),
        ] {
            assert_eq!(admin.patch(&path, json!({"name": "not written", "lines": change})).faults(), fault(place, "not_found_reference"));
        }
        let kept = admin.get(&path).json();
        assert_eq!((&kept["name"], kept["lines"].as_array().unwrap().len()), (&json!("own id"), 1));
        let line = kept["lines"][0]["id"].as_str().unwrap();
        assert_eq!(admin.patch(&path, json!({"lines": {"remove": [line]}})).json()["lines"], json!([]));
    }

    fn what_is_no_text_is_refused_where_it_stands_and_finds_nothing(site) {
        site.publish(definitions());
        let admin = site.admin();
        admin.create("paper", json!({"name": "kept"}));
        for bytes in ["%ff", "%ED%A0%80", "%C0%80", "a%00b"] {
            for path in ["/api/records/paper", "/api/search"] {
                assert_eq!(admin.get(&format!("{path}?q={bytes}")).faults(), fault("q", "text_invalid"), "{path} {bytes}");
            }
        }
        let filter = crate::site::escape("{\"field\": \"name\", \"op\": \"eq\", \"value\": \"a\\u0000\"}");
        assert_eq!(admin.get(&format!("/api/records/paper?filter={filter}")).faults(), fault("filter", "text_invalid"));
        assert_eq!(admin.post("/api/records/paper/query", json!({"q": "a\u{0}"})).faults(), fault("q", "text_invalid"));
        for body in ["{\"name\": \"\\ud800\"}", "{\"name\": \"a\\u0000\"}"] {
            assert_eq!(admin.post_text("/api/records/paper", body).problem(), (422, "text_invalid".into()), "{body}");
        }
        let mut broken = b"{\"name\": \"".to_vec();
        broken.extend([0xff, 0xfe, b'"', b'}']);
        let status = admin.send("POST", "/api/records/paper", "application/json", Some(&broken)).status;
        assert!((400..500).contains(&status), "{status}");
        assert_eq!(admin.count("paper"), 1);
    }

    fn an_instant_has_one_text_and_a_record_that_was_read_is_taken_back(site) {
        site.publish(definitions());
        let (admin, session) = (site.admin(), site.session("admin"));
        for (now, text) in [
            ("2026-11-20T10:00:01.66172Z", "2026-11-20T10:00:01.661720Z"), ("2026-11-20T10:00:02.3Z", "2026-11-20T10:00:02.300000Z"),
            ("2026-11-20T10:00:03Z", "2026-11-20T10:00:03Z"), ("2026-11-20T10:00:04.000001Z", "2026-11-20T10:00:04.000001Z"),
        ] {
            site.clock.set(now.parse().unwrap());
            let made = admin.create("paper", json!({"name": now}));
            let path = format!("/api/records/paper/{}", made["id"].as_str().unwrap());
            let read = admin.get(&path).json();
            for answer in [&made, &read, &admin.items("paper", json!({"filter": {"field": "name", "op": "eq", "value": now}}))[0]] {
                for field in ["created_at", "updated_at", "received"] {
                    assert_eq!(answer[field], text, "{field}");
                }
            }
            // whole, and with other spellings of the same instant
            for stamp in [json!(text), json!(now)] {
                let mut whole = read.clone();
                whole["updated_at"] = stamp;
                whole["name"] = json!(format!("{now} again"));
                whole.as_object_mut().unwrap().remove("version");
                let back = admin.patch(&path, whole);
                assert_eq!(back.status, 200, "{now} {}", back.text());
            }
            let later = admin.patch(&path, json!({"updated_at": "2026-11-20T10:00:09Z"}));
            assert_eq!(later.faults(), fault("updated_at", "field_read_only"));
            let said = admin.post(&format!("{path}/comments"), json!({"text": "said"})).json();
            assert_eq!((&said["at"], &admin.get(&format!("{path}/comments")).json()["items"][0]["at"]), (&json!(text), &json!(text)));
            assert_eq!(admin.get(&format!("{path}/history")).json()["items"][0]["at"], text);
            assert_eq!(admin.post("/api/records/paper/preview", json!({})).json()["record"]["received"], text);
            let view = admin.post("/api/views", json!({"form": "paper", "name": "v", "title": "v", "type": "table", "fields": ["name"]}));
            assert_eq!(view.json()["updated_at"], text, "{}", view.text());
            let token = session.post("/api/tokens", json!({"name": now}));
            assert_eq!(token.json()["created_at"], text, "{}", token.text());
            assert_eq!(admin.get("/api/audit").json()["items"][0]["at"], text);
        }
    }
}
