//! Foldings of text: what counts as the same word, how texts are ordered, and which words a text contains.

use pinyin::ToPinyin;
use unicode_normalization::{IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfkc_quick};

/// For `contains` and its kin: NFKC, lower case, `ß` as `ss`, final sigma as sigma. Both databases fold alike.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let first: String = text.nfkc().collect();
    let lower = first.to_lowercase().replace('ß', "ss").replace('ς', "σ");
    lower.nfkc().collect()
}

/// For unique "normalized": folded, white space dropped, so that `ABC 1`, `abc1` and `ＡＢＣ　１` are one value.
pub fn normalize(text: &str) -> String {
    fold(text).chars().filter(|c| !c.is_whitespace()).collect()
}

/// The stored sort key of a text: NFKC, case folded, accents off, Han characters as pinyin; compared bytewise.
pub fn sort_key(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.nfkd().flat_map(char::to_lowercase) {
        if c == 'ß' {
            out.push_str("ss");
        } else if let Some(syllable) = c.to_pinyin() {
            out.push_str(syllable.plain());
            // Characters of one sound are ordered among themselves, and the same text always has the same key.
            out.push(c);
        } else if !is_combining_mark(c) {
            out.push(c);
        }
    }
    out
}

/// The sort key of a text where it is another than the text with its letters a to z small, which a database makes by itself.
pub fn own_sort_key(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let key = sort_key(text);
    (key != text.to_ascii_lowercase()).then_some(key)
}

/// True where the text may be stored: no NUL, no control character but tab, line feed and carriage return.
pub fn is_storable(text: &str) -> bool {
    !text.bytes().any(|b| b < 0x20 && b != b'\t' && b != b'\n' && b != b'\r')
}

/// True where a text says nothing: empty or white space only.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// Letters of a word that count when words are looked for: what follows is neither kept in the index nor asked for.
const WORD: usize = 100;
/// Words of one phrase that are asked for.
const PHRASE: usize = 64;
/// Phrases of one search that are asked for.
const PHRASES: usize = 20;

/// The part of a word that counts, and whether that is less than the word.
fn cut(word: &str) -> (&str, bool) {
    match word.char_indices().nth(WORD) {
        Some((end, _)) => (word.get(..end).unwrap_or(word), true),
        None => (word, false),
    }
}

fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x323AF)
}

enum Run {
    Cjk(Vec<char>),
    Word(String),
}

fn runs(text: &str) -> Vec<Run> {
    let folded = if is_nfkc_quick(text.chars()) == IsNormalized::Yes && text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        fold(text)
    };
    let mut out = Vec::new();
    for c in folded.chars() {
        if is_cjk(c) {
            match out.last_mut() {
                Some(Run::Cjk(run)) => run.push(c),
                _ => out.push(Run::Cjk(vec![c])),
            }
        } else if c.is_alphanumeric() {
            // a mark between letters and digits splits: "QT-2026" is found by "qt" and by "2026"
            match out.last_mut() {
                Some(Run::Word(word)) => word.push(c),
                _ => out.push(Run::Word(c.to_string())),
            }
        } else if !is_combining_mark(c) {
            out.push(Run::Word(String::new()));
        }
    }
    out.retain(|r| !matches!(r, Run::Word(w) if w.is_empty()));
    out
}

/// The tokens of a text for the full-text index, in order, separated by spaces: words as they are, CJK runs as overlapping
/// pairs with the last character alone (`胶合板` → `胶合 合板 板`), so that one character is found as a prefix of a token.
pub fn search_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut put = |token: &str| {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(token);
    };
    for run in runs(text) {
        match run {
            Run::Word(word) => put(cut(&word).0),
            Run::Cjk(chars) => {
                for (i, c) in chars.iter().enumerate() {
                    let mut token = String::from(*c);
                    if let Some(next) = chars.get(i + 1) {
                        token.push(*next);
                    }
                    put(&token);
                }
            }
        }
    }
    out
}

