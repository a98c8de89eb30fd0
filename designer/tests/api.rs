//! The designer's API from outside: drafts, plans, publications, packages, and who may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../runtime/server/tests/support/mod.rs"]
mod support;

use axum::body::Body;
use axum::http::Request;
use formwright_engine::{Context, accounts};
use formwright_server::{App, ServerConfig, router};
use serde_json::{Value as Json, json};
use support::{Reply, Server};

struct House {
    server: Server,
    bearer: String,
}

impl House {
    async fn open() -> House {
        let mut server = support::server(ServerConfig::default()).await;
        server.app =
            App::new(server.app.engine().clone(), ServerConfig::default(), None, formwright_designer::OPERATIONS);
        let designer = formwright_designer::routes().and(formwright_designer::pages(&server.app));
        server.router = router(server.app.clone(), designer);
        let bearer = server.bearer().await;
        House { server, bearer }
    }

    async fn call(&self, method: &str, path: &str, body: Json) -> Reply {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.server.call(method, path, &[("authorization", &self.bearer)], &text).await
    }

    async fn put(&self, doc: Json) -> Reply {
        self.call(
            "PUT",
            &format!("/api/definitions/{}/{}", doc["kind"].as_str().unwrap(), doc["name"].as_str().unwrap()),
            doc,
        )
        .await
    }
}

fn app() -> Json {
    json!({"kind": "app", "app": "crm", "name": "crm", "title": "CRM"})
}

fn client(properties: Json) -> Json {
    json!({"kind": "form", "app": "crm", "name": "client", "title": "Client", "record": {"type": "object", "properties": properties}})
}

#[tokio::test]
async fn a_definition_goes_from_draft_to_plan_to_publication_and_back() {
    let house = House::open().await;
    assert_eq!(house.put(app()).await.status, 200);
    let saved = house.put(client(json!({"name": {"type": "string"}, "note": {"type": "string"}}))).await;
    assert!(saved.header("etag").starts_with('"'));
    let plan = house.call("POST", "/api/publications/plan", json!({})).await.json();
    assert_eq!(plan["steps"][0]["class"], "safe");
    assert_eq!(plan["confirm"], json!([]));
    let done =
        house.call("POST", "/api/publications", json!({"note": "first", "confirm": [], "plan": plan["plan"]})).await;
    assert_eq!((done.status.as_u16(), done.json()["revision"].clone()), (200, json!(1)));

    house.put(client(json!({"name": {"type": "string"}}))).await;
    let refused = house.call("POST", "/api/publications", json!({"note": "no"})).await;
    assert_eq!(refused.problem(), (422, "confirmation_required".into()));
    assert_eq!(refused.json()["errors"][0]["code"], "hiding:form/client/note:retire");
    assert_eq!(refused.json()["errors"][0]["field"], "confirm");
    let outdated = house.call("POST", "/api/publications", json!({"plan": "0123"})).await;
    assert_eq!(outdated.problem(), (409, "plan_outdated".into()));
    let done = house.call("POST", "/api/publications", json!({"confirm": ["hiding:form/client/note:retire"]})).await;
    assert_eq!(done.json()["revision"], 2);
    let back = house.call("POST", "/api/publications/1/rollback?plan=true", Json::Null).await.json();
    assert_eq!(back["steps"][0]["code"], "safe:form/client/note:return");
    assert_eq!(house.call("POST", "/api/publications/1/rollback", json!({"note": "back"})).await.json()["revision"], 3);
    let second = house.call("GET", "/api/publications/2", Json::Null).await.json();
    assert_eq!((second["changes"].as_array().unwrap().len(), &second["changes"][0]["name"]), (1, &json!("client")));
    assert!(second["changes"][0]["before"]["record"]["properties"]["note"].is_object());
    assert!(second["changes"][0]["after"]["record"]["properties"]["note"].is_null());
    assert_eq!(house.call("GET", "/api/publications/9", Json::Null).await.problem(), (404, "not_found".into()));
    let history = house.call("GET", "/api/publications", Json::Null).await.json();
    assert_eq!(history["items"].as_array().unwrap().len(), 3);
    let now = house.call("GET", "/api/definitions/form/client", Json::Null).await.json();
    assert!(now["published"]["record"]["properties"]["note"]["field"]["id"].is_string());
}

