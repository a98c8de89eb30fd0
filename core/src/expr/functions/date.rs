//! Dates, times and instants. Days, hours and minutes of an instant are those of the company's zone.

use super::{Family, Function, Gives, Kind, Uses, may, needs};
use crate::expr::eval::Call;
use crate::expr::operator::{DAY_MICROS, divide, is_kept};
use crate::expr::types::{ClockUse, DATETIME, DAY, NUMBER, TEXT, TIME};
use crate::expr::value::Value;
use crate::time::{Unit, period_start};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeZone, Timelike, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const fn date(name: &'static str, gives: Gives, evaluate: super::Evaluate) -> Function {
    Function::new(name, Family::Date, gives, evaluate).takes(ONE)
}

const ONE: &[super::Param] = &[needs("date", Kind::One(DAY))];
const CLOCK: &[super::Param] = &[needs("moment", Kind::One(DATETIME.or(TIME)))];
const PAIR: &[super::Param] = &[needs("start", Kind::One(DAY)), needs("end", Kind::One(DAY))];
const MONTHS: &[super::Param] = &[needs("date", Kind::One(DAY)), needs("months", Kind::One(NUMBER))];
const NUMBERED: &[super::Param] = &[needs("date", Kind::One(DAY)), may("type", Kind::One(NUMBER))];
const PARTS: &[super::Param] =
    &[needs("hours", Kind::One(NUMBER)), may("minutes", Kind::One(NUMBER)), may("seconds", Kind::One(NUMBER))];

