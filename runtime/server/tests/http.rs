//! What a client sees of the server: refusals, the base path, forged requests, repetition, records and their description.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use formwright_server::ServerConfig;
use serde_json::json;
use support::{install, server};

#[tokio::test]
async fn every_refusal_is_a_problem_document_whoever_refused() {
    let s = server(ServerConfig::default()).await;
    let bearer = s.bearer().await;
    let auth = ("authorization", bearer.as_str());
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(1 << 20));
    let cases: Vec<(&str, &str, Vec<(&str, &str)>, &str, u16, &str)> = vec![
        ("GET", "/api/nothing", vec![auth], "", 404, "not_found"),
        ("PUT", "/api/me", vec![auth], "", 405, "method_not_allowed"),
        ("GET", "/api/me", vec![], "", 401, "unauthenticated"),
        ("GET", "/api/me", vec![("authorization", "Bearer fwp_wrong")], "", 401, "unauthenticated"),
        ("GET", "/api/me", vec![("authorization", "Basic eDp5")], "", 401, "unauthenticated"),
        ("POST", "/api/departments", vec![auth, ("content-type", "text/plain")], "x", 415, "unsupported_media_type"),
        ("POST", "/api/departments", vec![auth, ("content-encoding", "gzip")], "{}", 415, "unsupported_media_type"),
        ("POST", "/api/departments", vec![auth], "{\"name\":", 400, "body_invalid"),
        ("POST", "/api/departments", vec![auth], "[]", 422, "wrong_type"),
        ("POST", "/api/departments", vec![auth], r#"{"name":"\ud800"}"#, 422, "text_invalid"),
        ("POST", "/api/departments", vec![auth], &long, 413, "body_too_large"),
        ("GET", "/api/users/%FF", vec![auth], "", 400, "bad_request"),
        ("GET", "/api/users/no-id", vec![auth], "", 404, "not_found"),
        ("GET", "/api/users?limit=0", vec![auth], "", 422, "parameter_invalid"),
        ("GET", "/api/users?lmit=1", vec![auth], "", 422, "unknown_key"),
        ("GET", "/api/users?q=%00", vec![auth], "", 422, "text_invalid"),
        ("GET", "/api/records/nothing", vec![auth], "", 404, "not_found"),
        ("POST", "/api/tokens", vec![auth], r#"{"name":"x"}"#, 403, "forbidden"),
    ];
    for (method, path, headers, body, status, code) in cases {
        let reply = s.call(method, path, &headers, body).await;
        assert_eq!(
            reply.problem(),
            (status, code.to_string()),
            "{method} {path} {}",
            body.chars().take(40).collect::<String>()
        );
        assert!(!reply.header("x-request-id").is_empty() && reply.header("cache-control") == "no-store");
    }
    let chinese = s.call("GET", "/api/me", &[("accept-language", "zh-CN")], "").await;
    assert_eq!(chinese.json()["detail"], "请先登录。");
}

#[tokio::test]
async fn everything_lives_below_the_base_path_and_health_at_the_root_too() {
    let config =
        ServerConfig { base_url: Some("https://host.example/crm".parse().unwrap()), ..ServerConfig::default() };
    let s = server(config).await;
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/crm/healthz", 200),
        ("/crm/readyz", 200),
        ("/crm/api/me", 401),
        ("/api/me", 404),
        ("/crm/nothing", 404),
    ] {
        assert_eq!(s.call("GET", path, &[], "").await.status, status, "{path}");
    }
    let reply = s
        .call("POST", "/crm/api/session", &[], &json!({"login": "admin", "password": support::PASSWORD}).to_string())
        .await;
    let cookie = reply.header("set-cookie");
    assert!(
        cookie.starts_with("__Secure-fw_session=") && cookie.contains("; Path=/crm;") && cookie.contains("; Secure"),
        "{cookie}"
    );
    assert!(!reply.header("strict-transport-security").is_empty());
    let (cookie, csrf) = s.sign_in("/crm").await;
    let made = s
        .call(
            "POST",
            "/crm/api/departments",
            &[("cookie", &cookie), ("x-csrf-token", &csrf)],
            r#"{"name":"sales","title":"Sales"}"#,
        )
        .await;
    assert!(made.header("location").starts_with("/crm/api/departments/"), "{}", made.header("location"));
    let described = s.call("GET", "/crm/api/openapi.json", &[("cookie", &cookie)], "").await.json();
    assert_eq!(described["servers"][0]["url"], "https://host.example/crm");
}