#[tokio::test]
async fn faults_come_all_at_once_by_pointer_and_two_designers_are_told() {
    let house = House::open().await;
    let wrong = house.put(json!({"kind": "form", "app": "crm", "name": "client", "titel": "x", "record": []})).await;
    assert_eq!(wrong.problem().0, 422);
    let places: Vec<String> = wrong.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| format!("{} {}", e["field"].as_str().unwrap(), e["code"].as_str().unwrap()))
        .collect();
    assert!(
        places.contains(&"/titel unknown_key".to_string()) && places.contains(&"/record wrong_type".to_string()),
        "{places:?}"
    );
    let first = house.put(client(json!({}))).await;
    let stale = first.header("etag").to_string();
    house.put(client(json!({"a": {"type": "string"}}))).await;
    let conflict = house
        .server
        .call(
            "PUT",
            "/api/definitions/form/client",
            &[("authorization", &house.bearer), ("if-match", &stale)],
            &client(json!({})).to_string(),
        )
        .await;
    assert_eq!(conflict.problem(), (409, "draft_conflict".into()));
    assert_eq!(
        house.call("GET", "/api/definitions/form/nothing", Json::Null).await.problem(),
        (404, "not_found".into())
    );
    assert_eq!(house.call("GET", "/api/definitions/forms/client", Json::Null).await.status, 422);
    assert_eq!(house.call("DELETE", "/api/definitions/form/client", Json::Null).await.status, 204);
    assert_eq!(house.call("GET", "/api/definitions/form/client", Json::Null).await.status, 404);
    let schema = house.call("GET", "/api/definitions/schemas/form.json", Json::Null).await;
    assert_eq!(schema.header("content-type"), "application/schema+json");
    assert!(schema.json()["properties"]["record"].is_object());
}

#[tokio::test]
async fn an_app_is_taken_out_as_a_zip_and_brought_in_again() {
    let house = House::open().await;
    let imported = house
        .call("POST", "/api/apps/import", json!({"documents": [app(), client(json!({"name": {"type": "string"}}))]}))
        .await;
    assert_eq!(imported.json()["revision"], 1, "{}", String::from_utf8_lossy(&imported.body));
    let zip = house.call("GET", "/api/apps/crm/export.zip", Json::Null).await;
    assert_eq!(zip.header("content-type"), "application/zip");
    let request = Request::post("/api/apps/import?plan=true")
        .header("authorization", &house.bearer)
        .header("content-type", "application/zip")
        .body(Body::from(zip.body))
        .unwrap();
    let plan = house.server.send(request).await.json();
    assert_eq!(plan["steps"], json!([]), "what was exported is what is there");
    let request = Request::post("/api/apps/import")
        .header("authorization", &house.bearer)
        .header("content-type", "application/zip")
        .body(Body::from("no zip"))
        .unwrap();
    assert_eq!(house.server.send(request).await.problem(), (422, "file_unreadable".into()));
    let lossy = house.call("POST", "/api/apps/import", json!({"documents": [app()]})).await;
    assert_eq!(lossy.problem(), (422, "confirmation_required".into()));
    let apps = house.call("GET", "/api/apps", Json::Null).await.json();
    assert!(apps["items"].as_array().unwrap().iter().any(|a| a["name"] == "crm" && a["installed"] == true));
    assert!(apps["items"].as_array().unwrap().iter().any(|a| a["name"] == "trade_crm" && a["installed"] == false));
}

#[tokio::test]
async fn who_designs_nothing_gets_nothing() {
    let house = House::open().await;
    house.put(app()).await;
    house.put(client(json!({"name": {"type": "string"}}))).await;
    house
        .put(
            json!({"kind": "role", "app": "crm", "name": "staff", "grants": [{"form": "client", "actions": ["read"]}]}),
        )
        .await;
    house.call("POST", "/api/publications", json!({})).await;
    let cx = Context::system(house.server.app.engine(), "test");
    accounts::create_user(
        &cx,
        &json!({"login": "ann", "name": "Ann", "password": support::PASSWORD, "roles": ["staff"]}),
    )
    .await
    .unwrap();
    let reply = house
        .server
        .call("POST", "/api/session", &[], &json!({"login": "ann", "password": support::PASSWORD}).to_string())
        .await;
    let cookie = reply.header("set-cookie").split(';').next().unwrap().to_string();
    let csrf = reply.json()["csrf"].as_str().unwrap().to_string();
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    for (method, path, body) in [
        ("GET", "/api/definitions", String::new()),
        ("GET", "/api/definitions/form/client", String::new()),
        ("PUT", "/api/definitions/form/client", client(json!({})).to_string()),
        ("DELETE", "/api/definitions/form/client", String::new()),
        ("GET", "/api/definitions/form/client/usage", String::new()),
        ("POST", "/api/publications/plan", "{}".into()),
        ("POST", "/api/publications", "{}".into()),
        ("POST", "/api/publications/1/rollback", "{}".into()),
        ("GET", "/api/publications", String::new()),
        ("GET", "/api/publications/1", String::new()),
        ("POST", "/api/definitions/names", json!({"titles": ["A"]}).to_string()),
        ("GET", "/api/apps/crm/export.zip", String::new()),
        ("POST", "/api/apps/import", json!({"documents": [app()]}).to_string()),
        ("POST", "/api/apps/trade_crm/install", "{}".into()),
    ] {
        let reply = house.server.call(method, path, &headers, &body).await;
        assert_eq!(reply.problem(), (403, "forbidden".into()), "{method} {path}");
    }
    for path in ["/design", "/design/crm", "/design/crm/publish", "/design/crm/revisions", "/design/crm/form/client"] {
        let reply = house.server.call("GET", path, &headers[..1], "").await;
        assert_eq!(reply.status, 403, "{path}");
    }
    let home = house.server.call("GET", "/", &headers[..1], "").await;
    assert_eq!(home.status, 200);
    assert!(!String::from_utf8_lossy(&home.body).contains("/design"), "the designer is not linked");
}

