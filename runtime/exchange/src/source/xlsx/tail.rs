//! Merged ranges stand behind the rows of a sheet: the rows are skipped bytewise, only what follows is parsed.

use crate::notice::FileFault;
use crate::source::archive::Archive;
use crate::source::merge::{MOST_RANGES, MergedRange};
use crate::source::xml::{Part, attribute};
use quick_xml::events::Event;
use std::io::{self, BufRead, BufReader, Read};

/// The merged ranges of a sheet part.
pub fn merged_ranges(archive: &mut Archive, part: &str) -> Result<Vec<MergedRange>, FileFault> {
    let mut stream = BufReader::with_capacity(64 * 1024, archive.entry(part)?);
    if !skip_rows(&mut stream).map_err(|_| FileFault::damaged("sheet"))? {
        return Ok(Vec::new());
    }
    let mut reader = Part::new(stream);
    let mut ranges = Vec::new();
    loop {
        match reader.next()? {
            Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == b"mergeCell" => {
                if let Some(range) = attribute(&element, b"ref").as_deref().and_then(parse_range)
                    && ranges.len() < MOST_RANGES
                {
                    ranges.push(range);
                }
            }
            Event::End(element) if element.local_name().as_ref() == b"mergeCells" => {
                return Ok(ranges);
            }
            Event::Eof => return Ok(ranges),
            _ => {}
        }
    }
}

/// Reads on to just behind the end tag of the rows; false when there is none.
fn skip_rows(stream: &mut impl BufRead) -> io::Result<bool> {
    // In well-formed XML these bytes occur in an end tag only, whatever its prefix: `<` cannot stand in text.
    const MARK: &[u8] = b"sheetData>";
    let mut window: Vec<u8> = Vec::with_capacity(64);
    loop {
        let mut piece = Vec::with_capacity(256);
        let read = stream.by_ref().take(1_048_576).read_until(b'>', &mut piece)?;
        if read == 0 {
            return Ok(false);
        }
        window.clear();
        window.extend_from_slice(piece.get(piece.len().saturating_sub(48)..).unwrap_or_default());
        if window.ends_with(MARK) {
            let tag = window.iter().rposition(|b| *b == b'<').and_then(|at| window.get(at + 1..)).unwrap_or_default();
            if tag.first() == Some(&b'/') {
                return Ok(true);
            }
        }
    }
}

/// `C420:C422` as rows from 1 and columns from 0.
fn parse_range(text: &str) -> Option<MergedRange> {
    let (first, last) = text.split_once(':')?;
    let ((first_column, first_row), (last_column, last_row)) =
        (super::sheet::position(first.as_bytes())?, super::sheet::position(last.as_bytes())?);
    Some(MergedRange { first_row, last_row, first_column, last_column })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_skipped_whatever_the_prefix_is() {
        for xml in ["<sheetData><row/></sheetData><rest/>", "<x:sheetData><x:row/></x:sheetData><rest/>"] {
            let mut stream = xml.as_bytes();
            assert_eq!(skip_rows(&mut stream).ok(), Some(true));
            assert_eq!(stream, b"<rest/>");
        }
        assert_eq!(skip_rows(&mut &b"<sheetData/><x/>"[..]).ok(), Some(false));
    }

    #[test]
    fn ranges_are_read() {
        assert_eq!(
            parse_range("C420:D422"),
            Some(MergedRange { first_row: 420, last_row: 422, first_column: 2, last_column: 3 })
        );
        assert_eq!(parse_range("C420"), None);
    }
}
