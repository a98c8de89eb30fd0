//! Days, windows and durations. The clock comes in as an argument; days are those of the company's zone.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// Now, and the zone in which its day is a day.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    pub now: DateTime<Utc>,
    pub zone: Tz,
}

impl Clock {
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }

    /// The first instant of a day; where a clock change leaves midnight out, the first that exists.
    pub fn day_start(&self, day: NaiveDate) -> DateTime<Utc> {
        let midnight = day.and_time(NaiveTime::MIN);
        (0..24)
            .find_map(|h| self.zone.from_local_datetime(&(midnight + chrono::Duration::hours(h))).earliest())
            .map_or_else(|| midnight.and_utc(), |t| t.with_timezone(&Utc))
    }
}

/// First and last day of a window, both inside it. An open side is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayRange {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// Units of `{"last": n, "unit": …}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    pub fn parse(name: &str) -> Option<Unit> {
        Some(match name {
            "day" | "days" => Unit::Day,
            "week" | "weeks" => Unit::Week,
            "month" | "months" => Unit::Month,
            "quarter" | "quarters" => Unit::Quarter,
            "year" | "years" => Unit::Year,
            _ => return None,
        })
    }
}

fn shift(day: NaiveDate, unit: Unit, n: u32, back: bool) -> Option<NaiveDate> {
    let days = |d: u64| if back { day.checked_sub_days(Days::new(d)) } else { day.checked_add_days(Days::new(d)) };
    let months =
        |m: u32| if back { day.checked_sub_months(Months::new(m)) } else { day.checked_add_months(Months::new(m)) };
    match unit {
        Unit::Day => days(u64::from(n)),
        Unit::Week => days(u64::from(n) * 7),
        Unit::Month => months(n),
        Unit::Quarter => months(n.checked_mul(3)?),
        Unit::Year => months(n.checked_mul(12)?),
    }
}

/// From the same day `n` units before (clamped to the month's last day) to `today`, both inclusive.
pub fn last(today: NaiveDate, n: u32, unit: Unit) -> Option<DayRange> {
    Some(DayRange { from: Some(shift(today, unit, n, true)?), to: Some(today) })
}

/// From `today` to the same day `n` units later, both inclusive.
pub fn next(today: NaiveDate, n: u32, unit: Unit) -> Option<DayRange> {
    Some(DayRange { from: Some(today), to: Some(shift(today, unit, n, false)?) })
}

/// A named window: `today`, `this_month`, `last_quarter`, `next_week`, `this_fiscal_year`, …. Weeks begin on `week_start`.
pub fn preset(today: NaiveDate, name: &str, fiscal_year_start: u32, week_start: Weekday) -> Option<DayRange> {
    let range = |from: NaiveDate, to: NaiveDate| Some(DayRange { from: Some(from), to: Some(to) });
    match name {
        "today" => return range(today, today),
        "yesterday" => return shift(today, Unit::Day, 1, true).and_then(|d| range(d, d)),
        "tomorrow" => return shift(today, Unit::Day, 1, false).and_then(|d| range(d, d)),
        "this_fiscal_year" => {
            let start = fiscal_year_start.clamp(1, 12);
            let year = if today.month() >= start { today.year() } else { today.year() - 1 };
            let from = NaiveDate::from_ymd_opt(year, start, 1)?;
            return range(from, from.checked_add_months(Months::new(12))?.pred_opt()?);
        }
        _ => {}
    }
    let (which, unit) = name.split_once('_')?;
    let unit = Unit::parse(unit)?;
    let this = match unit {
        Unit::Week => today.week(week_start).first_day(),
        unit => period_start(today, unit)?,
    };
    let from = match which {
        "this" => this,
        "last" => shift(this, unit, 1, true)?,
        "next" => shift(this, unit, 1, false)?,
        _ => return None,
    };
    range(from, shift(from, unit, 1, false)?.pred_opt()?)
}

