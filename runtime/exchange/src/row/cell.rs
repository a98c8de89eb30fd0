//! One cell by the kind of its target.

use super::{Kind, NumberKind, PhoneKind, RowOptions, Target, UnknownUser, decimal_value};
use crate::clean::amount::{self, AmountRules};
use crate::clean::number::{self, LoneComma, NumberRules};
use crate::clean::text::{self, TextRules, is_blank_word, plain};
use crate::clean::{Cleaned, boolean, date, email, moment, phone, readable, website};
use crate::messages::Code;
use crate::notice::{Fault, Notice};
use crate::source::Cell;
use chrono::SecondsFormat;
use indexmap::IndexMap;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

/// Cleans a cell; second values (a mobile number, other addresses, a line of the note) are put into `values` directly.
pub fn clean(
    cell: &Cell,
    target: &Target,
    options: &RowOptions,
    values: &mut IndexMap<String, Value>,
) -> Result<Cleaned<Value>, Fault> {
    readable(cell)?;
    let cleaned = clean_by_kind(cell, target, options, values)?;
    let rules = TextRules { long: false, decode_escapes: options.decode_escapes, verbatim: options.verbatim };
    let removed = Notice::new(Code::CharactersRemoved);
    match cell {
        // whatever the cell is read as
        Cell::Text(text) if text::loses_characters(text, rules) && !cleaned.warnings.contains(&removed) => {
            Ok(cleaned.warn(removed))
        }
        _ => Ok(cleaned),
    }
}

fn clean_by_kind(
    cell: &Cell,
    target: &Target,
    options: &RowOptions,
    values: &mut IndexMap<String, Value>,
) -> Result<Cleaned<Value>, Fault> {
    // Words for "nothing" mean it everywhere but in long texts and in texts that are taken as they stand.
    let says_nothing = match target.kind {
        Kind::LongText(_) => false,
        Kind::Text(_) if options.verbatim => false,
        _ => matches!(cell, Cell::Text(text) if text.len() <= 64 && is_blank_word(&plain(text))),
    };
    if cell.is_blank() || says_nothing {
        return Ok(Cleaned::of(Value::Null));
    }
    match &target.kind {
        Kind::Text(most) => clean_text(cell, *most, false, options),
        Kind::LongText(most) => clean_text(cell, *most, true, options),
        Kind::Link => clean_text(cell, None, false, options),
        Kind::Number(kind) | Kind::Percent(kind) => {
            let cleaned = number::clean(cell, options.numbers)?;
            checked(cleaned, *kind, cell)
        }
        Kind::Money(kind, currency) => clean_money(cell, *kind, currency.as_deref(), options),
        Kind::Boolean => boolean::clean(cell).map(|cleaned| cleaned.map(Value::Bool)),
        Kind::Date(not_after) => {
            let cleaned = date::clean(cell, options.dates)?;
            match not_after {
                Some(last) if cleaned.value > *last => Err(Notice::new(Code::DateFuture).with("value", cleaned.value)),
                _ => Ok(cleaned.map(|date| Value::String(date.to_string()))),
            }
        }
        Kind::DateTime => {
            moment::clean_datetime(cell, options.dates).map(|cleaned| cleaned.map(|at| Value::String(written(at))))
        }
        Kind::Time => moment::clean_time(cell)
            .map(|cleaned| cleaned.map(|time| Value::String(time.format("%H:%M:%S").to_string()))),
        Kind::Duration => moment::clean_duration(cell)
            .map(|cleaned| cleaned.map(|length| Value::String(moment::iso_duration(length)))),
        Kind::Choice(index) => index.clean_one(cell, Code::ChoiceUnknown).map(|cleaned| cleaned.map(Value::String)),
        Kind::Country(index) => index.clean_one(cell, Code::CountryUnknown).map(|cleaned| cleaned.map(Value::String)),
        Kind::Choices(index) => index
            .clean_several(cell, Code::ChoiceUnknown)
            .map(|cleaned| cleaned.map(|several| several.into_iter().map(Value::String).collect())),
        Kind::User(index, unknown) => match (index.clean_one(cell, Code::UserUnknown), unknown) {
            (Err(fault), UnknownUser::LeaveEmpty) if fault.code == Code::UserUnknown => {
                Ok(Cleaned::of(Value::Null).warn(Notice::new(Code::OwnerUnknown).with("value", cell.shown().trim())))
            }
            (read, _) => read.map(|cleaned| cleaned.map(Value::String)),
        },
        Kind::Phone(kind) => clean_phone(cell, kind, values),
        Kind::Email(others) => {
            let cleaned = email::clean(cell)?;
            let mut addresses = cleaned.value.into_iter().map(Value::String);
            let first = addresses.next().unwrap_or(Value::Null);
            let rest: Vec<Value> = addresses.collect();
            if let Some(others) = others {
                values.insert(others.clone(), Value::Array(rest));
            }
            Ok(Cleaned { value: first, warnings: cleaned.warnings })
        }
        Kind::Website => website::clean(cell).map(|cleaned| cleaned.map(Value::String)),
    }
}

