//! Bad input: a clear refusal each time, and nothing written.

use crate::site::{Client, escape};
use serde_json::{Value as Json, json};
use std::io::{Read, Write};

fn definitions() -> Vec<Json> {
    vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}),
        json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "search": ["name"], "record": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 200},
            "code": {"type": "string", "field": {"type": "text", "unique": true}},
            "amount": {"type": "number", "minimum": 0, "field": {"type": "number", "scale": 2}},
            "grade": {"enum": ["A", "B"]}, "on": {"type": "string", "format": "date"},
            "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string"}}}}}}}),
    ]
}

fn deep(levels: usize) -> String {
    let mut filter = json!({"field": "name", "op": "eq", "value": "x"});
    for _ in 0..levels {
        filter = json!({"not": filter});
    }
    filter.to_string()
}

fn wide(terms: usize) -> Json {
    json!({"or": (0..terms).map(|n| json!({"field": "name", "op": "eq", "value": format!("n{n}")})).collect::<Vec<_>>()})
}

/// A request whose announced body never comes: the refusal must not wait for it.
fn announced(client: &Client, path: &str, length: usize) -> String {
    let mut stream = std::net::TcpStream::connect(&client.site.address).unwrap();
    let bearer = &client.headers[0].1;
    write!(stream, "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{{").unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    String::from_utf8_lossy(&reply).into_owned()
}

const PAYLOADS: [&str; 10] = [
    "'",
    "\"",
    "' OR '1'='1",
    "'; DROP TABLE fw_user; --",
    "\"; DELETE FROM paper; --",
    "1) UNION SELECT password FROM fw_user --",
    "\\'; SELECT pg_sleep(5); --",
    "name) ASC, (SELECT 1",
    "$1",
    "%' ESCAPE '!",
];

