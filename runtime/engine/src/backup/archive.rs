//! The archive as a file: plain or under a passphrase, written in one go, read at any place.

use super::manifest::{KEY, MANIFEST, MANIFEST_MAC, Manifest, Part};
use super::sealed::{self, SealedReader, SealingWriter, is_sealed};
use super::{Archive, BackupFault};
use crate::keys::{Keys, mac, mac_matches};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Bytes of a manifest.
const MOST_MANIFEST: u64 = 64 << 20;
/// Bytes read at once.
const PIECE: usize = 256 << 10;

enum Out {
    Plain(BufWriter<File>),
    Sealed(Box<SealingWriter>),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Out::Plain(out) => out.write(bytes),
            Out::Sealed(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Out::Plain(out) => out.flush(),
            Out::Sealed(out) => out.flush(),
        }
    }
}

/// An archive being written.
pub(super) struct Writer {
    zip: ZipWriter<StreamWriter<Out>>,
    shown: String,
    parts: Vec<Part>,
}

impl Writer {
    pub(super) fn create(path: &Path, passphrase: Option<&str>) -> Result<Writer, BackupFault> {
        let shown = path.display().to_string();
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|e| BackupFault::Io(shown.clone(), e))?;
        let out = match passphrase {
            None => Out::Plain(BufWriter::new(file)),
            Some(passphrase) => Out::Sealed(Box::new(sealed::writer(file, passphrase)?)),
        };
        Ok(Writer { zip: ZipWriter::new_stream(out), shown, parts: Vec::new() })
    }

    /// Begins a part; [`PartWriter::end`] ends it.
    pub(super) fn part(&mut self, name: &str, method: CompressionMethod) -> Result<PartWriter<'_>, BackupFault> {
        let options = SimpleFileOptions::default().compression_method(method).large_file(true);
        self.zip.start_file(name, options).map_err(|e| BackupFault::Damaged(e.to_string()))?;
        Ok(PartWriter { writer: self, name: name.to_string(), hasher: Sha256::new(), bytes: 0 })
    }

    /// Adds a file, weighed as it goes in; its SHA-256.
    pub(super) fn add(&mut self, name: &str, path: &Path, method: CompressionMethod) -> Result<String, BackupFault> {
        let io = |error| BackupFault::Io(path.display().to_string(), error);
        let mut file = File::open(path).map_err(io)?;
        let mut part = self.part(name, method)?;
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece).map_err(io)? {
                0 => return Ok(part.end()),
                n => part.push(piece.get(..n).unwrap_or_default())?,
            }
        }
    }

    /// Puts the key file into an archive under a passphrase.
    pub(super) fn key(&mut self, text: &str) -> Result<(), BackupFault> {
        self.zip.start_file(KEY, SimpleFileOptions::default()).map_err(|e| BackupFault::Damaged(e.to_string()))?;
        self.zip.write_all(text.as_bytes()).map_err(|e| BackupFault::Io(self.shown.clone(), e))
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Writes the manifest and the seal of the installation's key on it, and puts all of it on the disk.
    pub(super) fn finish(mut self, manifest: &Manifest, keys: &Keys) -> Result<(), BackupFault> {
        let shown = self.shown.clone();
        let io = |error| BackupFault::Io(shown.clone(), error);
        let broken = |error: zip::result::ZipError| BackupFault::Damaged(error.to_string());
        let text = serde_json::to_vec_pretty(manifest).map_err(|e| BackupFault::Damaged(e.to_string()))?;
        let wanted = manifest.key_id.clone().unwrap_or_else(|| keys.key_id());
        let key = keys.backup_of(&wanted).ok_or_else(|| other_key(wanted, keys))?;
        let seal = hex::encode(mac(&key, &[&text])?);
        for (name, content) in [(MANIFEST, text.as_slice()), (MANIFEST_MAC, seal.as_bytes())] {
            self.zip.start_file(name, SimpleFileOptions::default()).map_err(broken)?;
            self.zip.write_all(content).map_err(io)?;
        }
        let file = match self.zip.finish().map_err(broken)?.into_inner() {
            Out::Plain(out) => out.into_inner().map_err(|e| io(e.into_error()))?,
            Out::Sealed(out) => out.finish().map_err(io)?,
        };
        file.sync_all().map_err(io)
    }
}

/// A part being written.
pub(super) struct PartWriter<'w> {
    writer: &'w mut Writer,
    name: String,
    hasher: Sha256,
    bytes: u64,
}

