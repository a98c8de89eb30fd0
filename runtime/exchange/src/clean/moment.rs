//! Dates with a time, times of day, and lengths of time.

use super::date::{self, DateRules};
use super::text::plain;
use super::{Cleaned, readable};
use crate::messages::Code;
use crate::notice::{Fault, Notice};
use crate::source::Cell;
use chrono::{FixedOffset, NaiveDateTime, NaiveTime, TimeDelta};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A date with a time, as written: in no zone, unless the text named an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What a clock on the wall shows.
    pub local: NaiveDateTime,
    /// The offset from UTC that was written with it.
    pub offset: Option<FixedOffset>,
}

/// Cleans a date with a time; a date alone is its first moment.
///
/// # Errors
/// `datetime_invalid`, `date_invalid`, `date_ambiguous`, `cell_error`, `formula_without_value`.
pub fn clean_datetime(cell: &Cell, rules: DateRules) -> Result<Cleaned<Moment>, Fault> {
    readable(cell)?;
    let at = |local| Moment { local, offset: None };
    match cell {
        Cell::Date(date) => Ok(Cleaned::of(at(date.and_time(NaiveTime::MIN)))),
        Cell::DateTime(local) => Ok(Cleaned::of(at(*local))),
        Cell::Number { value, .. } if *value >= Decimal::from(20_000) && *value < Decimal::from(60_001) => {
            crate::source::serial_moment(*value, rules.date1904)
                .map(|local| Cleaned::of(at(local)))
                .ok_or_else(|| Notice::new(Code::DatetimeInvalid).with("value", value))
        }
        Cell::Text(text) => {
            let shown = text.trim();
            let plain = plain(text).to_lowercase();
            let Some((day, time)) = split_time(&plain) else {
                return Ok(date::day_of(&plain, shown, rules)?.map(|date| at(date.and_time(NaiveTime::MIN))));
            };
            let (time, offset) = split_offset(time);
            let time = time_of(time).ok_or_else(|| Notice::new(Code::DatetimeInvalid).with("value", shown))?;
            Ok(date::day_of(day, shown, rules)?.map(|date| Moment { local: date.and_time(time), offset }))
        }
        other => Ok(date::clean(other, rules)?.map(|date| at(date.and_time(NaiveTime::MIN)))),
    }
}

/// Cleans a time of day.
///
/// # Errors
/// `time_invalid`, `cell_error`, `formula_without_value`.
pub fn clean_time(cell: &Cell) -> Result<Cleaned<NaiveTime>, Fault> {
    readable(cell)?;
    let day = TimeDelta::days(1);
    let read = match cell {
        Cell::Time(time) => Some(*time),
        Cell::Duration(length) if *length >= TimeDelta::zero() && *length < day => Some(NaiveTime::MIN + *length),
        Cell::Number { value, .. } if *value >= Decimal::ZERO && *value < Decimal::ONE => {
            seconds(*value).map(|length| NaiveTime::MIN + length)
        }
        Cell::Text(text) => time_of(&plain(text).to_lowercase()),
        _ => None,
    };
    read.map(Cleaned::of).ok_or_else(|| Notice::new(Code::TimeInvalid).with("value", cell.shown()))
}

/// Cleans a length of time: `[h]:mm` cells, `26:30`, `1.5 h`, `90 min`, `2小时30分`, `PT26H30M`.
///
/// # Errors
/// `duration_invalid` (also for a bare number: of what unit?), `cell_error`, `formula_without_value`.
pub fn clean_duration(cell: &Cell) -> Result<Cleaned<TimeDelta>, Fault> {
    readable(cell)?;
    let read = match cell {
        Cell::Duration(length) => Some(*length),
        Cell::Time(time) => Some(*time - NaiveTime::MIN),
        Cell::Text(text) => length_of(&plain(text).to_lowercase()),
        _ => None,
    };
    read.map(Cleaned::of).ok_or_else(|| Notice::new(Code::DurationInvalid).with("value", cell.shown()))
}

/// A length of time in ISO 8601 (`PT26H30M`).
pub fn iso_duration(length: TimeDelta) -> String {
    let total = length.num_seconds();
    let sign = if total < 0 { "-" } else { "" };
    let total = total.unsigned_abs();
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    let mut out = format!("{sign}PT");
    for (count, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
        if count > 0 {
            out.push_str(&format!("{count}{unit}"));
        }
    }
    if total == 0 {
        out.push_str("0S");
    }
    out
}

