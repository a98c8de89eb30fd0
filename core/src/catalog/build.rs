//! From documents to a catalogue, or to everything that is wrong with them.
//!
//! Each step goes on with what the one before left: a faulty field or form does not hide the faults of the others. What is only
//! wrong because it names something faulty is not reported.

use super::consequence::Broken;
use super::names::{check_apps, check_names};
use super::{Catalog, DocumentFault, MAX_FORMS, Options, at, broken, extensions};
use crate::definition::{AppDoc, Document, Examined, Key, Kind, OptionsDoc, RoleDoc};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{ChoiceSet, ComputedPlace, Settings};
use crate::form::{Draft, Origins, finish_form, merge_form, parse_form, settle_forms};
use crate::graph::Graph;
use crate::permission::build_role;
use crate::text::Title;
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Catalog {
    /// Builds the catalogue of documents that have no fault of their own.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn build(revision: i64, documents: Vec<Document>) -> Result<Catalog, Vec<DocumentFault>> {
        Catalog::judge(revision, documents.into_iter().map(Examined::sound).collect())
    }

    /// Builds the catalogue of documents as they were read.
    ///
    /// # Errors
    /// Everything that is wrong with each by itself and with all together.
    pub fn judge(revision: i64, examined: Vec<Examined>) -> Result<Catalog, Vec<DocumentFault>> {
        let mut own: Vec<DocumentFault> = Vec::new();
        let mut catalog = Catalog { revision, ..Catalog::default() };
        for Examined { document, faults } in examined {
            own.extend(faults.into_iter().map(|f| at(&document, f)));
            catalog.documents.insert(document.key.clone(), Arc::new(document));
        }
        let all: Vec<Arc<Document>> = catalog.documents.values().cloned().collect();
        let mut faults: Vec<DocumentFault> = Vec::new();
        check_names(&all, &mut faults);
        for document in of(&all, Kind::App) {
            match serde_json::from_value::<AppDoc>(document.doc.clone()) {
                Ok(app) => catalog.apps.push(app),
                Err(e) => faults.push(broken(document, &e)),
            }
        }
        check_apps(&catalog, &all, &mut faults);
        let sets = catalog.read_options(&all, &mut faults);
        catalog.read_settings(&all, &sets, &mut faults);
        let mut names = Broken::new(&all);
        let (origins, sequence) = catalog.read_forms(&all, &sets, &mut names, &mut faults);
        if catalog.forms.len() > MAX_FORMS {
            faults.extend(all.first().map(|d| at(d, Fault::new("", &code::TOO_MANY).with("limit", MAX_FORMS))));
        }
        catalog.link_forms(&mut faults);
        catalog.read_roles(&all, &mut faults);
        catalog.check_inheritance(&all, &mut faults);
        catalog.check_named_settings(&all, &mut faults);
        catalog.check_conditions(&all, &mut faults);
        catalog.settle_views();
        catalog.compile_rules(&all, &mut faults);
        if own.is_empty() && faults.is_empty() {
            let filters = catalog.read_rollups(&mut faults);
            if faults.is_empty() {
                catalog.graph = Graph::of(&catalog, &sequence, filters);
                return Ok(catalog);
            }
        }
        names.note_links(&catalog);
        let faulty: HashSet<_> = own.iter().map(|f| f.key.clone()).collect();
        faults.retain(|f| !names.explain(&catalog, f, faulty.contains(&f.key)));
        for fault in &mut faults {
            if let Some(origins) = origins.get(&fault.key) {
                origins.attribute(fault);
            }
        }
        for fault in faults {
            if !own.iter().any(|o| o.key == fault.key && o.fault.path == fault.fault.path) {
                own.push(fault);
            }
        }
        Err(own)
    }

    fn read_options(
        &mut self,
        all: &[Arc<Document>],
        faults: &mut Vec<DocumentFault>,
    ) -> HashMap<String, Arc<ChoiceSet>> {
        let mut sets: HashMap<String, Arc<ChoiceSet>> = HashMap::new();
        for base in of(all, Kind::Options).filter(|d| d.extends.is_none()) {
            let mut items = Vec::new();
            let mut head: Option<OptionsDoc> = None;
            for document in std::iter::once(base).chain(extensions(all, base)) {
                match serde_json::from_value::<OptionsDoc>(document.doc.clone()) {
                    Ok(mut doc) => {
                        items.append(&mut doc.items);
                        head.get_or_insert(doc);
                    }
                    Err(e) => faults.push(broken(document, &e)),
                }
            }
            let Some(doc) = head else { continue };
            let mut seen = HashSet::new();
            for (i, item) in items.iter().enumerate() {
                if !seen.insert(item.value.as_str()) {
                    faults.push(at(
                        base,
                        Fault::new(format!("/items/{i}/value"), &code::NAME_TAKEN).with("name", &item.value),
                    ));
                }
                if let Some(parent) = item.parent.as_ref().filter(|p| !items.iter().any(|o| o.value == **p)) {
                    faults.push(at(
                        base,
                        Fault::new(format!("/items/{i}/parent"), &code::CHOICE_UNKNOWN)
                            .with("value", parent)
                            .suggest(parent, items.iter().map(|o| o.value.as_str())),
                    ));
                }
            }
            let set = Arc::new(ChoiceSet::from_options(&items));
            sets.insert(doc.name.clone(), set.clone());
            let title = if doc.title.is_empty() { crate::text::title_from_name(&doc.name) } else { doc.title };
            self.options.push(Arc::new(Options {
                id: doc.id.unwrap_or_default(),
                app: doc.app,
                name: doc.name,
                title: Title::new(title, doc.labels),
                set,
            }));
        }
        sets
    }

    /// Reads the forms with what other apps add to them; for each where its parts come from, and all computed fields in order.
    fn read_forms(
        &mut self,
        all: &[Arc<Document>],
        sets: &HashMap<String, Arc<ChoiceSet>>,
        names: &mut Broken,
        faults: &mut Vec<DocumentFault>,
    ) -> (HashMap<Key, Origins>, Vec<(usize, ComputedPlace)>) {
        let mut origins = HashMap::new();
        let (mut bases, mut drafts): (Vec<&Arc<Document>>, Vec<Draft>) = (Vec::new(), Vec::new());
        for base in of(all, Kind::Form).filter(|d| d.extends.is_none()) {
            let mut merged: Json = base.doc.clone();
            let mut parts = Origins::default();
            for extension in extensions(all, base) {
                let mut inner = Vec::new();
                merge_form(&mut merged, extension, &mut parts, &mut inner);
                faults.extend(inner.into_iter().map(|f| at(extension, f)));
            }
            origins.insert(base.key.clone(), parts);
            let mut inner = Vec::new();
            if let Some(draft) = parse_form(&merged, sets, &mut inner) {
                bases.push(base);
                drafts.push(draft);
            }
            faults.extend(inner.into_iter().map(|f| at(base, f)));
        }
        let all_settings = self.settings.clone();
        let settings = Settings {
            field: &|key| all_settings.iter().find_map(|s| s.field(key)),
            keys: all_settings.iter().flat_map(|s| &s.form.fields).map(|f| f.name.clone()).collect(),
        };
        let (settled, sequence) = settle_forms(&mut drafts, &settings);
        for ((base, draft), mut inner) in bases.into_iter().zip(drafts).zip(settled) {
            names.add(draft.name(), draft.broken());
            if let Some(form) = finish_form(draft, &mut inner) {
                let index = self.forms.len();
                self.forms_by_name.insert(form.name.clone(), index);
                if !form.id.is_empty() {
                    self.forms_by_id.insert(form.id.clone(), index);
                }
                self.forms.push(Arc::new(form));
            }
            faults.extend(inner.into_iter().map(|f| at(base, f)));
        }
        (origins, sequence)
    }

    fn read_roles(&mut self, all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
        for base in of(all, Kind::Role).filter(|d| d.extends.is_none()) {
            let mut docs = Vec::new();
            for document in std::iter::once(base).chain(extensions(all, base)) {
                match serde_json::from_value::<RoleDoc>(document.doc.clone()) {
                    Ok(doc) => docs.push((document.clone(), doc)),
                    Err(e) => faults.push(broken(document, &e)),
                }
            }
            if docs.is_empty() {
                continue;
            }
            let mut inner = Vec::new();
            let role = build_role(self, &docs, &mut inner);
            self.roles_by_name.insert(role.name.clone(), self.roles.len());
            self.roles.push(Arc::new(role));
            faults.extend(inner.into_iter().map(|(d, f)| at(&d, f)));
        }
    }
}

fn of(all: &[Arc<Document>], kind: Kind) -> impl Iterator<Item = &Arc<Document>> {
    all.iter().filter(move |d| d.key.kind == kind)
}
