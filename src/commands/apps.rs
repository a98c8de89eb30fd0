//! `apply`, `export`, `check`: apps as folders of JSON files.

use super::operator;
use crate::installation::explain;
use chrono::{DateTime, Utc};
use formwright_core::text::Locale;
use formwright_engine::apps::SaveSink;
use formwright_engine::{Context, Engine, apps};
use std::path::Path;

/// Publishes the app in a folder, or the shipped one of that name, and prints what that changes.
pub async fn apply(engine: &Engine, folder: &Path, plan_only: bool, yes: bool) -> Result<(), String> {
    let cx = operator(engine);
    let shipped = apps::shipped().into_iter().find(|app| folder == Path::new(&app.name));
    if let Some(app) = shipped.filter(|_| !folder.exists()) {
        return apply_shipped(&cx, &app.name, plan_only, yes).await;
    }
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

/// Installs a shipped app with what it requires and their reference data. What needs a yes is shown, and refused without.
async fn apply_shipped(cx: &Context, app: &str, plan_only: bool, yes: bool) -> Result<(), String> {
    let planned = apps::apply_shipped(cx, app, true, yes).await.map_err(|e| explain(&e))?.planned;
    print!("{}", apps::plan_text(&planned, Locale::En));
    if plan_only {
        return Ok(());
    }
    if let Some(published) = apps::apply_shipped(cx, app, false, yes).await.map_err(|e| explain(&e))?.published {
        println!("revision {}", published.revision);
    }
    let cx = operator(&cx.engine);
    let loaded = apps::install(&cx, app, None, &mut SaveSink).await.map_err(|e| explain(&e))?;
    println!("{} records", loaded.created.values().sum::<usize>());
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
