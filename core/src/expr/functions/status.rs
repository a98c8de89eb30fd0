//! The history of a status field: when a value was entered and left, and how long it lasted.

use super::{Family, Function, Gives, Kind, Uses, may, needs};
use crate::expr::calendar::WorkCalendar;
use crate::expr::environment::Stay;
use crate::expr::eval::Call;
use crate::expr::operator::divide;
use crate::expr::types::{ClockUse, TEXT};
use crate::expr::value::Value;
use rust_decimal::Decimal;

const USES: Uses = Uses { stays: true, ..Uses::NONE };
const VALUE: &[super::Param] = &[needs("field", Kind::Field), needs("value", Kind::One(TEXT))];

pub(super) static TABLE: &[Function] = &[
    Function::new("ENTERED_AT", Family::Status, Gives::DateTime, |call| {
        let stay = if call.is_given(1) { stays_in(call)?.pop()? } else { stays(call)?.pop()? };
        Some(Value::DateTime(stay.entered_at))
    })
    .takes(&[needs("field", Kind::Field), may("value", Kind::One(TEXT))])
    .uses(USES)
    .says(
        "When a status took its present value, or last took a given one.",
        "状态进入当前值（或最近一次进入指定值）的时刻。",
    )
    .shows(&[("ENTERED_AT(stage)", "2026-11-20 10:00:00"), ("ENTERED_AT(stage, \"new\")", "2026-11-19 10:00:00")]),
    Function::new("LEFT_AT", Family::Status, Gives::DateTime, |call| {
        let stays = stays_in(call)?;
        stays.iter().rev().find_map(|s| s.left_at).map(Value::DateTime)
    })
    .takes(VALUE)
    .uses(USES)
    .says("When a status last left a value.", "状态最近一次离开指定值的时刻。")
    .shows(&[("LEFT_AT(stage, \"new\")", "2026-11-20 10:00:00"), ("LEFT_AT(stage, \"won\")", "")]),
    Function::new("TIME_IN", Family::Status, Gives::Number, time_in)
        .takes(&[needs("field", Kind::Field), needs("value", Kind::One(TEXT)), may("clock", Kind::One(TEXT))])
        .uses(Uses { clock: ClockUse::Instant, calendar: true, stays: true, ..Uses::NONE })
        .says(
            "Minutes that a status had a value, until now where it still has it; with \"business\" open hours only.",
            "状态处于指定值的总分钟数，仍在其中则计到现在；\"business\" 只计营业时间。",
        )
        .shows(&[
            ("TIME_IN(stage, \"new\")", "1440"),
            ("TIME_IN(stage, \"new\", \"business\")", "480"),
            ("TIME_IN(stage, \"offer\")", "30"),
        ]),
    Function::new("WAS", Family::Status, Gives::Boolean, |call| stays_in(call).map(|s| Value::Boolean(!s.is_empty())))
        .takes(VALUE)
        .uses(USES)
        .says("Whether a status has or ever had a value.", "状态是否曾处于指定值。")
        .shows(&[("WAS(stage, \"new\")", "TRUE"), ("WAS(stage, \"won\")", "FALSE")]),
];

fn stays(call: &mut Call) -> Option<Vec<Stay>> {
    let path = call.path(0)?;
    Some(call.environment().stays(path))
}

fn stays_in(call: &mut Call) -> Option<Vec<Stay>> {
    let value = call.text(1)?;
    let mut stays = stays(call)?;
    stays.retain(|s| s.value == *value);
    Some(stays)
}

fn time_in(call: &mut Call) -> Option<Value> {
    let stays = stays_in(call)?;
    let business = match call.is_given(2).then(|| call.text(2)) {
        None => false,
        Some(word) => match &*word? {
            "business" => true,
            "calendar" => false,
            other => return call.refuse(other),
        },
    };
    let (clock, environment) = (call.clock(), call.environment());
    let standard = WorkCalendar::default();
    let calendar = environment.calendar(None).unwrap_or(&standard);
    let mut micros = 0_i64;
    for stay in stays {
        let end = stay.left_at.unwrap_or(clock.now);
        let part = if business {
            calendar.between(stay.entered_at, end, clock.zone)
        } else {
            (end - stay.entered_at).num_microseconds()?
        };
        micros = micros.checked_add(part.max(0))?;
    }
    call.settle(divide(Decimal::from(micros), Decimal::from(60_000_000)))
}
