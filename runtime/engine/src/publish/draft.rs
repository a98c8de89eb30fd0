//! Drafts: saved, looked at, thrown away. They touch nothing that runs.

use super::compose::key_in_bundle;
use super::ground::{Ground, doc_key};
use super::holding::holders;
use super::judging::{check_form, judge};
use super::usage::uses;
use super::{require_any_design, require_design};
use crate::audit::{self, Origin};
use crate::{Context, EngineError, EngineResult, Refusal, organisation};
use formwright_core::definition::{Document, Key, Kind, is_name};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::plan::identity;
use formwright_core::value::format_instant;
use formwright_store::Snapshot;
use formwright_store::definitions::{self as stored, StoredDraft};
use serde_json::{Value as Json, json};
use std::collections::HashSet;
use uuid::Uuid;

/// Which definitions are listed.
#[derive(Clone, Debug, Default)]
pub struct DefinitionQuery {
    pub kind: Option<Kind>,
    pub app: Option<String>,
}

/// `{"items": [{"kind","app","name","id","title","labels","state","revision","updated_at","updated_by"}], "next": null}` of the
/// apps that the caller may design. `state` is `published`, `changed`, `new` or `removed`.
///
/// # Errors
/// 403 for whoever designs nothing; what the store gives.
pub async fn definitions(cx: &Context, query: &DefinitionQuery) -> EngineResult<Json> {
    require_any_design(cx)?;
    let ground = Ground::read(cx.engine.db()).await?;
    let mut keys: Vec<&Key> = ground.published.keys().chain(ground.drafts.keys()).collect();
    keys.sort();
    keys.dedup();
    let items: Vec<Json> = keys
        .into_iter()
        .filter(|k| query.kind.is_none_or(|kind| k.kind == kind) && query.app.as_ref().is_none_or(|app| k.app == *app) && require_design(cx, &k.app).is_ok())
        .map(|key| {
            let (published, draft) = (ground.published.get(key), ground.drafts.get(key));
            let doc = newest(&ground, key);
            let member = |name: &str| doc.and_then(|d| d.get(name)).cloned().unwrap_or_default();
            // what adds to a definition of another app is called as that one is, unless it says otherwise
            let base = doc.and_then(|d| d.get("extends")).and_then(Json::as_str).and_then(|app| {
                newest(&ground, &Key { app: app.to_string(), ..key.clone() })
            });
            let is_called = |doc: &&Json| doc.get("title").and_then(Json::as_str).is_some_and(|title| !title.is_empty());
            let called = doc.filter(is_called).or(base);
            let words = |name: &str| called.and_then(|d| d.get(name)).cloned().unwrap_or_default();
            let state = match (published, draft) {
                (_, Some(draft)) if draft.doc.is_none() => "removed",
                (None, _) => "new",
                (Some(_), Some(_)) => "changed",
                (Some(_), None) => "published",
            };
            json!({
                "kind": key.kind.name(), "app": key.app, "name": key.name, "id": member("id"), "title": words("title"), "labels": words("labels"),
                "extends": member("extends"), "state": state, "revision": published.map(|p| p.revision),
                "updated_at": draft.map(|d| format_instant(d.stored.updated_at)), "updated_by": draft.and_then(|d| d.stored.updated_by),
            })
        })
        .collect();
    Ok(json!({ "items": items, "next": null }))
}

/// The document as drafted, else as published.
fn newest<'a>(ground: &'a Ground, key: &Key) -> Option<&'a Json> {
    ground.drafts.get(key).and_then(|d| d.doc.as_ref()).or_else(|| ground.published.get(key).map(|p| &p.doc))
}

/// One definition: `{"kind","app","name","id","published","draft","state","version",…}`. Without an app the base is meant, with
/// one that app's document.
///
/// # Errors
/// 404 where there is none, 403; what the store gives.
pub async fn definition(cx: &Context, kind: Kind, name: &str, app: Option<&str>) -> EngineResult<Json> {
    require_any_design(cx)?;
    let ground = Ground::read(cx.engine.db()).await?;
    let key = find_key(&ground, kind, name, app).ok_or_else(EngineError::not_found)?;
    require_design(cx, &key.app)?;
    Ok(state(cx, &ground, &key))
}

