//! Zip containers with budgets: nothing is unpacked beyond what a workbook of its size may hold.

use super::Limits;
use crate::messages::Code;
use crate::notice::FileFault;
use std::io::{self, Cursor, Read};
use std::sync::Arc;
use zip::ZipArchive;
use zip::result::ZipError;

/// The file's bytes, shared by all who read from it.
pub type Bytes = Arc<[u8]>;

/// A zip container whose directory has been checked against the limits.
#[derive(Clone)]
pub struct Archive {
    zip: ZipArchive<Cursor<Bytes>>,
}

impl Archive {
    /// Reads the directory and checks what it declares.
    ///
    /// # Errors
    /// `file_damaged`, `file_encrypted`, `archive_refused`.
    pub fn open(bytes: Bytes, limits: &Limits) -> Result<Self, FileFault> {
        // Counted before the directory is taken into memory.
        let entries = directory_entries(&bytes);
        if entries > limits.archive_entries {
            return Err(refused(format!("{entries} > {}", limits.archive_entries)));
        }
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| FileFault::damaged("zip directory"))?;
        let mut total = 0_u64;
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(|_| FileFault::damaged("zip entry"))?;
            if entry.encrypted() {
                return Err(FileFault::new(Code::FileEncrypted));
            }
            check_ratio(entry.size(), entry.compressed_size(), limits)?;
            total = total.saturating_add(entry.size());
        }
        if total > limits.archive_bytes {
            return Err(refused(format!("{} MB", total / 1_048_576)));
        }
        Ok(Self { zip })
    }

    /// Whether the container has an entry of that name.
    pub fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// The declared size of an entry, 0 when it is absent.
    pub fn size(&mut self, name: &str) -> u64 {
        self.zip
            .index_for_name(name)
            .and_then(|index| self.zip.by_index_raw(index).ok().map(|entry| entry.size()))
            .unwrap_or(0)
    }

    /// An entry as a stream that ends in an error rather than give more bytes than declared.
    ///
    /// # Errors
    /// `file_damaged` when there is no such entry or it cannot be unpacked.
    pub fn entry(&mut self, name: &str) -> Result<impl Read + '_, FileFault> {
        let file = self.zip.by_name(name).map_err(|error| match error {
            ZipError::UnsupportedArchive(_) => FileFault::damaged("unsupported compression"),
            _ => FileFault::damaged(format!("{name} is missing")),
        })?;
        let left = file.size();
        Ok(Budgeted { inner: file, left })
    }

    /// A small entry as text; nothing when it is absent.
    ///
    /// # Errors
    /// `file_damaged` when it is larger than 16 MB or no text.
    pub fn small(&mut self, name: &str) -> Result<Option<Vec<u8>>, FileFault> {
        const MOST: u64 = 16 * 1_048_576;
        if !self.has(name) {
            return Ok(None);
        }
        if self.size(name) > MOST {
            return Err(refused(name.to_owned()));
        }
        let mut content = Vec::new();
        self.entry(name)?.read_to_end(&mut content).map_err(|_| FileFault::damaged(name.to_owned()))?;
        Ok(Some(content))
    }
}

/// How many entries of zip directories the bytes may hold.
fn directory_entries(bytes: &[u8]) -> usize {
    bytes.windows(4).filter(|window| *window == b"PK\x01\x02").count()
}

fn refused(detail: String) -> FileFault {
    FileFault::new(Code::ArchiveRefused).with("detail", detail)
}

fn check_ratio(inflated: u64, packed: u64, limits: &Limits) -> Result<(), FileFault> {
    if inflated > limits.archive_ratio_from && inflated / packed.max(1) > limits.archive_ratio {
        return Err(refused(format!("{} : 1", inflated / packed.max(1))));
    }
    Ok(())
}

/// Gives at most the declared number of bytes.
struct Budgeted<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Budgeted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let count = u64::try_from(read).unwrap_or(u64::MAX);
        self.left =
            self.left.checked_sub(count).ok_or_else(|| io::Error::other("the entry is longer than declared"))?;
        Ok(read)
    }
}
