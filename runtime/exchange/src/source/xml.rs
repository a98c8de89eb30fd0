//! Reading XML parts safely: no DTD, entities resolved by us alone, names compared without their prefix.

use crate::messages::Code;
use crate::notice::FileFault;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use std::io::{self, BufRead, BufReader, Read};

/// Most bytes between two `<`: no token of a workbook is longer, and the reader keeps a token in memory.
const LONGEST_TOKEN: usize = 1_048_576;

/// Most bytes of a cell's text: eight for each of the 32,767 characters that a cell holds.
const LONGEST_TEXT: usize = 262_144;

/// A reader over one part.
pub struct Part<R: BufRead> {
    reader: Reader<Bounded<R>>,
    buffer: Vec<u8>,
}

impl<R: Read> Part<BufReader<R>> {
    /// Reads from an unbuffered stream.
    pub fn buffered(stream: R) -> Self {
        Self::new(BufReader::with_capacity(64 * 1024, stream))
    }
}

impl<R: BufRead> Part<R> {
    /// Reads from a buffered stream.
    pub fn new(stream: R) -> Self {
        let mut reader = Reader::from_reader(Bounded { inner: stream, since: 0 });
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        Self { reader, buffer: Vec::with_capacity(1024) }
    }

    /// The next event.
    ///
    /// # Errors
    /// `file_damaged`; `archive_refused` for a document type definition.
    pub fn next(&mut self) -> Result<Event<'_>, FileFault> {
        self.buffer.clear();
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::DocType(_)) => Err(FileFault::new(Code::ArchiveRefused).with("detail", "DOCTYPE")),
            Ok(event) => Ok(event),
            Err(_) => Err(FileFault::damaged("XML")),
        }
    }
}

/// Ends in an error when a token becomes too long.
struct Bounded<R> {
    inner: R,
    since: usize,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > LONGEST_TOKEN {
            return Err(io::Error::other("a token is too long"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // What is consumed lies in the buffer already: asking for it reads nothing.
        let taken = self.inner.fill_buf().ok().and_then(|buffer| buffer.get(..count)).unwrap_or_default();
        self.since = match taken.iter().rposition(|byte| *byte == b'<') {
            Some(at) => count - at,
            None => self.since.saturating_add(count),
        };
        self.inner.consume(count);
    }
}

/// The attribute of that local name, entities resolved.
pub fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Option<String> {
    element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)
        .and_then(|attribute| attribute.unescape_value().ok().map(|value| value.into_owned()))
}

/// Whether an attribute says yes (`1`, `true`, `on`).
pub fn is_set(element: &BytesStart<'_>, name: &[u8]) -> bool {
    attribute(element, name).is_some_and(|value| matches!(value.as_str(), "1" | "true" | "on"))
}

/// Appends what a text-like event says.
///
/// # Errors
/// `file_too_large` when the text becomes longer than any cell's.
pub fn append(event: &Event<'_>, out: &mut String) -> Result<(), FileFault> {
    match event {
        Event::Text(text) => {
            if let Ok(text) = text.decode() {
                out.push_str(&text);
            }
        }
        Event::CData(data) => {
            if let Ok(text) = data.decode() {
                out.push_str(&text);
            }
        }
        Event::GeneralRef(reference) => out.extend(resolve(reference)),
        _ => {}
    }
    if out.len() > LONGEST_TEXT {
        return Err(FileFault::new(Code::FileTooLarge).with("limit", LONGEST_TEXT).with("unit", "bytes in a cell"));
    }
    Ok(())
}

/// The character a reference stands for; only the five of XML itself and numeric ones exist. A number that is no character
/// stands for one that cannot be stored: it is taken out with the others, and told.
fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    if reference.is_char_ref() {
        return Some(reference.resolve_char_ref().ok().flatten().unwrap_or('\0'));
    }
    match &**reference {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        _ => None,
    }
}
