//! Records are written along one path and read as the caller may see them, alike on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "records/long_texts.rs"]
mod long_texts;
#[path = "records/reading.rs"]
mod reading;
#[path = "records/sight.rs"]
mod sight;
#[path = "../../store/tests/support/mod.rs"]
mod support;
#[path = "records/writing.rs"]
mod writing;

use chrono::{DateTime, Utc};
use formwright_core::definition::Document;
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::ListRequest;
use formwright_engine::{Authority, Context, Engine, EngineError, Principal, Settings, Via, accounts, organisation};
use formwright_store::Db;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

/// An installation with a small sales app, two salespeople and their manager.
struct House {
    engine: Engine,
}

fn definitions() -> Vec<Json> {
    let own = json!({"field": "owner", "op": "eq", "value": {"var": "me"}});
    vec![
        json!({"kind": "app", "name": "crm", "app": "crm", "title": "CRM", "version": "1.0.0", "locale": "en"}),
        json!({"kind": "form", "app": "crm", "name": "customer", "title": "Customer", "title_field": "company", "search": ["company", "note", "contacts.name"],
            "record_owner": "owner", "unique": [["company", "country"]], "record": {"type": "object", "required": ["company"], "properties": {
                "no": {"field": {"type": "serial", "pattern": "C{yyyy}-{seq:4}", "reset": "year"}},
                "company": {"type": "string", "title": "Company", "minLength": 2, "maxLength": 200, "field": {"type": "text"}},
                "tax": {"type": "string", "field": {"type": "text", "unique": "normalized"}},
                "country": {"enum": ["DE", "CN", "US"], "field": {"type": "choice"}},
                "tags": {"type": "array", "field": {"type": "tags"}},
                "limit": {"type": "number", "minimum": 0, "field": {"type": "money", "currency": "USD"}},
                "since": {"type": "string", "format": "date"},
                "seen_at": {"type": "string", "format": "date-time"},
                "owner": {"type": "string", "field": {"type": "user"}, "default": {"var": "me"}},
                "note": {"type": "string", "field": {"type": "long_text"}},
                "contacts": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "required": ["name"], "properties": {
                    "name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}}}}}}}),
        json!({"kind": "form", "app": "crm", "name": "deal", "title": "Deal", "record": {"type": "object", "properties": {
                "customer": {"type": "string", "field": {"type": "link", "form": "customer", "on_delete": "cascade"}},
                "amount": {"type": "number", "field": {"type": "number", "scale": 2}},
                "margin": {"type": "number", "field": {"type": "number", "scale": 2}},
                "signed_on": {"type": "string", "format": "date"}}}}),
        json!({"kind": "role", "app": "crm", "name": "seller", "grants": [
            {"form": "customer", "actions": ["read", "create", "update"], "rows": own, "hidden": ["limit"]},
            {"form": "customer", "actions": ["read"], "rows": {"field": "country", "op": "eq", "value": "US"}, "hidden": ["contacts", "tax", "limit"]},
            {"form": "deal", "actions": ["read", "create"], "rows": {"follows": "customer"}, "hidden": ["margin"]}]}),
        json!({"kind": "role", "app": "crm", "name": "caller", "grants": [
            {"form": "customer", "actions": ["read", "update"], "mask": {"tax": "last4", "contacts.name": "last4"}}]}),
        json!({"kind": "role", "app": "crm", "name": "manager", "grants": [
            {"form": "customer", "actions": ["read", "create", "update", "delete"]}, {"form": "deal", "actions": ["read", "create", "update", "delete"]}]}),
    ]
}

impl House {
    async fn open(db: Db) -> House {
        let now: DateTime<Utc> = "2026-11-20T01:00:00Z".parse().unwrap();
        let engine =
            Engine::open_with(db, Settings::default(), Keys::from_bytes([7; 32]).unwrap(), move || now).await.unwrap();
        let cx = Context::system(&engine, "test");
        for doc in definitions() {
            let document = Document::read(doc.clone()).unwrap();
            publish::save_draft(&cx, document.key.kind, &document.key.name, doc, None).await.unwrap();
        }
        publish::publish(&cx, &Publication { confirm_all: true, ..Default::default() }).await.unwrap();
        for (login, role) in [("ann", "seller"), ("bob", "seller"), ("cat", "caller"), ("may", "manager")] {
            let body = json!({"login": login, "name": login, "password": "plywood and hardware", "roles": [role]});
            accounts::create_user(&Context::system(&engine, "test"), &body).await.unwrap();
        }
        organisation::fresh(&engine).await.unwrap();
        House { engine }
    }

    fn system(&self) -> Context {
        Context::system(&self.engine, "test")
    }

    fn person(&self, login: &str) -> Context {
        let organisation = organisation::current(&self.engine);
        let user = organisation.user_by_login(login).unwrap();
        let role = match login {
            "may" => "manager",
            "cat" => "caller",
            _ => "seller",
        };
        let mut roles = vec!["everyone".to_string(), role.to_string()];
        roles.sort();
        let person =
            formwright_core::query::Person { id: user.row.id, login: login.into(), roles, ..Default::default() };
        let principal = Principal {
            person,
            name: login.into(),
            locale: None,
            time_zone: None,
            admin: false,
            rights: vec![],
            designs: vec![],
            must_enrol: false,
            via: Via::CommandLine("t".into()),
            acting: None,
        };
        Context { authority: Authority::Person(Arc::new(principal)), ..self.system() }
    }

    async fn create(&self, cx: &Context, form: &str, body: Json) -> Result<Json, EngineError> {
        let answer = self.engine.create(cx, form, object(body), None).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap())
    }

    async fn list(&self, cx: &Context, form: &str, request: ListRequest) -> Result<Json, EngineError> {
        Ok(serde_json::from_slice(&self.engine.list(cx, form, request).await?).unwrap())
    }

    async fn companies(&self, cx: &Context, filter: Json) -> Vec<String> {
        let request = ListRequest { filter: Some(filter), sort: vec!["company".into()], ..Default::default() };
        names(&self.list(cx, "customer", request).await.unwrap())
    }
}

fn object(json: Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

fn names(list: &Json) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|r| r["company"].as_str().unwrap().to_string()).collect()
}

fn code(error: &EngineError) -> (&'static str, Vec<(String, &'static str)>) {
    match error {
        EngineError::Refused(r) => (r.code.code, r.faults.iter().map(|f| (f.path.clone(), f.code.code)).collect()),
        other => panic!("{other:?}"),
    }
}

fn id(record: &Json) -> Uuid {
    record["id"].as_str().unwrap().parse().unwrap()
}
