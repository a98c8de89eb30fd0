//! The files of an app: where each kind lies, and reading them into documents with every fault by file.

use crate::{EngineError, EngineResult};
use formwright_core::definition::{Document, Kind};
use formwright_core::diagnostic::{Fault, Home};
use formwright_core::error_code as code;
use formwright_core::text::Locale;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;

/// Content by path below the app's folder, with `/` between the parts.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Bytes of one file, and of all.
pub(super) const MAX_FILE: u64 = 16 << 20;
pub(super) const MAX_ALL: u64 = 64 << 20;
pub(super) const MAX_FILES: usize = 10_000;

/// Folders of kinds that a later version reads.
const LATER: [&str; 5] = ["flows", "rules", "reports", "dashboards", "prints"];

/// A fault with its file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileFault {
    pub file: String,
    pub fault: Fault,
}

impl FileFault {
    pub(super) fn new(file: &str, fault: Fault) -> FileFault {
        FileFault { file: file.to_string(), fault }
    }

    /// `forms/customer.json/record/properties/x: There is no …`
    pub fn line(&self, locale: Locale) -> String {
        format!("{}{}: {}", self.file, self.fault.path, self.fault.message(locale))
    }

    /// The fault, which says itself in which file it is.
    pub fn placed(self) -> Fault {
        self.fault.in_file(&self.file)
    }
}

/// All faults as one refusal.
pub(super) fn refused(faults: Vec<FileFault>) -> EngineError {
    EngineError::faults(&code::DEFINITION_INVALID, faults.into_iter().map(FileFault::placed).collect())
}

/// Reads the files of a folder that belong to an app; links are not followed.
///
/// # Errors
/// What the file system gives, and too large a folder.
pub fn read_folder(folder: &Path) -> EngineResult<Files> {
    let mut files = Files::new();
    let mut all = 0;
    walk(folder, folder, &mut files, &mut all)?;
    Ok(files)
}

fn walk(root: &Path, folder: &Path, files: &mut Files, all: &mut u64) -> EngineResult<()> {
    let trouble =
        |path: &Path, error: &dyn std::fmt::Display| EngineError::Internal(format!("{}: {error}", path.display()));
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .map_err(|e| trouble(folder, &e))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let kind = entry.file_type().map_err(|e| trouble(&path, &e))?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            walk(root, &path, files, all)?;
            continue;
        }
        let Some(below) = path.strip_prefix(root).ok().and_then(Path::to_str) else { continue };
        if !is_ours(below) {
            continue;
        }
        let size = entry.metadata().map_err(|e| trouble(&path, &e))?.len();
        *all += size;
        if size > MAX_FILE || *all > MAX_ALL || files.len() >= MAX_FILES {
            return Err(trouble(&path, &"the folder is too large for an app"));
        }
        files.insert(below.replace('\\', "/"), std::fs::read(&path).map_err(|e| trouble(&path, &e))?);
    }
    Ok(())
}

/// Whether a path is one that an app may have: its document, definitions, data and tests.
pub(super) fn is_ours(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["app.json"] => true,
        [folder, file] if file.ends_with(".json") => {
            is_definition_folder(folder) || *folder == "tests" || *folder == "data"
        }
        ["data", class, file] => {
            (*class == "reference" || *class == "sample") && (file.ends_with(".csv") || file.ends_with(".json"))
        }
        _ => false,
    }
}

fn is_definition_folder(name: &str) -> bool {
    Kind::ALL.iter().any(|k| k.folder() == Some(name)) || LATER.contains(&name)
}

/// The path of a document's file.
pub(super) fn path_of(kind: Kind, name: &str) -> String {
    kind.folder().map_or_else(|| "app.json".to_string(), |folder| format!("{folder}/{name}.json"))
}

/// The documents of an app's files, as they are written.
#[derive(Default)]
pub(super) struct Written {
    pub documents: Vec<Document>,
    /// What is wrong with the files: what is no document of ours, or lies in a place that is not its own.
    pub faults: Vec<FileFault>,
    /// What the files that are no documents would define.
    lost: Vec<(Kind, String)>,
}

impl Written {
    /// Whether a fault only says that something is missing which stands in a file that cannot be read.
    pub fn explains(&self, fault: &Fault) -> bool {
        let argument = |name: &str| fault.args.iter().find(|a| a.0 == name).map(|a| a.1.as_str());
        *fault.code == code::UNKNOWN_REFERENCE
            && self
                .lost
                .iter()
                .any(|(kind, name)| argument("kind") == Some(kind.name()) && argument("name") == Some(name))
    }
}

