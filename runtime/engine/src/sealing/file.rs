//! Files that belong to one thing, each under a key of its own.
//!
//! The thing's key is random and kept in the database wrapped by the installation's; the key of a file is derived from it by the
//! file's name. A file is a mark, the beginning of its nonces, and chunks that are bound to both names: it opens in its own place
//! only, and no more at all when the thing's key is forgotten.

use super::chunks::{Chunks, START, SealedReader, SealingWriter};
use crate::keys::{Keys, mac, place_of, random};
use crate::{EngineError, EngineResult};
use chrono::{DateTime, Utc};
use formwright_store::Tx;
use formwright_store::keys::{self as stored, NamedKey};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

const MARK: &[u8; 8] = b"FWFILE\x00\x01";
const HEAD: usize = 8 + START;

/// The key of a thing's files.
#[derive(Clone)]
pub struct FileKey {
    name: String,
    secret: [u8; 32],
}

impl FileKey {
    /// A new one.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn make(name: impl Into<String>) -> EngineResult<FileKey> {
        Ok(FileKey { name: name.into(), secret: random()? })
    }

    /// As it is kept.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn row(&self, keys: &Keys, now: DateTime<Utc>) -> EngineResult<NamedKey> {
        let (kek, wrapped) = keys.wrap(&place_of(&self.name), &self.secret)?;
        Ok(NamedKey { name: self.name.clone(), kek, wrapped, created_at: now })
    }

    /// The key of a name; nothing where there is none.
    ///
    /// # Errors
    /// Where it was not wrapped by this installation; what the store gives.
    pub async fn find(keys: &Keys, name: &str, tx: &mut Tx) -> EngineResult<Option<FileKey>> {
        let Some(row) = stored::named(name, tx).await? else { return Ok(None) };
        let secret = keys.unwrap(&place_of(name), &row.kek, &row.wrapped)?;
        Ok(Some(FileKey { name: name.to_string(), secret }))
    }

    fn chunks(&self, file: &str, start: [u8; START]) -> EngineResult<Chunks> {
        let key = mac(&self.secret, &[file.as_bytes()])?;
        let bound = [MARK.as_slice(), &start, self.name.as_bytes(), b"/", file.as_bytes()].concat();
        Ok(Chunks::new(&key, start, bound))
    }

    /// Begins a new file in a folder, under its name with `.tmp` behind it.
    ///
    /// # Errors
    /// When there is no randomness; what the disk gives.
    pub fn create(&self, folder: &Path, file: &str) -> EngineResult<Draft> {
        self.create_at(folder.join(format!("{file}.tmp")), folder, file)
    }

    /// Begins a new file of a folder at a place of its own, which must be on the same disk.
    ///
    /// # Errors
    /// When there is no randomness; what the disk gives.
    pub fn create_at(&self, path: PathBuf, folder: &Path, file: &str) -> EngineResult<Draft> {
        let start: [u8; START] = random()?;
        let chunks = self.chunks(file, start)?;
        let mut out = File::create(&path).map_err(|e| trouble(&path, &e))?;
        out.write_all(&[MARK.as_slice(), &start].concat()).map_err(|e| trouble(&path, &e))?;
        Ok(Draft { out: SealingWriter::new(out, chunks), place: folder.join(file), path })
    }

    /// Opens a file of a folder; nothing where it is not there.
    ///
    /// # Errors
    /// Where it is not what was written; what the disk gives.
    pub fn open(&self, folder: &Path, file: &str) -> EngineResult<Option<SealedReader<File>>> {
        let path = folder.join(file);
        let mut inner = match File::open(&path) {
            Ok(inner) => inner,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(trouble(&path, &error)),
        };
        let mut head = [0; HEAD];
        inner.read_exact(&mut head).map_err(|e| trouble(&path, &e))?;
        let start = head.strip_prefix(MARK).and_then(|start| start.try_into().ok());
        let start = start.ok_or_else(|| trouble(&path, &io::Error::from(ErrorKind::InvalidData)))?;
        let from = u64::try_from(HEAD).unwrap_or(u64::MAX);
        SealedReader::new(inner, from, self.chunks(file, start)?).map(Some).map_err(|e| trouble(&path, &e))
    }
}

/// A file that is being written: encrypted from the first byte on.
pub struct Draft {
    out: SealingWriter<File>,
    path: PathBuf,
    place: PathBuf,
}

impl Draft {
    /// What a failure of the disk means.
    pub fn trouble(&self, error: &io::Error) -> EngineError {
        trouble(&self.place, error)
    }

    /// Ends the file, sees to it that it survives a loss of power, and gives it its name.
    ///
    /// # Errors
    /// What the disk gives.
    pub fn finish(self) -> EngineResult<()> {
        let Draft { out, path, place } = self;
        let done = out.finish().and_then(|file| {
            file.sync_all()?;
            std::fs::rename(&path, &place)?;
            place.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        });
        done.map_err(|e| trouble(&place, &e))
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A failure of the disk; that it is full is told as such.
pub(crate) fn trouble(path: &Path, error: &io::Error) -> EngineError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            EngineError::refused(&formwright_core::error_code::STORAGE_FULL)
        }
        _ => EngineError::Internal(format!("{}: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn written(key: &FileKey, folder: &Path, file: &str, content: &[u8]) {
        let mut draft = key.create(folder, file).unwrap();
        draft.write_all(content).unwrap();
        draft.finish().unwrap();
    }

    fn read(key: &FileKey, folder: &Path, file: &str) -> EngineResult<Vec<u8>> {
        let mut out = Vec::new();
        let mut inside = key.open(folder, file)?.unwrap();
        inside.read_to_end(&mut out).map_err(|e| EngineError::Internal(e.to_string()))?;
        Ok(out)
    }

    #[test]
    fn a_file_opens_under_its_own_name_with_its_own_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (mine, other) = (FileKey::make("imports/1").unwrap(), FileKey::make("imports/1").unwrap());
        let content = b"the price list".repeat(10_000);
        written(&mine, folder, "upload", &content);
        let kept = std::fs::read(folder.join("upload")).unwrap();
        assert!(!kept.windows(9).any(|part| part == b"the price"));
        assert_eq!(read(&mine, folder, "upload").unwrap(), content);
        assert!(read(&other, folder, "upload").is_err());
        let elsewhere = FileKey { name: "imports/2".into(), secret: mine.secret };
        assert!(read(&elsewhere, folder, "upload").is_err());
        std::fs::copy(folder.join("upload"), folder.join("result")).unwrap();
        assert!(read(&mine, folder, "result").is_err());
        assert!(mine.open(folder, "nothing").unwrap().is_none());
        written(&mine, folder, "upload", &content);
        assert_ne!(std::fs::read(folder.join("upload")).unwrap(), kept, "never twice alike");
    }
}
