//! Days, moments and lengths of time.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Timelike, Utc, Weekday};
use chrono_tz::Tz;

use crate::i18n::{Locale, text};

/// `2026-11-24`, in both languages.
pub fn date(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}

/// A day as lists show it: today, tomorrow, yesterday in words, `11-24` in this year, else the whole date.
pub fn date_near(day: NaiveDate, today: NaiveDate, locale: Locale) -> String {
    match near_word(day, today, locale) {
        Some(word) => word,
        None if day.year() == today.year() => day.format("%m-%d").to_string(),
        None => date(day),
    }
}

fn near_word(day: NaiveDate, today: NaiveDate, locale: Locale) -> Option<String> {
    let key = if day == today {
        "day.today"
    } else if Some(day) == today.checked_add_days(Days::new(1)) {
        "day.tomorrow"
    } else if Some(day) == today.checked_sub_days(Days::new(1)) {
        "day.yesterday"
    } else {
        return None;
    };
    Some(text(locale, key, &[]))
}

/// A moment in a zone, whole: `2026-11-24 15:00`.
pub fn datetime(moment: DateTime<Utc>, zone: Tz) -> String {
    moment.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

/// A moment as lists show it: `3 min ago` within the last hour, `today 15:00`, `11-24 15:00` in this year, else whole.
pub fn datetime_near(moment: DateTime<Utc>, now: DateTime<Utc>, zone: Tz, locale: Locale) -> String {
    let minutes = now.signed_duration_since(moment).num_minutes();
    if (0..1).contains(&minutes) && moment <= now {
        return text(locale, "time.just_now", &[]);
    }
    if (1..60).contains(&minutes) {
        return text(locale, "time.minutes_ago", &[("count", &minutes.to_string())]);
    }
    let local = moment.with_timezone(&zone);
    let today = now.with_timezone(&zone).date_naive();
    let time = local.format("%H:%M").to_string();
    match near_word(local.date_naive(), today, locale) {
        Some(word) => format!("{word} {time}"),
        None if local.year() == today.year() => local.format("%m-%d %H:%M").to_string(),
        None => datetime(moment, zone),
    }
}

/// `Tuesday, 24 November` or `11 月 24 日 星期二`, for the head of the first page.
pub fn long_date<Z: TimeZone>(moment: &DateTime<Z>, locale: Locale) -> String {
    let weekday = text(
        locale,
        match moment.weekday() {
            Weekday::Mon => "weekday.1",
            Weekday::Tue => "weekday.2",
            Weekday::Wed => "weekday.3",
            Weekday::Thu => "weekday.4",
            Weekday::Fri => "weekday.5",
            Weekday::Sat => "weekday.6",
            Weekday::Sun => "weekday.7",
        },
        &[],
    );
    text(locale, "date.long", &[("weekday", &weekday), ("day", &day_and_month(moment.month(), moment.day(), locale))])
}

/// `24 November` or `11 月 24 日`. Month from 1 to 12.
pub fn day_and_month(month: u32, day: u32, locale: Locale) -> String {
    const MONTHS: [&str; 12] = [
        "month.1", "month.2", "month.3", "month.4", "month.5", "month.6", "month.7", "month.8", "month.9", "month.10",
        "month.11", "month.12",
    ];
    let key = usize::try_from(month).ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    let month = key.map(|key| text(locale, key, &[])).unwrap_or_default();
    text(locale, "date.day_month", &[("day", &day.to_string()), ("month", &month)])
}

/// A length of time in ISO 8601 (`P1DT2H30M`) in words: `1 d 2 h 30 min`, `1 天 2 小时 30 分钟`. Text that is not one comes back unchanged.
pub fn duration(iso: &str, locale: Locale) -> String {
    let parts = duration_parts(iso);
    let Some(parts) = parts else { return iso.to_owned() };
    let words: Vec<String> = parts.iter().map(|(key, amount)| text(locale, key, &[("count", amount)])).collect();
    if words.is_empty() { text(locale, "duration.minutes", &[("count", "0")]) } else { words.join(" ") }
}

/// The parts of an ISO 8601 duration that are not zero, as keys of texts.
fn duration_parts(iso: &str) -> Option<Vec<(&'static str, String)>> {
    let mut rest = iso.strip_prefix('P').filter(|rest| !rest.is_empty())?;
    let mut in_time = false;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('T') {
            if in_time {
                return None;
            }
            in_time = true;
            rest = tail;
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (amount, tail) = rest.split_at(end);
        let mut letters = tail.chars();
        let key = match (letters.next()?, in_time) {
            ('Y', false) => "duration.years",
            ('M', false) => "duration.months",
            ('W', false) => "duration.weeks",
            ('D', false) => "duration.days",
            ('H', true) => "duration.hours",
            ('M', true) => "duration.minutes",
            ('S', true) => "duration.seconds",
            _ => return None,
        };
        if amount.is_empty() {
            return None;
        }
        if amount.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
            parts.push((key, amount.to_owned()));
        }
        rest = letters.as_str();
    }
    Some(parts)
}

