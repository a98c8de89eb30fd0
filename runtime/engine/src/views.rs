//! Saved views: a person's own way to look at a form's records, which he may share.
//!
//! A view grants nothing. It is checked against what its maker sees; a reader who sees less gets the view without what he
//! may not see, as with a form's own views.

use crate::access::CallerAccess;
use crate::audit::{self, Origin};
use crate::off_terms::{take_unfit, tell_off};
use crate::seen_view::limit_to_seen;
use crate::view_sharing::take_sharing;
use crate::{Context, Engine, EngineError, EngineResult, Refusal};
use formwright_core::definition::ViewDoc;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::query::{
    Limits, Place, QueryContext, conceal, read_condition, read_sort, resolve_open, resolve_path,
};
use formwright_core::value::format_instant;
use formwright_store::views::{self, UNSHARED, ViewRow};
use formwright_store::{Snapshot, Tx};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// Most views of one person.
const MOST: i64 = 200;
/// Most views that are looked through.
const MOST_LISTED: i64 = 2000;
/// What a view may say about what is shown.
const SHOWN: [&str; 16] = [
    "name", "title", "labels", "type", "filter", "sort", "fields", "group", "sum", "color", "start", "end", "parent",
    "depends", "image", "card",
];
/// What the API adds to it; accepted when sent back.
const ADDED: [&str; 6] = ["id", "owner", "version", "updated_at", "editable", "off"];

impl Engine {
    /// `{"items": […], "next": null}`: the caller's own views and those shared with him, of one form or of all he may read.
    ///
    /// # Errors
    /// `not_found` for a form that he may not know.
    pub async fn views(&self, cx: &Context, form: Option<&str>) -> EngineResult<Json> {
        let access = CallerAccess::new(cx);
        let wanted = form.map(|name| access.form(name).map(|(_, form, _)| form.id.clone())).transpose()?;
        let mut tx = self.db().reader(Snapshot::No).await?;
        let rows = views::list(wanted.as_deref(), cx.author(), MOST_LISTED, &mut tx).await?;
        drop(tx);
        let items: Vec<Json> =
            rows.iter().filter(|row| is_visible(cx, row)).filter_map(|row| present(cx, &access, row)).collect();
        Ok(json!({"items": items, "next": null}))
    }

    /// One view.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn view(&self, cx: &Context, id: Uuid) -> EngineResult<Json> {
        let access = CallerAccess::new(cx);
        let mut tx = self.db().reader(Snapshot::No).await?;
        let row = visible(cx, id, &mut tx).await?;
        drop(tx);
        present(cx, &access, &row).ok_or_else(EngineError::not_found)
    }

    /// Saves a view of the caller's own: `{"form", "title", …, "shared_with"?: {"users", "roles"}, "is_default"?}`.
    ///
    /// # Errors
    /// `validation_failed` with every fault.
    pub async fn create_view(&self, cx: &Context, mut body: Map<String, Json>) -> EngineResult<Json> {
        let access = CallerAccess::new(cx);
        let name = match body.shift_remove("form") {
            Some(Json::String(name)) => name,
            _ => {
                return Err(EngineError::request_faults(vec![
                    Fault::new("form", &code::REQUIRED).with("title", "form"),
                ]));
            }
        };
        let (index, form, _) = access.form(&name).map_err(|_| {
            EngineError::request_faults(vec![
                Fault::new("form", &code::UNKNOWN_REFERENCE).with("kind", "form").with("name", &name),
            ])
        })?;
        let (shared, is_default) = take_sharing(cx, &mut body, UNSHARED.into(), false).await?;
        check(&access, index, &body)?;
        let row = ViewRow {
            id: Uuid::now_v7(),
            form: form.id.clone(),
            owner: cx.author(),
            doc: Json::Object(body).to_string(),
            shared,
            is_default,
            version: 1,
            updated_at: cx.now,
        };
        let (origin, saved) = (Origin::of(cx), row.clone());
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    if views::count(saved.owner, tx).await? >= MOST {
                        return Err(EngineError::request_faults(vec![
                            Fault::new("", &code::TOO_MANY).with("limit", MOST),
                        ]));
                    }
                    views::add(&saved, tx).await?;
                    settle(&saved, "view.create", &origin, tx).await
                })
            })
            .await?;
        present(cx, &access, &row).ok_or_else(EngineError::not_found)
    }

    /// Changes a view of the caller's own; members that are absent stay, `null` takes one away.
    ///
    /// # Errors
    /// `not_found`, `forbidden` for another's view, `record_conflict` on a stale version, `validation_failed` with every fault.
    pub async fn update_view(
        &self,
        cx: &Context,
        id: Uuid,
        mut body: Map<String, Json>,
        if_match: Option<i64>,
    ) -> EngineResult<Json> {
        let access = CallerAccess::new(cx);
        let mut tx = self.db().reader(Snapshot::No).await?;
        let mut row = own(cx, id, &mut tx).await?;
        drop(tx);
        let stated = body.get("version").and_then(Json::as_i64);
        if if_match.or(stated).is_some_and(|v| v != row.version) {
            return Err(conflict(cx));
        }
        let form = cx.catalog.form_by_id(&row.form).cloned().ok_or_else(EngineError::not_found)?;
        let (index, form, _) = access.form(&form.name)?;
        if body.shift_remove("form").is_some_and(|f| f != json!(form.name)) {
            return Err(EngineError::request_faults(vec![Fault::new("form", &code::FIELD_READ_ONLY)]));
        }
        (row.shared, row.is_default) = take_sharing(cx, &mut body, row.shared, row.is_default).await?;
        let mut doc: Map<String, Json> = serde_json::from_str(&row.doc).unwrap_or_default();
        let sent: Vec<String> = body.keys().cloned().collect();
        for (key, value) in body {
            if ADDED.contains(&key.as_str()) {
                continue;
            }
            if value.is_null() {
                doc.shift_remove(&key);
            } else {
                doc.insert(key, value);
            }
        }
        check(&access, index, &with_sent(&access, index, &doc, &sent))?;
        row.doc = Json::Object(doc).to_string();
        row.version += 1;
        row.updated_at = cx.now;
        let (origin, saved) = (Origin::of(cx), row.clone());
        let written: bool = self
            .db()
            .write(move |tx| {
                Box::pin(async move {
                    let written = views::replace(&saved, tx).await?;
                    if written {
                        settle(&saved, "view.update", &origin, tx).await?;
                    }
                    Ok::<_, EngineError>(written)
                })
            })
            .await?;
        if !written {
            return Err(conflict(cx));
        }
        present(cx, &access, &row).ok_or_else(EngineError::not_found)
    }

    /// Deletes a view of the caller's own.
    ///
    /// # Errors
    /// `not_found`, `forbidden` for another's view.
    pub async fn delete_view(&self, cx: &Context, id: Uuid) -> EngineResult<()> {
        let (origin, cx) = (Origin::of(cx), cx.clone());
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    own(&cx, id, tx).await?;
                    views::remove(id, tx).await?;
                    audit::record(tx, &origin, "view", json!({"what": "view.delete", "on": {"view": id}})).await?;
                    Ok::<_, EngineError>(())
                })
            })
            .await
    }
}

