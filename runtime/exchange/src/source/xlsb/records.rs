//! The records of a binary part, as a stream.

use crate::notice::FileFault;
use crate::source::compound::u32_at;
use std::io::{BufReader, ErrorKind, Read};

/// Longer records hold nothing we read: they are skipped without being kept.
const LONGEST: usize = 1_048_576;

/// Steps through the records of a part.
pub struct Records<R> {
    stream: BufReader<R>,
    data: Vec<u8>,
}

impl<R: Read> Records<R> {
    /// Reads from a stream.
    pub fn new(stream: R) -> Self {
        Self { stream: BufReader::with_capacity(64 * 1024, stream), data: Vec::new() }
    }

    /// The next record: its kind and its data; nothing at the end of the part.
    ///
    /// # Errors
    /// `file_damaged` when it is cut off.
    pub fn next(&mut self) -> Result<Option<(u16, &[u8])>, FileFault> {
        let Some(first) = self.byte()? else {
            return Ok(None);
        };
        let mut kind = u16::from(first & 0x7f);
        if first & 0x80 != 0 {
            kind |= u16::from(self.byte()?.ok_or_else(cut_off)? & 0x7f) << 7;
        }
        let mut length = 0_usize;
        for step in 0..4 {
            let byte = self.byte()?.ok_or_else(cut_off)?;
            length |= usize::from(byte & 0x7f) << (7 * step);
            if byte & 0x80 == 0 {
                break;
            }
        }
        self.data.clear();
        let wanted = u64::try_from(length).unwrap_or(u64::MAX);
        let mut part = (&mut self.stream).take(wanted);
        let read = if length > LONGEST {
            std::io::copy(&mut part, &mut std::io::sink())
        } else {
            part.read_to_end(&mut self.data).map(|count| u64::try_from(count).unwrap_or(0))
        };
        if read.map_err(|_| cut_off())? != wanted {
            return Err(cut_off());
        }
        Ok(Some((kind, &self.data)))
    }

    fn byte(&mut self) -> Result<Option<u8>, FileFault> {
        let mut byte = [0_u8];
        match self.stream.read_exact(&mut byte) {
            Ok(()) => Ok(Some(byte[0])),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(_) => Err(cut_off()),
        }
    }
}

fn cut_off() -> FileFault {
    FileFault::damaged("xlsb")
}

/// A text with a length of four bytes, and where it ends.
pub fn wide(data: &[u8], at: usize) -> Option<(String, usize)> {
    let length = usize::try_from(u32_at(data, at)?).ok()?;
    let start = at.checked_add(4)?;
    let end = start.checked_add(length.checked_mul(2)?)?;
    let units: Vec<u16> = data.get(start..end)?.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two)).collect();
    Some((String::from_utf16_lossy(&units), end))
}
