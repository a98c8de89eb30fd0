//! The difference of what two versions of a field or record ask of values beyond their type.

use super::change::{Change, Derived};
use super::count::Count;
use super::form::{At, FormDifference, Side};
use super::recode::{of_set, recoded};
use super::shape::FieldShape;
use super::step::{Class, Step};
use super::stricter::stricter_keywords;
use super::unfit::unfit;
use super::what::What;
use crate::field::{Field, Storage};
use crate::form::Form;

impl FormDifference<'_> {
    /// What is asked of values beyond their type.
    pub(super) fn validation(&mut self, old: &Field, new: &Field, shape: &FieldShape, at: &At, object: &str) {
        let step = |class: Class, what: What| Step::new(class, what, object, new.title.clone());
        let same_type = old.kind.type_name() == new.kind.type_name() && old.kind.storage() == new.kind.storage();
        let mut quiet = same_type;
        if new.required && !old.required && !new.read_only {
            let step = step(Class::Narrowing, What::Require);
            let is_column = shape.storage != Storage::Table && self.kept.contains(&shape.id);
            self.step(if is_column {
                step.count(Count::Empty(at.place(&shape.column())))
            } else if shape.storage == Storage::Table && !at.rows {
                let (table, row_table) = (at.table.clone(), shape.row_table());
                step.count(Count::UnfitRows { table, row_table, fewest: 1, most: None })
            } else {
                step.count(Count::Rows { table: at.table.clone(), rows: at.rows })
            });
            quiet = false;
        }
        if let (Some(before), Some(after)) = (old.kind.choices(), new.kind.choices()) {
            let pairs =
                if self.kept.contains(&shape.id) { recoded(&of_set(before), &of_set(after)) } else { Vec::new() };
            let holding =
                |values: Vec<String>| Count::Holding { place: at.place(&shape.id), storage: shape.storage, values };
            if !pairs.is_empty() {
                let detail: Vec<String> = pairs.iter().map(|(old, new)| format!("{old} → {new}")).collect();
                self.step(
                    step(Class::Converting, What::Recode)
                        .detail(detail.join(", "))
                        .count(holding(pairs.iter().map(|(old, _)| old.clone()).collect())),
                );
                self.retyped.insert(shape.id.clone());
                self.plan.changes.push(Change::Recode {
                    place: at.place(&shape.id),
                    storage: shape.storage,
                    pairs: pairs.clone(),
                });
                quiet = false;
            }
            let gone: Vec<String> = before
                .choices
                .iter()
                .map(|c| &c.value)
                .filter(|v| after.get(v).is_none() && !pairs.iter().any(|(old, _)| old == *v))
                .cloned()
                .collect();
            if !gone.is_empty() && self.kept.contains(&shape.id) {
                self.plan.changes.extend(super::retired_choice::rows(&self.form.id, at, &shape.id, before, &gone));
                self.step(step(Class::Hiding, What::Choices).detail(gone.join(", ")).count(holding(gone)));
                quiet = false;
            }
        }
        if same_type {
            let keywords = stricter_keywords(old, new);
            if !keywords.is_empty() {
                let is_there = shape.storage == Storage::Table || self.kept.contains(&shape.id);
                let asked = is_there.then(|| unfit(new, shape, at, &keywords)).flatten();
                let whole = || Count::Rows { table: at.table.clone(), rows: at.rows };
                self.step(
                    step(Class::Narrowing, What::Stricter)
                        .detail(keywords.join(", "))
                        .count(asked.unwrap_or_else(whole)),
                );
                quiet = false;
            }
        }
        let same = old.title == new.title
            && old.schema == new.schema
            && old.required == new.required
            && old.default == new.default
            && old.description == new.description;
        if quiet && !same && shape.storage != Storage::Table && old.name == new.name {
            self.step(step(Class::Safe, What::Change));
        }
    }

    /// Texts that are compared by another normal form than before: its column is worked out anew, and what is found by it.
    pub(super) fn renormalize(&mut self, was: &Field, from: &FieldShape, to: &FieldShape, at: &At) {
        if from.normalized && to.normalized {
            self.touched.insert(to.normalized_column());
            self.plan.changes.push(Change::Derive {
                from: at.place(&to.column()),
                field: to.id.clone(),
                storage: to.storage,
                to: Derived::Normalized,
            });
        }
        if !was.is_encrypted() {
            self.retyped.insert(to.id.clone());
        }
    }

    /// Keywords of the record as a whole.
    pub(super) fn whole_record(&mut self, old: Option<&Side<'_>>, object: &str) {
        let Some(old) = old else { return };
        let whole = |form: &Form| {
            let mut record = form.doc.get("record").and_then(serde_json::Value::as_object).cloned().unwrap_or_default();
            for key in [
                "properties",
                "required",
                "title",
                "description",
                "labels",
                "descriptions",
                "type",
                "$schema",
                "$id",
                "$comment",
            ] {
                record.shift_remove(key);
            }
            record
        };
        let (before, after) = (whole(old.form), whole(self.form));
        let mut changed: Vec<&str> =
            after.iter().filter(|(k, v)| before.get(*k) != Some(v)).map(|(k, _)| k.as_str()).collect();
        changed.retain(|k| !k.starts_with("x-"));
        if !changed.is_empty() {
            let detail = changed.join(", ");
            let table = super::shape::record_table(&self.form.id);
            self.step(
                Step::new(Class::Narrowing, What::Stricter, object, self.form.title.clone())
                    .detail(detail)
                    .count(Count::Rows { table, rows: false }),
            );
        }
    }
}