/// The view as a change of it is judged: what fitted when it was saved and does no more is switched off, and no fault of a change
/// that does not send it.
fn with_sent(access: &CallerAccess, index: usize, doc: &Map<String, Json>, sent: &[String]) -> Map<String, Json> {
    let vars = access.vars(None);
    let mut judged = doc.clone();
    take_unfit(&QueryContext { catalog: access.catalog(), sight: access, vars: &vars }, index, &mut judged);
    judged.extend(doc.iter().filter(|(key, _)| sent.contains(key)).map(|(k, v)| (k.clone(), v.clone())));
    judged
}

/// What goes with every write of a view: one default a person and form, and an entry in the audit log.
async fn settle(row: &ViewRow, what: &'static str, origin: &Origin, tx: &mut Tx) -> EngineResult<()> {
    if row.is_default {
        views::clear_default(&row.form, row.owner, row.id, tx).await?;
    }
    let shared: Json = serde_json::from_str(&row.shared).unwrap_or_default();
    Ok(audit::record(
        tx,
        origin,
        "view",
        json!({"what": what, "on": {"view": row.id, "form": row.form}, "shared": shared}),
    )
    .await?)
}

fn conflict(cx: &Context) -> EngineError {
    let who = cx.principal().map(|p| p.name.clone()).unwrap_or_default();
    Refusal::new(&code::RECORD_CONFLICT).with("who", who).into()
}

fn is_visible(cx: &Context, row: &ViewRow) -> bool {
    let Some(person) = cx.principal().map(|p| &p.person) else { return true };
    if row.owner == person.id {
        return true;
    }
    let shared: Json = serde_json::from_str(&row.shared).unwrap_or_default();
    let has = |key: &str, test: &dyn Fn(&str) -> bool| {
        shared.get(key).and_then(Json::as_array).is_some_and(|list| list.iter().filter_map(Json::as_str).any(test))
    };
    let id = person.id.hyphenated().to_string();
    has("users", &|u| u == id) || has("roles", &|r| person.roles.iter().any(|own| own == r))
}

async fn visible(cx: &Context, id: Uuid, tx: &mut Tx) -> EngineResult<ViewRow> {
    views::load(id, tx).await?.filter(|row| is_visible(cx, row)).ok_or_else(EngineError::not_found)
}

