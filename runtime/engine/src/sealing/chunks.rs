//! A long content under a key: encrypted in chunks, so that it can be written in one go and read at any place.
//!
//! Chunks of 64 KiB under XChaCha20-Poly1305. A chunk's nonce says its number and whether it is the last (the STREAM
//! construction), and what the content is bound to is authenticated with each: nothing can be changed, moved, dropped or cut off
//! unseen. Memory is a chunk.

use super::cipher;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

/// Bytes of a chunk before it is encrypted.
pub const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
/// Bytes with which all nonces of a content begin; random for each content.
pub const START: usize = 19;

/// Encrypts and decrypts the chunks of one content.
pub struct Chunks {
    aead: XChaCha20Poly1305,
    start: [u8; START],
    bound: Vec<u8>,
}

impl Chunks {
    /// Under a key, with the beginning of the nonces; `bound` must be given again to open.
    pub fn new(key: &[u8; 32], start: [u8; START], bound: Vec<u8>) -> Chunks {
        Chunks { aead: cipher(key), start, bound }
    }

    fn nonce(&self, number: u32, last: bool) -> XNonce {
        let mut nonce = [0; 24];
        let end = number.to_be_bytes().into_iter().chain([u8::from(last)]);
        for (to, from) in nonce.iter_mut().zip(self.start.into_iter().chain(end)) {
            *to = from;
        }
        nonce.into()
    }

    fn seal(&self, number: u32, last: bool, msg: &[u8]) -> io::Result<Vec<u8>> {
        let payload = Payload { msg, aad: &self.bound };
        self.aead.encrypt(&self.nonce(number, last), payload).map_err(|_| broken("a chunk cannot be encrypted"))
    }

    fn open(&self, number: u32, last: bool, msg: &[u8]) -> io::Result<Vec<u8>> {
        let payload = Payload { msg, aad: &self.bound };
        self.aead.decrypt(&self.nonce(number, last), payload).map_err(|_| broken("a chunk is not what was written"))
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

/// Encrypts what is written into it.
pub struct SealingWriter<W: Write> {
    inner: BufWriter<W>,
    chunks: Chunks,
    number: u32,
    waiting: Vec<u8>,
}

impl<W: Write> SealingWriter<W> {
    /// Writes the chunks behind what was written already.
    pub fn new(inner: W, chunks: Chunks) -> SealingWriter<W> {
        SealingWriter { inner: BufWriter::new(inner), chunks, number: 0, waiting: Vec::new() }
    }

    /// Writes the last chunk.
    ///
    /// # Errors
    /// What the stream beneath gives.
    pub fn finish(mut self) -> io::Result<W> {
        let sealed = self.chunks.seal(self.number, true, &self.waiting)?;
        self.inner.write_all(&sealed)?;
        self.inner.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // a full chunk goes out only when more comes: the last one is another
        if self.waiting.len() == CHUNK {
            let sealed = self.chunks.seal(self.number, false, &self.waiting)?;
            self.inner.write_all(&sealed)?;
            self.number = self.number.checked_add(1).ok_or_else(|| broken("the content is too long"))?;
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

/// Reads an encrypted content at any place.
pub struct SealedReader<R: Read + Seek> {
    inner: BufReader<R>,
    chunks: Chunks,
    /// Where the first chunk begins.
    from: u64,
    /// Of what is inside.
    length: u64,
    count: u32,
    at: u64,
    /// Number and content of the chunk opened last.
    open: Option<(u32, Vec<u8>)>,
}

impl<R: Read + Seek> SealedReader<R> {
    /// Over chunks that begin at a place of the stream and go on to its end. The last one is opened at once: it tells that nothing
    /// was cut off.
    ///
    /// # Errors
    /// Where the end is not what was written; what the stream beneath gives.
    pub fn new(mut inner: R, from: u64, chunks: Chunks) -> io::Result<SealedReader<R>> {
        let short = || broken("it is too short");
        let body = inner.seek(SeekFrom::End(0))?.checked_sub(from).ok_or_else(short)?;
        let count = body.div_ceil(to_u64(CHUNK + TAG)).max(1);
        let length = body.checked_sub(count * to_u64(TAG)).ok_or_else(short)?;
        let count = u32::try_from(count).map_err(|_| broken("it is too long"))?;
        let mut reader = SealedReader { inner: BufReader::new(inner), chunks, from, length, count, at: 0, open: None };
        reader.load(count - 1)?;
        Ok(reader)
    }

    /// Bytes of the content.
    pub fn length(&self) -> u64 {
        self.length
    }

    fn load(&mut self, number: u32) -> io::Result<()> {
        if self.open.as_ref().is_some_and(|(open, _)| *open == number) {
            return Ok(());
        }
        let whole = to_u64(CHUNK + TAG);
        self.inner.seek(SeekFrom::Start(self.from + u64::from(number) * whole))?;
        let mut sealed = Vec::with_capacity(CHUNK + TAG);
        Read::by_ref(&mut self.inner).take(whole).read_to_end(&mut sealed)?;
        let content = self.chunks.open(number, number + 1 == self.count, &sealed)?;
        self.open = Some((number, content));
        Ok(())
    }
}

fn to_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl<R: Read + Seek> Read for SealedReader<R> {
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

impl<R: Read + Seek> Seek for SealedReader<R> {
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