pub(super) static TABLE: &[Function] = &[
    date("TODAY", Gives::Date, |call| Some(Value::Date(call.clock().today())))
        .takes(&[])
        .uses(Uses { clock: ClockUse::Day, ..Uses::NONE })
        .says("The day in the company's zone.", "今天（公司时区）。")
        .shows(&[("TODAY()", "2026-11-20")]),
    date("NOW", Gives::DateTime, |call| Some(Value::DateTime(call.clock().now)))
        .takes(&[])
        .uses(Uses { clock: ClockUse::Instant, ..Uses::NONE })
        .says("The moment.", "现在。")
        .shows(&[("NOW()", "2026-11-20 10:30:00")]),
    date("DATE", Gives::Date, make_date)
        .takes(&[needs("year", Kind::One(NUMBER)), needs("month", Kind::One(NUMBER)), needs("day", Kind::One(NUMBER))])
        .says("The date of a year, month and day; a month 13 is the next January, a day 0 the last of the month before.", "由年、月、日得到日期；月、日可以超出范围并自动进退。")
        .shows(&[("DATE(2026, 11, 20)", "2026-11-20"), ("DATE(2026, 14, 0)", "2027-01-31")]),
    date("TIME", Gives::Time, |call| {
        let micros = micros(call)?;
        if (0..DAY_MICROS).contains(&micros) { Some(Value::Time(micros)) } else { call.refuse(micros.to_string()) }
    })
    .takes(PARTS)
    .says("The time of day of an hour, minute and second.", "由时、分、秒得到时间。")
    .shows(&[("TIME(8, 30)", "08:30:00")]),
    date("DATETIME", Gives::DateTime, make_instant)
        .takes(&[needs("date", Kind::One(DAY)), may("time", Kind::One(TIME))])
        .says("The moment of a date and a time in the company's zone.", "由日期和时间得到时刻（公司时区）。")
        .shows(&[("DATETIME(DATE(2026, 11, 20), TIME(8, 30))", "2026-11-20 08:30:00")]),
    date("DURATION", Gives::Duration, |call| micros(call).map(Value::Duration))
        .takes(PARTS)
        .says("A duration of hours, minutes and seconds.", "由时、分、秒得到时长。")
        .shows(&[("DURATION(1, 30)", "PT1H30M"), ("DATETIME(d) + DURATION(2.5)", "2026-03-31 02:30:00")]),
    date("DAYOF", Gives::Date, |call| call.day(0).map(Value::Date))
        .says("The day of a moment in the company's zone.", "时刻所在的日期（公司时区）。")
        .shows(&[("DAYOF(NOW())", "2026-11-20")])
        .takes(ONE),
    date("YEAR", Gives::Number, |call| call.day(0).map(|d| Value::number(d.year())))
        .says("The year.", "年份。")
        .shows(&[("YEAR(d)", "2026")]),
    date("QUARTER", Gives::Number, |call| call.day(0).map(|d| Value::number(d.month0() / 3 + 1)))
        .says("The quarter, 1 to 4.", "季度，1 到 4。")
        .shows(&[("QUARTER(d)", "1"), ("QUARTER(e)", "4")]),
    date("MONTH", Gives::Number, |call| call.day(0).map(|d| Value::number(d.month())))
        .says("The month, 1 to 12.", "月份，1 到 12。")
        .shows(&[("MONTH(d)", "3")]),
    date("DAY", Gives::Number, |call| call.day(0).map(|d| Value::number(d.day())))
        .says("The day of the month.", "月中的第几天。")
        .shows(&[("DAY(d)", "31")]),
    date("WEEKDAY", Gives::Number, weekday)
        .takes(NUMBERED)
        .says(
            "The day of the week. Type 1: Sunday is 1 (the default); 2: Monday is 1; 3: Monday is 0.",
            "星期几。类型 1：周日为 1（默认）；2：周一为 1；3：周一为 0。",
        )
        .shows(&[("WEEKDAY(DATE(2026, 11, 20))", "6"), ("WEEKDAY(DATE(2026, 11, 20), 2)", "5")]),
    date("WEEKNUM", Gives::Number, week_number)
        .takes(NUMBERED)
        .says(
            "The week of the year that holds 1 January as week 1. Type 1: weeks begin on Sunday (the default); 2: on Monday; 21: ISO weeks.",
            "一年中的第几周，1 月 1 日所在周为第 1 周。类型 1：周日开始（默认）；2：周一开始；21：ISO 周。",
        )
        .shows(&[("WEEKNUM(DATE(2026, 1, 4))", "2"), ("WEEKNUM(DATE(2026, 1, 4), 21)", "1")]),
    date("ISOWEEKNUM", Gives::Number, |call| call.day(0).map(|d| Value::number(d.iso_week().week())))
        .says("The ISO week of the year.", "ISO 周数。")
        .shows(&[("ISOWEEKNUM(DATE(2027, 1, 1))", "53")]),
    date("HOUR", Gives::Number, |call| clock_part(call, |h, _, _| h))
        .takes(CLOCK)
        .says("The hour in the company's zone.", "小时（公司时区）。")
        .shows(&[("HOUR(NOW())", "10")]),
    date("MINUTE", Gives::Number, |call| clock_part(call, |_, m, _| m))
        .takes(CLOCK)
        .says("The minute.", "分钟。")
        .shows(&[("MINUTE(NOW())", "30")]),
    date("SECOND", Gives::Number, |call| clock_part(call, |_, _, s| s))
        .takes(CLOCK)
        .says("The second.", "秒。")
        .shows(&[("SECOND(TIME(8, 30, 15))", "15")]),
    date("DATEVALUE", Gives::Date, date_value)
        .takes(&[needs("text", Kind::One(TEXT))])
        .says("Reads a date such as 2026-03-31, 2026/3/31, 20260331 or 2026年3月31日.", "读取日期，如 2026-03-31、2026/3/31、20260331、2026年3月31日。")
        .shows(&[("DATEVALUE(\"2026/3/31\")", "2026-03-31"), ("DATEVALUE(\"2026年3月31日\")", "2026-03-31"), ("DATEVALUE(\"soon\")", "")]),
    date("TIMEVALUE", Gives::Time, time_value)
        .takes(&[needs("text", Kind::One(TEXT))])
        .says("Reads a time such as 8:30 or 08:30:15.", "读取时间，如 8:30 或 08:30:15。")
        .shows(&[("TIMEVALUE(\"8:30\")", "08:30:00")]),
    date("EDATE", Gives::Date, |call| {
        let (day, months) = (call.day(0)?, call.whole(1)?);
        add_months(day, months).map_or_else(|| call.refuse(months.to_string()), |d| Some(Value::Date(d)))
    })
    .takes(MONTHS)
    .says("The same day so many months later, or the month's last day where there is none.", "若干个月之后的同一天；没有同一天时取当月最后一天。")
    .shows(&[("EDATE(d, 1)", "2026-04-30"), ("EDATE(d, -13)", "2025-02-28")]),
    date("EOMONTH", Gives::Date, |call| {
        let (day, months) = (call.day(0)?, call.whole_or(1, 0)?);
        let last = add_months(day, months).and_then(month_end);
        last.map_or_else(|| call.refuse(months.to_string()), |d| Some(Value::Date(d)))
    })
    .takes(&[needs("date", Kind::One(DAY)), may("months", Kind::One(NUMBER))])
    .says("The last day of the month so many months later.", "若干个月之后的月末。")
    .shows(&[("EOMONTH(DATE(2024, 1, 15), 1)", "2024-02-29"), ("EOMONTH(d)", "2026-03-31")]),
    date("DAYS", Gives::Number, |call| {
        let (end, start) = (call.day(0)?, call.day(1)?);
        Some(Value::number((end - start).num_days()))
    })
    .takes(&[needs("end", Kind::One(DAY)), needs("start", Kind::One(DAY))])
    .says("Days from the second date to the first.", "从第二个日期到第一个日期的天数。")
    .shows(&[("DAYS(e, d)", "269"), ("DAYS(d, e)", "-269")]),
    date("HOURS", Gives::Number, |call| elapsed(call, 3_600_000_000))
        .takes(PAIR)
        .says("Hours from the first moment to the second.", "从第一个时刻到第二个时刻的小时数。")
        .shows(&[("HOURS(DATETIME(d), DATETIME(d, TIME(8, 30)))", "8.5")]),
    date("MINUTES", Gives::Number, |call| elapsed(call, 60_000_000))
        .takes(PAIR)
        .says("Minutes from the first moment to the second.", "从第一个时刻到第二个时刻的分钟数。")
        .shows(&[("MINUTES(DATETIME(d), DATETIME(d, TIME(1, 5)))", "65")]),
    date("DATEDIF", Gives::Number, date_difference)
        .takes(&[needs("start", Kind::One(DAY)), needs("end", Kind::One(DAY)), needs("unit", Kind::One(TEXT))])
        .says(
            "Whole units from one date to a later one: \"Y\", \"M\", \"D\", or what is left over: \"YM\" months after years, \"MD\" days after months, \"YD\" days after years.",
            "两个日期之间的整数间隔：\"Y\" 年、\"M\" 月、\"D\" 天；余数：\"YM\" 年后余月、\"MD\" 月后余天、\"YD\" 年后余天。",
        )
        .shows(&[
            ("DATEDIF(DATE(2024, 2, 29), DATE(2026, 2, 28), \"Y\")", "1"),
            ("DATEDIF(d, e, \"M\")", "8"),
            ("DATEDIF(DATE(2026, 1, 20), DATE(2026, 3, 5), \"MD\")", "13"),
        ]),
    date("YEARFRAC", Gives::Number, |call| {
        let (start, end) = (call.day(0)?, call.day(1)?);
        call.settle(divide(Decimal::from((end - start).num_days()), Decimal::from(365)))
    })
    .takes(PAIR)
    .says("Years between two dates, of 365 days each.", "两个日期之间的年数，每年按 365 天计。")
    .shows(&[("YEARFRAC(DATE(2026, 1, 1), DATE(2026, 3, 15))", "0.2")]),
    date("PERIODSTART", Gives::Date, |call| period(call, false))
        .takes(&[needs("date", Kind::One(DAY)), needs("unit", Kind::One(TEXT))])
        .says("The first day of the \"week\" (Monday), \"month\", \"quarter\" or \"year\".", "所在\"week\"（周一）、\"month\"、\"quarter\"、\"year\"的第一天。")
        .shows(&[("PERIODSTART(DATE(2026, 11, 20), \"quarter\")", "2026-10-01"), ("PERIODSTART(DATE(2026, 11, 20), \"week\")", "2026-11-16")]),
    date("PERIODEND", Gives::Date, |call| period(call, true))
        .takes(&[needs("date", Kind::One(DAY)), needs("unit", Kind::One(TEXT))])
        .says("The last day of the \"week\" (Sunday), \"month\", \"quarter\" or \"year\".", "所在\"week\"（周日）、\"month\"、\"quarter\"、\"year\"的最后一天。")
        .shows(&[("PERIODEND(d, \"quarter\")", "2026-03-31")]),
];

