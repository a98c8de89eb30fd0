//! What a file is, by what stands in it. Its name decides only between kinds that cannot be told apart otherwise.

use std::io::{Read, Seek};

/// Bytes at the beginning that are looked at.
pub const LOOKED_AT: usize = 4096;

/// Beginnings, at an offset, of formats that are known by them.
const BEGINNINGS: [(usize, &[u8], &str); 22] = [
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"AC10", "image/vnd.dwg"),
    (257, b"ustar", "application/x-tar"),
];

/// The media type of a content.
pub fn media_type(head: &[u8], name: &str, content: impl Read + Seek) -> &'static str {
    let ending = name.rsplit_once('.').map_or_else(String::new, |(_, e)| e.to_ascii_lowercase());
    let at = |from: usize, text: &[u8]| head.get(from..from + text.len()) == Some(text);
    if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") {
        return inside_zip(content);
    }
    if at(0, b"RIFF") {
        return match head.get(8..12) {
            Some(b"WEBP") => "image/webp",
            Some(b"WAVE") => "audio/wav",
            Some(b"AVI ") => "video/x-msvideo",
            _ => "application/octet-stream",
        };
    }
    if at(4, b"ftyp") {
        return match head.get(8..12) {
            Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1") => "image/heic",
            Some(b"avif") => "image/avif",
            Some(b"qt  ") => "video/quicktime",
            Some(b"M4A ") => "audio/mp4",
            _ => "video/mp4",
        };
    }
    if at(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        // one container for all the old office formats
        return match ending.as_str() {
            "xls" | "xlt" | "et" => "application/vnd.ms-excel",
            "ppt" | "pps" | "dps" => "application/vnd.ms-powerpoint",
            "doc" | "dot" | "wps" => "application/msword",
            "msg" => "application/vnd.ms-outlook",
            _ => "application/x-ole-storage",
        };
    }
    if at(0, b"BM") && head.get(6..10) == Some(&[0, 0, 0, 0]) {
        return "image/bmp";
    }
    if let Some((_, _, found)) = BEGINNINGS.iter().find(|(from, text, _)| at(*from, text)) {
        return found;
    }
    if matches!(head, [0xff, 0xfb | 0xf3 | 0xf2, ..]) {
        return "audio/mpeg";
    }
    text_type(head, &ending)
}

/// What a zip container holds.
fn inside_zip(content: impl Read + Seek) -> &'static str {
    const ENTRIES: usize = 2_000;
    const ZIP: &str = "application/zip";
    let Ok(mut archive) = zip::ZipArchive::new(content) else { return ZIP };
    if archive.len() > ENTRIES {
        return ZIP;
    }
    let mut said = String::new();
    if let Ok(entry) = archive.by_name("mimetype") {
        // OpenDocument and EPUB say what they are in their first entry
        let _ = entry.take(100).read_to_string(&mut said);
    }
    for known in [
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        "application/epub+zip",
    ] {
        if said.trim() == known {
            return known;
        }
    }
    if archive.index_for_name("[Content_Types].xml").is_none() {
        return ZIP;
    }
    let has = |folder: &str| archive.file_names().any(|name| name.is_ok_and(|name| name.starts_with(folder)));
    if has("word/") {
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    } else if has("xl/workbook.bin") {
        "application/vnd.ms-excel.sheet.binary.macroenabled.12"
    } else if has("xl/") {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    } else if has("ppt/") {
        "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    } else {
        ZIP
    }
}

/// Text, and which kind: what a browser would run is called by its name, so that nobody takes it for a picture.
fn text_type(head: &[u8], ending: &str) -> &'static str {
    let marked =
        head.starts_with(&[0xef, 0xbb, 0xbf]) || head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let controls = head.iter().filter(|b| **b < 0x20 && !matches!(**b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)).count();
    if !marked && (controls > 0 || head.contains(&0x7f)) {
        return "application/octet-stream";
    }
    let start: String = String::from_utf8_lossy(head)
        .trim_start_matches('\u{feff}')
        .trim_start()
        .chars()
        .take(512)
        .collect::<String>()
        .to_lowercase();
    if start.contains("<svg") {
        return "image/svg+xml";
    }
    if ["<!doctype html", "<html", "<head", "<body", "<script", "<iframe"].iter().any(|tag| start.starts_with(tag)) {
        return "text/html";
    }
    if start.starts_with("<?xml") {
        return "application/xml";
    }
    match ending {
        "csv" => "text/csv",
        "tsv" => "text/tab-separated-values",
        "json" => "application/json",
        "md" => "text/markdown",
        "eml" => "message/rfc822",
        _ => "text/plain",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::{Cursor, Write};

    fn of(bytes: &[u8], name: &str) -> &'static str {
        media_type(&bytes[..bytes.len().min(LOOKED_AT)], name, Cursor::new(bytes))
    }

    #[test]
    fn content_decides_and_the_name_does_not() {
        for (bytes, name, want) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], "a.pdf", "image/png"),
            (b"%PDF-1.7", "photo.png", "application/pdf"),
            (b"<html><script>alert(1)</script>", "photo.png", "text/html"),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?><svg onload=x>", "photo.png", "image/svg+xml"),
            (b"RIFF....WEBPVP8 ", "x", "image/webp"),
            (b"\0\0\0\x18ftypmp42", "x", "video/mp4"),
            (b"\0\0\0\x18ftypheic", "x.jpg", "image/heic"),
            (b"MZ\x90\0", "invoice.pdf", "application/vnd.microsoft.portable-executable"),
            (b"a,b\r\n1,2", "x.csv", "text/csv"),
            ("报价".as_bytes(), "x", "text/plain"),
            (b"a\0b", "x.txt", "application/octet-stream"),
            (b"", "x.txt", "text/plain"),
        ] {
            assert_eq!(of(bytes, name), want, "{name}");
        }
    }

    #[test]
    fn containers_are_told_by_what_they_hold() {
        let zip = |entries: &[&str]| {
            let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
            for entry in entries {
                out.start_file(*entry, zip::write::SimpleFileOptions::default()).unwrap();
                out.write_all(b"x").unwrap();
            }
            out.finish().unwrap().into_inner()
        };
        let workbook = zip(&["[Content_Types].xml", "xl/workbook.xml"]);
        assert_eq!(of(&workbook, "a.zip"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        assert_eq!(of(&zip(&["a.txt"]), "a.xlsx"), "application/zip");
    }
}
