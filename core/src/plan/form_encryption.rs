//! Fields that begin or cease to be kept encrypted: values and history are rewritten, and what conversions left of them goes.

use super::change::{Change, Derived, Sealing};
use super::count::Count;
use super::form::{At, FormDifference};
use super::shape::FieldShape;
use super::step::{Class, Step};
use super::what::What;
use crate::field::Field;

/// Different values from which on equality tells little about any of them.
const MANY_VALUES: u64 = 1000;

impl FormDifference<'_> {
    /// `values`: those of the records are rewritten; otherwise they are worked out again.
    pub(super) fn reseal(
        &mut self,
        from: &FieldShape,
        to: &FieldShape,
        values: bool,
        field: &Field,
        at: &At,
        object: &str,
    ) {
        let what = if to.encrypted { What::Encrypt } else { What::Decrypt };
        self.plan.steps.push(
            Step::new(Class::Converting, what, object, field.title.clone())
                .count(Count::Values(at.place(&from.column()))),
        );
        if to.encrypted && to.normalized && values {
            // equality tells little where there are many different values
            let place = at.place(&from.column());
            self.plan.steps.push(
                Step::new(Class::Safe, What::FewValues, object, field.title.clone())
                    .count(Count::Distinct { place, enough: MANY_VALUES }),
            );
        }
        if values {
            self.plan.changes.push(Change::RenameColumn {
                table: at.table.clone(),
                from: from.column(),
                to: to.column(),
            });
        }
        self.plan.changes.push(Change::Seal(Box::new(Sealing {
            form: self.form.id.clone(),
            table: at.key.strip_suffix('.').map(str::to_string),
            field: to.id.clone(),
            place: at.place(&to.column()),
            on: to.encrypted,
            values,
        })));
        if values && from.normalized && to.normalized {
            self.plan.changes.push(Change::Derive {
                from: at.place(&to.column()),
                field: to.id.clone(),
                storage: to.storage,
                to: Derived::Normalized,
            });
        }
        if to.encrypted {
            let key = format!("{}{}", at.key, to.id);
            for (key, column) in self.retired.asides(&self.form.id, &key) {
                self.plan.changes.push(Change::DropColumn { table: at.table.clone(), column });
                self.plan.changes.push(Change::Unretire { form_id: self.form.id.clone(), key });
            }
        }
    }
}
