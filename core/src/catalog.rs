//! The catalogue: the immutable whole of one revision, with every reference resolved. Built once, shared by all requests.

use crate::definition::{AppDoc, Document, Key, Kind, OptionsDoc, RoleDoc};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{ChoiceSet, Field, FieldDefault, FieldKind};
use crate::form::{Form, finish_form, merge_form, parse_form, settle_forms};
use crate::permission::{Role, build_role};
use crate::query::{
    AllSight, Limits, NoOrganisation, Person, Place, QueryContext, Vars, read_condition, resolve_path, resolve_stored,
};
use crate::setting::{AppSettings, SYSTEM, named_settings};
use crate::text::Title;
use crate::time::Clock;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap, HashSet};
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

    /// Builds the catalogue of a set of documents, or says everything that is wrong with them.
    pub fn build(revision: i64, documents: Vec<Document>) -> Result<Catalog, Vec<DocumentFault>> {
        let mut faults: Vec<DocumentFault> = Vec::new();
        let mut catalog = Catalog { revision, ..Catalog::default() };
        for document in documents {
            catalog.documents.insert(document.key.clone(), Arc::new(document));
        }
        let all: Vec<Arc<Document>> = catalog.documents.values().cloned().collect();
        let of = |kind: Kind| all.iter().filter(move |d| d.key.kind == kind);
        check_names(&all, &mut faults);
        for document in of(Kind::App) {
            match serde_json::from_value::<AppDoc>(document.doc.clone()) {
                Ok(app) => catalog.apps.push(app),
                Err(e) => faults.push(broken(document, &e)),
            }
        }
        check_apps(&catalog, &all, &mut faults);
        let mut sets: HashMap<String, Arc<ChoiceSet>> = HashMap::new();
        for base in of(Kind::Options).filter(|d| d.extends.is_none()) {
            let mut items = Vec::new();
            let mut head: Option<OptionsDoc> = None;
            for document in std::iter::once(base).chain(extensions(&all, base)) {
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
            catalog.options.push(Arc::new(Options {
                id: doc.id.unwrap_or_default(),
                app: doc.app,
                name: doc.name,
                title: Title::new(title, doc.labels),
                set,
            }));
        }
        catalog.read_settings(&all, &sets, &mut faults);
        let (mut bases, mut drafts) = (Vec::new(), Vec::new());
        for base in of(Kind::Form).filter(|d| d.extends.is_none()) {
            let mut merged = base.doc.clone();
            for extension in extensions(&all, base) {
                let mut inner = Vec::new();
                merge_form(&mut merged, extension, &mut inner);
                faults.extend(inner.into_iter().map(|f| at(extension, f)));
            }
            let mut inner = Vec::new();
            if let Some(draft) = parse_form(&merged, &sets, &mut inner) {
                bases.push(base);
                drafts.push(draft);
            }
            faults.extend(inner.into_iter().map(|f| at(base, f)));
        }
        let settled = settle_forms(&mut drafts);
        for ((base, draft), mut inner) in bases.into_iter().zip(drafts).zip(settled) {
            if let Some(form) = finish_form(draft, &mut inner) {
                let index = catalog.forms.len();
                catalog.forms_by_name.insert(form.name.clone(), index);
                if !form.id.is_empty() {
                    catalog.forms_by_id.insert(form.id.clone(), index);
                }
                catalog.forms.push(Arc::new(form));
            }
            faults.extend(inner.into_iter().map(|f| at(base, f)));
        }
        if catalog.forms.len() > MAX_FORMS {
            faults.extend(all.first().map(|d| at(d, Fault::new("", &code::TOO_MANY).with("limit", MAX_FORMS))));
        }
        if faults.is_empty() {
            catalog.link_forms(&mut faults);
        }
        for base in of(Kind::Role).filter(|d| d.extends.is_none()) {
            let mut docs = Vec::new();
            for document in std::iter::once(base).chain(extensions(&all, base)) {
                match serde_json::from_value::<RoleDoc>(document.doc.clone()) {
                    Ok(doc) => docs.push((document.clone(), doc)),
                    Err(e) => faults.push(broken(document, &e)),
                }
            }
            if faults.is_empty() {
                let mut inner = Vec::new();
                let role = build_role(&catalog, &docs, &mut inner);
                catalog.roles_by_name.insert(role.name.clone(), catalog.roles.len());
                catalog.roles.push(Arc::new(role));
                faults.extend(inner.into_iter().map(|(d, f)| at(&d, f)));
            }
        }
        if faults.is_empty() {
            catalog.check_inheritance(&all, &mut faults);
            catalog.check_named_settings(&all, &mut faults);
            catalog.check_conditions(&all, &mut faults);
        }
        if faults.is_empty() { Ok(catalog) } else { Err(faults) }
    }

    /// A key is one setting, whichever app describes it.
    fn read_settings(
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
                    Fault::new(
                        format!("/settings/properties/{}", crate::definition::pointer_segment(&field.name)),
                        &code::NAME_TAKEN,
                    )
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
    fn check_named_settings(&self, all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
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

    fn link_forms(&mut self, faults: &mut Vec<DocumentFault>) {
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

    fn check_inheritance(&self, all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
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

    /// Every condition and path of forms and views is read once against the finished catalogue.
    fn check_conditions(&self, all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
        let person = Person::default();
        let clock = Clock { now: chrono::DateTime::UNIX_EPOCH, zone: chrono_tz::UTC };
        let vars = Vars {
            clock,
            fiscal_year_start: 1,
            week_start: chrono::Weekday::Mon,
            me: &person,
            organisation: &NoOrganisation,
            record: None,
            settings: Some(&self.default_settings),
        };
        let cx = QueryContext { catalog: self, sight: &AllSight, vars: &vars };
        for (index, form) in self.forms.iter().enumerate() {
            let Some(document) =
                all.iter().find(|d| d.key.kind == Kind::Form && d.key.name == form.name && d.extends.is_none())
            else {
                continue;
            };
            let mut inner = Vec::new();
            let place = Place::form(index);
            let condition = |json: &Json, pointer: String, inner: &mut Vec<Fault>| {
                read_condition(&cx, place, json, &pointer, Limits::default(), inner);
            };
            let path = |text: &str, pointer: String, inner: &mut Vec<Fault>| {
                if let Err(fault) = resolve_stored(&cx, place, text.trim_start_matches('-'), &pointer) {
                    inner.push(fault);
                }
            };
            let shown = |text: &str, pointer: String, inner: &mut Vec<Fault>| {
                let resolve = if text.contains('.') { resolve_stored } else { resolve_path };
                inner.extend(resolve(&cx, place, text, &pointer).err());
            };
            if let Some(lock) = &form.lock {
                condition(lock, "/lock".into(), &mut inner);
            }
            for (i, unique) in form.unique.iter().enumerate() {
                if let Some(when) = &unique.when {
                    condition(when, format!("/unique/{i}/when"), &mut inner);
                }
            }
            let mut view_names = HashSet::new();
            for (i, view) in form.views.iter().enumerate() {
                if !view_names.insert(view.name.as_str()) {
                    inner.push(Fault::new(format!("/views/{i}/name"), &code::NAME_TAKEN).with("name", &view.name));
                }
                if let Some(filter) = &view.filter {
                    condition(filter, format!("/views/{i}/filter"), &mut inner);
                }
                for (j, column) in view.fields.iter().enumerate() {
                    shown(column.path(), format!("/views/{i}/fields/{j}"), &mut inner);
                }
                for (j, key) in view.sort.iter().enumerate() {
                    path(key, format!("/views/{i}/sort/{j}"), &mut inner);
                }
                for (key, value) in [
                    ("group", &view.group),
                    ("color", &view.color),
                    ("start", &view.start),
                    ("end", &view.end),
                    ("image", &view.image),
                    ("parent", &view.parent),
                ] {
                    if let Some(text) = value {
                        path(text, format!("/views/{i}/{key}"), &mut inner);
                    }
                }
                for text in view.sum.iter().chain(&view.card) {
                    path(text, format!("/views/{i}"), &mut inner);
                }
            }
            for field in &form.fields {
                if let Some(link) = field.kind.link()
                    && let (Some(filter), Some(to)) = (&link.filter, self.form_index(&link.form))
                {
                    read_condition(
                        &cx,
                        Place::form(to),
                        filter,
                        &format!("/record/properties/{}/field/filter", field.name),
                        Limits::default(),
                        &mut inner,
                    );
                }
            }
            check_layout(form, form.layout.as_deref().unwrap_or_default(), "/layout", &mut inner);
            faults.extend(inner.into_iter().map(|f| at(document, f)));
        }
    }
}

fn check_layout(form: &Form, entries: &[crate::definition::LayoutEntry], pointer: &str, faults: &mut Vec<Fault>) {
    for (i, entry) in entries.iter().enumerate() {
        for (j, field) in entry.fields.iter().enumerate() {
            if form.field(field.name()).is_none() && crate::field::SystemField::find(field.name()).is_none() {
                faults.push(
                    Fault::new(format!("{pointer}/{i}/fields/{j}"), &code::UNKNOWN_FIELD)
                        .with("name", field.name())
                        .suggest(field.name(), form.fields.iter().map(|f| f.name.as_str())),
                );
            }
        }
        check_layout(form, &entry.content, &format!("{pointer}/{i}/content"), faults);
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

/// Names are unique per kind in the installation; an extension names what it extends.
fn check_names(all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
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

fn check_apps(catalog: &Catalog, all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
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

/// Whether a field may be a title, shown as text.
pub fn is_title_kind(kind: &FieldKind) -> bool {
    !kind.is_many() && !matches!(kind, FieldKind::Json | FieldKind::Location | FieldKind::Signature)
}
