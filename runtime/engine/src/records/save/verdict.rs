//! What is held against a save: a grant that does not admit it, a constraint of the database, faults of what was touched.

use crate::error::{EngineError, EngineResult, Refusal};
use crate::records::saver::Saver;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::Field;
use formwright_core::form::Form;
use formwright_core::permission::WriteGrant;
use formwright_core::record::{FieldPatch, Patch, Record};
use formwright_store::StoreError;

impl Saver {
    /// A violated constraint becomes a fault of the field it is about.
    pub(in crate::records) fn constraint(&self, form: &Form, error: StoreError) -> EngineError {
        if error == StoreError::TooLarge {
            return EngineError::faults(&code::VALIDATION, vec![Fault::new("", &code::RECORD_TOO_WIDE)]);
        }
        let StoreError::Unique { table, constraint, columns } = &error else { return error.into() };
        if let Some(rows) =
            table.as_deref().and_then(|t| rows_of(form, t)).filter(|_| columns.iter().any(|c| c == "id"))
        {
            // ids of rows are given by those who make them: one belongs to another record
            return EngineError::faults(&code::VALIDATION, vec![Fault::new(rows, &code::DUPLICATE)]);
        }
        let text = constraint.clone().unwrap_or_default();
        let names = |field: &Field| {
            let mine = |c: &str| c == field.id || c.strip_suffix("_n") == Some(field.id.as_str());
            columns.iter().any(|c| mine(c)) || text.contains(&field.id)
        };
        if columns.iter().any(|c| c == "id") || text.ends_with("_id") && !form.fields.iter().any(names) {
            return EngineError::faults(&code::VALIDATION, vec![Fault::new("id", &code::DUPLICATE)]);
        }
        let mut faults: Vec<Fault> =
            form.fields.iter().filter(|f| names(f)).map(|f| Fault::new(&f.name, &code::DUPLICATE)).collect();
        if faults.is_empty() {
            // an index over several fields, named by its number
            let number = text.rsplit('_').next().and_then(|n| n.parse::<usize>().ok());
            faults = number.and_then(|n| form.unique.get(n)).map_or_else(Vec::new, |u| {
                u.fields
                    .iter()
                    .filter_map(|f| form.fields.get(*f))
                    .map(|f| Fault::new(&f.name, &code::DUPLICATE))
                    .collect()
            });
        }
        if faults.is_empty() {
            faults.push(Fault::new("", &code::DUPLICATE));
        }
        EngineError::faults(&code::VALIDATION, faults)
    }
}

/// The child table whose rows stand in a table of the database.
fn rows_of<'f>(form: &'f Form, table: &str) -> Option<&'f str> {
    let id = table.strip_prefix("t_")?;
    form.fields.iter().find(|f| f.id == id && f.table().is_some()).map(|f| f.name.as_str())
}

/// The place of a row id that is in use, where the rows that were sent tell which it is.
pub(super) fn at_row_id(form: &Form, patch: &Patch, mut error: EngineError) -> EngineError {
    if let EngineError::Refused(refusal) = &mut error {
        for fault in refusal.faults.iter_mut().filter(|f| f.code == &code::DUPLICATE) {
            let Some((index, field)) = form.field(&fault.path).filter(|(_, f)| f.table().is_some()) else { continue };
            let Some(FieldPatch::Rows(rows)) = patch.get(index) else { continue };
            let named: Vec<usize> = rows.iter().enumerate().filter(|(_, r)| r.id.is_some()).map(|(i, _)| i).collect();
            if let [only] = named.as_slice() {
                fault.path = format!("{}/{only}/id", field.name);
            }
        }
    }
    error
}

/// A single grant must admit the record and let each written field be written.
pub(super) fn admitted(
    form: &Form,
    grants: &[WriteGrant],
    holds: &[bool],
    written: &[usize],
    action: &str,
) -> EngineResult<()> {
    let admitting: Vec<&WriteGrant> = grants.iter().zip(holds).filter(|(_, h)| **h).map(|(g, _)| g).collect();
    if admitting.is_empty() {
        return Err(Refusal::new(&code::FORBIDDEN).with("action", action).into());
    }
    let faults: Vec<Fault> = written
        .iter()
        .filter(|f| !admitting.iter().any(|g| g.writes(**f, None)))
        .filter_map(|f| form.fields.get(*f))
        .map(|f| Fault::new(&f.name, &code::FIELD_READ_ONLY))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(EngineError::faults(&code::VALIDATION, faults)) }
}

/// Whether one of these faults is about the same field: what could not be read is not also said to be missing.
pub(super) fn is_about(faults: &[Fault], fault: &Fault) -> bool {
    let head = |f: &Fault| f.path.split('/').next().unwrap_or_default().to_string();
    faults.iter().any(|f| head(f) == head(fault))
}

/// What was wrong before and was not touched is not held against this change.
pub(in crate::records) fn concerns(form: &Form, changed: &[usize], fault: &Fault, old: &Record, new: &Record) -> bool {
    let head = fault.path.split('/').next().unwrap_or_default();
    match form.field(head) {
        None => true,
        Some((index, _)) => {
            changed.contains(&index) || old.values.get(index) != new.values.get(index) || form.has_whole_schema
        }
    }
}