impl PartWriter<'_> {
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), BackupFault> {
        self.hasher.update(piece);
        self.bytes += u64::try_from(piece.len()).unwrap_or(0);
        self.writer.zip.write_all(piece).map_err(|e| BackupFault::Io(self.writer.shown.clone(), e))
    }

    /// Notes the part for the manifest; its SHA-256.
    pub(super) fn end(self) -> String {
        let sha256 = hex::encode(self.hasher.finalize());
        self.writer.parts.push(Part { name: self.name, bytes: self.bytes, sha256: sha256.clone() });
        sha256
    }
}

pub(super) enum In {
    Plain(BufReader<File>),
    Sealed(Box<SealedReader>),
}

impl Read for In {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            In::Plain(file) => file.read(out),
            In::Sealed(file) => file.read(out),
        }
    }
}

impl Seek for In {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            In::Plain(file) => file.seek(to),
            In::Sealed(file) => file.seek(to),
        }
    }
}

/// An archive open for reading, for which no key has vouched yet.
pub(super) struct Unproved {
    zip: ZipArchive<In>,
    /// The manifest as it stands there.
    text: Vec<u8>,
    pub(super) manifest: Manifest,
    /// Whether it is under a passphrase.
    pub(super) sealed: bool,
    bytes: u64,
}

impl Unproved {
    pub(super) fn open(archive: &Archive) -> Result<Unproved, BackupFault> {
        let shown = archive.path.display().to_string();
        let io = |e| BackupFault::Io(shown.clone(), e);
        let mut file = File::open(&archive.path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let sealed = is_sealed(&mut file).map_err(io)?;
        let inside = match (sealed, &archive.passphrase) {
            (false, _) => In::Plain(BufReader::new(file)),
            (true, Some(passphrase)) => In::Sealed(Box::new(sealed::reader(file, passphrase)?)),
            (true, None) => return Err(BackupFault::PassphraseWanted),
        };
        let mut zip = ZipArchive::new(inside).map_err(|_| BackupFault::NoBackup(shown.clone()))?;
        let text = read_whole(&mut zip, MANIFEST).ok_or_else(|| BackupFault::NoBackup(shown.clone()))?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| BackupFault::NoBackup(shown.clone()))?;
        manifest.check_version()?;
        Ok(Unproved { zip, text, manifest, sealed, bytes })
    }

    /// The key file in it.
    pub(super) fn key(&mut self) -> Option<String> {
        String::from_utf8(read_whole(&mut self.zip, KEY)?).ok()
    }
}

/// An archive open for reading, whose manifest the installation's key has vouched for.
pub(super) struct Reader {
    pub(super) zip: ZipArchive<In>,
    pub(super) manifest: Manifest,
    pub(super) bytes: u64,
}

impl Reader {
    pub(super) fn open(archive: &Archive, keys: &Keys) -> Result<Reader, BackupFault> {
        let Unproved { mut zip, text, manifest, bytes, .. } = Unproved::open(archive)?;
        let wanted = manifest.key_id.clone().unwrap_or_else(|| keys.key_id());
        let key = keys.backup_of(&wanted).ok_or_else(|| other_key(wanted, keys))?;
        let seal = read_whole(&mut zip, MANIFEST_MAC).and_then(|hex| hex::decode(hex).ok()).unwrap_or_default();
        if !mac_matches(&key, &[&text], &seal) {
            return Err(BackupFault::Damaged("the manifest is not what this installation wrote".into()));
        }
        Ok(Reader { zip, manifest, bytes })
    }
}

fn other_key(wanted: String, keys: &Keys) -> BackupFault {
    BackupFault::OtherKey { wanted, found: keys.key_id() }
}

fn read_whole(zip: &mut ZipArchive<In>, name: &str) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    zip.by_name(name).ok()?.take(MOST_MANIFEST).read_to_end(&mut text).ok()?;
    Some(text)
}

/// Reads an entry through to its end, no further than it may go; hands the pieces to `each`. Its size and SHA-256.
pub(super) fn pour(
    entry: impl Read,
    most: u64,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<(u64, String)> {
    let mut entry = entry.take(most.saturating_add(1));
    let (mut hasher, mut size, mut piece) = (Sha256::new(), 0_u64, vec![0_u8; PIECE]);
    loop {
        let read = entry.read(&mut piece)?;
        if read == 0 {
            return Ok((size, hex::encode(hasher.finalize())));
        }
        let piece = piece.get(..read).unwrap_or_default();
        hasher.update(piece);
        size += u64::try_from(read).unwrap_or(0);
        each(piece)?;
    }
}