on_both! {
    fn each_bad_body_of_a_record_is_refused_by_its_code_and_nothing_is_written(site) {
        site.publish(definitions());
        let admin = site.admin();
        let kept = admin.create("paper", json!({"name": "kept", "code": "K1"}));
        let path = format!("/api/records/paper/{}", kept["id"].as_str().unwrap());
        let cases: Vec<(&str, u16, &str)> = vec![
            (r#"{"name":"#, 400, "body_invalid"),
            ("", 422, "required"),
            ("{\"name\":\"a\"} trailing", 400, "body_invalid"),
            ("{\"name\":\"a\nb\"}", 422, "text_invalid"),
            ("[]", 422, "wrong_type"),
            ("null", 422, "wrong_type"),
            ("\"text\"", 422, "wrong_type"),
            ("{\"name\":\"a\\u0000b\"}", 422, "text_invalid"),
            (r#"{"name":"\ud800"}"#, 422, "text_invalid"),
            (r#"{"name":"x","\udfff":1}"#, 422, "text_invalid"),
            (r#"{"name":"x","nme":"y"}"#, 422, "unknown_field"),
            (r#"{"name":5}"#, 422, "wrong_type"),
            (r#"{"name":{"$ne":null}}"#, 422, "wrong_type"),
            (r#"{"name":"x","amount":"12"}"#, 422, "wrong_type"),
            (r#"{"name":"x","amount":1e400}"#, 422, "number_too_long"),
            (r#"{"name":"x","amount":-1}"#, 422, "too_small"),
            (r#"{"name":"x","amount":1.234}"#, 422, "too_many_decimals"),
            (r#"{"name":"x","grade":"C"}"#, 422, "choice_unknown"),
            (r#"{"name":"x","on":"2026-02-30"}"#, 422, "format_invalid"),
            (r#"{"name":"x","lines":"no"}"#, 422, "wrong_type"),
            (r#"{"name":"x","lines":[{"wht":"y"}]}"#, 422, "unknown_field"),
            (r#"{"name":"x","created_by":"y"}"#, 422, "field_read_only"),
            (r#"{"name":"x","code":"K1"}"#, 422, "duplicate"),
            (r#"{}"#, 422, "required"),
            (r#"{"name":null}"#, 422, "required"),
        ];
        let mut others = Vec::new();
        for (body, status, code) in &cases {
            let reply = admin.post_text("/api/records/paper", body);
            let (got, top) = reply.problem();
            if got != *status || (top != *code && !reply.faults().iter().any(|f| f.1 == *code)) {
                others.push(format!("{body} is not {status} {code}: {}", reply.text()));
            }
        }
        assert!(others.is_empty(), "{}", others.join("\n"));
        let long = json!({"name": "x".repeat(201)}).to_string();
        assert_eq!(admin.post_text("/api/records/paper", &long).faults(), [("name".to_string(), "too_long".to_string())]);
        let nested = format!("{{\"name\":{}1{}}}", "[".repeat(400), "]".repeat(400));
        assert_eq!(admin.post_text("/api/records/paper", &nested).problem().0, 400);
        assert_eq!(admin.send("POST", "/api/records/paper", "text/plain", Some(b"{\"name\":\"x\"}")).problem(), (415, "unsupported_media_type".into()));
        assert_eq!(admin.send("POST", "/api/records/paper", "", Some(b"{\"name\":\"x\"}")).problem(), (415, "unsupported_media_type".into()));
        assert_eq!(admin.send("PATCH", &path, "application/xml", Some(b"<a/>")).problem(), (415, "unsupported_media_type".into()));
        assert_eq!(admin.with("if-match", "\"9\"").patch(&path, json!({"name": "y"})).problem(), (409, "record_conflict".into()));
        assert_eq!(admin.patch(&path, json!({"name": null})).problem().0, 422);
        let refused = announced(&admin, "/api/records/paper", 50 << 20);
        assert!(refused.starts_with("HTTP/1.1 413") && refused.contains("body_too_large"), "{refused}");
        assert_eq!((admin.count("paper"), admin.get(&path).json()), (1, kept));
    }

    fn each_bad_query_is_refused_by_its_code(site) {
        site.publish(definitions());
        let admin = site.admin();
        admin.create("paper", json!({"name": "kept"}));
        let cases: Vec<(String, &str)> = vec![
            (format!(r#"{{"filter":{}}}"#, deep(9)), "filter_too_deep"),
            (json!({"filter": wide(101)}).to_string(), "filter_too_large"),
            (r#"{"filter":{"field":"nope","op":"eq","value":1}}"#.into(), "unknown_field"),
            (r#"{"filter":{"field":"name.more","op":"eq","value":1}}"#.into(), "unknown_field"),
            (r#"{"filter":{"field":"name","op":"like","value":"x"}}"#.into(), "unknown_operator"),
            (r#"{"filter":{"field":"amount","op":"contains","value":"x"}}"#.into(), "unknown_operator"),
            (r#"{"filter":{"field":"amount","op":"gt","value":"x"}}"#.into(), "wrong_type"),
            (r#"{"filter":{"field":"on","op":"gt","value":"2026-02-30"}}"#.into(), "value_invalid"),
            (r#"{"filter":[]}"#.into(), "filter_invalid"),
            (r#"{"filter":{"feld":"name"}}"#.into(), "unknown_key"),
            (r#"{"sort":["nope"]}"#.into(), "unknown_field"),
            (r#"{"select":["nope"]}"#.into(), "unknown_field"),
            (r#"{"expand":["nope"]}"#.into(), "unknown_field"),
            (r#"{"limit":0}"#.into(), "parameter_invalid"),
            (r#"{"limit":501}"#.into(), "parameter_invalid"),
            (r#"{"cursor":"forged"}"#.into(), "cursor_invalid"),
            (r#"{"count":"all"}"#.into(), "parameter_invalid"),
            (r#"{"offset":5}"#.into(), "unknown_key"),
        ];
        let mut others = Vec::new();
        for (body, code) in &cases {
            let reply = admin.post_text("/api/records/paper/query", body);
            if reply.problem().0 != 422 || (reply.problem().1 != *code && !reply.faults().iter().any(|f| f.1 == *code)) {
                others.push(format!("{body} is not {code}: {}", reply.text()));
            }
        }
        assert!(others.is_empty(), "{}", others.join("\n"));
        assert_eq!(admin.post("/api/records/paper/query", json!({"filter": wide(99)})).status, 200);
        for (path, status) in [
            ("/api/records/paper?filter=%7B", 422),
            ("/api/records/paper?limit=x", 422),
            ("/api/records/paper?q=%00", 422),
            ("/api/records/paper?nope=1", 422),
            ("/api/records/%22paper%22", 404),
            ("/api/records/paper%27%20OR%201=1", 404),
            ("/api/records/paper;DROP", 404),
            ("/api/records/..%2F..%2Fusers", 404),
            ("/api/records/fw_user", 404),
            ("/api/records/paper/1%27", 404),
            ("/api/records/paper/%FF", 400),
        ] {
            assert_eq!(admin.get(path).problem().0, status, "{path}");
        }
    }

    fn statements_in_any_text_are_only_text(site) {
        site.publish(definitions());
        let admin = site.admin();
        admin.create("paper", json!({"name": "harmless", "code": "H", "grade": "A"}));
        for (n, payload) in PAYLOADS.iter().enumerate() {
            // stored and found as what it is
            let made = admin.create("paper", json!({"name": payload, "code": payload, "lines": [{"what": payload}]}));
            assert_eq!((&made["name"], &made["lines"][0]["what"]), (&json!(payload), &json!(payload)));
            for op in ["eq", "contains", "starts_with", "ends_with"] {
                let found = admin.items("paper", json!({"filter": {"field": "code", "op": op, "value": payload}}));
                assert!(found.iter().any(|r| r["id"] == made["id"]), "{op} {payload}");
                assert!(found.iter().all(|r| r["name"] != "harmless"), "{op} {payload}");
            }
            assert_eq!(admin.items("paper", json!({"filter": {"field": "code", "op": "in", "value": [payload]}})).len(), 1);
            let searched = admin.post("/api/records/paper/query", json!({"q": payload}));
            assert!(searched.status == 200 || searched.problem().0 == 422, "{payload} {}", searched.text());
            // signs alone are no words to search for
            if payload.contains(char::is_alphanumeric) {
                assert!(!searched.text().contains("harmless"), "{payload}");
            }
            // where a name is expected there is none of that name
            for body in [
                json!({"filter": {"field": payload, "op": "eq", "value": 1}}),
                json!({"filter": {"field": "name", "op": payload, "value": 1}}),
                json!({"filter": {"field": "grade", "op": "eq", "value": payload}}),
                json!({"sort": [payload]}), json!({"select": [payload]}), json!({"expand": [payload]}), json!({"cursor": payload}), json!({"count": payload}),
            ] {
                let reply = admin.post("/api/records/paper/query", body.clone());
                assert!(reply.status == 422 || (reply.status == 200 && reply.json()["items"] == json!([])), "{body} {}", reply.text());
            }
            for body in [
                json!({"group": [{"field": payload}], "measures": [{"name": "n", "function": "count"}]}),
                json!({"group": [{"field": "on", "by": payload}], "measures": [{"name": "n", "function": "count"}]}),
                json!({"measures": [{"name": "n", "function": payload, "field": "amount"}]}),
                json!({"measures": [{"name": "n", "function": "sum", "field": payload}]}),
            ] {
                assert_eq!(admin.post("/api/records/paper/aggregate", body.clone()).problem().0, 422, "{body}");
            }
            for path in [format!("/api/records/{}", escape(payload)), format!("/api/records/paper/{}", escape(payload)), format!("/api/definitions/form/{}", escape(payload)), format!("/api/jobs/{}", escape(payload)), format!("/api/files/{}", escape(payload))] {
                assert_eq!(admin.get(&path).problem().0, 404, "{path}");
            }
            assert!(matches!(admin.get(&format!("/api/search?q={}", escape(payload))).status, 200 | 422));
            assert_eq!(site.visitor().with("authorization", "Bearer x").get("/api/me").problem().0, 401);
            assert_eq!(admin.count("paper"), i64::try_from(n).unwrap() + 2);
        }
        assert_eq!(admin.items("paper", json!({"filter": {"field": "name", "op": "eq", "value": "harmless"}})).len(), 1);
    }
}
