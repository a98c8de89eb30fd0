//! Roles as built: grants by index, row scopes checked.

use super::{ACTIONS, MIGRATE, RIGHTS};
use crate::catalog::Catalog;
use crate::definition::{Document, RoleDoc, pointer_segment};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::FieldKind;
use crate::query::{AllSight, Limits, Person, Place, QueryContext, Vars, read_condition};
use crate::text::Title;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A role of the catalogue.
#[derive(Clone, Debug)]
pub struct Role {
    pub id: String,
    pub app: String,
    pub name: String,
    pub title: Title,
    pub inherits: Vec<String>,
    pub grants: Vec<Grant>,
    pub apps: Vec<String>,
    pub designs: Vec<String>,
    pub rights: Vec<String>,
    pub second_factor: bool,
    pub limits: BTreeMap<String, u64>,
}

/// A field of a form, or a column of one of its child tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldRef {
    pub field: usize,
    pub column: Option<usize>,
}

/// Which rows a grant admits.
#[derive(Clone, Debug, PartialEq)]
pub enum RowScope {
    All,
    Filter(Json),
    /// Rows whose linked record the caller may read.
    Follows {
        field: usize,
        to: usize,
    },
}

/// One grant of a role.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Index of the form in the catalogue.
    pub form: usize,
    pub actions: Vec<String>,
    pub rows: RowScope,
    pub hidden: Vec<FieldRef>,
    pub readonly: Vec<FieldRef>,
    /// Fields of which only the last four characters are shown.
    pub partial: Vec<FieldRef>,
}

/// Builds a role from its document and its extensions. Faults carry the document they are in.
pub fn build_role(
    catalog: &Catalog,
    docs: &[(Arc<Document>, RoleDoc)],
    faults: &mut Vec<(Arc<Document>, Fault)>,
) -> Role {
    let mut role = Role {
        id: String::new(),
        app: String::new(),
        name: String::new(),
        title: Title::default(),
        inherits: Vec::new(),
        grants: Vec::new(),
        apps: Vec::new(),
        designs: Vec::new(),
        rights: Vec::new(),
        second_factor: false,
        limits: BTreeMap::new(),
    };
    for (i, (document, doc)) in docs.iter().enumerate() {
        if i == 0 {
            role.id = doc.id.clone().unwrap_or_default();
            role.app = doc.app.clone();
            role.name = doc.name.clone();
            role.title = Title::new(
                if doc.title.is_empty() { crate::text::title_from_name(&doc.name) } else { doc.title.clone() },
                doc.labels.clone(),
            );
        }
        let mut inner = Vec::new();
        for (j, right) in doc.rights.iter().enumerate() {
            if !RIGHTS.contains(&right.as_str()) {
                inner.push(
                    Fault::new(format!("/rights/{j}"), &code::UNKNOWN_REFERENCE)
                        .with("kind", "right")
                        .with("name", right)
                        .suggest(right, RIGHTS.into_iter()),
                );
            }
        }
        for (j, grant) in doc.grants.iter().enumerate() {
            let at = format!("/grants/{j}");
            if let Some(grant) = build_grant(catalog, doc, grant, &at, &mut inner) {
                role.grants.push(grant);
            }
        }
        role.inherits.extend(doc.inherits.iter().cloned());
        role.apps.extend(doc.apps.iter().cloned());
        role.designs.extend(doc.designs.iter().cloned());
        role.rights.extend(doc.rights.iter().cloned());
        role.second_factor |= doc.second_factor;
        for (key, value) in &doc.limits {
            role.limits.entry(key.clone()).and_modify(|v| *v = (*v).max(*value)).or_insert(*value);
        }
        faults.extend(inner.into_iter().map(|f| (document.clone(), f)));
    }
    role
}

