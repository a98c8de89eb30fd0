//! What a caller sends of fields that he does not see whole on this record. To him they are empty, or end in a few characters: sent
//! back so they stay as they are, and nothing in the answer depends on what they really hold.

use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::form::Form;
use formwright_core::permission::{Access, MARK, Mask, WriteGrant, partial};
use formwright_core::query::Cond;
use formwright_core::record::{FieldPatch, Patch, Record};
use formwright_core::value::{Row, Value};
use std::collections::HashSet;
use uuid::Uuid;

/// A field, or a column of a child table.
type Place = (usize, Option<usize>);

/// Fields and columns of a patch that the caller sees on some records only, or only the end of.
pub(super) struct PartlySeen(Vec<(Place, [Cond; 2])>);

/// What of a record the caller does not see whole.
#[derive(Default)]
pub(super) struct Unseen {
    hidden: HashSet<Place>,
    /// Those of them whose end he sees.
    ends: HashSet<Place>,
}

impl PartlySeen {
    pub(super) fn of(form: &Form, access: &Access, patch: &Patch) -> PartlySeen {
        let mut found = Vec::new();
        let mut ask = |place: Place| {
            if let Mask::When { full, part } = access.mask(place.0, place.1) {
                found.push((place, [full.clone(), part.clone()]));
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
        self.0.iter().flat_map(|(_, conds)| conds.iter().cloned())
    }

    /// What is hidden on the record, by the answers to the conditions.
    pub(super) fn on(&self, holds: &[bool]) -> Unseen {
        let mut unseen = Unseen::default();
        for ((place, _), holds) in self.0.iter().zip(holds.chunks(2)) {
            if holds.first() == Some(&true) {
                continue;
            }
            unseen.hidden.insert(*place);
            if holds.last() == Some(&true) {
                unseen.ends.insert(*place);
            }
        }
        unseen
    }
}

impl Unseen {
    pub(super) fn contains(&self, place: &Place) -> bool {
        self.hidden.contains(place)
    }

    /// Whether what was sent is what the caller sees there. The mark of a value that was left out is never meant as one.
    fn is_as_seen(&self, place: Place, sent: &Value, current: Option<&Value>, path: &str) -> Result<bool, Fault> {
        let end = current.and_then(Value::as_text).filter(|_| self.ends.contains(&place)).and_then(partial);
        match (sent.as_text(), end) {
            (Some(text), Some(end)) if text == end => Ok(true),
            (Some(text), _) if text.starts_with(MARK) => Err(Fault::new(path, &code::FIELD_READ_ONLY)),
            (_, None) => Ok(sent.is_empty()),
            (_, Some(_)) => Ok(false),
        }
    }
}

/// The patch without what was sent back as the caller sees it: empty, or the end of a value. What else was sent of it needs the
/// right to write, and the rows of a hidden table cannot be sent at all: nobody can say which of them to keep.
pub(super) fn leave_out(
    form: &Form,
    patch: &Patch,
    old: &Record,
    unseen: &Unseen,
    grants: &[&WriteGrant],
    faults: &mut Vec<Fault>,
) -> Vec<(usize, FieldPatch)> {
    let mut kept = Vec::with_capacity(patch.fields.len());
    for (index, change) in &patch.fields {
        let Some(field) = form.fields.get(*index) else { continue };
        let current = old.values.get(*index);
        if unseen.contains(&(*index, None)) {
            match change {
                FieldPatch::Set(value) => match unseen.is_as_seen((*index, None), value, current, &field.name) {
                    Ok(true) => {}
                    Ok(false) => kept.push((*index, change.clone())),
                    Err(fault) => faults.push(fault),
                },
                FieldPatch::Rows(rows) if rows.is_empty() => {}
                _ => faults.push(Fault::new(&field.name, &code::FIELD_READ_ONLY)),
            }
            continue;
        }
        let mut change = change.clone();
        if let (Some(table), FieldPatch::Rows(rows) | FieldPatch::RowChanges { patch: rows, .. }) =
            (field.table(), &mut change)
        {
            for (column, of) in table.fields.iter().enumerate() {
                let place = (*index, Some(column));
                if !unseen.contains(&place) {
                    continue;
                }
                let writes = grants.iter().any(|g| g.writes(*index, Some(column)));
                for (at, row) in rows.iter_mut().enumerate() {
                    let current = stored_row(current, row.id).and_then(|stored| stored.values.get(column));
                    let Some(sent) = row.values.get_mut(column) else { continue };
                    let Some(value) = sent.as_ref() else { continue };
                    let path = format!("{}/{at}/{}", field.name, of.name);
                    match unseen.is_as_seen(place, value, current, &path) {
                        Ok(true) => *sent = None,
                        Ok(false) if writes => {}
                        Ok(false) => faults.push(Fault::new(path, &code::FIELD_READ_ONLY)),
                        Err(fault) => faults.push(fault),
                    }
                }
            }
        }
        kept.push((*index, change));
    }
    kept
}

fn stored_row(current: Option<&Value>, id: Option<Uuid>) -> Option<&Row> {
    match current? {
        Value::Rows(rows) => rows.iter().find(|row| Some(row.id) == id),
        _ => None,
    }
}