/// The documents of an app's files, or everything that is wrong with each by itself.
///
/// # Errors
/// Faults by file and JSON pointer.
pub fn read_files(files: &Files) -> Result<Vec<Document>, Vec<FileFault>> {
    let Written { documents, mut faults, .. } = written(files);
    for document in &documents {
        let path = path_of(document.key.kind, &document.key.name);
        let own = Document::examine(document.doc.clone()).map_or_else(|faults| faults, |e| e.faults);
        faults.extend(own.into_iter().map(|f| FileFault::new(&path, f)));
    }
    if faults.is_empty() { Ok(documents) } else { Err(faults) }
}

/// Reads an app's files into documents as they are written.
pub(super) fn written(files: &Files) -> Written {
    let mut out = Written::default();
    if !files.contains_key("app.json") {
        out.faults.push(FileFault::new("app.json", Fault::new("", &code::REQUIRED).with("title", "app.json")));
        return out;
    }
    let mut documents: Vec<(String, Document)> = Vec::new();
    for (path, bytes) in files
        .iter()
        .filter(|(p, _)| *p == "app.json" || p.split_once('/').is_some_and(|(folder, _)| is_definition_folder(folder)))
    {
        let read = match serde_json::from_slice::<Json>(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) {
            Ok(json) => Document::examine(json.clone()).map(|e| Document { doc: json, ..e.document }),
            Err(error) => Err(vec![Fault::new("", &code::BODY_INVALID).with("reason", error)]),
        };
        match read {
            Ok(document) => documents.push((path.clone(), document)),
            Err(inner) => {
                out.faults.extend(inner.into_iter().map(|f| FileFault::new(path, f)));
                out.lost.extend(defined_by(path));
            }
        }
    }
    let app = documents.iter().find(|(path, _)| path == "app.json").map(|(_, d)| d.key.name.clone());
    for (path, document) in &documents {
        let expected = path_of(document.key.kind, &document.key.name);
        if *path != expected {
            out.faults.push(FileFault::new(
                path,
                Fault::new("/name", &code::KEY_INVALID).with("reason", format!("This belongs into {expected}")),
            ));
        }
        if let Some(app) = app.as_ref().filter(|app| **app != document.key.app) {
            out.faults.push(FileFault::new(
                path,
                Fault::new("/app", &code::UNKNOWN_REFERENCE)
                    .with("kind", "app")
                    .with("name", &document.key.app)
                    .suggest(&document.key.app, std::iter::once(app.as_str())),
            ));
        }
    }
    out.documents = documents.into_iter().map(|(_, d)| d).collect();
    out
}

/// What a file would define by its place.
fn defined_by(path: &str) -> Option<(Kind, String)> {
    let (folder, file) = path.split_once('/')?;
    let kind = Kind::ALL.into_iter().find(|k| k.folder() == Some(folder))?;
    Some((kind, file.strip_suffix(".json")?.to_string()))
}

/// A fault of a definition with the file that the definition lies in.
pub(super) fn file_of(fault: Fault) -> FileFault {
    let file = match fault.home.as_deref() {
        Some(Home { file: Some(file), .. }) => file.clone(),
        Some(Home { key: Some(key), .. }) => path_of(key.kind, &key.name),
        _ => String::new(),
    };
    FileFault { file, fault }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_known_places_belong_to_an_app() {
        for good in
            ["app.json", "forms/a.json", "data/sample/a.csv", "data/sample.json", "tests/x.json", "flows/f.json"]
        {
            assert!(is_ours(good), "{good}");
        }
        for bad in ["forms/a.exe", "../app.json", "forms/x/a.json", "bin/a.json", "data/other/a.csv", "README.md"] {
            assert!(!is_ours(bad), "{bad}");
        }
    }

    #[test]
    fn every_fault_names_its_file_and_place() {
        let mut files = Files::new();
        files.insert("app.json".into(), br#"{"kind": "app", "name": "x"}"#.to_vec());
        files.insert("forms/a.json".into(), br#"{"kind": "form", "app": "y", "name": "b", "record": {}}"#.to_vec());
        files.insert("forms/c.json".into(), b"{".to_vec());
        files.insert("forms/d.json".into(), br#"{"kind": "form", "app": "x", "name": "d", "recrod": {}}"#.to_vec());
        let lines: Vec<String> = read_files(&files)
            .unwrap_err()
            .iter()
            .map(|f| format!("{}{} {}", f.file, f.fault.path, f.fault.code.code))
            .collect();
        assert_eq!(
            lines,
            [
                "forms/c.json body_invalid",
                "forms/a.json/name key_invalid",
                "forms/a.json/app unknown_reference",
                "forms/d.json/record required",
                "forms/d.json/recrod unknown_key"
            ]
        );
    }
}