fn find_key(ground: &Ground, kind: Kind, name: &str, app: Option<&str>) -> Option<Key> {
    let is_extension =
        |doc: Option<&Json>| doc.and_then(|d| d.get("extends")).and_then(Json::as_str).is_some_and(|e| !e.is_empty());
    let named = |key: &&Key| key.kind == kind && key.name == name && app.is_none_or(|app| key.app == app);
    let drafts = ground.drafts.iter().filter(|(k, _)| named(k)).map(|(k, d)| (k, d.doc.as_ref()));
    let published = ground.published.iter().filter(|(k, _)| named(k)).map(|(k, d)| (k, Some(&d.doc)));
    // what is published first: there the base is known from its extensions
    published.chain(drafts).find(|(_, doc)| app.is_some() || !is_extension(*doc)).map(|(k, _)| k.clone())
}

/// What names the state of a definition for `If-Match`.
fn version_of(ground: &Ground, key: &Key) -> Option<String> {
    match (ground.drafts.get(key), ground.published.get(key)) {
        (Some(draft), _) => Some(format!("{}.{}", draft.stored.base, draft.stored.version)),
        (None, Some(published)) => Some(published.revision.to_string()),
        (None, None) => None,
    }
}

fn state(cx: &Context, ground: &Ground, key: &Key) -> Json {
    let (published, draft) = (ground.published.get(key), ground.drafts.get(key));
    let id = draft
        .and_then(|d| d.doc.as_ref())
        .or(published.map(|p| &p.doc))
        .and_then(|d| d.get("id"))
        .cloned()
        .unwrap_or_default();
    let people = organisation::current(&cx.engine);
    let by = draft.and_then(|d| d.stored.updated_by);
    json!({
        "kind": key.kind.name(),
        "app": key.app,
        "name": key.name,
        "id": id,
        "published": published.map(|p| &p.doc),
        "draft": draft.and_then(|d| d.doc.as_ref()),
        "state": match (published, draft) {
            (_, Some(draft)) if draft.doc.is_none() => "removed",
            (None, _) => "new",
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "published",
        },
        "version": version_of(ground, key),
        "revision": published.map(|p| p.revision),
        "updated_at": draft.map(|d| format_instant(d.stored.updated_at)),
        "updated_by": by,
        "updated_by_name": by.and_then(|id| people.user_name(id).map(str::to_string)),
    })
}

/// Refuses where somebody saved since: `if_match` is the `version` that the caller read.
fn check_version(cx: &Context, ground: &Ground, key: &Key, if_match: Option<&str>) -> EngineResult<()> {
    let Some(wanted) = if_match.filter(|v| *v != "*") else { return Ok(()) };
    let now = version_of(ground, key);
    if now.as_deref() == Some(wanted) {
        return Ok(());
    }
    let people = organisation::current(&cx.engine);
    let who = ground
        .drafts
        .get(key)
        .and_then(|d| d.stored.updated_by)
        .and_then(|id| people.user_name(id).map(str::to_string))
        .unwrap_or_else(|| "?".into());
    let mut refusal = Refusal::new(&code::DRAFT_CONFLICT).with("who", who);
    refusal.extra.insert("version".into(), json!(now));
    Err(refusal.into())
}

