//! Days, times and moments as they are written: read exactly or not at all, and the patterns by which other validators agree.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Utc};

/// A time of day without a zone: `08:30`, `08:30:00`, `08:30:00.5`, to the microsecond.
pub const TIME_PATTERN: &str = "^(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,6}0*)?)?$";

/// A moment as RFC 3339 has it, to the microsecond and without leap seconds; of the first and the last year that can be kept
/// in UTC only.
pub const INSTANT_PATTERN: &str = "^(?:(?:[1-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8]|0[1-9][0-9]{2}|00[1-9][0-9]|000[2-9])-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6}0*)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])|(?:9999|0001)-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6}0*)?(?:[Zz]|[+-]00:00))$";

/// Two or four digits.
fn number(text: Option<&str>) -> Option<u32> {
    text.filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

/// `2026-11-23`
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    if text.len() != 10 || text.get(4..5) != Some("-") || text.get(7..8) != Some("-") {
        return None;
    }
    let (year, month, day) = (number(text.get(..4))?, number(text.get(5..7))?, number(text.get(8..))?);
    NaiveDate::from_ymd_opt(i32::try_from(year).ok().filter(|year| *year > 0)?, month, day)
}

/// Hours and minutes, as seconds.
fn minutes(text: &str) -> Option<u32> {
    if text.len() != 5 || text.get(2..3) != Some(":") {
        return None;
    }
    let (hour, minute) = (number(text.get(..2))?, number(text.get(3..))?);
    (hour < 24 && minute < 60).then_some(hour * 3600 + minute * 60)
}

/// A fraction of a second in microseconds; finer ones are refused, not cut.
fn fraction(digits: &str) -> Option<u32> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (kept, rest) = digits.split_at_checked(6).unwrap_or((digits, ""));
    let scale = 10_u32.checked_pow(6_u32.checked_sub(u32::try_from(kept.len()).ok()?)?)?;
    rest.bytes().all(|b| b == b'0').then_some(kept.parse::<u32>().ok()?.checked_mul(scale)?)
}

/// A time of day, `08:30`, `08:30:00` or `08:30:00.5`; microseconds since midnight. One with a zone is none.
pub fn parse_time(text: &str) -> Option<i64> {
    let whole = i64::from(minutes(text.get(..5)?)?) * 1_000_000;
    let Some(seconds) = text.get(5..).filter(|rest| !rest.is_empty()) else { return Some(whole) };
    let second = number(seconds.strip_prefix(':').and_then(|s| s.get(..2))).filter(|s| *s < 60)?;
    let micros = match seconds.get(3..).filter(|rest| !rest.is_empty()) {
        Some(rest) => fraction(rest.strip_prefix('.')?)?,
        None => 0,
    };
    Some(whole + i64::from(second) * 1_000_000 + i64::from(micros))
}

/// A moment, `2026-11-23T08:24:39Z`, to the microsecond.
pub fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    let day = parse_day(text.get(..10)?)?;
    let clock = text.get(10..)?.strip_prefix(['T', 't'])?;
    let end = clock.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = clock.split_at_checked(end).filter(|(time, _)| time.len() >= 8)?;
    let micros = parse_time(time)?;
    let offset = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => 0,
        ("+", written) => i64::from(minutes(written)?),
        ("-", written) => -i64::from(minutes(written)?),
        _ => return None,
    };
    if offset != 0 && matches!(day.year(), 1 | 9999) {
        return None;
    }
    let local = day.and_time(NaiveTime::MIN).checked_add_signed(Duration::microseconds(micros))?;
    Some(local.checked_sub_signed(Duration::seconds(offset))?.and_utc())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::value::{format_instant, format_time};
    use serde_json::json;

    #[test]
    fn what_is_read_is_what_the_patterns_admit_and_nothing_is_dropped() {
        let agrees = |pattern: &str, text: &str| {
            jsonschema::validator_for(&json!({ "pattern": pattern })).unwrap().is_valid(&json!(text))
        };
        for (text, read) in [
            ("10:30", Some("10:30:00")),
            ("10:30:00", Some("10:30:00")),
            ("10:30:00.5", Some("10:30:00.5")),
            ("10:30:00.123456000", Some("10:30:00.123456")),
            ("10:30:00.1234567", None),
            ("10:30:00.", None),
            ("10:30:00Z", None),
            ("10:30:00+08:00", None),
            ("10:30Z", None),
            ("23:59:60", None),
            ("24:00", None),
            ("9:30", None),
            ("10:3é", None),
            ("", None),
        ] {
            assert_eq!(parse_time(text).map(format_time).as_deref(), read, "{text}");
            assert_eq!(agrees(TIME_PATTERN, text), read.is_some(), "{text}");
        }
        for (text, read) in [
            ("2026-11-25T10:00:00Z", Some("2026-11-25T10:00:00Z")),
            ("2026-11-25t10:00:00z", Some("2026-11-25T10:00:00Z")),
            ("2026-11-25T10:00:00+08:00", Some("2026-11-25T02:00:00Z")),
            ("2026-11-25T10:00:00.250000000-00:30", Some("2026-11-25T10:30:00.250000Z")),
            ("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59Z")),
            ("2026-11-25 10:00:00Z", None),
            ("2026-11-25T10:00:00", None),
            ("2026-11-25T10:00Z", None),
            ("2026-11-25T10:00:00.123456789Z", None),
            ("2026-06-30T23:59:60Z", None),
            ("9999-12-31T23:59:59-08:00", None),
            ("0000-01-01T00:00:00Z", None),
            ("2026-11-25T10:00:00+24:00", None),
            ("2026-11-25T10:00:00+0800", None),
        ] {
            assert_eq!(parse_instant(text).map(format_instant).as_deref(), read, "{text}");
            assert_eq!(agrees(INSTANT_PATTERN, text), read.is_some(), "{text}");
        }
        // which days a month has is what the format says
        assert_eq!(parse_instant("2026-02-30T10:00:00Z"), None);
        assert_eq!(parse_day("+026-01-01"), None);
        assert_eq!(parse_day("2024-02-29").map(|d| d.to_string()).as_deref(), Some("2024-02-29"));
    }
}
