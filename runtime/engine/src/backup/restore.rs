//! Reading a backup: to see that it is whole, or to make an installation of it.

use super::manifest::{DATABASE, LAYOUT, MANIFEST, Manifest, is_place};
use super::{BackupFault, Report};
use formwright_store::backup::look_over;
use formwright_store::tables;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// Bytes of a manifest.
const MOST_MANIFEST: u64 = 64 << 20;

/// Reads a backup through: every part against its SHA-256, the database's integrity, its counts. Blocks the thread.
///
/// # Errors
/// [`BackupFault::NoBackup`], [`BackupFault::Damaged`], [`BackupFault::Newer`].
pub fn verify(archive: &Path) -> Result<Report, BackupFault> {
    let scratch = Scratch::beside(archive)?;
    unpack(archive, &scratch.0, false)
}

/// Makes a data folder of a backup. `data` must be empty or not there; `key_id` names the key that will open it. Everything
/// is unpacked beside it and checked before it gets its name. Blocks the thread.
///
/// # Errors
/// [`BackupFault`].
pub fn restore(archive: &Path, data: &Path, key_id: &str) -> Result<Report, BackupFault> {
    let io = |error| BackupFault::Io(data.display().to_string(), error);
    if data.exists() && std::fs::read_dir(data).map_err(io)?.next().is_some() {
        return Err(BackupFault::NotEmpty(data.display().to_string()));
    }
    let scratch = Scratch::beside(data)?;
    let report = unpack(archive, &scratch.0, true)?;
    match &report.manifest.key_id {
        Some(wanted) if wanted != key_id => {
            return Err(BackupFault::OtherKey { wanted: wanted.clone(), found: key_id.to_string() });
        }
        _ => {}
    }
    std::fs::rename(scratch.0.join(DATABASE), scratch.0.join("formwright.db")).map_err(io)?;
    if data.exists() {
        std::fs::remove_dir(data).map_err(io)?;
    }
    std::fs::rename(&scratch.0, data).map_err(io)?;
    Ok(report)
}

/// A folder that goes away unless it was given another name.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(path: &Path) -> Result<Scratch, BackupFault> {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}", uuid::Uuid::now_v7()));
        let folder = PathBuf::from(name);
        std::fs::create_dir_all(&folder).map_err(|e| BackupFault::Io(folder.display().to_string(), e))?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Reads all parts; puts the database into the folder, and contents too where `contents`.
fn unpack(archive: &Path, folder: &Path, contents: bool) -> Result<Report, BackupFault> {
    let shown = archive.display().to_string();
    let file = File::open(archive).map_err(|e| BackupFault::Io(shown.clone(), e))?;
    let bytes = file.metadata().map_err(|e| BackupFault::Io(shown.clone(), e))?.len();
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|_| BackupFault::NoBackup(shown.clone()))?;
    let manifest = read_manifest(&mut zip).ok_or_else(|| BackupFault::NoBackup(shown.clone()))?;
    if manifest.layout > LAYOUT || manifest.schema > tables::latest() {
        return Err(BackupFault::Newer { found: manifest.schema, known: tables::latest() });
    }
    let mut seen = HashSet::new();
    for part in &manifest.parts {
        let damaged = |why: &str| BackupFault::Damaged(format!("{}: {why}", part.name));
        if !is_place(&part.name) || !seen.insert(part.name.as_str()) {
            return Err(damaged("no such part belongs there"));
        }
        let place = match part.name.strip_prefix("files/") {
            None => Some(folder.join(DATABASE)),
            Some(hash) => contents.then(|| folder.join("files").join(hash.get(..2).unwrap_or("00")).join(hash)),
        };
        let entry = zip.by_name(&part.name).map_err(|_| damaged("it is missing"))?;
        let (size, hash) = pour(entry, place.as_deref(), part.bytes).map_err(|e| damaged(&e.to_string()))?;
        if size != part.bytes || hash != part.sha256 {
            return Err(damaged("it is not what was written"));
        }
    }
    let database = folder.join(DATABASE);
    if !seen.contains(DATABASE) {
        return Err(BackupFault::Damaged("the database is missing".into()));
    }
    let found = look_over(&database)?;
    if found.tables != manifest.tables {
        return Err(BackupFault::Damaged("the tables hold other numbers of rows than were written".into()));
    }
    if let Some(hash) =
        found.files.iter().map(hex::encode).find(|hash| !seen.contains(format!("files/{hash}").as_str()))
    {
        return Err(BackupFault::Damaged(format!("the content {hash} is missing")));
    }
    Ok(Report {
        bytes,
        tables: manifest.tables.len(),
        rows: manifest.tables.values().sum(),
        files: found.files.len(),
        manifest,
    })
}

fn read_manifest(zip: &mut ZipArchive<BufReader<File>>) -> Option<Manifest> {
    let mut text = Vec::new();
    zip.by_name(MANIFEST).ok()?.take(MOST_MANIFEST).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Reads an entry to its end, no further than it may go; writes it where a place is given.
fn pour(entry: impl Read, place: Option<&Path>, most: u64) -> std::io::Result<(u64, String)> {
    let mut out = match place {
        None => None,
        Some(path) => {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            Some(File::create(path)?)
        }
    };
    let mut entry = entry.take(most.saturating_add(1));
    let (mut hasher, mut size, mut buffer) = (Sha256::new(), 0_u64, vec![0_u8; 256 << 10]);
    loop {
        let read = entry.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        let chunk = buffer.get(..read).unwrap_or_default();
        hasher.update(chunk);
        size += u64::try_from(read).unwrap_or(0);
        if let Some(out) = &mut out {
            out.write_all(chunk)?;
        }
    }
    if let Some(out) = out {
        out.sync_all()?;
    }
    Ok((size, hex::encode(hasher.finalize())))
}
