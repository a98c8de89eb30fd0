//! The difference of two forms' indexes and full texts.

use super::change::{Change, Place};
use super::count::Count;
use super::form::{FormDifference, Side};
use super::index::IndexRows;
use super::shape::FormShape;
use super::step::{Class, Step};
use super::what::What;
use std::collections::HashSet;

impl FormDifference<'_> {
    pub(super) fn indexes(&mut self, old: Option<&Side<'_>>, before: &FormShape, new: &Side<'_>, object: &str) {
        let had: HashSet<&str> = before.indexes.iter().map(String::as_str).collect();
        let specs = old.map(|o| o.indexes.as_slice()).unwrap_or_default();
        let is_touched = |name: &str| match specs.iter().find(|s| s.name == name) {
            Some(spec) => {
                // an index of texts of any length is made otherwise than one of short values
                let is_other = new.indexes.iter().any(|s| s.name == name && s.texts != spec.texts);
                is_other || spec.columns.iter().any(|c| self.touched.contains(c)) || uses(&spec.rows, &self.touched)
            }
            None => !self.touched.is_empty(),
        };
        let mut changes = Vec::new();
        let mut steps = Vec::new();
        let mut plain = false;
        for name in &before.indexes {
            let stays = new.indexes.iter().any(|s| s.name == *name);
            if !stays || is_touched(name) {
                changes.push(Change::DropIndex { name: name.clone() });
            }
            if let Some(spec) = specs.iter().find(|s| s.name == *name).filter(|_| !stays) {
                plain |= !spec.unique && name.starts_with("k_");
                let replaced = new.indexes.iter().any(|s| s.unique && s.fields == spec.fields);
                let still_there = spec.fields.iter().all(|f| new.form.field(f).is_some());
                if spec.unique && !replaced && still_there {
                    steps.push(
                        Step::new(Class::Safe, What::NotUnique, object, new.form.title.clone())
                            .part(spec.fields.join("+"))
                            .detail(spec.fields.join(", ")),
                    );
                }
            }
        }
        for spec in &new.indexes {
            let stays = had.contains(spec.name.as_str());
            if stays && !is_touched(&spec.name) {
                continue;
            }
            changes.push(Change::CreateIndex(spec.clone()));
            if stays {
                continue;
            }
            plain |= !spec.unique && spec.name.starts_with("k_");
            if spec.unique {
                let mut step = Step::new(Class::Safe, What::Unique, object, new.form.title.clone())
                    .part(spec.fields.join("+"))
                    .detail(spec.fields.join(", "));
                let is_plain = |id: &str| before.field(id).is_some_and(|f| !f.encrypted);
                let source = spec.name.strip_prefix("un_").filter(|id| self.kept.contains(*id) && is_plain(id));
                if spec.columns.iter().all(|c| self.kept.contains(c)) {
                    step.class = Class::Narrowing;
                    step = step.count(Count::Duplicates(spec.clone()));
                } else if let Some(id) = source {
                    step.class = Class::Narrowing;
                    step = step.count(Count::FoldedDuplicates(Place {
                        table: spec.table.clone(),
                        rows: false,
                        column: id.to_string(),
                    }));
                }
                steps.push(step);
            }
        }
        if plain {
            steps.push(Step::new(Class::Safe, What::Index, object, new.form.title.clone()));
        }
        self.plan.changes.extend(changes);
        self.plan.steps.extend(steps);
    }

    pub(super) fn search(&mut self, before: &FormShape, new: &Side<'_>, object: &str) {
        let is_retyped =
            new.shape.search.iter().any(|entry| self.retyped.contains(entry.rsplit('.').next().unwrap_or_default()));
        // what was written while the form was away or a field hidden is not in the old index
        if before.search == new.shape.search && !is_retyped {
            return;
        }
        let table = new.shape.search_table();
        if !before.search.is_empty() {
            self.plan.changes.push(Change::DropTable { table: table.clone() });
        }
        if !new.shape.search.is_empty() {
            self.plan.changes.push(Change::Search {
                form: new.form.id.clone(),
                table,
                columns: new.shape.search.len(),
                fill: true,
            });
        }
        self.step(
            Step::new(Class::Filling, What::Search, object, new.form.title.clone())
                .count(Count::Rows { table: new.shape.table(), rows: false }),
        );
    }
}

fn uses(rows: &IndexRows, columns: &HashSet<String>) -> bool {
    fn walk(predicate: &super::index::Predicate, columns: &HashSet<String>) -> bool {
        use super::index::Predicate as P;
        match predicate {
            P::All(parts) | P::Any(parts) => parts.iter().any(|p| walk(p, columns)),
            P::Not(inner) => walk(inner, columns),
            P::Empty(column) | P::In { column, .. } | P::Range { column, .. } => columns.contains(column),
        }
    }
    match rows {
        IndexRows::Meeting(predicate) => walk(predicate, columns),
        IndexRows::All | IndexRows::Live | IndexRows::Deleted => false,
    }
}