#[tokio::test]
async fn a_cookie_writes_only_with_its_token_and_from_our_own_pages() {
    let config = ServerConfig { base_url: Some("https://host.example".parse().unwrap()), ..ServerConfig::default() };
    let s = server(config).await;
    let (cookie, csrf) = s.sign_in("").await;
    let (cookie, token) = (("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str()));
    let cases: Vec<(Vec<(&str, &str)>, u16, &str)> = vec![
        (vec![cookie], 403, "csrf"),
        (vec![cookie, ("x-csrf-token", "wrong")], 403, "csrf"),
        (vec![cookie, token, ("sec-fetch-site", "cross-site")], 403, "origin"),
        (vec![cookie, token, ("origin", "https://evil.example")], 403, "origin"),
        (vec![cookie, token], 422, "required"),
        (vec![cookie, token, ("sec-fetch-site", "same-origin"), ("origin", "https://host.example")], 422, "required"),
    ];
    for (headers, status, code) in cases {
        assert_eq!(
            s.call("POST", "/api/password", &headers, r#"{"current":"x"}"#).await.problem(),
            (status, code.to_string()),
            "{headers:?}"
        );
    }
    let foreign = s
        .call("POST", "/api/session", &[("origin", "https://evil.example")], r#"{"login":"admin","password":"x"}"#)
        .await;
    assert_eq!(foreign.problem().1, "origin");
    assert_eq!(s.call("DELETE", "/api/session", &[cookie, token], "").await.status, 204);
    assert_eq!(s.call("GET", "/api/me", &[cookie], "").await.problem().0, 401);
}

#[tokio::test]
async fn the_same_key_gives_the_first_answer_and_a_refusal_gives_the_key_back() {
    let s = server(ServerConfig::default()).await;
    let bearer = s.bearer().await;
    let (auth, key) = (("authorization", bearer.as_str()), ("idempotency-key", "k-1"));
    let wrong = s.call("POST", "/api/departments", &[auth, key], r#"{"name":"No Name!","title":"x"}"#).await;
    assert_eq!(wrong.status, 422);
    let body = r#"{"name":"sales","title":"Sales"}"#;
    let first = s.call("POST", "/api/departments", &[auth, key], body).await;
    let again = s.call("POST", "/api/departments", &[auth, key], body).await;
    assert_eq!(
        (first.status.as_u16(), &first.body, first.header("location")),
        (201, &again.body, again.header("location"))
    );
    assert_eq!(again.status, 201);
    assert_eq!(
        s.call("POST", "/api/departments", &[auth, key], r#"{"name":"other","title":"x"}"#).await.problem(),
        (422, "idempotency_mismatch".into())
    );
    assert_eq!(s.call("POST", "/api/departments", &[auth], body).await.problem(), (422, "duplicate".into()));
    assert_eq!(
        s.call("POST", "/api/departments", &[auth, ("idempotency-key", "")], body).await.problem(),
        (422, "parameter_invalid".into())
    );
}

fn docs() -> Vec<serde_json::Value> {
    vec![
        json!({"kind": "app", "app": "accept", "name": "accept", "title": "Accept", "version": "1.0.0", "locale": "en"}),
        json!({"kind": "form", "app": "accept", "name": "client", "title": "Client", "search": ["name"], "title_field": "name", "record": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "title": "Name", "minLength": 2, "maxLength": 200}, "grade": {"title": "Grade", "enum": ["A", "B"]},
            "amount": {"type": "number", "title": "Amount", "field": {"type": "number", "scale": 2}},
            "lines": {"type": "array", "title": "Lines", "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string", "title": "What", "maxLength": 200}}}}
        }}}),
    ]
}

