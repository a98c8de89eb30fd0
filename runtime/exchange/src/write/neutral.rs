//! Text in CSV that a spreadsheet would run as a formula gets an apostrophe; reading takes exactly those off again.
//!
//! Wherever a cell may begin (at the start, behind a separator or a quotation mark, for the file may be opened with
//! another separator), a run of apostrophes before a dangerous character becomes one longer. Reading makes it one shorter.
//! So every text comes back as it was, those too that had apostrophes of their own.

use std::borrow::Cow;

fn is_dangerous(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

fn opens_cell(c: char) -> bool {
    matches!(c, ',' | ';' | '\t' | '|' | '"')
}

/// The text with its dangerous places neutralised.
pub fn neutralised(text: &str) -> Cow<'_, str> {
    changed(text, |run| Some(run + 1))
}

/// The text that was neutralised.
pub fn restored(text: &str) -> Cow<'_, str> {
    changed(text, |run| run.checked_sub(1))
}

/// Changes the length of every run of apostrophes before a dangerous character at a place where a cell may begin.
fn changed(text: &str, length: impl Fn(usize) -> Option<usize>) -> Cow<'_, str> {
    let mut out: Option<String> = None;
    let (mut rest, mut begins) = (text, true);
    while let Some(first) = rest.chars().next() {
        let done = text.len() - rest.len();
        let bare = if begins { rest.trim_start_matches('\'') } else { rest };
        let run = rest.len() - bare.len();
        let behind = bare.chars().next();
        if begins
            && behind.is_some_and(is_dangerous)
            && let Some(new) = length(run)
        {
            let out = out.get_or_insert_with(|| text.get(..done).unwrap_or_default().to_owned());
            out.extend(std::iter::repeat_n('\'', new));
            out.extend(behind);
        } else if let Some(out) = &mut out {
            out.push_str(rest.get(..run).unwrap_or_default());
            out.extend(if run > 0 { behind } else { Some(first) });
        }
        let last = if run > 0 { behind } else { Some(first) };
        begins = last.is_some_and(opens_cell);
        rest = rest.get(run + last.map_or(0, char::len_utf8)..).unwrap_or_default();
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 28] = [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "'=1",
        "''=1",
        "'",
        "'plain",
        "a;=1",
        "a,\"=1\"",
        "a\t=1",
        "x|@y",
        "\"=1",
        "it's",
        "a,'b",
        "a,''-b",
        "plain",
        "",
        "\t\t=",
        "';='=",
        "é,＝",
    ];

    #[test]
    fn nothing_dangerous_stands_where_a_cell_may_begin() {
        for text in TEXTS {
            let safe = neutralised(text);
            let mut begins = true;
            for c in safe.chars() {
                assert!(!(begins && is_dangerous(c)), "{text:?} → {safe:?}");
                begins = opens_cell(c);
            }
        }
        assert_eq!(neutralised("=1+1"), "'=1+1");
        assert_eq!(neutralised("a;=1"), "a;'=1");
        assert_eq!(neutralised("plain - text"), "plain - text");
    }

    #[test]
    fn every_text_comes_back_as_it_was() {
        for text in TEXTS {
            assert_eq!(restored(&neutralised(text)), text, "{text:?}");
        }
        assert_eq!(restored("'plain"), "'plain");
    }
}
