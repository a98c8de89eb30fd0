//! Expressions that stand beside the fields of a form: computed over a whole record, and kept as a field keeps what is sent.

use super::compute::Wanted;
use super::kept::keep;
use super::scene::Scene;
use super::{RateKey, Record, Surroundings, read_value};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::{Value as Computed, Warning};
use crate::field::{Field, Formula};
use crate::form::Form;
use crate::time::Clock;
use crate::value::Value;
use std::collections::BTreeSet;

/// What an expression gives that stands beside the fields, over a record whose formulas are worked out: its value, why that
/// may be empty, and the rates to be looked up before it is computed again. Such an expression does not leave the record.
pub fn evaluate(
    form: &Form,
    record: &Record,
    formula: &Formula,
    around: &Surroundings<'_>,
) -> (Computed, Vec<Warning>, BTreeSet<RateKey>) {
    let wanted = Wanted::default();
    let scene = Scene { form, record, formula, row: None, around, wanted: &wanted };
    let (value, warnings) = formula.expression.eval(&scene);
    (value, warnings, wanted.rates.into_inner())
}

/// A value that was worked out, as a field that anybody may fill keeps it.
///
/// # Errors
/// Why it cannot be kept, with an empty path: too large, too long, no choice of the field.
pub fn keep_given(field: &Field, value: &Computed, clock: &Clock) -> Result<Value, Fault> {
    let kept = keep(field, value, clock)?;
    let mut faults = Vec::new();
    match read_value(field, &kept.to_json(), &mut faults) {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(faults.into_iter().next().unwrap_or_else(|| Fault::new("", &code::SCHEMA_VIOLATED))),
    }
}
