//! Checks an app's files without a database: each by itself, then all together with the apps they require.

use super::folder::{FileFault, Files, file_of, read_files, read_folder, written};
use super::seeds;
use super::trial::{Tried, required_of, try_app};
use crate::EngineResult;
use crate::publish::place;
use chrono::{DateTime, Utc};
use formwright_core::catalog::{Catalog, DocumentFault};
use formwright_core::definition::{Document, Examined, Kind};
use formwright_core::diagnostic::Fault;
use formwright_core::plan::{Plan, Retired, identity};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::Path;
use uuid::Uuid;

/// What a check found.
#[derive(Debug, Default)]
pub struct Checked {
    /// Number of the app's definitions.
    pub definitions: usize,
    pub faults: Vec<FileFault>,
    /// What of pasted schemas is passed over or kept otherwise than it reads.
    pub notices: Vec<FileFault>,
}

/// Everything that is wrong with the app in `folder`. Apps that it requires or may use are looked for beside the folder, then
/// among the shipped ones.
///
/// # Errors
/// What the file system gives.
pub fn check(folder: &Path) -> EngineResult<Checked> {
    let files = read_folder(folder)?;
    Ok(check_files(&files, &|name| beside(folder, name)))
}

/// Plays the tests of the app in `folder` on an installation made for them, with the apps that it requires found as by [`check`].
///
/// # Errors
/// What the file system and the store give, and definitions that have faults.
pub async fn try_folder(folder: &Path, now: DateTime<Utc>) -> EngineResult<Tried> {
    let files = read_folder(folder)?;
    let required = required_of(&files, &|name| beside(folder, name));
    try_app(&files, &required, now).await
}

/// The files of another app, from beside the folder or from the shipped ones.
fn beside(folder: &Path, name: &str) -> Option<Files> {
    let other = folder.canonicalize().ok()?.parent()?.join(name);
    if other.join("app.json").is_file() { read_folder(&other).ok() } else { seeds::files_of(name) }
}

/// As [`check`], with a way to the files of other apps.
pub(super) fn check_files(files: &Files, others: &dyn Fn(&str) -> Option<Files>) -> Checked {
    let mut written = written(files);
    let documents = std::mem::take(&mut written.documents);
    let count = documents.len();
    let app = documents.iter().find(|d| d.key.kind == Kind::App).map(|d| d.key.name.clone()).unwrap_or_default();
    let mut all = documents;
    let mut seen: BTreeSet<String> = [app.clone()].into();
    let mut at = 0;
    while let Some(document) = all.get(at) {
        at += 1;
        if document.key.kind != Kind::App {
            continue;
        }
        let wanted: Vec<String> = document
            .doc
            .get("requires")
            .and_then(Json::as_object)
            .into_iter()
            .flat_map(|r| r.keys().cloned())
            .chain(
                document
                    .doc
                    .get("optional")
                    .and_then(Json::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Json::as_str)
                    .map(str::to_string),
            )
            .collect();
        for name in wanted {
            if seen.insert(name.clone())
                && let Some(documents) = others(&name).and_then(|files| read_files(&files).ok())
            {
                all.extend(documents);
            }
        }
    }
    for document in &mut all {
        give_fresh_ids(document);
    }
    let examine = |document: Document| match Document::examine(document.doc.clone()) {
        Ok(examined) => examined,
        Err(faults) => Examined { document, faults },
    };
    let (faults, notices): (Vec<DocumentFault>, Vec<Fault>) =
        match Catalog::judge(1, all.into_iter().map(examine).collect()) {
            Ok(catalog) => {
                let faults = Plan::between(&Catalog::default(), &catalog, &Retired::default()).faults;
                (faults, catalog.notices().into_iter().map(place).collect())
            }
            Err(faults) => (faults, Vec::new()),
        };
    let is_own = |fault: &Fault| {
        let key = fault.home.as_deref().and_then(|home| home.key.as_ref());
        app.is_empty() || key.is_some_and(|key| key.app == app)
    };
    let own = |faults: Vec<Fault>| -> Vec<FileFault> { faults.into_iter().filter(is_own).map(file_of).collect() };
    let mut found = std::mem::take(&mut written.faults);
    let known: Vec<(String, String)> = found.iter().map(|f| (f.file.clone(), f.fault.path.clone())).collect();
    let judged = own(faults.into_iter().map(place).filter(|f| !written.explains(f)).collect());
    found.extend(judged.into_iter().filter(|f| !known.contains(&(f.file.clone(), f.fault.path.clone()))));
    Checked { definitions: count, faults: found, notices: own(notices) }
}

fn give_fresh_ids(document: &mut Document) {
    identity::assign(document.key.kind, &mut document.doc, &[], &|_| false, &mut || Uuid::now_v7().as_u128());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_shipped_apps_have_no_fault() {
        for app in seeds::shipped() {
            let files = seeds::files_of(&app.name).unwrap();
            let Checked { definitions, faults, notices } = check_files(&files, &|name| seeds::files_of(name));
            let lines: Vec<String> =
                faults.iter().chain(&notices).map(|f| f.line(formwright_core::text::Locale::En)).collect();
            assert_eq!(lines, Vec::<String>::new());
            assert!(definitions > 1, "{}", app.name);
        }
    }

    #[test]
    fn a_reference_to_nothing_is_named_with_its_file() {
        let mut files = seeds::files_of("trade_crm").unwrap();
        let role = br#"{"kind": "role", "app": "trade_crm", "name": "x", "grants": [{"form": "custmer", "actions": ["read"]}]}"#;
        files.insert("roles/x.json".into(), role.to_vec());
        let Checked { faults, .. } = check_files(&files, &|name| seeds::files_of(name));
        assert_eq!(faults.len(), 1);
        assert_eq!(
            (faults[0].file.as_str(), faults[0].fault.path.as_str(), faults[0].fault.code.code),
            ("roles/x.json", "/grants/0/form", "unknown_reference")
        );
    }
}
