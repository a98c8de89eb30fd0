//! A server of a test's own and the people who use it.

use crate::cluster;
use formwright_core::definition::Document;
use formwright_engine::apps::{self, SaveSink};
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::{Context, Engine, Settings, accounts, jobs};
use formwright_server::serve::serve;
use formwright_server::{App, ServerConfig, TestClock, router};
use formwright_store::{Db, Durability, PgOptions, SqliteOptions};
use serde_json::{Value as Json, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub const PASSWORD: &str = "Accept-7391-Linyi!";
/// When the tests happen.
pub const NOW: &str = "2026-11-20T10:00:00Z";

/// Makes a test for each database of every body.
macro_rules! on_both {
    ($(fn $name:ident($site:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            fn body($site: &$crate::site::Site) $body
            #[test]
            fn sqlite() {
                body(&$crate::site::Site::open($crate::site::Database::Sqlite));
            }
            #[test]
            fn postgres() {
                body(&$crate::site::Site::open($crate::site::Database::Postgres));
            }
        }
    )*};
}

pub enum Database {
    Sqlite,
    Postgres,
}

/// A running server with an empty installation.
pub struct Site {
    pub engine: Engine,
    pub clock: TestClock,
    pub address: String,
    agent: ureq::Agent,
    runtime: Runtime,
    /// The server and the name of the database made for this test.
    made: Option<(String, String)>,
    folder: Option<tempfile::TempDir>,
}

impl Site {
    pub fn open(database: Database) -> Site {
        let runtime = runtime();
        let folder = tempfile::tempdir().unwrap();
        let clock: TestClock = NOW.parse().unwrap();
        let made = match database {
            Database::Sqlite => None,
            Database::Postgres => {
                let name = format!("e2e_{}", tempfile_name(folder.path()));
                Some((cluster::url(), name))
            }
        };
        let (engine, address) = runtime.block_on(async {
            let db = match &made {
                None => {
                    let options = SqliteOptions { durability: Durability::Normal, readers: 2 };
                    Db::open_sqlite(&folder.path().join("data.db"), options).await.unwrap()
                }
                Some((server, name)) => {
                    let mut admin = PgConnection::connect(server).await.unwrap();
                    admin.execute(sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))).await.unwrap();
                    open_postgres(server, name).await
                }
            };
            start(db, folder.path(), &clock).await
        });
        Site { engine, clock, address, agent: agent(), runtime, made, folder: Some(folder) }
    }

    /// Another process, as it were, of the same installation: its own connections, its own memory, its own address. It ends first.
    pub fn another_node(&self) -> Site {
        let runtime = runtime();
        let (server, name) = self.made.as_ref().expect("several nodes share PostgreSQL");
        let folder = self.folder.as_ref().unwrap().path();
        let (engine, address) =
            runtime.block_on(async { start(open_postgres(server, name).await, folder, &self.clock).await });
        Site { engine, clock: self.clock.clone(), address, agent: agent(), runtime, made: None, folder: None }
    }

    /// The operator's own authority.
    fn operator(&self) -> Context {
        Context::system(&self.engine, "test")
    }

    /// Publishes definitions as the operator.
    pub fn publish(&self, documents: Vec<Json>) {
        self.runtime.block_on(async {
            let cx = self.operator();
            for json in documents {
                let document = Document::read(json.clone()).unwrap();
                publish::save_draft(&cx, document.key.kind, &document.key.name, json, None).await.unwrap();
            }
            publish::publish(&cx, &Publication { confirm_all: true, ..Publication::default() }).await.unwrap();
        });
    }

    /// The trade apps with their reference data and people, without sample records.
    pub fn trade(&self) {
        self.runtime.block_on(async {
            apps::install(&self.operator(), "trade_crm", None, &mut SaveSink).await.unwrap();
            let folder = root().join("seeds/trade_base/data/sample");
            let (people, departments) = (read(&folder.join("_users.json")), read(&folder.join("_departments.json")));
            accounts::load_people(&self.engine, &people, &departments, PASSWORD).await.unwrap();
        });
    }

    /// The trade apps with everything that a demonstration has.
    pub fn demo(&self) {
        self.runtime.block_on(apps::install(&self.operator(), "trade_crm", Some(PASSWORD), &mut SaveSink)).unwrap();
    }

    /// A new person with roles, signed in; gives the client, whose `id` is the person's.
    pub fn person(&self, login: &str, roles: &[&str]) -> Client<'_> {
        let body = json!({"login": login, "name": login, "password": PASSWORD, "roles": roles});
        self.runtime.block_on(async { accounts::create_user(&self.operator(), &body).await.unwrap() });
        self.token(login)
    }

    /// A new administrator, signed in.
    pub fn admin(&self) -> Client<'_> {
        self.person("admin", &["admin"])
    }

    /// Someone who is there, by a token made over HTTP.
    pub fn token(&self, login: &str) -> Client<'_> {
        let session = self.session(login);
        let made = session.post("/api/tokens", json!({"name": "test"}));
        assert_eq!(made.status, 201, "{}", made.text());
        let bearer = format!("Bearer {}", made.json()["token"].as_str().unwrap());
        Client { headers: vec![("authorization".into(), bearer)], id: session.id, site: self }
    }

    /// Someone who is there, by cookie.
    pub fn session(&self, login: &str) -> Client<'_> {
        let reply = self.visitor().post("/api/session", json!({"login": login, "password": PASSWORD}));
        assert_eq!(reply.status, 200, "{}", reply.text());
        let (cookie, _) = reply.header("set-cookie").split_once(';').unwrap();
        let csrf = reply.json()["csrf"].as_str().unwrap().to_string();
        Client {
            headers: vec![("cookie".into(), cookie.into()), ("x-csrf-token".into(), csrf)],
            id: reply.json()["user"]["id"].as_str().unwrap().into(),
            site: self,
        }
    }

    /// Nobody.
    pub fn visitor(&self) -> Client<'_> {
        Client { headers: Vec::new(), id: String::new(), site: self }
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into()
}

