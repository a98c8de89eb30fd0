//! A new name keeps its meaning: what other definitions say about a renamed form, field, list or role follows.
//!
//! Only names that nothing bears any more are replaced, so that a name which was given to something new keeps pointing there.

use super::recode::{of_list, of_set, recoded};
use crate::catalog::Catalog;
use crate::definition::{Key, Kind};
use crate::field::{Field, FieldKind};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Carries the names of `documents`, which are about to follow `old`, along. The keys of documents that were changed.
pub fn follow_renames(old: &Catalog, documents: &mut BTreeMap<Key, Json>) -> Vec<Key> {
    let names = Names::of(old, documents);
    if names.is_empty() {
        return Vec::new();
    }
    let mut changed = Vec::new();
    let mut moved = Vec::new();
    for (key, doc) in documents.iter_mut() {
        let before = doc.clone();
        names.document(key, doc);
        if *doc != before {
            changed.push(key.clone());
        }
        // an extension bears the name of what it extends
        if let Some(new) = doc
            .get("extends")
            .and_then(Json::as_str)
            .filter(|e| !e.is_empty())
            .and_then(|_| names.of_kind(key.kind))
            .and_then(|n| n.get(&key.name))
        {
            moved.push((key.clone(), Key { name: new.clone(), ..key.clone() }));
        }
    }
    for (from, to) in moved {
        if let Some(mut doc) = documents.remove(&from) {
            if let Some(map) = doc.as_object_mut() {
                map.insert("name".into(), Json::String(to.name.clone()));
            }
            changed.retain(|k| *k != from);
            changed.push(to.clone());
            documents.insert(to, doc);
        }
    }
    changed
}

pub(super) type Renamed = HashMap<String, String>;

/// Old names and what they are now.
pub(super) struct Names<'a> {
    old: &'a Catalog,
    pub(super) forms: Renamed,
    pub(super) options: Renamed,
    pub(super) roles: Renamed,
    /// By index of the form before.
    pub(super) fields: HashMap<usize, Renamed>,
    /// By index of the form and of its child table before.
    columns: HashMap<(usize, usize), Renamed>,
    /// Index of the form before, by its name now.
    form_by_name: HashMap<String, usize>,
    /// Values of choices that bear another name now, by index of form and field before.
    pub(super) values: HashMap<(usize, usize), Renamed>,
}

fn text<'j>(doc: &'j Json, key: &str) -> &'j str {
    doc.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// Names of properties by the ids of their fields.
fn properties(schema: Option<&Json>) -> Vec<(&str, &str, &Json)> {
    let all = schema.and_then(|s| s.get("properties")).and_then(Json::as_object).into_iter().flatten();
    all.filter_map(|(name, p)| Some((p.get("field")?.get("id")?.as_str()?, name.as_str(), p))).collect()
}

fn renamed_of(old: &[Field], new: &[(&str, &str, &Json)]) -> Renamed {
    let taken: HashSet<&str> = new.iter().map(|(_, name, _)| *name).collect();
    old.iter()
        .filter_map(|f| {
            let (_, name, _) = new.iter().find(|(id, _, _)| *id == f.id)?;
            (*name != f.name && !taken.contains(f.name.as_str())).then(|| (f.name.clone(), (*name).to_string()))
        })
        .collect()
}