/// Saves a draft under the name in the address; a document that bears another name becomes a draft under that name with the
/// same id. Ids are given to whatever has none. Answers as [`definition`].
///
/// # Errors
/// 422 with every fault by JSON pointer, of a draft that is unfit by itself; what only a publication would refuse stands under
/// `faults` in the answer. 409 where another saved since `if_match`; 403; what the store gives.
pub async fn save_draft(
    cx: &Context,
    kind: Kind,
    name: &str,
    mut doc: Json,
    if_match: Option<&str>,
) -> EngineResult<Json> {
    // who may not design is told so before anything is said about what he sent
    match doc.get("app").and_then(Json::as_str).filter(|app| is_name(app)) {
        Some(app) => require_design(cx, app)?,
        None => super::require_any_design(cx)?,
    }
    let place = key_in_bundle(&doc);
    let kind_faults = |faults: Vec<Fault>| {
        let placed = faults.into_iter().map(|f| match &place {
            Some(key) => f.of(key),
            None => f,
        });
        EngineError::faults(&code::DEFINITION_INVALID, placed.collect())
    };
    match doc.get("kind").and_then(Json::as_str) {
        Some(said) if said == kind.name() => {}
        _ => {
            let said = doc.get("kind").and_then(Json::as_str).unwrap_or_default().to_string();
            return Err(kind_faults(vec![
                Fault::new("/kind", &code::CHOICE_UNKNOWN)
                    .with("value", &said)
                    .suggest(&said, std::iter::once(kind.name())),
            ]));
        }
    }
    let ground = Ground::read(cx.engine.db()).await?;
    let own_name = doc.get("name").and_then(Json::as_str).unwrap_or_default().to_string();
    if !is_name(&own_name) {
        return Err(kind_faults(vec![Fault::new("/name", &code::NAME_INVALID).with("name", own_name)]));
    }
    let Some(key) = key_in_bundle(&doc).filter(|k| is_name(&k.app)) else {
        let app = doc.get("app").and_then(Json::as_str).unwrap_or_default().to_string();
        return Err(kind_faults(vec![Fault::new("/app", &code::NAME_INVALID).with("name", app)]));
    };
    require_design(cx, &key.app)?;
    let old_key = Key { name: name.to_string(), ..key.clone() };
    check_version(cx, &ground, &old_key, if_match)?;
    let mut faults = give_ids(&ground, kind, &old_key, &mut doc, &HashSet::new());
    let examined = Document::examine(doc.clone()).map_err(kind_faults)?;
    let (has_own, alone) = (!examined.faults.is_empty(), check_form(cx, &ground, &examined.document));
    let found = judge(cx, &ground, &old_key, examined).await?;
    // what a form lacks by itself may be there in another one
    let is_unfit = has_own || alone.iter().any(|f| found.iter().any(|g| g.path == f.path && g.code == f.code));
    if is_unfit || !faults.is_empty() {
        let new: Vec<Fault> = found.into_iter().filter(|f| !faults.iter().any(|o| o.path == f.path)).collect();
        faults.extend(new);
        return Err(kind_faults(faults));
    }
    let draft = StoredDraft {
        key: doc_key(&key),
        id: doc.get("id").and_then(Json::as_str).unwrap_or_default().to_string(),
        doc: Some(doc.to_string()),
        base: ground.revision,
        version: ground.drafts.get(&key).map_or(0, |d| d.stored.version) + 1,
        updated_at: cx.now,
        updated_by: cx.principal().map(|p| p.person.id),
    };
    let renamed = (key != old_key && ground.drafts.contains_key(&old_key)).then(|| doc_key(&old_key));
    write_draft(cx, draft, ground.drafts.get(&key).map(|d| d.stored.version), renamed).await?;
    let ground = Ground::read(cx.engine.db()).await?;
    let mut answer = state(cx, &ground, &key);
    if let Some(map) = answer.as_object_mut() {
        // a draft may be incomplete: what a publication would still refuse
        map.insert("faults".into(), found.iter().map(|f| f.to_json(cx.locale)).collect());
    }
    Ok(answer)
}

/// Ids for what has none, kept by name from what is published and drafted. `used` are further ids of other documents.
pub(crate) fn give_ids(ground: &Ground, kind: Kind, key: &Key, doc: &mut Json, used: &HashSet<String>) -> Vec<Fault> {
    let id = doc.get("id").and_then(Json::as_str).map(str::to_string);
    let by_id = id.as_deref().and_then(|id| ground.published_by_id(kind, id)).map(|(_, d)| &d.doc);
    let by_name = ground
        .published
        .get(key)
        .map(|d| &d.doc)
        .filter(|known| id.is_none() || known.get("id").and_then(Json::as_str) == id.as_deref());
    let draft = ground
        .drafts
        .get(key)
        .and_then(|d| d.doc.as_ref())
        .filter(|known| id.is_none() || known.get("id").and_then(Json::as_str) == id.as_deref());
    let mut known: Vec<&Json> = by_id.into_iter().collect();
    known.extend(by_name.filter(|doc| by_id.is_none_or(|other| !std::ptr::eq(*doc, other))));
    known.extend(draft);
    let own: Option<String> =
        id.clone().or_else(|| known.iter().find_map(|k| k.get("id").and_then(Json::as_str).map(str::to_string)));
    let others: HashSet<String> = ground
        .published
        .iter()
        .map(|(k, d)| (k, &d.doc))
        .chain(ground.drafts.iter().filter_map(|(k, d)| d.doc.as_ref().map(|doc| (k, doc))))
        .filter(|(k, d)| *k != key && d.get("id").and_then(Json::as_str).map(str::to_string) != own)
        .flat_map(|(_, d)| identity::field_ids(d))
        .collect();
    identity::assign(kind, doc, &known, &|id| others.contains(id) || used.contains(id), &mut || {
        Uuid::now_v7().as_u128()
    })
}

