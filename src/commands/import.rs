//! `import`: a file of rows into a form, as a person who may do that.

use super::{finished, operator};
use crate::arguments::Import;
use crate::installation::explain;
use formwright_engine::exchange::{ImportMode, ImportRequest, Upload};
use formwright_engine::{Authority, Context, Engine, accounts};
use serde_json::Value as Json;

pub async fn run(options: Import, engine: Engine) -> Result<(), String> {
    let cx = operator(&engine);
    let person = accounts::principal_of(&cx, &options.login)
        .await
        .map_err(|_| format!("there is no person \"{}\"", options.login))?;
    let cx = Context { authority: Authority::Person(person), ..cx };
    let read = |path: &std::path::Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let mapping = match &options.mapping {
        None => None,
        Some(path) => Some(serde_json::from_slice(&read(path)?).map_err(|e| format!("{}: {e}", path.display()))?),
    };
    let mode = ImportMode::parse(&options.mode)
        .ok_or_else(|| format!("\"{}\" is neither create nor update nor upsert", options.mode))?;
    let name = options.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let upload = Upload { name, bytes: read(&options.file)? };
    let request = ImportRequest { mapping, key: options.key, mode, dry_run: options.dry_run, atomic: options.atomic };
    let job = engine.import(&cx, &options.form, upload, request).await.map_err(|e| explain(&e))?;
    report(&finished(&engine, &cx, job).await?)
}

fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json.get(key).and_then(Json::as_str).unwrap_or_default()
}

fn report(job: &Json) -> Result<(), String> {
    if let Some(summary) = job.get("summary") {
        println!("{summary}");
    }
    let faults = job.get("faults").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    for fault in faults {
        let row = fault.get("row").map(Json::to_string).unwrap_or_default();
        println!("row {row}, {}: {}", text(fault, "field"), text(fault, "message"));
    }
    match (text(job, "state"), faults.len()) {
        ("done", 0) => Ok(()),
        ("done", 1) => Err("1 fault".to_string()),
        ("done", n) => Err(format!("{n} faults")),
        (state, _) => Err(format!("the import ended as \"{state}\"")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn only_an_import_without_faults_is_done() {
        assert!(report(&json!({"state": "done", "faults": []})).is_ok());
        assert_eq!(
            report(&json!({"state": "done", "faults": [{"row": 3, "field": "a", "message": "x"}]})).unwrap_err(),
            "1 fault"
        );
        assert!(report(&json!({"state": "failed", "faults": []})).is_err());
    }
}
