//! Saved views from outside: a person's own, shared with a role, checked against what their maker sees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use formwright_server::ServerConfig;
use serde_json::{Value as Json, json};
use support::{Server, install, server};

async fn house() -> (Server, String, String) {
    let s = server(ServerConfig::default()).await;
    install(
        &s,
        vec![
            json!({"kind": "app", "app": "crm", "name": "crm", "title": "CRM", "version": "1.0.0", "locale": "en"}),
            json!({"kind": "form", "app": "crm", "name": "client", "title": "Client", "record": {"type": "object", "properties": {"name": {"type": "string", "title": "Name"}, "secret": {"type": "string", "title": "Secret"}}}}),
            json!({"kind": "role", "app": "crm", "name": "clerk", "title": "Clerk", "grants": [{"form": "client", "actions": ["read"], "hidden": ["secret"]}]}),
        ],
    )
    .await;
    let admin = s.bearer().await;
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
    let signed = s
        .call("POST", "/api/session", &[], &json!({"login": "cleo", "password": "Cleo-4711-clerk!"}).to_string())
        .await;
    let cookie = signed.header("set-cookie").split(';').next().unwrap().to_string();
    let csrf = signed.json()["csrf"].as_str().unwrap().to_string();
    let made = s.call("POST", "/api/tokens", &[("cookie", &cookie), ("x-csrf-token", &csrf)], r#"{"name":"t"}"#).await;
    let cleo = format!("Bearer {}", made.json()["token"].as_str().unwrap());
    (s, admin, cleo)
}

#[tokio::test]
async fn a_view_is_its_owners_until_it_is_shared_and_only_the_owner_changes_it() {
    let (s, admin, cleo) = house().await;
    let (admin, cleo) = (("authorization", admin.as_str()), ("authorization", cleo.as_str()));
    let body = json!({"form": "client", "title": "Mine", "sort": ["-name"], "fields": ["name", {"field": "secret", "width": 80}], "is_default": true});
    let made = s.call("POST", "/api/views", &[admin], &body.to_string()).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    let view = made.json();
    let path = format!("/api/views/{}", view["id"].as_str().unwrap());
    assert_eq!(
        (view["version"].as_i64(), view["is_default"].as_bool(), made.header("location")),
        (Some(1), Some(true), path.as_str())
    );
    assert_eq!(s.call("GET", &path, &[cleo], "").await.problem().0, 404);
    assert_eq!(s.call("GET", "/api/views?form=client", &[cleo], "").await.json()["items"], json!([]));

    let shared = s
        .call("PATCH", &path, &[admin, ("if-match", "\"1\"")], r#"{"shared_with":{"roles":["clerk"]},"sort":null}"#)
        .await
        .json();
    assert_eq!((shared["version"].as_i64(), shared.get("sort")), (Some(2), None));
    let seen = s.call("GET", &path, &[cleo], "").await.json();
    assert_eq!(
        (seen["title"].as_str(), seen["editable"].as_bool(), &seen["shared_with"]["roles"]),
        (Some("Mine"), Some(false), &json!([]))
    );
    assert_eq!(s.call("PATCH", &path, &[cleo], r#"{"title":"Hers"}"#).await.problem().0, 403);
    assert_eq!(
        s.call("PATCH", &path, &[admin, ("if-match", "\"1\"")], r#"{"title":"Late"}"#).await.problem(),
        (409, "record_conflict".into())
    );
    assert_eq!(s.call("DELETE", &path, &[cleo], "").await.problem().0, 403);
    let second = s.call("POST", "/api/views", &[admin], r#"{"form":"client","title":"Other","is_default":true}"#).await;
    assert_eq!(second.status, 201);
    assert_eq!(s.call("GET", &path, &[admin], "").await.json()["is_default"], false, "one default for each form");
    assert_eq!(s.call("DELETE", &path, &[admin], "").await.status, 204);
    assert_eq!(s.call("GET", &path, &[admin], "").await.problem().0, 404);
}

#[tokio::test]
async fn what_a_view_names_must_be_there_for_its_maker() {
    let (s, admin, cleo) = house().await;
    let (admin, cleo) = (("authorization", admin.as_str()), ("authorization", cleo.as_str()));
    let cases: Vec<(&(&str, &str), Json, &str, &str)> = vec![
        (&admin, json!({"title": "x"}), "form", "required"),
        (&admin, json!({"form": "nothing", "title": "x"}), "form", "unknown_reference"),
        (&admin, json!({"form": "client"}), "title", "required"),
        (&admin, json!({"form": "client", "title": "x", "colour": "red"}), "colour", "unknown_key"),
        (&admin, json!({"form": "client", "title": "x", "fields": ["nme"]}), "fields/0", "unknown_field"),
        (
            &admin,
            json!({"form": "client", "title": "x", "filter": {"field": "name", "op": "like", "value": 1}}),
            "filter/op",
            "unknown_operator",
        ),
        (
            &admin,
            json!({"form": "client", "title": "x", "shared_with": {"roles": ["nobody"]}}),
            "shared_with/roles/0",
            "not_found_reference",
        ),
        (&cleo, json!({"form": "client", "title": "x", "fields": ["secret"]}), "fields/0", "unknown_field"),
    ];
    for (who, body, field, code) in cases {
        let reply = s.call("POST", "/api/views", &[*who], &body.to_string()).await;
        assert_eq!(reply.status, 422, "{body}");
        let errors = reply.json()["errors"].clone();
        assert!(
            errors.as_array().unwrap().iter().any(|e| e["field"] == field && e["code"] == code),
            "{body}: {errors}"
        );
    }
}
