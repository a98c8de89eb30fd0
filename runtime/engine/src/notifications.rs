//! What people are told: that somebody mentioned them, that a job of theirs has ended.
//!
//! A notification says what happened and where; what the record is called is read when it is read, with the reader's rights.

use crate::access::CallerAccess;
use crate::records::ListRequest;
use crate::{Context, Engine, EngineError, EngineResult};
use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::value::format_instant;
use formwright_store::people::notifications::{self as rows, NotificationRow};
use formwright_store::{Snapshot, StoreResult, Tx, comments, events};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Somebody wrote `@login` in a comment.
pub const MENTION: &str = "mention";
/// A job has ended.
pub const JOB: &str = "job";
const KINDS: [&str; 2] = [MENTION, JOB];
/// Notifications are kept so long.
const KEPT: TimeDelta = TimeDelta::days(90);
/// Characters of a comment that are shown.
const SHOWN: usize = 200;

/// Writes a notification in the caller's transaction, unless the person does not want to be told of its kind. `told` is what
/// happened: ids only.
pub(crate) async fn tell(user: Uuid, kind: &str, told: Json, now: DateTime<Utc>, tx: &mut Tx) -> StoreResult<()> {
    let wanted = rows::preferences(user, tx).await?.and_then(|text| serde_json::from_str::<Json>(&text).ok());
    let pointer = format!("/events/{kind}/in_app");
    if wanted.as_ref().and_then(|p| p.pointer(&pointer)).and_then(Json::as_bool) == Some(false) {
        return Ok(());
    }
    let mut doc = Map::from_iter([("kind".to_string(), json!(kind))]);
    if let Json::Object(told) = told {
        doc.extend(told);
    }
    let row = NotificationRow { id: Uuid::now_v7(), user, at: now, doc: Json::Object(doc).to_string(), read_at: None };
    rows::add(&row, tx).await?;
    events::append("notification", row.id, json!({"user": user}).to_string(), now, tx).await
}

fn reader(cx: &Context) -> EngineResult<Uuid> {
    cx.principal().map(|p| p.person.id).ok_or_else(|| EngineError::refused(&code::UNAUTHENTICATED))
}

fn id_in(doc: &Json, key: &str) -> Option<Uuid> {
    doc.get(key).and_then(Json::as_str).and_then(|text| Uuid::try_parse(text).ok())
}

impl Engine {
    /// The caller's notifications, newest first: `{"items": [{"id", "kind", "at", "read_at", "form", "form_title", "record",
    /// "record_title", "text", "by", "job", "job_kind", "state", "count", "dry_run", "file"}], "next", "unread"}`. What he may not read any more is null.
    ///
    /// # Errors
    /// 401, and what the store gives.
    pub async fn notifications(
        &self,
        cx: &Context,
        unread: bool,
        cursor: Option<Uuid>,
        limit: usize,
    ) -> EngineResult<Json> {
        let user = reader(cx)?;
        let limit = limit.clamp(1, 200);
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let mut list = rows::list(user, unread, cursor, i64::try_from(limit + 1).unwrap_or(201), &mut tx).await?;
        let count = rows::unread(user, &mut tx).await?;
        drop(tx);
        let more = list.len() > limit;
        list.truncate(limit);
        let next = list.last().filter(|_| more).map(|row| row.id);
        let docs: Vec<(NotificationRow, Json)> = list
            .into_iter()
            .map(|row| {
                let doc = serde_json::from_str(&row.doc).unwrap_or(Json::Null);
                (row, doc)
            })
            .collect();
        let titles = self.titles_of(cx, &docs).await?;
        let texts = self.texts_of(&docs, &titles).await?;
        let organisation = crate::organisation::current(self);
        let items: Vec<Json> = docs
            .iter()
            .map(|(row, doc)| {
                let form_id = doc.get("form").and_then(Json::as_str).unwrap_or_default();
                let record = id_in(doc, "record");
                let title = record.and_then(|id| titles.get(&id));
                let form = cx.catalog.form_by_id(form_id).or_else(|| cx.catalog.form(form_id));
                let known = form.filter(|_| record.is_none() || title.is_some());
                json!({
                    "id": row.id, "kind": doc.get("kind"), "at": format_instant(row.at), "read_at": row.read_at.map(format_instant),
                    "form": known.map(|f| f.name.clone()), "form_title": known.map(|f| f.title.get(cx.locale)),
                    "record": title.and(record), "record_title": title, "text": texts.get(&row.id),
                    "by": id_in(doc, "by").map(|id| json!({"id": id, "name": organisation.user_name(id)})),
                    "job": doc.get("job"), "job_kind": doc.get("job_kind"), "state": doc.get("state"), "count": doc.get("count"),
                    "dry_run": doc.get("dry_run"), "file": doc.get("file"),
                })
            })
            .collect();
        Ok(json!({"items": items, "next": next, "unread": count}))
    }

