//! Reading a backup: to see that it is whole, or to make an installation of it.

use super::archive::{Reader, pour};
use super::manifest::{DATABASE, Manifest, Part, Source, is_place, table_part};
use super::{Archive, BackupFault, Report};
use crate::EngineError;
use crate::keys::Keys;
use formwright_store::audit::{self, Head};
use formwright_store::backup::look_over;
use formwright_store::dump::{Load, LoadFault, TableShape, lines};
use formwright_store::keys::{self as stored, KEY_FACT};
use formwright_store::people::version;
use formwright_store::{Db, Snapshot, SqliteOptions, tables};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;

/// Number of the migration since which the root is kept in the database.
const NAMED_KEYS: i64 = 5;

/// Where a backup is restored to.
pub struct Target {
    /// The data folder.
    pub data: PathBuf,
    /// The PostgreSQL database, where that is where the records live.
    pub postgres: Option<Db>,
    /// Whether an installation that is there gives way. Its folder is renamed, its tables are removed.
    pub replace: bool,
}

/// Reads a backup through: every part against its SHA-256, the database's integrity, its counts. `beside` says where there is
/// room for a copy of the database meanwhile. Blocks the thread.
///
/// # Errors
/// [`BackupFault`].
pub fn verify(archive: &Archive, keys: &Keys, beside: &Path) -> Result<Report, BackupFault> {
    let scratch = Scratch::beside(beside)?;
    unpack(&mut Reader::open(archive, keys)?, &scratch.0, false)
}

/// Makes an installation of a backup, all of it or nothing. Everything is read and checked before anything is put in place;
/// the audit chain is gone through. `keys` must be those of the backup.
///
/// # Errors
/// [`BackupFault`].
pub async fn restore(archive: &Archive, target: Target, keys: &Keys) -> Result<Report, BackupFault> {
    let (archive, keys, handle) = (archive.clone(), keys.clone(), Handle::current());
    tokio::task::spawn_blocking(move || restore_now(&archive, &target, &keys, &handle))
        .await
        .map_err(|e| EngineError::Internal(e.to_string()))?
}

fn restore_now(archive: &Archive, target: &Target, keys: &Keys, handle: &Handle) -> Result<Report, BackupFault> {
    let data = &target.data;
    let io = |error| BackupFault::Io(data.display().to_string(), error);
    let occupied = data.exists() && std::fs::read_dir(data).map_err(io)?.next().is_some();
    if occupied && !target.replace {
        return Err(BackupFault::NotEmpty(data.display().to_string()));
    }
    let mut reader = Reader::open(archive, keys)?;
    match (&reader.manifest.source, &target.postgres) {
        (Source::Sqlite, None) | (Source::Postgres(_), Some(_)) => {}
        (Source::Sqlite, Some(_)) => return Err(BackupFault::OtherDatabase("SQLite", "PostgreSQL")),
        (Source::Postgres(_), None) => return Err(BackupFault::OtherDatabase("PostgreSQL", "SQLite")),
    }
    let scratch = Scratch::beside(data)?;
    let report = unpack(&mut reader, &scratch.0, true)?;
    let load = match (reader.manifest.source.clone(), &target.postgres) {
        (Source::Postgres(shapes), Some(db)) => {
            Some(handle.block_on(load(&mut reader, &shapes, db, target.replace, keys))?)
        }
        _ => {
            handle.block_on(go_through_audit(&scratch.0.join(DATABASE), keys))?;
            std::fs::rename(scratch.0.join(DATABASE), scratch.0.join("formwright.db")).map_err(io)?;
            None
        }
    };
    let aside = move_in(&scratch.0, data, occupied)?;
    if let Some(load) = load
        && let Err(error) = handle.block_on(load.commit())
    {
        // the old folder comes back: without its tables the new one is nothing
        std::fs::rename(data, &scratch.0).map_err(io)?;
        if let Some(aside) = aside {
            std::fs::rename(aside, data).map_err(io)?;
        }
        return Err(error.into());
    }
    Ok(report)
}

