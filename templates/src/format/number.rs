//! Numbers, money, shares and sizes. English and Chinese write figures alike: `1,234.50`, minus as U+2212.

use rust_decimal::Decimal;

/// The minus sign of typography.
const MINUS: char = '\u{2212}';
/// Between a currency or unit and its figure: not broken, and in every face as wide as a space.
const GAP: char = '\u{a0}';

/// Sets thousands separators into plain decimal text: `-1234.5` → `−1,234.5`. Text that is not a plain decimal comes back unchanged.
pub fn group_digits(text: &str) -> String {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !fraction.is_none_or(digits) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + whole.len() / 3 + 2);
    if negative {
        out.push(MINUS);
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A number with at least `decimals` decimals (zeros are added, nothing is cut): `1234.5`, 2 → `1,234.50`.
pub fn number(value: Decimal, decimals: u32) -> String {
    let mut value = value.normalize();
    if value.scale() < decimals {
        value.rescale(decimals);
    }
    let text = value.to_string();
    group_digits(if value.is_zero() { text.trim_start_matches('-') } else { &text })
}

/// Money: ISO code, narrow space, figure. `decimals` are the currency's (2, 0 for JPY).
pub fn money(value: Decimal, currency: &str, decimals: u32) -> String {
    let figure = number(value, decimals);
    if currency.is_empty() { figure } else { format!("{currency}{GAP}{figure}") }
}

/// A share: `0.118` → `11.8%`. Exact: no decimals are cut.
pub fn percent(value: Decimal) -> String {
    match value.checked_mul(Decimal::ONE_HUNDRED) {
        Some(hundredfold) => format!("{}%", number(hundredfold, 0)),
        None => number(value, 0),
    }
}

/// Plain text of a number for the value of a control: no separators, ASCII minus, no zeros at the end.
pub fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}

/// A size of a file: `48 KB`, `1.2 MB` (1 KB = 1024 bytes; rounded to one decimal below 10).
pub fn file_size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // Tenths of the unit, in whole numbers.
    let mut tenths = bytes.saturating_mul(10) / 1024;
    let mut unit = "KB";
    for next in UNITS.into_iter().skip(1) {
        if tenths < 10 * 1024 {
            break;
        }
        tenths /= 1024;
        unit = next;
    }
    if tenths < 100 && !tenths.is_multiple_of(10) {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", tenths / 10)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn figures_get_separators_and_keep_every_decimal() {
        let cases = [
            ("0", 0, "0"),
            ("-0", 2, "0.00"),
            ("1234.5", 2, "1,234.50"),
            ("-1234567.891", 2, "−1,234,567.891"),
            ("999", 0, "999"),
            ("123456789012345678", 0, "123,456,789,012,345,678"),
            ("0.10", 0, "0.1"),
        ];
        for (value, decimals, expected) in cases {
            assert_eq!(number(decimal(value), decimals), expected, "{value}");
        }
    }

    #[test]
    fn money_names_its_currency_before_the_figure() {
        assert_eq!(money(decimal("86420.4"), "USD", 2), "USD\u{a0}86,420.40");
        assert_eq!(money(decimal("-5"), "JPY", 0), "JPY\u{a0}−5");
        assert_eq!(money(decimal("5"), "", 2), "5.00");
    }

    #[test]
    fn a_share_is_shown_as_percent_without_loss() {
        assert_eq!(percent(decimal("0.118")), "11.8%");
        assert_eq!(percent(decimal("-0.05")), "−5%");
        assert_eq!(percent(decimal("1")), "100%");
    }

    #[test]
    fn sizes_are_short() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KB"),
            (49_152, "48 KB"),
            (1_258_291, "1.1 MB"),
            (20 * 1024 * 1024, "20 MB"),
            (u64::MAX, "1677721 TB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(file_size(bytes), expected, "{bytes}");
        }
    }

    #[test]
    fn text_that_is_no_figure_stays_as_it_is() {
        for text in ["", "-", "1e5", "1.", ".5", "12a"] {
            assert_eq!(group_digits(text), text);
        }
    }
}
