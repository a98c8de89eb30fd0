//! The difference of two roles: what their people gain is named, one step for each gain.

use super::Plan;
use super::step::{Class, Step};
use super::what::What;
use crate::catalog::Catalog;
use crate::permission::{FieldRef, Grant, Role, RowScope};
use crate::text::Title;
use std::collections::{BTreeMap, BTreeSet};

/// Steps for a role that is in both catalogues. `true` where something was gained or lost.
pub(super) fn compare(plan: &mut Plan, old_catalog: &Catalog, old: &Role, new_catalog: &Catalog, new: &Role) -> bool {
    let object = format!("role/{}", new.name);
    let mut steps: Vec<Step> = Vec::new();
    let step = |class: Class, what: What, part: String, detail: String| {
        Step::new(class, what, &object, new.title.clone()).part(part).detail(detail)
    };
    for right in new.rights.iter().filter(|r| !old.rights.contains(r)) {
        steps.push(step(Class::Widening, What::Right, right.clone(), right.clone()));
    }
    for app in new.designs.iter().filter(|a| !old.designs.contains(a)) {
        steps.push(step(Class::Widening, What::Right, format!("design-{app}"), format!("design {app}")));
    }
    for parent in new.inherits.iter().filter(|p| !old.inherits.contains(p)) {
        steps.push(step(Class::Widening, What::Inherit, parent.clone(), parent.clone()));
    }
    for (key, limit) in &new.limits {
        if old.limits.get(key).is_some_and(|before| before < limit) {
            steps.push(step(Class::Widening, What::Right, format!("limit-{key}"), format!("{key} {limit}")));
        }
    }
    let before = by_form(old_catalog, old);
    let after = by_form(new_catalog, new);
    for (form_id, grants) in &after {
        let Some(form) = new_catalog.form_by_id(form_id) else { continue };
        let none = Vec::new();
        let had = before.get(form_id).unwrap_or(&none);
        let (had_actions, has_actions) = (actions(had), actions(grants));
        for action in has_actions.difference(&had_actions) {
            steps.push(step(
                Class::Widening,
                What::Gain,
                format!("{}-{action}", form.name),
                format!("{action} {}", form.name),
            ));
        }
        for action in had_actions.intersection(&has_actions) {
            let rows = |catalog: &Catalog, list: &[&Grant]| -> Vec<String> {
                list.iter().filter(|g| g.actions.contains(action)).map(|g| scope_text(catalog, g)).collect()
            };
            let (old_rows, new_rows) = (rows(old_catalog, had), rows(new_catalog, grants));
            if !old_rows.iter().any(String::is_empty) && new_rows.iter().any(|r| !old_rows.contains(r)) {
                steps.push(step(
                    Class::Widening,
                    What::Rows,
                    format!("{}-{action}", form.name),
                    format!("{action} {}", form.name),
                ));
            }
        }
        let Some(old_form) = old_catalog.form_by_id(form_id) else { continue };
        for (index, field) in form.fields.iter().enumerate() {
            let Some(old_index) = old_form.fields.iter().position(|f| f.id == field.id) else { continue };
            let name = format!("{}-{}", form.name, field.name);
            let detail = || Title::new(format!("{}.{}", form.name, field.name), Default::default());
            if sees(grants, "read", index) > sees(had, "read", old_index) && had_actions.contains("read") {
                let mut gain = step(Class::Widening, What::Sees, name.clone(), String::new());
                gain.detail = detail();
                steps.push(gain);
            }
            if writes(grants, index)
                && !writes(had, old_index)
                && (had_actions.contains("update") || had_actions.contains("create"))
            {
                let mut gain = step(Class::Widening, What::Writes, name, String::new());
                gain.detail = detail();
                steps.push(gain);
            }
        }
    }
    for (form_id, grants) in &before {
        let none = Vec::new();
        let lost: Vec<String> =
            actions(grants).difference(&actions(after.get(form_id).unwrap_or(&none))).cloned().collect();
        if let Some(form) =
            old_catalog.form_by_id(form_id).filter(|f| !lost.is_empty() && new_catalog.form_by_id(&f.id).is_some())
        {
            steps.push(step(Class::Safe, What::Lose, form.name.clone(), format!("{} {}", lost.join(", "), form.name)));
        }
    }
    let changed = !steps.is_empty();
    plan.steps.append(&mut steps);
    changed
}

fn by_form<'r>(catalog: &Catalog, role: &'r Role) -> BTreeMap<String, Vec<&'r Grant>> {
    let mut out: BTreeMap<String, Vec<&Grant>> = BTreeMap::new();
    for grant in &role.grants {
        if let Some(form) = catalog.forms.get(grant.form) {
            out.entry(form.id.clone()).or_default().push(grant);
        }
    }
    out
}

fn actions(grants: &[&Grant]) -> BTreeSet<String> {
    grants.iter().flat_map(|g| g.actions.iter().cloned()).collect()
}

/// The rows of a grant as text that stays the same while they do; empty for all rows.
fn scope_text(catalog: &Catalog, grant: &Grant) -> String {
    match &grant.rows {
        RowScope::All => String::new(),
        RowScope::Filter(json) => json.to_string(),
        RowScope::Follows { field, .. } => catalog
            .forms
            .get(grant.form)
            .and_then(|f| f.fields.get(*field))
            .map_or_else(|| "?".into(), |f| f.id.clone()),
    }
}

fn covers(list: &[FieldRef], field: usize) -> bool {
    list.iter().any(|f| f.field == field && f.column.is_none())
}

/// 0 hidden, 1 in part, 2 in full: the best that some grant of the action gives.
fn sees(grants: &[&Grant], action: &str, field: usize) -> u8 {
    grants
        .iter()
        .filter(|g| g.actions.iter().any(|a| a == action))
        .map(|g| {
            if covers(&g.hidden, field) {
                0
            } else if covers(&g.partial, field) {
                1
            } else {
                2
            }
        })
        .max()
        .unwrap_or(0)
}

fn writes(grants: &[&Grant], field: usize) -> bool {
    grants
        .iter()
        .filter(|g| g.actions.iter().any(|a| a == "update" || a == "create"))
        .any(|g| !covers(&g.hidden, field) && !covers(&g.readonly, field))
}