/// Part of the day at a moment in a zone, for greetings.
pub fn hour(moment: DateTime<Utc>, zone: Tz) -> u32 {
    moment.with_timezone(&zone).hour()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const SHANGHAI: Tz = chrono_tz::Asia::Shanghai;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn near_days_are_words_and_far_ones_name_the_year() {
        let today = day("2026-11-24");
        let cases = [
            ("2026-11-24", "today", "今天"),
            ("2026-11-25", "tomorrow", "明天"),
            ("2026-11-23", "yesterday", "昨天"),
            ("2026-12-01", "12-01", "12-01"),
            ("2027-01-02", "2027-01-02", "2027-01-02"),
        ];
        for (date, english, chinese) in cases {
            assert_eq!(date_near(day(date), today, Locale::English), english);
            assert_eq!(date_near(day(date), today, Locale::Chinese), chinese);
        }
    }

    #[test]
    fn moments_are_told_in_the_readers_zone() {
        let now = moment("2026-11-24T07:03:00Z");
        let cases = [
            ("2026-11-24T07:02:30Z", "just now", "刚刚"),
            ("2026-11-24T07:00:00Z", "3 min ago", "3 分钟前"),
            ("2026-11-23T16:30:00Z", "today 00:30", "今天 00:30"),
            ("2026-11-22T23:00:00Z", "yesterday 07:00", "昨天 07:00"),
            ("2025-12-31T16:30:00Z", "01-01 00:30", "01-01 00:30"),
            ("2025-12-31T15:30:00Z", "2025-12-31 23:30", "2025-12-31 23:30"),
            ("2026-11-24T08:00:00Z", "today 16:00", "今天 16:00"),
        ];
        for (at, english, chinese) in cases {
            assert_eq!(datetime_near(moment(at), now, SHANGHAI, Locale::English), english, "{at}");
            assert_eq!(datetime_near(moment(at), now, SHANGHAI, Locale::Chinese), chinese, "{at}");
        }
    }

    #[test]
    fn the_date_of_the_first_page_is_a_sentence_part() {
        let local = moment("2026-11-24T01:00:00Z").with_timezone(&SHANGHAI);
        assert_eq!(long_date(&local, Locale::English), "Tuesday, 24 November");
        assert_eq!(long_date(&local, Locale::Chinese), "11 月 24 日 星期二");
    }

    #[test]
    fn lengths_of_time_are_words_and_faulty_ones_stay() {
        assert_eq!(duration("P1DT2H30M", Locale::English), "1 d 2 h 30 min");
        assert_eq!(duration("PT90M", Locale::Chinese), "90 分钟");
        assert_eq!(duration("PT0S", Locale::English), "0 min");
        for text in ["", "P", "1h", "PT", "PTH", "P1H"] {
            let expected = if text == "PT" { "0 min" } else { text };
            assert_eq!(duration(text, Locale::English), expected, "{text}");
        }
    }
}
