//! The data folder: made for us alone, and served by one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Makes the folder, readable by its owner only.
///
/// # Errors
/// What the operating system says, with the path.
pub fn create(path: &Path) -> Result<(), String> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Takes the folder for this process until the file is dropped; also a killed process lets go of it.
///
/// # Errors
/// When another process serves it.
pub fn lock(path: &Path) -> Result<File, String> {
    let file = path.join("lock");
    let opened = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&file)
        .map_err(|e| format!("{}: {e}", file.display()))?;
    match opened.try_lock() {
        Ok(()) => Ok(opened),
        Err(TryLockError::WouldBlock) => Err(format!("{} is served by another process", path.display())),
        Err(TryLockError::Error(e)) => Err(format!("{}: {e}", file.display())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_is_served_by_one_process_and_free_after_it() {
        let folder = std::env::temp_dir().join(format!("formwright-lock-{}", std::process::id()));
        create(&folder).unwrap();
        let held = lock(&folder).unwrap();
        assert!(lock(&folder).unwrap_err().contains("another process"));
        drop(held);
        assert!(lock(&folder).is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