fn make_date(call: &mut Call) -> Option<Value> {
    let (year, month, day) = (call.whole(0)?, call.whole(1)?, call.whole(2)?);
    let first =
        i32::try_from(year).ok().filter(|y| (1..=9999).contains(y)).and_then(|y| NaiveDate::from_ymd_opt(y, 1, 1));
    let date = first
        .and_then(|d| add_months(d, month.checked_sub(1)?))
        .and_then(|d| add_days(d, day.checked_sub(1)?))
        .filter(|d| is_kept(*d));
    date.map_or_else(|| call.refuse(format!("{year}-{month}-{day}")), |d| Some(Value::Date(d)))
}

fn make_instant(call: &mut Call) -> Option<Value> {
    let day = call.day(0)?;
    let micros = match call.value(1) {
        Value::Time(t) => t,
        _ if call.is_given(1) => return None,
        _ => 0,
    };
    local_instant(call, day, micros).map(Value::DateTime)
}

/// The instant of a wall clock's time; where a clock change leaves it out, the next that exists.
fn local_instant(call: &Call, day: NaiveDate, micros: i64) -> Option<DateTime<Utc>> {
    let clock = call.clock();
    let wall = day.and_hms_opt(0, 0, 0)? + chrono::Duration::microseconds(micros);
    let exact = clock.zone.from_local_datetime(&wall).earliest();
    let later = || clock.zone.from_local_datetime(&(wall + chrono::Duration::hours(1))).earliest();
    exact.or_else(later).map(|t| t.with_timezone(&Utc))
}

