//! Names of files: as they are kept, and as they are told to a browser.

use unicode_normalization::UnicodeNormalization;

/// Bytes of a name.
const LONGEST: usize = 255;

/// A name as it is kept: the last part of a path, composed, without separators and controls, at most 255 bytes with its
/// ending kept.
pub fn cleaned(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let text: String = last
        .nfc()
        .map(|c| {
            // what turns the direction of reading makes `gnp.exe` of `exe.png`
            let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if c.is_control() || turns || matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{fffd}') {
                '_'
            } else {
                c
            }
        })
        .collect();
    let text = text.trim().trim_end_matches('.');
    if text.is_empty() || text.chars().all(|c| c == '.') {
        return "file".to_string();
    }
    if text.len() <= LONGEST {
        return text.to_string();
    }
    let (stem, ending) = match text.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 20 => (stem, format!(".{ending}")),
        _ => (text, String::new()),
    };
    format!("{}{ending}", shortened(stem, LONGEST - ending.len()))
}

fn shortened(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The value of `Content-Disposition`: the name in plain letters for old programs, and as it is.
pub fn disposition(name: &str, inline: bool) -> String {
    let kind = if inline { "inline" } else { "attachment" };
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    if plain == name {
        return format!("{kind}; filename=\"{plain}\"");
    }
    let mut full = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            full.push(char::from(byte));
        } else {
            full.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_letters_and_lose_what_could_mean_a_place() {
        for (name, kept) in [
            ("a.pdf", "a.pdf"),
            ("C:\\Users\\x\\报价 单.xlsx", "报价 单.xlsx"),
            ("../../etc/passwd", "passwd"),
            ("u\u{308}ber.txt", "über.txt"),
            ("a\r\nb:c.txt", "a__b_c.txt"),
            ("exe\u{202e}gnp.exe", "exe_gnp.exe"),
            ("..", "file"),
            ("", "file"),
        ] {
            assert_eq!(cleaned(name), kept, "{name}");
        }
        let long = cleaned(&format!("{}.docx", "木".repeat(200)));
        assert!(long.len() <= 255 && long.ends_with("木.docx"), "{long}");
    }

    #[test]
    fn a_disposition_cannot_be_broken_out_of() {
        assert_eq!(disposition("a b.pdf", true), "inline; filename=\"a b.pdf\"");
        assert_eq!(
            disposition("a\"; x=\".pdf", false),
            "attachment; filename=\"a_; x=_.pdf\"; filename*=UTF-8''a%22%3B%20x%3D%22.pdf"
        );
        assert_eq!(disposition("单.pdf", false), "attachment; filename=\"_.pdf\"; filename*=UTF-8''%E5%8D%95.pdf");
    }
}
