//! Telephone numbers: which texts are one, and the number that is dialled (E.164), by which they are compared.

macro_rules! separators {
    () => {
        "[ \u{a0}\u{3000}()（）./·–—－-]*"
    };
}

/// What a text must be to be a telephone number, or blank: 7 to 15 digits, `+` or `00` before the country's code, the usual marks
/// between them, an extension behind. Says the same as [`is_phone`] to every validator.
pub const PATTERN: &str = concat!(
    "^(?:[ \t\r\n\u{a0}\u{3000}]*|",
    separators!(),
    "(?:[+＋]",
    separators!(),
    "|[0０]",
    separators!(),
    "[0０]",
    separators!(),
    ")?(?:[0-9０-９]",
    separators!(),
    "){7,15}(?:(?:[eE][xX][tT]|[xX#]|转|轉|分机)[.:： ]*[0-9０-９]{1,8} *)?)$"
);

const LEAST: usize = 7;
const MOST: usize = 15;
const LONGEST_EXTENSION: usize = 8;

fn is_separator(c: char) -> bool {
    " \u{a0}\u{3000}()（）./·–—－-".contains(c)
}

/// The ASCII digit that a digit of either width is.
fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32),
        _ => None,
    }
}

/// The digits of a number, whether a `+` leads them, and what stands behind them.
struct Digits<'a> {
    plus: bool,
    digits: String,
    rest: &'a str,
}

fn split(text: &str) -> Digits<'_> {
    let start = text.trim_start_matches(is_separator);
    let (plus, body) = match start.strip_prefix(['+', '＋']) {
        Some(body) => (true, body),
        None => (false, start),
    };
    let end = body.find(|c| digit(c).is_none() && !is_separator(c)).unwrap_or(body.len());
    let (number, rest) = body.split_at_checked(end).unwrap_or((body, ""));
    Digits { plus, digits: number.chars().filter_map(digit).collect(), rest }
}

fn is_extension(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return true };
    let behind = ["转", "轉", "分机"].iter().find_map(|word| text.strip_prefix(word)).or_else(|| {
        let ext = text.get(..3).filter(|word| word.eq_ignore_ascii_case("ext")).and_then(|_| text.get(3..));
        ext.or_else(|| text.strip_prefix(first).filter(|_| matches!(first, 'x' | 'X' | '#')))
    });
    let Some(behind) = behind else { return false };
    let digits = behind.trim_start_matches(['.', ':', '：', ' ']).trim_end_matches(' ');
    let count = digits.chars().count();
    (1..=LONGEST_EXTENSION).contains(&count) && digits.chars().all(|c| digit(c).is_some())
}

/// Whether a text is a telephone number, or blank.
pub fn is_phone(text: &str) -> bool {
    if text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{a0}' | '\u{3000}')) {
        return true;
    }
    let found = split(text);
    let fits = |count: usize| (LEAST..=MOST).contains(&count);
    let count = found.digits.len();
    let abroad = || !found.plus && found.digits.starts_with("00") && count.checked_sub(2).is_some_and(fits);
    (fits(count) || abroad()) && is_extension(found.rest)
}

/// The number that is dialled: `+` and digits where the country's code is known, else the digits. `None` of what is no number.
pub fn dialled(text: &str) -> Option<String> {
    if !is_phone(text) {
        return None;
    }
    // a zero in brackets is dialled within the country only
    let outside = text.replace("(0)", "");
    let found = split(&outside);
    if found.plus {
        return Some(format!("+{}", found.digits));
    }
    let found = split(text);
    match found.digits.strip_prefix("00").filter(|rest| rest.len() >= LEAST) {
        Some(abroad) => Some(format!("+{abroad}")),
        None => Some(found.digits).filter(|digits| !digits.is_empty()),
    }
}

/// A part of a number as it stands in [`dialled`]; `None` of what is more than digits and the marks between them.
pub fn part(text: &str) -> Option<String> {
    let found = split(text);
    if !found.rest.is_empty() || found.digits.is_empty() {
        return None;
    }
    let abroad = found.digits.strip_prefix("00").filter(|rest| !found.plus && !rest.is_empty());
    Some(match abroad {
        Some(rest) => format!("+{rest}"),
        None if found.plus => format!("+{}", found.digits),
        None => found.digits,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_is_the_same_however_it_is_typed() {
        for typed in [
            "+49 30 5551234",
            "0049 30 5551234",
            "+49305551234",
            "(+49) 30/555-1234",
            "＋４９ 30 5551234",
            "+49 (0)30 5551234",
            "+49 30 5551234 ext. 12",
        ] {
            assert_eq!(dialled(typed).as_deref(), Some("+49305551234"), "{typed}");
        }
        assert_eq!(dialled("030/5551234").as_deref(), Some("0305551234"));
        assert_eq!(dialled("0012345").as_deref(), Some("0012345"));
        for other in ["", "  ", "not a phone", "12345", "+1234567890123456", "+49 30 5551234 please", "call 5551234"] {
            assert_eq!(dialled(other), None, "{other}");
        }
        for (typed, wanted) in
            [("0049 30", Some("+4930")), ("555-12", Some("55512")), ("+49", Some("+49")), ("Ann", None), ("", None)]
        {
            assert_eq!(part(typed).as_deref(), wanted, "{typed}");
        }
    }

    #[test]
    fn the_pattern_gives_the_same_verdict() {
        let validator = jsonschema::validator_for(&json!({"pattern": PATTERN})).unwrap();
        for text in [
            "",
            " ",
            "\t\n",
            "+49 30 5551234",
            "0049 30 5551234",
            "030/5551234",
            "not a phone",
            "12345",
            "123456",
            "1234567",
            "0012345",
            "001234",
            "00 1234567",
            "00123456789012345",
            "001234567890123456",
            "123456789012345",
            "1234567890123456",
            "+123456789012345",
            "+1234567890123456",
            "++491234567",
            "+49+1234567",
            "5551234x12",
            "5551234 EXT: 12",
            "5551234 ext",
            "5551234#123456789",
            "5551234 转801",
            "5551234 分机 8",
            "(0532) 123-4567",
            "＋２３４２３６８１６８３４",
            "5551234é",
            "5551234x1x2",
            "x1234567",
            "- - 1234567",
            "5551234 ext.12 ",
            "1234567\n",
        ] {
            assert_eq!(validator.is_valid(&json!(text)), is_phone(text), "{text:?}");
        }
    }
}
