//! Yes and no, in the words of people and spreadsheets.

use super::text::plain;
use super::{Cleaned, readable};
use crate::messages::Code;
use crate::notice::{Fault, Notice};
use crate::source::Cell;
use rust_decimal::Decimal;

const YES: &[&str] = &[
    "true", "yes", "y", "t", "1", "on", "x", "是", "有", "对", "真", "√", "✓", "✔", "☑", "启用", "开", "已", "active",
];
const NO: &[&str] = &[
    "false", "no", "n", "f", "0", "off", "否", "没有", "无", "不是", "错", "假", "×", "✗", "✘", "☐", "停用", "关",
    "未", "inactive",
];

/// Cleans a boolean.
///
/// # Errors
/// `boolean_invalid`, `cell_error`, `formula_without_value`.
pub fn clean(cell: &Cell) -> Result<Cleaned<bool>, Fault> {
    readable(cell)?;
    let known = match cell {
        Cell::Bool(value) => Some(*value),
        Cell::Number { value, .. } if *value == Decimal::ONE => Some(true),
        Cell::Number { value, .. } if value.is_zero() => Some(false),
        Cell::Text(text) => word(&plain(text).to_lowercase()),
        _ => None,
    };
    known.map(Cleaned::of).ok_or_else(|| Notice::new(Code::BooleanInvalid).with("value", cell.shown()))
}

fn word(text: &str) -> Option<bool> {
    if YES.contains(&text) {
        Some(true)
    } else if NO.contains(&text) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_yes_and_no_are_known() {
        for (text, value) in [
            ("是", Some(true)),
            ("否", Some(false)),
            ("Yes", Some(true)),
            ("ＮＯ", Some(false)),
            (" √ ", Some(true)),
            ("TRUE", Some(true)),
            ("0", Some(false)),
            ("perhaps", None),
            ("2", None),
        ] {
            assert_eq!(clean(&Cell::text(text)).map(|cleaned| cleaned.value).ok(), value, "{text}");
        }
        assert_eq!(clean(&Cell::Bool(false)).map(|cleaned| cleaned.value), Ok(false));
        assert_eq!(clean(&Cell::number(Decimal::ONE)).map(|cleaned| cleaned.value), Ok(true));
        assert_eq!(clean(&Cell::number(Decimal::TWO)).map_err(|fault| fault.code), Err(Code::BooleanInvalid));
    }
}
