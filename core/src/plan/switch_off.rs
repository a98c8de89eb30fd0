//! Terms of views and rules that no longer fit since something else was changed: they are switched off and named, so that the
//! publication goes through and the view still opens. A term that is new and wrong stays a fault.

use super::follow::follow_renames;
use super::step::{Class, Step};
use super::what::What;
use super::{Plan, title_of};
use crate::catalog::{Catalog, DocumentFault};
use crate::definition::{Document, Examined, Key, Kind, OffDoc, off_of, off_parts, off_place, part_name, view_terms};
use crate::text::Title;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What each part (by definition and pointer) says is switched off.
type Said = BTreeMap<(Key, String), Vec<OffDoc>>;

/// Builds the catalogue of documents that are about to follow `old`. What was published (or is said to be off) and does not fit
/// is switched off in them; what fits again is on again. `examine` reads the documents.
///
/// # Errors
/// Everything else that is wrong with them.
pub fn judge_following(
    old: &Catalog,
    revision: i64,
    documents: &mut BTreeMap<Key, Json>,
    examine: &dyn Fn(&BTreeMap<Key, Json>) -> Vec<Examined>,
) -> Result<Catalog, Vec<DocumentFault>> {
    let said = take_off(documents);
    let mut before = None;
    loop {
        let faults = match Catalog::judge(revision, examine(documents)) {
            Ok(catalog) => return Ok(catalog),
            Err(faults) => faults,
        };
        let may_go = |found: &DocumentFault| {
            documents.get(&found.key).is_some_and(|doc| off_place(found.key.kind, doc, &found.fault.path).is_some())
        };
        if !faults.iter().any(may_go) {
            return Err(faults);
        }
        let before = before.get_or_insert_with(|| published_parts(old, documents));
        let mut is_changed = false;
        let mut rest = Vec::new();
        for found in &faults {
            match switch_off(documents, before, &said, found) {
                Some(is_new) => is_changed |= is_new,
                None => rest.push(found.clone()),
            }
        }
        if !rest.is_empty() {
            return Err(rest);
        }
        if !is_changed {
            return Err(faults);
        }
    }
}

/// Whether the fault's term could be switched off, and whether it was not yet.
fn switch_off(
    documents: &mut BTreeMap<Key, Json>,
    before: &BTreeMap<Key, Json>,
    said: &Said,
    found: &DocumentFault,
) -> Option<bool> {
    let doc = documents.get_mut(&found.key)?;
    let place = off_place(found.key.kind, doc, &found.fault.path)?;
    let is_said = || {
        let list = said.get(&(found.key.clone(), place.part.clone()));
        list.is_some_and(|list| list.iter().any(|off| off.at == place.at && off.term == place.term))
    };
    let part = doc.pointer(&place.part).and_then(Json::as_object)?;
    let was = before.get(&found.key).map(|doc| off_parts(found.key.kind, doc)).unwrap_or_default();
    let is_same = |other: &Map<String, Json>| match part.get("name") {
        // a view is known by its name, and had this term
        Some(name) => other.get("name") == Some(name) && has_term(other, &place.at, &place.term),
        // a rule has none: it is as it was
        None => without_off(other) == without_off(part),
    };
    if !is_said() && !was.iter().any(|(_, other)| is_same(other)) {
        return None;
    }
    let off = OffDoc { at: place.at, term: place.term, why: found.fault.code.code.to_string() };
    let part = doc.pointer_mut(&place.part).and_then(Json::as_object_mut)?;
    let list = part.entry("off").or_insert_with(|| json!([])).as_array_mut()?;
    let is_new = !list.iter().any(|o| o.get("at") == Some(&json!(off.at)) && o.get("term") == Some(&off.term));
    if is_new {
        list.push(json!(off));
    }
    Some(is_new)
}

/// Whether a view has the term in this member.
fn has_term(view: &Map<String, Json>, at: &str, term: &Json) -> bool {
    view_terms(view).iter().any(|(other, had)| *other == at && had == term)
}

fn without_off(part: &Map<String, Json>) -> Map<String, Json> {
    let mut part = part.clone();
    part.shift_remove("off");
    part
}

/// Takes the lists of what is off out of all parts, so that each is judged as it is written.
fn take_off(documents: &mut BTreeMap<Key, Json>) -> Said {
    let mut said = Said::new();
    for (key, doc) in documents {
        let with: Vec<(String, Vec<OffDoc>)> = off_parts(key.kind, doc)
            .into_iter()
            .filter(|(_, part)| part.contains_key("off"))
            .map(|(at, part)| (at, off_of(part)))
            .collect();
        for (at, off) in with {
            if let Some(part) = doc.pointer_mut(&at).and_then(Json::as_object_mut) {
                part.shift_remove("off");
            }
            said.insert((key.clone(), at), off);
        }
    }
    said
}

/// The documents with the views and rules that are published, called as everything is called now.
fn published_parts(old: &Catalog, documents: &BTreeMap<Key, Json>) -> BTreeMap<Key, Json> {
    let mut out = documents.clone();
    let earlier = Earlier::of(old);
    for (key, doc) in out.iter_mut().filter(|(k, _)| k.kind == Kind::Form) {
        let was = earlier.find(key, doc);
        let Some(map) = doc.as_object_mut() else { continue };
        for part in ["views", "rules"] {
            match was.as_ref().and_then(|was| was.doc.get(part)) {
                Some(list) => map.insert(part.to_string(), list.clone()),
                None => map.shift_remove(part),
            };
        }
    }
    follow_renames(old, &mut out);
    out
}

