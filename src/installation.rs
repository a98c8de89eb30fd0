//! Opening the installation that a command is about.

use crate::config::{Config, Database};
use crate::folder;
use chrono::{DateTime, Utc};
use formwright_engine::keys::Keys;
use formwright_engine::{Engine, EngineError};
use formwright_server::TestClock;
use formwright_store::{Db, PgOptions, SqliteOptions, tables};
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

/// Refuses a place where no installation is, and leaves it as it is.
///
/// # Errors
/// A sentence for the operator.
pub async fn must_exist(config: &Config) -> Result<(), String> {
    let data = &config.settings.data;
    let none = || format!("there is no installation in {}: `formwright serve` makes one", data.display());
    let key = Keys::path_beside(data);
    let lacking = || format!("the key file {} is not there: put back a copy of it", key.display());
    let db = match &config.database {
        Database::Sqlite(path, _) if !path.exists() => return Err(none()),
        // it is there; what is in it is seen when it is opened
        Database::Sqlite(..) => return if key.exists() { Ok(()) } else { Err(lacking()) },
        Database::Postgres(url) => {
            Db::open_postgres(url, PgOptions { max_connections: 2 }).await.map_err(|e| format!("PostgreSQL: {e}"))?
        }
    };
    let version = tables::version(&db).await;
    db.close().await.map_err(|e| format!("PostgreSQL: {e}"))?;
    match version {
        Ok(0) => Err("there is no installation in this database: `formwright serve` makes one".into()),
        Ok(_) if !key.exists() => Err(lacking()),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("PostgreSQL: {error}")),
    }
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
