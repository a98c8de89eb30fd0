//! Dates in all the forms that reach us; what can be two days is never guessed.

use super::text::plain;
use super::{Cleaned, readable};
use crate::messages::Code;
use crate::notice::{Fault, Notice};
use crate::source::Cell;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// How dates are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateRules {
    /// The year of dates without one (`3月5日`).
    pub default_year: Option<i32>,
    /// Whether `3/5/2024` is the third of May (`true`) or the fifth of March.
    pub day_first: Option<bool>,
    /// Whether plain numbers count days from 1904.
    pub date1904: bool,
}

/// Cleans a date cell. A time of day beside the date is left out.
///
/// # Errors
/// `date_invalid`, `date_ambiguous`, `cell_error`, `formula_without_value`.
pub fn clean(cell: &Cell, rules: DateRules) -> Result<Cleaned<NaiveDate>, Fault> {
    readable(cell)?;
    match cell {
        Cell::Date(date) => Ok(Cleaned::of(*date)),
        Cell::DateTime(at) => Ok(Cleaned::of(at.date())),
        Cell::Number { value, .. } => from_number(*value, rules).map(Cleaned::of).ok_or_else(|| invalid(&cell.shown())),
        Cell::Text(text) => parse(text, rules),
        other => Err(invalid(&other.shown())),
    }
}

/// Reads a date from text.
///
/// # Errors
/// `date_invalid`, `date_ambiguous`.
pub fn parse(text: &str, rules: DateRules) -> Result<Cleaned<NaiveDate>, Fault> {
    let shown = text.trim();
    let plain = plain(text).to_lowercase();
    let day = super::moment::split_time(&plain).map_or(plain.as_str(), |(day, _)| day);
    day_of(day, shown, rules)
}

/// Reads the day of a text that has no time; `shown` is quoted in faults.
pub(super) fn day_of(text: &str, shown: &str, rules: DateRules) -> Result<Cleaned<NaiveDate>, Fault> {
    let text = without_weekday(text);
    if text.chars().all(|c| c.is_ascii_digit()) {
        return text
            .parse::<i64>()
            .ok()
            .and_then(|number| from_number(Decimal::from(number), rules))
            .map(Cleaned::of)
            .ok_or_else(|| invalid(shown));
    }
    if text.contains('月') {
        return chinese(text, rules).ok_or_else(|| invalid(shown));
    }
    if let Some(date) = named_month(text) {
        return date.map(Cleaned::of).ok_or_else(|| invalid(shown));
    }
    let parts: Vec<&str> = text.split(['/', '-', '.']).map(str::trim).collect();
    let [first, second, third] = parts.as_slice() else {
        return Err(invalid(shown));
    };
    let number =
        |part: &str| part.parse::<u32>().ok().filter(|_| part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()));
    let (Some(a), Some(b), Some(c)) = (number(first), number(second), number(third)) else {
        return Err(invalid(shown));
    };
    if first.len() == 4 && second.len() <= 2 && third.len() <= 2 {
        return ymd(a, b, c).map(Cleaned::of).ok_or_else(|| invalid(shown));
    }
    if third.len() != 4 || first.len() > 2 || second.len() > 2 {
        return Err(invalid(shown));
    }
    let (day_first, month_first) = (ymd(c, b, a), ymd(c, a, b));
    match (day_first, month_first, rules.day_first) {
        (Some(date), Some(other), None) if date != other => {
            Err(Notice::new(Code::DateAmbiguous).with("value", shown).with("first", date).with("second", other))
        }
        (Some(date), Some(_), None | Some(true))
        | (Some(_), Some(date), Some(false))
        | (Some(date), None, _)
        | (None, Some(date), _) => Ok(Cleaned::of(date)),
        (None, None, _) => Err(invalid(shown)),
    }
}

/// Day numbers of spreadsheets (20000 to 60000) and eight digits `yyyymmdd`.
fn from_number(value: Decimal, rules: DateRules) -> Option<NaiveDate> {
    if value >= Decimal::from(20_000) && value < Decimal::from(60_001) {
        return crate::source::serial_day(value, rules.date1904);
    }
    let digits = value.to_u32().filter(|digits| value.is_integer() && (10_000_000..100_000_000).contains(digits))?;
    ymd(digits / 10_000, digits / 100 % 100, digits % 100)
}

/// `2024年3月5日`, `3月5日`.
fn chinese(text: &str, rules: DateRules) -> Option<Cleaned<NaiveDate>> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (year, rest) = match compact.split_once('年') {
        Some((year, rest)) => (Some(whole_year(year)?), rest),
        None => (None, compact.as_str()),
    };
    let (month, day) = rest.split_once('月')?;
    let month = month.parse().ok()?;
    let day = day.trim_end_matches(['日', '号', '號']).parse().ok()?;
    match year {
        Some(year) => ymd(year, month, day).map(Cleaned::of),
        None => {
            let year = rules.default_year?;
            let date = ymd(u32::try_from(year).ok()?, month, day)?;
            Some(Cleaned::of(date).warn(Notice::new(Code::YearAssumed).with("year", year)))
        }
    }
}

