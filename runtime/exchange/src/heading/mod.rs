//! Headings: the row that holds them, what they say once stripped of ornament, and the fields they mean.

mod detect;
mod propose;
mod skip;

pub use detect::{Heading, find};
pub use propose::{Column, Field, Reason, propose};
pub use skip::{RowClass, classify, is_total};

use crate::clean::text::plain;
use unicode_normalization::UnicodeNormalization;

/// A heading as it is compared: half-width, lower case, without stars, colons, bracketed notes and spaces.
/// A heading that is nothing but a bracketed note is its note.
pub fn normal(heading: &str) -> String {
    let text = caseless::default_case_fold_str(&plain(heading));
    let bare = stripped(&text, true);
    let bare = if bare.is_empty() { stripped(&text, false) } else { bare };
    bare.nfc().collect()
}

fn stripped(text: &str, notes: bool) -> String {
    let mut depth = 0_u32;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '[' | '{' | '【' | '〔' | '<' | '《' => depth += 1,
            ')' | ']' | '}' | '】' | '〕' | '>' | '》' => depth = depth.saturating_sub(1),
            '*' | ':' | '：' | '＊' => {}
            c if c.is_whitespace() => {}
            c if depth == 0 || !notes => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_lose_their_ornaments() {
        for (heading, plain) in [
            ("公司名称 *", "公司名称"),
            ("职 位", "职位"),
            ("邮箱(E-mail)", "邮箱"),
            ("国家/地区 ", "国家/地区"),
            ("Signed on:", "signedon"),
            ("金额（美元）", "金额"),
            ("【备注】", "备注"),
            ("ＣＯＤＥ\n*", "code"),
        ] {
            assert_eq!(normal(heading), plain, "{heading}");
        }
    }
}
