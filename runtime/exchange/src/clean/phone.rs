//! Telephone numbers as international digits (`+8613912345678`).

use super::text::plain;
use super::{Cleaned, readable};
use crate::messages::Code;
use crate::notice::{Fault, Notice};
use crate::source::Cell;
use unicode_normalization::UnicodeNormalization;

/// The numbers of one cell. What could not be read is kept as written, for a note.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phones {
    /// Numbers that were understood, in order.
    pub numbers: Vec<String>,
    /// The cell's text, when some of it was not understood: it must not get lost.
    pub kept: Option<String>,
}

const LEAST_DIGITS: usize = 7;
const MOST_DIGITS: usize = 15;

/// Cleans a cell of telephone numbers; `dial` is the calling code of the record's country, where it is known.
///
/// # Errors
/// `cell_error`, `formula_without_value`; a number that is not understood is a warning.
pub fn clean(cell: &Cell, dial: Option<&str>) -> Result<Cleaned<Phones>, Fault> {
    readable(cell)?;
    let text = match cell {
        // The digits of the number itself, however its format shows them.
        Cell::Number { value, digits_lost: false, .. } => value.trunc().to_string(),
        other => other.shown(),
    };
    let shown = text.trim().to_owned();
    if lost_digits(&plain(&text)) || matches!(cell, Cell::Number { digits_lost: true, .. }) {
        let phones = Phones { numbers: Vec::new(), kept: Some(shown.clone()) };
        return Ok(Cleaned::of(phones).warn(Notice::new(Code::PhonePrecisionLost).with("value", shown)));
    }
    // Line breaks divide numbers, so they must survive the folding.
    let folded: String = text.nfkc().filter(|c| !super::text::is_invisible(*c)).collect();
    let mut phones = Phones::default();
    let mut wrong = false;
    for part in folded.split(['/', ';', ',', '、', '\n', '\r', '|']).map(str::trim).filter(|part| !part.is_empty()) {
        match one(part, dial) {
            Some(number) if !phones.numbers.contains(&number) => phones.numbers.push(number),
            Some(_) => {}
            None => wrong = true,
        }
    }
    if wrong || phones.numbers.is_empty() {
        phones.kept = Some(shown.clone());
        return Ok(Cleaned::of(phones).warn(Notice::new(Code::PhoneInvalid).with("value", shown)));
    }
    Ok(Cleaned::of(phones))
}

/// `8.61391E+12`: the spreadsheet has thrown digits away.
fn lost_digits(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.split_once('e').is_some_and(|(digits, power)| {
        let power = power.strip_prefix('+').unwrap_or(power);
        digits.contains(|c: char| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
            && !power.is_empty()
            && power.chars().all(|c| c.is_ascii_digit())
    })
}

fn one(part: &str, dial: Option<&str>) -> Option<String> {
    let lower = part.to_lowercase();
    let mut text = lower.as_str();
    for word in ["ext", "转", "轉", "分机", "x", "#"] {
        if let Some((number, extension)) = text.split_once(word)
            && number.contains(|c: char| c.is_ascii_digit())
            && extension.trim_matches(['.', ':', ' ']).chars().all(|c| c.is_ascii_digit() || c == ' ')
        {
            text = number;
        }
    }
    for label in [
        "telephone",
        "mobile",
        "phone",
        "whatsapp",
        "tel",
        "mob",
        "cell",
        "fax",
        "ph",
        "电话",
        "手机",
        "座机",
        "t",
        "m",
        "p",
    ] {
        if let Some(rest) = text.trim_start().strip_prefix(label) {
            text = rest.trim_start_matches(['.', ':', '：', ' ']);
            break;
        }
    }
    let text = text.replace("(0)", "");
    let text = text.trim();
    if !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '(' | ')' | '-' | '.' | ' ' | '–' | '—' | '·'))
    {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let international = if text.starts_with('+') || text.starts_with("(+") {
        format!("+{digits}")
    } else if let Some(rest) = digits.strip_prefix("00") {
        format!("+{rest}")
    } else {
        match dial.filter(|dial| !dial.is_empty()) {
            Some(dial) if digits.strip_prefix(dial).is_some_and(|rest| rest.len() >= LEAST_DIGITS) => {
                format!("+{digits}")
            }
            Some(dial) => format!("+{dial}{}", digits.strip_prefix('0').unwrap_or(&digits)),
            None => digits,
        }
    };
    let count = international.trim_start_matches('+').len();
    (LEAST_DIGITS..=MOST_DIGITS).contains(&count).then_some(international)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    #[test]
    fn numbers_become_international() {
        for (text, dial, numbers) in [
            ("+39579225192 ext. 80", "39", vec!["+39579225192"]),
            ("+55 467 32718", "55", vec!["+5546732718"]),
            ("0056634034423", "56", vec!["+56634034423"]),
            ("+33813830016 / +3358128225", "33", vec!["+33813830016", "+3358128225"]),
            ("+63-(80)-9056868", "63", vec!["+63809056868"]),
            ("＋２３４２３６８１６８３４", "234", vec!["+234236816834"]),
            ("098-4659559", "66", vec!["+66984659559"]),
            ("44909072413", "44", vec!["+44909072413"]),
            ("+44 (0)20 7946 0958", "44", vec!["+442079460958"]),
            ("Tel: 0532-1234567 转 801", "86", vec!["+865321234567"]),
            ("139 1234 5678\n0532-1234567", "86", vec!["+8613912345678", "+865321234567"]),
            ("13912345678", "", vec!["13912345678"]),
        ] {
            let cleaned = clean(&Cell::text(text), Some(dial));
            assert_eq!(
                cleaned.map(|cleaned| (cleaned.value.numbers, cleaned.warnings.len())),
                Ok((numbers.into_iter().map(str::to_owned).collect(), 0)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_number_is_kept_for_the_note() {
        for (text, code) in [
            ("请加微信", Code::PhoneInvalid),
            ("12345", Code::PhoneInvalid),
            ("8.61391E+12", Code::PhonePrecisionLost),
            ("wx_123456789", Code::PhoneInvalid),
            ("+1234567890123456", Code::PhoneInvalid),
        ] {
            let cleaned = clean(&Cell::text(text), None);
            assert_eq!(
                cleaned.map(|cleaned| (
                    cleaned.value.kept,
                    cleaned.warnings.into_iter().map(|warning| warning.code).collect::<Vec<_>>()
                )),
                Ok((Some(text.to_owned()), vec![code])),
                "{text}"
            );
        }
        let mixed = clean(&Cell::text("+33813830016 / 微信"), Some("33")).map(|cleaned| cleaned.value);
        assert_eq!(
            mixed,
            Ok(Phones { numbers: vec!["+33813830016".to_owned()], kept: Some("+33813830016 / 微信".to_owned()) })
        );
    }

    #[test]
    fn a_number_cell_is_its_digits_however_it_is_shown() {
        let cell = Cell::Number {
            value: Decimal::from(6_659_021_303_i64),
            shown: Some("6.66E+09".into()),
            digits_lost: false,
        };
        assert_eq!(clean(&cell, Some("66")).map(|cleaned| cleaned.value.numbers), Ok(vec!["+6659021303".to_owned()]));
    }
}
