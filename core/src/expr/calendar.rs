//! Work calendars: open hours of the week, with holidays and extra days. Business time counts open hours only.

use chrono::{DateTime, Datelike, Duration, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// Minutes of the day, from opening up to and without closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    pub opens: u32,
    pub closes: u32,
}

/// Farthest that a walk through closed days goes.
const MAX_DAYS: u32 = 3660;

/// When work is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkCalendar {
    /// Monday first; in order and without overlap.
    pub week: [Vec<Hours>; 7],
    /// Days unlike their weekday; a holiday has no hours.
    pub exceptions: BTreeMap<NaiveDate, Vec<Hours>>,
}

/// Monday to Friday, 08:30–12:00 and 13:30–18:00: eight hours.
impl Default for WorkCalendar {
    fn default() -> WorkCalendar {
        let day = vec![Hours { opens: 510, closes: 720 }, Hours { opens: 810, closes: 1080 }];
        let week = std::array::from_fn(|i| if i < 5 { day.clone() } else { Vec::new() });
        WorkCalendar { week, exceptions: BTreeMap::new() }
    }
}

type Instant = DateTime<Utc>;

impl WorkCalendar {
    /// The open hours of a day.
    pub fn hours(&self, day: NaiveDate) -> &[Hours] {
        if let Some(hours) = self.exceptions.get(&day) {
            return hours;
        }
        let weekday = usize::try_from(day.weekday().num_days_from_monday()).unwrap_or(0);
        self.week.get(weekday).map_or(&[], Vec::as_slice)
    }

    pub fn is_workday(&self, day: NaiveDate) -> bool {
        !self.hours(day).is_empty()
    }

    /// The open spans of a day as instants.
    fn spans(&self, day: NaiveDate, zone: Tz) -> Vec<(Instant, Instant)> {
        let at = |minute: u32| {
            let wall = day.and_hms_opt(0, 0, 0)? + Duration::minutes(i64::from(minute));
            let exact = zone.from_local_datetime(&wall).earliest();
            exact
                .or_else(|| zone.from_local_datetime(&(wall + Duration::hours(1))).earliest())
                .map(|t| t.with_timezone(&Utc))
        };
        self.hours(day).iter().filter_map(|h| Some((at(h.opens)?, at(h.closes)?))).filter(|(a, b)| a < b).collect()
    }

    /// Open microseconds in `[from, to)`; negative where `to` is before `from`.
    pub fn between(&self, from: Instant, to: Instant, zone: Tz) -> i64 {
        if to < from {
            return -self.between(to, from, zone);
        }
        let last = to.with_timezone(&zone).date_naive();
        let mut day = from.with_timezone(&zone).date_naive();
        let mut open = 0;
        while day <= last {
            for (opens, closes) in self.spans(day, zone) {
                open += (closes.min(to) - opens.max(from)).num_microseconds().unwrap_or(0).max(0);
            }
            let Some(next) = day.succ_opt() else { break };
            day = next;
        }
        open
    }

    /// The instant at which so many open microseconds have passed. A walk begins at the next opening where it is closed; one
    /// that ends exactly at a closing stays there. A negative walk goes back. `None` where the calendar is closed for ten years.
    pub fn add(&self, from: Instant, micros: i64, zone: Tz) -> Option<Instant> {
        let mut day = from.with_timezone(&zone).date_naive();
        let back = micros < 0;
        let mut left = micros.checked_abs()?;
        let mut closed = 0;
        while closed < MAX_DAYS {
            let mut spans = self.spans(day, zone);
            if back {
                spans.reverse();
            }
            closed = if spans.is_empty() { closed + 1 } else { 0 };
            for (opens, closes) in spans {
                let (opens, closes) = if back { (opens, closes.min(from)) } else { (opens.max(from), closes) };
                let open = (closes - opens).num_microseconds()?;
                if open < 0 || (open == 0 && left > 0) {
                    continue;
                }
                if left <= open {
                    let walk = Duration::microseconds(left);
                    return if back { closes.checked_sub_signed(walk) } else { opens.checked_add_signed(walk) };
                }
                left -= open;
            }
            day = if back { day.pred_opt()? } else { day.succ_opt()? };
        }
        None
    }

