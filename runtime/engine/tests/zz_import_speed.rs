//! Files of rows go in and come out, alike on both databases: what is wrong is told by row, and what comes out goes back in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../store/tests/support/mod.rs"]
mod support;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use formwright_core::definition::Document;
use formwright_engine::exchange::{ExportFormat, ExportRequest, ImportMode, ImportRequest, OutFile, Upload};
use formwright_engine::files::{self, Size, UploadTarget};
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::{CountMode, ListRequest, ReadRequest};
use formwright_engine::{Authority, Context, Engine, EngineError, Settings, accounts, jobs, organisation};
use formwright_exchange::source::{Cell, OpenOptions, open};
use formwright_exchange::write::Out;
use formwright_exchange::write::xlsx::{Column, XlsxWriter};
use formwright_store::Db;
use futures_util::stream;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use support::on_both;
use tempfile::TempDir;
use uuid::Uuid;

/// An installation with a clock that can be moved.
struct House {
    engine: Engine,
    clock: Arc<AtomicI64>,
    _data: TempDir,
}

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds")
}

fn read_json(path: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
}

/// The documents of a shipped app.
fn app(name: &str) -> Vec<Json> {
    let folder = seeds().join(name);
    let mut out = vec![read_json(&folder.join("app.json"))];
    for kind in ["options", "forms", "roles"] {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.join(kind)).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        out.extend(paths.iter().map(|p| read_json(p)));
    }
    out
}

impl House {
    async fn open(db: Db, documents: Vec<Json>) -> House {
        let data = tempfile::tempdir().unwrap();
        let start: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap();
        let clock = Arc::new(AtomicI64::new(start.timestamp_micros()));
        let told = clock.clone();
        let settings = Settings { data: data.path().to_path_buf(), ..Settings::default() };
        let now = move || DateTime::from_timestamp_micros(told.load(Ordering::Relaxed)).unwrap();
        let engine = Engine::open_with(db, settings, Keys::from_bytes([7; 32]).unwrap(), now).await.unwrap();
        let cx = Context::system(&engine, "test");
        for doc in documents {
            let document = Document::read(doc.clone()).unwrap();
            publish::save_draft(&cx, document.key.kind, &document.key.name, doc, None).await.unwrap();
        }
        publish::publish(&cx, &Publication { confirm_all: true, ..Default::default() }).await.unwrap();
        House { engine, clock, _data: data }
    }

    fn system(&self) -> Context {
        Context::system(&self.engine, "test")
    }

    fn pass(&self, hours: i64) {
        self.clock.fetch_add(hours * 3_600_000_000, Ordering::Relaxed);
    }

    async fn person(&self, login: &str, roles: &[&str]) -> Context {
        let known = organisation::fresh(&self.engine).await.unwrap();
        if known.user_by_login(login).is_none() {
            let body = json!({"login": login, "name": login, "password": "plywood and hardware", "roles": roles});
            accounts::create_user(&self.system(), &body).await.unwrap();
        }
        let principal = accounts::principal_of(&self.system(), login).await.unwrap();
        Context { authority: Authority::Person(principal), ..self.system() }
    }

    /// Imports and gives the finished job.
    async fn import(&self, cx: &Context, form: &str, file: &[u8], request: ImportRequest) -> Result<Json, EngineError> {
        let name = if file.starts_with(b"PK") { "rows.xlsx" } else { "rows.csv" };
        let id = self.engine.import(cx, form, Upload { name: name.into(), bytes: file.to_vec() }, request).await?;
        jobs::run_due(&self.engine).await.unwrap();
        let job = self.engine.job(cx, id).await.unwrap();
        assert!(["done", "failed"].contains(&job["state"].as_str().unwrap()), "{job}");
        Ok(job)
    }

    async fn export(&self, cx: &Context, form: &str, request: ExportRequest) -> Result<(Vec<u8>, u64), EngineError> {
        let out = self.engine.export(cx, form, request).await?;
        let rows = out.rows;
        Ok((bytes_of(out), rows))
    }

