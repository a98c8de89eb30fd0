//! Single values as JSON text, appended to a buffer without intermediate strings.

use std::io::Write;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::value::power_of_ten;

/// `null`
pub fn null(out: &mut Vec<u8>) {
    out.extend_from_slice(b"null");
}

/// A JSON string with everything escaped that JSON asks for.
pub fn text(value: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = value.as_bytes();
    let mut clean = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let short = match byte {
            b'"' => Some(b'"'),
            b'\\' => Some(b'\\'),
            b'\n' => Some(b'n'),
            b'\r' => Some(b'r'),
            b'\t' => Some(b't'),
            0x08 => Some(b'b'),
            0x0c => Some(b'f'),
            0..0x20 => None,
            _ => continue,
        };
        out.extend_from_slice(bytes.get(clean..at).unwrap_or_default());
        clean = at + 1;
        match short {
            Some(letter) => out.extend_from_slice(&[b'\\', letter]),
            None => {
                out.extend_from_slice(b"\\u00");
                out.push(hex_digit(byte >> 4));
                out.push(hex_digit(byte & 15));
            }
        }
    }
    out.extend_from_slice(bytes.get(clean..).unwrap_or_default());
    out.push(b'"');
}

fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

/// An integer.
pub fn int(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// `true` or `false`
pub fn boolean(value: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// The number `units` / 10^scale without trailing zeros: 1250 at scale 2 is `12.5`.
pub fn scaled(units: i64, scale: u32, out: &mut Vec<u8>) -> StoreResult<()> {
    let power = power_of_ten(scale)?.unsigned_abs();
    let (size, mut rest, mut width) = (units.unsigned_abs(), units.unsigned_abs() % power, scale);
    if units < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(itoa::Buffer::new().format(size / power).as_bytes());
    if rest > 0 {
        while rest % 10 == 0 {
            rest /= 10;
            width = width.saturating_sub(1);
        }
        out.push(b'.');
        padded(rest, width, out);
    }
    Ok(())
}

/// A decimal as a JSON number without trailing zeros.
pub fn decimal(value: Decimal, out: &mut Vec<u8>) -> StoreResult<()> {
    let value = value.normalize();
    let value = if value.is_zero() { Decimal::ZERO } else { value };
    write!(out, "{value}").map_err(|error| StoreError::Other(error.to_string()))
}

/// `"2026-11-20"`
pub fn date(value: NaiveDate, out: &mut Vec<u8>) {
    out.push(b'"');
    day(value, out);
    out.push(b'"');
}

/// `"08:30:00"`, with a fraction only where there is one.
pub fn time(micros: i64, out: &mut Vec<u8>) {
    out.push(b'"');
    clock(micros, out);
    out.push(b'"');
}

/// `"2026-11-20T08:30:00Z"`, with a fraction only where there is one.
pub fn ts(value: DateTime<Utc>, out: &mut Vec<u8>) {
    out.push(b'"');
    formwright_core::value::write_instant(value, out);
    out.push(b'"');
}

/// `"01234567-89ab-…"`
pub fn uuid(value: Uuid, out: &mut Vec<u8>) {
    let mut buffer = [0u8; uuid::fmt::Hyphenated::LENGTH];
    out.push(b'"');
    out.extend_from_slice(value.hyphenated().encode_lower(&mut buffer).as_bytes());
    out.push(b'"');
}

/// Base64 with padding.
pub fn bytes(value: &[u8], out: &mut Vec<u8>) {
    use base64::Engine;
    out.push(b'"');
    out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(value).as_bytes());
    out.push(b'"');
}

/// JSON that is stored as text: appended as it is, once it is seen to be one JSON value.
pub fn json(value: &str, out: &mut Vec<u8>) -> StoreResult<()> {
    serde_json::from_str::<serde::de::IgnoredAny>(value)
        .map_err(|error| StoreError::Damaged(format!("stored JSON: {error}")))?;
    out.extend_from_slice(value.as_bytes());
    Ok(())
}

fn day(value: NaiveDate, out: &mut Vec<u8>) {
    padded(u64::from(value.year().unsigned_abs()), 4, out);
    out.push(b'-');
    padded(u64::from(value.month()), 2, out);
    out.push(b'-');
    padded(u64::from(value.day()), 2, out);
}

fn clock(micros: i64, out: &mut Vec<u8>) {
    let micros = micros.unsigned_abs();
    let seconds = micros / 1_000_000;
    padded(seconds / 3600, 2, out);
    out.push(b':');
    padded(seconds / 60 % 60, 2, out);
    out.push(b':');
    padded(seconds % 60, 2, out);
    let (mut rest, mut width) = (micros % 1_000_000, 6);
    if rest > 0 {
        while rest % 10 == 0 {
            rest /= 10;
            width -= 1;
        }
        out.push(b'.');
        padded(rest, width, out);
    }
}

fn padded(value: u64, width: u32, out: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value).as_bytes();
    let wanted = usize::try_from(width).unwrap_or(0);
    for _ in digits.len()..wanted {
        out.push(b'0');
    }
    out.extend_from_slice(digits);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_is_escaped_so_that_a_parser_gives_it_back() {
        let all: String = (0u32..0x250).filter_map(char::from_u32).chain("\"\\/ 中文🙂\u{2028}".chars()).collect();
        let json = written(|out| text(&all, out));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), all);
        assert_eq!(written(|out| text("a\u{1}\u{1f}\n", out)), "\"a\\u0001\\u001f\\n\"");
    }

    #[test]
    fn scaled_numbers_lose_their_trailing_zeros_only() {
        for (units, scale, expected) in [
            (0, 2, "0"),
            (1250, 2, "12.5"),
            (-1250, 2, "-12.5"),
            (-5, 2, "-0.05"),
            (1200, 2, "12"),
            (100, 0, "100"),
            (5, 9, "0.000000005"),
            (i64::MIN, 0, "-9223372036854775808"),
            (1_000_010, 4, "100.001"),
        ] {
            assert_eq!(written(|out| scaled(units, scale, out).unwrap()), expected);
        }
        assert_eq!(written(|out| decimal("12.500".parse().unwrap(), out).unwrap()), "12.5");
        assert_eq!(written(|out| decimal("-0.00".parse().unwrap(), out).unwrap()), "0");
    }

    #[test]
    fn instants_show_a_fraction_only_where_there_is_one() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(written(|out| ts(at("2026-11-20T08:30:00Z"), out)), "\"2026-11-20T08:30:00Z\"");
        assert_eq!(written(|out| ts(at("1969-12-31T23:59:59.25Z"), out)), "\"1969-12-31T23:59:59.250000Z\"");
        assert_eq!(written(|out| time(30_600_000_001, out)), "\"08:30:00.000001\"");
    }
}