    /// Work days from one day to another, both counted; negative where the second is before the first.
    pub fn count_days(&self, from: NaiveDate, to: NaiveDate, free: &[NaiveDate]) -> i64 {
        if to < from {
            return -self.count_days(to, from, free);
        }
        let works = |d: &NaiveDate| self.is_workday(*d) && !free.contains(d);
        let days = from.iter_days().take_while(|d| *d <= to).filter(works).count();
        i64::try_from(days).unwrap_or(i64::MAX)
    }

    /// The work day so many work days later, or earlier.
    pub fn add_days(&self, from: NaiveDate, days: i64, free: &[NaiveDate]) -> Option<NaiveDate> {
        let mut day = from;
        let mut left = days.unsigned_abs();
        let mut closed = 0;
        while left > 0 {
            day = if days < 0 { day.pred_opt()? } else { day.succ_opt()? };
            if self.is_workday(day) && !free.contains(&day) {
                left -= 1;
                closed = 0;
            } else {
                closed += 1;
            }
            if closed > MAX_DAYS {
                return None;
            }
        }
        Some(day)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono_tz::Asia::Shanghai;

    fn t(text: &str) -> Instant {
        let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        Shanghai.from_local_datetime(&wall).unwrap().with_timezone(&Utc)
    }

    const HOUR: i64 = 3_600_000_000;

    #[test]
    fn hours_are_walked_over_lunch_night_and_weekend() {
        let c = WorkCalendar::default();
        // 2026-11-20 is a Friday
        for (from, hours, to) in [
            ("2026-11-20 09:00", 1, "2026-11-20 10:00"),
            ("2026-11-20 11:00", 2, "2026-11-20 14:30"),
            ("2026-11-20 17:00", 2, "2026-11-23 09:30"),
            ("2026-11-20 12:30", 0, "2026-11-20 13:30"),
            ("2026-11-21 10:00", 8, "2026-11-23 18:00"),
            ("2026-11-20 08:00", 8, "2026-11-20 18:00"),
            ("2026-11-23 09:00", -1, "2026-11-20 17:30"),
        ] {
            assert_eq!(c.add(t(from), hours * HOUR, Shanghai), Some(t(to)), "{from} {hours}");
        }
    }

    #[test]
    fn only_open_hours_lie_between() {
        let c = WorkCalendar::default();
        assert_eq!(c.between(t("2026-11-20 11:00"), t("2026-11-20 14:00"), Shanghai), HOUR + HOUR / 2);
        assert_eq!(c.between(t("2026-11-20 17:00"), t("2026-11-23 09:00"), Shanghai), HOUR + HOUR / 2);
        assert_eq!(c.between(t("2026-11-23 09:00"), t("2026-11-20 17:00"), Shanghai), -(HOUR + HOUR / 2));
        assert_eq!(c.between(t("2026-11-21 00:00"), t("2026-11-22 23:00"), Shanghai), 0);
    }

    #[test]
    fn holidays_and_extra_work_days_count() {
        let mut c = WorkCalendar::default();
        let d = |text: &str| text.parse::<NaiveDate>().unwrap();
        c.exceptions.insert(d("2026-11-23"), Vec::new());
        c.exceptions.insert(d("2026-11-21"), vec![Hours { opens: 540, closes: 600 }]);
        assert_eq!(c.count_days(d("2026-11-20"), d("2026-11-24"), &[]), 3);
        assert_eq!(c.add_days(d("2026-11-20"), 2, &[]), Some(d("2026-11-24")));
        assert_eq!(c.add_days(d("2026-11-24"), -1, &[]), Some(d("2026-11-21")));
        assert_eq!(c.between(t("2026-11-20 17:00"), t("2026-11-24 08:30"), Shanghai), 2 * HOUR);
        let never = WorkCalendar { week: Default::default(), exceptions: BTreeMap::new() };
        assert_eq!(never.add(t("2026-11-20 17:00"), HOUR, Shanghai), None);
    }
}
