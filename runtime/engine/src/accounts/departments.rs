//! Departments as their administrators edit them. A department that is gone stays for the records that name it.

use super::body::Reader;
use super::{forbidden, require_right, require_whole_person, roles};
use crate::audit::{self, Origin};
use crate::organisation::{self, Department, Organisation};
use crate::records::follow;
use crate::{Context, EngineError, EngineResult, Refusal};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::fold;
use formwright_core::graph::Of;
use formwright_core::permission::ADMIN;
use formwright_core::query::Organisation as _;
use formwright_core::text::Labels;
use formwright_store::StoreError;
use formwright_store::people::departments::{self as rows, DepartmentRow};
use formwright_store::people::version;
use serde_json::{Value as Json, json};
use uuid::Uuid;

const KEYS: [&str; 8] = ["name", "title", "labels", "parent", "heads", "roles", "active", "version"];

/// The departments, by code: `{"items": [{"id", "name", "title", "labels", "parent", "heads", "roles", "active"}], "next":
/// null}`. Who does not manage people sees neither heads nor roles, and active ones only.
///
/// # Errors
/// What the store gives.
pub async fn departments(cx: &Context, q: Option<&str>) -> EngineResult<Json> {
    let organisation = organisation::fresh(&cx.engine).await?;
    let manages = require_right(cx, "manage_people").is_ok();
    let q = q.map(|q| fold::fold(q.trim())).filter(|q| !q.is_empty());
    let found = |department: &&Department| {
        let named = |q: &String| {
            department.title.all().chain([department.name.as_str()]).any(|text| fold::fold(text).contains(q.as_str()))
        };
        (manages || department.active) && q.as_ref().is_none_or(named)
    };
    let items: Vec<Json> =
        organisation.departments().iter().filter(found).map(|department| to_json(department, manages)).collect();
    Ok(json!({ "items": items, "next": null }))
}

/// One department.
///
/// # Errors
/// 404, and what the store gives.
pub async fn department(cx: &Context, id: Uuid) -> EngineResult<Json> {
    let organisation = organisation::fresh(&cx.engine).await?;
    let manages = require_right(cx, "manage_people").is_ok();
    organisation.department(id).map(|department| to_json(department, manages)).ok_or_else(EngineError::not_found)
}

fn to_json(department: &Department, manages: bool) -> Json {
    let mut out = json!({
        "id": department.id, "name": department.name, "title": department.title.title, "labels": department.title.labels,
        "parent": department.parent, "active": department.active,
    });
    if let Json::Object(object) = &mut out
        && manages
    {
        object.insert("heads".into(), json!(department.heads));
        object.insert("roles".into(), json!(department.roles));
        object.insert("version".into(), json!(department.version));
    }
    out
}

/// Fills the row from a body; absent keys stay.
fn read(
    cx: &Context,
    organisation: &Organisation,
    body: &Json,
    row: &mut DepartmentRow,
    present: Option<&Department>,
) -> EngineResult<()> {
    let mut faults = Vec::new();
    let mut reader = Reader::new(body, &KEYS, &mut faults);
    if let Some(name) = reader.text("name", 1, 48, &mut faults) {
        if formwright_core::definition::is_name(&name) {
            row.name = name;
        } else {
            faults.push(Fault::new("name", &code::NAME_INVALID).with("name", name));
        }
    }
    if let Some(title) = reader.text("title", 1, 100, &mut faults) {
        row.title = title;
    }
    if let Some(labels) = reader.object("labels", &mut faults) {
        match serde_json::from_value::<Labels>(Json::Object(labels.clone())) {
            Ok(_) => row.labels = Json::Object(labels).to_string(),
            Err(_) => faults.push(
                Fault::new("labels", &code::WRONG_TYPE).with("expected", "texts by language").with("got", "object"),
            ),
        }
    }
    match reader.nullable_text("parent", 64, &mut faults) {
        None => {}
        Some(None) => row.parent = None,
        Some(Some(text)) => {
            let found = text
                .parse()
                .ok()
                .and_then(|id| organisation.department(id))
                .or_else(|| organisation.department_by_name(&text));
            match found {
                None => faults.push(Fault::new("parent", &code::NOT_FOUND_REFERENCE)),
                Some(parent) if present.is_some() && organisation.departments_under(row.id).contains(&parent.id) => {
                    faults.push(
                        Fault::new("parent", &code::VALUE_INVALID)
                            .with("reason", "a department cannot be below itself"),
                    );
                }
                Some(parent) => row.parent = Some(parent.id),
            }
        }
    }
    if let Some(texts) = reader.texts("heads", &mut faults) {
        let mut heads: Vec<Uuid> = Vec::new();
        for (i, text) in texts.iter().enumerate() {
            let found =
                text.parse().ok().and_then(|id| organisation.user(id)).or_else(|| organisation.user_by_login(text));
            match found.map(|user| user.row.id) {
                Some(id) if heads.contains(&id) => {}
                Some(id) => heads.push(id),
                None => faults.push(Fault::new(format!("heads/{i}"), &code::NOT_FOUND_REFERENCE)),
            }
        }
        row.heads = json!(heads).to_string();
    }
    if let Some(names) = reader.texts("roles", &mut faults) {
        let held = present.map(|department| department.roles.as_slice()).unwrap_or_default();
        for (i, name) in names.iter().enumerate().filter(|(_, name)| !held.contains(name)) {
            // The administrator's role is given to people, so that the last one can be counted.
            if *name == ADMIN || cx.catalog.role(name).is_none() {
                let known = cx.catalog.roles.iter().map(|role| role.name.as_str());
                faults.push(
                    Fault::new(format!("roles/{i}"), &code::UNKNOWN_REFERENCE)
                        .with("kind", "role")
                        .with("name", name)
                        .suggest(name, known),
                );
            }
        }
        let changed =
            names.iter().filter(|name| !held.contains(name)).chain(held.iter().filter(|name| !names.contains(name)));
        for name in changed {
            if cx.catalog.role(name).is_some() && !roles::may_assign(cx, name) {
                return Err(forbidden(&format!("assign {name}")));
            }
        }
        row.roles = json!(names).to_string();
    }
    if let Some(active) = reader.truth("active", &mut faults) {
        row.active = active;
    }
    if faults.is_empty() { Ok(()) } else { Err(EngineError::request_faults(faults)) }
}

