//! The catalogue: the immutable whole of one revision, with every reference resolved. Built once, shared by all requests.

mod build;
mod conditions;
mod consequence;
mod names;
mod retired;
mod rollups;
#[cfg(test)]
mod tests;

use crate::definition::{AppDoc, Document, Key, Kind};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{ChoiceSet, Field, FieldKind};
use crate::form::Form;
use crate::graph::Graph;
use crate::permission::Role;
use crate::setting::AppSettings;
use crate::text::Title;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Most forms an installation may have.
pub const MAX_FORMS: usize = 2000;

/// A shared list of choices.
#[derive(Clone, Debug)]
pub struct Options {
    pub id: String,
    pub app: String,
    pub name: String,
    pub title: Title,
    pub set: Arc<ChoiceSet>,
}

/// All definitions of a revision.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub revision: i64,
    pub apps: Vec<AppDoc>,
    pub forms: Vec<Arc<Form>>,
    pub options: Vec<Arc<Options>>,
    pub roles: Vec<Arc<Role>>,
    forms_by_name: HashMap<String, usize>,
    forms_by_id: HashMap<String, usize>,
    roles_by_name: HashMap<String, usize>,
    /// For each form: links that lead to it, as (form, field).
    inbound: Vec<Vec<(usize, usize)>>,
    inverses: HashMap<(usize, String), (usize, usize)>,
    /// Settings of the company and of each app that has some.
    settings: Vec<Arc<AppSettings>>,
    default_settings: Json,
    /// What kept computed values follow from.
    pub graph: Graph,
    /// The documents as written, by key.
    pub documents: BTreeMap<Key, Arc<Document>>,
}

/// A fault with the document it is in.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentFault {
    pub key: Key,
    pub fault: Fault,
}

impl Catalog {
    pub fn form_index(&self, name: &str) -> Option<usize> {
        self.forms_by_name.get(name).copied()
    }

    pub fn form(&self, name: &str) -> Option<&Arc<Form>> {
        self.form_index(name).and_then(|i| self.forms.get(i))
    }

    pub fn form_by_id(&self, id: &str) -> Option<&Arc<Form>> {
        self.forms_by_id.get(id).and_then(|i| self.forms.get(*i))
    }

    pub fn role(&self, name: &str) -> Option<&Arc<Role>> {
        self.roles_by_name.get(name).and_then(|i| self.roles.get(*i))
    }

    pub fn app(&self, name: &str) -> Option<&AppDoc> {
        self.apps.iter().find(|a| a.name == name)
    }

    /// Settings of the company and of the apps that have some, in the order of the apps.
    pub fn settings(&self) -> &[Arc<AppSettings>] {
        &self.settings
    }

    /// The settings of an app, `system` for the company's own.
    pub fn settings_of(&self, app: &str) -> Option<&Arc<AppSettings>> {
        self.settings.iter().find(|s| s.app == app)
    }

    /// The app that describes a setting, with the field that says what it is.
    pub fn setting(&self, key: &str) -> Option<(&AppSettings, &Field)> {
        self.settings.iter().find_map(|s| s.field(key).map(|field| (s.as_ref(), field)))
    }

    /// Every setting's default by key: what holds where nothing was ever set.
    pub fn default_settings(&self) -> &Json {
        &self.default_settings
    }

    /// What of the schemas of forms is passed over or kept otherwise than it reads, each with its document.
    pub fn notices(&self) -> Vec<DocumentFault> {
        let of = |form: &Arc<Form>| {
            let key = Key { kind: Kind::Form, app: form.app.clone(), name: form.name.clone() };
            form.notices
                .iter()
                .map(move |fault| DocumentFault { key: key.clone(), fault: fault.clone() })
                .collect::<Vec<_>>()
        };
        self.forms.iter().flat_map(of).collect()
    }

    /// Links that lead to a form.
    pub fn inbound(&self, form: usize) -> &[(usize, usize)] {
        self.inbound.get(form).map_or(&[], Vec::as_slice)
    }

    /// The link of another form whose inverse has this name here.
    pub fn inverse(&self, form: usize, name: &str) -> Option<(usize, usize)> {
        self.inverses.get(&(form, name.to_string())).copied()
    }

    /// Decimals of a currency, from the shared list of currencies.
    pub fn minor(&self, currency: &str) -> Option<u32> {
        let list = self.options.iter().find(|o| o.name == "currencies")?;
        list.set.get(currency)?.data.get("minor")?.as_u64().and_then(|n| u32::try_from(n).ok())
    }

    /// The names of a role and of all that it inherits.
    pub fn expand_roles(&self, names: &[String]) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let mut todo: Vec<String> = names.to_vec();
        while let Some(name) = todo.pop() {
            if out.contains(&name) {
                continue;
            }
            if let Some(role) = self.role(&name) {
                todo.extend(role.inherits.iter().cloned());
            }
            out.push(name);
        }
        out.sort();
        out
    }
}

fn at(document: &Document, fault: Fault) -> DocumentFault {
    DocumentFault { key: document.key.clone(), fault }
}

fn broken(document: &Document, error: &serde_json::Error) -> DocumentFault {
    at(document, Fault::new("", &code::KEY_INVALID).with("reason", error))
}

fn extensions<'a>(all: &'a [Arc<Document>], base: &'a Arc<Document>) -> impl Iterator<Item = &'a Arc<Document>> {
    all.iter().filter(move |d| {
        d.key.kind == base.key.kind
            && d.key.name == base.key.name
            && d.extends.as_deref() == Some(base.key.app.as_str())
    })
}

/// Whether a field may be a title, shown as text.
pub fn is_title_kind(kind: &FieldKind) -> bool {
    !kind.is_many() && !matches!(kind, FieldKind::Json | FieldKind::Location | FieldKind::Signature)
}
