//! Strings of BIFF8: one byte or two per character, with formatting runs that are skipped, split over continued records.

use crate::source::compound::{u16_at, u32_at};

/// A string with a length of one byte.
pub fn short(data: &[u8]) -> Option<String> {
    characters(data.get(2..)?, usize::from(*data.first()?), *data.get(1)? & 1 != 0)
}

/// A string with a length of two bytes.
pub fn long(data: &[u8]) -> Option<String> {
    let (length, flags) = (usize::from(u16_at(data, 0)?), *data.get(2)?);
    let mut start = 3;
    if flags & 0x08 != 0 {
        start += 2;
    }
    if flags & 0x04 != 0 {
        start += 4;
    }
    characters(data.get(start..)?, length, flags & 1 != 0)
}

fn characters(data: &[u8], length: usize, wide: bool) -> Option<String> {
    let bytes = data.get(..if wide { length.checked_mul(2)? } else { length })?;
    let units: Vec<u16> = if wide {
        bytes.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two)).collect()
    } else {
        bytes.iter().map(|b| u16::from(*b)).collect()
    };
    Some(String::from_utf16_lossy(&units))
}

/// The table of shared strings, from its record and those that continue it.
pub fn table(first: &[u8], more: &[&[u8]]) -> Option<Vec<String>> {
    let count = usize::try_from(u32_at(first, 4)?).ok()?;
    let mut pieces = vec![first.get(8..)?];
    pieces.extend(more);
    let mut reader = Pieces { pieces, piece: 0, at: 0 };
    let mut strings = Vec::with_capacity(count.min(1 << 16));
    for _ in 0..count {
        strings.push(reader.string()?);
    }
    Some(strings)
}

struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    piece: usize,
    at: usize,
}

impl Pieces<'_> {
    fn rest(&self) -> &[u8] {
        self.pieces.get(self.piece).and_then(|piece| piece.get(self.at..)).unwrap_or_default()
    }

    fn byte(&mut self) -> Option<u8> {
        while self.rest().is_empty() {
            self.piece += 1;
            self.at = 0;
            if self.piece >= self.pieces.len() {
                return None;
            }
        }
        let byte = self.rest().first().copied();
        self.at += 1;
        byte
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > 0 {
            let here = self.rest().len().min(count);
            if here == 0 {
                self.byte()?;
                count -= 1;
            } else {
                self.at += here;
                count -= here;
            }
        }
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        let mut left = usize::from(self.u16()?);
        let flags = self.byte()?;
        let runs = if flags & 0x08 != 0 { usize::from(self.u16()?) } else { 0 };
        let extra = if flags & 0x04 != 0 { usize::try_from(self.u32()?).ok()? } else { 0 };
        let mut wide = flags & 1 != 0;
        let mut units = Vec::with_capacity(left);
        while left > 0 {
            if self.rest().is_empty() {
                // Characters that go on in the next record begin with a new flag for their width.
                wide = self.byte()? & 1 != 0;
                continue;
            }
            units.push(if wide { self.u16()? } else { u16::from(self.byte()?) });
            left -= 1;
        }
        self.skip(runs.checked_mul(4)?.checked_add(extra)?)?;
        Some(String::from_utf16_lossy(&units))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_split_over_two_records_is_put_together() {
        let first = [0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, b'a', b'b'];
        let second = [1, b'c', 0, 0x2d, 0x4e, 1, 0, 0, b'z'];
        assert_eq!(table(&first, &[&second]), Some(vec!["abc中".to_owned(), "z".to_owned()]));
        assert_eq!(table(&first, &[]), None);
    }
}