fn clean_text(cell: &Cell, most: Option<usize>, long: bool, options: &RowOptions) -> Result<Cleaned<Value>, Fault> {
    let rules = TextRules { long, decode_escapes: options.decode_escapes, verbatim: options.verbatim };
    let mut cleaned = text::clean(&cell.shown(), rules);
    if let Cell::Number { value, digits_lost: true, .. } = cell {
        cleaned.warnings.push(Notice::new(Code::DigitsLost).with("value", value));
    }
    let length = cleaned.value.as_ref().map_or(0, |text| text.chars().count());
    if let Some(most) = most.filter(|most| length > *most) {
        return Err(Notice::new(Code::TextTooLong).with("length", length).with("limit", most));
    }
    Ok(cleaned.map(|text| text.map_or(Value::Null, Value::String)))
}

fn clean_money(
    cell: &Cell,
    kind: NumberKind,
    currency: Option<&str>,
    options: &RowOptions,
) -> Result<Cleaned<Value>, Fault> {
    let number = NumberRules { lone_comma: LoneComma::Decimal, ..options.numbers };
    let rules = AmountRules {
        target: currency,
        assumed: options.default_currency.as_deref(),
        rates: options.rates.as_ref(),
        scale: kind.scale.unwrap_or(2),
        number,
    };
    let cleaned = amount::clean(cell, rules)?;
    checked(cleaned.map(|amount| amount.value), kind, cell)
}

/// Sign, decimal places and digits of a number.
fn checked(cleaned: Cleaned<Decimal>, kind: NumberKind, cell: &Cell) -> Result<Cleaned<Value>, Fault> {
    const MOST_DIGITS: u128 = 1_000_000_000_000_000_000;
    let Cleaned { mut value, mut warnings } = cleaned;
    value = value.normalize();
    if kind.non_negative && value.is_sign_negative() && !value.is_zero() {
        return Err(Notice::new(Code::NumberNegative).with("value", cell.shown().trim()));
    }
    if let Some(scale) = kind.scale {
        if value.scale() > scale {
            if !kind.round {
                return Err(if scale == 0 {
                    Notice::new(Code::NumberNotWhole).with("value", cell.shown().trim())
                } else {
                    Notice::new(Code::TooManyDecimals).with("value", cell.shown().trim()).with("scale", scale)
                });
            }
            let rounded = value.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero);
            warnings.push(Notice::new(Code::NumberRounded).with("value", value).with("rounded", rounded));
            value = rounded;
        }
        value.rescale(scale);
    }
    if value.mantissa().unsigned_abs() >= MOST_DIGITS {
        return Err(Notice::new(Code::NumberTooLarge).with("value", cell.shown().trim()));
    }
    Ok(Cleaned { value: decimal_value(value), warnings })
}

fn clean_phone(cell: &Cell, kind: &PhoneKind, values: &mut IndexMap<String, Value>) -> Result<Cleaned<Value>, Fault> {
    let country = kind.country.as_ref().and_then(|target| values.get(target)).and_then(Value::as_str);
    let dial = country.and_then(|country| kind.dial.get(country)).map(String::as_str);
    let mut cleaned = phone::clean(cell, dial)?;
    let mut numbers = cleaned.value.numbers.drain(..);
    let first = numbers.next();
    let mut kept = cleaned.value.kept.take();
    match (&kind.second, numbers.next()) {
        (Some(second), Some(number)) => {
            values.insert(second.clone(), Value::String(number));
        }
        (None, Some(_)) => kept = kept.or_else(|| Some(cell.shown().trim().to_owned())),
        (_, None) => {}
    }
    if numbers.next().is_some() {
        kept = kept.or_else(|| Some(cell.shown().trim().to_owned()));
    }
    drop(numbers);
    if let Some(kept) = kept {
        match &kind.note {
            Some(note) => {
                let line = format!("[phone] {}", plain(&kept));
                let text = match values.get(note).and_then(Value::as_str) {
                    Some(before) if !before.is_empty() => format!("{before}\n{line}"),
                    _ => line,
                };
                values.insert(note.clone(), Value::String(text));
            }
            None if first.is_none() => {
                return Err(cleaned
                    .warnings
                    .pop()
                    .unwrap_or_else(|| Notice::new(Code::PhoneInvalid).with("value", kept)));
            }
            None => {}
        }
    }
    Ok(Cleaned { value: first.map_or(Value::Null, Value::String), warnings: cleaned.warnings })
}

/// A date with a time as text: with its offset when it has one.
fn written(at: moment::Moment) -> String {
    match at.offset.and_then(|offset| at.local.and_local_timezone(offset).single()) {
        Some(fixed) => fixed.to_rfc3339_opts(SecondsFormat::Secs, true),
        None => at.local.format("%Y-%m-%dT%H:%M:%S").to_string(),
    }
}