async fn open_postgres(server: &str, name: &str) -> Db {
    let (base, _) = server.rsplit_once('/').unwrap();
    Db::open_postgres(&format!("{base}/{name}"), PgOptions { max_connections: 8 }).await.unwrap()
}

/// Serves an installation; gives its engine and its address.
async fn start(db: Db, folder: &Path, clock: &TestClock) -> (Engine, String) {
    let settings = Settings { data: folder.to_path_buf(), ..Settings::default() };
    let told = clock.clone();
    let engine = Engine::open_with(db, settings, Keys::from_bytes([7; 32]).unwrap(), move || told.now()).await.unwrap();
    jobs::start(&engine);
    let app = App::new(engine.clone(), ServerConfig::default(), Some(clock.clone()), formwright_designer::OPERATIONS);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let routes = router(app.clone(), formwright_designer::routes().and(formwright_designer::pages(&app)));
    tokio::spawn(async move { serve(&app, listener, routes, std::future::pending()).await });
    (engine, address)
}

impl Drop for Site {
    fn drop(&mut self) {
        let made = self.made.take();
        self.runtime.block_on(async {
            let _ = self.engine.db().close().await;
            if let Some((server, name)) = made
                && let Ok(mut admin) = PgConnection::connect(&server).await
            {
                let _ = admin.execute(sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))).await;
            }
        });
    }
}

/// The random part of a temporary folder's name, with the process: a database name that nobody else has.
fn tempfile_name(folder: &Path) -> String {
    let random: String = folder.file_name().unwrap().to_string_lossy().bytes().map(|b| format!("{b:02x}")).collect();
    format!("{}_{}", std::process::id(), random.chars().rev().take(16).collect::<String>())
}

/// The project's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Somebody who sends requests.
#[derive(Clone)]
pub struct Client<'a> {
    pub headers: Vec<(String, String)>,
    /// The person's id.
    pub id: String,
    pub site: &'a Site,
}