/// First day of the day's week (Monday), month, quarter, year.
pub fn period_start(day: NaiveDate, unit: Unit) -> Option<NaiveDate> {
    match unit {
        Unit::Day => Some(day),
        Unit::Week => Some(day.week(Weekday::Mon).first_day()),
        Unit::Month => day.with_day(1),
        Unit::Quarter => NaiveDate::from_ymd_opt(day.year(), (day.month0() / 3) * 3 + 1, 1),
        Unit::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
    }
}

/// Length of an ISO 8601 duration in microseconds, by which durations are ordered: a year counts 365.25 days, a month a
/// twelfth of it. `None` where the text is no duration.
pub fn duration_micros(text: &str) -> Option<i64> {
    let body = text.strip_prefix('P')?;
    if body.is_empty() || text.len() > 64 {
        return None;
    }
    const SECOND: i128 = 1_000_000;
    const DAY: i128 = 86_400 * SECOND;
    const YEAR: i128 = 31_557_600 * SECOND;
    let (date, time) = match body.split_once('T') {
        Some((_, "")) => return None,
        Some((d, t)) => (d, t),
        None => (body, ""),
    };
    let mut total: i128 = 0;
    let mut read = |part: &str, units: &[(char, i128)]| -> Option<()> {
        let mut at = 0;
        let mut rest = part;
        while !rest.is_empty() {
            let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
            let letter = rest[end..].chars().next()?;
            let place = units.get(at..)?.iter().position(|u| u.0 == letter)? + at;
            at = place + 1;
            let (whole, fraction) = rest[..end].split_once('.').unwrap_or((&rest[..end], ""));
            if whole.is_empty()
                || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
                || (letter != 'S' && !fraction.is_empty())
            {
                return None;
            }
            let unit = units.get(place)?.1;
            total += whole.parse::<i64>().ok().map(i128::from)?.checked_mul(unit)?;
            if !fraction.is_empty() {
                let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
                total += micros.parse::<i128>().ok()?;
            }
            rest = &rest[end + 1..];
        }
        Some(())
    };
    if date.ends_with('W') && time.is_empty() {
        read(date, &[('W', 7 * DAY)])?;
    } else {
        read(date, &[('Y', YEAR), ('M', YEAR / 12), ('D', DAY)])?;
        read(time, &[('H', 3600 * SECOND), ('M', 60 * SECOND), ('S', SECOND)])?;
    }
    i64::try_from(total).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn d(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_last_months_begin_on_the_same_day_or_the_months_last() {
        assert_eq!(last(d("2026-11-20"), 3, Unit::Month).unwrap().from, Some(d("2026-08-20")));
        assert_eq!(last(d("2026-05-31"), 3, Unit::Month).unwrap().from, Some(d("2026-02-28")));
        assert_eq!(next(d("2026-11-20"), 7, Unit::Day).unwrap().to, Some(d("2026-11-27")));
    }

    #[test]
    fn presets_name_whole_periods() {
        let today = d("2026-11-20");
        for (name, from, to) in [
            ("this_month", "2026-11-01", "2026-11-30"),
            ("last_quarter", "2026-07-01", "2026-09-30"),
            ("this_week", "2026-11-16", "2026-11-22"),
            ("next_year", "2027-01-01", "2027-12-31"),
            ("yesterday", "2026-11-19", "2026-11-19"),
            ("this_fiscal_year", "2026-04-01", "2027-03-31"),
        ] {
            assert_eq!(
                preset(today, name, 4, Weekday::Mon),
                Some(DayRange { from: Some(d(from)), to: Some(d(to)) }),
                "{name}"
            );
        }
        assert_eq!(preset(today, "some_day", 1, Weekday::Mon), None);
    }

    #[test]
    fn durations_are_read_and_ordered() {
        assert_eq!(duration_micros("PT1H30M"), Some(5_400_000_000));
        assert_eq!(duration_micros("P1DT0.5S"), Some(86_400_500_000));
        assert!(duration_micros("P1M").unwrap() > duration_micros("P30D").unwrap());
        for wrong in ["", "P", "PT", "1H", "P1H", "PT1D", "P1.5D", "PT1M1H", "P99999999999999Y"] {
            assert_eq!(duration_micros(wrong), None, "{wrong}");
        }
    }
}
