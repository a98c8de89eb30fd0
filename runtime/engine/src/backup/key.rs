//! The key of a backup: what the archive says of it, and whether a key is the one.

use super::archive::{Reader, Unproved};
use super::{Archive, BackupFault};
use crate::keys::Keys;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What an archive says of its key, before anything vouches for the archive.
#[derive(Clone, PartialEq, Eq)]
pub struct WantedKey {
    /// Name of the key.
    pub id: Option<String>,
    /// Where the key file lay when the backup was made.
    pub path: Option<PathBuf>,
    /// The key file itself, where the archive is under a passphrase.
    pub inside: Option<String>,
}

/// Reads what an archive says of its key.
///
/// # Errors
/// [`BackupFault`].
pub fn wanted_key(archive: &Archive) -> Result<WantedKey, BackupFault> {
    let mut found = Unproved::open(archive)?;
    // outside of a passphrase nobody put one there but to have it taken for ours
    let inside = archive.passphrase.as_ref().and_then(|_| found.key()).filter(|_| found.sealed);
    Ok(WantedKey { id: found.manifest.key_id, path: found.manifest.key_file.map(PathBuf::from), inside })
}

/// Whether these are the keys of the archive.
///
/// # Errors
/// [`BackupFault`] for everything else that is wrong with it.
pub fn is_key_of(archive: &Archive, keys: &Keys) -> Result<bool, BackupFault> {
    match Reader::open(archive, keys) {
        Ok(_) => Ok(true),
        Err(BackupFault::OtherKey { .. }) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Where the key file of an installation lies, and its text; nothing where its key came from elsewhere.
pub(super) fn key_file(data: &Path) -> Result<Option<(PathBuf, String)>, BackupFault> {
    let path = Keys::path_beside(data);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((std::path::absolute(&path).unwrap_or(path), text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BackupFault::Io(path.display().to_string(), error)),
    }
}