/// Hours, minutes and seconds of the first three arguments as microseconds.
fn micros(call: &mut Call) -> Option<i64> {
    let (h, m, s) = (call.number(0)?, call.number_or(1, 0)?, call.number_or(2, 0)?);
    let total = (|| {
        let minutes = h.checked_mul(Decimal::from(60))?.checked_add(m)?;
        let seconds = minutes.checked_mul(Decimal::from(60))?.checked_add(s)?;
        seconds.checked_mul(Decimal::from(1_000_000))?.round().to_i64()
    })();
    if total.is_none() {
        call.refuse(h.to_string());
    }
    total
}

fn add_days(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    let by = Days::new(days.unsigned_abs());
    if days < 0 { day.checked_sub_days(by) } else { day.checked_add_days(by) }
}

pub(super) fn add_months(day: NaiveDate, months: i64) -> Option<NaiveDate> {
    let by = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    let moved = if months < 0 { day.checked_sub_months(by) } else { day.checked_add_months(by) };
    moved.filter(|d| is_kept(*d))
}

fn month_end(day: NaiveDate) -> Option<NaiveDate> {
    add_months(day.with_day(1)?, 1)?.pred_opt()
}

fn weekday(call: &mut Call) -> Option<Value> {
    let (day, kind) = (call.day(0)?, call.whole_or(1, 1)?);
    let weekday = day.weekday();
    let number = match kind {
        1 | 17 => weekday.number_from_sunday(),
        2 | 11 => weekday.number_from_monday(),
        3 => weekday.num_days_from_monday(),
        _ => return call.refuse(kind.to_string()),
    };
    Some(Value::number(number))
}

fn week_number(call: &mut Call) -> Option<Value> {
    let (day, kind) = (call.day(0)?, call.whole_or(1, 1)?);
    let first = day.with_day(1).and_then(|d| d.with_month(1))?;
    let before = match kind {
        1 | 17 => first.weekday().num_days_from_sunday(),
        2 | 11 => first.weekday().num_days_from_monday(),
        21 => return Some(Value::number(day.iso_week().week())),
        _ => return call.refuse(kind.to_string()),
    };
    Some(Value::number((day.ordinal0() + before) / 7 + 1))
}

