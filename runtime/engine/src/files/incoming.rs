//! A content that is being taken in: beside its place while it comes, sealed from the first byte on, and then put there.

use super::content::{Content, folder_of, key_name, new_name, remove};
use crate::exchange::blocking;
use crate::keys::{Keys, mac};
use crate::sealing::file::{Draft, FileKey, trouble};
use crate::{Engine, EngineError, EngineResult};
use chrono::{DateTime, Utc};
use formwright_store::keys::{self as stored, NamedKey};
use formwright_store::{StoreError, Tx, files};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Removes what was begun when it is not finished.
struct Scrap(PathBuf);

impl Drop for Scrap {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

enum Out {
    Sealed(Draft),
    Plain(File),
}

/// A content that comes. Everything here blocks the thread.
pub(super) struct Incoming {
    files: PathBuf,
    name: Vec<u8>,
    key: Option<FileKey>,
    out: Out,
    hasher: Sha256,
    /// What is written into, and what that becomes when it is whole.
    scraps: [Scrap; 2],
}

impl Incoming {
    /// Begins one that will lie sealed or plain.
    ///
    /// # Errors
    /// When there is no randomness; what the disk gives.
    pub fn begin(files: &Path, sealed: bool) -> EngineResult<Incoming> {
        let folder = files.join("tmp");
        std::fs::create_dir_all(&folder).map_err(|e| trouble(&folder, &e))?;
        let name = new_name()?;
        let text = hex::encode(&name);
        let scraps = [Scrap(folder.join(format!("{text}.tmp"))), Scrap(folder.join(&text))];
        let (key, out) = if sealed {
            let key = FileKey::make(key_name(&name))?;
            let draft = key.create(&folder, &text)?;
            (Some(key), Out::Sealed(draft))
        } else {
            let path = folder.join(&text);
            (None, Out::Plain(File::create(&path).map_err(|e| trouble(&path, &e))?))
        };
        Ok(Incoming { files: files.to_path_buf(), name, key, out, hasher: Sha256::new(), scraps })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `storage_full`; what the disk gives.
    pub fn push(&mut self, bytes: &[u8]) -> EngineResult<()> {
        self.hasher.update(bytes);
        match &mut self.out {
            Out::Sealed(draft) => draft.write_all(bytes).map_err(|e| draft.trouble(&e)),
            Out::Plain(file) => file.write_all(bytes).map_err(|e| trouble(&self.files, &e)),
        }
    }

    /// Ends it: from now on it survives a loss of power, but has no place yet.
    ///
    /// # Errors
    /// `storage_full`; what the disk gives.
    pub fn finish(self) -> EngineResult<Taken> {
        match self.out {
            Out::Sealed(draft) => draft.finish()?,
            Out::Plain(file) => file.sync_all().map_err(|e| trouble(&self.files, &e))?,
        }
        let [_, draft] = self.scraps;
        let sha256 = self.hasher.finalize().to_vec();
        Ok(Taken { files: self.files, name: self.name, key: self.key, sha256, draft })
    }
}

/// A content that is whole and waits for its place. Dropped, it is removed.
pub(super) struct Taken {
    files: PathBuf,
    name: Vec<u8>,
    key: Option<FileKey>,
    sha256: Vec<u8>,
    draft: Scrap,
}

impl Taken {
    /// Opens it.
    ///
    /// # Errors
    /// What the disk gives.
    pub fn open(&self) -> EngineResult<Content> {
        let missing = || EngineError::Internal(format!("{} is not there", self.draft.0.display()));
        match &self.key {
            Some(key) => {
                let inside = key.open(&self.files.join("tmp"), &hex::encode(&self.name))?.ok_or_else(missing)?;
                Ok(Content::Sealed(Box::new(inside)))
            }
            None => Ok(Content::Plain(File::open(&self.draft.0).map_err(|e| trouble(&self.draft.0, &e))?)),
        }
    }

    /// SHA-256 of what came.
    pub fn sha256(&self) -> &[u8] {
        &self.sha256
    }

    /// Puts it in its place, so that it stays there through a loss of power.
    ///
    /// # Errors
    /// What the disk gives.
    pub fn put(self) -> EngineResult<Kept> {
        let name = if self.key.is_some() { self.name } else { self.sha256.clone() };
        let folder = folder_of(&self.files, &name);
        let path = folder.join(hex::encode(&name));
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::rename(&self.draft.0, &path))
            .and_then(|()| File::open(&folder)?.sync_all())
            .map_err(|e| trouble(&path, &e))?;
        Ok(Kept { name, path, key: self.key, sha256: self.sha256 })
    }
}

/// A content in its place, which the database does not know of yet.
pub(super) struct Kept {
    pub name: Vec<u8>,
    path: PathBuf,
    key: Option<FileKey>,
    sha256: Vec<u8>,
}

impl Kept {
    /// What must be written down with the file that has it.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn entry(&self, keys: &Keys, now: DateTime<Utc>) -> EngineResult<Entry> {
        let seal = match &self.key {
            Some(key) => Some((digest(keys, &self.sha256)?, key.row(keys, now)?)),
            None => None,
        };
        Ok(Entry { name: self.name.clone(), seal })
    }

    /// Takes it away again where nobody has come to name it (a sealed one, whose name was never given to another): `written` is
    /// the content that the row has now. Where nobody knows whether the row is there, it may name this one.
    ///
    /// # Errors
    /// None in practice.
    pub async fn settle(self, written: &EngineResult<Vec<u8>>) -> EngineResult<()> {
        let may_be_named = match written {
            Ok(used) => *used == self.name,
            Err(error) => matches!(error, EngineError::Store(StoreError::OutcomeUnknown)),
        };
        if may_be_named || self.key.is_none() {
            return Ok(());
        }
        blocking(move || {
            remove(&self.path);
            Ok(())
        })
        .await
    }
}

/// The digest by which a sealed content is known whose SHA-256 this is.
///
/// # Errors
/// None in practice.
pub(super) fn digest(keys: &Keys, sha256: &[u8]) -> EngineResult<Vec<u8>> {
    Ok(mac(keys.contents(), &[sha256])?.to_vec())
}

/// A content for the database: its name, and where it is sealed its digest and its key.
#[derive(Clone)]
pub(super) struct Entry {
    name: Vec<u8>,
    seal: Option<(Vec<u8>, NamedKey)>,
}

impl Entry {
    /// Writes it down; gives the name of the content to use, which is another's where an equal one is there already.
    ///
    /// # Errors
    /// `Stale` where the key that wraps was replaced since; any other of the store.
    pub async fn add(self, tx: &mut Tx) -> EngineResult<Vec<u8>> {
        let Some((digest, key)) = self.seal else { return Ok(self.name) };
        if let Some(known) = files::sealed_like(&digest, tx).await? {
            return Ok(known);
        }
        files::add_sealed(&self.name, &digest, tx).await?;
        stored::add_named(&key, tx).await?;
        Ok(self.name)
    }
}

impl Engine {
    /// Whether the database said that the key that wraps others was replaced; then the keys were read anew.
    ///
    /// # Errors
    /// Where the new key is not in the key file; what the store gives.
    pub(super) async fn was_rekeyed<T>(&self, done: &EngineResult<T>) -> EngineResult<bool> {
        let stale = matches!(done, Err(EngineError::Store(formwright_store::StoreError::Stale)));
        if stale {
            self.renew_keys().await?;
        }
        Ok(stale)
    }
}
