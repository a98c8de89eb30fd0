//! What was published, when, by whom.

use super::require_any_design;
use crate::{Context, EngineResult, organisation};
use formwright_core::value::format_instant;
use formwright_store::{Snapshot, definitions};
use serde_json::{Value as Json, json};

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
    let people = organisation::current(&cx.engine);
    let items: Vec<Json> = found
        .into_iter()
        .map(|revision| {
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
        })
        .collect();
    Ok(json!({ "items": items, "next": next }))
}
