//! Computed fields across records: lookups, rollups and formulas through links follow every event, alike on both databases.

mod asking;
mod crossing;
mod events;
mod plans;
mod writers;

use chrono::{DateTime, Utc};
use formwright_core::definition::Kind;
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::{CountMode, ListRequest, ReadRequest};
use formwright_engine::{Context, Engine, EngineError, Settings, jobs};
use formwright_store::Db;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

/// An installation with a clock that can be moved.
pub struct Shop {
    pub engine: Engine,
    clock: Arc<AtomicI64>,
}

fn object(json: Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

pub fn id_of(record: &Json) -> Uuid {
    record["id"].as_str().unwrap().parse().unwrap()
}

pub fn form(name: &str, properties: Json) -> Json {
    json!({"kind": "form", "app": "shop", "name": name, "title": name, "record": {"type": "object", "properties": properties}})
}

pub fn formula(expression: &str) -> Json {
    json!({"field": {"type": "formula", "expression": expression}})
}

pub fn number(scale: u32) -> Json {
    json!({"type": "number", "field": {"type": "number", "scale": scale}})
}

pub fn text() -> Json {
    json!({"type": "string"})
}

pub fn link(to: &str, on_delete: &str) -> Json {
    json!({"type": "string", "field": {"type": "link", "form": to, "on_delete": on_delete}})
}

pub fn lookup(via: &str, field: &str) -> Json {
    json!({"field": {"type": "lookup", "via": via, "field": field}})
}

/// A rollup over orders; `more` are its further keys.
pub fn rollup(form: &str, via: &str, function: &str, more: Json) -> Json {
    let mut own = object(json!({"type": "rollup", "form": form, "via": via, "function": function}));
    own.extend(object(more));
    json!({"field": own})
}

impl Shop {
    pub async fn open(db: Db, documents: Vec<Json>) -> Shop {
        let start: DateTime<Utc> = "2026-11-20T01:00:00Z".parse().unwrap();
        let clock = Arc::new(AtomicI64::new(start.timestamp_micros()));
        let told = clock.clone();
        let now = move || DateTime::from_timestamp_micros(told.load(Ordering::Relaxed)).unwrap();
        let engine = Engine::open_with(db, Settings::default(), Keys::from_bytes([7; 32]).unwrap(), now).await.unwrap();
        let shop = Shop { engine, clock };
        if documents.iter().all(|d| d["kind"] != "app") {
            shop.draft(json!({"kind": "app", "app": "shop", "name": "shop", "title": "Shop"})).await;
        }
        for doc in documents {
            shop.draft(doc).await;
        }
        shop.publish().await.unwrap();
        shop
    }

    /// Customers in groups, with orders of products.
    pub async fn usual(db: Db) -> Shop {
        Shop::open(db, usual()).await
    }

    pub fn pass_days(&self, days: i64) {
        self.clock.fetch_add(days * 86_400_000_000, Ordering::Relaxed);
    }

    pub fn cx(&self) -> Context {
        Context::system(&self.engine, "test")
    }

    pub async fn try_draft(&self, doc: Json) -> Result<Json, EngineError> {
        let kind = Kind::parse(doc["kind"].as_str().unwrap()).unwrap();
        let name = doc["name"].as_str().unwrap().to_string();
        Ok(publish::save_draft(&self.cx(), kind, &name, doc, None).await?["draft"].clone())
    }

    pub async fn draft(&self, doc: Json) -> Json {
        self.try_draft(doc).await.unwrap()
    }

    /// What a document is refused for, when it is saved or when it is published.
    pub async fn refused(&self, doc: Json) -> EngineError {
        match self.try_draft(doc).await {
            Err(error) => error,
            Ok(_) => self.publish().await.unwrap_err(),
        }
    }

    pub async fn publish(&self) -> Result<Vec<Json>, EngineError> {
        let all = Publication { confirm_all: true, ..Publication::default() };
        Ok(publish::publish(&self.cx(), &all).await?.steps)
    }

    pub async fn try_create(&self, form: &str, body: Json) -> Result<Json, EngineError> {
        let answer = self.engine.create(&self.cx(), form, object(body), None).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap())
    }

    pub async fn create(&self, form: &str, body: Json) -> Json {
        self.try_create(form, body).await.unwrap()
    }

    pub async fn try_patch(&self, form: &str, record: &Json, body: Json) -> Result<Json, EngineError> {
        let answer = self.engine.update(&self.cx(), form, id_of(record), object(body), None).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap())
    }

    pub async fn patch(&self, form: &str, record: &Json, body: Json) -> Json {
        self.try_patch(form, record, body).await.unwrap()
    }

    pub async fn try_delete(&self, form: &str, record: &Json) -> Result<(), EngineError> {
        self.engine.delete(&self.cx(), form, id_of(record), None).await
    }

    pub async fn delete(&self, form: &str, record: &Json) {
        self.try_delete(form, record).await.unwrap();
    }

    pub async fn restore(&self, form: &str, record: &Json) {
        self.engine.restore(&self.cx(), form, id_of(record)).await.unwrap();
    }

    pub async fn read(&self, form: &str, record: &Json) -> Json {
        self.read_as(&self.cx(), form, record).await
    }

    pub async fn read_as(&self, cx: &Context, form: &str, record: &Json) -> Json {
        let answer = self.engine.read(cx, form, id_of(record), &ReadRequest::default()).await.unwrap();
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// One value of a record, digit for digit.
    pub async fn value(&self, form: &str, record: &Json, field: &str) -> String {
        self.read(form, record).await[field].to_string()
    }

    /// Values of the records that a filter admits, in an order.
    pub async fn list(&self, cx: &Context, form: &str, filter: Json, sort: &str, field: &str) -> Vec<String> {
        let request = ListRequest {
            limit: 100,
            filter: (!filter.is_null()).then_some(filter),
            sort: if sort.is_empty() { Vec::new() } else { vec![sort.to_string()] },
            count: CountMode::None,
            ..ListRequest::default()
        };
        let page: Json = serde_json::from_slice(&self.engine.list(cx, form, request).await.unwrap()).unwrap();
        page["items"].as_array().unwrap().iter().map(|r| r[field].to_string()).collect()
    }

    /// Works off what was put aside, then every kept value must be what it should be.
    pub async fn is_sound(&self) {
        jobs::run_due(&self.engine).await.unwrap();
        let (reports, waiting) = self.engine.compare_computed().await.unwrap();
        assert_eq!(waiting, 0);
        for (form, report) in reports {
            assert_eq!(report.differing, 0, "{form}: {:?}", report.named);
        }
    }
}