async fn own(cx: &Context, id: Uuid, tx: &mut Tx) -> EngineResult<ViewRow> {
    let row = visible(cx, id, tx).await?;
    if row.owner == cx.author() {
        Ok(row)
    } else {
        Err(Refusal::new(&code::FORBIDDEN).with("action", "change another's view").into())
    }
}

/// A view as answered; `None` where its form is gone or may not be known.
fn present(cx: &Context, access: &CallerAccess, row: &ViewRow) -> Option<Json> {
    let form = cx.catalog.form_by_id(&row.form)?;
    let (index, _, _) = access.form(&form.name).ok()?;
    let mut out = Map::new();
    out.insert("id".into(), json!(row.id));
    out.insert("form".into(), json!(form.name));
    out.insert("owner".into(), json!(row.owner));
    let mut doc: Map<String, Json> = serde_json::from_str(&row.doc).unwrap_or_default();
    let vars = access.vars(None);
    let query = QueryContext { catalog: access.catalog(), sight: access, vars: &vars };
    let editable = row.owner == cx.author();
    let off = take_unfit(&query, index, &mut doc);
    limit_to_seen(&query, index, &mut doc);
    out.extend(doc);
    if !off.is_empty() {
        out.insert("off".into(), Json::Array(tell_off(&query, index, &off, editable, cx.locale)));
    }
    // with whom else it is shared is the owner's business
    let shared: Json = if editable { serde_json::from_str(&row.shared).unwrap_or_default() } else { json!({}) };
    let list = |key: &str| shared.get(key).cloned().unwrap_or(json!([]));
    out.insert("shared_with".into(), json!({"users": list("users"), "roles": list("roles")}));
    out.insert("is_default".into(), json!(editable && row.is_default));
    out.insert("editable".into(), json!(editable));
    out.insert("version".into(), json!(row.version));
    out.insert("updated_at".into(), json!(format_instant(row.updated_at)));
    Some(Json::Object(out))
}

/// Everything that is wrong with what a view shows, as its maker sees the form.
fn check(access: &CallerAccess, index: usize, doc: &Map<String, Json>) -> EngineResult<()> {
    let mut faults = Vec::new();
    for key in doc.keys().filter(|k| !SHOWN.contains(&k.as_str())) {
        faults.push(Fault::new(key.as_str(), &code::UNKNOWN_KEY).with("name", key).suggest(key, SHOWN.into_iter()));
    }
    match doc.get("title").and_then(Json::as_str) {
        Some(title) if title.chars().count() > 200 => {
            faults.push(Fault::new("title", &code::TOO_LONG).with("limit", 200))
        }
        Some(title) if !title.trim().is_empty() => {}
        _ => faults.push(Fault::new("title", &code::REQUIRED).with("title", "title")),
    }
    if !faults.is_empty() {
        return Err(EngineError::request_faults(faults));
    }
    // it reads like a view of the form's own, which has a name besides
    let mut named: Map<String, Json> = doc.clone();
    named.entry("name").or_insert_with(|| json!("own"));
    let view: ViewDoc = serde_json::from_value(Json::Object(named))
        .map_err(|e| EngineError::request_faults(vec![Fault::new("", &code::KEY_INVALID).with("reason", e)]))?;
    let vars = access.vars(None);
    let cx = QueryContext { catalog: access.catalog(), sight: access, vars: &vars };
    if let Some(filter) = &view.filter {
        read_condition(&cx, Place::form(index), filter, "filter", Limits::default(), &mut faults);
    }
    if let Some(mut filter) = view.filter.clone()
        && let Some(name) = conceal(&cx, Place::form(index), &mut filter)
    {
        faults.push(Fault::new("filter", &code::VALUE_NOT_KEPT).with("name", name));
    }
    read_sort(&cx, index, &view.sort, "sort", &mut faults);
    let mut path = |text: &str, at: String| {
        let resolve = if ["fields", "card"].iter().any(|l| at.starts_with(l)) { resolve_path } else { resolve_open };
        if let Err(fault) = resolve(&cx, Place::form(index), text, &at) {
            faults.push(fault);
        }
    };
    for (i, column) in view.fields.iter().enumerate() {
        path(column.path(), format!("fields/{i}"));
    }
    for (key, list) in [("sum", &view.sum), ("card", &view.card)] {
        for (i, text) in list.iter().enumerate() {
            path(text, format!("{key}/{i}"));
        }
    }
    let single = [
        ("group", &view.group),
        ("color", &view.color),
        ("start", &view.start),
        ("end", &view.end),
        ("parent", &view.parent),
        ("image", &view.image),
        ("depends", &view.depends),
    ];
    for (key, value) in single {
        if let Some(text) = value {
            path(text, key.to_string());
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(EngineError::request_faults(faults)) }
}
