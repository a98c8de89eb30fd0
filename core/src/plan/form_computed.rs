//! The difference of computed fields: their values can be made again, those that somebody typed cannot.

use super::change::{Change, RetiredDoc, RetiredRow};
use super::count::Count;
use super::form::{At, FormDifference, Side, columns_of, doc_of};
use super::is_same_formula;
use super::shape::FieldShape;
use super::step::{Class, Step};
use super::what::What;
use crate::definition::{Key, Kind, pointer_segment};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{ColumnKind, Field, Storage};

impl FormDifference<'_> {
    /// A field that is, or was, worked out. Whether that is all; otherwise its values follow its type as any others.
    pub(super) fn recast(&mut self, from: &FieldShape, to: &FieldShape, field: &Field, at: &At, object: &str) -> bool {
        match (from.computed, to.computed) {
            (true, true) => self.remake(from, to, field, at, object),
            (false, true) => self.give_way(from, to, field, at, object),
            (true, false) => {
                let step = Step::new(Class::Safe, What::Retype, object, field.title.clone())
                    .detail(format!("formula → {}", to.type_name));
                self.step(step);
                return self.take_back(from, to, at);
            }
            (false, false) => return false,
        }
        true
    }

    /// Columns of one formula become those of another.
    fn remake(&mut self, from: &FieldShape, to: &FieldShape, field: &Field, at: &At, object: &str) {
        if from.encrypted != to.encrypted {
            self.reseal(from, to, false, field, at, object);
        } else if columns_of(from) == columns_of(to) {
            self.kept.extend(columns_of(to).into_iter().map(|(column, _)| column));
            return;
        }
        self.drop_columns(from, at);
        self.add_columns(to, at);
    }

    fn drop_columns(&mut self, shape: &FieldShape, at: &At) {
        for (column, _) in columns_of(shape) {
            self.touched.insert(column.clone());
            self.plan.changes.push(Change::DropColumn { table: at.table.clone(), column });
        }
    }

    fn add_columns(&mut self, shape: &FieldShape, at: &At) {
        for (column, kind) in columns_of(shape) {
            self.touched.insert(column.clone());
            self.plan.changes.push(Change::AddColumn { table: at.table.clone(), column, kind });
        }
    }

    /// What was typed is kept aside; a formula takes its place.
    fn give_way(&mut self, from: &FieldShape, to: &FieldShape, field: &Field, at: &At, object: &str) {
        // what was typed stays aside as it is, which must not be the plain text of something encrypted
        if !matches!(from.storage, Storage::Column(_)) || from.encrypted != to.encrypted {
            let key = Key { kind: Kind::Form, app: self.form.app.clone(), name: self.form.name.clone() };
            let fault = Fault::new(
                format!("{}{}/field/type", at.pointer, pointer_segment(&field.name)),
                &code::CONVERSION_REFUSED,
            )
            .with("from", &from.type_name)
            .with("to", field.type_name());
            self.plan.faults.push(crate::catalog::DocumentFault { key, fault });
            return;
        }
        self.step(
            Step::new(Class::Converting, What::Type, object, field.title.clone())
                .detail(format!("{} → {}", from.type_name, field.type_name()))
                .count(Count::Values(at.place(&from.column()))),
        );
        let aside = format!("{}_r{}", to.id, self.revision);
        let derived: Vec<(String, ColumnKind)> =
            columns_of(from).into_iter().filter(|(c, _)| *c != from.column()).collect();
        for (column, _) in derived {
            self.touched.insert(column.clone());
            self.plan.changes.push(Change::DropColumn { table: at.table.clone(), column });
        }
        self.plan.changes.push(Change::RenameColumn {
            table: at.table.clone(),
            from: from.column(),
            to: aside.clone(),
        });
        self.plan.changes.push(Change::Retire(RetiredRow {
            form_id: self.form.id.clone(),
            key: format!("{}{}@{}", at.key, to.id, self.revision),
            table: at.table.clone(),
            column: Some(aside),
            doc: doc_of(&RetiredDoc::Field(from.clone())),
        }));
        self.add_columns(to, at);
        self.retyped.insert(to.id.clone());
    }

    /// A formula's place is typed again: what was typed there before comes back, where there is such.
    fn take_back(&mut self, from: &FieldShape, to: &FieldShape, at: &At) -> bool {
        let key = format!("{}{}", at.key, to.id);
        let fits = |s: &FieldShape| {
            !s.computed && s.storage == to.storage && s.type_name == to.type_name && s.encrypted == to.encrypted
        };
        let Some((earlier, column)) = self.retired.earlier(&self.form.id, &key, fits) else { return false };
        self.drop_columns(from, at);
        self.plan.changes.push(Change::RenameColumn { table: at.table.clone(), from: column, to: to.column() });
        self.plan.changes.push(Change::Unretire { form_id: self.form.id.clone(), key: earlier });
        let derived: Vec<(String, ColumnKind)> =
            columns_of(to).into_iter().filter(|(c, _)| *c != to.column()).collect();
        for (column, kind) in derived {
            self.touched.insert(column.clone());
            self.plan.changes.push(Change::AddColumn { table: at.table.clone(), column, kind });
        }
        self.derive_all(to, at);
        self.retyped.insert(to.id.clone());
        true
    }

    /// Works out again what other formulas or other inputs make of the records that are there.
    pub(super) fn formulas(&mut self, old: Option<&Side<'_>>, before: usize, object: &str) {
        if self.form.computed.is_empty() {
            return;
        }
        let inputs_changed = self
            .plan
            .changes
            .iter()
            .skip(before)
            .any(|c| matches!(c, Change::Convert(_) | Change::Fill { .. } | Change::Recode { .. }));
        let mut steps = Vec::new();
        for place in &self.form.computed {
            let owner = place.table.and_then(|t| self.form.fields.get(t));
            let fields = owner.map_or(Some(&self.form.fields), |o| o.table().map(|t| &t.fields));
            let Some(field) = fields.and_then(|f| f.get(place.field)) else { continue };
            let was = old.and_then(|o| match owner {
                None => o.form.fields.iter().find(|f| f.id == field.id),
                Some(owner) => {
                    let before = o.form.fields.iter().find(|f| f.id == owner.id)?;
                    before.table()?.fields.iter().find(|f| f.id == field.id)
                }
            });
            if !inputs_changed && was.is_some_and(|was| is_same_formula(was, field)) {
                continue;
            }
            if !field.is_kept() {
                // not kept: there is nothing to be worked out, only what an earlier formula left to be emptied
                if was.is_some() {
                    let name = owner.map_or_else(|| field.name.clone(), |o| format!("{}.{}", o.name, field.name));
                    steps.push(Step::new(Class::Safe, What::Change, format!("{object}/{name}"), field.title.clone()));
                }
                continue;
            }
            // its indexes and its words are made anew
            self.touched.extend(columns_of(&FieldShape::of(field, owner.is_some())).into_iter().map(|(c, _)| c));
            self.kept.remove(&field.id);
            self.retyped.insert(field.id.clone());
            let (name, count) = match owner {
                None => {
                    let table = super::shape::record_table(&self.form.id);
                    (format!("{object}/{}", field.name), Count::Rows { table, rows: false })
                }
                Some(owner) => {
                    let table = FieldShape::of(owner, false).row_table();
                    (format!("{object}/{}.{}", owner.name, field.name), Count::Rows { table, rows: true })
                }
            };
            let is_new_table =
                owner.is_some_and(|o| old.is_some_and(|old| old.form.fields.iter().all(|f| f.id != o.id)));
            let step = Step::new(Class::Filling, What::Compute, name, field.title.clone());
            steps.push(if is_new_table { step } else { step.count(count) });
        }
        if !steps.is_empty() {
            self.plan.steps.append(&mut steps);
            self.plan.changes.push(Change::Compute { form: self.form.id.clone() });
        }
    }
}
