//! `apply`, `export`, `check`: apps as folders of JSON files.

use super::operator;
use crate::installation::explain;
use chrono::{DateTime, Utc};
use formwright_core::text::Locale;
use formwright_engine::{Engine, apps};
use std::path::Path;

/// Publishes the app in a folder and prints what that changes.
pub async fn apply(engine: &Engine, folder: &Path, plan_only: bool, yes: bool) -> Result<(), String> {
    let cx = operator(engine);
    if !plan_only && !yes {
        // what needs a yes is shown before it is refused
        let planned = apps::apply(&cx, folder, true, false).await.map_err(|e| explain(&e))?;
        print!("{}", apps::plan_text(&planned.planned, Locale::En));
        if let Some(published) = apps::apply(&cx, folder, false, false).await.map_err(|e| explain(&e))?.published {
            println!("revision {}", published.revision);
        }
        return Ok(());
    }
    let applied = apps::apply(&cx, folder, plan_only, yes).await.map_err(|e| explain(&e))?;
    print!("{}", apps::plan_text(&applied.planned, Locale::En));
    if let Some(published) = applied.published {
        println!("revision {}", published.revision);
    }
    Ok(())
}

/// Writes an app's files into a folder.
pub async fn export(engine: &Engine, app: &str, folder: &Path) -> Result<(), String> {
    let files = apps::export(&operator(engine), app, folder).await.map_err(|e| explain(&e))?;
    println!("{files} files");
    Ok(())
}

/// Checks the app in a folder and plays its tests; every fault is a line with its file.
pub async fn check(folder: &Path, now: DateTime<Utc>) -> Result<(), String> {
    let mut found = apps::check(folder).map_err(|e| explain(&e))?;
    let mut tests = 0;
    if found.faults.is_empty() {
        let tried = apps::try_folder(folder, now).await.map_err(|e| explain(&e))?;
        (tests, found.faults) = (tried.tests, tried.faults);
    }
    for fault in &found.faults {
        println!("{}", fault.line(Locale::En));
    }
    for notice in &found.notices {
        println!("notice: {}", notice.line(Locale::En));
    }
    match found.faults.len() {
        0 => {
            println!("{} definitions, {tests} tests, no faults", found.definitions);
            Ok(())
        }
        1 => Err("1 fault".into()),
        n => Err(format!("{n} faults")),
    }
}
