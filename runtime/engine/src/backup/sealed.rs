//! An archive under a passphrase: encrypted in chunks, so that it can be written in one go and read at any place.
//!
//! Head: mark, salt, cost of the passphrase (Argon2id), beginning of the nonces. Then chunks of 64 KiB under
//! XChaCha20-Poly1305. A chunk's nonce says its number and whether it is the last (the STREAM construction), and the head is
//! authenticated with each: nothing can be changed, moved, dropped or cut off unseen.

use super::BackupFault;
use crate::keys::random;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

const MARK: &[u8; 8] = b"FWSEAL\x00\x01";
const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
const HEAD: usize = 8 + 16 + 12 + 19;
/// Cost of a guess: KiB of memory, passes, lanes. Tests guess often.
const COST: [u32; 3] = if cfg!(test) { [64, 1, 1] } else { [64 << 10, 3, 1] };
/// A file may not ask for more memory than this, in KiB.
const MOST_MEMORY: u32 = 1 << 20;
const MOST_PASSES: u32 = 64;

struct Cipher {
    aead: XChaCha20Poly1305,
    head: [u8; HEAD],
}

impl Cipher {
    fn new(passphrase: &str, head: [u8; HEAD]) -> Result<Cipher, BackupFault> {
        let number = |at: usize| {
            let bytes: [u8; 4] = head.get(at..at + 4).and_then(|b| b.try_into().ok()).unwrap_or_default();
            u32::from_be_bytes(bytes)
        };
        let (memory, passes, lanes) = (number(24), number(28), number(32));
        if memory > MOST_MEMORY || passes > MOST_PASSES || lanes > 16 {
            return Err(BackupFault::Damaged("the cost of its passphrase is not one of ours".into()));
        }
        let wrong = |error: argon2::Error| BackupFault::Damaged(error.to_string());
        let params = Params::new(memory, passes, lanes, Some(32)).map_err(wrong)?;
        let mut key = [0; 32];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), head.get(8..24).unwrap_or_default(), &mut key)
            .map_err(wrong)?;
        Ok(Cipher { aead: XChaCha20Poly1305::new(&key.into()), head })
    }

    fn nonce(&self, number: u32, last: bool) -> XNonce {
        let mut nonce = [0; 24];
        for (to, from) in nonce.iter_mut().zip(self.head.iter().skip(36)) {
            *to = *from;
        }
        for (to, from) in nonce.iter_mut().skip(19).zip(number.to_be_bytes()) {
            *to = from;
        }
        if let Some(end) = nonce.last_mut() {
            *end = u8::from(last);
        }
        nonce.into()
    }

    fn seal(&self, number: u32, last: bool, msg: &[u8]) -> io::Result<Vec<u8>> {
        let payload = Payload { msg, aad: &self.head };
        self.aead.encrypt(&self.nonce(number, last), payload).map_err(|_| broken("a chunk cannot be encrypted"))
    }

    fn open(&self, number: u32, last: bool, msg: &[u8]) -> io::Result<Vec<u8>> {
        let payload = Payload { msg, aad: &self.head };
        self.aead.decrypt(&self.nonce(number, last), payload).map_err(|_| broken("a chunk is not what was written"))
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

/// Encrypts what is written into it.
pub(super) struct SealingWriter {
    inner: BufWriter<File>,
    cipher: Cipher,
    number: u32,
    waiting: Vec<u8>,
}

impl SealingWriter {
    pub(super) fn new(file: File, passphrase: &str) -> Result<SealingWriter, BackupFault> {
        let (salt, start): ([u8; 16], [u8; 19]) = (random()?, random()?);
        let cost: Vec<u8> = COST.iter().flat_map(|n| n.to_be_bytes()).collect();
        let text: Vec<u8> = [MARK.as_slice(), &salt, &cost, &start].concat();
        let head: [u8; HEAD] =
            text.try_into().map_err(|_| BackupFault::Damaged("its head has another length".into()))?;
        let mut inner = BufWriter::new(file);
        inner.write_all(&head).map_err(|e| BackupFault::Io("the archive".into(), e))?;
        Ok(SealingWriter { inner, cipher: Cipher::new(passphrase, head)?, number: 0, waiting: Vec::new() })
    }

    /// Writes the last chunk.
    pub(super) fn finish(mut self) -> io::Result<File> {
        let sealed = self.cipher.seal(self.number, true, &self.waiting)?;
        self.inner.write_all(&sealed)?;
        self.inner.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

impl Write for SealingWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // a full chunk goes out only when more comes: the last one is another
        if self.waiting.len() == CHUNK {
            let sealed = self.cipher.seal(self.number, false, &self.waiting)?;
            self.inner.write_all(&sealed)?;
            self.number = self.number.checked_add(1).ok_or_else(|| broken("the archive is too large"))?;
            self.waiting.clear();
        }
        let taken = bytes.len().min(CHUNK - self.waiting.len());
        self.waiting.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Whether a file begins as one of ours.
pub(super) fn is_sealed(file: &mut File) -> io::Result<bool> {
    let mut mark = [0; 8];
    let mut read = 0;
    while read < mark.len() {
        match file.read(mark.get_mut(read..).unwrap_or_default())? {
            0 => break,
            n => read += n,
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(mark == *MARK)
}

/// Reads an encrypted file at any place.
pub(super) struct SealedReader {
    inner: BufReader<File>,
    cipher: Cipher,
    /// Of what is inside.
    length: u64,
    chunks: u32,
    at: u64,
    /// Number and content of the chunk opened last.
    open: Option<(u32, Vec<u8>)>,
}

impl SealedReader {
    /// # Errors
    /// [`BackupFault::WrongPassphrase`], also where the beginning or the end of the file is not what was written.
    pub(super) fn new(mut file: File, passphrase: &str) -> Result<SealedReader, BackupFault> {
        let damaged = |e: io::Error| BackupFault::Damaged(e.to_string());
        let mut head = [0; HEAD];
        file.read_exact(&mut head).map_err(damaged)?;
        let size = file.metadata().map_err(damaged)?.len();
        let (head_size, whole) = (to_u64(HEAD), to_u64(CHUNK + TAG));
        let body = size.checked_sub(head_size).ok_or(BackupFault::WrongPassphrase)?;
        let count = body.div_ceil(whole).max(1);
        let length = body.checked_sub(count * to_u64(TAG)).ok_or(BackupFault::WrongPassphrase)?;
        let chunks = u32::try_from(count).map_err(|_| BackupFault::Damaged("it is too large".into()))?;
        let cipher = Cipher::new(passphrase, head)?;
        let mut reader = SealedReader { inner: BufReader::new(file), cipher, length, chunks, at: 0, open: None };
        // the last chunk tells that nothing was cut off
        reader.load(chunks - 1).map_err(|_| BackupFault::WrongPassphrase)?;
        Ok(reader)
    }

    fn load(&mut self, number: u32) -> io::Result<()> {
        if self.open.as_ref().is_some_and(|(open, _)| *open == number) {
            return Ok(());
        }
        let whole = to_u64(CHUNK + TAG);
        self.inner.seek(SeekFrom::Start(to_u64(HEAD) + u64::from(number) * whole))?;
        let mut sealed = Vec::with_capacity(CHUNK + TAG);
        Read::by_ref(&mut self.inner).take(whole).read_to_end(&mut sealed)?;
        let content = self.cipher.open(number, number + 1 == self.chunks, &sealed)?;
        self.open = Some((number, content));
        Ok(())
    }
}

fn to_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl Read for SealedReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.length || out.is_empty() {
            return Ok(0);
        }
        let chunk = to_u64(CHUNK);
        let number = u32::try_from(self.at / chunk).map_err(|_| broken("beyond the end"))?;
        self.load(number)?;
        let from = usize::try_from(self.at % chunk).map_err(|_| broken("beyond the end"))?;
        let content = self.open.as_ref().and_then(|(_, c)| c.get(from..)).unwrap_or_default();
        let n = content.len().min(out.len());
        if n == 0 {
            return Err(broken("a chunk is shorter than it must be"));
        }
        for (to, from) in out.iter_mut().zip(content) {
            *to = *from;
        }
        self.at += to_u64(n);
        Ok(n)
    }
}

impl Seek for SealedReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "before the beginning"))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    fn written(path: &Path, content: &[u8]) {
        let mut writer = SealingWriter::new(File::create(path).unwrap(), "correct horse").unwrap();
        writer.write_all(content).unwrap();
        writer.finish().unwrap();
    }

    fn read(path: &Path, passphrase: &str) -> Result<Vec<u8>, BackupFault> {
        let mut out = Vec::new();
        SealedReader::new(File::open(path).unwrap(), passphrase)?
            .read_to_end(&mut out)
            .map_err(|e| BackupFault::Damaged(e.to_string()))?;
        Ok(out)
    }

    #[test]
    fn what_is_written_comes_back_whatever_its_length_and_at_any_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let content: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
            written(&path, &content);
            assert!(is_sealed(&mut File::open(&path).unwrap()).unwrap());
            assert_eq!(read(&path, "correct horse").unwrap(), content, "{length}");
            let mut reader = SealedReader::new(File::open(&path).unwrap(), "correct horse").unwrap();
            for at in [length / 2, 0, length.saturating_sub(3)] {
                reader.seek(SeekFrom::Start(to_u64(at))).unwrap();
                let mut tail = Vec::new();
                reader.read_to_end(&mut tail).unwrap();
                assert_eq!(tail, content[at..], "{length} {at}");
            }
        }
        assert!(matches!(read(&path, "wrong horse"), Err(BackupFault::WrongPassphrase)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_changed_byte_or_a_missing_end_is_seen(at in 0usize..(2 * CHUNK + 100), cut in 1usize..200) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x");
            written(&path, &vec![7; 2 * CHUNK + 10]);
            let whole = std::fs::read(&path).unwrap();
            let mut bytes = whole.clone();
            let at = 8 + at % (whole.len() - 8);
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            // a changed cost may ask for more than any machine has
            if !(24..36).contains(&at) {
                prop_assert!(read(&path, "correct horse").is_err());
            }
            std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            prop_assert!(read(&path, "correct horse").is_err());
        }
    }
}
