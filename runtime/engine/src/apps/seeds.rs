//! The shipped apps, which are part of the program, and installing them.

use super::apply::{Applied, apply_documents};
use super::data::{Loaded, load_data};
use super::folder::{Files, read_files, refused};
use super::people_data;
use super::sink::RecordSink;
use crate::publish::Publication;
use crate::{Context, EngineError, EngineResult};
use formwright_core::definition::{Document, Kind};
use formwright_core::text::{Labels, Title};
use serde_json::Value as Json;
use std::collections::BTreeSet;

mod table {
    include!(concat!(env!("OUT_DIR"), "/seeds.rs"));
}

/// A shipped app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    pub name: String,
    pub title: Title,
    pub description: Title,
    pub version: String,
    pub requires: Vec<String>,
    /// It brings records to look at.
    pub has_sample: bool,
}

/// The files of a shipped app.
pub(super) fn files_of(app: &str) -> Option<Files> {
    let files: Files = table::FILES
        .iter()
        .filter_map(|(path, content)| {
            path.strip_prefix(app)?.strip_prefix('/').map(|below| (below.to_string(), content.to_vec()))
        })
        .collect();
    files.contains_key("app.json").then_some(files)
}

/// All shipped apps, those that others require first.
pub fn shipped() -> Vec<Shipped> {
    let mut found: Vec<Shipped> = Vec::new();
    for (path, content) in table::FILES {
        let Some(name) = path.strip_suffix("/app.json") else { continue };
        let Ok(doc) = serde_json::from_slice::<Json>(content) else { continue };
        let text = |key: &str| doc.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
        let labels = |key: &str| -> Labels {
            doc.get(key).and_then(|l| serde_json::from_value(l.clone()).ok()).unwrap_or_default()
        };
        found.push(Shipped {
            name: name.to_string(),
            title: Title::new(text("title"), labels("labels")),
            description: Title::new(text("description"), labels("descriptions")),
            version: text("version"),
            requires: doc
                .get("requires")
                .and_then(Json::as_object)
                .into_iter()
                .flat_map(|r| r.keys().cloned())
                .collect(),
            has_sample: table::FILES
                .iter()
                .any(|(p, _)| p.strip_prefix(name).is_some_and(|below| below.starts_with("/data/sample/"))),
        });
    }
    let mut ordered: Vec<Shipped> = Vec::new();
    while !found.is_empty() {
        let ready = found.iter().position(|app| {
            app.requires.iter().all(|r| ordered.iter().any(|o| o.name == *r) || !found.iter().any(|f| f.name == *r))
        });
        ordered.push(found.remove(ready.unwrap_or(0)));
    }
    ordered
}

/// The app and everything it requires, in the order in which they are installed.
fn closure(app: &str) -> EngineResult<Vec<String>> {
    let all = shipped();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let mut todo = vec![app.to_string()];
    while let Some(name) = todo.pop() {
        let known = all.iter().find(|a| a.name == name).ok_or_else(EngineError::not_found)?;
        if wanted.insert(name) {
            todo.extend(known.requires.iter().cloned());
        }
    }
    Ok(all.into_iter().map(|a| a.name).filter(|n| wanted.contains(n)).collect())
}

/// The documents of a shipped app and of what it requires, their folders, and what the revision is called.
fn contents(app: &str) -> EngineResult<(Vec<Document>, Vec<Files>, String)> {
    let names = closure(app)?;
    let mut documents = Vec::new();
    let mut folders = Vec::new();
    for name in &names {
        let files = files_of(name).ok_or_else(EngineError::not_found)?;
        documents.extend(
            read_files(&files).map_err(refused)?.into_iter().filter(|d| d.key.kind != Kind::App || d.key.name == *name),
        );
        folders.push(files);
    }
    Ok((documents, folders, format!("install {}", names.join(", "))))
}

/// The first half of [`install`], the definitions. `plan_only` publishes nothing; `yes` confirms every step.
///
/// # Errors
/// As [`install`]; 422 with the steps that need a yes.
pub async fn apply_shipped(cx: &Context, app: &str, plan_only: bool, yes: bool) -> EngineResult<Applied> {
    let (documents, _, note) = contents(app)?;
    let publication = Publication { note, confirm_all: yes, ..Publication::default() };
    apply_documents(cx, documents, plan_only, &publication).await
}

/// Installs a shipped app with what it requires and their reference data; with a password for demonstration accounts also
/// people, departments and sample records. Installing again brings newer definitions and leaves records alone.
///
/// # Errors
/// 404 where no such app is shipped; what publishing, saving and the store give.
pub async fn install(
    cx: &Context,
    app: &str,
    demo_password: Option<&str>,
    sink: &mut dyn RecordSink,
) -> EngineResult<Loaded> {
    let (documents, folders, note) = contents(app)?;
    let publication = Publication { note, confirm_all: true, ..Publication::default() };
    apply_documents(cx, documents, false, &publication).await?;
    let cx = Context { catalog: cx.engine.catalog(), ..cx.clone() };
    if let Some(password) = demo_password {
        people_data::load(&cx, &folders, password).await?;
        for files in &folders {
            if let Some(text) = files.get("data/sample/_rates.csv").and_then(|bytes| std::str::from_utf8(bytes).ok()) {
                crate::rates::load(&cx, text).await?;
            }
            for class in ["reference", "sample"] {
                let text = |file: &str| {
                    files.get(&format!("data/{class}/{file}")).and_then(|bytes| std::str::from_utf8(bytes).ok())
                };
                if let Some(text) = text("_calendars.json") {
                    crate::calendars::load(&cx, text).await?;
                }
                if let Some(text) = text("_settings.json") {
                    crate::settings::load(&cx, text).await?;
                }
            }
        }
    }
    load_data(&cx, &folders, demo_password.is_some(), sink).await
}
