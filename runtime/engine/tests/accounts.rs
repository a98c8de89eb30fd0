//! People come in and are kept out, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "accounts/administrator.rs"]
mod administrator;
#[path = "accounts/people.rs"]
mod people;
#[path = "accounts/second_factor.rs"]
mod second_factor;
#[path = "accounts/secrets.rs"]
mod secrets;
#[path = "accounts/session.rs"]
mod session;
#[path = "accounts/sign_in.rs"]
mod sign_in;
#[path = "../../store/tests/support/mod.rs"]
mod support;
#[path = "accounts/token.rs"]
mod token;

use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::catalog::Catalog;
use formwright_core::definition::Document;
use formwright_core::plan::identity;
use formwright_engine::accounts::{self, Client, SignedIn};
use formwright_engine::keys::Keys;
use formwright_engine::{Authority, Context, Engine, EngineError, Parts, Settings};
use formwright_store::{Db, tables};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

const PASSWORD: &str = "plywood and hardware";

/// An installation with a clock that stands still, an administrator `root` and two roles.
struct House {
    engine: Engine,
    clock: Arc<Mutex<DateTime<Utc>>>,
}

fn catalog() -> Catalog {
    let docs = [
        json!({"kind": "app", "name": "crm", "title": "CRM"}),
        json!({"kind": "form", "app": "crm", "name": "customer", "title": "Customer", "record": {"type": "object", "properties": {"company": {"type": "string"}}}}),
        json!({"kind": "role", "app": "crm", "name": "staff", "grants": [{"form": "customer", "actions": ["read"]}]}),
        json!({"kind": "role", "app": "crm", "name": "seller", "inherits": ["staff"], "grants": [{"form": "customer", "actions": ["create", "update"]}]}),
        json!({"kind": "role", "app": "crm", "name": "people", "inherits": ["staff"], "rights": ["manage_people"]}),
        json!({"kind": "role", "app": "crm", "name": "auditor", "second_factor": true, "rights": ["audit"]}),
        json!({"kind": "role", "app": "crm", "name": "keeper", "rights": ["secrets"]}),
    ];
    let mut ids = 1_u128..;
    let documents = docs.into_iter().map(|doc| {
        let mut document = Document::read(doc).unwrap();
        // as a publication gives them
        identity::assign(document.key.kind, &mut document.doc, &[], &|_| false, &mut || ids.next().unwrap());
        document
    });
    Catalog::build(1, documents.collect()).unwrap()
}

impl House {
    async fn open(db: Db) -> House {
        tables::migrate(&db).await.unwrap();
        let clock = Arc::new(Mutex::new("2026-11-20T01:00:00Z".parse().unwrap()));
        let hands = clock.clone();
        let engine = Engine::from(Parts {
            db,
            settings: Settings::default(),
            catalog: catalog(),
            keys: Keys::from_bytes([7; 32]).unwrap(),
            clock: Box::new(move || *hands.lock()),
        });
        let house = House { engine, clock };
        house.add("root", json!(["admin"])).await;
        house
    }

    /// Another process on the same database.
    fn twin(&self) -> House {
        self.twin_with(self.engine.settings().clone())
    }

    fn twin_with(&self, settings: Settings) -> House {
        let hands = self.clock.clone();
        let engine = Engine::from(Parts {
            db: self.engine.db().clone(),
            settings,
            catalog: catalog(),
            keys: Keys::from_bytes([7; 32]).unwrap(),
            clock: Box::new(move || *hands.lock()),
        });
        House { engine, clock: self.clock.clone() }
    }

    fn pass(&self, seconds: i64) {
        *self.clock.lock() += TimeDelta::seconds(seconds);
    }

    fn system(&self) -> Context {
        Context::system(&self.engine, "command line")
    }

    async fn add(&self, login: &str, roles: Json) -> Uuid {
        let body = json!({"login": login, "name": login, "password": PASSWORD, "roles": roles});
        let (user, link) = accounts::create_user(&self.system(), &body).await.unwrap();
        assert_eq!(link, None);
        user["id"].as_str().unwrap().parse().unwrap()
    }

    async fn enter(&self, login: &str) -> SignedIn {
        accounts::sign_in(&self.engine, &client(), login, PASSWORD).await.unwrap()
    }

    /// A request with that cookie, while it is good.
    async fn request(&self, cookie: &str) -> Option<Context> {
        let seen = accounts::principal_for_session(&self.engine, cookie).await.unwrap()?;
        Some(Context { authority: Authority::Person(seen.principal), ..self.system() })
    }

    async fn with_token(&self, token: &str) -> Option<Context> {
        let seen = accounts::principal_for_token(&self.engine, token).await.unwrap()?;
        Some(Context { authority: Authority::Person(seen.principal), ..self.system() })
    }
}

fn client() -> Client {
    Client {
        address: Some("192.0.2.7".parse().unwrap()),
        agent: Some("test".into()),
        device: None,
        request: Arc::from("r1"),
    }
}

/// The code of a refusal.
fn code<T: std::fmt::Debug>(result: Result<T, EngineError>) -> &'static str {
    match result {
        Err(EngineError::Refused(refusal)) => refusal.code.code,
        other => panic!("{other:?}"),
    }
}

fn wait<T>(result: Result<T, EngineError>) -> u64 {
    match result {
        Err(EngineError::Refused(refusal)) if refusal.code.code == "rate_limited" => refusal.retry_after.unwrap(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("let through"),
    }
}

async fn count(db: &Db, text: &'static str) -> i64 {
    support::number(db, text).await
}
