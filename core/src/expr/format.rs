//! The formats of TEXT: patterns of spreadsheets for numbers, dates, times and durations.

use super::value::Value;
use crate::time::Clock;
use chrono::{Datelike, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};

/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 255;

/// Writes a value in a format; `None` where the format cannot be read.
pub fn format(value: &Value, pattern: &str, clock: &Clock) -> Option<String> {
    if pattern.len() > MAX_PATTERN {
        return None;
    }
    match value {
        Value::Number(n) => number(*n, pattern),
        Value::Text(t) => Some(pattern.replace('@', t)),
        Value::Boolean(_) | Value::Record(_) => Some(value.to_text()),
        Value::Date(d) => moment(Some(*d), 0, pattern),
        Value::DateTime(t) => {
            let local = t.with_timezone(&clock.zone).naive_local();
            let micros = (local.time() - chrono::NaiveTime::MIN).num_microseconds()?;
            moment(Some(local.date()), micros, pattern)
        }
        Value::Time(t) => moment(None, *t, pattern),
        Value::Duration(d) if *d < 0 => moment(None, d.checked_neg()?, pattern).map(|t| format!("-{t}")),
        Value::Duration(d) => moment(None, *d, pattern),
        Value::Empty | Value::List(_) => None,
    }
}

/// A number with so many decimals.
pub fn fixed(number: Decimal, decimals: u32, thousands: bool) -> String {
    let rounded = number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    let text = rounded.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let width = usize::try_from(decimals).unwrap_or(0);
    let mut out = String::new();
    if rounded < Decimal::ZERO {
        out.push('-');
    }
    out.push_str(&if thousands { group(whole) } else { whole.to_string() });
    if width > 0 {
        out.push('.');
        out.push_str(&format!("{fraction:0<width$}"));
    }
    out
}

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A part of a pattern: a character of the pattern itself, or one that stands for itself.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Plain(char),
    Literal(char),
}

/// Quoted parts and what follows a backslash stand for themselves.
fn marks(pattern: &str) -> Option<Vec<Mark>> {
    let mut out = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(Mark::Literal(chars.next()?)),
            '"' => loop {
                match chars.next()? {
                    '"' => break,
                    c => out.push(Mark::Literal(c)),
                }
            },
            c => out.push(Mark::Plain(c)),
        }
    }
    Some(out)
}

/// `positive;negative;zero`
fn number(number: Decimal, pattern: &str) -> Option<String> {
    let marks = marks(pattern)?;
    let sections: Vec<&[Mark]> = marks.split(|m| *m == Mark::Plain(';')).collect();
    let (section, number) = match (sections.as_slice(), number) {
        ([_, _, zero, ..], n) if n.is_zero() => (*zero, n),
        ([_, negative, ..], n) if n < Decimal::ZERO => (*negative, n.abs()),
        ([first, ..], n) => (*first, n),
        _ => return None,
    };
    let is_digit = |m: &Mark| matches!(m, Mark::Plain('0' | '#' | '?'));
    let Some(first) = section.iter().position(is_digit) else {
        return Some(
            section
                .iter()
                .map(|m| match m {
                    Mark::Plain(c) | Mark::Literal(c) => *c,
                })
                .collect(),
        );
    };
    let last = section.iter().rposition(|m| is_digit(m) || *m == Mark::Plain('.'))?;
    let mut body = section.get(first..=last)?;
    // a point may come first: ".00"
    let mut head = section.get(..first)?;
    if head.last() == Some(&Mark::Plain('.')) {
        head = head.get(..head.len() - 1)?;
        body = section.get(first - 1..=last)?;
    }
    let mut tail = section.get(last + 1..)?;
    let mut number = number;
    // commas after the last digit divide by a thousand each
    while let [Mark::Plain(','), rest @ ..] = tail {
        number = number.checked_div(Decimal::ONE_THOUSAND)?;
        tail = rest;
    }
    for _ in head.iter().chain(tail).filter(|m| **m == Mark::Plain('%')) {
        number = number.checked_mul(Decimal::ONE_HUNDRED)?;
    }
    let mut out: String = head
        .iter()
        .map(|m| match m {
            Mark::Plain(c) | Mark::Literal(c) => *c,
        })
        .collect();
    let digits = digits(number, body)?;
    if let Some(positive) = digits.strip_prefix('-') {
        out.insert(0, '-');
        out.push_str(positive);
    } else {
        out.push_str(&digits);
    }
    out.extend(tail.iter().map(|m| match m {
        Mark::Plain(c) | Mark::Literal(c) => *c,
    }));
    Some(out)
}

