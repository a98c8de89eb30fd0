//! From what is published and what is drafted to the documents that would be published.

use super::ground::{Ground, document};
use formwright_core::catalog::Catalog;
use formwright_core::definition::{Document, Examined, Key, Kind};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Which drafts a publication takes; all where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Drafts of this app.
    pub app: Option<String>,
    /// Drafts with these names.
    pub only: Option<Vec<(Kind, String)>>,
}

impl Selection {
    fn takes(&self, key: &Key) -> bool {
        self.app.as_ref().is_none_or(|app| key.app == *app)
            && self
                .only
                .as_ref()
                .is_none_or(|only| only.iter().any(|(kind, name)| *kind == key.kind && *name == key.name))
    }
}

/// The documents that would be, and the drafts they come from.
pub(crate) struct Composed {
    pub documents: BTreeMap<Key, Json>,
    /// Keys and versions of the drafts that are used up.
    pub drafts: Vec<(Key, i64)>,
}

impl Composed {
    pub fn of(ground: &Ground, selection: &Selection) -> Composed {
        let mut documents: BTreeMap<Key, Json> =
            ground.published.iter().map(|(k, d)| (k.clone(), d.doc.clone())).collect();
        let mut drafts = Vec::new();
        let chosen: Vec<_> = ground.drafts.iter().filter(|(key, _)| selection.takes(key)).collect();
        for (key, draft) in &chosen {
            drafts.push(((*key).clone(), draft.stored.version));
            if draft.doc.is_none() {
                documents.remove(*key);
            }
        }
        for (key, draft) in &chosen {
            let Some(doc) = &draft.doc else { continue };
            // another name with the same id is a new name of the same thing
            if let Some((old, _)) = doc
                .get("id")
                .and_then(Json::as_str)
                .and_then(|id| ground.published_by_id(key.kind, id))
                .filter(|(old, _)| *old != *key)
            {
                documents.remove(old);
            }
            documents.insert((*key).clone(), doc.clone());
        }
        Composed { documents, drafts }
    }

    /// Exactly these documents; no draft is used up.
    pub fn exactly(documents: BTreeMap<Key, Json>) -> Composed {
        Composed { documents, drafts: Vec::new() }
    }
}

/// Documents, each checked by itself where it is not what is published: that may be older than today's rules.
pub(crate) fn examined(published: &Catalog, documents: &BTreeMap<Key, Json>) -> Vec<Examined> {
    let examine = |(key, doc): (&Key, &Json)| {
        let sound = || Examined::sound(document(key.clone(), doc.clone()));
        if published.documents.get(key).is_some_and(|p| p.doc == *doc) {
            return sound();
        }
        Document::examine(doc.clone()).unwrap_or_else(|faults| Examined { faults, ..sound() })
    };
    documents.iter().map(examine).collect()
}

/// The key of a document of a bundle.
pub(crate) fn key_in_bundle(doc: &Json) -> Option<Key> {
    let text = |key: &str| doc.get(key).and_then(Json::as_str).unwrap_or_default();
    let kind = Kind::parse(text("kind")).ok()?;
    let app = if kind == Kind::App && text("app").is_empty() { text("name") } else { text("app") };
    Some(Key { kind, app: app.to_string(), name: text("name").to_string() })
}
