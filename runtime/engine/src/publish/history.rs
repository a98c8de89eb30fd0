//! What was published, when, by whom.

use super::compose::key_in_bundle;
use super::ground::parse;
use super::{require_any_design, require_design};
use crate::{Context, EngineError, EngineResult, organisation};
use formwright_core::definition::Key;
use formwright_core::value::format_instant;
use formwright_store::definitions::StoredRevision;
use formwright_store::{Snapshot, definitions};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const MAX_PAGE: i64 = 200;

/// Revisions, the latest first: `{"items": [{"revision","parent","at","by","note","steps"}], "next"}`. `cursor` is what the
/// page before gave as `next`.
///
/// # Errors
/// 403 for whoever designs nothing; what the store gives.
pub async fn publications(cx: &Context, cursor: Option<i64>, limit: Option<i64>) -> EngineResult<Json> {
    require_any_design(cx)?;
    let limit = limit.unwrap_or(50).clamp(1, MAX_PAGE);
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    let mut found = definitions::revisions(&mut tx, cursor, limit + 1).await?;
    drop(tx);
    let more = i64::try_from(found.len()).unwrap_or(i64::MAX) > limit;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = found.last().filter(|_| more).map(|r| r.revision);
    let items: Vec<Json> = found.iter().map(|revision| told(cx, revision)).collect();
    Ok(json!({ "items": items, "next": next }))
}

fn told(cx: &Context, revision: &StoredRevision) -> Json {
    let people = organisation::current(&cx.engine);
    let mut steps = serde_json::from_str::<Json>(&revision.steps).unwrap_or_else(|_| json!([]));
    for step in steps.as_array_mut().into_iter().flatten() {
        let text = step.get("text").and_then(|t| t.get(cx.locale.tag())).cloned().unwrap_or_default();
        if let Some(map) = step.as_object_mut() {
            map.insert("text".into(), text);
        }
    }
    json!({
        "revision": revision.revision,
        "parent": revision.parent,
        "at": format_instant(revision.at),
        "by": revision.by,
        "by_name": revision.by.and_then(|id| people.user_name(id).map(str::to_string)),
        "note": revision.note,
        "steps": steps,
    })
}

/// One revision as in the list, with `"changes": [{"kind","app","name","before","after"}]`: the documents that it changed, of apps that the
/// caller may design. `before` is null for a new one, `after` for one that went.
///
/// # Errors
/// 404 for a revision that never was; 403 for whoever designs nothing; what the store gives.
pub async fn publication(cx: &Context, revision: i64) -> EngineResult<Json> {
    require_any_design(cx)?;
    let mut tx = cx.engine.db().reader(Snapshot::Yes).await?;
    let mut found = definitions::revisions(&mut tx, Some(revision.saturating_add(1)), 1).await?;
    let stored = found.pop().filter(|r| r.revision == revision).ok_or_else(EngineError::not_found)?;
    let after = definitions::bundle(&mut tx, revision).await?;
    let before = definitions::bundle(&mut tx, stored.parent).await?;
    drop(tx);
    let (before, after) = (documents(before.as_deref())?, documents(after.as_deref())?);
    let mut keys: Vec<&Key> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    let changes: Vec<Json> = keys
        .into_iter()
        .filter(|key| before.get(*key) != after.get(*key) && require_design(cx, &key.app).is_ok())
        .map(|key| json!({"kind": key.kind.name(), "app": key.app, "name": key.name, "before": before.get(key), "after": after.get(key)}))
        .collect();
    let mut out = told(cx, &stored);
    if let Some(map) = out.as_object_mut() {
        map.insert("changes".into(), Json::Array(changes));
    }
    Ok(out)
}

fn documents(bundle: Option<&str>) -> EngineResult<BTreeMap<Key, Json>> {
    let Some(bundle) = bundle else { return Ok(BTreeMap::new()) };
    let docs = parse(bundle)?;
    Ok(docs.as_array().into_iter().flatten().filter_map(|doc| Some((key_in_bundle(doc)?, doc.clone()))).collect())
}
