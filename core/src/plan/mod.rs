//! The difference of two catalogues: what changes in the database, and the steps that a person confirms.
//!
//! [`Plan::between`] is pure. The store answers the questions that steps ask ([`Count`]) and carries out the [`Change`]s;
//! [`shape`] says how a form is laid out, [`conversion`] which types can become which, [`identity`] gives and keeps ids.

mod change;
mod conversion;
mod count;
mod follow;
mod follow_document;
mod follow_rule;
mod form;
mod form_computed;
mod form_encryption;
mod form_index;
mod form_validation;
pub mod identity;
mod index;
mod recode;
mod retired_choice;
mod role;
mod role_formulas;
pub mod shape;
mod step;
mod stricter;
mod switch_off;
mod unfit;
mod what;

pub use change::{Change, Conversion, Derived, Place, Purpose, RetiredDoc, RetiredRow, Sealing};
pub use conversion::{Way, way};
pub use count::{Bound, Count, Counted, Sample};
pub use follow::follow_renames;
pub use index::{IndexRows, IndexSpec, Predicate, index_specs, indexed_texts};
pub use retired_choice::RetiredChoice;
pub use shape::{FieldShape, FormShape};
pub use step::{Class, Step};
pub use switch_off::judge_following;
pub use what::What;

use crate::catalog::{Catalog, DocumentFault};
use crate::definition::{Key, Kind};
use crate::text::{Labels, Title};
use form::Side;
use serde_json::Value as Json;
use std::collections::HashMap;

/// What was retired and is still there.
#[derive(Clone, Debug, Default)]
pub struct Retired {
    rows: HashMap<(String, String), (Option<String>, RetiredDoc)>,
}

impl Retired {
    /// Adds a row as kept. A document that cannot be read is left out: what it names is then new.
    pub fn insert(&mut self, form_id: &str, key: &str, column: Option<&str>, doc: &Json) {
        if let Ok(doc) = serde_json::from_value::<RetiredDoc>(doc.clone()) {
            self.rows.insert((form_id.to_string(), key.to_string()), (column.map(str::to_string), doc));
        }
    }

    pub(crate) fn find(&self, form_id: &str, key: &str) -> Option<&RetiredDoc> {
        self.rows.get(&(form_id.to_string(), key.to_string())).map(|(_, doc)| doc)
    }

    /// All columns that conversions of a field left behind: their keys and names.
    pub(crate) fn asides(&self, form_id: &str, key: &str) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = self
            .rows
            .iter()
            .filter(|((form, full), _)| form == form_id && full.strip_prefix(key).is_some_and(|r| r.starts_with('@')))
            .filter_map(|((_, full), (column, _))| Some((full.clone(), column.clone()?)))
            .collect();
        found.sort();
        found
    }

    /// The newest column that a conversion left behind and that fits; its key and its name.
    pub(crate) fn earlier(
        &self,
        form_id: &str,
        key: &str,
        fits: impl Fn(&FieldShape) -> bool,
    ) -> Option<(String, String)> {
        self.rows
            .iter()
            .filter(|((form, _), _)| form == form_id)
            .filter_map(|((_, full), (column, doc))| {
                let revision: i64 = full.strip_prefix(key)?.strip_prefix('@')?.parse().ok()?;
                match doc {
                    RetiredDoc::Field(shape) if fits(shape) => Some((revision, full.clone(), column.clone()?)),
                    _ => None,
                }
            })
            .max_by_key(|(revision, _, _)| *revision)
            .map(|(_, full, column)| (full, column))
    }
}

/// Steps for people, changes for the database, and what makes the whole impossible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// In the order in which they are carried out.
    pub changes: Vec<Change>,
    pub faults: Vec<DocumentFault>,
}

impl Plan {
    /// What leads from one catalogue to another. `new.revision` is the revision that will be.
    pub fn between(old: &Catalog, new: &Catalog, retired: &Retired) -> Plan {
        let mut plan = Plan::default();
        plan.forms(old, new, retired);
        plan.roles(old, new);
        role_formulas::name_formulas(&mut plan, old, new);
        plan.name_switched(old, new);
        plan.documents(old, new);
        plan.changes.sort_by_key(Change::rank);
        let mut seen = HashMap::new();
        for step in &mut plan.steps {
            // two steps never share a code: a second one of the same kind on the same object is numbered
            let times = seen.entry(step.code()).and_modify(|n| *n += 1).or_insert(1usize);
            if *times > 1 {
                step.part =
                    Some(format!("{}{times}", step.part.as_deref().map(|p| format!("{p}-")).unwrap_or_default()));
            }
        }
        plan
    }

