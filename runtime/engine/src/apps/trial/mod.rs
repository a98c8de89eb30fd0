//! Tests within an app: what its author says must stay true, played on an installation made for it and thrown away afterwards.

mod document;
mod names;
mod play;
mod same;
mod stage;

use super::folder::{FileFault, Files};
use crate::EngineResult;
use chrono::{DateTime, Utc};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use serde_json::Value as Json;
use stage::{Stage, TestTime};
use std::collections::BTreeSet;

/// What an app's tests came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tried {
    /// Tests that were played.
    pub tests: usize,
    /// Everything that is not as expected, by file and JSON pointer.
    pub faults: Vec<FileFault>,
}

/// Plays the tests of `app`. `required` are the apps that it requires, those that others require first.
///
/// # Errors
/// What the store and the file system give.
pub async fn try_app(app: &Files, required: &[Files], now: DateTime<Utc>) -> EngineResult<Tried> {
    let mut tried = Tried::default();
    let mut stage: Option<Stage> = None;
    for (path, bytes) in app.iter().filter(|(path, _)| path.starts_with("tests/")) {
        let cases = match document::read(bytes) {
            Ok(cases) => cases,
            Err(reason) => {
                let fault = Fault::new("", &code::TEST_INVALID).with("reason", reason);
                tried.faults.push(FileFault::new(path, fault));
                continue;
            }
        };
        let is_list = cases.len() > 1;
        for (i, case) in cases.iter().enumerate() {
            let pointer = if is_list { format!("/{i}") } else { String::new() };
            tried.tests += 1;
            let time = TestTime::at(case.now.unwrap_or(now));
            let stage = match &mut stage {
                Some(stage) => stage,
                empty => {
                    let folders: Vec<Files> = required.iter().chain([app]).cloned().collect();
                    empty.insert(Stage::set(&folders, now).await?)
                }
            };
            let engine = stage.copy(time.clone()).await?;
            let faults = play::play(&engine, &time, case).await;
            engine.db().close().await?;
            tried.faults.extend(faults?.into_iter().map(|fault| {
                let path_within = format!("{pointer}{}", fault.path);
                FileFault::new(path, Fault { path: path_within, ..fault }.with("title", &case.title))
            }));
        }
    }
    Ok(tried)
}