/// Divides a text (plain, lower case) into its day and its time, where it has a time.
pub(super) fn split_time(text: &str) -> Option<(&str, &str)> {
    let at = text.find([':', '时', '時', '点', '點'])?;
    let before = text.get(..at)?;
    let hour_start = before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (mut day, mut time) = text.split_at_checked(hour_start)?;
    for half in ["上午", "下午", "中午", "晚上", "凌晨", "am", "pm"] {
        if let Some(rest) = day.trim_end().strip_suffix(half) {
            time = text.get(rest.len()..)?;
            day = rest;
            break;
        }
    }
    let day = day.trim_end_matches(['t', ' ', ',']);
    (!day.is_empty()).then_some((day, time.trim()))
}

/// Takes `z` or `+08:00` off the end of a time.
fn split_offset(time: &str) -> (&str, Option<FixedOffset>) {
    if let Some(rest) = time.strip_suffix('z') {
        return (rest, FixedOffset::east_opt(0));
    }
    if let Some(at) = time.rfind(['+', '-'])
        && let (Some(rest), Some(offset)) = (time.get(..at), time.get(at + 1..))
    {
        let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
        let minutes = match digits.len() {
            2 => digits.parse::<i32>().ok().map(|hours| hours * 60),
            4 => digits.parse::<i32>().ok().map(|both| both / 100 * 60 + both % 100),
            _ => None,
        };
        let sign = if time.get(at..=at) == Some("-") { -60 } else { 60 };
        if let Some(offset) = minutes.and_then(|minutes| FixedOffset::east_opt(minutes * sign)) {
            return (rest.trim_end(), Some(offset));
        }
    }
    (time, None)
}

/// A time of day in a plain text in lower case.
fn time_of(text: &str) -> Option<NaiveTime> {
    let mut rest: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut half = None;
    for (word, afternoon) in [
        ("上午", false),
        ("凌晨", false),
        ("中午", true),
        ("下午", true),
        ("晚上", true),
        ("a.m.", false),
        ("p.m.", true),
        ("am", false),
        ("pm", true),
    ] {
        if let Some(at) = rest.find(word) {
            rest.replace_range(at..at + word.len(), "");
            half = Some(afternoon);
            break;
        }
    }
    let rest = rest.replace(['时', '時', '点', '點', '分'], ":").replace(['秒', '半'], "");
    let parts: Vec<&str> = rest.trim_end_matches(':').split(':').collect();
    let number = |part: &str| part.parse::<u32>().ok().filter(|_| (1..=2).contains(&part.len()));
    let (hour, minute, second) = match parts.as_slice() {
        [hour] if half.is_some() || text.contains(['时', '時', '点', '點']) => (number(hour)?, 0, 0),
        [hour, minute] => (number(hour)?, number(minute)?, 0),
        [hour, minute, second] => (number(hour)?, number(minute)?, number(second.split('.').next()?)?),
        _ => return None,
    };
    let minute = if text.ends_with('半') && minute == 0 { 30 } else { minute };
    let hour = match half {
        Some(true) if hour < 12 => hour + 12,
        Some(false) if hour == 12 => 0,
        _ => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, second)
}

/// A length of time in a plain text in lower case.
fn length_of(text: &str) -> Option<TimeDelta> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let length = if compact.contains(':') {
        let parts: Vec<i64> = compact.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        match parts.as_slice() {
            [hours, minutes] if (0..60).contains(minutes) => hours.checked_mul(3600)?.checked_add(minutes * 60)?,
            [hours, minutes, seconds] if (0..60).contains(minutes) && (0..60).contains(seconds) => {
                hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)?
            }
            _ => return None,
        }
    } else {
        match compact.strip_prefix('p') {
            Some(iso) => with_units(&iso.replace('t', ""))?,
            None => with_units(&compact)?,
        }
    };
    TimeDelta::try_seconds(if negative { -length } else { length })
}

