//! What a file is by its first bytes; its name is not asked.

/// What the content looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A zip container: xlsx, xlsb, ods or none of them.
    Zip,
    /// An OLE compound file: xls or a workbook under a password.
    Compound,
    /// Something known that holds no rows, named.
    Other(&'static str),
    /// Text.
    Text,
    /// Bytes that are nothing we know.
    Unknown,
}

const KNOWN: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3\0", "a database"),
    (b"{\\rtf", "a rich text document"),
    (b"\x00\x00\xfe\xff", "UTF-32 text"),
    (b"\xff\xfe\x00\x00", "UTF-32 text"),
];

/// Tells the content by its first bytes.
pub fn content(bytes: &[u8]) -> Content {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Content::Zip;
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Content::Compound;
    }
    if let Some((_, name)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Content::Other(name);
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Content::Text;
    }
    // Text of every encoding we read but UTF-16 has hardly any control characters: stray ones are taken out of their cells later.
    // Where they are more than stray, only what else reads as text is taken for it.
    let head = bytes.get(..64 * 1024).unwrap_or(bytes);
    let controls =
        head.iter().filter(|b| **b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x1a)).count();
    let many = controls * 20 > head.len();
    if too_many(controls, head.len()) || many && !reads_as_text(head) {
        return Content::Unknown;
    }
    let start = String::from_utf8_lossy(head.get(..2048).unwrap_or(head)).to_lowercase();
    let start = start.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<table") {
        return Content::Other("a web page");
    }
    if start.starts_with("<?xml") {
        return Content::Other("an XML document");
    }
    Content::Text
}

/// Whether there are so many control characters that this is no text, however short it is.
pub fn too_many(controls: usize, length: usize) -> bool {
    controls > 1 && controls * 5 > length
}

/// Whether bytes are well-formed in one of the encodings that are told apart without being asked for; a character cut off at the
/// end is none amiss.
fn reads_as_text(bytes: &[u8]) -> bool {
    [encoding_rs::UTF_8, encoding_rs::GB18030].into_iter().any(|encoding| {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(0);
        let mut text = String::with_capacity(room);
        let (end, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, false);
        end == encoding_rs::DecoderResult::InputEmpty
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_told_by_the_bytes() {
        for (bytes, content_is) in [
            (&b"PK\x03\x04rest"[..], Content::Zip),
            (b"\x89PNG\r\n\x1a\nrest", Content::Other("a PNG picture")),
            (b"a;b\r\n1;2", Content::Text),
            ("公司;国家".as_bytes(), Content::Text),
            (b"\xb9\xab\xcb\xbe,\xb9\xfa\xbc\xd2\r\n", Content::Text),
            (b"\xff\xfea\0", Content::Text),
            (b"\xff\xfe\0\0\0", Content::Other("UTF-32 text")),
            (b"a\0b", Content::Text),
            (b"a\0b\x01", Content::Unknown),
            (b"a,b\nx\x01\x02y,2\n", Content::Text),
            ("公司,国家\n木\u{1}业\u{2},中国\n".as_bytes(), Content::Text),
            (b"\x00\x01\xfe\xc3\x28 junk \xf0\x02\xff\xff\x90\x81", Content::Unknown),
            (b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00", Content::Unknown),
            (b"company,country\r\nNul\0x\x01 Trading,Germany\r\n", Content::Text),
            (b"c\0o\0m\0p\0a\0n\0y\0,\0c\0o\0u\0n\0t\0r\0y\0", Content::Unknown),
            (b"  <HTML><table>", Content::Other("a web page")),
        ] {
            assert_eq!(content(bytes), content_is, "{bytes:?}");
        }
    }
}
