//! `serve --demo`: the shipped apps with sample data and demo accounts, once.

use super::operator;
use crate::installation::explain;
use formwright_engine::Engine;
use formwright_engine::apps::{SaveSink, install, shipped};
use std::hash::{BuildHasher, Hasher, RandomState};

/// Installs what is shipped, unless that was done before, and prints the password of the demo accounts.
pub async fn fill(engine: &Engine, password: Option<&str>) -> Result<(), String> {
    let mark = engine.settings().data.join("demo");
    if mark.exists() {
        return Ok(());
    }
    let password = password.map_or_else(made_up, str::to_string);
    for app in shipped() {
        install(&operator(engine), &app.name, Some(&password), &mut SaveSink).await.map_err(|e| explain(&e))?;
        tracing::info!(app = app.name, "installed");
    }
    // only a whole demo is not installed again; installing twice changes nothing
    std::fs::write(&mark, "installed\n").map_err(|e| format!("{}: {e}", mark.display()))?;
    eprintln!("formwright: the demo is installed. The password of every demo account is\n\n    {password}\n");
    Ok(())
}

/// A password for accounts that only this machine can reach: the standard library's hasher is seeded by the operating system.
fn made_up() -> String {
    format!("demo-{:016x}", RandomState::new().build_hasher().finish())
}