/// One thing that must be found: tokens that follow each other, the last one being the beginning of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPhrase {
    pub tokens: Vec<String>,
    /// Whether the last token stands for every token that begins with it.
    pub prefix: bool,
}

/// A search text as phrases that must all be found. Words are prefixes (`plyw` finds plywood); a CJK run is a phrase of its
/// pairs; a quoted run is one phrase of whole words. Empty where the text has neither letter nor digit. However long the text,
/// what is asked for is bounded: words beyond their 100th letter, phrases beyond their 64th word and further phrases are left out.
pub fn search_phrases(q: &str) -> Vec<SearchPhrase> {
    let mut out = Vec::new();
    for (i, part) in q.split(['"', '“', '”']).enumerate() {
        let quoted = i % 2 == 1;
        let mut phrase: Vec<String> = Vec::new();
        let mut phrase_prefix = false;
        let mut flush = |mut tokens: Vec<String>, prefix: bool| {
            if !tokens.is_empty() && out.len() < PHRASES {
                let whole = tokens.len() <= PHRASE;
                tokens.truncate(PHRASE);
                out.push(SearchPhrase { tokens, prefix: prefix && whole });
            }
        };
        for run in runs(part) {
            let (tokens, prefix) = match run {
                Run::Word(word) => {
                    let (word, is_cut) = cut(&word);
                    (vec![word.to_string()], !quoted || is_cut)
                }
                Run::Cjk(chars) if chars.len() == 1 => (chars.iter().map(char::to_string).collect(), true),
                Run::Cjk(chars) => (chars.windows(2).map(|w| w.iter().collect()).collect(), false),
            };
            if quoted {
                phrase.extend(tokens);
                phrase_prefix = prefix;
            } else {
                flush(tokens, prefix);
            }
        }
        flush(phrase, phrase_prefix);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn width_case_and_space_do_not_make_another_value() {
        for same in ["ABC 1", "abc 1", "ＡＢＣ　１", "Abc1"] {
            assert_eq!(normalize(same), "abc1");
        }
        assert_eq!(fold("STRASSE"), fold("Straße"));
    }

    #[test]
    fn han_characters_are_ordered_by_their_sound() {
        let mut names = ["张伟", "陈光", "李娜", "Anna", "Ärmel", "Zoe"];
        names.sort_by_key(|n| sort_key(n));
        assert_eq!(names, ["Anna", "Ärmel", "陈光", "李娜", "张伟", "Zoe"]);
    }

    #[test]
    fn chinese_is_found_by_one_two_and_three_characters() {
        assert_eq!(search_tokens("桦木胶合板18mm"), "桦木 木胶 胶合 合板 板 18mm");
        assert_eq!(search_phrases("胶"), [SearchPhrase { tokens: vec!["胶".into()], prefix: true }]);
        assert_eq!(
            search_phrases("胶合板"),
            [SearchPhrase { tokens: vec!["胶合".into(), "合板".into()], prefix: false }]
        );
    }

    #[test]
    fn a_search_of_any_length_asks_for_a_bounded_number_of_words() {
        let long = "a".repeat(5000);
        let [phrase]: [SearchPhrase; 1] = search_phrases(&long).try_into().unwrap();
        assert_eq!(phrase, SearchPhrase { tokens: vec!["a".repeat(100)], prefix: true });
        assert_eq!(search_tokens(&long), "a".repeat(100));
        assert_eq!(search_phrases(&"胶".repeat(20_000))[0].tokens.len(), 64);
        assert_eq!(search_phrases(&format!("\"{}\"", "word ".repeat(20_000)))[0].tokens.len(), 64);
        assert_eq!(search_phrases(&"word ".repeat(20_000)).len(), 20);
    }

    #[test]
    fn codes_and_addresses_are_found_by_their_parts() {
        assert_eq!(search_tokens("QT-2026 a.b@example.com"), "qt 2026 a b example com");
        assert_eq!(search_phrases("!!! ,"), []);
        assert_eq!(search_phrases("\"film faced\" ply").len(), 2);
    }
}