/// Gives the new folder its name; where the old one is now, if there was one.
fn move_in(new: &Path, data: &Path, occupied: bool) -> Result<Option<PathBuf>, BackupFault> {
    let io = |error| BackupFault::Io(data.display().to_string(), error);
    let aside = if occupied {
        let mut name = data.as_os_str().to_owned();
        name.push(format!(".before-{}", uuid::Uuid::now_v7().simple()));
        let aside = PathBuf::from(name);
        std::fs::rename(data, &aside).map_err(io)?;
        Some(aside)
    } else {
        if data.exists() {
            std::fs::remove_dir(data).map_err(io)?;
        }
        None
    };
    #[cfg(unix)]
    std::fs::set_permissions(new, std::os::unix::fs::PermissionsExt::from_mode(0o700)).map_err(io)?;
    std::fs::rename(new, data).map_err(io)?;
    Ok(aside)
}

/// A folder that goes away unless it was given another name.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(path: &Path) -> Result<Scratch, BackupFault> {
        let mut name = path.components().collect::<PathBuf>().into_os_string();
        name.push(format!(".{}", uuid::Uuid::now_v7()));
        let folder = PathBuf::from(name);
        std::fs::create_dir_all(&folder).map_err(|e| BackupFault::Io(folder.display().to_string(), e))?;
        #[cfg(unix)]
        std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .map_err(|e| BackupFault::Io(folder.display().to_string(), e))?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Reads all parts; puts a SQLite database into the folder, and contents of files too where `contents`. Rows of tables are
/// counted.
fn unpack(reader: &mut Reader, folder: &Path, contents: bool) -> Result<Report, BackupFault> {
    let mut seen = HashSet::new();
    let mut tables = BTreeMap::new();
    for part in &reader.manifest.parts {
        let damaged = |why: &str| BackupFault::Damaged(format!("{}: {why}", part.name));
        if !is_place(&part.name) || !seen.insert(part.name.as_str()) {
            return Err(damaged("no such part belongs there"));
        }
        let place = match part.name.strip_prefix("files/") {
            Some(hash) => contents.then(|| folder.join("files").join(hash.get(..2).unwrap_or("00")).join(hash)),
            None => (part.name == DATABASE).then(|| folder.join(DATABASE)),
        };
        let entry = reader.zip.by_name(&part.name).map_err(|_| damaged("it is missing"))?;
        let rows = check_part(entry, part, place.as_deref())?;
        if let Some(table) = part.name.strip_prefix("tables/").and_then(|n| n.strip_suffix(".copy")) {
            tables.insert(table.to_string(), rows);
        }
    }
    let manifest = &reader.manifest;
    let files = match &manifest.source {
        Source::Sqlite => {
            if !seen.contains(DATABASE) {
                return Err(BackupFault::Damaged("the database is missing".into()));
            }
            let found = look_over(&folder.join(DATABASE))?;
            tables = found.tables;
            found.files.iter().map(hex::encode).collect()
        }
        Source::Postgres(shapes) => {
            if shapes.iter().any(|shape| !tables.contains_key(&shape.name)) || shapes.len() != tables.len() {
                return Err(BackupFault::Damaged("a table is missing".into()));
            }
            contents_named(manifest)
        }
    };
    if tables != manifest.tables {
        return Err(BackupFault::Damaged("the tables hold other numbers of rows than were written".into()));
    }
    if let Some(hash) = files.iter().find(|hash| !seen.contains(format!("files/{hash}").as_str())) {
        return Err(BackupFault::Damaged(format!("the content {hash} is missing")));
    }
    Ok(Report {
        bytes: reader.bytes,
        tables: manifest.tables.len(),
        rows: manifest.tables.values().sum(),
        files: files.len(),
        manifest: manifest.clone(),
    })
}

fn contents_named(manifest: &Manifest) -> Vec<String> {
    manifest.parts.iter().filter_map(|part| part.name.strip_prefix("files/")).map(str::to_string).collect()
}