    /// Titles of the records that notifications are about, of those that the caller may read.
    async fn titles_of(&self, cx: &Context, docs: &[(NotificationRow, Json)]) -> EngineResult<HashMap<Uuid, String>> {
        let access = CallerAccess::new(cx);
        let mut wanted: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
        for (_, doc) in docs {
            if let (Some(form), Some(record)) = (doc.get("form").and_then(Json::as_str), id_in(doc, "record")) {
                wanted.entry(form).or_default().push(record);
            }
        }
        let mut titles = HashMap::new();
        for (form_id, mut ids) in wanted {
            let Some(form) = cx.catalog.form_by_id(form_id) else { continue };
            let Ok((_, _, granted)) = access.form(&form.name) else { continue };
            if crate::records::must_read(&granted).is_err() {
                continue;
            }
            ids.sort_unstable();
            ids.dedup();
            let shown = form.title_field.filter(|i| granted.sees(*i, None)).and_then(|i| form.fields.get(i));
            let request = ListRequest {
                filter: Some(json!({"field": "id", "op": "in", "value": ids})),
                select: ["id".to_string()].into_iter().chain(shown.map(|f| f.name.clone())).collect(),
                limit: 200,
                ..ListRequest::default()
            };
            let answer = self.list(cx, &form.name, request).await?;
            let answer: Json = serde_json::from_slice(&answer).unwrap_or(Json::Null);
            for item in answer.get("items").and_then(Json::as_array).into_iter().flatten() {
                let Some(id) = id_in(item, "id") else { continue };
                let value = shown.and_then(|f| item.get(&f.name)).filter(|v| !v.is_null());
                let title = match value {
                    Some(Json::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                    None => form.title.get(cx.locale).to_string(),
                };
                titles.insert(id, title);
            }
        }
        Ok(titles)
    }

    /// The beginnings of comments on records that may be read, by notification.
    async fn texts_of(
        &self,
        docs: &[(NotificationRow, Json)],
        titles: &HashMap<Uuid, String>,
    ) -> EngineResult<HashMap<Uuid, String>> {
        let mut tx = self.db().reader(Snapshot::No).await?;
        let mut out = HashMap::new();
        for (row, doc) in docs {
            let (Some(form), Some(record), Some(comment)) =
                (doc.get("form").and_then(Json::as_str), id_in(doc, "record"), id_in(doc, "comment"))
            else {
                continue;
            };
            if !titles.contains_key(&record) {
                continue;
            }
            if let Some(text) = comments::text(form, record, comment, &mut tx).await? {
                out.insert(row.id, text.chars().take(SHOWN).collect());
            }
        }
        Ok(out)
    }

    /// How many notifications the caller has not read.
    ///
    /// # Errors
    /// 401, and what the store gives.
    pub async fn unread_notifications(&self, cx: &Context) -> EngineResult<i64> {
        let user = reader(cx)?;
        let mut tx = self.db().reader(Snapshot::No).await?;
        Ok(rows::unread(user, &mut tx).await?)
    }

    /// Marks the caller's notifications as read, or all of them where no ids are given; gives how many remain unread.
    ///
    /// # Errors
    /// 401, and what the store gives.
    pub async fn read_notifications(&self, cx: &Context, ids: Option<Vec<Uuid>>) -> EngineResult<i64> {
        let (user, now) = (reader(cx)?, cx.now);
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    rows::mark_read(user, ids.as_deref(), now, tx).await?;
                    rows::unread(user, tx).await.map_err(EngineError::from)
                })
            })
            .await
    }

    /// How the caller wants to be told: `{"events": {"mention": {"in_app": true}, "job": {"in_app": true}}}`.
    ///
    /// # Errors
    /// 401, and what the store gives.
    pub async fn notification_preferences(&self, cx: &Context) -> EngineResult<Json> {
        let user = reader(cx)?;
        let mut tx = self.db().reader(Snapshot::No).await?;
        let stored = rows::preferences(user, &mut tx).await?;
        Ok(presented(stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Json::Null)))
    }

    /// Sets how the caller wants to be told; kinds that are absent are told.
    ///
    /// # Errors
    /// 401, every fault by path, and what the store gives.
    pub async fn set_notification_preferences(&self, cx: &Context, body: &Map<String, Json>) -> EngineResult<Json> {
        let (user, now) = (reader(cx)?, cx.now);
        let faults = check(body);
        if !faults.is_empty() {
            return Err(EngineError::request_faults(faults));
        }
        let doc = Json::Object(body.clone());
        let text = doc.to_string();
        self.db()
            .write(move |tx| {
                Box::pin(async move { rows::set_preferences(user, text, now, tx).await.map_err(EngineError::from) })
            })
            .await?;
        Ok(presented(doc))
    }
}

