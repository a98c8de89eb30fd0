//! People as their administrators edit them: list, create, change, disable. Nobody is ever deleted.

use super::change::{Change, KEYS, OWN_KEYS, changes, read};
use super::links::{self, Draft, OneTimeLink, Purpose};
use super::step_up::{Act, require_step_up};
use super::{forbidden, instant, password, refuse_token, require_right, require_whole_person, roles, sessions};
use crate::access::CallerAccess;
use crate::audit::{self, Origin};
use crate::organisation::{self, User};
use crate::records::follow;
use crate::{Authority, Context, EngineError, EngineResult, Refusal};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::fold;
use formwright_core::graph::Of;
use formwright_core::permission::ADMIN;
use formwright_store::people::users::{self as rows, UserRow};
use formwright_store::people::{links as link_rows, sessions as session_rows, version};
use formwright_store::select::AccessSource;
use formwright_store::{StoreError, Tx};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Most people of a page.
const MAX_PAGE: usize = 500;

/// Which people are wanted.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// Part of the name, or the beginning of login, sound or initials.
    pub q: Option<String>,
    /// Only for who manages people; others see active people.
    pub active: Option<bool>,
    pub department: Option<Uuid>,
    /// Given to the person himself.
    pub role: Option<String>,
    /// 50 where it is not given, 500 at most.
    pub limit: Option<usize>,
    /// What the page before gave as `next`.
    pub cursor: Option<String>,
}

/// A page of people by name: `{"items", "next"}`. Who does not manage people sees id, name, department, active of active
/// people: enough to pick one, and nothing by which anybody signs in.
///
/// # Errors
/// A cursor that is none; what the store gives.
pub async fn users(cx: &Context, query: &UserQuery) -> EngineResult<Json> {
    let organisation = organisation::fresh(&cx.engine).await?;
    let manages = require_right(cx, "manage_people").is_ok();
    let limit = query.limit.unwrap_or(50).clamp(1, MAX_PAGE);
    let after = match &query.cursor {
        None => 0,
        Some(cursor) => {
            let last = cursor
                .parse::<Uuid>()
                .ok()
                .and_then(|id| organisation.users().iter().position(|user| user.row.id == id));
            last.ok_or_else(|| Refusal::new(&code::CURSOR_INVALID))? + 1
        }
    };
    let q = query.q.as_deref().map(|q| fold::fold(q.trim())).filter(|q| !q.is_empty());
    let active = if manages { query.active } else { Some(true) };
    let wanted = |user: &&User| {
        active.is_none_or(|active| user.row.active == active)
            && query.department.is_none_or(|department| user.departments().contains(&department))
            && query.role.as_ref().is_none_or(|role| user.roles.iter().any(|held| held.role == *role))
            && q.as_ref().is_none_or(|q| if manages { user.is_found_by(q) } else { user.is_named(q) })
    };
    let mut found: Vec<&User> = organisation.users().iter().skip(after).filter(wanted).take(limit + 1).collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|user| user.row.id);
    let items: Vec<Json> = found.into_iter().map(|user| if manages { full(user) } else { brief(user) }).collect();
    Ok(json!({ "items": items, "next": next }))
}

/// One person; what is shown is as in the list, also of disabled people, since records name them.
///
/// # Errors
/// 404, and what the store gives.
pub async fn user(cx: &Context, id: Uuid) -> EngineResult<Json> {
    let organisation = organisation::fresh(&cx.engine).await?;
    let user = organisation.user(id).ok_or_else(EngineError::not_found)?;
    let whole = require_right(cx, "manage_people").is_ok() || cx.principal().is_some_and(|me| me.person.id == id);
    Ok(if whole { full(user) } else { brief(user) })
}

/// Oneself, with the choices of theme and density.
///
/// # Errors
/// 401, and what the store gives.
pub async fn me(cx: &Context) -> EngineResult<Json> {
    let id = sessions::signed_in(cx)?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let user = organisation.user(id).ok_or_else(EngineError::not_found)?;
    let mut out = full(user);
    if let Json::Object(object) = &mut out {
        object.insert("preferences".into(), Json::Object(user.preferences.clone()));
        object.insert("forms".into(), actions_by_form(cx));
    }
    Ok(out)
}

/// What the caller may do, by the name of each form that he may use: `{"customer": ["read", "create"]}`.
fn actions_by_form(cx: &Context) -> Json {
    let access = CallerAccess::new(cx);
    let forms = cx.catalog.forms.iter().enumerate().filter(|(i, _)| !access.access(*i).is_none());
    Json::Object(forms.map(|(i, form)| (form.name.clone(), json!(access.actions(i)))).collect())
}