    async fn records(&self, cx: &Context, form: &str) -> Vec<Map<String, Json>> {
        let mut out = Vec::new();
        let mut cursor = None;
        loop {
            let request = ListRequest { limit: 500, cursor: cursor.clone(), ..ListRequest::default() };
            let page: Json = serde_json::from_slice(&self.engine.list(cx, form, request).await.unwrap()).unwrap();
            out.extend(page["items"].as_array().unwrap().iter().map(|r| r.as_object().unwrap().clone()));
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_string()),
                None => return out,
            }
        }
    }

    async fn count(&self, form: &str, filter: Option<Json>) -> i64 {
        let request = ListRequest { limit: 1, filter, count: CountMode::Exact, ..ListRequest::default() };
        let page: Json = serde_json::from_slice(&self.engine.list(&self.system(), form, request).await.unwrap()).unwrap();
        page["count"].as_i64().unwrap()
    }
}

fn bytes_of(mut out: OutFile) -> Vec<u8> {
    let mut bytes = Vec::new();
    out.file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, out.size);
    bytes
}

fn code(error: &EngineError) -> &'static str {
    match error {
        EngineError::Refused(r) => r.code.code,
        other => panic!("{other:?}"),
    }
}

fn workbook(head: &[&str], rows: &[Vec<Out>]) -> Vec<u8> {
    let mut writer = XlsxWriter::new("Data", head.iter().map(|t| Column::titled(*t)).collect(), false).unwrap();
    for row in rows {
        writer.row(row).unwrap();
    }
    let mut out = std::io::Cursor::new(Vec::new());
    writer.finish(&mut out).unwrap();
    out.into_inner()
}

/// Headings and rows of a workbook, as cells.
fn rows_of(bytes: &[u8]) -> (Vec<String>, Vec<Vec<Cell>>) {
    let book = open(Arc::<[u8]>::from(bytes), "x", &OpenOptions::default()).unwrap();
    let mut all: Vec<Vec<Cell>> = Vec::new();
    book.for_each_row(0, |row| {
        all.push(row.cells);
        ControlFlow::Continue(())
    })
    .unwrap();
    let head = all.remove(0).iter().map(Cell::shown).collect();
    (head, all)
}

fn faulty(job: &Json) -> BTreeMap<u64, BTreeSet<String>> {
    let mut out: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for fault in job["faults"].as_array().unwrap() {
        assert!(fault["message"].as_str().unwrap().len() > 5, "{fault}");
        out.entry(fault["row"].as_u64().unwrap()).or_default().insert(fault["field"].as_str().unwrap().into());
    }
    out
}

const HEAD: [&str; 9] = ["Code", "Company", "Country", "E-mail", "Signed on", "Amount", "Quantity", "Active", "Note"];
const KEYS: [&str; 9] = ["code", "company", "country", "email", "signed_on", "amount", "quantity", "active", "note"];

fn buyer(name: &str) -> Json {
    json!({"kind": "form", "app": "shop", "name": name, "title": name, "title_field": "company", "record": {"type": "object", "required": ["code", "company", "country"], "properties": {
        "code": {"type": "string", "title": "Code", "field": {"type": "text", "unique": true}},
        "company": {"type": "string", "title": "Company", "minLength": 2},
        "country": {"title": "Country", "enum": ["DE", "US", "CN", "BR", "VN"]},
        "email": {"type": "string", "format": "email", "title": "E-mail"},
        "signed_on": {"type": "string", "format": "date", "title": "Signed on"},
        "amount": {"type": "number", "title": "Amount", "minimum": 0, "maximum": 10_000_000, "field": {"type": "money", "currency": "USD"}},
        "quantity": {"type": "integer", "title": "Quantity", "minimum": 1},
        "active": {"type": "boolean", "title": "Active"},
        "note": {"type": "string", "title": "Note", "field": {"type": "long_text"}}}}})
}