fn build_grant(
    catalog: &Catalog,
    role: &RoleDoc,
    doc: &crate::definition::GrantDoc,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<Grant> {
    let Some(form) = catalog.form_index(&doc.form) else {
        faults.push(
            Fault::new(format!("{at}/form"), &code::UNKNOWN_REFERENCE)
                .with("kind", "form")
                .with("name", &doc.form)
                .suggest(&doc.form, catalog.forms.iter().map(|f| f.name.as_str())),
        );
        return None;
    };
    let target = catalog.forms.get(form)?;
    let exposed = catalog.app(&target.app).is_some_and(|a| a.exposes.contains(&target.name));
    if target.app != role.app && !exposed {
        faults.push(
            Fault::new(format!("{at}/form"), &code::NOT_EXPOSED).with("app", &target.app).with("name", &target.name),
        );
    }
    for (i, action) in doc.actions.iter().enumerate() {
        let known = ACTIONS.contains(&action.as_str()) || action == MIGRATE || action.starts_with("action:");
        if !known {
            faults.push(
                Fault::new(format!("{at}/actions/{i}"), &code::UNKNOWN_REFERENCE)
                    .with("kind", "action")
                    .with("name", action)
                    .suggest(action, ACTIONS.into_iter()),
            );
        }
    }
    let mut refs = |names: &mut dyn Iterator<Item = (String, &String)>, key: &str| -> Vec<FieldRef> {
        let mut out = Vec::new();
        for (place, name) in names {
            let (head, tail) = name.split_once('.').map_or((name.as_str(), None), |(a, b)| (a, Some(b)));
            let found = target.field(head).and_then(|(field, f)| match tail {
                None => Some(FieldRef { field, column: None }),
                Some(column) => f.table()?.field(column).map(|(c, _)| FieldRef { field, column: Some(c) }),
            });
            match found {
                Some(field) => out.push(field),
                None => faults.push(
                    Fault::new(format!("{at}/{key}/{place}"), &code::UNKNOWN_FIELD)
                        .with("name", name)
                        .suggest(name, target.fields.iter().map(|f| f.name.as_str())),
                ),
            }
        }
        out
    };
    let numbered = |(i, name)| (usize::to_string(&i), name);
    let hidden = refs(&mut doc.hidden.iter().enumerate().map(numbered), "hidden");
    let readonly = refs(&mut doc.readonly.iter().enumerate().map(numbered), "readonly");
    let partial = refs(&mut doc.mask.keys().map(|name| (pointer_segment(name), name)), "mask");
    for (field, mask) in &doc.mask {
        if mask != "last4" {
            faults.push(
                Fault::new(format!("{at}/mask/{field}"), &code::CHOICE_UNKNOWN)
                    .with("value", mask)
                    .suggest(mask, ["last4"].into_iter()),
            );
        }
    }
    let rows = match &doc.rows {
        None | Some(Json::Null) => RowScope::All,
        Some(json) => match json.get("follows") {
            Some(link) => {
                let name = link.as_str().unwrap_or_default();
                let found = target.field(name).and_then(|(field, f)| match &f.kind {
                    FieldKind::Link(l) => catalog.form_index(&l.form).map(|to| RowScope::Follows { field, to }),
                    _ => None,
                });
                match found {
                    Some(scope) => scope,
                    None => {
                        faults.push(
                            Fault::new(format!("{at}/rows/follows"), &code::UNKNOWN_REFERENCE)
                                .with("kind", "link")
                                .with("name", name)
                                .suggest(
                                    name,
                                    target.fields.iter().filter(|f| f.kind.link().is_some()).map(|f| f.name.as_str()),
                                ),
                        );
                        return None;
                    }
                }
            }
            None => {
                let person = Person::default();
                let settings = catalog.default_settings();
                let vars = Vars::of_nobody(&person, settings);
                let cx = QueryContext { catalog, sight: &AllSight, vars: &vars };
                read_condition(&cx, Place::form(form), json, &format!("{at}/rows"), Limits::default(), faults);
                RowScope::Filter(json.clone())
            }
        },
    };
    Some(Grant { form, actions: doc.actions.clone(), rows, hidden, readonly, partial })
}
