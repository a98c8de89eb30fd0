//! What is wrong with a draft: by itself, and among all that would be published with it.

use super::around::around;
use super::compose::{Composed, Selection};
use super::ground::{Ground, document};
use crate::{Context, EngineError, EngineResult};
use formwright_core::definition::{Document, Examined, Key, Kind};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code::{self as code, ErrorCode};
use formwright_core::field::ChoiceSet;
use formwright_core::form::build_form;
use formwright_core::plan::{follow_renames, judge_following};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Faults that a later save or another document may mend: a draft may have them, a publication may not.
const MENDABLE: [&ErrorCode; 5] =
    [&code::UNKNOWN_REFERENCE, &code::UNKNOWN_FIELD, &code::NOT_EXPOSED, &code::REQUIRED, &code::NO_FIELDS];

/// Everything that a publication of all drafts would find wrong with a document.
pub(super) async fn judge(
    cx: &Context,
    ground: &Ground,
    old_key: &Key,
    examined: Examined,
) -> EngineResult<Vec<Fault>> {
    let key = examined.document.key.clone();
    let mut documents = Composed::of(ground, &Selection::default()).documents;
    let id = examined.document.id().unwrap_or_default();
    if let Some((published, _)) = ground.published_by_id(key.kind, id) {
        documents.remove(published);
    }
    documents.remove(old_key);
    documents.insert(key.clone(), examined.document.doc);
    let old = cx.engine.catalog();
    follow_renames(&old, &mut documents);
    let own = examined.faults;
    // building is work for the processor: it does not hold up others
    let judged = tokio::task::spawn_blocking(move || {
        let mut documents = around(&documents, &key);
        // what a publication would switch off is no fault
        let faults = judge_following(&old, 0, &mut documents, &|documents| {
            let all = documents.iter().map(|(other, doc)| Examined {
                faults: if *other == key { own.clone() } else { Vec::new() },
                document: document(other.clone(), doc.clone()),
            });
            all.collect()
        });
        let faults = faults.err().unwrap_or_default();
        faults.into_iter().filter(|f| f.key == key).map(|f| f.fault.of(&f.key)).collect()
    });
    judged.await.map_err(|error| EngineError::Internal(error.to_string()))
}

/// What is wrong with a form for itself; what other documents or a later save can mend is left to the publication.
pub(super) fn check_form(cx: &Context, ground: &Ground, document: &Document) -> Vec<Fault> {
    if document.key.kind != Kind::Form || document.extends.is_some() {
        return Vec::new();
    }
    let mut sets: HashMap<String, Arc<ChoiceSet>> =
        cx.engine.catalog().options.iter().map(|o| (o.name.clone(), o.set.clone())).collect();
    for (key, draft) in ground.drafts.iter().filter(|(k, _)| k.kind == Kind::Options) {
        let items = draft.doc.as_ref().and_then(|d| d.get("items")).cloned().unwrap_or_else(|| json!([]));
        if let Ok(items) = serde_json::from_value::<Vec<formwright_core::definition::OptionDoc>>(items) {
            sets.insert(key.name.clone(), Arc::new(ChoiceSet::from_options(&items)));
        }
    }
    let mut faults = Vec::new();
    build_form(&document.doc, &sets, &mut faults);
    if faults.iter().any(|f| *f.code == code::EXPRESSION_NAME) {
        // a name that a publication would carry along is no fault
        let mut documents: BTreeMap<Key, Json> =
            ground.published.iter().map(|(key, d)| (key.clone(), d.doc.clone())).collect();
        let id = document.doc.get("id").and_then(Json::as_str).unwrap_or_default();
        if let Some((old, _)) = ground.published_by_id(Kind::Form, id) {
            documents.remove(old);
        }
        documents.insert(document.key.clone(), document.doc.clone());
        follow_renames(&cx.engine.catalog(), &mut documents);
        if let Some(followed) = documents.get(&document.key).filter(|d| **d != document.doc) {
            faults.clear();
            build_form(followed, &sets, &mut faults);
        }
    }
    faults.retain(|f| !MENDABLE.contains(&f.code));
    faults
}