impl<'a> Names<'a> {
    fn of(old: &'a Catalog, documents: &BTreeMap<Key, Json>) -> Names<'a> {
        let mut names = Names {
            old,
            forms: Renamed::new(),
            options: Renamed::new(),
            roles: Renamed::new(),
            fields: HashMap::new(),
            columns: HashMap::new(),
            form_by_name: HashMap::new(),
            values: HashMap::new(),
        };
        let is_base = |doc: &Json| text(doc, "extends").is_empty();
        for kind in [Kind::Form, Kind::Options, Kind::Role] {
            let known: HashMap<&str, &str> = match kind {
                Kind::Form => old.forms.iter().map(|f| (f.id.as_str(), f.name.as_str())).collect(),
                Kind::Options => old.options.iter().map(|o| (o.id.as_str(), o.name.as_str())).collect(),
                _ => old.roles.iter().map(|r| (r.id.as_str(), r.name.as_str())).collect(),
            };
            let now: HashSet<&str> =
                documents.iter().filter(|(k, d)| k.kind == kind && is_base(d)).map(|(k, _)| k.name.as_str()).collect();
            for (key, doc) in documents.iter().filter(|(k, d)| k.kind == kind && is_base(d)) {
                let Some(before) = known.get(text(doc, "id")).filter(|b| **b != key.name && !now.contains(**b)) else {
                    continue;
                };
                let list = match kind {
                    Kind::Form => &mut names.forms,
                    Kind::Options => &mut names.options,
                    _ => &mut names.roles,
                };
                list.insert((*before).to_string(), key.name.clone());
            }
        }
        for (key, doc) in documents.iter().filter(|(k, d)| k.kind == Kind::Form && is_base(d)) {
            let Some(index) = old.forms.iter().position(|f| f.id == text(doc, "id") && !f.id.is_empty()) else {
                continue;
            };
            names.form_by_name.insert(key.name.clone(), index);
            let Some(form) = old.forms.get(index) else { continue };
            let mut new = properties(doc.get("record"));
            for (_, extension) in documents.iter().filter(|(k, d)| {
                k.kind == Kind::Form
                    && !is_base(d)
                    && (k.name == key.name || names.forms.get(&k.name) == Some(&key.name))
            }) {
                new.extend(properties(extension.get("record")));
            }
            let fields = renamed_of(&form.fields, &new);
            if !fields.is_empty() {
                names.fields.insert(index, fields);
            }
            for (at, field) in form.fields.iter().enumerate() {
                let Some((_, _, property)) = new.iter().find(|(id, _, _)| *id == field.id) else { continue };
                let values = names.recoded(field, property, documents);
                if !values.is_empty() {
                    names.values.insert((index, at), values);
                }
            }
            for (at, table) in form.fields.iter().enumerate().filter(|(_, f)| f.table().is_some()) {
                let Some((_, _, property)) = new.iter().find(|(id, _, _)| *id == table.id) else { continue };
                let columns = renamed_of(
                    &table.table().map(|t| t.fields.clone()).unwrap_or_default(),
                    &properties(property.get("items")),
                );
                if !columns.is_empty() {
                    names.columns.insert((index, at), columns);
                }
            }
        }
        names
    }

    /// Values of a field's choices that bear another name now.
    fn recoded(&self, field: &Field, property: &Json, documents: &BTreeMap<Key, Json>) -> Renamed {
        let Some(set) = field.kind.choices() else { return Renamed::new() };
        let new = match property.get("field").and_then(|f| f.get("options")).and_then(Json::as_str) {
            Some(list) => {
                let renamed = self.options.get(list).map_or(list, String::as_str);
                documents
                    .iter()
                    .filter(|(k, _)| k.kind == Kind::Options && k.name == renamed)
                    .flat_map(|(_, d)| of_list(d.get("items"), "value"))
                    .collect()
            }
            None => {
                let own = property.get("oneOf").or_else(|| property.get("items").and_then(|i| i.get("oneOf")));
                of_list(own, "const")
            }
        };
        recoded(&of_set(set), &new).into_iter().collect()
    }

    fn is_empty(&self) -> bool {
        self.values.is_empty()
            && self.forms.is_empty()
            && self.options.is_empty()
            && self.roles.is_empty()
            && self.fields.is_empty()
            && self.columns.is_empty()
    }

    fn of_kind(&self, kind: Kind) -> Option<&Renamed> {
        match kind {
            Kind::Form => Some(&self.forms),
            Kind::Options => Some(&self.options),
            Kind::Role => Some(&self.roles),
            Kind::App => None,
        }
    }

    /// Index of a form before, by the name it has now or had.
    pub(super) fn form(&self, name: &str) -> Option<usize> {
        self.form_by_name.get(name).copied().or_else(|| self.old.form_index(name))
    }

    /// A path over records of a form, with its segments as they are called now.
    pub(super) fn path(&self, form: Option<usize>, path: &str) -> Option<String> {
        self.walk(form, path).0
    }

    /// The path as it is called now, where that differs, and form and field before on which it ends.
    pub(super) fn walk(&self, form: Option<usize>, path: &str) -> (Option<String>, Option<(usize, usize)>) {
        let (sign, path) = path.strip_prefix('-').map_or(("", path), |rest| ("-", rest));
        let mut leaf = None;
        let mut at = form;
        let mut table: Option<usize> = None;
        let mut out = Vec::new();
        for segment in path.split('.') {
            let Some(form) = at else {
                leaf = None;
                out.push(segment.to_string());
                continue;
            };
            let renamed = match table {
                None => self.fields.get(&form),
                Some(table) => self.columns.get(&(form, table)),
            };
            // a document of today may already say it as it is called now
            let before = renamed
                .and_then(|r| r.iter().find(|(_, new)| *new == segment))
                .map_or(segment, |(old, _)| old.as_str());
            out.push(renamed.and_then(|r| r.get(segment)).map_or(segment, String::as_str).to_string());
            let fields = match table {
                None => self.old.forms.get(form).map(|f| f.fields.as_slice()),
                Some(table) => self
                    .old
                    .forms
                    .get(form)
                    .and_then(|f| f.fields.get(table))
                    .and_then(Field::table)
                    .map(|t| t.fields.as_slice()),
            };
            let found = fields.unwrap_or_default().iter().position(|f| f.name == before);
            let kind = found.and_then(|i| fields.unwrap_or_default().get(i)).map(|f| &f.kind);
            leaf = found.filter(|_| table.is_none()).map(|field| (form, field));
            (at, table) = match (kind, found) {
                (Some(FieldKind::Link(link) | FieldKind::Links(link)), _) => (self.old.form_index(&link.form), None),
                (Some(FieldKind::Table(_)), Some(index)) if table.is_none() => (at, Some(index)),
                (Some(_), _) => (None, None),
                (None, _) => (self.old.inverse(form, before).map(|(from, _)| from), None),
            };
        }
        let new = format!("{sign}{}", out.join("."));
        ((out.join(".") != path).then_some(new), leaf)
    }

    /// Texts that are old values of a choice, as they are called now.
    pub(super) fn set_values(values: &Renamed, json: Option<&mut Json>) {
        match json {
            Some(Json::String(value)) => {
                if let Some(new) = values.get(value) {
                    *value = new.clone();
                }
            }
            Some(Json::Array(items)) => items.iter_mut().for_each(|i| Self::set_values(values, Some(i))),
            _ => {}
        }
    }

    pub(super) fn set_path(&self, form: Option<usize>, json: &mut Json) {
        match json {
            Json::String(path) => {
                if let Some(new) = self.path(form, path) {
                    *path = new;
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|i| self.set_path(form, i)),
            // a placed field: {"field": …, "after": …}
            Json::Object(map) => {
                for key in ["field", "after"] {
                    if let Some(inner) = map.get_mut(key) {
                        self.set_path(form, inner);
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn set_name(names: &Renamed, json: Option<&mut Json>) {
        match json {
            Some(Json::String(name)) => {
                let (head, rest) = name.split_once('.').map_or((name.as_str(), ""), |(h, r)| (h, r));
                if let Some(new) = names.get(head) {
                    *name = if rest.is_empty() { new.clone() } else { format!("{new}.{rest}") };
                }
            }
            Some(Json::Array(items)) => items.iter_mut().for_each(|i| Self::set_name(names, Some(i))),
            _ => {}
        }
    }

    /// Keys of an object that are fields of a form.
    pub(super) fn set_keys(&self, form: Option<usize>, json: Option<&mut Json>) {
        let Some(map) = json.and_then(Json::as_object_mut) else { return };
        *map =
            std::mem::take(map).into_iter().map(|(key, value)| (self.path(form, &key).unwrap_or(key), value)).collect();
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
