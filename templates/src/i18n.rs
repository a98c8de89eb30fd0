//! Translations. Texts lie under flat keys in `locales/*.json`; a text with a plural has the keys `key.one` and `key.other` (Chinese only
//! `key.other`), chosen by the argument `count`.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;

const ENGLISH: &str = include_str!("../locales/en.json");
const CHINESE: &str = include_str!("../locales/zh-CN.json");

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub enum Locale {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl Locale {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// `en`, `zh-CN`.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// Reads a language tag (`zh`, `zh-Hans-CN`, `en-GB`); `None` for a language there are no texts in.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::Chinese)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::English)
        } else {
            None
        }
    }

    /// The best language of an `Accept-Language` header.
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(u32, Self)> = None;
        for part in header.split(',') {
            let mut pieces = part.trim().split(';');
            let Some(locale) = Self::from_tag(pieces.next().unwrap_or_default().trim()) else { continue };
            let quality = pieces.find_map(|piece| piece.trim().strip_prefix("q=")).map_or(1000, thousandths);
            if quality > 0 && best.is_none_or(|(other, _)| quality > other) {
                best = Some((quality, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }
}

/// `0.85` as 850; what cannot be read counts as 0.
fn thousandths(text: &str) -> u32 {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u32>(), fraction.parse::<u32>()) {
        (Ok(whole), Ok(fraction)) if whole <= 1 => whole * 1000 + fraction,
        _ => 0,
    }
}

type Texts = HashMap<String, String>;

static TEXTS: LazyLock<[Texts; 2]> =
    LazyLock::new(|| [ENGLISH, CHINESE].map(|source| serde_json::from_str(source).unwrap_or_default()));

fn texts(locale: Locale) -> &'static Texts {
    let [english, chinese] = &*TEXTS;
    match locale {
        Locale::English => english,
        Locale::Chinese => chinese,
    }
}

/// The text of a key, its `{name}` places filled. `count` chooses the plural. A key without a text gives `None`.
pub fn find_text(locale: Locale, key: &str, arguments: &[(&str, &str)]) -> Option<String> {
    let texts = texts(locale);
    let text = match texts.get(key) {
        Some(text) => text,
        None => {
            let one = arguments.iter().any(|(name, value)| *name == "count" && *value == "1");
            let singular = if one { texts.get(&format!("{key}.one")) } else { None };
            match singular {
                Some(text) => text,
                None => texts.get(&format!("{key}.other"))?,
            }
        }
    };
    Some(fill(text, arguments))
}

/// The text of a key for a reader; a key without a text is shown as the key (a test keeps that from happening).
pub fn text(locale: Locale, key: &str, arguments: &[(&str, &str)]) -> String {
    find_text(locale, key, arguments).unwrap_or_else(|| key.to_owned())
}

/// Puts arguments into the places of a text. Values are not looked into again.
fn fill(text: &str, arguments: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) => {
                match arguments.iter().find(|(argument, _)| *argument == name) {
                    Some((_, value)) => out.push_str(value),
                    None => {
                        out.push('{');
                        out.push_str(name);
                        out.push('}');
                    }
                }
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_header_of_a_browser_chooses_the_language_it_prefers() {
        let cases = [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Locale::Chinese)),
            ("fr, en-GB;q=0.7, zh;q=0.3", Some(Locale::English)),
            ("de", None),
            ("zh;q=0, en;q=0.1", Some(Locale::English)),
            ("", None),
        ];
        for (header, expected) in cases {
            assert_eq!(Locale::from_accept_language(header), expected, "{header}");
        }
    }

    #[test]
    fn places_are_filled_once_and_values_are_never_read_as_places() {
        assert_eq!(fill("{a} of {b}, {c}", &[("a", "{b}"), ("b", "2")]), "{b} of 2, {c}");
    }
}