#[tokio::test]
async fn records_go_in_and_come_out_by_the_contract() {
    let s = server(ServerConfig::default()).await;
    install(&s, docs()).await;
    let bearer = s.bearer().await;
    let auth = ("authorization", bearer.as_str());
    let made = s
        .call(
            "POST",
            "/api/records/client",
            &[auth, ("idempotency-key", "c1")],
            r#"{"name":"Ann & Co","amount":12.50,"lines":[{"what":"a"}]}"#,
        )
        .await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    let id = made.json()["id"].as_str().unwrap().to_string();
    assert_eq!(made.header("location"), format!("/api/records/client/{id}"));
    assert_eq!(made.header("etag"), "\"1\"");
    assert!(String::from_utf8_lossy(&made.body).contains("\"amount\":12.5"));
    let again = s
        .call(
            "POST",
            "/api/records/client",
            &[auth, ("idempotency-key", "c1")],
            r#"{"name":"Ann & Co","amount":12.50,"lines":[{"what":"a"}]}"#,
        )
        .await;
    assert_eq!((again.status.as_u16(), again.json()["id"].as_str()), (201, Some(id.as_str())));
    let path = format!("/api/records/client/{id}");
    assert_eq!(s.call("PATCH", &path, &[auth, ("if-match", "\"1\"")], r#"{"grade":"B"}"#).await.json()["version"], 2);
    assert_eq!(
        s.call("PATCH", &path, &[auth, ("if-match", "\"1\"")], r#"{"grade":"A"}"#).await.problem(),
        (409, "record_conflict".into())
    );
    assert_eq!(
        s.call("PATCH", &path, &[auth, ("if-match", "1")], r#"{"grade":"A"}"#).await.problem(),
        (422, "parameter_invalid".into())
    );
    let faults = s.call("POST", "/api/records/client", &[auth], r#"{"grade":"Z","nme":"x"}"#).await;
    assert_eq!(faults.status, 422);
    let named: Vec<String> =
        faults.json()["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap().to_string()).collect();
    for field in ["grade", "nme"] {
        assert!(named.iter().any(|n| n == field), "{field} in {named:?}");
    }
    let filter = "%7B%22field%22%3A%22grade%22%2C%22op%22%3A%22eq%22%2C%22value%22%3A%22B%22%7D";
    let list = s
        .call("GET", &format!("/api/records/client?filter={filter}&count=exact&select=name"), &[auth], "")
        .await
        .json();
    assert_eq!((list["count"].as_i64(), list["items"][0]["name"].as_str()), (Some(1), Some("Ann & Co")));
    let query =
        s.call("POST", "/api/records/client/query", &[auth], r#"{"q":"ann","limit":1,"sort":["-name"]}"#).await.json();
    assert_eq!(query["items"].as_array().unwrap().len(), 1);
    for (body, code) in [
        (r#"{"limt":1}"#, "unknown_key"),
        (r#"{"limit":501}"#, "parameter_invalid"),
        (r#"{"filter":{"field":"nope","op":"eq","value":1}}"#, "unknown_field"),
    ] {
        assert_eq!(
            s.call("POST", "/api/records/client/query", &[auth], body).await.problem(),
            (422, code.into()),
            "{body}"
        );
    }
    let batch = s
        .call(
            "POST",
            "/api/records/client/batch",
            &[auth],
            r#"{"operations":[{"op":"create","record":{"name":"Bob"}},{"op":"create","record":{}}],"atomic":false}"#,
        )
        .await
        .json();
    assert_eq!(
        (batch["results"][0]["status"].as_i64(), batch["results"][1]["status"].as_i64()),
        (Some(201), Some(422))
    );
    let rows = s
        .call("POST", "/api/records/client/aggregate", &[auth], r#"{"measures":[{"name":"n","function":"count"}]}"#)
        .await
        .json();
    assert_eq!(rows["rows"][0]["n"], 2);
    assert_eq!(s.call("DELETE", &path, &[auth], "").await.status, 204);
    assert_eq!(s.call("GET", &path, &[auth], "").await.problem().0, 404);
    assert_eq!(
        s.call("GET", "/api/records/client/recycle-bin", &[auth], "").await.json()["items"][0]["id"].as_str(),
        Some(id.as_str())
    );
    assert_eq!(s.call("POST", &format!("{path}/restore"), &[auth], "").await.status, 200);
    let history = s.call("GET", &format!("{path}/history"), &[auth], "").await.json();
    assert!(history["items"].as_array().unwrap().len() >= 4, "{history}");
    assert_eq!(s.call("POST", &format!("{path}/comments"), &[auth], r#"{"text":"hello"}"#).await.status, 201);
    assert_eq!(
        s.call("GET", "/api/search?q=ann", &[auth], "").await.json()["items"][0]["id"].as_str(),
        Some(id.as_str())
    );
}

#[tokio::test]
async fn the_description_shows_each_person_only_his_own_forms_and_fields() {
    let s = server(ServerConfig::default()).await;
    let mut all = docs();
    all.push(json!({"kind": "form", "app": "accept", "name": "secret_form", "title": "Secret", "record": {"type": "object", "properties": {"x": {"type": "string", "title": "X"}}}}));
    all.push(json!({"kind": "role", "app": "accept", "name": "clerk", "title": "Clerk", "grants": [{"form": "client", "actions": ["read"], "hidden": ["amount"]}]}));
    install(&s, all).await;
    let bearer = s.bearer().await;
    let auth = ("authorization", bearer.as_str());
    let (cookie, csrf) = s.sign_in("").await;
    let made = s
        .call(
            "POST",
            "/api/users",
            &[("cookie", &cookie), ("x-csrf-token", &csrf)],
            &json!({"login": "cleo", "name": "Cleo", "password": "Cleo-4711-clerk!", "roles": ["clerk"]}).to_string(),
        )
        .await;
    assert_eq!(made.status, 201);
    let whole = s.call("GET", "/api/openapi.json", &[auth], "").await.json().to_string();
    assert!(whole.contains("secret_form") && whole.contains("\"amount\""));
    let seen = s.call("GET", "/api/openapi.json?as=cleo", &[auth], "").await.json().to_string();
    assert!(
        seen.contains("/api/records/client/query") && !seen.contains("secret_form") && !seen.contains("\"amount\"")
    );
    let one = s.call("GET", "/api/openapi.json?forms=client", &[auth], "").await.json();
    assert!(
        one["paths"].get("/api/records/client").is_some() && one["paths"].get("/api/records/secret_form").is_none()
    );
    assert_eq!(
        s.call("GET", "/api/openapi.json?forms=none", &[auth], "").await.problem(),
        (422, "parameter_invalid".into())
    );
    assert_eq!(s.call("GET", "/api/openapi.json?forms=secret_form&as=cleo", &[auth], "").await.problem().0, 422);
    let signed = s.call("POST", "/api/session", &[], r#"{"login":"cleo","password":"Cleo-4711-clerk!"}"#).await;
    let cookie = signed.header("set-cookie").split(';').next().unwrap().to_string();
    assert_eq!(
        s.call("GET", "/api/me?as=admin", &[("cookie", &cookie)], "").await.problem(),
        (403, "forbidden".into())
    );
    assert_eq!(s.call("POST", "/api/records/client?as=cleo", &[auth], r#"{"name":"No"}"#).await.problem().0, 422);
}

#[tokio::test]
async fn long_texts_are_compressed_when_asked_and_short_ones_never() {
    let s = server(ServerConfig::default()).await;
    let bearer = s.bearer().await;
    let auth = ("authorization", bearer.as_str());
    let long = s.call("GET", "/api/openapi.json", &[auth, ("accept-encoding", "gzip")], "").await;
    assert_eq!(long.header("content-encoding"), "gzip");
    let short = s.call("GET", "/api/forms", &[auth, ("accept-encoding", "gzip")], "").await;
    assert_eq!(short.header("content-encoding"), "");
}