/// Groups of customers with orders of products.
fn usual() -> Vec<Json> {
    vec![
        form(
            "region",
            json!({"name": text(), "customers": rollup("customer", "region", "count", json!({})),
                "total": rollup("customer", "region", "sum", json!({"field": "total"})), "label": formula("name & \": \" & total")}),
        ),
        form(
            "customer",
            json!({"name": text(), "floor": number(2), "region": link("region", "clear"), "owner": {"type": "string", "field": {"type": "user"}},
                "tags": {"type": "array", "items": {"enum": ["x", "y", "z"]}, "field": {"type": "choices"}},
                "orders": rollup("order", "customer", "count", json!({})),
                "total": rollup("order", "customer", "sum", json!({"field": "amount"})),
                "mean": rollup("order", "customer", "avg", json!({"field": "amount", "scale": 3})),
                "least": rollup("order", "customer", "min", json!({"field": "amount"})),
                "last_on": rollup("order", "customer", "max", json!({"field": "signed_on"})),
                "last_code": rollup("order", "customer", "latest", json!({"field": "code", "by": "signed_on"})),
                "first_code": rollup("order", "customer", "earliest", json!({"field": "code", "by": "signed_on"})),
                "any_code": rollup("order", "customer", "any", json!({"field": "code"})),
                "codes": rollup("order", "customer", "list", json!({"field": "code"})),
                "kinds": rollup("order", "customer", "count_distinct", json!({"field": "code"})),
                "large": rollup("order", "customer", "count", json!({"filter": {"field": "amount", "op": "ge", "value": {"var": "record.floor"}}})),
                "won": rollup("order", "customer", "sum", json!({"field": "amount", "filter": {"field": "won", "op": "eq", "value": true}})),
                "recent": rollup("order", "customer", "count", json!({"filter": {"field": "signed_on", "op": "within", "value": {"last": 3, "unit": "month"}}})),
                "mine": rollup("order", "customer", "sum", json!({"field": "amount", "scope": "reader"})),
                "half": formula("total / 2"), "label": formula("name & \" \" & half")}),
        ),
        form(
            "product",
            json!({"name": text(), "price": number(2), "sold": rollup("order.lines", "product", "sum", json!({"field": "qty"}))}),
        ),
        form(
            "order",
            json!({"code": text(), "customer": link("customer", "cascade"), "amount": number(2), "won": {"type": "boolean"},
                "signed_on": {"type": "string", "format": "date"},
                "customer_name": lookup("customer", "name"), "customer_total": lookup("customer", "total"), "customer_tags": lookup("customer", "tags"),
                "region": formula("customer.region.name"), "owner_name": formula("customer.owner.name"),
                "share": {"field": {"type": "formula", "expression": "amount / customer.total", "scale": 4}},
                "named": formula("customer_name & \"/\" & code"),
                "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {
                    "product": link("product", "refuse"), "qty": number(0), "price": lookup("product", "price"), "sum": formula("qty * product.price")}}},
                "goods": formula("SUM(lines.sum)"), "names": formula("TEXTJOIN(\", \", TRUE, lines.product.name)")}),
        ),
    ]
}
