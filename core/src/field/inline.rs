//! Expressions that stand beside the fields of a form and are computed over a whole record: those of rules.

use super::bind::{bind, place_of};
use super::encryption::refused;
use super::formula::{Formula, Leaf, Source};
use super::walk::field_at;
use super::{Field, SystemField};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::{Expression, RecordNames, Type};

/// Compiles an expression over a record, named as its form names things, of a place that takes one type only. `is_sealed` says
/// that its value is kept encrypted: only then may it read what is.
///
/// # Errors
/// All faults, their paths empty: what an expression has by itself, paths that lead out of the record or to what is worked out
/// when it is read, and encrypted fields.
pub(crate) fn compile_over_record(
    names: &RecordNames<'_>,
    source: &str,
    wanted: &Type,
    is_sealed: bool,
) -> Result<Formula, Vec<Fault>> {
    let fields = names.fields;
    let expression = Expression::compile_as(source, names, wanted)?;
    let mut faults = Vec::new();
    let mut sources = Vec::with_capacity(expression.reads().len());
    let not_offered = |what: String| Fault::new("", &code::KIND_NOT_OFFERED).with("what", what);
    for read in expression.reads() {
        let source = bind(fields, None, &read.segments);
        let field = source.as_ref().and_then(|s| place_of(s, None)).and_then(|place| field_at(fields, place));
        match source {
            None | Some(Source::Record(Leaf::System(SystemField::DeletedAt))) => {
                faults.push(not_offered(format!("an expression of a rule that reads {read}")));
            }
            Some(_) if field.is_some_and(Field::is_live) => {
                faults.push(not_offered(format!("an expression of a rule that reads {read}, which reads the clock")));
            }
            Some(_) if field.is_some_and(Field::is_asked) => {
                faults.push(not_offered(format!("an expression of a rule that reads {read}, which is not kept")));
            }
            // what is worked out from an encrypted value says something about it
            Some(source) => match field.filter(|f| f.is_encrypted() && !is_sealed) {
                Some(hidden) => faults.push(refused(&hidden.name, "")),
                None => sources.push(source),
            },
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