/// The apps that an app requires or may use, those that others require first. Each is looked for by name.
pub(super) fn required_of(app: &Files, others: &dyn Fn(&str) -> Option<Files>) -> Vec<Files> {
    fn visit(files: &Files, others: &dyn Fn(&str) -> Option<Files>, seen: &mut BTreeSet<String>, out: &mut Vec<Files>) {
        let document: Json = files.get("app.json").and_then(|b| serde_json::from_slice(b).ok()).unwrap_or_default();
        let required = document.get("requires").and_then(Json::as_object).into_iter().flat_map(|r| r.keys().cloned());
        let optional = document.get("optional").and_then(Json::as_array).into_iter().flatten();
        let optional = optional.filter_map(Json::as_str).map(str::to_string);
        for name in required.chain(optional) {
            if seen.insert(name.clone())
                && let Some(found) = others(&name)
            {
                visit(&found, others, seen, out);
                out.push(found);
            }
        }
    }
    let mut out = Vec::new();
    visit(app, others, &mut BTreeSet::new(), &mut out);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::seeds;
    use super::*;
    use formwright_core::text::Locale;

    const NOW: &str = "2026-11-20T10:00:00Z";

    async fn lines(app: &Files) -> (usize, Vec<String>) {
        let required = required_of(app, &|name| seeds::files_of(name));
        let tried = try_app(app, &required, NOW.parse().unwrap()).await.unwrap();
        (tried.tests, tried.faults.iter().map(|fault| fault.line(Locale::En)).collect())
    }

    #[tokio::test]
    async fn the_tests_of_the_shipped_apps_hold() {
        let mut tests = 0;
        for app in seeds::shipped() {
            let (played, faults) = lines(&seeds::files_of(&app.name).unwrap()).await;
            assert_eq!(faults, Vec::<String>::new(), "{}", app.name);
            tests += played;
        }
        assert!(tests > 5);
    }

    fn desk(tests: &str) -> Files {
        let form = r#"{"kind": "form", "app": "desk", "name": "paper", "record": {"type": "object", "required": ["name"],
            "properties": {"name": {"type": "string"}, "pages": {"type": "number", "field": {"type": "number", "scale": 2}}, "on": {"type": "string", "format": "date", "default": {"var": "today"}},
            "owner": {"type": "string", "field": {"type": "user"}}, "rows": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}}}}}"#;
        let role = r#"{"kind": "role", "app": "desk", "name": "clerk", "grants": [{"form": "paper", "actions": ["read"], "hidden": ["pages"]}]}"#;
        [
            ("app.json", r#"{"kind": "app", "name": "desk", "app": "desk"}"#),
            ("forms/paper.json", form),
            ("roles/clerk.json", role),
            ("tests/paper.json", tests),
        ]
        .map(|(path, text)| (path.to_string(), text.as_bytes().to_vec()))
        .into()
    }

    #[tokio::test]
    async fn what_does_not_hold_is_told_with_its_place() {
        let (tests, faults) = lines(&desk(
            r#"[{"title": "one", "given": {"records": {"a": {"form": "paper", "values": {"name": "A", "pages": 2.5}}}},
                 "do": [{"update": {"record": "@a", "values": {"pages": 3}}}, {"query": {"form": "paper"}}],
                 "expect": {"values": {"a": {"pages": 2.5, "name": "A"}}, "rows": 2}},
                {"title": "two", "given": {"as": {"roles": ["clerk"]}, "records": {"a": {"form": "paper", "values": {"name": "A"}}}},
                 "do": {"update": {"record": "@a", "values": {"name": "B"}}}, "expect": {"values": {"a": {"name": "B"}}}},
                {"title": "three", "do": [{"create": {"form": "paper", "values": {}}}, {"query": {"form": "paper"}}]}]"#,
        ))
        .await;
        assert_eq!(tests, 3);
        assert_eq!(
            faults,
            [
                "tests/paper.json/0/expect/rows: The test \"one\" expects 2; there is 1.",
                "tests/paper.json/0/expect/values/a/pages: The test \"one\" expects 2.5; there is 3.",
                "tests/paper.json/1/expect/faults: The test \"two\" expects –; there is forbidden.",
                "tests/paper.json/1/expect/values/a/name: The test \"two\" expects \"B\"; there is \"A\".",
                "tests/paper.json/2/do/0: The test \"three\" expects –; there is name required.",
            ]
        );
    }

    #[tokio::test]
    async fn time_people_and_names_are_those_of_the_test() {
        let (tests, faults) = lines(&desk(
            r#"{"title": "a day later", "now": "2030-01-01T02:00:00Z",
                "given": {"as": {"roles": ["clerk"]}, "records": {"old": {"form": "paper", "values": {"name": "old", "pages": 1, "rows": [{"x": 1}, {"x": 2}]}}}},
                "do": [{"advance": "2030-01-03T02:00:00Z"}, {"query": {"form": "paper", "filter": {"field": "id", "op": "eq", "value": "@old"}}}],
                "expect": {"rows": ["@old"], "hidden": {"old": ["pages"]}, "values": {"old": {"on": "2030-01-01", "pages": 1.00, "rows": [{"x": 1}, {"x": 2}]}}}}"#,
        ))
        .await;
        assert_eq!((tests, faults), (1, Vec::new()));
    }

    #[tokio::test]
    async fn a_key_that_no_test_has_is_named() {
        let (tests, faults) = lines(&desk(r#"{"title": "x", "do": {"creat": {"form": "paper"}}}"#)).await;
        assert_eq!(tests, 0);
        assert!(faults.len() == 1 && faults[0].contains("`creat`") && faults[0].contains("create"), "{faults:?}");
    }
}