/// `1.5h`, `2小时30分`, `1d2h` in seconds.
fn with_units(text: &str) -> Option<i64> {
    let mut total = Decimal::ZERO;
    let mut rest = text.to_owned();
    let mut any = false;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let count: Decimal = rest.get(..end)?.parse().ok()?;
        let unit: String = rest.get(end..)?.chars().take_while(|c| !c.is_ascii_digit()).collect();
        let seconds = match unit.as_str() {
            "d" | "day" | "days" | "天" | "日" => 86_400,
            "h" | "hr" | "hrs" | "hour" | "hours" | "小时" | "小時" | "时" | "个小时" => 3_600,
            "m" | "min" | "mins" | "minute" | "minutes" | "分" | "分钟" | "分鐘" => 60,
            "s" | "sec" | "secs" | "second" | "seconds" | "秒" => 1,
            _ => return None,
        };
        total = total.checked_add(count.checked_mul(Decimal::from(seconds))?)?;
        rest = rest.get(end + unit.len()..)?.to_owned();
        any = true;
    }
    any.then(|| total.round().to_i64()).flatten()
}

fn seconds(days: Decimal) -> Option<TimeDelta> {
    TimeDelta::try_seconds(days.checked_mul(Decimal::from(86_400))?.round().to_i64()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_with_times_are_read() {
        for (text, expected) in [
            ("2024-03-05 14:30", Ok("2024-03-05 14:30:00")),
            ("2024/3/5 2:30 PM", Ok("2024-03-05 14:30:00")),
            ("2024年3月5日 下午2:30", Ok("2024-03-05 14:30:00")),
            ("2024年3月5日14时30分", Ok("2024-03-05 14:30:00")),
            ("2024-03-05T14:30:05", Ok("2024-03-05 14:30:05")),
            ("2024-03-05", Ok("2024-03-05 00:00:00")),
            ("05/03/2024 10:00", Err("date_ambiguous")),
            ("2024-03-05 25:00", Err("datetime_invalid")),
            ("soon", Err("date_invalid")),
        ] {
            let read = clean_datetime(&Cell::text(text), DateRules::default());
            assert_eq!(
                read.map(|cleaned| cleaned.value.local.to_string()).map_err(|fault| fault.code.as_str()),
                expected.map(str::to_owned),
                "{text}"
            );
        }
    }

    #[test]
    fn an_offset_is_kept() {
        for (text, offset) in [
            ("2024-03-05T14:30:00Z", Some(0)),
            ("2024-03-05T14:30:00+08:00", Some(28_800)),
            ("2024-03-05 14:30 -0500", Some(-18_000)),
            ("2024-03-05 14:30", None),
        ] {
            let read = clean_datetime(&Cell::text(text), DateRules::default());
            assert_eq!(
                read.map(|cleaned| cleaned.value.offset.map(|offset| offset.local_minus_utc())),
                Ok(offset),
                "{text}"
            );
        }
    }

    #[test]
    fn times_are_read() {
        for (text, time) in [
            ("14:30", Some("14:30:00")),
            ("9:05:07", Some("09:05:07")),
            ("2:30 pm", Some("14:30:00")),
            ("12:00 AM", Some("00:00:00")),
            ("下午3点", Some("15:00:00")),
            ("3点半", Some("03:30:00")),
            ("25:00", None),
            ("14", None),
            ("noon", None),
        ] {
            assert_eq!(
                clean_time(&Cell::text(text)).ok().map(|cleaned| cleaned.value.to_string()).as_deref(),
                time,
                "{text}"
            );
        }
        assert_eq!(
            clean_time(&Cell::number(Decimal::new(75, 2))).map(|cleaned| cleaned.value.to_string()),
            Ok("18:00:00".to_owned())
        );
    }

    #[test]
    fn lengths_of_time_are_read_and_written() {
        for (text, iso) in [
            ("26:30", Some("PT26H30M")),
            ("1.5h", Some("PT1H30M")),
            ("90 min", Some("PT1H30M")),
            ("2小时30分", Some("PT2H30M")),
            ("PT26H30M", Some("PT26H30M")),
            ("1d", Some("PT24H")),
            ("90 minutes", Some("PT1H30M")),
            ("1:75", None),
            ("7", None),
            ("long", None),
        ] {
            assert_eq!(
                clean_duration(&Cell::text(text)).ok().map(|cleaned| iso_duration(cleaned.value)).as_deref(),
                iso,
                "{text}"
            );
        }
        assert_eq!(
            clean_duration(&Cell::Duration(TimeDelta::hours(30))).map(|cleaned| iso_duration(cleaned.value)),
            Ok("PT30H".to_owned())
        );
        assert_eq!(clean_duration(&Cell::number(Decimal::ONE)).map_err(|fault| fault.code), Err(Code::DurationInvalid));
    }
}