/// Throws a draft away.
///
/// # Errors
/// 404 where there is none, 403; what the store gives.
pub async fn discard_draft(
    cx: &Context,
    kind: Kind,
    name: &str,
    app: Option<&str>,
    if_match: Option<&str>,
) -> EngineResult<()> {
    let ground = Ground::read(cx.engine.db()).await?;
    let key = find_key(&ground, kind, name, app)
        .filter(|k| ground.drafts.contains_key(k))
        .ok_or_else(EngineError::not_found)?;
    require_design(cx, &key.app)?;
    check_version(cx, &ground, &key, if_match)?;
    remove_draft(cx, &key, "definition.discard").await
}

async fn remove_draft(cx: &Context, key: &Key, what: &'static str) -> EngineResult<()> {
    let (stored_key, origin, on) = (doc_key(key), Origin::of(cx), on(key));
    cx.engine
        .db()
        .write(move |tx| {
            Box::pin(async move {
                stored::delete_draft(tx, &stored_key, None).await?;
                audit::record(tx, &origin, "definition", json!({"what": what, "on": on})).await?;
                Ok::<_, EngineError>(())
            })
        })
        .await
}

fn on(key: &Key) -> Json {
    json!({"kind": key.kind.name(), "app": key.app, "name": key.name})
}

/// Drafts the removal of a definition; one that was never published is gone at once.
///
/// # Errors
/// 409 where others refer to it, with the list; 404, 403; what the store gives.
pub async fn delete_definition(
    cx: &Context,
    kind: Kind,
    name: &str,
    app: Option<&str>,
    if_match: Option<&str>,
) -> EngineResult<()> {
    let ground = Ground::read(cx.engine.db()).await?;
    let key = find_key(&ground, kind, name, app).ok_or_else(EngineError::not_found)?;
    require_design(cx, &key.app)?;
    check_version(cx, &ground, &key, if_match)?;
    let drafted = ground.drafts.get(&key).and_then(|d| d.doc.as_ref());
    let now = drafted.or(ground.published.get(&key).map(|p| &p.doc));
    let is_extension = now.and_then(|doc| doc.get("extends")).is_some_and(|e| !e.is_null());
    let used = if is_extension { Vec::new() } else { uses(&ground, kind, &key.name) };
    let holders = if kind == Kind::Role && !is_extension {
        holders(&mut cx.engine.db().reader(Snapshot::No).await?, name).await?
    } else {
        0
    };
    if !used.is_empty() || holders > 0 {
        let mut refusal = Refusal::new(&code::DEFINITION_IN_USE).with("count", used.len() + holders);
        refusal.extra.insert("usage".into(), Json::Array(used));
        refusal.extra.insert("people".into(), json!(holders));
        return Err(refusal.into());
    }
    let Some(published) = ground.published.get(&key) else {
        return remove_draft(cx, &key, "definition.discard").await;
    };
    let draft = StoredDraft {
        key: doc_key(&key),
        id: published.doc.get("id").and_then(Json::as_str).unwrap_or_default().to_string(),
        doc: None,
        base: ground.revision,
        version: ground.drafts.get(&key).map_or(0, |d| d.stored.version) + 1,
        updated_at: cx.now,
        updated_by: cx.principal().map(|p| p.person.id),
    };
    write_draft(cx, draft, ground.drafts.get(&key).map(|d| d.stored.version), None).await
}

/// Writes a draft where it is still the one that was read.
async fn write_draft(
    cx: &Context,
    draft: StoredDraft,
    read: Option<i64>,
    renamed: Option<stored::DocKey>,
) -> EngineResult<()> {
    let origin = Origin::of(cx);
    let what = if draft.doc.is_some() { "definition.save" } else { "definition.remove" };
    let on = json!({"kind": draft.key.kind, "app": draft.key.app, "name": draft.key.name});
    cx.engine
        .db()
        .write(move |tx| {
            Box::pin(async move {
                if stored::draft_version(tx, &draft.key).await? != read {
                    return Err(EngineError::from(Refusal::new(&code::DRAFT_CONFLICT).with("who", "?")));
                }
                stored::put_draft(tx, &draft).await?;
                if let Some(old) = renamed {
                    stored::delete_draft(tx, &old, None).await?;
                }
                audit::record(tx, &origin, "definition", json!({"what": what, "on": on})).await?;
                Ok(())
            })
        })
        .await
}