    /// Values that are rewritten are read by computed fields of other forms, which follow.
    fn follow_elsewhere(&mut self, new: &Catalog) {
        let mut wanted: Vec<&str> = Vec::new();
        for change in &self.changes {
            let place = match change {
                Change::Convert(conversion) => &conversion.to,
                Change::Fill { place, .. } | Change::Recode { place, .. } => place,
                _ => continue,
            };
            let holds = |f: &crate::form::Form| {
                shape::record_table(&f.id) == place.table
                    || f.fields
                        .iter()
                        .any(|f| f.table().is_some() && FieldShape::of(f, false).row_table() == place.table)
            };
            let Some(form) = new.forms.iter().position(|f| holds(f)) else { continue };
            let edges = new.graph.edges(crate::graph::Of::Form(form));
            let forms = edges.iter().filter_map(|e| new.graph.nodes.get(e.node)).filter_map(|n| new.forms.get(n.form));
            wanted.extend(forms.map(|f| f.id.as_str()));
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|id| !self.changes.iter().any(|c| matches!(c, Change::Compute { form } if form == id)));
        self.changes.extend(wanted.into_iter().map(|id| Change::Compute { form: id.to_string() }));
    }

    /// Codes that a person must confirm.
    pub fn to_confirm(&self) -> Vec<String> {
        self.steps.iter().filter(|s| s.class.needs_confirmation()).map(Step::code).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.changes.is_empty()
    }

    fn forms(&mut self, old: &Catalog, new: &Catalog, retired: &Retired) {
        let mut faults = Vec::new();
        let old_sides: Vec<Side<'_>> =
            old.forms.iter().filter(|f| changed_form(f, new)).map(|f| side(old, f, &mut Vec::new())).collect();
        for form in &new.forms {
            if old.form_by_id(&form.id).is_some_and(|was| is_same_form(was, form)) {
                continue;
            }
            let mut inner = Vec::new();
            let here = side(new, form, &mut inner);
            let key = Key { kind: Kind::Form, app: form.app.clone(), name: form.name.clone() };
            faults.extend(inner.into_iter().map(|fault| DocumentFault { key: key.clone(), fault }));
            let was = old_sides.iter().find(|s| s.form.id == form.id);
            match (was, retired.find(&form.id, "")) {
                (Some(was), _) => form::compare(self, retired, new.revision, Some(was), &was.shape, &here),
                (None, Some(RetiredDoc::Form(shape))) => form::compare(self, retired, new.revision, None, shape, &here),
                (None, _) => form::create(self, &here),
            }
        }
        for was in &old_sides {
            if new.form_by_id(&was.form.id).is_none() {
                form::retire(self, was);
            }
        }
        self.faults.append(&mut faults);
        self.follow_elsewhere(new);
    }

    fn roles(&mut self, old: &Catalog, new: &Catalog) {
        for role in &new.roles {
            let object = format!("role/{}", role.name);
            let Some(was) = old.roles.iter().find(|r| r.id == role.id && !r.id.is_empty() || r.name == role.name)
            else {
                self.steps.push(Step::new(Class::Safe, What::Create, object, role.title.clone()));
                continue;
            };
            let gained = role::compare(self, old, was, new, role);
            if was.name != role.name {
                self.steps.push(Step::new(Class::Safe, What::Rename, object, role.title.clone()).detail(&role.name));
            } else if !gained && documents_of(old, Kind::Role, &role.name) != documents_of(new, Kind::Role, &role.name)
            {
                self.steps.push(Step::new(Class::Safe, What::Change, object, role.title.clone()));
            }
        }
        for role in &old.roles {
            if !new.roles.iter().any(|r| r.name == role.name || r.id == role.id && !r.id.is_empty()) {
                self.steps.push(Step::new(
                    Class::Hiding,
                    What::Retire,
                    format!("role/{}", role.name),
                    role.title.clone(),
                ));
            }
        }
    }