fn clock_part(call: &mut Call, part: fn(i64, i64, i64) -> i64) -> Option<Value> {
    let seconds = match call.value(0) {
        Value::Time(t) => t / 1_000_000,
        Value::DateTime(t) => i64::from(t.with_timezone(&call.clock().zone).time().num_seconds_from_midnight()),
        _ => return None,
    };
    Some(Value::number(part(seconds / 3600, seconds / 60 % 60, seconds % 60)))
}

/// Year, month and day between separators, or eight digits.
pub(super) fn read_date(text: &str) -> Option<NaiveDate> {
    let text: String = crate::fold::fold(text.trim());
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        let number: i32 = text.parse().ok()?;
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
        return NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    }
    let body = text.strip_suffix('日').unwrap_or(&text);
    let parts: Vec<&str> = body.split(['-', '/', '.', '年', '月']).map(str::trim).collect();
    let [year, month, day] = parts.as_slice() else { return None };
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).filter(|d| is_kept(*d))
}

fn date_value(call: &mut Call) -> Option<Value> {
    let text = call.text(0)?;
    if crate::fold::is_blank(&text) {
        return None;
    }
    read_date(&text).map_or_else(|| call.refuse(text.to_string()), |d| Some(Value::Date(d)))
}

fn time_value(call: &mut Call) -> Option<Value> {
    let text = call.text(0)?;
    if crate::fold::is_blank(&text) {
        return None;
    }
    let read = || {
        let folded = crate::fold::fold(text.trim());
        let parts: Vec<i64> = folded.split(':').map(|p| p.parse::<u8>().ok().map(i64::from)).collect::<Option<_>>()?;
        let (h, m, s) = match parts.as_slice() {
            [h, m] => (*h, *m, 0),
            [h, m, s] => (*h, *m, *s),
            _ => return None,
        };
        (h < 24 && m < 60 && s < 60).then_some((h * 3600 + m * 60 + s) * 1_000_000)
    };
    read().map_or_else(|| call.refuse(text.to_string()), |t| Some(Value::Time(t)))
}

fn elapsed(call: &mut Call, unit: i64) -> Option<Value> {
    let (start, end) = (call.instant(0)?, call.instant(1)?);
    let micros = (end - start).num_microseconds()?;
    call.settle(divide(Decimal::from(micros), Decimal::from(unit)))
}

/// Whole months from a date to a later one: a month is whole when its day is reached.
fn whole_months(start: NaiveDate, end: NaiveDate) -> i64 {
    let months = i64::from(end.year() - start.year()) * 12 + i64::from(end.month()) - i64::from(start.month());
    if end.day() < start.day() { months - 1 } else { months }
}

fn date_difference(call: &mut Call) -> Option<Value> {
    let (start, end, unit) = (call.day(0)?, call.day(1)?, call.text(2)?);
    if end < start {
        return call.refuse(end.to_string());
    }
    let months = whole_months(start, end);
    let days_after = |months: i64| {
        // the day of the month is kept, so that February's end does not shorten what follows
        let first = add_months(start.with_day(1)?, months)?;
        let from = add_days(first, i64::from(start.day()) - 1)?;
        Some((end - from).num_days().max(0))
    };
    let result = match unit.to_ascii_uppercase().as_str() {
        "Y" => Some(months / 12),
        "M" => Some(months),
        "D" => Some((end - start).num_days()),
        "YM" => Some(months % 12),
        "MD" => days_after(months),
        "YD" => days_after(months / 12 * 12),
        _ => return call.refuse(unit.to_string()),
    };
    result.map(Value::number)
}

fn period(call: &mut Call, end: bool) -> Option<Value> {
    let (day, unit) = (call.day(0)?, call.text(1)?);
    let Some(parsed) = Unit::parse(&unit.to_ascii_lowercase()) else { return call.refuse(unit.to_string()) };
    let start = period_start(day, parsed)?;
    if !end {
        return Some(Value::Date(start));
    }
    let next = match parsed {
        Unit::Day => add_days(start, 1),
        Unit::Week => add_days(start, 7),
        Unit::Month => add_months(start, 1),
        Unit::Quarter => add_months(start, 3),
        Unit::Year => add_months(start, 12),
    };
    next.and_then(|d| d.pred_opt()).map(Value::Date)
}
