//! Formulas that tell a role what is hidden from it: the administrator's decision, named so that it is one.

use super::Plan;
use super::step::{Class, Step};
use super::what::What;
use crate::catalog::Catalog;
use crate::field::{ComputedPlace, Source};
use crate::form::Form;
use crate::permission::{FieldRef, Grant};
use crate::record::computed_field;
use std::collections::BTreeSet;

/// Steps for what this publication brings: a formula that a role sees though it may not see a field that the formula reads.
pub(super) fn name_formulas(plan: &mut Plan, old: &Catalog, new: &Catalog) {
    for role in &new.roles {
        let mut told = BTreeSet::new();
        for (index, form) in new.forms.iter().enumerate() {
            let told_before = old.role(&role.name).map(|r| {
                let was = old.forms.iter().position(|f| f.id == form.id);
                was.and_then(|i| Some(reveals(old.forms.get(i)?, &of_form(&r.grants, i)))).unwrap_or_default()
            });
            let now = reveals(form, &of_form(&role.grants, index));
            told.extend(now.difference(&told_before.unwrap_or_default()).map(|path| format!("{}.{path}", form.name)));
        }
        for path in told {
            let object = format!("role/{}", role.name);
            plan.steps.push(
                Step::new(Class::Safe, What::Reveals, object, role.title.clone()).part(path.clone()).detail(path),
            );
        }
    }
}

fn of_form(grants: &[Grant], form: usize) -> Vec<&Grant> {
    grants.iter().filter(|g| g.form == form && g.actions.iter().any(|a| a == "read")).collect()
}

/// Paths of formulas that some grant shows while none shows a field that they read.
fn reveals(form: &Form, grants: &[&Grant]) -> BTreeSet<String> {
    if grants.is_empty() {
        return BTreeSet::new();
    }
    let sees = |place: ComputedPlace| {
        grants.iter().any(|g| {
            let hides = |field: usize, column: Option<usize>| g.hidden.contains(&FieldRef { field, column });
            match place.table {
                None => !hides(place.field, None),
                Some(table) => !hides(table, None) && !hides(table, Some(place.field)),
            }
        })
    };
    let reads_hidden = |place: &ComputedPlace| {
        let Some((_, formula)) = computed_field(form, *place) else { return false };
        formula.sources.iter().any(|source| {
            let (table, leaf) = match source {
                Source::Record(leaf) => (None, leaf),
                Source::Row(leaf) => (place.table, leaf),
                Source::Rows { table, leaf } => (Some(*table), leaf),
                // what is hidden elsewhere is hidden by grants on that form
                Source::Remote(_) => return false,
            };
            leaf.field().is_some_and(|field| !sees(ComputedPlace { table, field }))
        })
    };
    let name = |place: &ComputedPlace| {
        let (field, _) = computed_field(form, *place)?;
        Some(match place.table.and_then(|t| form.fields.get(t)) {
            Some(table) => format!("{}.{}", table.name, field.name),
            None => field.name.clone(),
        })
    };
    form.computed.iter().filter(|p| sees(**p) && reads_hidden(p)).filter_map(name).collect()
}
