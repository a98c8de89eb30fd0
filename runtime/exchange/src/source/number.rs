//! Numbers of spreadsheet files as exact decimals. Spreadsheets keep binary floats of 15 reliable digits.

use super::cell::Cell;
use rust_decimal::Decimal;
use std::str::FromStr;

/// Significant decimal digits that every spreadsheet keeps.
const RELIABLE_DIGITS: usize = 15;

/// The number cell for a stored number's text (`0.1`, `0.30000000000000004`, `1.2E+17`, `123456789012345678`).
/// What no decimal can hold becomes text, so that cleaning refuses it by its own words.
pub fn number_cell(raw: &str) -> Cell {
    let raw = raw.trim();
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        let significant = digits.trim_start_matches('0').len();
        if let Ok(value) = Decimal::from_str(raw) {
            return Cell::Number { value, shown: None, digits_lost: significant > RELIABLE_DIGITS };
        }
    }
    match raw.parse::<f64>() {
        Ok(value) if value.is_finite() => float_cell(value),
        _ => Cell::text(raw),
    }
}

/// The number cell for a binary float.
pub fn float_cell(value: f64) -> Cell {
    match float_decimal(value) {
        Some(decimal) => {
            let digits_lost = decimal.is_integer() && decimal.abs() >= Decimal::from(1_000_000_000_000_000_i64);
            Cell::Number { value: decimal, shown: None, digits_lost }
        }
        None => Cell::text(value.to_string()),
    }
}

/// A binary float as the decimal it stands for: its shortest text, cut to 15 significant digits.
pub fn float_decimal(value: f64) -> Option<Decimal> {
    let shortest = Decimal::from_str(&value.to_string()).ok()?;
    if shortest.is_integer() {
        return Some(shortest);
    }
    let digits = shortest.mantissa().unsigned_abs().to_string().len();
    let surplus = u32::try_from(digits.saturating_sub(RELIABLE_DIGITS)).unwrap_or(0);
    Some(shortest.round_dp(shortest.scale().saturating_sub(surplus)).normalize())
}

/// A number packed into 30 bits and two flags, as binary workbooks have it.
pub fn packed_cell(packed: u32) -> Option<Cell> {
    let whole = packed & 0x02 != 0;
    let hundredth = packed & 0x01 != 0;
    let value = if whole {
        // The sign travels with the shift.
        Decimal::from(packed.cast_signed() >> 2)
    } else {
        float_decimal(f64::from_bits(u64::from(packed & 0xffff_fffc) << 32))?
    };
    let value = if hundredth { value.checked_div(Decimal::ONE_HUNDRED)? } else { value };
    Some(Cell::number(value.normalize()))
}

/// A binary float of eight bytes.
pub fn f64_at(data: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(data.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// The error cell for an error's code in binary workbooks.
pub fn error_cell(code: u8) -> Cell {
    Cell::Error(
        match code {
            0x00 => "#NULL!",
            0x07 => "#DIV/0!",
            0x0f => "#VALUE!",
            0x17 => "#REF!",
            0x1d => "#NAME?",
            0x24 => "#NUM!",
            _ => "#N/A",
        }
        .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    #[test]
    fn stored_numbers_become_the_decimals_they_stand_for() {
        for (raw, text, lost) in [
            ("0.1", "0.1", false),
            ("0.30000000000000004", "0.3", false),
            ("1234.5600000000001", "1234.56", false),
            ("42", "42", false),
            ("-7.25", "-7.25", false),
            ("123456789012345", "123456789012345", false),
            ("123456789012345678", "123456789012345678", true),
            ("1.2345678901234599E+17", "123456789012345980", true),
            ("5E-3", "0.005", false),
            ("0", "0", false),
        ] {
            match number_cell(raw) {
                Cell::Number { value, digits_lost, .. } => {
                    assert_eq!((value.to_string().as_str(), digits_lost), (text, lost), "{raw}")
                }
                other => panic!("{raw}: {other:?}"),
            }
        }
        assert_eq!(number_cell("1E+300"), Cell::text(1e300_f64.to_string()));
    }

    #[test]
    fn packed_numbers_are_unpacked() {
        for (packed, text) in [
            (0x0000_0006_u32, "1"),
            (0xffff_fffe, "-1"),
            (0x0000_1ed7, "19.73"),
            (0x3ff0_0000, "1"),
            (0x3fe0_0000, "0.5"),
        ] {
            assert_eq!(packed_cell(packed).map(|cell| cell.shown()).as_deref(), Some(text), "{packed:x}");
        }
    }
}