pub struct Reply {
    pub status: u16,
    headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Client<'_> {
    /// The same person with another header.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut headers: Vec<_> = self.headers.iter().filter(|(n, _)| n != name).cloned().collect();
        headers.push((name.into(), value.into()));
        Client { headers, id: self.id.clone(), site: self.site }
    }

    pub fn send(&self, method: &str, path: &str, kind: &str, body: Option<&[u8]>) -> Reply {
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.site.address));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = match body {
            None => self.site.agent.run(request.body(()).unwrap()),
            Some(body) => {
                if !kind.is_empty() {
                    request = request.header("content-type", kind);
                }
                self.site.agent.run(request.body(body).unwrap())
            }
        };
        let (parts, mut body) = response.unwrap_or_else(|e| panic!("{method} {path}: {e}")).into_parts();
        let body = body.with_config().limit(64 << 20).read_to_vec().unwrap();
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "", None)
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, "", None)
    }

    pub fn post(&self, path: &str, body: Json) -> Reply {
        self.post_text(path, &body.to_string())
    }

    pub fn post_text(&self, path: &str, body: &str) -> Reply {
        self.send("POST", path, "application/json", Some(body.as_bytes()))
    }

    pub fn patch(&self, path: &str, body: Json) -> Reply {
        self.send("PATCH", path, "application/json", Some(body.to_string().as_bytes()))
    }

    pub fn put(&self, path: &str, body: Json) -> Reply {
        self.send("PUT", path, "application/json", Some(body.to_string().as_bytes()))
    }

    /// Creates a record that must be taken; gives it.
    pub fn create(&self, form: &str, body: Json) -> Json {
        let reply = self.post(&format!("/api/records/{form}"), body);
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()
    }

    /// A query that must be answered; gives its items.
    pub fn items(&self, form: &str, query: Json) -> Vec<Json> {
        let reply = self.post(&format!("/api/records/{form}/query"), query);
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["items"].as_array().unwrap().clone()
    }

    /// How many records this person sees.
    pub fn count(&self, form: &str) -> i64 {
        let reply = self.post(&format!("/api/records/{form}/query"), json!({"limit": 1, "count": "exact"}));
        reply.json()["count"].as_i64().unwrap()
    }

    /// Parts of a form as a browser sends them; files are `(name, file name, bytes)`.
    pub fn post_parts(&self, path: &str, texts: &[(&str, &str)], file: (&str, &str, &[u8])) -> Reply {
        let mut body = Vec::new();
        for (name, value) in texts {
            body.extend(
                format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes(),
            );
        }
        let (name, file_name, bytes) = file;
        body.extend(
            format!(
                "--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
            )
            .into_bytes(),
        );
        body.extend(bytes);
        body.extend(b"\r\n--edge--\r\n");
        self.send("POST", path, "multipart/form-data; boundary=edge", Some(&body))
    }

    /// The job when it has ended.
    pub fn job(&self, id: &str) -> Json {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
        loop {
            let job = self.get(&format!("/api/jobs/{id}")).json();
            match job["state"].as_str() {
                Some("done" | "failed" | "cancelled") => return job,
                _ => assert!(std::time::Instant::now() < until, "{job}"),
            }
            // the job has its own pace; asking without a pause would take the processor from it
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Status and code of a refusal, which must be a problem document.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{} {}", self.status, self.text());
        let json = self.json();
        assert_eq!(json["status"], self.status);
        for member in ["type", "title", "detail"] {
            assert!(json[member].as_str().is_some_and(|t| !t.is_empty()), "{member}: {json}");
        }
        (self.status, json["code"].as_str().unwrap().to_string())
    }

    /// Field and code of every fault, in order of the fields.
    pub fn faults(&self) -> Vec<(String, String)> {
        self.problem();
        let json = self.json();
        let text = |fault: &Json, member: &str| fault[member].as_str().unwrap().to_string();
        let mut out: Vec<_> =
            json["errors"].as_array().unwrap().iter().map(|f| (text(f, "field"), text(f, "code"))).collect();
        out.sort();
        out
    }
}

/// A query parameter as it stands in an address.
pub fn escape(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
