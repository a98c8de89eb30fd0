//! An installation for tests of files of rows: documents published, a clock that can be moved, imports and exports run to
//! their end.
#![allow(dead_code)]

use chrono::{DateTime, Utc};
use formwright_core::definition::Document;
use formwright_engine::exchange::{ExportRequest, ImportRequest, OutFile, Upload};
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::{CountMode, ListRequest};
use formwright_engine::{Authority, Context, Engine, EngineError, Settings, accounts, jobs, organisation};
use formwright_exchange::source::{Cell, OpenOptions, open};
use formwright_exchange::write::Out;
use formwright_exchange::write::xlsx::{Column, XlsxWriter};
use formwright_store::Db;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;

/// An installation with a clock that can be moved.
pub struct House {
    pub engine: Engine,
    clock: Arc<AtomicI64>,
    _data: TempDir,
}

pub fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds")
}

pub fn read_json(path: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
}

/// The documents of a shipped app.
pub fn app(name: &str) -> Vec<Json> {
    let folder = seeds().join(name);
    let mut out = vec![read_json(&folder.join("app.json"))];
    for kind in ["options", "forms", "roles"] {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder.join(kind)).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        out.extend(paths.iter().map(|p| read_json(p)));
    }
    out
}

impl House {
    pub async fn open(db: Db, documents: Vec<Json>) -> House {
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

    pub fn system(&self) -> Context {
        Context::system(&self.engine, "test")
    }

    pub fn pass(&self, hours: i64) {
        self.clock.fetch_add(hours * 3_600_000_000, Ordering::Relaxed);
    }

    pub async fn person(&self, login: &str, roles: &[&str]) -> Context {
        let known = organisation::fresh(&self.engine).await.unwrap();
        if known.user_by_login(login).is_none() {
            let body = json!({"login": login, "name": login, "password": "plywood and hardware", "roles": roles});
            accounts::create_user(&self.system(), &body).await.unwrap();
        }
        let principal = accounts::principal_of(&self.system(), login).await.unwrap();
        Context { authority: Authority::Person(principal), ..self.system() }
    }

    /// Imports and gives the finished job.
    pub async fn import(
        &self,
        cx: &Context,
        form: &str,
        file: &[u8],
        request: ImportRequest,
    ) -> Result<Json, EngineError> {
        let name = if file.starts_with(b"PK") { "rows.xlsx" } else { "rows.csv" };
        let id = self.engine.import(cx, form, Upload { name: name.into(), bytes: file.to_vec() }, request).await?;
        jobs::run_due(&self.engine).await.unwrap();
        let job = self.engine.job(cx, id).await.unwrap();
        assert!(["done", "failed"].contains(&job["state"].as_str().unwrap()), "{job}");
        Ok(job)
    }

    pub async fn export(
        &self,
        cx: &Context,
        form: &str,
        request: ExportRequest,
    ) -> Result<(Vec<u8>, u64), EngineError> {
        let out = self.engine.export(cx, form, request).await?;
        let rows = out.rows;
        Ok((bytes_of(out), rows))
    }

    pub async fn records(&self, cx: &Context, form: &str) -> Vec<Map<String, Json>> {
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

    pub async fn count(&self, form: &str, filter: Option<Json>) -> i64 {
        let request = ListRequest { limit: 1, filter, count: CountMode::Exact, ..ListRequest::default() };
        let page: Json =
            serde_json::from_slice(&self.engine.list(&self.system(), form, request).await.unwrap()).unwrap();
        page["count"].as_i64().unwrap()
    }
}

pub fn bytes_of(mut out: OutFile) -> Vec<u8> {
    let mut bytes = Vec::new();
    out.file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, out.size);
    bytes
}

pub fn code(error: &EngineError) -> &'static str {
    match error {
        EngineError::Refused(r) => r.code.code,
        other => panic!("{other:?}"),
    }
}

pub fn workbook(head: &[&str], rows: &[Vec<Out>]) -> Vec<u8> {
    let mut writer = XlsxWriter::new("Data", head.iter().map(|t| Column::titled(*t)).collect(), false).unwrap();
    for row in rows {
        writer.row(row).unwrap();
    }
    let mut out = std::io::Cursor::new(Vec::new());
    writer.finish(&mut out).unwrap();
    out.into_inner()
}

/// Headings and rows of a workbook, as cells.
pub fn rows_of(bytes: &[u8]) -> (Vec<String>, Vec<Vec<Cell>>) {
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

pub fn faulty(job: &Json) -> BTreeMap<u64, BTreeSet<String>> {
    let mut out: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for fault in job["faults"].as_array().unwrap() {
        assert!(fault["message"].as_str().unwrap().len() > 5, "{fault}");
        out.entry(fault["row"].as_u64().unwrap()).or_default().insert(fault["field"].as_str().unwrap().into());
    }
    out
}
