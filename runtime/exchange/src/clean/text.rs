//! Text: invisible and full-width characters, odd spaces and line ends, words that mean "nothing".

use super::Cleaned;
use crate::messages::Code;
use crate::notice::Notice;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// How a text is cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRules {
    /// Line breaks are kept.
    pub long: bool,
    /// Escapes like `_x000D_` are decoded (false where the reader has done so).
    pub decode_escapes: bool,
    /// The text is taken as it stands, but for characters that cannot be stored: for files that this product wrote.
    pub verbatim: bool,
}

impl TextRules {
    /// For texts of one line.
    pub const SHORT: TextRules = TextRules { long: false, decode_escapes: true, verbatim: false };
    /// For texts of many lines.
    pub const LONG: TextRules = TextRules { long: true, ..TextRules::SHORT };
}

/// Cleans a text; nothing is left of blanks, and in short texts of words that mean nothing (`-`, `无`, `N/A` …).
pub fn clean(text: &str, rules: TextRules) -> Cleaned<Option<String>> {
    if is_clean(text) {
        let value = (!is_blank_word(text) || rules.long || rules.verbatim).then(|| text.to_owned());
        return Cleaned::of(value);
    }
    let decoded = if rules.decode_escapes && !rules.verbatim { decode_escapes(text) } else { Cow::Borrowed(text) };
    let (stored, removed) = storable(&decoded);
    let cleaned = if rules.verbatim {
        if stored.trim().is_empty() { None } else { Some(stored.into_owned()) }
    } else {
        let folded: String = stored.nfkc().filter(|c| !is_invisible(*c)).collect();
        let text = if rules.long { lines(&folded) } else { one_line(&folded) };
        if text.is_empty() || (!rules.long && is_blank_word(&text)) { None } else { Some(text) }
    };
    let cleaned = Cleaned::of(cleaned);
    if removed { cleaned.warn(Notice::new(Code::CharactersRemoved)) } else { cleaned }
}

/// The plain form that all other cleaning starts from: one line, half-width, without invisible characters.
pub fn plain(text: &str) -> String {
    if is_clean(text) {
        return text.to_owned();
    }
    let folded: String = decode_escapes(text).nfkc().filter(|c| !is_invisible(*c) && !is_unstorable(*c)).collect();
    one_line(&folded)
}

/// Whether a text needs no cleaning at all, as most do: printable ASCII without outer, double or escape-like parts.
fn is_clean(text: &str) -> bool {
    let bytes = text.as_bytes();
    !bytes.is_empty()
        && bytes.iter().all(|byte| (0x20..0x7f).contains(byte))
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && !text.contains("  ")
        && !text.contains("_x")
}

/// Decodes the escapes of Office Open XML: `_x000D_` is a carriage return, `_x005F_` an underscore.
pub fn decode_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let code = escape
            .get(2..6)
            .filter(|_| escape.get(6..7) == Some("_"))
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32);
        match code {
            Some(c) => {
                out.push(c);
                rest = escape.get(7..).unwrap_or_default();
            }
            None => {
                out.push_str("_x");
                rest = escape.get(2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Characters without width: they make equal texts differ and are never meant.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Words that stand for an empty cell.
pub fn is_blank_word(text: &str) -> bool {
    matches!(
        text.trim().to_lowercase().as_str(),
        "" | "-" | "--" | "---" | "–" | "—" | "――" | "——" | "无" | "無" | "没有" | "n/a" | "na" | "待定"
    )
}

/// Characters that one of the databases refuses.
fn is_unstorable(c: char) -> bool {
    c < ' ' && !matches!(c, '\t' | '\n' | '\r')
}

/// Whether a text holds characters that are taken out of it because no database keeps them.
pub fn loses_characters(text: &str, rules: TextRules) -> bool {
    let decoded = if rules.decode_escapes && !rules.verbatim { decode_escapes(text) } else { Cow::Borrowed(text) };
    decoded.chars().any(is_unstorable)
}

fn storable(text: &str) -> (Cow<'_, str>, bool) {
    if text.chars().any(is_unstorable) {
        (Cow::Owned(text.chars().filter(|c| !is_unstorable(*c)).collect()), true)
    } else {
        (Cow::Borrowed(text), false)
    }
}

/// One line: runs of white space become one space.
fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Many lines: each trimmed and collapsed, blank ones at both ends dropped.
fn lines(text: &str) -> String {
    let unified = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let lines: Vec<String> = unified.split('\n').map(one_line).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_lose_what_is_not_meant() {
        for (text, cleaned) in [
            ("  Ｍａｒｉｎａ\u{a0}Ｐｌａｓｔｉｃｓ  ＡＧ ", Some("Marina Plastics AG")),
            ("a\u{200b}b\u{feff}", Some("ab")),
            ("one\r\ntwo", Some("one two")),
            ("需要OEM_x000D_\n包装", Some("需要OEM 包装")),
            ("a_x005F_b", Some("a_b")),
            ("a_xyz_b _x12", Some("a_xyz_b _x12")),
            (" \u{3000}", None),
            ("-", None),
            ("－", None),
            ("——", None),
            ("n/a", None),
            ("没有", None),
            ("待定", None),
            ("-5", Some("-5")),
            ("无锡", Some("无锡")),
        ] {
            assert_eq!(clean(text, TextRules::SHORT).value.as_deref(), cleaned, "{text:?}");
        }
    }

    #[test]
    fn long_texts_keep_their_lines_and_their_dashes() {
        for (text, cleaned) in [
            ("需要OEM_x000D_\n包装", Some("需要OEM\n包装")),
            (" a  b \r\n\r\n c \n", Some("a b\n\nc")),
            ("-", Some("-")),
            ("\n \n", None),
        ] {
            assert_eq!(clean(text, TextRules::LONG).value.as_deref(), cleaned, "{text:?}");
        }
    }

    #[test]
    fn verbatim_text_is_left_alone() {
        let rules = TextRules { verbatim: true, ..TextRules::SHORT };
        for text in ["＝1+1", " a  b ", "_x000D_", "-"] {
            assert_eq!(clean(text, rules).value.as_deref(), Some(text));
        }
    }

    #[test]
    fn characters_that_cannot_be_stored_are_removed_with_a_warning() {
        let cleaned = clean("a\u{1}b", TextRules::SHORT);
        assert_eq!(cleaned.value.as_deref(), Some("ab"));
        assert_eq!(cleaned.warnings, [Notice::new(Code::CharactersRemoved)]);
    }
}
