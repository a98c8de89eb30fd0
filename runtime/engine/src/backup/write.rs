//! Writing a backup while the installation works.

use super::archive::Writer;
use super::key::key_file;
use super::manifest::{AuditHead, DATABASE, LAYOUT, Manifest, Source, table_part};
use super::restore::verify;
use super::{Archive, BackupFault, Report};
use crate::audit::{self, Origin};
use crate::files::{self, Place};
use crate::{Context, Engine, EngineError};
use chrono::SecondsFormat;
use formwright_store::backup::{Contents, copy_sqlite, look_over};
use formwright_store::dump::{Dump, TableShape};
use formwright_store::{Dialect, Snapshot};
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;
use zip::CompressionMethod;

/// Writes a backup of the installation into a new file. `database` is the file of a SQLite database; on PostgreSQL it is not
/// looked at. The archive has its name only once it was read again and found whole.
///
/// # Errors
/// [`BackupFault`].
pub async fn backup(cx: &Context, database: &Path, archive: &Archive) -> Result<Report, BackupFault> {
    let engine = cx.engine.clone();
    if archive.path.exists() {
        return Err(BackupFault::Exists(archive.path.display().to_string()));
    }
    let origin = Origin::of(cx);
    let told = json!({"what": "backup", "on": {"file": archive.path.file_name().map(|n| n.to_string_lossy())}});
    engine
        .db()
        .write(move |tx| {
            Box::pin(async move { audit::record(tx, &origin, "backup", told).await.map_err(EngineError::from) })
        })
        .await?;
    let (database, archive, made_at) =
        (database.to_path_buf(), archive.clone(), cx.now.to_rfc3339_opts(SecondsFormat::Secs, true));
    let handle = Handle::current();
    // packing and the disk would hold up others: all of it has a thread of its own
    tokio::task::spawn_blocking(move || make(&engine, &handle, &database, &archive, made_at))
        .await
        .map_err(|e| EngineError::Internal(e.to_string()))?
}

/// Removes what lies about while the archive is made.
struct Scraps(Vec<PathBuf>);

impl Drop for Scraps {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn make(
    engine: &Engine,
    handle: &Handle,
    database: &Path,
    archive: &Archive,
    made_at: String,
) -> Result<Report, BackupFault> {
    let mut draft = archive.path.as_os_str().to_owned();
    draft.push(".part");
    let draft = Archive { path: PathBuf::from(draft), passphrase: archive.passphrase.clone() };
    let mut scraps = Scraps(vec![draft.path.clone()]);
    // before the database's moment, so that every content is there which it names
    let _held = files::hold_contents(engine)?;
    let mut writer = Writer::create(&draft.path, draft.passphrase.as_deref())?;
    let (contents, source) = match engine.db().dialect() {
        Dialect::Sqlite => {
            // where the database is, so that nothing unencrypted comes to where the archive goes
            let copy = beside(database, &format!(".{}", uuid::Uuid::now_v7()));
            scraps.0.push(copy.clone());
            (add_sqlite(&mut writer, database, &copy)?, Source::Sqlite)
        }
        Dialect::Postgres => {
            let (contents, shapes) = handle.block_on(add_postgres(&mut writer, engine))?;
            (contents, Source::Postgres(shapes))
        }
    };
    for content in &contents.files {
        let name = hex::encode(content);
        if files::is_sealed(content) {
            handle.block_on(read_through(engine, content))?;
        }
        // pictures and documents are packed already
        let found = writer.add(&format!("files/{name}"), &engine.content_path(content), CompressionMethod::Stored)?;
        if !files::is_sealed(content) && found != name {
            return Err(BackupFault::Damaged(format!("the content {name} is not what it was")));
        }
    }
    let key = key_file(&engine.settings().data)?;
    if let (Some((_, text)), Some(_)) = (&key, &draft.passphrase) {
        writer.key(text)?;
    }
    let manifest = Manifest {
        layout: LAYOUT,
        version: env!("CARGO_PKG_VERSION").to_string(),
        made_at,
        schema: contents.schema,
        revision: contents.revision,
        key_id: contents.key_id,
        key_file: key.map(|(path, _)| path.display().to_string()),
        audit_head: contents.audit_head.map(|(chain, hash)| AuditHead { chain, hash: hex::encode(hash) }),
        tables: contents.tables,
        source,
        parts: writer.parts().to_vec(),
    };
    writer.finish(&manifest, engine.keys())?;
    let report = verify(&draft, engine.keys(), &engine.settings().data)?;
    let io = |path: &Path, error| BackupFault::Io(path.display().to_string(), error);
    std::fs::rename(&draft.path, &archive.path).map_err(|e| io(&archive.path, e))?;
    if let Some(folder) = archive.path.parent().filter(|f| !f.as_os_str().is_empty()) {
        File::open(folder).and_then(|f| f.sync_all()).map_err(|e| io(folder, e))?;
    }
    Ok(report)
}

/// Sees to it that a sealed content is what was written, to its end.
async fn read_through(engine: &Engine, name: &[u8]) -> Result<(), BackupFault> {
    let mut tx = engine.db().reader(Snapshot::No).await?;
    let place = Place::find(engine, name, &mut tx).await?;
    drop(tx);
    let content = place.map_or(Ok(None), |place| place.open())?;
    let damaged = |why: &str| BackupFault::Damaged(format!("the content {}: {why}", hex::encode(name)));
    let mut content = content.ok_or_else(|| damaged("it is not there"))?;
    std::io::copy(&mut content, &mut std::io::sink()).map_err(|e| damaged(&e.to_string()))?;
    Ok(())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn add_sqlite(writer: &mut Writer, database: &Path, copy: &Path) -> Result<Contents, BackupFault> {
    copy_sqlite(database, copy)?;
    let contents = look_over(copy)?;
    writer.add(DATABASE, copy, CompressionMethod::Deflated)?;
    Ok(contents)
}

async fn add_postgres(writer: &mut Writer, engine: &Engine) -> Result<(Contents, Vec<TableShape>), BackupFault> {
    let mut dump = Dump::begin(engine.db()).await?;
    let mut contents = dump.facts().await?;
    let shapes = dump.tables().to_vec();
    for shape in &shapes {
        let mut part = writer.part(&table_part(&shape.name), CompressionMethod::Deflated)?;
        let rows = dump.rows(shape, |piece| part.push(piece)).await?;
        part.end();
        contents.tables.insert(shape.name.clone(), rows);
    }
    dump.end().await;
    Ok((contents, shapes))
}
