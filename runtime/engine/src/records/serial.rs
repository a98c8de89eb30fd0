//! Serial numbers: taken inside the saving transaction, so that a refused save takes none.

use super::saver::Saver;
use crate::error::{EngineError, EngineResult};
use chrono::Datelike;
use formwright_core::field::{FieldKind, SerialOptions, SerialPart, SerialReset};
use formwright_core::form::Form;
use formwright_core::record::{Record, value_to_json};
use formwright_core::value::Value;
use formwright_store::Tx;
use formwright_store::serials;

/// Gives each serial field its number; whether there was one to give. Moved data brings its own, which raises the counter.
pub async fn assign(saver: &Saver, form: &Form, record: &mut Record, migrate: bool, tx: &mut Tx) -> EngineResult<bool> {
    let mut is_assigned = false;
    for i in 0..form.fields.len() {
        let Some(field) = form.fields.get(i) else { continue };
        let FieldKind::Serial(options) = &field.kind else { continue };
        let given = record.values.get(i).and_then(Value::as_text).map(str::to_string);
        let day = match (migrate, record.created_at) {
            (true, at) => at.with_timezone(&saver.cx.zone).date_naive(),
            (false, _) => saver.cx.clock().today(),
        };
        let (period, prefix, suffix, width) = render(form, record, options, day);
        let part = format!("{prefix}{suffix}");
        if let Some(given) = given {
            let digits = given.strip_prefix(prefix.as_str()).and_then(|rest| rest.strip_suffix(suffix.as_str()));
            if let Some(number) = digits.and_then(|d| d.parse::<i64>().ok()) {
                serials::raise(&field.id, &period, &part, number, tx).await?;
            }
            continue;
        }
        let number = serials::next(&field.id, &period, &part, tx).await?;
        let text = format!("{prefix}{number:0width$}{suffix}");
        match record.values.get_mut(i) {
            Some(slot) => {
                *slot = Value::Text(text);
                is_assigned = true;
            }
            None => return Err(EngineError::Internal("a record without its serial".into())),
        }
    }
    Ok(is_assigned)
}

/// Period of the counter, what stands before and behind the number, and its width.
fn render(
    form: &Form,
    record: &Record,
    options: &SerialOptions,
    day: chrono::NaiveDate,
) -> (String, String, String, usize) {
    let period = match options.reset {
        SerialReset::Never => String::new(),
        SerialReset::Year => format!("{:04}", day.year()),
        SerialReset::Month => format!("{:04}-{:02}", day.year(), day.month()),
        SerialReset::Day => day.to_string(),
    };
    let (mut prefix, mut suffix, mut width, mut seen) = (String::new(), String::new(), 1, false);
    for part in &options.parts {
        let text = match part {
            SerialPart::Literal(text) => text.clone(),
            SerialPart::Year => format!("{:04}", day.year()),
            SerialPart::ShortYear => format!("{:02}", day.year() % 100),
            SerialPart::Month => format!("{:02}", day.month()),
            SerialPart::Day => format!("{:02}", day.day()),
            SerialPart::Sequence(n) => {
                width = *n;
                seen = true;
                continue;
            }
            SerialPart::Field(name) => form
                .field(name)
                .and_then(|(i, f)| record.values.get(i).map(|v| value_to_json(f, v)))
                .map(|j| {
                    j.as_str().map_or_else(|| if j.is_null() { String::new() } else { j.to_string() }, str::to_string)
                })
                .unwrap_or_default(),
        };
        if seen {
            suffix.push_str(&text);
        } else {
            prefix.push_str(&text);
        }
    }
    (period, prefix, suffix, width)
}
