//! `backup`, `restore`: the installation as one file, and back.

use super::operator;
use crate::config::{Config, Database};
use formwright_engine::Engine;
use formwright_engine::backup::{self, Report};
use formwright_engine::keys::Keys;
use std::path::Path;

/// Writes the backup and reads it again. The installation may be served meanwhile.
pub async fn write(engine: &Engine, config: &Config, file: &Path) -> Result<(), String> {
    let database = match &config.database {
        Database::Sqlite(path, _) => path.clone(),
        // the engine says what to do instead
        Database::Postgres(_) => Default::default(),
    };
    let report = backup::backup(&operator(engine), &database, file).await.map_err(|e| e.to_string())?;
    println!("{}: {}", file.display(), told(&report));
    println!("the key is not in it: keep {} elsewhere", Keys::path_beside(&config.settings.data).display());
    Ok(())
}

/// Makes the data folder of a backup. The key file must be in its place already.
pub fn restore(config: &Config, file: &Path) -> Result<(), String> {
    if let Database::Postgres(_) = config.database {
        return Err("a backup is restored into a data folder; for PostgreSQL use its own tools".into());
    }
    let data = &config.settings.data;
    let key = Keys::path_beside(data);
    if !key.exists() {
        return Err(format!("put the key of the backup at {} first", key.display()));
    }
    let keys = Keys::load_or_create(&key).map_err(|e| e.to_string())?;
    let report = backup::restore(file, data, keys.key_id()).map_err(|e| e.to_string())?;
    println!("{}: {}", data.display(), told(&report));
    Ok(())
}

fn told(report: &Report) -> String {
    format!("{} rows in {} tables, {} files, {} bytes", report.rows, report.tables, report.files, report.bytes)
}
