//! Numbers as people type them: thousands, percent, 万 and 亿, k and M, brackets for minus, two readings told apart.

use super::text::plain;
use super::{Cleaned, readable};
use crate::messages::Code;
use crate::notice::{Fault, Notice};
use crate::source::Cell;
use rust_decimal::Decimal;
use std::str::FromStr;

/// What to do with a single comma that cannot be a thousands separator (`1,23`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoneComma {
    /// A fault that offers both readings.
    Ask,
    /// The decimal point: amounts in trade papers are written so all over Europe.
    Decimal,
}

/// How numbers are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberRules {
    /// The decimal mark of the writer's language (`.` or `,`), where it is known.
    pub decimal_mark: Option<char>,
    /// A comma with two readings.
    pub lone_comma: LoneComma,
}

impl Default for NumberRules {
    fn default() -> Self {
        Self { decimal_mark: None, lone_comma: LoneComma::Ask }
    }
}

/// Cleans a number cell or text. Blank cells are the caller's to leave out.
///
/// # Errors
/// `number_invalid`, `number_ambiguous`, `number_too_large`, `cell_error`, `formula_without_value`.
pub fn clean(cell: &Cell, rules: NumberRules) -> Result<Cleaned<Decimal>, Fault> {
    readable(cell)?;
    match cell {
        Cell::Number { value, digits_lost, .. } => {
            let cleaned = Cleaned::of(value.normalize());
            Ok(if *digits_lost { cleaned.warn(Notice::new(Code::DigitsLost).with("value", value)) } else { cleaned })
        }
        Cell::Text(text) => parse(text, rules).map(Cleaned::of),
        other => Err(invalid(&other.shown())),
    }
}

/// Reads a number from text.
///
/// # Errors
/// As [`clean`].
pub fn parse(text: &str, rules: NumberRules) -> Result<Decimal, Fault> {
    let shown = text.trim();
    let without_currency = super::amount::split_currency(&plain(text)).1;
    quantity(&without_currency, shown, rules)
}

/// Reads a number that has lost its currency; `shown` is quoted in faults.
pub(super) fn quantity(text: &str, shown: &str, rules: NumberRules) -> Result<Decimal, Fault> {
    let mut rest = text.trim().to_lowercase().replace(['−', '–', '—'], "-").replace('٬', ",").replace('٫', ".");
    for about in ["大约", "约", "approx.", "approx", "about", "circa", "ca.", "~", "≈"] {
        if let Some(after) = rest.strip_prefix(about) {
            rest = after.trim_start().to_owned();
        }
    }
    for about in ["左右", "+", "以上"] {
        if let Some(before) = rest.strip_suffix(about) {
            rest = before.trim_end().to_owned();
        }
    }
    let mut negative = false;
    if let Some(inner) = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        negative = true;
        rest = inner.trim().to_owned();
    } else if let Some(after) = rest.strip_prefix('-') {
        negative = true;
        rest = after.trim_start().to_owned();
    } else if let Some(after) = rest.strip_prefix('+') {
        rest = after.trim_start().to_owned();
    } else if let Some(before) = rest.strip_suffix('-') {
        negative = true;
        rest = before.trim_end().to_owned();
    }
    let mut factor = Decimal::ONE;
    const FACTORS: [(&str, i64, u32); 16] = [
        ("千万", 10_000_000, 0),
        ("百万", 1_000_000, 0),
        ("million", 1_000_000, 0),
        ("thousand", 1_000, 0),
        ("mio.", 1_000_000, 0),
        ("mio", 1_000_000, 0),
        ("mln", 1_000_000, 0),
        ("万", 10_000, 0),
        ("萬", 10_000, 0),
        ("亿", 100_000_000, 0),
        ("億", 100_000_000, 0),
        ("千", 1_000, 0),
        ("k", 1_000, 0),
        ("m", 1_000_000, 0),
        ("%", 1, 2),
        ("‰", 1, 3),
    ];
    for (word, times, scale) in FACTORS {
        if let Some(before) = rest.strip_suffix(word) {
            factor = Decimal::new(times, scale);
            rest = before.trim_end().to_owned();
            break;
        }
    }
    let digits = separated(&rest, shown, rules)?;
    let value = Decimal::from_str(&digits).map_err(|_| Notice::new(Code::NumberTooLarge).with("value", shown))?;
    let value = value.checked_mul(factor).ok_or_else(|| Notice::new(Code::NumberTooLarge).with("value", shown))?;
    let value = if factor == Decimal::ONE { value } else { value.normalize() };
    Ok(if negative { -value } else { value })
}

