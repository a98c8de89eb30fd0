//! What was uploaded for a job, and the workbook that came of it: sealed in the job's folder, gone with the job.
//!
//! Files of an older version lie there as they were sent, under other names; they are read until they are sealed as well, which
//! the housekeeping does.

use crate::exchange::blocking;
use crate::sealing::file::{Draft, FileKey};
use crate::{Engine, EngineError, EngineResult};
use formwright_store::jobs as rows;
use formwright_store::keys::{self as stored, NamedKey};
use formwright_store::{Snapshot, StoreError};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// What was uploaded.
const UPLOAD: &str = "upload.sealed";
/// The workbook of refused rows.
const RESULT: &str = "result.sealed";
/// The names of both as they were before they were sealed.
const PLAIN: [(&str, &str); 2] = [("upload", UPLOAD), ("result.xlsx", RESULT)];
/// A folder without a job may be that of one which is about to be written down.
const SETTLED: Duration = Duration::from_secs(24 * 3600);

fn folder(engine: &Engine, job: Uuid) -> PathBuf {
    engine.settings().data.join("imports").join(job.to_string())
}

/// The name of the key of a job's files.
pub(crate) fn key_name(job: Uuid) -> String {
    format!("imports/{job}")
}

fn trouble(path: &Path, error: &std::io::Error) -> EngineError {
    EngineError::Internal(format!("{}: {error}", path.display()))
}

/// Keeps what was uploaded for a job that is about to be written down; gives the key's row, which must be written with it.
///
/// # Errors
/// `storage_full`; what the disk gives.
pub(crate) async fn keep_upload(engine: &Engine, job: Uuid, bytes: Vec<u8>) -> EngineResult<NamedKey> {
    let key = FileKey::make(key_name(job))?;
    let row = key.row(engine.keys(), engine.now())?;
    let folder = folder(engine, job);
    blocking(move || {
        std::fs::create_dir_all(&folder).map_err(|e| trouble(&folder, &e))?;
        seal(&key, &folder, UPLOAD, bytes.as_slice())
    })
    .await?;
    Ok(row)
}

/// Removes the files of a job that came to nothing.
pub(crate) async fn discard(engine: &Engine, job: Uuid) {
    match tokio::fs::remove_dir_all(folder(engine, job)).await {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(%error, %job, "a job's folder could not be removed")
        }
        _ => {}
    }
}

/// What was uploaded for a job.
///
/// # Errors
/// Where it is not there or not what was written; what the store gives.
pub(crate) async fn upload(engine: &Engine, job: Uuid) -> EngineResult<Vec<u8>> {
    let key = find_key(engine, job).await?;
    let folder = folder(engine, job);
    blocking(move || {
        let mut bytes = Vec::new();
        let sealed = match key {
            Some(key) => key.open(&folder, UPLOAD)?,
            None => None,
        };
        match sealed {
            Some(mut inside) => {
                bytes.reserve_exact(usize::try_from(inside.length()).unwrap_or(0));
                inside.read_to_end(&mut bytes).map_err(|e| trouble(&folder, &e))?;
            }
            None => bytes = std::fs::read(folder.join("upload")).map_err(|e| trouble(&folder, &e))?,
        }
        Ok(bytes)
    })
    .await
}

/// Begins the workbook of a job's refused rows; [`Draft::finish`] puts it in its place.
///
/// # Errors
/// What the disk and the store give.
pub(crate) async fn begin_result(engine: &Engine, job: Uuid) -> EngineResult<Draft> {
    let key = provide_key(engine, job).await?;
    let folder = folder(engine, job);
    blocking(move || {
        std::fs::create_dir_all(&folder).map_err(|e| trouble(&folder, &e))?;
        key.create(&folder, RESULT)
    })
    .await
}

/// Whether there is a workbook of refused rows.
pub(crate) fn has_result(engine: &Engine, job: Uuid) -> bool {
    let folder = folder(engine, job);
    [RESULT, "result.xlsx"].iter().any(|name| folder.join(name).exists())
}