/// `5 Mar 2024`, `5-Mar-24`, `March 5, 2024`. The outer nothing: there is no month's name in it.
fn named_month(text: &str) -> Option<Option<NaiveDate>> {
    let words: Vec<&str> = text.split([' ', '-', '/', ',', '.']).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|word| month_number(word).is_some())?;
    let month = words.get(at).and_then(|word| month_number(word))?;
    let [first, second, third] = words.as_slice() else {
        return Some(None);
    };
    let (day, year) = match at {
        0 => (second, third),
        1 if first.len() == 4 => (third, first),
        1 => (first, third),
        _ => return Some(None),
    };
    let day = day.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().ok();
    Some(day.zip(whole_year(year)).and_then(|(day, year)| ymd(year, month, day)))
}

fn month_number(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = MONTHS.iter().position(|month| {
        *month == word || (word.len() == 3 && month.starts_with(word)) || (word == "sept" && *month == "september")
    })?;
    u32::try_from(at + 1).ok()
}

/// A year of four digits, or of two in this century.
fn whole_year(text: &str) -> Option<u32> {
    let year = text.parse::<u32>().ok()?;
    match text.len() {
        4 => Some(year),
        2 => Some(2000 + year),
        _ => None,
    }
}

fn without_weekday(text: &str) -> &str {
    let mut text = text.trim();
    for week in ["星期", "周"] {
        if let Some((day, _)) = text.split_once(week) {
            text = day.trim().trim_end_matches(['(', ',']).trim();
        }
    }
    for name in [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
    ] {
        if let Some(rest) = text.strip_prefix(name)
            && rest.starts_with([',', ' ', '.'])
        {
            return rest.trim_start_matches([',', ' ', '.']);
        }
    }
    text
}

fn ymd(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    (1000..=9999).contains(&date.year()).then_some(date)
}

fn invalid(shown: &str) -> Fault {
    Notice::new(Code::DateInvalid).with("value", shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, rules: DateRules) -> Result<(String, usize), &'static str> {
        parse(text, rules)
            .map(|cleaned| (cleaned.value.to_string(), cleaned.warnings.len()))
            .map_err(|fault| fault.code.as_str())
    }

    #[test]
    fn dates_are_read_in_every_form() {
        let rules = DateRules { default_year: Some(2024), ..DateRules::default() };
        for (text, expected) in [
            ("2024/3/5", Ok(("2024-03-05", 0))),
            ("2024-03-05", Ok(("2024-03-05", 0))),
            ("2024.03.05", Ok(("2024-03-05", 0))),
            ("2024年3月5日", Ok(("2024-03-05", 0))),
            ("2024 年 3 月 5 号", Ok(("2024-03-05", 0))),
            ("２０２４／３／５", Ok(("2024-03-05", 0))),
            ("20240305", Ok(("2024-03-05", 0))),
            ("45356", Ok(("2024-03-05", 0))),
            ("25/03/2024", Ok(("2024-03-25", 0))),
            ("03/25/2024", Ok(("2024-03-25", 0))),
            ("03/03/2024", Ok(("2024-03-03", 0))),
            ("3月5日", Ok(("2024-03-05", 1))),
            ("5-Mar-24", Ok(("2024-03-05", 0))),
            ("March 5th, 2024", Ok(("2024-03-05", 0))),
            ("Tue, 5 Mar 2024", Ok(("2024-03-05", 0))),
            ("2024-03-05 14:30", Ok(("2024-03-05", 0))),
            ("2024-03-05T14:30:00Z", Ok(("2024-03-05", 0))),
            ("2024/3/5 星期二", Ok(("2024-03-05", 0))),
            ("05/03/2024", Err("date_ambiguous")),
            ("31/31/2024", Err("date_invalid")),
            ("31.02.2026", Err("date_invalid")),
            ("2024/13/01", Err("date_invalid")),
            ("2023-02-29", Err("date_invalid")),
            ("2月30日", Err("date_invalid")),
            ("soon", Err("date_invalid")),
            ("2024", Err("date_invalid")),
            ("20241301", Err("date_invalid")),
            ("3/5/24", Err("date_invalid")),
            ("", Err("date_invalid")),
        ] {
            assert_eq!(read(text, rules), expected.map(|(date, warnings)| (date.to_owned(), warnings)), "{text}");
        }
    }

    #[test]
    fn the_mapping_decides_what_comes_first_and_which_year() {
        for (day_first, date) in [(true, "2024-03-05"), (false, "2024-05-03")] {
            assert_eq!(
                read("05/03/2024", DateRules { day_first: Some(day_first), ..DateRules::default() }),
                Ok((date.to_owned(), 0))
            );
        }
        assert_eq!(read("3月5日", DateRules::default()), Err("date_invalid"));
    }

    #[test]
    fn day_numbers_count_from_the_workbooks_first_day() {
        let number = |date1904| {
            clean(&Cell::number(Decimal::from(43_894)), DateRules { date1904, ..DateRules::default() })
                .map(|cleaned| cleaned.value.to_string())
        };
        assert_eq!(number(false), Ok("2020-03-04".to_owned()));
        assert_eq!(number(true), Ok("2024-03-05".to_owned()));
        assert_eq!(
            clean(&Cell::number(Decimal::from(7)), DateRules::default()).map_err(|fault| fault.code),
            Err(Code::DateInvalid)
        );
    }
}
