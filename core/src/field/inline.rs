//! Expressions that stand beside the fields of a form and are computed over a whole record: those of rules.

use super::bind::bind;
use super::formula::{Formula, Leaf, Source};
use super::{Field, SystemField};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::{Expression, RecordNames, Type};

/// Compiles an expression over a record of a form, of a place that takes one type only.
///
/// # Errors
/// All faults, their paths empty: what an expression has by itself, and paths that lead out of the record or to what is
/// worked out when it is read.
pub(crate) fn compile_over_record<'a>(
    form: &'a str,
    fields: &'a [Field],
    forms: &'a dyn Fn(&str) -> Option<&'a [Field]>,
    source: &str,
    wanted: &Type,
) -> Result<Formula, Vec<Fault>> {
    let names = RecordNames { place: form, fields, parent: None, forms, inverse: &|_, _| None };
    let expression = Expression::compile_as(source, &names, wanted)?;
    let mut faults = Vec::new();
    let mut sources = Vec::with_capacity(expression.reads().len());
    let not_offered = |what: String| Fault::new("", &code::KIND_NOT_OFFERED).with("what", what);
    for read in expression.reads() {
        match bind(fields, None, &read.segments) {
            None | Some(Source::Record(Leaf::System(SystemField::DeletedAt))) => {
                faults.push(not_offered(format!("an expression of a rule that reads {read}")));
            }
            Some(Source::Record(leaf)) if leaf.field().and_then(|i| fields.get(i)).is_some_and(Field::is_live) => {
                faults.push(not_offered(format!("an expression of a rule that reads {read}, which reads the clock")));
            }
            Some(source) => sources.push(source),
        }
    }
    let uses = expression.uses();
    for (used, what) in [
        (uses.stays, "an expression of a rule over the history of a status"),
        (uses.settings, "an expression of a rule over settings"),
    ] {
        if used {
            faults.push(not_offered(what.to_string()));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let (stated_scale, meaning, fixed) = (None, String::new(), String::new());
    Ok(Formula { expression, sources, stated_scale, meaning, fixed })
}
