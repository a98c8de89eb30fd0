//! What stands in the database about definitions, read in one snapshot.

use crate::{EngineError, EngineResult};
use formwright_core::catalog::Catalog;
use formwright_core::definition::{Document, Key, Kind};
use formwright_core::plan::{Retired, RetiredChoice, RetiredRow};
use formwright_store::definitions::{self, DocKey, StoredDefinition, StoredDraft};
use formwright_store::{Db, Snapshot};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A published document.
#[derive(Clone, Debug)]
pub(crate) struct PublishedDoc {
    pub doc: Json,
    pub revision: i64,
}

/// A draft.
#[derive(Clone, Debug)]
pub(crate) struct DraftDoc {
    /// `None`: to be removed.
    pub doc: Option<Json>,
    pub stored: StoredDraft,
}

/// All of it.
pub(crate) struct Ground {
    pub revision: i64,
    pub published: BTreeMap<Key, PublishedDoc>,
    pub drafts: BTreeMap<Key, DraftDoc>,
    pub retired: Retired,
}

impl Ground {
    pub async fn read(db: &Db) -> EngineResult<Ground> {
        let mut tx = db.reader(Snapshot::Yes).await?;
        let revision = definitions::revision(&mut tx).await?;
        let stored = definitions::definitions(&mut tx).await?;
        let drafts = definitions::drafts(&mut tx).await?;
        let rows = definitions::retired(&mut tx).await?;
        drop(tx);
        let retired = retired_of(&rows);
        let published = stored
            .into_iter()
            .map(|s| Ok((key_of(&s.key)?, PublishedDoc { doc: parse(&s.doc)?, revision: s.revision })))
            .collect::<EngineResult<_>>()?;
        let drafts = drafts
            .into_iter()
            .map(|s| Ok((key_of(&s.key)?, DraftDoc { doc: s.doc.as_deref().map(parse).transpose()?, stored: s })))
            .collect::<EngineResult<_>>()?;
        Ok(Ground { revision, published, drafts, retired })
    }

    /// The published document with this id and kind, where there is one.
    pub fn published_by_id(&self, kind: Kind, id: &str) -> Option<(&Key, &PublishedDoc)> {
        self.published.iter().find(|(k, d)| k.kind == kind && d.doc.get("id").and_then(Json::as_str) == Some(id))
    }
}

pub(crate) fn parse(text: &str) -> EngineResult<Json> {
    serde_json::from_str(text)
        .map_err(|error| EngineError::Internal(format!("a stored definition is no JSON: {error}")))
}

pub(crate) fn key_of(key: &DocKey) -> EngineResult<Key> {
    let kind = Kind::parse(&key.kind).map_err(|_| {
        EngineError::Internal(format!("the database holds a definition of the unknown kind {}", key.kind))
    })?;
    Ok(Key { kind, app: key.app.clone(), name: key.name.clone() })
}

pub(crate) fn doc_key(key: &Key) -> DocKey {
    DocKey { kind: key.kind.name().to_string(), app: key.app.clone(), name: key.name.clone() }
}

/// A document that was checked when it was saved.
pub(crate) fn document(key: Key, doc: Json) -> Document {
    let extends = doc.get("extends").and_then(Json::as_str).filter(|e| !e.is_empty()).map(str::to_string);
    Document { key, extends, doc }
}

/// What was retired, from its rows.
pub(crate) fn retired_of(rows: &[RetiredRow]) -> Retired {
    let mut retired = Retired::default();
    for row in rows {
        retired.insert(&row.form_id, &row.key, row.column.as_deref(), &row.doc);
    }
    retired
}

/// The catalogue of stored documents, with the choices that records have and they no longer name.
pub(crate) fn catalog_of(
    revision: i64,
    stored: &[StoredDefinition],
    retired: &[RetiredChoice],
) -> EngineResult<Catalog> {
    let documents =
        stored.iter().map(|s| Ok(document(key_of(&s.key)?, parse(&s.doc)?))).collect::<EngineResult<Vec<_>>>()?;
    Catalog::build(revision, documents).map(|catalog| catalog.with_retired(retired)).map_err(|faults| {
        let first = faults
            .first()
            .map(|f| format!("{}/{}{}: {}", f.key.kind.name(), f.key.name, f.fault.path, f.fault.code.code))
            .unwrap_or_default();
        EngineError::Internal(format!(
            "revision {revision} does not fit this program: {} faults, the first {first}",
            faults.len()
        ))
    })
}
