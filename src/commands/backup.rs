//! `backup`, `restore`: the installation as one file, and back.

use super::key_file::{self, KeyFile};
use super::user::read_password;
use super::{operator, runtime};
use crate::config::{Config, Database};
use crate::{folder, installation};
use formwright_engine::audit::{self, Origin};
use formwright_engine::backup::{self, Archive, Report, Target};
use formwright_engine::keys::Keys;
use formwright_engine::{Engine, EngineError};
use formwright_store::{Db, PgOptions};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Where the passphrase of backups may stand.
pub const PASSPHRASE: &str = "FORMWRIGHT_BACKUP_PASSPHRASE";

/// The file that is meant, with its passphrase where it has one.
pub fn archive(path: PathBuf, encrypted: bool) -> Result<Archive, String> {
    let set = std::env::var(PASSPHRASE).ok().filter(|text| !text.is_empty());
    let passphrase = match (set, encrypted) {
        (Some(text), _) => Some(text),
        (None, true) => Some(read_password()?),
        (None, false) => None,
    };
    Ok(Archive { path, passphrase })
}

/// Writes the backup and reads it again. The installation may be served meanwhile.
pub async fn write(engine: &Engine, config: &Config, archive: &Archive) -> Result<(), String> {
    let database = match &config.database {
        Database::Sqlite(path, _) => path.clone(),
        Database::Postgres(_) => PathBuf::new(),
    };
    let report = backup::backup(&operator(engine), &database, archive).await.map_err(|e| e.to_string())?;
    println!("{}: {}", archive.path.display(), told(&report));
    let key = Keys::path_beside(&config.settings.data);
    match archive.passphrase {
        None => println!("the key is not in it: keep {} elsewhere", key.display()),
        Some(_) => println!("the key is in it, under the passphrase"),
    }
    Ok(())
}

/// Makes an installation of a backup. Its key is looked for by its name: in the file that was named, in its place, in an archive
/// under a passphrase, and where it lay when the backup was made.
pub fn restore(config: &Config, archive: &Archive, key: Option<&Path>, replace: bool) -> Result<(), String> {
    let key = key_file::find(archive, &config.settings.data, key)?;
    restore_with(config, archive, replace, &key)?;
    key.keep();
    Ok(())
}

fn restore_with(config: &Config, archive: &Archive, replace: bool, key: &KeyFile) -> Result<(), String> {
    let data = &config.settings.data;
    // nothing may be served from the folder meanwhile
    let _lock = match config.database {
        Database::Sqlite(..) if replace && data.exists() => Some(folder::lock(data)?),
        _ => None,
    };
    runtime(2)?.block_on(async {
        let postgres = match &config.database {
            Database::Sqlite(..) => None,
            Database::Postgres(url) => {
                let opened = Db::open_postgres(url, PgOptions { max_connections: 2 }).await;
                Some(opened.map_err(|e| format!("PostgreSQL: {e}"))?)
            }
        };
        let target = Target { data: data.clone(), postgres: postgres.clone(), replace };
        let report = backup::restore(archive, target, &key.keys).await.map_err(|e| e.to_string())?;
        if let Some(db) = postgres {
            db.close().await.map_err(|e| e.to_string())?;
        }
        println!("{}: {}", data.display(), told(&report));
        note(config, archive).await
    })
}

/// Brings the restored installation to the form of this program and writes down whence it came.
async fn note(config: &Config, archive: &Archive) -> Result<(), String> {
    let engine = installation::open(config, None).await?;
    let origin = Origin::of(&operator(&engine));
    let told = json!({"what": "restore", "on": {"file": archive.path.file_name().map(|n| n.to_string_lossy())}});
    let noted = engine
        .db()
        .write(move |tx| {
            Box::pin(async move { audit::record(tx, &origin, "backup", told).await.map_err(EngineError::from) })
        })
        .await;
    let closed = engine.db().close().await;
    noted.map_err(|e| installation::explain(&e))?;
    closed.map_err(|e| e.to_string())
}

fn told(report: &Report) -> String {
    format!("{} rows in {} tables, {} files, {} bytes", report.rows, report.tables, report.files, report.bytes)
}
