//! OLE compound files ([MS-CFB]): finds a stream by its name. Every chain is bounded by the file's own size.

use crate::notice::FileFault;

const FREE: u32 = 0xffff_fffa;
const MINI_STREAM_BELOW: u64 = 4096;

/// An opened compound file.
pub struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    table: Vec<u32>,
    mini_table: Vec<u32>,
    mini_stream: Vec<u8>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    kind: u8,
    start: u32,
    size: u64,
}

impl<'a> Compound<'a> {
    /// Reads the allocation tables and the directory.
    ///
    /// # Errors
    /// `file_damaged`.
    pub fn open(bytes: &'a [u8]) -> Result<Self, FileFault> {
        Self::read(bytes).ok_or_else(|| FileFault::damaged("compound file"))
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let shift = u16_at(bytes, 30)?;
        if !matches!(shift, 9 | 12) {
            return None;
        }
        let sector = 1_usize << shift;
        let mut file = Self {
            bytes,
            sector,
            table: Vec::new(),
            mini_table: Vec::new(),
            mini_stream: Vec::new(),
            entries: Vec::new(),
        };
        let most = bytes.len() / sector + 1;
        // The table's own sectors: 109 in the header, the others chained.
        let mut parts: Vec<u32> =
            (0..109).filter_map(|index| u32_at(bytes, 76 + index * 4)).filter(|id| *id < FREE).collect();
        let (mut next, mut steps) = (u32_at(bytes, 68)?, 0);
        while next < FREE && steps <= most {
            let block = file.sector_at(next)?;
            parts.extend((0..sector / 4 - 1).filter_map(|index| u32_at(block, index * 4)).filter(|id| *id < FREE));
            next = u32_at(block, sector - 4)?;
            steps += 1;
        }
        if parts.len() > most {
            return None;
        }
        for part in parts {
            let block = file.sector_at(part)?;
            file.table.extend((0..sector / 4).filter_map(|index| u32_at(block, index * 4)));
        }
        let directory = file.chain(u32_at(bytes, 48)?, None)?;
        for entry in directory.as_chunks::<128>().0 {
            let length = usize::from(u16_at(entry, 64)?).min(64).saturating_sub(2);
            let units: Vec<u16> = (0..length / 2).filter_map(|index| u16_at(entry, index * 2)).collect();
            let kind = *entry.get(66)?;
            if kind != 0 {
                let size = if shift == 9 {
                    u64::from(u32_at(entry, 120)?)
                } else {
                    u64::from(u32_at(entry, 120)?) | u64::from(u32_at(entry, 124)?) << 32
                };
                file.entries.push(Entry {
                    name: String::from_utf16_lossy(&units),
                    kind,
                    start: u32_at(entry, 116)?,
                    size,
                });
            }
        }
        let mini_start = u32_at(bytes, 60)?;
        if mini_start < FREE {
            let content = file.chain(mini_start, None)?;
            file.mini_table = content.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four)).collect();
        }
        let root = file.entries.iter().find(|entry| entry.kind == 5).map(|entry| (entry.start, entry.size))?;
        if root.0 < FREE {
            file.mini_stream = file.chain(root.0, Some(root.1))?;
        }
        Some(file)
    }

    /// Whether there is a stream of that name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.kind == 2 && entry.name.eq_ignore_ascii_case(name))
    }

    /// The content of a stream; nothing when there is none of that name.
    ///
    /// # Errors
    /// `file_damaged`.
    pub fn stream(&self, name: &str) -> Result<Option<Vec<u8>>, FileFault> {
        let Some(entry) = self.entries.iter().find(|entry| entry.kind == 2 && entry.name.eq_ignore_ascii_case(name))
        else {
            return Ok(None);
        };
        let content = if entry.size < MINI_STREAM_BELOW {
            self.mini_chain(entry.start, entry.size)
        } else {
            self.chain(entry.start, Some(entry.size))
        };
        content.map(Some).ok_or_else(|| FileFault::damaged("compound stream"))
    }

    fn sector_at(&self, id: u32) -> Option<&'a [u8]> {
        let start = usize::try_from(id).ok()?.checked_add(1)?.checked_mul(self.sector)?;
        self.bytes.get(start..start.checked_add(self.sector)?)
    }

    fn chain(&self, start: u32, size: Option<u64>) -> Option<Vec<u8>> {
        let most = self.bytes.len() / self.sector + 1;
        let wanted = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX);
        let (mut content, mut next, mut steps) = (Vec::new(), start, 0);
        while next < FREE && content.len() < wanted {
            steps += 1;
            if steps > most {
                return None;
            }
            // The last sector of a file may be cut short by careless writers.
            match self.sector_at(next) {
                Some(block) => content.extend_from_slice(block),
                None => {
                    let start = usize::try_from(next).ok()?.checked_add(1)?.checked_mul(self.sector)?;
                    content.extend_from_slice(self.bytes.get(start..)?);
                    break;
                }
            }
            next = *self.table.get(usize::try_from(next).ok()?)?;
        }
        content.truncate(wanted);
        (size.is_none() || content.len() == wanted).then_some(content)
    }

    fn mini_chain(&self, start: u32, size: u64) -> Option<Vec<u8>> {
        let wanted = usize::try_from(size).ok()?;
        let (mut content, mut next, mut steps) = (Vec::new(), start, 0_usize);
        while next < FREE && content.len() < wanted {
            steps += 1;
            if steps > self.mini_table.len() {
                return None;
            }
            let at = usize::try_from(next).ok()?;
            content.extend_from_slice(self.mini_stream.get(at * 64..at * 64 + 64)?);
            next = *self.mini_table.get(at)?;
        }
        content.truncate(wanted);
        (content.len() == wanted).then_some(content)
    }
}

/// A little-endian number of two bytes.
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

/// A little-endian number of four bytes.
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