/// The workbook of a job's refused rows, in a file without a name; nothing where there is none.
///
/// # Errors
/// Where it is not what was written; what the disk and the store give.
pub(crate) async fn result(engine: &Engine, job: Uuid) -> EngineResult<Option<File>> {
    let key = find_key(engine, job).await?;
    let (folder, scratch) = (folder(engine, job), engine.settings().data.join("tmp"));
    blocking(move || {
        let sealed = match key {
            Some(key) => key.open(&folder, RESULT)?,
            None => None,
        };
        let Some(mut inside) = sealed else { return Ok(File::open(folder.join("result.xlsx")).ok()) };
        std::fs::create_dir_all(&scratch).map_err(|e| trouble(&scratch, &e))?;
        let mut out = tempfile::tempfile_in(&scratch).map_err(|e| trouble(&scratch, &e))?;
        std::io::copy(&mut inside, &mut out).map_err(|e| trouble(&folder, &e))?;
        Ok(Some(out))
    })
    .await
}

/// Seals what an older version left as it was sent, and removes folders whose job is not there any more (another process may have
/// forgotten it, or it was never written down); gives the number of both.
///
/// # Errors
/// What the disk and the store give.
pub(crate) async fn tidy(engine: &Engine) -> EngineResult<usize> {
    let place = engine.settings().data.join("imports");
    let found: Vec<Uuid> = blocking(move || {
        let entries = match std::fs::read_dir(&place) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(trouble(&place, &error)),
        };
        let names = entries.flatten().map(|entry| entry.file_name());
        Ok(names.filter_map(|name| Uuid::try_parse(name.to_str()?).ok()).collect())
    })
    .await?;
    let mut count = 0;
    for page in found.chunks(500) {
        let mut tx = engine.db().reader(Snapshot::No).await?;
        let known = rows::known(page, &mut tx).await?;
        drop(tx);
        for job in page {
            if known.contains(job) {
                count += seal_plain(engine, *job).await?;
            } else if is_settled(&folder(engine, *job)) {
                discard(engine, *job).await;
                count += 1;
            }
        }
    }
    Ok(count)
}

fn is_settled(folder: &Path) -> bool {
    let written = std::fs::metadata(folder).and_then(|m| m.modified());
    written.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|passed| passed > SETTLED))
}

/// Seals the plain files of a job; their number.
async fn seal_plain(engine: &Engine, job: Uuid) -> EngineResult<usize> {
    let folder = folder(engine, job);
    let plain: Vec<_> = PLAIN.into_iter().filter(|(plain, _)| folder.join(plain).exists()).collect();
    if plain.is_empty() {
        return Ok(0);
    }
    let key = provide_key(engine, job).await?;
    blocking(move || {
        for (name, sealed) in &plain {
            let path = folder.join(name);
            let file = File::open(&path).map_err(|e| trouble(&path, &e))?;
            seal(&key, &folder, sealed, file)?;
            std::fs::remove_file(&path).map_err(|e| trouble(&path, &e))?;
        }
        Ok(plain.len())
    })
    .await
}

fn seal(key: &FileKey, folder: &Path, name: &str, mut content: impl Read) -> EngineResult<()> {
    let mut draft = key.create(folder, name)?;
    std::io::copy(&mut content, &mut draft).map_err(|e| draft.trouble(&e))?;
    draft.finish()
}

async fn find_key(engine: &Engine, job: Uuid) -> EngineResult<Option<FileKey>> {
    let mut tx = engine.db().reader(Snapshot::No).await?;
    FileKey::find(engine.keys(), &key_name(job), &mut tx).await
}

/// The key of a job's files, made where it has none. Of two that make it at once both get the same.
async fn provide_key(engine: &Engine, job: Uuid) -> EngineResult<FileKey> {
    if let Some(key) = find_key(engine, job).await? {
        return Ok(key);
    }
    let row = FileKey::make(key_name(job))?.row(engine.keys(), engine.now())?;
    let added = engine.db().write(move |tx| Box::pin(async move { stored::add_named(&row, tx).await })).await;
    match added {
        Ok(()) | Err(StoreError::Unique { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    find_key(engine, job).await?.ok_or_else(|| EngineError::Internal(format!("the key of job {job} is not there")))
}