/// With every kind, whether the person said something about it or not.
fn presented(stored: Json) -> Json {
    let events: Map<String, Json> = KINDS
        .iter()
        .map(|kind| {
            let told = stored.pointer(&format!("/events/{kind}/in_app")).and_then(Json::as_bool).unwrap_or(true);
            ((*kind).to_string(), json!({"in_app": told}))
        })
        .collect();
    json!({"events": events})
}

fn check(body: &Map<String, Json>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let wrong = |path: &str, expected: &str, got: &Json| {
        Fault::new(path, &code::WRONG_TYPE)
            .with("expected", expected)
            .with("got", formwright_core::definition::type_name(got))
    };
    let unknown = |path: String, name: &str, known: &[&str]| {
        Fault::new(path, &code::UNKNOWN_FIELD).with("name", name).suggest(name, known.iter().copied())
    };
    for (key, value) in body {
        let (Json::Object(kinds), "events") = (value, key.as_str()) else {
            faults.push(if key == "events" {
                wrong(key, "object", value)
            } else {
                unknown(key.clone(), key, &["events"])
            });
            continue;
        };
        for (kind, channels) in kinds {
            let at = format!("events/{kind}");
            if !KINDS.contains(&kind.as_str()) {
                faults.push(unknown(at, kind, &KINDS));
                continue;
            }
            let Json::Object(channels) = channels else {
                faults.push(wrong(&at, "object", channels));
                continue;
            };
            for (channel, on) in channels {
                let at = format!("{at}/{channel}");
                match (channel.as_str(), on) {
                    ("in_app", Json::Bool(_)) => {}
                    ("in_app", other) => faults.push(wrong(&at, "boolean", other)),
                    _ => faults.push(unknown(at, channel, &["in_app"])),
                }
            }
        }
    }
    if !body.contains_key("events") {
        faults.push(Fault::new("events", &code::REQUIRED).with("title", "events"));
    }
    faults
}

/// Forgets notifications of more than a quarter of a year ago; gives their number. For a housekeeping once a day.
///
/// # Errors
/// What the store gives.
pub async fn forget_old(engine: &Engine) -> EngineResult<u64> {
    let before = engine.now() - KEPT;
    engine
        .db()
        .write(move |tx| Box::pin(async move { rows::forget(before, tx).await.map_err(EngineError::from) }))
        .await
}
