//! The bytes of a file: where they lie, and how they are read.
//!
//! A content that is sealed has a random name, 16 bytes, and a key of its own, under which its small copies are sealed too. One that
//! lies plain, as an older version or the setting left it, has its SHA-256 for a name, 32 bytes.

use super::Size;
use crate::keys::random;
use crate::sealing::chunks::SealedReader;
use crate::sealing::file::{FileKey, trouble};
use crate::{Engine, EngineResult};
use formwright_store::Tx;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of the name of a sealed content.
const SEALED_NAME: usize = 16;

/// The name of the key of a sealed content.
pub(super) fn key_name(name: &[u8]) -> String {
    format!("files/{}", hex::encode(name))
}

/// Whether a content of that name lies sealed.
pub(crate) fn is_sealed(name: &[u8]) -> bool {
    name.len() == SEALED_NAME
}

/// A name for a content that will lie sealed.
///
/// # Errors
/// When there is no randomness.
pub(super) fn new_name() -> EngineResult<Vec<u8>> {
    Ok(random::<SEALED_NAME>()?.to_vec())
}

/// The folder of a content, or of its small copies, in that of all.
pub(super) fn folder_of(files: &Path, name: &[u8]) -> PathBuf {
    files.join(hex::encode(name.get(..1).unwrap_or(&[0])))
}

/// A content that is read, at any place.
pub enum Content {
    Plain(File),
    Sealed(Box<SealedReader<File>>),
}

impl Content {
    /// Bytes.
    ///
    /// # Errors
    /// What the disk gives.
    pub fn length(&self) -> io::Result<u64> {
        match self {
            Content::Plain(file) => Ok(file.metadata()?.len()),
            Content::Sealed(inside) => Ok(inside.length()),
        }
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Content::Plain(_) => "Plain",
            Content::Sealed(_) => "Sealed",
        })
    }
}

impl Read for Content {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Content::Plain(file) => file.read(out),
            Content::Sealed(inside) => inside.read(out),
        }
    }
}

impl Seek for Content {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Content::Plain(file) => file.seek(to),
            Content::Sealed(inside) => inside.seek(to),
        }
    }
}

/// Where a content and its small copies lie, with the key where they are sealed.
#[derive(Clone)]
pub(crate) struct Place {
    files: PathBuf,
    name: Vec<u8>,
    key: Option<FileKey>,
}

impl Place {
    /// The place of a content; nothing where it is sealed and its key was forgotten.
    ///
    /// # Errors
    /// Where the key was not wrapped by this installation; what the store gives.
    pub async fn find(engine: &Engine, name: &[u8], tx: &mut Tx) -> EngineResult<Option<Place>> {
        let key = if is_sealed(name) {
            let Some(key) = FileKey::find(engine.keys(), &key_name(name), tx).await? else { return Ok(None) };
            Some(key)
        } else {
            None
        };
        Ok(Some(Place { files: engine.files_folder(), name: name.to_vec(), key }))
    }

    /// Opens the content; nothing where it is not there. Blocks the thread.
    ///
    /// # Errors
    /// Where it is not what was written, as far as its end tells; what the disk gives.
    pub fn open(&self) -> EngineResult<Option<Content>> {
        open(self.key.as_ref(), &folder_of(&self.files, &self.name), &hex::encode(&self.name))
    }

    fn small(&self, size: Size) -> (PathBuf, String) {
        small_place(&self.files, &self.name, size)
    }

    /// Opens a small copy; nothing where it is not there. Blocks the thread.
    ///
    /// # Errors
    /// As [`Place::open`].
    pub fn open_small(&self, size: Size) -> EngineResult<Option<Content>> {
        let (folder, file) = self.small(size);
        open(self.key.as_ref(), &folder, &file)
    }

    /// Keeps a small copy. Blocks the thread.
    ///
    /// # Errors
    /// What the disk gives.
    pub fn keep_small(&self, size: Size, bytes: &[u8]) -> EngineResult<()> {
        let (folder, file) = self.small(size);
        let scratch = self.files.join("tmp");
        for folder in [&folder, &scratch] {
            std::fs::create_dir_all(folder).map_err(|e| trouble(folder, &e))?;
        }
        let draft = scratch.join(uuid::Uuid::now_v7().to_string());
        let kept = match &self.key {
            Some(key) => key.create_at(draft.clone(), &folder, &file).and_then(|mut out| {
                out.write_all(bytes).map_err(|e| out.trouble(&e))?;
                out.finish()
            }),
            None => std::fs::write(&draft, bytes)
                .and_then(|()| std::fs::rename(&draft, folder.join(&file)))
                .map_err(|e| trouble(&draft, &e)),
        };
        if kept.is_err() {
            remove(&draft);
        }
        kept
    }
}

fn small_place(files: &Path, name: &[u8], size: Size) -> (PathBuf, String) {
    (folder_of(&files.join("small"), name), format!("{}-{}", hex::encode(name), size.name()))
}

fn open(key: Option<&FileKey>, folder: &Path, file: &str) -> EngineResult<Option<Content>> {
    if let Some(key) = key {
        return Ok(key.open(folder, file)?.map(|inside| Content::Sealed(Box::new(inside))));
    }
    let path = folder.join(file);
    match File::open(&path) {
        Ok(file) => Ok(Some(Content::Plain(file))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(trouble(&path, &error)),
    }
}

/// Removes the small copies of a content.
pub(super) fn remove_small(files: &Path, name: &[u8]) {
    for size in [Size::Thumb, Size::Medium] {
        let (folder, file) = small_place(files, name, size);
        remove(&folder.join(file));
    }
}

/// Removes a file that may not be there.
pub(super) fn remove(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(%error, path = %path.display(), "a content could not be removed")
        }
        _ => {}
    }
}
