//! Opening the installation that a command is about.

use crate::config::{Config, Database};
use crate::folder;
use chrono::{DateTime, Utc};
use formwright_engine::{Engine, EngineError};
use formwright_server::TestClock;
use formwright_store::{Db, PgOptions, SqliteOptions};
use std::time::SystemTime;

/// Opens the database, brings its tables to the newest form and builds the catalogue. With a test clock it is the engine's.
///
/// # Errors
/// A sentence for the operator.
pub async fn open(config: &Config, clock: Option<TestClock>) -> Result<Engine, String> {
    folder::create(&config.settings.data)?;
    let db = match &config.database {
        Database::Sqlite(path, durability) => {
            let options = SqliteOptions { durability: *durability, ..SqliteOptions::default() };
            Db::open_sqlite(path, options).await.map_err(|e| format!("{}: {e}", path.display()))?
        }
        // the address may hold a password: it is not repeated
        Database::Postgres(url) => {
            Db::open_postgres(url, PgOptions::default()).await.map_err(|e| format!("PostgreSQL: {e}"))?
        }
    };
    let now = move || clock.as_ref().map_or_else(|| SystemTime::now().into(), TestClock::now);
    Engine::open(db, config.settings.clone(), now).await.map_err(|e| explain(&e))
}

/// An error of the engine for the operator: what a refusal says, with its faults; for the rest the cause.
pub fn explain(error: &EngineError) -> String {
    match error {
        EngineError::Refused(refusal) => {
            let locale = formwright_core::text::Locale::En;
            let faults: Vec<String> = refusal
                .faults
                .iter()
                .map(|f| {
                    let place = f.place();
                    if place.is_empty() {
                        format!("\n  {}", f.message(locale))
                    } else {
                        format!("\n  {place}: {}", f.message(locale))
                    }
                })
                .collect();
            format!("{} ({}){}", refusal.detail(locale), refusal.code.code, faults.concat())
        }
        EngineError::Store(error) => format!("database: {error}"),
        EngineError::Internal(text) => text.clone(),
    }
}

/// The time of this machine, for what is no installation.
pub fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwright_core::diagnostic::Fault;
    use formwright_core::error_code as code;

    #[test]
    fn a_refusal_is_told_with_its_code_and_every_fault() {
        let faults = vec![Fault::new("login", &code::LOGIN_INVALID), Fault::new("", &code::PASSWORD_TOO_COMMON)];
        let text = explain(&EngineError::faults(&code::VALIDATION, faults));
        assert!(text.contains("(validation_failed)") && text.contains("\n  login: ") && text.contains("easy to guess"));
    }
}
