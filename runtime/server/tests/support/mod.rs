//! A server of a test's own, without a network: an engine on a SQLite file in a temporary folder, and requests to its router.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use formwright_engine::keys::Keys;
use formwright_engine::publish::{Publication, publish, save_draft};
use formwright_engine::{Context, Engine, Settings, accounts};
use formwright_server::routes::Routes;
use formwright_server::{App, ServerConfig, router};
use formwright_store::{Db, Durability, SqliteOptions};
use serde_json::{Value as Json, json};
use tower::ServiceExt;

pub const PASSWORD: &str = "Accept-7391-Linyi!";

pub struct Server {
    pub app: App,
    pub router: Router,
    _folder: tempfile::TempDir,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Status and code of a refusal, which must be a problem document.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", String::from_utf8_lossy(&self.body));
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        (self.status.as_u16(), json["code"].as_str().unwrap().to_string())
    }
}

/// A server with an administrator, in the configuration given.
pub async fn server(config: ServerConfig) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions { durability: Durability::Normal, readers: 2 };
    let db = Db::open_sqlite(&folder.path().join("data.db"), options).await.unwrap();
    let settings = Settings { data: folder.path().to_path_buf(), ..Settings::default() };
    let engine =
        Engine::open_with(db, settings, Keys::from_bytes([7; 32]).unwrap(), || std::time::SystemTime::now().into())
            .await
            .unwrap();
    let body = json!({"login": "admin", "name": "Admin", "password": PASSWORD, "roles": ["admin"]});
    accounts::create_user(&Context::system(&engine, "test"), &body).await.unwrap();
    let app = App::new(engine, config, None, &[]);
    Server { router: router(app.clone(), Routes::default()), app, _folder: folder }
}

/// Publishes definitions.
pub async fn install(server: &Server, docs: Vec<Json>) {
    let cx = Context::system(server.app.engine(), "test");
    for doc in docs {
        let (kind, name) = (doc["kind"].as_str().unwrap().to_string(), doc["name"].as_str().unwrap().to_string());
        save_draft(&cx, formwright_core::definition::Kind::parse(&kind).unwrap(), &name, doc, None).await.unwrap();
    }
    publish(&cx, &Publication { confirm_all: true, ..Publication::default() }).await.unwrap();
}

impl Server {
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Reply { status: parts.status, headers: parts.headers, body: to_bytes(body, 64 << 20).await.unwrap().to_vec() }
    }

    /// A request with headers, and a body where it is not empty.
    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_empty() && !headers.iter().any(|(n, _)| *n == "content-type") {
            request = request.header("content-type", "application/json");
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Signs the administrator in: cookie and token against forgery.
    pub async fn sign_in(&self, base: &str) -> (String, String) {
        let reply = self
            .call(
                "POST",
                &format!("{base}/api/session"),
                &[],
                &json!({"login": "admin", "password": PASSWORD}).to_string(),
            )
            .await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let cookie = reply.header("set-cookie").split(';').next().unwrap().to_string();
        (cookie, reply.json()["csrf"].as_str().unwrap().to_string())
    }

    /// A personal token of the administrator, as a header.
    pub async fn bearer(&self) -> String {
        let (cookie, csrf) = self.sign_in("").await;
        let reply = self
            .call("POST", "/api/tokens", &[("cookie", &cookie), ("x-csrf-token", &csrf)], r#"{"name":"test"}"#)
            .await;
        format!("Bearer {}", reply.json()["token"].as_str().unwrap())
    }
}