/// Digits with separators as plain digits with at most one point.
fn separated(text: &str, shown: &str, rules: NumberRules) -> Result<String, Fault> {
    if !text.chars().any(|c| c.is_ascii_digit())
        || !text.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | ' ' | '\'' | '’' | '_'))
    {
        return exponent(text).ok_or_else(|| invalid(shown));
    }
    // Blanks and apostrophes only ever separate thousands.
    let mut text = text.to_owned();
    let mut grouped_by_blanks = false;
    for blank in [' ', '\'', '’', '_'] {
        if text.contains(blank) {
            let whole = text.split([',', '.']).next().unwrap_or_default();
            if !in_thousands(&whole.split(blank).collect::<Vec<_>>())
                || text.get(whole.len()..).is_some_and(|rest| rest.contains(blank))
            {
                return Err(invalid(shown));
            }
            text = text.replace(blank, "");
            grouped_by_blanks = true;
        }
    }
    let (commas, points) = (text.matches(',').count(), text.matches('.').count());
    match (commas, points) {
        (0, 0) => Ok(text),
        (0, 1) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            if rules.decimal_mark == Some(',') && fraction.len() == 3 && in_thousands(&[whole, fraction]) {
                return Ok(format!("{whole}{fraction}"));
            }
            pointed(whole, fraction).ok_or_else(|| invalid(shown))
        }
        (0, _) => thousands(&text, '.').ok_or_else(|| invalid(shown)),
        (1, 0) if grouped_by_blanks => {
            text.split_once(',').and_then(|(whole, fraction)| pointed(whole, fraction)).ok_or_else(|| invalid(shown))
        }
        (_, 0) => only_commas(&text, commas, shown, rules),
        _ => {
            // Both occur: the later one is the decimal mark, and it occurs once.
            let decimal = if text.rfind(',') > text.rfind('.') { ',' } else { '.' };
            let other = if decimal == ',' { '.' } else { ',' };
            let (whole, fraction) = text.rsplit_once(decimal).unwrap_or((&text, ""));
            if whole.contains(decimal) {
                return Err(invalid(shown));
            }
            thousands(whole, other).and_then(|whole| pointed(&whole, fraction)).ok_or_else(|| invalid(shown))
        }
    }
}

fn only_commas(text: &str, commas: usize, shown: &str, rules: NumberRules) -> Result<String, Fault> {
    let grouped = thousands(text, ',');
    let (whole, fraction) = text.rsplit_once(',').unwrap_or((text, ""));
    if commas == 1 && rules.decimal_mark == Some(',') {
        return pointed(whole, fraction).ok_or_else(|| invalid(shown));
    }
    if let Some(grouped) = grouped {
        return Ok(grouped);
    }
    if commas > 1 {
        return Err(invalid(shown));
    }
    let decimal = pointed(whole, fraction).ok_or_else(|| invalid(shown))?;
    if rules.lone_comma == LoneComma::Decimal || whole.is_empty() || whole.starts_with('0') {
        return Ok(decimal);
    }
    Err(Notice::new(Code::NumberAmbiguous)
        .with("value", shown)
        .with("first", decimal)
        .with("second", format!("{whole}{fraction}")))
}

/// A number in E notation, as text files from spreadsheets have it.
fn exponent(text: &str) -> Option<String> {
    let (digits, power) = text.split_once('e')?;
    if !digits.starts_with(|c: char| c.is_ascii_digit())
        || !power.trim_start_matches(['+', '-']).chars().all(|c| c.is_ascii_digit())
    {
        return None;
    }
    Decimal::from_scientific(text).ok().map(|value| value.to_string())
}

fn pointed(whole: &str, fraction: &str) -> Option<String> {
    (!(whole.is_empty() && fraction.is_empty())).then(|| {
        let whole = if whole.is_empty() { "0" } else { whole };
        if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
    })
}

fn thousands(text: &str, separator: char) -> Option<String> {
    let groups: Vec<&str> = text.split(separator).collect();
    in_thousands(&groups).then(|| groups.concat())
}