#[tokio::test]
async fn the_use_of_a_field_is_told_by_place_and_names_are_proposed_for_titles() {
    let house = House::open().await;
    house.put(app()).await;
    let mut doc = client(json!({"name": {"type": "string"}, "note": {"type": "string"}}));
    doc["views"] = json!([{"name": "all", "fields": ["name", "note"]}]);
    assert_eq!(house.put(doc).await.status, 200);
    house.put(json!({"kind": "role", "app": "crm", "name": "staff", "grants": [{"form": "client", "actions": ["read"], "hidden": ["note"]}]})).await;
    let used = house.call("GET", "/api/definitions/form/client/usage?field=note", Json::Null).await.json();
    let places: Vec<String> = used["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| format!("{} {}", i["kind"].as_str().unwrap(), i["at"]))
        .collect();
    assert_eq!(places, [r#"form ["/views/0/fields/1"]"#, r#"role ["/grants/0/hidden/0"]"#]);
    let names = house
        .call("POST", "/api/definitions/names", json!({"titles": ["客户名称", "Name", "Name"], "taken": ["name"]}))
        .await
        .json();
    assert_eq!(names["names"], json!(["ke_hu_ming_cheng", "name_2", "name_3"]));
}

#[tokio::test]
async fn pages_of_the_designer_are_drawn_for_who_may_design_and_404_where_there_is_nothing() {
    let house = House::open().await;
    house.put(app()).await;
    house.put(client(json!({"name": {"type": "string"}}))).await;
    let headers = [("authorization", house.bearer.as_str()), ("accept-language", "zh-CN")];
    for (path, words) in [
        ("/design", "data-screen=\"apps\""),
        ("/design/crm", "data-screen=\"app\""),
        ("/design/crm/publish", "data-screen=\"plan\""),
        ("/design/crm/revisions", "data-screen=\"revisions\""),
        ("/design/crm/form/client", "data-types=\"text long_text"),
    ] {
        let reply = house.server.call("GET", path, &headers, "").await;
        let html = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(reply.status == 200 && html.contains(words), "{path}: {} {html}", reply.status);
    }
    let preview = house.server.call("GET", "/design/crm/form/client/preview", &headers, "").await;
    let html = String::from_utf8_lossy(&preview.body).into_owned();
    assert!(preview.status == 200 && html.contains("record-form"), "{} {html}", preview.status);
    for path in ["/design/other", "/design/crm/form/nothing", "/design/crm/role/client"] {
        assert_eq!(house.server.call("GET", path, &headers, "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_form_is_proposed_for_the_rows_of_a_file() {
    let house = House::open().await;
    house.put(app()).await;
    let csv = "Customer,Day,Amount,State,Paid\nA,2026-11-01,USD 12.50,new,yes\nB,2026-11-02,USD 3,open,no\nC,2026-11-03,$4,new,yes\nD,2026-11-04,USD 5,open,no\nE,2026-11-05,USD 6,new,no\nF,2026-11-06,USD 7,new,no\n";
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"tickets.csv\"\r\n\r\n{csv}\r\n--x--\r\n"
    );
    let send = |app: &'static str| {
        Request::post(format!("/api/definitions/propose?app={app}"))
            .header("authorization", &house.bearer)
            .header("content-type", "multipart/form-data; boundary=x")
            .body(Body::from(body.clone()))
            .unwrap()
    };
    let proposal = house.server.send(send("crm")).await.json();
    let fields: Vec<String> = proposal["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| format!("{}:{}", f["name"].as_str().unwrap(), f["type"].as_str().unwrap()))
        .collect();
    assert_eq!(fields, ["customer:text", "day:date", "amount:money", "state:choice", "paid:boolean"]);
    assert_eq!((&proposal["rows"], &proposal["title"]), (&json!(6), &json!("tickets")));
    assert_eq!(proposal["fields"][2]["property"]["field"]["currency"], "USD");
    assert_eq!(proposal["fields"][3]["property"]["oneOf"][1]["title"], "open");
}
