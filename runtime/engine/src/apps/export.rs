//! An app as files: the documents as they are published, pretty, in the order in which they were written.

use super::folder::{Files, path_of};
use crate::publish::{Ground, require_design};
use crate::{Context, EngineError, EngineResult};
use formwright_core::definition::{Key, Kind};
use serde_json::Value as Json;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;

/// The files of a published app.
///
/// # Errors
/// 404 where there is no such app, 403; what the store gives.
pub async fn app_files(cx: &Context, app: &str) -> EngineResult<Files> {
    require_design(cx, app)?;
    let ground = Ground::read(cx.engine.db()).await?;
    if !ground.published.contains_key(&Key { kind: Kind::App, app: app.to_string(), name: app.to_string() }) {
        return Err(EngineError::not_found());
    }
    ground
        .published
        .iter()
        .filter(|(key, _)| key.app == app)
        .map(|(key, published)| Ok((path_of(key.kind, &key.name), pretty(&published.doc)?)))
        .collect()
}

fn pretty(doc: &Json) -> EngineResult<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(doc).map_err(|error| EngineError::Internal(error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}

/// Writes a published app into a folder, which is made where it is not there. Definition files of this app that are no
/// longer published are removed; other files stay.
///
/// # Errors
/// As [`app_files`], and what the file system gives.
pub async fn export(cx: &Context, app: &str, folder: &Path) -> EngineResult<usize> {
    let files = app_files(cx, app).await?;
    let trouble = |path: &Path, error: std::io::Error| EngineError::Internal(format!("{}: {error}", path.display()));
    for kind in Kind::ALL {
        let Some(below) = kind.folder() else { continue };
        let Ok(entries) = std::fs::read_dir(folder.join(below)) else { continue };
        for path in entries.flatten().map(|e| e.path()) {
            let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
            let is_stale = name.ends_with(".json") && !files.contains_key(&format!("{below}/{name}"));
            let is_of_app = || {
                std::fs::read(&path)
                    .ok()
                    .and_then(|b| serde_json::from_slice::<Json>(&b).ok())
                    .is_some_and(|d| d.get("app").and_then(Json::as_str) == Some(app))
            };
            if is_stale && is_of_app() {
                std::fs::remove_file(&path).map_err(|e| trouble(&path, e))?;
            }
        }
    }
    for (name, content) in &files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|e| trouble(parent, e))?;
        }
        std::fs::write(&path, content).map_err(|e| trouble(&path, e))?;
    }
    Ok(files.len())
}

/// A published app as a zip; the same app gives the same bytes.
///
/// # Errors
/// As [`app_files`].
pub async fn export_zip(cx: &Context, app: &str) -> EngineResult<Vec<u8>> {
    let files = app_files(cx, app).await?;
    let internal = |error: &dyn std::fmt::Display| EngineError::Internal(error.to_string());
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    for (name, content) in &files {
        zip.start_file(name, options).map_err(|e| internal(&e))?;
        zip.write_all(content).map_err(|e| internal(&e))?;
    }
    Ok(zip.finish().map_err(|e| internal(&e))?.into_inner())
}
