//! Work days and business hours, by the company's calendar or a named one.

use super::{Family, Function, Gives, Kind, Uses, may, needs};
use crate::expr::calendar::WorkCalendar;
use crate::expr::eval::Call;
use crate::expr::operator::{Trouble, divide, is_kept};
use crate::expr::types::{DATE, DAY, NUMBER, TEXT};
use crate::expr::value::Value;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const USES: Uses = Uses { calendar: true, ..Uses::NONE };

const fn business(name: &'static str, gives: Gives, evaluate: super::Evaluate) -> Function {
    Function::new(name, Family::Date, gives, evaluate).uses(USES)
}

pub(super) static TABLE: &[Function] = &[
    business("NETWORKDAYS", Gives::Number, work_days)
        .takes(&[needs("start", Kind::One(DAY)), needs("end", Kind::One(DAY)), may("calendar", Kind::Any(TEXT.or(DATE)))])
        .says(
            "Work days from one date to another, both counted. The third is a calendar's name or a list of further holidays.",
            "两个日期之间的工作日天数（含首尾）。第三个参数为日历名称或另外的假日列表。",
        )
        .shows(&[("NETWORKDAYS(DATE(2026, 11, 20), DATE(2026, 11, 24))", "3"), ("NETWORKDAYS(DATE(2026, 11, 20), DATE(2026, 11, 24), LIST(DATE(2026, 11, 23)))", "2")]),
    business("WORKDAY", Gives::Date, work_day)
        .takes(&[needs("start", Kind::One(DAY)), needs("days", Kind::One(NUMBER)), may("calendar", Kind::Any(TEXT.or(DATE)))])
        .says("The work day so many work days after a date.", "某日期之后若干个工作日的日期。")
        .shows(&[("WORKDAY(DATE(2026, 11, 20), 1)", "2026-11-23"), ("WORKDAY(DATE(2026, 11, 23), -1)", "2026-11-20")]),
    business("BUSINESS_HOURS", Gives::Number, hours)
        .takes(&[needs("start", Kind::One(DAY)), needs("end", Kind::One(DAY)), may("calendar", Kind::One(TEXT))])
        .says("Open hours from one moment to another.", "两个时刻之间的营业小时数。")
        .shows(&[("BUSINESS_HOURS(DATETIME(DATE(2026, 11, 20), TIME(17)), DATETIME(DATE(2026, 11, 23), TIME(9)))", "1.5")]),
    business("BUSINESS_ADD", Gives::DateTime, add)
        .takes(&[needs("start", Kind::One(DAY)), needs("hours", Kind::One(NUMBER)), may("calendar", Kind::One(TEXT))])
        .says(
            "The moment when so many open hours have passed; one that falls exactly on closing stays there.",
            "经过若干营业小时之后的时刻；恰好落在下班时刻则停在该时刻。",
        )
        .shows(&[("BUSINESS_ADD(DATETIME(DATE(2026, 11, 20), TIME(17)), 2)", "2026-11-23 09:30:00"), ("BUSINESS_ADD(DATETIME(DATE(2026, 11, 20), TIME(10)), 6.5)", "2026-11-20 18:00:00")]),
];

/// Does something with the calendar that the third argument names, and with the holidays that it lists instead.
fn with_calendar<T>(
    call: &mut Call,
    then: impl FnOnce(&mut Call, &WorkCalendar, &[NaiveDate]) -> Option<T>,
) -> Option<T> {
    let mut name = None;
    let mut free = Vec::new();
    if call.is_given(2) {
        for value in call.elements(2) {
            match value {
                Value::Text(t) => name = Some(t),
                Value::Date(d) => free.push(d),
                _ => {}
            }
        }
    }
    let environment = call.environment();
    match (environment.calendar(name.as_deref()), name) {
        (Some(calendar), _) => then(call, calendar, &free),
        (None, None) => then(call, &WorkCalendar::default(), &free),
        (None, Some(name)) => {
            call.refuse(name.to_string());
            None
        }
    }
}

fn work_days(call: &mut Call) -> Option<Value> {
    let (start, end) = (call.day(0)?, call.day(1)?);
    if (end - start).num_days().unsigned_abs() > 36_600 {
        return call.settle(Err(Trouble::Overflow));
    }
    with_calendar(call, |_, calendar, free| Some(Value::number(calendar.count_days(start, end, free))))
}

fn work_day(call: &mut Call) -> Option<Value> {
    let (start, days) = (call.day(0)?, call.whole(1)?);
    with_calendar(call, |call, calendar, free| {
        // a hundred years of work days are enough for anything that is meant
        let day = if days.unsigned_abs() > 26_000 {
            None
        } else {
            calendar.add_days(start, days, free).filter(|d| is_kept(*d))
        };
        day.map_or_else(|| call.refuse(days.to_string()), |d| Some(Value::Date(d)))
    })
}

fn hours(call: &mut Call) -> Option<Value> {
    let (start, end) = (call.instant(0)?, call.instant(1)?);
    if (end - start).num_days().unsigned_abs() > 36_600 {
        return call.settle(Err(Trouble::Overflow));
    }
    with_calendar(call, |call, calendar, _| {
        let open = calendar.between(start, end, call.clock().zone);
        call.settle(divide(Decimal::from(open), Decimal::from(3_600_000_000_i64)))
    })
}

fn add(call: &mut Call) -> Option<Value> {
    let (start, hours) = (call.instant(0)?, call.number(1)?);
    let micros = hours.checked_mul(Decimal::from(3_600_000_000_i64)).and_then(|m| m.round().to_i64());
    let Some(micros) = micros.filter(|_| hours.abs() <= Decimal::from(200_000)) else {
        return call.refuse(hours.to_string());
    };
    with_calendar(call, |call, calendar, _| {
        let end = calendar.add(start, micros, call.clock().zone);
        end.map_or_else(|| call.refuse(hours.to_string()), |t| Some(Value::DateTime(t)))
    })
}