    /// Apps and lists of choices, and forms of which only words or views changed.
    fn documents(&mut self, old: &Catalog, new: &Catalog) {
        for kind in [Kind::App, Kind::Options, Kind::Form] {
            for (key, document) in new.documents.iter().filter(|(k, d)| k.kind == kind && d.extends.is_none()) {
                let object = format!("{}/{}", kind.name(), key.name);
                let was = old.documents.iter().find(|(k, d)| {
                    k.kind == kind
                        && d.extends.is_none()
                        && (d.id().is_some() && d.id() == document.id() || k.name == key.name)
                });
                let Some((was_key, _)) = was else {
                    if kind != Kind::Form {
                        self.steps.push(Step::new(Class::Safe, What::Create, object, title_of(&document.doc)));
                    }
                    continue;
                };
                if was_key.name != key.name {
                    if kind != Kind::Form {
                        self.steps.push(
                            Step::new(Class::Safe, What::Rename, object, title_of(&document.doc)).detail(&key.name),
                        );
                    }
                    continue;
                }
                let told = self.steps.iter().any(|s| {
                    s.object == object || s.object.strip_prefix(&object).is_some_and(|rest| rest.starts_with('/'))
                });
                let (before, after) = (documents_of(old, kind, &key.name), documents_of(new, kind, &key.name));
                let plain = |docs: &[&Json]| {
                    docs.iter()
                        .map(|d| if kind == Kind::Form { without_structure(d) } else { (*d).clone() })
                        .collect::<Vec<_>>()
                };
                if before != after && (!told || plain(&before) != plain(&after)) {
                    self.steps.push(Step::new(Class::Safe, What::Change, object, title_of(&document.doc)));
                }
            }
            for (key, document) in
                old.documents.iter().filter(|(k, d)| k.kind == kind && kind != Kind::Form && d.extends.is_none())
            {
                let stays = new.documents.iter().any(|(k, d)| {
                    k.kind == kind
                        && d.extends.is_none()
                        && (d.id().is_some() && d.id() == document.id() || k.name == key.name)
                });
                if !stays {
                    self.steps.push(Step::new(
                        Class::Hiding,
                        What::Retire,
                        format!("{}/{}", kind.name(), key.name),
                        title_of(&document.doc),
                    ));
                }
            }
        }
    }
}

fn side<'a>(catalog: &Catalog, form: &'a crate::form::Form, faults: &mut Vec<crate::diagnostic::Fault>) -> Side<'a> {
    let indexes = index_specs(catalog, form, faults);
    Side { form, shape: FormShape::of(form, indexes.iter().map(|i| i.name.clone()).collect()), indexes }
}

/// Forms that no document of theirs changed need no look; shared lists of choices may have changed under them.
fn is_same_form(old: &crate::form::Form, new: &crate::form::Form) -> bool {
    let same_choices = |a: &crate::field::Field, b: &crate::field::Field| match (a.kind.choices(), b.kind.choices()) {
        (Some(a), Some(b)) => a.choices.len() == b.choices.len() && a.choices.iter().all(|c| b.get(&c.value).is_some()),
        _ => true,
    };
    let nested = |a: &crate::field::Field, b: &crate::field::Field| match (a.table(), b.table()) {
        (Some(a), Some(b)) => a.fields.iter().zip(&b.fields).all(|(a, b)| same_choices(a, b) && is_same_formula(a, b)),
        _ => true,
    };
    (std::sync::Arc::ptr_eq(&old.doc, &new.doc) || old.doc == new.doc)
        && old.fields.iter().zip(&new.fields).all(|(a, b)| same_choices(a, b) && is_same_formula(a, b) && nested(a, b))
}

/// Whether two fields are worked out alike; fields that are typed are.
fn is_same_formula(old: &crate::field::Field, new: &crate::field::Field) -> bool {
    use crate::field::Computed;
    match (&old.computed, &new.computed) {
        (None, None) => true,
        (Some(Computed::Formula(a)), Some(Computed::Formula(b))) => {
            a.is_same(b)
                && old.kind.storage() == new.kind.storage()
                && old.is_kept() == new.is_kept()
                && old.encryption == new.encryption
        }
        (Some(Computed::Rollup(a)), Some(Computed::Rollup(b))) => {
            a.meaning == b.meaning && a.is_asked == b.is_asked && old.kind.storage() == new.kind.storage()
        }
        // nothing of a lookup is kept
        (Some(Computed::Lookup(_)), Some(Computed::Lookup(_))) => old.kind.storage() == new.kind.storage(),
        _ => false,
    }
}

fn changed_form(old: &crate::form::Form, new: &Catalog) -> bool {
    new.form_by_id(&old.id).is_none_or(|form| !is_same_form(old, form))
}

/// The documents of one name: the base and its extensions.
fn documents_of<'c>(catalog: &'c Catalog, kind: Kind, name: &str) -> Vec<&'c Json> {
    catalog.documents.iter().filter(|(k, _)| k.kind == kind && k.name == name).map(|(_, d)| &d.doc).collect()
}

fn without_structure(doc: &Json) -> Json {
    let mut doc = doc.clone();
    if let Some(map) = doc.as_object_mut() {
        for key in ["record", "search", "unique", "indexes", "name", "id"] {
            map.shift_remove(key);
        }
        // what is switched off is named by itself
        for part in ["views", "rules"] {
            for part in map.get_mut(part).and_then(Json::as_array_mut).into_iter().flatten() {
                part.as_object_mut().map(|part| part.shift_remove("off"));
            }
        }
    }
    doc
}

fn title_of(doc: &Json) -> Title {
    let text = |key: &str| doc.get(key).and_then(Json::as_str).unwrap_or_default();
    let labels: Labels = doc
        .get("labels")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_string())))
        .collect();
    let title =
        if text("title").is_empty() { crate::text::title_from_name(text("name")) } else { text("title").to_string() };
    Title::new(title, labels)
}

#[cfg(test)]
mod tests;