/// Groups of three behind a first of one to three digits that does not begin with zero; or the Indian way: twos, then a three.
fn in_thousands(groups: &[&str]) -> bool {
    let Some((first, rest)) = groups.split_first() else {
        return false;
    };
    if rest.is_empty() {
        return true;
    }
    let threes = (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
    let indian = rest.len() > 1
        && (1..=2).contains(&first.len())
        && rest.split_last().is_some_and(|(last, twos)| last.len() == 3 && twos.iter().all(|group| group.len() == 2));
    (threes || indian) && !first.starts_with('0')
}

fn invalid(shown: &str) -> Fault {
    Notice::new(Code::NumberInvalid).with("value", shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, rules: NumberRules) -> Result<String, &'static str> {
        parse(text, rules).map(|value| value.to_string()).map_err(|fault| fault.code.as_str())
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, value) in [
            ("1234.5", Ok("1234.5")),
            ("1,234.56", Ok("1234.56")),
            ("1.234,56", Ok("1234.56")),
            ("1 234 567,5", Ok("1234567.5")),
            ("1,234,567", Ok("1234567")),
            ("1.234.567", Ok("1234567")),
            ("12,34,567", Ok("1234567")),
            ("1,234", Ok("1234")),
            ("1,23", Err("number_ambiguous")),
            ("0,5", Ok("0.5")),
            ("0,123", Ok("0.123")),
            (",5", Ok("0.5")),
            (".5", Ok("0.5")),
            ("１２．５", Ok("12.5")),
            ("1\u{a0}234", Ok("1234")),
            ("1'234.50", Ok("1234.50")),
            ("12 34", Err("number_invalid")),
            ("62.3万", Ok("623000")),
            ("1.5亿", Ok("150000000")),
            ("5k", Ok("5000")),
            ("2.5M", Ok("2500000")),
            ("15%", Ok("0.15")),
            ("12.5 %", Ok("0.125")),
            ("-3,000", Ok("-3000")),
            ("−7", Ok("-7")),
            ("(12.50)", Ok("-12.50")),
            ("12-", Ok("-12")),
            ("约500", Ok("500")),
            ("~ 500", Ok("500")),
            ("500+", Ok("500")),
            ("$1,234", Ok("1234")),
            ("1.2E+3", Ok("1200")),
            ("abc", Err("number_invalid")),
            ("1.2.3", Err("number_invalid")),
            ("1,2,3", Err("number_invalid")),
            ("1,234.5.6", Err("number_invalid")),
            ("12abc", Err("number_invalid")),
            ("-", Err("number_invalid")),
            ("99999999999999999999999999999999", Err("number_too_large")),
        ] {
            assert_eq!(read(text, NumberRules::default()), value.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn two_readings_are_both_offered() {
        let fault = parse("1,23", NumberRules::default()).err();
        assert_eq!(fault.as_ref().and_then(|fault| fault.arg("first")), Some("1.23"));
        assert_eq!(fault.as_ref().and_then(|fault| fault.arg("second")), Some("123"));
    }

    #[test]
    fn a_known_decimal_mark_decides() {
        let german = NumberRules { decimal_mark: Some(','), ..NumberRules::default() };
        for (text, value) in [("1,23", "1.23"), ("1.234", "1234"), ("1,234", "1.234"), ("1.5", "1.5")] {
            assert_eq!(read(text, german), Ok(value.to_owned()), "{text}");
        }
        let trade = NumberRules { lone_comma: LoneComma::Decimal, ..NumberRules::default() };
        assert_eq!(read("12,5", trade), Ok("12.5".to_owned()));
        assert_eq!(read("1,234", trade), Ok("1234".to_owned()));
    }

    #[test]
    fn cells_that_hold_no_number_are_refused() {
        assert_eq!(
            clean(&Cell::Bool(true), NumberRules::default()).map_err(|fault| fault.code),
            Err(Code::NumberInvalid)
        );
        assert_eq!(
            clean(&Cell::Error("#N/A".into()), NumberRules::default()).map_err(|fault| fault.code),
            Err(Code::CellError)
        );
        let lost = Cell::Number { value: Decimal::from(123_456_789_012_345_678_i64), shown: None, digits_lost: true };
        assert_eq!(clean(&lost, NumberRules::default()).map(|cleaned| cleaned.warnings.len()), Ok(1));
    }
}