fn brief(user: &User) -> Json {
    let row = &user.row;
    json!({ "id": row.id, "name": row.name, "department": row.department, "active": row.active })
}

fn full(user: &User) -> Json {
    let row = &user.row;
    let roles: Vec<Json> = user
        .roles
        .iter()
        .map(|role| json!({ "role": role.role, "from": role.from.map(instant), "to": role.to.map(instant) }))
        .collect();
    json!({
        "id": row.id, "login": row.login, "name": row.name, "email": row.email, "phone": row.phone,
        "department": row.department, "departments": user.further, "manager": row.manager, "roles": roles,
        "locale": row.locale, "time_zone": row.time_zone, "active": row.active, "channels": user.channels,
        "created_at": instant(row.created_at), "version": row.version,
    })
}

/// A new person from `{"login", "name", …, "password"?}`: without a password with the link of an invitation. Needs
/// `manage_people`, and for each role every right in it. A token without scopes makes people who administer nothing: who finds it
/// must not come by more with it than it gives.
///
/// # Errors
/// 403, faults by key, and what the store gives.
pub async fn create_user(cx: &Context, body: &Json) -> EngineResult<(Json, Option<OneTimeLink>)> {
    require_right(cx, "manage_people")?;
    require_whole_person(cx, "manage_people")?;
    let by_program = refuse_token(cx, "manage_people").is_err();
    let organisation = organisation::fresh(&cx.engine).await?;
    let change = read(cx, &organisation, body, &KEYS, None)?;
    let missing = [("login", change.login.is_none())];
    let faults: Vec<Fault> = missing
        .iter()
        .filter(|(_, missing)| *missing)
        .map(|(key, _)| Fault::new(*key, &code::REQUIRED).with("title", key))
        .collect();
    if !faults.is_empty() {
        return Err(EngineError::request_faults(faults));
    }
    if !by_program {
        require_acts(cx, &change).await?;
    } else if !change.roles_held(&organisation).all(|role| roles::is_plain(&cx.catalog, role)) {
        return Err(forbidden("manage_people"));
    }
    let hash = match &change.password {
        Some(password) => Some(cx.engine.accounts().hashing.place().await?.hash(password).await?),
        None => None,
    };
    let draft = match (&hash, change.active) {
        (None, None | Some(true)) => Some(Draft::new(Purpose::Invite, cx.now)?),
        _ => None,
    };
    let link = draft.as_ref().map(|draft| draft.link.clone());
    let mut row = UserRow {
        id: Uuid::now_v7(),
        login: String::new(),
        name: change.login.clone().unwrap_or_default(),
        email: None,
        phone: None,
        department: None,
        manager: None,
        locale: None,
        time_zone: None,
        active: true,
        created_at: cx.now,
        version: 1,
        data: "{}".into(),
    };
    change.apply(&mut row);
    // The operator at the command line takes the first administrator's account instead of its link.
    let adopts = hash.is_some() && matches!(cx.authority, Authority::System(_));
    let origin = Origin::of(cx);
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            version::raise(tx).await?;
            let assignments = change.roles.clone().unwrap_or_default();
            let adopted = if adopts { adoptable(tx, &row).await? } else { None };
            match (adopted, &hash) {
                (Some(first), Some(hash)) => {
                    row.id = first.id;
                    row.created_at = first.created_at;
                    row.version = first.version + 1;
                    rows::update(tx, &row).await?;
                    password::replace(tx, row.id, hash).await?;
                }
                _ => rows::insert(tx, &row, hash.as_deref()).await.map_err(taken)?,
            }
            rows::set_roles(tx, row.id, &assignments).await?;
            if let Some(draft) = &draft {
                draft.store(tx, row.id).await?;
            }
            let roles: Vec<&str> = assignments.iter().map(|role| role.role.as_str()).collect();
            let body = json!({ "what": "user.create", "on": { "user": row.id }, "subject": row.login, "roles": roles, "invited": draft.is_some() });
            audit::record(tx, &origin, "people", body).await?;
            Ok::<_, EngineError>(row.id)
        })
    });
    let id = write.await?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let user = organisation.user(id).ok_or_else(EngineError::not_found)?;
    Ok((full(user), link))
}

/// Asks once more who it is for what opens an account or makes it stronger.
async fn require_acts(cx: &Context, change: &Change) -> EngineResult<()> {
    let acts = [
        (change.roles.is_some(), Act::AssignRoles),
        (change.email.is_some(), Act::ChangeEmail),
        (change.password.is_some(), Act::SetPassword),
    ];
    match acts.into_iter().find(|(wanted, _)| *wanted) {
        Some((_, act)) => require_step_up(cx, act).await,
        None => Ok(()),
    }
}