fn shop() -> Vec<Json> {
    let link = |form: &str| json!({"type": "string", "field": {"type": "link", "form": form}});
    vec![
        json!({"kind": "app", "name": "shop", "app": "shop", "title": "Shop", "version": "1.0.0", "locale": "en"}),
        buyer("buyer"),
        buyer("buyer2"),
        json!({"kind": "form", "app": "shop", "name": "deal", "title": "Deal", "key": "number", "record": {"type": "object", "properties": {
            "number": {"type": "string", "field": {"type": "serial", "pattern": "D{seq:4}", "reset": "never"}},
            "buyer": link("buyer"),
            "stage": {"type": "string", "oneOf": [{"const": "open", "title": "Open", "labels": {"zh-CN": "进行中"}}, {"const": "won", "title": "Won / signed"}], "field": {"type": "choice"}},
            "tags": {"type": "array", "field": {"type": "tags"}},
            "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string"}}}},
            "seen_at": {"type": "string", "format": "date-time"},
            "took": {"type": "string", "format": "duration"},
            "share": {"type": "number", "field": {"type": "percent"}},
            "owner": {"type": "string", "field": {"type": "user"}},
            "secret": {"type": "string"},
            "photos": {"type": "array", "field": {"type": "files", "accept": ["image/*"], "max_size": "1MB"}}}}}),
        json!({"kind": "role", "app": "shop", "name": "seller", "grants": [
            {"form": "buyer", "actions": ["read", "create", "update", "import"]},
            {"form": "deal", "actions": ["read", "create", "update"], "rows": {"field": "owner", "op": "eq", "value": {"var": "me"}}, "hidden": ["secret"]}]}),
        json!({"kind": "role", "app": "shop", "name": "head", "limits": {"export_rows": 5}, "grants": [
            {"form": "buyer", "actions": ["read", "export"], "rows": {"field": "country", "op": "eq", "value": "DE"}, "hidden": ["amount"]},
            {"form": "deal", "actions": ["read", "create", "update", "import", "export"], "hidden": ["secret"]}]}),
    ]
}

fn text(value: impl Into<String>) -> Out {
    Out::text(value)
}

fn good(i: usize) -> Vec<Out> {
    let companies = ["Linyi Plywood 木业", "Müller & Söhne", "Zäpfchen, GmbH", "Quote \"Inc\"", "山东工具"];
    let notes = [None, Some("line one\nline two"), Some("=1+1"), Some("+cmd|' /C calc'!A0"), Some("@SUM(A1)"), Some("-2+3"), Some("plain")];
    vec![
        text(format!("K{i:06}")),
        text(format!("{} {i}", companies[i % 5])),
        text(["DE", "US", "CN", "BR", "VN"][i % 5]),
        if i % 3 > 0 { text(format!("a{i}@example.com")) } else { Out::Blank },
        Out::Date(NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Days::new((i % 2000) as u64)),
        Out::Number(rust_decimal::Decimal::new((i * 137 % 1_000_000) as i64, 2)),
        Out::Number((i % 500 + 1).into()),
        Out::Bool(i % 2 == 0),
        notes[i % 7].map_or(Out::Blank, text),
    ]
}

/// What is wrong with the n-th faulty row: the column and its cell.
fn wrong(n: usize) -> (usize, Out) {
    let number = |text: &str| Out::Number(text.parse().unwrap());
    let all = [
        (1, Out::Blank), (1, text("x")), (2, text("Atlantis")), (2, Out::Blank), (0, Out::Blank), (3, text("not an address")), (4, text("31.02.2026")), (4, text("soon")),
        (5, text("many")), (5, number("-5")), (5, number("10000001")), (6, number("0")), (6, number("2.5")), (6, text("ten")), (7, text("perhaps")), (0, text("K000001")),
    ];
    all[n % 16].clone()
}

fn comparable(record: &Map<String, Json>) -> Vec<Json> {
    KEYS.iter().map(|k| record.get(*k).cloned().unwrap_or(Json::Null)).collect()
}


#[test]
fn speed() {
    support::on_sqlite(&|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.system();
        let rows: Vec<Vec<Out>> = (1..=10_000).map(good).collect();
        let file = workbook(&HEAD, &rows);
        for (name, mode) in [("buyer", ImportMode::Create), ("buyer", ImportMode::Upsert)] {
            let began = std::time::Instant::now();
            let id = house.engine.import(&cx, name, Upload { name: "rows.xlsx".into(), bytes: file.clone() }, ImportRequest { mode, key: vec!["code".into()], ..Default::default() }).await.unwrap();
            eprintln!("asked {:?}", began.elapsed());
            jobs::run_due(&house.engine).await.unwrap();
            eprintln!("{mode:?} {:?} {}", began.elapsed(), house.engine.job(&cx, id).await.unwrap()["summary"]);
        }
        let began = std::time::Instant::now();
        let out = house.engine.export(&cx, "buyer", ExportRequest::default()).await.unwrap();
        eprintln!("export {:?} {}", began.elapsed(), out.size);
    });
}
