//! Packages: an app's files in a zip or in one JSON, read in memory. What has no business in an app is refused, by name.

use super::folder::{FileFault, Files, MAX_ALL, MAX_FILE, MAX_FILES, is_ours, path_of, refused};
use crate::publish::key_in_bundle;
use crate::{EngineError, EngineResult};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use serde_json::{Value as Json, json};
use std::collections::HashSet;
use std::io::{Cursor, Read};

fn bad(file: &str, reason: &str) -> FileFault {
    FileFault::new(file, Fault::new("", &code::KEY_INVALID).with("reason", reason))
}

/// The files of a zip. Nothing is ever written to disk.
///
/// # Errors
/// 422 with every entry that may not be there: links, absolute names, `..`, drive letters, names that differ in case only,
/// unknown places, too much of it.
pub fn read_zip(bytes: &[u8]) -> EngineResult<Files> {
    let damaged = |error: zip::result::ZipError| {
        EngineError::request_faults(vec![
            Fault::new("", &code::FILE_UNREADABLE).with("reason", format!("The package cannot be read: {error}.")),
        ])
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MAX_FILES {
        return Err(refused(vec![bad("", "The package has too many files")]));
    }
    let mut faults = Vec::new();
    let mut names = HashSet::new();
    let mut read: Vec<(String, Vec<u8>)> = Vec::new();
    let mut left = MAX_ALL;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(damaged)?;
        let Ok(name) = entry.name().map(|n| n.into_owned()) else {
            faults.push(bad(&index.to_string(), "The name is no text"));
            continue;
        };
        if let Some(reason) = wrong_name(&name) {
            faults.push(bad(&name.escape_debug().to_string(), reason));
            continue;
        }
        if entry.unix_mode().is_some_and(|mode| !matches!(mode & 0o170_000, 0 | 0o100_000 | 0o040_000)) {
            faults.push(bad(&name, "Only plain files may be in a package"));
            continue;
        }
        if !names.insert(name.to_lowercase()) {
            faults.push(bad(&name, "Two files have this name"));
            continue;
        }
        if entry.is_dir() || name.ends_with('/') {
            continue;
        }
        // what the entry says of its size is not trusted: reading stops at the limit
        let limit = MAX_FILE.min(left);
        let mut content = Vec::new();
        entry.by_ref().take(limit + 1).read_to_end(&mut content).map_err(|error| damaged(error.into()))?;
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        if size > limit {
            return Err(refused(vec![bad(&name, "The package is too large")]));
        }
        left -= size;
        read.push((name, content));
    }
    if !faults.is_empty() {
        return Err(refused(faults));
    }
    place(read)
}

fn wrong_name(name: &str) -> Option<&'static str> {
    let is_drive = name.as_bytes().get(1) == Some(&b':');
    if name.is_empty() || name.contains('\0') || name.chars().any(char::is_control) {
        Some("The name has characters that no file has")
    } else if name.starts_with('/') || name.contains('\\') || is_drive {
        Some("The name must be relative, with / between its parts")
    } else if name.trim_end_matches('/').split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        Some("The name may not leave the package")
    } else {
        None
    }
}

/// Takes away one folder that holds everything, and refuses what is in no known place.
fn place(read: Vec<(String, Vec<u8>)>) -> EngineResult<Files> {
    let top = read.first().and_then(|(name, _)| name.split_once('/')).map(|(top, _)| format!("{top}/"));
    let prefix = top.filter(|top| {
        read.iter().all(|(name, _)| name.starts_with(top.as_str()))
            && read.iter().any(|(name, _)| *name == format!("{top}app.json"))
    });
    let mut files = Files::new();
    let mut faults = Vec::new();
    for (name, content) in read {
        let below = prefix.as_deref().and_then(|p| name.strip_prefix(p)).unwrap_or(&name);
        if is_ours(below) {
            files.insert(below.to_string(), content);
        } else {
            faults.push(bad(&name, "An app has no such file"));
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(refused(faults)) }
}

/// The files of a JSON package: `{"documents": […]}`, a plain list of documents, or an object of documents by path.
///
/// # Errors
/// 422 for any other shape.
pub fn read_json(json: Json) -> EngineResult<Files> {
    let documents = match json {
        Json::Array(documents) => documents,
        Json::Object(mut map) => match map.remove("documents") {
            Some(Json::Array(documents)) => documents,
            Some(_) => return Err(refused(vec![bad("documents", "A list is expected")])),
            None => {
                let read = map.into_iter().map(|(name, doc)| (name, doc.to_string().into_bytes())).collect::<Vec<_>>();
                let faults: Vec<FileFault> =
                    read.iter().filter_map(|(name, _)| wrong_name(name).map(|reason| bad(name, reason))).collect();
                return if faults.is_empty() { place(read) } else { Err(refused(faults)) };
            }
        },
        _ => return Err(refused(vec![bad("", "An object or a list of documents is expected")])),
    };
    let mut files = Files::new();
    for (i, doc) in documents.into_iter().enumerate() {
        let Some(key) = key_in_bundle(&doc) else {
            // the reading of documents says what is wrong with it
            files.insert(format!("forms/document_{i}.json"), json!(doc).to_string().into_bytes());
            continue;
        };
        if files.insert(path_of(key.kind, &key.name), doc.to_string().into_bytes()).is_some() {
            return Err(refused(vec![bad(&path_of(key.kind, &key.name), "Two documents have this name")]));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn refused_files(bytes: &[u8]) -> Vec<String> {
        match read_zip(bytes) {
            Err(EngineError::Refused(refusal)) => refusal.faults.iter().map(Fault::place).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_package_may_lie_in_a_folder_of_its_own() {
        let files = read_zip(&zipped(&[("crm/app.json", b"{}"), ("crm/forms/a.json", b"{}")])).unwrap();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["app.json", "forms/a.json"]);
    }

    #[test]
    fn crafted_names_are_refused_one_by_one() {
        for name in [
            "../app.json",
            "/app.json",
            "forms/../../x.json",
            "C:/x.json",
            "forms\\x.json",
            "a//b.json",
            "./app.json",
            "bin/run.sh",
            "data/other/x.csv",
            "forms/a.json/b.json",
            "app.JSON.exe",
        ] {
            assert_eq!(refused_files(&zipped(&[("app.json", b"{}"), (name, b"{}")])).len(), 1, "{name}");
        }
        assert_eq!(
            refused_files(&zipped(&[("app.json", b"{}"), ("forms/a.json", b"{}"), ("forms/A.json", b"{}")])),
            ["forms/A.json"]
        );
    }

    #[test]
    fn a_link_in_a_package_is_refused() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.add_symlink("forms/a.json", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        assert_eq!(refused_files(&zip.finish().unwrap().into_inner()), ["forms/a.json"]);
    }

    #[test]
    fn a_package_that_unpacks_beyond_the_limit_is_refused() {
        let large = vec![b' '; usize::try_from(MAX_FILE).unwrap() + 1];
        assert_eq!(refused_files(&zipped(&[("app.json", &large)])), ["app.json"]);
    }

    #[test]
    fn damaged_bytes_are_refused() {
        assert!(read_zip(b"PK\x03\x04 nothing").is_err());
    }

    #[test]
    fn json_packages_come_as_list_or_by_path() {
        let app = json!({"kind": "app", "name": "x"});
        for package in [json!([app]), json!({"documents": [app]}), json!({"app.json": app})] {
            assert_eq!(read_json(package).unwrap().keys().collect::<Vec<_>>(), ["app.json"]);
        }
    }
}