/// Reads a part to its end against what the manifest says of it; the line feeds in it.
fn check_part(entry: impl Read, part: &Part, place: Option<&Path>) -> Result<i64, BackupFault> {
    let damaged = |why: &str| BackupFault::Damaged(format!("{}: {why}", part.name));
    let mut out = match place {
        None => None,
        Some(path) => {
            let made = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| File::create(path));
            Some(made.map_err(|e| BackupFault::Io(path.display().to_string(), e))?)
        }
    };
    let mut rows = 0;
    let (size, hash) = pour(entry, part.bytes, |piece| {
        rows += lines(piece);
        out.as_mut().map_or(Ok(()), |out| out.write_all(piece))
    })
    .map_err(|e| damaged(&e.to_string()))?;
    if let Some(out) = out {
        out.sync_all().map_err(|e| damaged(&e.to_string()))?;
    }
    if size != part.bytes || hash != part.sha256 {
        return Err(damaged("it is not what was written"));
    }
    Ok(rows)
}

/// Makes the tables and fills them, and compares what is there then with what was written. Nothing is kept yet.
async fn load(
    reader: &mut Reader,
    shapes: &[TableShape],
    db: &Db,
    replace: bool,
    keys: &Keys,
) -> Result<Load, BackupFault> {
    let mut load = Load::begin(db, replace).await.map_err(fault)?;
    for shape in shapes {
        let name = table_part(&shape.name);
        let mut entry = reader.zip.by_name(&name).map_err(|e| BackupFault::Damaged(format!("{name}: {e}")))?;
        let rows = load.fill(shape, &mut entry).await.map_err(fault)?;
        if reader.manifest.tables.get(&shape.name) != Some(&rows) {
            return Err(BackupFault::Damaged(format!("{name}: {rows} rows arrived")));
        }
    }
    load.bind(shapes).await?;
    let (found, manifest) = (load.facts().await?, &reader.manifest);
    let head = found.audit_head.map(|(chain, hash)| (chain, hex::encode(hash)));
    let files: HashSet<String> = found.files.iter().map(hex::encode).collect();
    let as_written = found.schema == manifest.schema
        && found.revision == manifest.revision
        && found.key_id == manifest.key_id
        && head == manifest.audit_head.as_ref().map(|h| (h.chain, h.hash.clone()))
        && files == contents_named(manifest).into_iter().collect();
    if !as_written {
        return Err(BackupFault::Damaged("the database says other things of itself than were written".into()));
    }
    let root = if found.schema < NAMED_KEYS { None } else { load.named_key(Keys::ROOT).await? };
    let current = found.key_id.clone().unwrap_or_else(|| keys.key_id());
    let keys = keys.rooted(&current, root.as_ref())?;
    sound(load.verify_audit(keys.audit()).await?)?;
    Ok(load)
}

fn fault(fault: LoadFault) -> BackupFault {
    match fault {
        LoadFault::Occupied => BackupFault::NotEmpty("the database".into()),
        LoadFault::InUse => BackupFault::InUse,
        LoadFault::Read(error) => BackupFault::Damaged(error.to_string()),
        LoadFault::Store(error) => error.into(),
    }
}

fn sound(report: audit::Report) -> Result<(), BackupFault> {
    match report.first_bad {
        None => Ok(()),
        Some(bad) => Err(BackupFault::Damaged(format!("entry {} of the audit log is not what was written", bad.seq))),
    }
}

/// Goes through the audit chain of a SQLite database that was unpacked.
async fn go_through_audit(database: &Path, keys: &Keys) -> Result<(), BackupFault> {
    let db = Db::open_sqlite(database, SqliteOptions::default()).await?;
    let verified = match keys_of(&db, keys).await {
        Ok(keys) => audit::verify(&db, keys.audit(), &Head::default(), None).await.map_err(BackupFault::from),
        Err(fault) => Err(fault),
    };
    db.close().await?;
    sound(verified?)
}

/// The keys as a database wants them that is only looked at.
async fn keys_of(db: &Db, keys: &Keys) -> Result<Keys, BackupFault> {
    let schema = tables::version(db).await?;
    let mut tx = db.reader(Snapshot::No).await?;
    let current = version::fact(&mut tx, KEY_FACT).await?.unwrap_or_else(|| keys.key_id());
    let root = if schema < NAMED_KEYS { None } else { stored::named(Keys::ROOT, &mut tx).await? };
    Ok(keys.rooted(&current, root.as_ref())?)
}
