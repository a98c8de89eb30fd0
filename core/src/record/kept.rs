//! Results as fields keep them: rounded, within the digits and lengths that are stored.

use super::read::MAX_TEXT;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::Value as Computed;
use crate::field::{Field, FieldKind};
use crate::fold;
use crate::time::Clock;
use crate::value::{Value, decimal_to_json};
use chrono::{Datelike, Timelike};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value as Json;

/// Most digits of a stored number.
const MAX_DIGITS: u32 = 18;
/// Most microseconds of a stored duration: what 18 digits hold.
const MAX_MICROS: u64 = 999_999_999_999_999_999;

/// A result as its field keeps it: numbers rounded half away from zero. A fault where it cannot be kept.
pub(super) fn keep(field: &Field, value: &Computed, clock: &Clock) -> Result<Value, Fault> {
    let in_years = |year: i32| (1..=9999).contains(&year);
    Ok(match (value, &field.kind) {
        (Computed::Number(number), FieldKind::Number(options)) => Value::Dec(keep_number(*number, options.scale)?),
        (Computed::Text(text), _) => {
            if text.len() > MAX_TEXT {
                return Err(Fault::new("", &code::TOO_LONG).with("limit", MAX_TEXT));
            }
            if !fold::is_storable(text) {
                return Err(Fault::new("", &code::TEXT_INVALID));
            }
            Value::Text(text.to_string())
        }
        (Computed::Date(day), FieldKind::DateTime) if in_years(day.year()) => Value::Ts(clock.day_start(*day)),
        (Computed::Date(day), _) if in_years(day.year()) => Value::Date(*day),
        (Computed::DateTime(at), _) if in_years(at.year()) => {
            Value::Ts(at.with_nanosecond(at.nanosecond() / 1000 * 1000).unwrap_or(*at))
        }
        (Computed::Duration(micros), _) if micros.unsigned_abs() > MAX_MICROS => {
            return Err(Fault::new("", &code::NUMBER_TOO_LONG));
        }
        (Computed::Date(_) | Computed::DateTime(_), _) => {
            return Err(Fault::new("", &code::FORMAT_INVALID).with("format", "date"));
        }
        (other, _) => other.to_field(),
    })
}

pub(super) fn too_large(field: &Field) -> Fault {
    match field.kind {
        FieldKind::Number(_) => Fault::new("", &code::NUMBER_TOO_LONG),
        _ => Fault::new("", &code::TOO_LONG).with("limit", MAX_TEXT),
    }
}

pub fn keep_number(number: Decimal, scale: u32) -> Result<Decimal, Fault> {
    let rounded = number.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero).normalize();
    let missing = scale.saturating_sub(rounded.scale());
    let most = 10_i128.pow(MAX_DIGITS.saturating_sub(missing));
    if rounded.mantissa().abs() >= most {
        return Err(Fault::new("", &code::NUMBER_TOO_LONG));
    }
    let mut kept = rounded;
    kept.rescale(scale);
    // a zero has no sign
    Ok(if kept.is_zero() { Decimal::new(0, scale) } else { kept })
}

/// A result as JSON, before it was rounded.
pub fn exact_json(value: &Computed) -> Json {
    match value {
        Computed::Number(number) => decimal_to_json(*number),
        other => other.to_field().to_json(),
    }
}
