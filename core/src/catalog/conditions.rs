//! Every condition and path that forms and their views name, read once against the finished catalogue.

use super::{Catalog, DocumentFault, at};
use crate::definition::{Document, DuplicateFieldDoc, Kind, LayoutEntry, ViewDoc, made_neutral};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{SystemField, encryption_refused};
use crate::form::Form;
use crate::query::{
    AllSight, Limits, Person, Place, QueryContext, Vars, read_condition, resolve_open, resolve_path, resolve_stored,
};
use crate::rule;
use serde_json::Value as Json;
use std::collections::HashSet;
use std::sync::Arc;

impl Catalog {
    /// Every condition and path of forms and views is read once against the finished catalogue.
    pub(super) fn check_conditions(&self, all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
        let person = Person::default();
        let vars = Vars::of_nobody(&person, &self.default_settings);
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
                if let Err(fault) = resolve_open(&cx, place, text.trim_start_matches('-'), &pointer) {
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
                let is_on = |at: &str, text: &str| view.off.is_empty() || !view.is_off(at, &Json::from(text));
                if let Some(filter) = &view.filter {
                    let filter = made_neutral(filter, &|term| view.is_off("filter", term));
                    condition(&filter, format!("/views/{i}/filter"), &mut inner);
                }
                for (j, column) in view.fields.iter().enumerate().filter(|(_, c)| is_on("fields", c.path())) {
                    shown(column.path(), format!("/views/{i}/fields/{j}"), &mut inner);
                }
                for (j, key) in view.sort.iter().enumerate().filter(|(_, key)| is_on("sort", key)) {
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
                    if let Some(text) = value.as_ref().filter(|text| is_on(key, text)) {
                        path(text, format!("/views/{i}/{key}"), &mut inner);
                    }
                }
                for (j, text) in view.sum.iter().enumerate().filter(|(_, text)| is_on("sum", text)) {
                    path(text, format!("/views/{i}/sum/{j}"), &mut inner);
                }
                for (j, text) in view.card.iter().enumerate().filter(|(_, text)| is_on("card", text)) {
                    inner.extend(resolve_stored(&cx, place, text, &format!("/views/{i}/card/{j}")).err());
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
            for (i, rule) in form.duplicate_check.iter().enumerate() {
                for (j, field) in rule.fields.iter().enumerate() {
                    let (DuplicateFieldDoc::Path(text) | DuplicateFieldDoc::As { field: text, .. }) = field;
                    let here = format!("/duplicate_check/{i}/fields/{j}");
                    match resolve_stored(&cx, place, text, &here) {
                        Ok(found) => {
                            let hidden = found.field(self).filter(|field| !field.finds_equals());
                            inner.extend(hidden.map(|field| encryption_refused(&field.name, here)));
                        }
                        Err(fault) => inner.push(fault),
                    }
                }
            }
            for (i, text) in form.tell.iter().enumerate() {
                shown(text, format!("/tell/{i}"), &mut inner);
            }
            self.check_layout(form, form.layout.as_deref().unwrap_or_default(), "/layout", &mut inner);
            faults.extend(inner.into_iter().map(|f| at(document, f)));
        }
    }

    /// Views are used without their terms that are switched off.
    pub(super) fn settle_views(&mut self) {
        for form in &mut self.forms {
            if form.views.iter().any(|view| !view.off.is_empty()) {
                let form = Arc::make_mut(form);
                form.views = form.views.iter().map(ViewDoc::without_off).collect();
            }
        }
    }

    /// Rules need all forms and roles: they are read when these are there.
    pub(super) fn compile_rules(&mut self, all: &[Arc<Document>], faults: &mut Vec<DocumentFault>) {
        let person = Person::default();
        let vars = Vars::of_nobody(&person, &self.default_settings);
        let cx = QueryContext { catalog: self, sight: &AllSight, vars: &vars };
        let mut found = Vec::with_capacity(self.forms.len());
        for (index, form) in self.forms.iter().enumerate() {
            let mut inner = Vec::new();
            found.push(Arc::new(rule::compile(&cx, index, form, &mut inner)));
            rule::check_moves(&cx, index, form, &mut inner);
            let base = all.iter().find(|d| d.key.kind == Kind::Form && d.key.name == form.name && d.extends.is_none());
            if let Some(base) = base {
                faults.extend(inner.into_iter().map(|f| at(base, f)));
            }
        }
        for (form, rules) in self.forms.iter_mut().zip(found) {
            Arc::make_mut(form).rules = rules;
        }
    }

    fn check_layout(&self, form: &Form, entries: &[LayoutEntry], pointer: &str, faults: &mut Vec<Fault>) {
        for (i, entry) in entries.iter().enumerate() {
            let here = format!("{pointer}/{i}");
            for (j, field) in entry.fields.iter().enumerate() {
                if form.field(field.name()).is_none() && SystemField::find(field.name()).is_none() {
                    faults.push(unknown(form, field.name(), format!("{here}/fields/{j}")));
                }
            }
            if let Some(after) = entry.after.as_ref().filter(|name| form.field(name).is_none()) {
                faults.push(unknown(form, after, format!("{here}/after")));
            }
            if let Some(related) = &entry.related {
                match self.form(&related.form) {
                    Some(other) if other.field(&related.via).is_none_or(|(_, f)| f.kind.link().is_none()) => {
                        faults.push(unknown(other, &related.via, format!("{here}/related/via")));
                    }
                    Some(_) => {}
                    None => faults.push(
                        Fault::new(format!("{here}/related/form"), &code::UNKNOWN_REFERENCE)
                            .with("kind", "form")
                            .with("name", &related.form)
                            .suggest(&related.form, self.forms.iter().map(|f| f.name.as_str())),
                    ),
                }
            }
            self.check_layout(form, &entry.content, &format!("{here}/content"), faults);
        }
    }
}

fn unknown(form: &Form, name: &str, at: String) -> Fault {
    Fault::new(at, &code::UNKNOWN_FIELD).with("name", name).suggest(name, form.fields.iter().map(|f| f.name.as_str()))
}