/// A new department from `{"name", "title"?, …}`. Needs `manage_people`.
///
/// # Errors
/// 403, faults by key, and what the store gives.
pub async fn create_department(cx: &Context, body: &Json) -> EngineResult<Json> {
    require_right(cx, "manage_people")?;
    require_whole_person(cx, "manage_people")?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let mut row = DepartmentRow {
        id: Uuid::now_v7(),
        name: String::new(),
        title: String::new(),
        labels: "{}".into(),
        parent: None,
        heads: "[]".into(),
        roles: "[]".into(),
        active: true,
        version: 1,
    };
    read(cx, &organisation, body, &mut row, None)?;
    if row.name.is_empty() {
        return Err(EngineError::request_faults(vec![Fault::new("name", &code::REQUIRED).with("title", "name")]));
    }
    if row.title.is_empty() {
        row.title = formwright_core::text::title_from_name(&row.name);
    }
    let (id, origin) = (row.id, Origin::of(cx));
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            version::raise(tx).await?;
            rows::insert(tx, &row).await.map_err(taken)?;
            let body = json!({ "what": "department.create", "on": { "department": row.id }, "subject": row.name });
            Ok::<_, EngineError>(audit::record(tx, &origin, "people", body).await?)
        })
    });
    write.await?;
    department(cx, id).await
}

fn taken(error: StoreError) -> EngineError {
    match error {
        StoreError::Unique { .. } => EngineError::request_faults(vec![Fault::new("name", &code::DUPLICATE)]),
        error => error.into(),
    }
}

/// Changes a department; absent keys stay, `null` empties. With `if_version` only over that version. Needs `manage_people`.
///
/// # Errors
/// 403, 404, 409 `record_conflict`, faults by key, and what the store gives.
pub async fn update_department(cx: &Context, id: Uuid, body: &Json, if_version: Option<i64>) -> EngineResult<Json> {
    require_right(cx, "manage_people")?;
    require_whole_person(cx, "manage_people")?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let present = organisation.department(id).ok_or_else(EngineError::not_found)?;
    let mut row = DepartmentRow {
        id,
        name: present.name.clone(),
        title: present.title.title.clone(),
        labels: json!(present.title.labels).to_string(),
        parent: present.parent,
        heads: json!(present.heads).to_string(),
        roles: json!(present.roles).to_string(),
        active: present.active,
        version: present.version + 1,
    };
    read(cx, &organisation, body, &mut row, Some(present))?;
    if present.active && !row.active {
        require_empty(&organisation, id)?;
    }
    let wanted = if_version.or_else(|| body.get("version").and_then(Json::as_i64)).unwrap_or(present.version);
    let (origin, read_at) = (Origin::of(cx), organisation.version());
    let around = follow::Around::of(cx)?;
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            // What was checked above (the tree, who is in it) must still be so.
            let raised = version::raise(tx).await?;
            let now = rows::lock(tx, id).await?.ok_or_else(EngineError::not_found)?;
            if now.version != wanted || raised != read_at + 1 {
                let mut refusal = Refusal::new(&code::RECORD_CONFLICT).with("who", "");
                refusal.extra.insert("version".into(), json!(now.version));
                return Err(refusal.into());
            }
            rows::update(tx, &row).await.map_err(taken)?;
            around.people_changed(Of::Departments, id, tx).await?;
            let body = json!({ "what": "department.update", "on": { "department": id }, "subject": row.name, "active": row.active });
            Ok::<_, EngineError>(audit::record(tx, &origin, "people", body).await?)
        })
    });
    write.await?;
    department(cx, id).await
}

/// Takes a department out of use; it keeps its name for the records that hold it.
///
/// # Errors
/// 409 `in_use` while people or departments are in it; else as [`update_department`].
pub async fn delete_department(cx: &Context, id: Uuid) -> EngineResult<()> {
    update_department(cx, id, &json!({ "active": false }), None).await.map(|_| ())
}

fn require_empty(organisation: &Organisation, id: Uuid) -> EngineResult<()> {
    let people = organisation.users().iter().filter(|user| user.row.active && user.departments().contains(&id)).count();
    let below = organisation
        .departments()
        .iter()
        .filter(|department| department.active && department.parent == Some(id))
        .count();
    match people + below {
        0 => Ok(()),
        count => Err(Refusal::new(&code::IN_USE).with("count", count).into()),
    }
}