/// The first administrator's account, where it has this login and nobody has come in by it.
async fn adoptable(tx: &mut Tx, row: &UserRow) -> EngineResult<Option<UserRow>> {
    let Some(first) = links::unclaimed(tx).await? else { return Ok(None) };
    let first = rows::lock(tx, first).await?;
    Ok(first.filter(|first| fold::fold(&first.login) == fold::fold(&row.login)))
}

fn taken(error: StoreError) -> EngineError {
    match error {
        StoreError::Unique { .. } => EngineError::request_faults(vec![Fault::new("login", &code::DUPLICATE)]),
        error => error.into(),
    }
}

/// Changes a person; absent keys stay, `null` empties. Disabling ends his sessions and links at once. With `if_version`
/// (or `version` in the body) only over that version. Needs `manage_people`; what opens the account needs every right
/// that the person has.
///
/// # Errors
/// 403, 404, 409 `record_conflict`, 422 `last_administrator`, faults by key, and what the store gives.
pub async fn update_user(cx: &Context, id: Uuid, body: &Json, if_version: Option<i64>) -> EngineResult<Json> {
    require_right(cx, "manage_people")?;
    refuse_token(cx, "manage_people")?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let present = organisation.user(id).ok_or_else(EngineError::not_found)?;
    let change = read(cx, &organisation, body, &KEYS, Some(present))?;
    if change.is_sensitive() {
        roles::require_power_over(cx, &organisation, present)?;
    }
    require_acts(cx, &change).await?;
    let hash = match &change.password {
        Some(password) => Some(cx.engine.accounts().hashing.place().await?.hash(password).await?),
        None => None,
    };
    let if_version = if_version.or(change.version);
    write_change(cx, id, change, hash, if_version, "user.update").await
}

/// Changes one's own language, zone, theme and density.
///
/// # Errors
/// 401, faults by key, and what the store gives.
pub async fn update_me(cx: &Context, body: &Json) -> EngineResult<Json> {
    require_whole_person(cx, "change preferences")?;
    let id = sessions::signed_in(cx)?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let present = organisation.user(id).ok_or_else(EngineError::not_found)?;
    let change = read(cx, &organisation, body, &OWN_KEYS, Some(present))?;
    write_change(cx, id, change, None, None, "user.preferences").await?;
    me(cx).await
}

async fn write_change(
    cx: &Context,
    id: Uuid,
    change: Change,
    hash: Option<String>,
    if_version: Option<i64>,
    what: &'static str,
) -> EngineResult<Json> {
    let (origin, now) = (Origin::of(cx), cx.now);
    let around = follow::Around::of(cx)?;
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            // First of all: it makes changes of the organisation wait for each other.
            version::raise(tx).await?;
            let before = rows::lock(tx, id).await?.ok_or_else(EngineError::not_found)?;
            if if_version.is_some_and(|wanted| wanted != before.version) {
                let mut refusal = Refusal::new(&code::RECORD_CONFLICT).with("who", "");
                refusal.extra.insert("version".into(), json!(before.version));
                return Err(refusal.into());
            }
            let guarded = change.active.is_some() || change.roles.is_some();
            let administrators = if guarded { rows::active_with_role(tx, ADMIN, now).await? } else { 0 };
            let mut row = before.clone();
            change.apply(&mut row);
            row.version = before.version + 1;
            rows::update(tx, &row).await.map_err(taken)?;
            if let Some(assignments) = &change.roles {
                rows::set_roles(tx, id, assignments).await?;
            }
            if administrators > 0 && rows::active_with_role(tx, ADMIN, now).await? == 0 {
                return Err(EngineError::refused(&code::LAST_ADMINISTRATOR));
            }
            if before.active && !row.active {
                rows::raise_stamp(tx, id).await?;
                session_rows::delete_of_user(tx, id, None).await?;
                link_rows::delete_unused(tx, id).await?;
            }
            if let Some(hash) = &hash {
                password::replace(tx, id, hash).await?;
            }
            let told = |row: &UserRow| (row.name.clone(), row.login.clone(), row.department, row.manager, row.active);
            if told(&before) != told(&row) {
                around.people_changed(Of::People, id, tx).await?;
            }
            let body = json!({ "what": what, "on": { "user": id }, "subject": row.login, "changes": changes(&before, &row, &change, hash.is_some()) });
            audit::record(tx, &origin, "people", body).await?;
            Ok::<_, EngineError>(())
        })
    });
    write.await?;
    let organisation = organisation::fresh(&cx.engine).await?;
    organisation.user(id).map(full).ok_or_else(EngineError::not_found)
}
