//! What the compiler cannot check: who may use which library, and that the papers name what exists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut out = Vec::new();
    let mut todo = vec![root().join(folder)];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(&at).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("node_modules") && !path.ends_with("target") {
                    todo.push(path);
                }
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    out
}

const CODE: [&str; 8] = [
    "core/src",
    "runtime/store/src",
    "runtime/exchange/src",
    "runtime/engine/src",
    "runtime/server/src",
    "designer/src",
    "templates/src",
    "src",
];

/// Nobody but the folders named uses the word.
fn only_in(word: &str, allowed: &[&str]) {
    let mut found = Vec::new();
    for folder in CODE.iter().filter(|f| !allowed.contains(f)) {
        for (path, text) in sources(folder) {
            if text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word)) {
                found.push(path);
            }
        }
    }
    assert!(found.is_empty(), "{word} outside {allowed:?}: {found:?}");
}

#[test]
fn each_library_stays_in_its_layer() {
    only_in("sqlx::", &["runtime/store/src"]);
    only_in("rusqlite::", &["runtime/store/src"]);
    only_in("axum::", &["runtime/server/src", "designer/src", "src"]);
    only_in("minijinja::", &["templates/src"]);
    only_in("AssertSqlSafe", &["runtime/store/src"]);
    only_in("enable_enforce", &[]);
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<PathBuf> = CODE
        .iter()
        .flat_map(|f| sources(f))
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn the_map_names_what_exists() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for path in map.split('`').filter(|p| p.starts_with("runtime/") && !p.contains(' ')) {
        assert!(Path::new(&root()).join(path).exists(), "{path}");
    }
}

#[test]
fn every_error_code_has_words_in_both_languages_and_none_stands_twice() {
    let mut seen = std::collections::HashSet::new();
    for row in formwright_core::error_code::ALL {
        assert!(seen.insert(row.code), "{} twice", row.code);
        assert!(!row.en.is_empty() && !row.zh.is_empty(), "{}", row.code);
        assert!((400..600).contains(&row.status), "{}", row.code);
    }
}
