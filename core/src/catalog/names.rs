//! Names among the documents of a catalogue: apps, extensions, settings, links and what roles inherit.

use super::{Catalog, DocumentFault, at};
use crate::definition::{Document, Key, Kind, pointer_segment};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{ChoiceSet, FieldDefault};
use crate::setting::{AppSettings, SYSTEM, named_settings};
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Catalog {
    /// A key is one setting, whichever app describes it.
    pub(super) fn read_settings(
        &mut self,
        all: &[Arc<Document>],
        sets: &HashMap<String, Arc<ChoiceSet>>,
        faults: &mut Vec<DocumentFault>,
    ) {
        let mut keys: HashSet<String> = HashSet::new();
        let mut defaults = serde_json::Map::new();
        let mut add = |settings: AppSettings, fault: &mut dyn FnMut(Fault)| {
            for field in settings.form.fields.iter().filter(|f| !keys.insert(f.name.clone())) {
                fault(
                    Fault::new(format!("/settings/properties/{}", pointer_segment(&field.name)), &code::NAME_TAKEN)
                        .with("name", &field.name),
                );
            }
            defaults.extend(settings.values(&|_| None));
            self.settings.push(Arc::new(settings));
        };
        if let Some(company) = AppSettings::system() {
            add(company, &mut |_| {});
        }
        for document in all.iter().filter(|d| d.key.kind == Kind::App) {
            let Some(app) = self.apps.iter().find(|a| a.name == document.key.name) else { continue };
            if app.name == SYSTEM {
                faults.push(at(
                    document,
                    Fault::new("/name", &code::RESERVED_NAME).with("name", SYSTEM).with("proposal", "company"),
                ));
                continue;
            }
            let mut inner = Vec::new();
            if let Some(settings) = AppSettings::of_app(app, sets, &mut inner) {
                add(settings, &mut |fault| inner.push(fault));
            }
            faults.extend(inner.into_iter().map(|fault| at(document, fault)));
        }
        self.default_settings = Json::Object(defaults);
    }

    /// Settings that documents name must be there.
    pub(super) fn check_named_settings(&self, all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
        let Json::Object(known) = &self.default_settings else { return };
        for document in all {
            for (pointer, key) in named_settings(&document.doc) {
                if !known.contains_key(key.split('.').next().unwrap_or_default()) {
                    faults.push(at(
                        document,
                        Fault::new(pointer, &code::UNKNOWN_REFERENCE)
                            .with("kind", "setting")
                            .with("name", &key)
                            .suggest(&key, known.keys().map(String::as_str)),
                    ));
                }
            }
        }
        for form in &self.forms {
            let key = Key { kind: Kind::Form, app: form.app.clone(), name: form.name.clone() };
            for field in &form.fields {
                if let Some(FieldDefault::Setting(name)) = &field.default
                    && let Some((_, setting)) = self.setting(name)
                    && setting.kind.storage() != field.kind.storage()
                {
                    let fault = Fault::new(format!("/record/properties/{}/default", field.name), &code::KEY_INVALID)
                        .with("reason", format!("The setting \"{name}\" has another type than this field"));
                    faults.push(DocumentFault { key: key.clone(), fault });
                }
            }
        }
    }

    pub(super) fn link_forms(&mut self, faults: &mut Vec<DocumentFault>) {
        self.inbound = vec![Vec::new(); self.forms.len()];
        let mut found = Vec::new();
        for (from, form) in self.forms.iter().enumerate() {
            let key = Key { kind: Kind::Form, app: form.app.clone(), name: form.name.clone() };
            let nested =
                form.fields.iter().enumerate().flat_map(|(i, f)| {
                    let columns = f.table().map_or(&[][..], |t| &t.fields);
                    std::iter::once((i, f, format!("/record/properties/{}", f.name), true)).chain(columns.iter().map(
                        move |c| (i, c, format!("/record/properties/{}/items/properties/{}", f.name, c.name), false),
                    ))
                });
            for (index, field, pointer, top) in nested {
                let Some(link) = field.kind.link() else { continue };
                let Some(to) = self.form_index(&link.form) else {
                    let fault = Fault::new(format!("{pointer}/field/form"), &code::UNKNOWN_REFERENCE)
                        .with("kind", "form")
                        .with("name", &link.form)
                        .suggest(&link.form, self.forms.iter().map(|f| f.name.as_str()));
                    faults.push(DocumentFault { key: key.clone(), fault });
                    continue;
                };
                if field.computed.is_some() {
                    // says what a link elsewhere says, and is none itself
                    continue;
                }
                let target = self.forms.get(to);
                if let Some(target) = target
                    .filter(|t| t.app != form.app && !self.app(&t.app).is_some_and(|a| a.exposes.contains(&t.name)))
                {
                    let fault = Fault::new(format!("{pointer}/field/form"), &code::NOT_EXPOSED)
                        .with("app", &target.app)
                        .with("name", &target.name);
                    faults.push(DocumentFault { key: key.clone(), fault });
                }
                if top {
                    found.push((from, index, to, link.inverse.clone(), key.clone(), pointer));
                }
            }
        }
        for (from, index, to, inverse, key, pointer) in found {
            if let Some(list) = self.inbound.get_mut(to) {
                list.push((from, index));
            }
            if let Some(name) = inverse {
                let taken = self.forms.get(to).is_some_and(|f| f.field(&name).is_some())
                    || self.inverses.contains_key(&(to, name.clone()));
                if taken {
                    faults.push(DocumentFault {
                        key,
                        fault: Fault::new(format!("{pointer}/field/inverse/name"), &code::NAME_TAKEN)
                            .with("name", name),
                    });
                } else {
                    self.inverses.insert((to, name), (from, index));
                }
            }
        }
    }

    pub(super) fn check_inheritance(&self, all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
        for role in &self.roles {
            let Some(document) =
                all.iter().find(|d| d.key.kind == Kind::Role && d.key.name == role.name && d.extends.is_none())
            else {
                continue;
            };
            for (i, parent) in role.inherits.iter().enumerate() {
                if self.role(parent).is_none() {
                    faults.push(at(
                        document,
                        Fault::new(format!("/inherits/{i}"), &code::UNKNOWN_REFERENCE)
                            .with("kind", "role")
                            .with("name", parent)
                            .suggest(parent, self.roles.iter().map(|r| r.name.as_str())),
                    ));
                }
            }
            if depth(self, &role.name, &mut Vec::new()).is_none_or(|d| d > 8) {
                faults.push(at(
                    document,
                    Fault::new("/inherits", &code::KEY_INVALID)
                        .with("reason", "Roles inherit in a circle or more than 8 deep"),
                ));
            }
        }
    }
}

