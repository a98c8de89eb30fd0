//! What a caller sends of fields that he does not see on this record. To him they are empty: sent back empty they stay as they
//! are, and nothing in the answer depends on what they really hold.

use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::form::Form;
use formwright_core::permission::{Access, Mask, WriteGrant};
use formwright_core::query::Cond;
use formwright_core::record::{FieldPatch, Patch, RowPatch};
use std::collections::HashSet;

/// A field, or a column of a child table.
type Place = (usize, Option<usize>);

/// Fields and columns of a patch that the caller sees on some records only.
pub(super) struct PartlySeen(Vec<(Place, Cond)>);

impl PartlySeen {
    pub(super) fn of(form: &Form, access: &Access, patch: &Patch) -> PartlySeen {
        let mut found = Vec::new();
        let mut ask = |place: Place| {
            if let Mask::When { full, .. } = access.mask(place.0, place.1) {
                found.push((place, full.clone()));
            }
        };
        for (field, _) in &patch.fields {
            ask((*field, None));
            let columns = form.fields.get(*field).and_then(|f| f.table()).map_or(0, |t| t.fields.len());
            (0..columns).for_each(|column| ask((*field, Some(column))));
        }
        PartlySeen(found)
    }

    /// The conditions to be asked of the record, in their order.
    pub(super) fn conditions(&self) -> impl Iterator<Item = Cond> + '_ {
        self.0.iter().map(|(_, cond)| cond.clone())
    }

    /// What is hidden on the record, by the answers to the conditions.
    pub(super) fn hidden(&self, holds: &[bool]) -> HashSet<Place> {
        self.0.iter().zip(holds).filter(|(_, seen)| !**seen).map(|((place, _), _)| *place).collect()
    }
}

/// The patch without what was sent back empty because it is hidden. What else was sent of it needs the right to write, and the
/// rows of a hidden table cannot be sent at all: nobody can say which of them to keep.
pub(super) fn leave_out(
    form: &Form,
    patch: &Patch,
    hidden: &HashSet<Place>,
    grants: &[&WriteGrant],
    faults: &mut Vec<Fault>,
) -> Vec<(usize, FieldPatch)> {
    let mut kept = Vec::with_capacity(patch.fields.len());
    for (index, change) in &patch.fields {
        let Some(field) = form.fields.get(*index) else { continue };
        if hidden.contains(&(*index, None)) {
            match change {
                FieldPatch::Set(value) if value.is_empty() => {}
                FieldPatch::Rows(rows) if rows.is_empty() => {}
                FieldPatch::Set(_) => kept.push((*index, change.clone())),
                _ => faults.push(Fault::new(&field.name, &code::FIELD_READ_ONLY)),
            }
            continue;
        }
        let mut change = change.clone();
        if let (Some(table), FieldPatch::Rows(rows) | FieldPatch::RowChanges { patch: rows, .. }) =
            (field.table(), &mut change)
        {
            for (column, of) in table.fields.iter().enumerate() {
                if !hidden.contains(&(*index, Some(column))) {
                    continue;
                }
                let writes = grants.iter().any(|g| g.writes(*index, Some(column)));
                for (at, row) in rows.iter_mut().enumerate() {
                    if forget_empty(row, column) && !writes {
                        let path = format!("{}/{at}/{}", field.name, of.name);
                        faults.push(Fault::new(path, &code::FIELD_READ_ONLY));
                    }
                }
            }
        }
        kept.push((*index, change));
    }
    kept
}

/// Forgets an empty value; whether another one was sent.
fn forget_empty(row: &mut RowPatch, column: usize) -> bool {
    match row.values.get_mut(column) {
        Some(sent) if sent.as_ref().is_some_and(|value| value.is_empty()) => {
            *sent = None;
            false
        }
        Some(sent) => sent.is_some(),
        None => false,
    }
}