fn digits(number: Decimal, body: &[Mark]) -> Option<String> {
    let (mut whole, mut least, mut most, mut thousands, mut after) = (0_usize, 0_usize, 0_u32, false, false);
    for mark in body {
        match mark {
            Mark::Plain('0') if after => {
                most += 1;
                least = usize::try_from(most).ok()?;
            }
            Mark::Plain('#' | '?') if after => most += 1,
            Mark::Plain('0') => whole += 1,
            Mark::Plain('#' | '?') => {}
            Mark::Plain(',') => thousands = true,
            Mark::Plain('.') if !after => after = true,
            _ => return None,
        }
    }
    let text = fixed(number, most.min(28), false);
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text.as_str()), |t| ("-", t));
    let (integer, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let integer = if integer == "0" && whole == 0 { "" } else { integer };
    let integer = format!("{integer:0>whole$}");
    let mut fraction = fraction.to_string();
    while fraction.len() > least && fraction.ends_with('0') {
        fraction.pop();
    }
    let point = if after && !(fraction.is_empty() && least == 0 && most > 0) { "." } else { "" };
    Some(format!("{sign}{}{point}{fraction}", if thousands { group(&integer) } else { integer }))
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const ZH_DAYS: [char; 7] = ['一', '二', '三', '四', '五', '六', '日'];

/// A date, a time of day or both. Letters in either case; `m` is minutes after hours or before seconds.
fn moment(day: Option<NaiveDate>, micros: i64, pattern: &str) -> Option<String> {
    let marks = marks(pattern)?;
    let lower: String = pattern.to_ascii_lowercase();
    let (half_day, short_half) = (lower.contains("am/pm"), lower.contains("a/p"));
    let seconds = micros / 1_000_000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut out = String::new();
    let mut at = 0;
    let mut after_hour = false;
    while let Some(mark) = marks.get(at) {
        let Mark::Plain(c) = mark else {
            if let Mark::Literal(c) = mark {
                out.push(*c);
            }
            at += 1;
            continue;
        };
        let letter = c.to_ascii_lowercase();
        let same = |m: &&Mark| matches!(m, Mark::Plain(d) if d.to_ascii_lowercase() == letter);
        let count = marks.get(at..)?.iter().take_while(same).count();
        let rest: String = marks
            .get(at..)?
            .iter()
            .map_while(|m| if let Mark::Plain(c) = m { Some(c.to_ascii_lowercase()) } else { None })
            .collect();
        match letter {
            'y' => {
                let year = day?.year();
                out.push_str(&if count <= 2 { format!("{:02}", year.rem_euclid(100)) } else { format!("{year:04}") });
            }
            'm' if after_hour || followed_by_seconds(marks.get(at + count..)?) => {
                out.push_str(&pad(minute, count));
                after_hour = false;
            }
            'm' => out.push_str(&month(day?.month0(), count)?),
            'd' => {
                let weekday = usize::try_from(day?.weekday().num_days_from_monday()).ok()?;
                let name = DAYS.get(weekday)?;
                match count {
                    1 | 2 => out.push_str(&pad(i64::from(day?.day()), count)),
                    3 => out.push_str(name.get(..3)?),
                    _ => out.push_str(name),
                }
            }
            'q' => out.push_str(&(day?.month0() / 3 + 1).to_string()),
            'a' if rest.starts_with("am/pm") || rest.starts_with("a/p") => {
                let long = rest.starts_with("am/pm");
                let word = if hour % 24 < 12 { "AM" } else { "PM" };
                out.push_str(if long { word } else { word.get(..1)? });
                at += if long { 5 } else { 3 };
                continue;
            }
            'a' if count >= 3 => {
                let weekday = usize::try_from(day?.weekday().num_days_from_monday()).ok()?;
                if count > 3 {
                    out.push_str("星期");
                }
                out.push(*ZH_DAYS.get(weekday)?);
            }
            'h' => {
                let shown = if half_day || short_half { (hour + 11).rem_euclid(12) + 1 } else { hour };
                out.push_str(&pad(shown, count));
                after_hour = true;
                at += count;
                continue;
            }
            's' => out.push_str(&pad(second, count)),
            '[' if rest.starts_with("[h]") || rest.starts_with("[hh]") => {
                out.push_str(&pad(hour, rest.find(']')? - 1));
                after_hour = true;
                at += rest.find(']')? + 1;
                continue;
            }
            _ => {
                // signs between hours and minutes do not part them
                out.extend(std::iter::repeat_n(*c, count));
                after_hour &= !c.is_alphanumeric() || matches!(c, '时' | '点');
            }
        }
        at += count;
        if !matches!(letter, ':' | '[' | ' ' | '时' | '点' | '.') {
            after_hour = false;
        }
    }
    Some(out)
}

fn followed_by_seconds(rest: &[Mark]) -> bool {
    let next = rest.iter().find_map(|m| match m {
        Mark::Plain(c) if c.is_ascii_alphabetic() => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    next == Some('s')
}

fn month(month0: u32, count: usize) -> Option<String> {
    let name = MONTHS.get(usize::try_from(month0).ok()?)?;
    Some(match count {
        1 | 2 => pad(i64::from(month0) + 1, count),
        3 => name.get(..3)?.to_string(),
        _ => (*name).to_string(),
    })
}

fn pad(number: i64, width: usize) -> String {
    let width = width.min(2);
    format!("{number:0>width$}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::{TimeZone, Utc};
    use std::str::FromStr;

    fn clock() -> Clock {
        Clock { now: Utc.with_ymd_and_hms(2026, 11, 20, 2, 5, 9).unwrap(), zone: chrono_tz::Asia::Shanghai }
    }

    #[test]
    fn numbers_follow_their_pattern() {
        for (n, pattern, want) in [
            ("1234.5", "0", "1235"),
            ("1234.5", "#,##0.00", "1,234.50"),
            ("-1234.5", "¥#,##0.00", "-¥1,234.50"),
            ("0.5", "#.##", ".5"),
            ("0.5", "0.0#", "0.5"),
            ("12", "#.##", "12"),
            ("0.075", "0%", "8%"),
            ("1234567", "#,##0,", "1,235"),
            ("42", "000000", "000042"),
            ("3", "0\"件\"", "3件"),
            ("0", "0.0;-0.0;\"–\"", "–"),
            ("1234567890123.45", "#,##0.00", "1,234,567,890,123.45"),
        ] {
            let value = Value::Number(Decimal::from_str(n).unwrap());
            assert_eq!(format(&value, pattern, &clock()).as_deref(), Some(want), "{n} {pattern}");
        }
        assert_eq!(format(&Value::number(1), "\"open", &clock()), None);
    }

    #[test]
    fn dates_and_times_follow_their_pattern() {
        let moment = Value::DateTime(clock().now);
        for (pattern, want) in [
            ("yyyy-mm-dd hh:mm:ss", "2026-11-20 10:05:09"),
            ("YYYY/M/D", "2026/11/20"),
            ("yy.mm", "26.11"),
            ("d mmm yyyy", "20 Nov 2026"),
            ("dddd, mmmm d", "Friday, November 20"),
            ("h:mm AM/PM", "10:05 AM"),
            ("mm:ss", "05:09"),
            ("yyyy年m月d日", "2026年11月20日"),
            ("aaa", "五"),
            ("h时m分", "10时5分"),
            ("\"Q\"q yyyy", "Q4 2026"),
        ] {
            assert_eq!(format(&moment, pattern, &clock()).as_deref(), Some(want), "{pattern}");
        }
        assert_eq!(format(&Value::Duration(90_000_000_000), "[h]:mm", &clock()).as_deref(), Some("25:00"));
    }
}