/// Names are unique per kind in the installation; an extension names what it extends.
pub(super) fn check_names(all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
    let mut seen: HashSet<(Kind, &str)> = HashSet::new();
    for document in all.iter().filter(|d| d.extends.is_none()) {
        if !seen.insert((document.key.kind, document.key.name.as_str())) {
            faults.push(at(document, Fault::new("/name", &code::NAME_TAKEN).with("name", &document.key.name)));
        }
        if document.key.kind == Kind::Role && ["admin", "everyone", "guest"].contains(&document.key.name.as_str()) {
            faults.push(at(document, Fault::new("/name", &code::NAME_TAKEN).with("name", &document.key.name)));
        }
    }
    for document in all {
        if let Some(base) = &document.extends
            && !all.iter().any(|d| {
                d.key.kind == document.key.kind
                    && d.key.name == document.key.name
                    && d.key.app == *base
                    && d.extends.is_none()
            })
        {
            faults.push(at(
                document,
                Fault::new("/extends", &code::UNKNOWN_REFERENCE)
                    .with("kind", document.key.kind.name())
                    .with("name", &document.key.name)
                    .with("suggestion", ""),
            ));
        }
    }
}

pub(super) fn check_apps(catalog: &Catalog, all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
    for document in all {
        if catalog.app(&document.key.app).is_none() && document.key.kind != Kind::App {
            let known = catalog.apps.iter().map(|a| a.name.as_str());
            faults.push(at(
                document,
                Fault::new("/app", &code::UNKNOWN_REFERENCE)
                    .with("kind", "app")
                    .with("name", &document.key.app)
                    .suggest(&document.key.app, known),
            ));
        }
    }
    for document in all {
        let Some(base) = &document.extends else { continue };
        let Some(app) = catalog.app(&document.key.app).filter(|app| app.name != *base) else { continue };
        if !app.requires.contains_key(base) && !app.optional.contains(base) {
            let fault = Fault::new("/extends", &code::NOT_REQUIRED).with("app", &app.name).with("name", base);
            faults.push(at(document, fault));
        }
    }
    for app in &catalog.apps {
        let Some(document) = all.iter().find(|d| d.key.kind == Kind::App && d.key.name == app.name) else { continue };
        for required in app.requires.keys() {
            if catalog.app(required).is_none() {
                let known = catalog.apps.iter().map(|a| a.name.as_str());
                faults.push(at(
                    document,
                    Fault::new(format!("/requires/{required}"), &code::UNKNOWN_REFERENCE)
                        .with("kind", "app")
                        .with("name", required)
                        .suggest(required, known),
                ));
            }
        }
    }
}

/// Longest chain of parents; `None` in a circle.
fn depth(catalog: &Catalog, name: &str, on_path: &mut Vec<String>) -> Option<usize> {
    if on_path.iter().any(|n| n == name) || on_path.len() > 20 {
        return None;
    }
    on_path.push(name.to_string());
    let mut most = 0;
    for parent in catalog.role(name).map(|r| r.inherits.clone()).unwrap_or_default() {
        most = most.max(depth(catalog, &parent, on_path)? + 1);
    }
    on_path.pop();
    Some(most)
}
