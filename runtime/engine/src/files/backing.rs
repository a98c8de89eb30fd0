//! While a backup is made no content goes away: whoever copies them and whoever removes them agree by a lock on a file, over all
//! processes of the installation.

use crate::exchange::blocking;
use crate::sealing::file::trouble;
use crate::{Engine, EngineResult};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

fn lock_file(files: &Path) -> EngineResult<File> {
    std::fs::create_dir_all(files).map_err(|e| trouble(files, &e))?;
    let path = files.join("lock");
    OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|e| trouble(&path, &e))
}

/// Holds all contents while what this gives is kept. Blocks the thread, while others remove some.
///
/// # Errors
/// What the disk gives.
pub(crate) fn hold_contents(engine: &Engine) -> EngineResult<File> {
    let files = engine.files_folder();
    let file = lock_file(&files)?;
    file.lock_shared().map_err(|e| trouble(&files, &e))?;
    Ok(file)
}

/// Leave to remove contents, while what this gives is kept; nothing where a backup is being made or somebody else is at it.
///
/// # Errors
/// What the disk gives.
pub(super) async fn leave_to_remove(engine: &Engine) -> EngineResult<Option<File>> {
    let files = engine.files_folder();
    blocking(move || {
        let file = lock_file(&files)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(trouble(&files, &error)),
        }
    })
    .await
}