/// The published documents, by id and by key.
struct Earlier<'c> {
    catalog: &'c Catalog,
    by_id: HashMap<(Kind, &'c str), &'c Document>,
}

impl<'c> Earlier<'c> {
    fn of(catalog: &'c Catalog) -> Earlier<'c> {
        let with_id = |(key, document): (&'c Key, &'c Arc<Document>)| {
            document.id().filter(|id| !id.is_empty()).map(|id| ((key.kind, id), document.as_ref()))
        };
        Earlier { catalog, by_id: catalog.documents.iter().filter_map(with_id).collect() }
    }

    /// The published document that a document follows: by its id, else by its key.
    fn find(&self, key: &Key, doc: &Json) -> Option<&'c Document> {
        let same_id = doc.get("id").and_then(Json::as_str).and_then(|id| self.by_id.get(&(key.kind, id)).copied());
        same_id.or_else(|| self.catalog.documents.get(key).map(AsRef::as_ref))
    }
}

fn has_off(catalog: &Catalog) -> bool {
    let is_off = |(key, document): (&Key, &Arc<Document>)| {
        off_parts(key.kind, &document.doc).iter().any(|(_, part)| part.contains_key("off"))
    };
    catalog.documents.iter().any(is_off)
}

impl Plan {
    /// What is switched off, and what is on again, each view and rule by itself.
    pub(super) fn name_switched(&mut self, old: &Catalog, new: &Catalog) {
        if !has_off(old) && !has_off(new) {
            return;
        }
        let published = Earlier::of(old);
        for (key, document) in &new.documents {
            let was = published.find(key, &document.doc).map(|d| off_parts(key.kind, &d.doc)).unwrap_or_default();
            for (pointer, part) in off_parts(key.kind, &document.doc) {
                let earlier = |other: &Map<String, Json>| match part.get("name") {
                    Some(name) => other.get("name") == Some(name),
                    None => without_off(other) == without_off(part),
                };
                let had =
                    was.iter().find(|(_, other)| earlier(other)).map(|(_, other)| off_of(other)).unwrap_or_default();
                let has = off_of(part);
                let differing = |a: &[OffDoc], b: &[OffDoc]| -> Vec<OffDoc> {
                    a.iter().filter(|off| !b.iter().any(|o| o.at == off.at && o.term == off.term)).cloned().collect()
                };
                let list = pointer.trim_start_matches('/').replace('/', "-");
                let word = part.get("name").and_then(Json::as_str).map_or(list, |name| format!("view-{name}"));
                let mut say = |class: Class, what: What, terms: &[OffDoc]| {
                    if terms.is_empty() {
                        return;
                    }
                    let mut step =
                        Step::new(class, what, format!("{}/{}", key.kind.name(), key.name), title_of(&document.doc));
                    step.detail = detail(&pointer, part, terms);
                    self.steps.push(step.part(word.clone()));
                };
                say(Class::Hiding, What::SwitchOff, &differing(&has, &had));
                // what is no longer written was taken out by its author
                let still: Vec<OffDoc> = differing(&had, &has)
                    .into_iter()
                    .filter(|off| part.get("name").is_none() || has_term(part, &off.at, &off.term))
                    .collect();
                say(Class::Safe, What::SwitchOn, &still);
            }
        }
    }
}

/// `view “Mine”: filter amount contains, sort -amount`
fn detail(pointer: &str, part: &Map<String, Json>, terms: &[OffDoc]) -> Title {
    let name = part_name(pointer, part);
    let is_rule = pointer.starts_with("/rules/");
    let said = |word: &dyn Fn(&str) -> String| -> Vec<String> {
        terms.iter().map(|t| format!("{} {}", word(&t.at), term_text(&t.term)).trim().to_string()).collect()
    };
    let (en, zh) = (said(&|at| at.to_string()).join(", "), said(&|at| word_zh(at).to_string()).join("、"));
    let (en, zh) = if is_rule {
        (format!("rule “{name}” ({en})"), format!("规则“{name}”（{zh}）"))
    } else {
        (format!("view “{name}”: {en}"), format!("视图“{name}”：{zh}"))
    };
    Title::new(en, [("zh-CN".to_string(), zh)].into_iter().collect())
}

/// The member of a view or rule in Chinese.
fn word_zh(at: &str) -> &str {
    match at {
        "filter" | "when" | "unless" => "条件",
        "sort" => "排序",
        "fields" => "列",
        "sum" => "合计",
        "group" => "分组",
        "color" => "颜色",
        "card" => "卡片",
        "start" => "开始",
        "end" => "结束",
        "image" => "图片",
        "then" => "效果",
        other => other,
    }
}

/// A term in a few words: the path, or what a condition asks of which.
fn term_text(term: &Json) -> String {
    let text = |key: &str| term.get(key).and_then(Json::as_str);
    match (term.as_str(), text("field"), text("related")) {
        (Some(path), _, _) => path.to_string(),
        (_, Some(field), _) => format!("{field} {}", text("op").unwrap_or_default()).trim_end().to_string(),
        (_, _, Some(form)) => form.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
#[path = "switch_off_tests.rs"]
mod tests;
