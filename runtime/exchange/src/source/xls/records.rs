//! The records of a BIFF stream.

use crate::source::compound::u16_at;

const CONTINUE: u16 = 0x003c;

/// One record: its kind and its data.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub kind: u16,
    pub data: &'a [u8],
}

/// Steps through records; ends at the end of the stream or where a record is cut off.
pub struct Records<'a> {
    stream: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    /// Begins at an offset.
    pub fn new(stream: &'a [u8], at: usize) -> Self {
        Self { stream, at }
    }

    /// The records that continue the one read last.
    pub fn continuations(&mut self) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        while let Some((record, after)) = self.peek().filter(|(record, _)| record.kind == CONTINUE) {
            pieces.push(record.data);
            self.at = after;
        }
        pieces
    }

    fn peek(&self) -> Option<(Record<'a>, usize)> {
        let kind = u16_at(self.stream, self.at)?;
        let start = self.at.checked_add(4)?;
        let end = start.checked_add(usize::from(u16_at(self.stream, self.at + 2)?))?;
        Some((Record { kind, data: self.stream.get(start..end)? }, end))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let (record, after) = self.peek()?;
        self.at = after;
        Some(record)
    }
}
