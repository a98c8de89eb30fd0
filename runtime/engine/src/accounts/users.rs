//! People as their administrators edit them: list, create, change, disable. Nobody is ever deleted.

use super::body::{Reader, wrong};
use super::links::{self, Draft, OneTimeLink, Purpose};
use super::{forbidden, instant, password, require_right, require_whole_person, roles, sessions};
use crate::audit::{self, Origin};
use crate::organisation::{self, Organisation, User};
use crate::{Authority, Context, EngineError, EngineResult, Refusal};
use chrono_tz::Tz;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::fold;
use formwright_core::permission::ADMIN;
use formwright_core::query::Organisation as _;
use formwright_core::text::Locale;
use formwright_store::people::users::{self as rows, Assignment, UserRow};
use formwright_store::people::{links as link_rows, sessions as session_rows, version};
use formwright_store::{StoreError, Tx};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

const KEYS: [&str; 14] =
    ["login", "name", "email", "phone", "department", "departments", "manager", "roles", "locale", "time_zone", "active", "channels", "password", "version"];
const OWN_KEYS: [&str; 4] = ["locale", "time_zone", "theme", "density"];
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

/// A page of people by name: `{"items", "next"}`. Who does not manage people sees id, name, login, department, active of
/// active people: enough to pick one.
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
            let last = cursor.parse::<Uuid>().ok().and_then(|id| organisation.users().iter().position(|user| user.row.id == id));
            last.ok_or_else(|| Refusal::new(&code::CURSOR_INVALID))? + 1
        }
    };
    let q = query.q.as_deref().map(|q| fold::fold(q.trim())).filter(|q| !q.is_empty());
    let active = if manages { query.active } else { Some(true) };
    let wanted = |user: &&User| {
        active.is_none_or(|active| user.row.active == active)
            && query.department.is_none_or(|department| user.departments().contains(&department))
            && query.role.as_ref().is_none_or(|role| user.roles.iter().any(|held| held.role == *role))
            && q.as_ref().is_none_or(|q| user.is_found_by(q))
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
    }
    Ok(out)
}

fn brief(user: &User) -> Json {
    let row = &user.row;
    json!({ "id": row.id, "name": row.name, "login": row.login, "department": row.department, "active": row.active })
}

fn full(user: &User) -> Json {
    let row = &user.row;
    let roles: Vec<Json> =
        user.roles.iter().map(|role| json!({ "role": role.role, "from": role.from.map(instant), "to": role.to.map(instant) })).collect();
    json!({
        "id": row.id, "login": row.login, "name": row.name, "email": row.email, "phone": row.phone,
        "department": row.department, "departments": user.further, "manager": row.manager, "roles": roles,
        "locale": row.locale, "time_zone": row.time_zone, "active": row.active, "channels": user.channels,
        "created_at": instant(row.created_at), "version": row.version,
    })
}

/// What a body asks to change; absent members stay as they are.
#[derive(Default)]
struct Change {
    login: Option<String>,
    name: Option<String>,
    email: Option<Option<String>>,
    phone: Option<Option<String>>,
    department: Option<Option<Uuid>>,
    further: Option<Vec<Uuid>>,
    manager: Option<Option<Uuid>>,
    roles: Option<Vec<Assignment>>,
    locale: Option<Option<String>>,
    time_zone: Option<Option<String>>,
    active: Option<bool>,
    channels: Option<Map<String, Json>>,
    preferences: Map<String, Json>,
    password: Option<String>,
    version: Option<i64>,
}

impl Change {
    /// Whether it touches what opens the account or makes it stronger.
    fn is_sensitive(&self) -> bool {
        self.login.is_some() || self.email.is_some() || self.active.is_some() || self.password.is_some() || self.roles.is_some()
    }

    fn apply(&self, row: &mut UserRow) {
        fn set<T: Clone>(to: &mut T, from: &Option<T>) {
            if let Some(value) = from {
                to.clone_from(value);
            }
        }
        set(&mut row.login, &self.login);
        set(&mut row.name, &self.name);
        set(&mut row.email, &self.email);
        set(&mut row.phone, &self.phone);
        set(&mut row.department, &self.department);
        set(&mut row.manager, &self.manager);
        set(&mut row.locale, &self.locale);
        set(&mut row.time_zone, &self.time_zone);
        set(&mut row.active, &self.active);
        let mut data: Map<String, Json> = serde_json::from_str(&row.data).unwrap_or_default();
        if let Some(further) = &self.further {
            data.insert("departments".into(), json!(further));
        }
        if let Some(channels) = &self.channels {
            data.insert("channels".into(), Json::Object(channels.clone()));
        }
        if !self.preferences.is_empty() {
            let entry = data.entry("preferences").or_insert_with(|| json!({}));
            if let Json::Object(known) = entry {
                known.extend(self.preferences.clone());
            }
        }
        row.data = Json::Object(data).to_string();
    }
}

/// Reads a body. `present` is the person it is to change.
fn read(cx: &Context, organisation: &Organisation, body: &Json, keys: &[&str], present: Option<&User>) -> EngineResult<Change> {
    let mut faults = Vec::new();
    let mut reader = Reader::new(body, keys, &mut faults);
    let mut change = Change {
        login: reader.text("login", 1, 64, &mut faults),
        name: reader.text("name", 1, 100, &mut faults),
        email: reader.nullable_text("email", 254, &mut faults),
        phone: reader.nullable_text("phone", 40, &mut faults),
        locale: reader.nullable_text("locale", 35, &mut faults),
        time_zone: reader.nullable_text("time_zone", 64, &mut faults),
        active: reader.truth("active", &mut faults),
        channels: reader.object("channels", &mut faults),
        ..Change::default()
    };
    if change.login.as_deref().is_some_and(|login| !is_login(login)) {
        faults.push(Fault::new("login", &code::LOGIN_INVALID));
    }
    if change.email.iter().flatten().any(|email| !is_email(email)) {
        faults.push(Fault::new("email", &code::FORMAT_INVALID).with("format", "e-mail address"));
    }
    if let Some(Some(tag)) = &change.locale {
        match Locale::from_tag(tag) {
            Some(locale) => change.locale = Some(Some(locale.tag().to_owned())),
            None => faults.push(Fault::new("locale", &code::CHOICE_UNKNOWN).with("value", tag).suggest(tag, ["en", "zh-CN"].into_iter())),
        }
    }
    if let Some(Some(zone)) = change.time_zone.as_ref().filter(|zone| zone.as_ref().is_some_and(|zone| zone.parse::<Tz>().is_err())) {
        faults.push(Fault::new("time_zone", &code::CHOICE_UNKNOWN).with("value", zone).with("suggestion", ""));
    }
    for key in ["theme", "density"].into_iter().filter(|key| keys.contains(key)) {
        if let Some(text) = reader.nullable_text(key, 20, &mut faults) {
            change.preferences.insert(key.into(), json!(text));
        }
    }
    let held = present.map(User::departments).unwrap_or_default();
    let department = |text: &str| {
        let found = text.parse().ok().and_then(|id| organisation.department(id)).or_else(|| organisation.department_by_name(text));
        found.filter(|found| found.active || held.contains(&found.id)).map(|found| found.id)
    };
    let missing = |path: String| Fault::new(path, &code::NOT_FOUND_REFERENCE);
    change.department = match reader.nullable_text("department", 64, &mut faults) {
        Some(Some(text)) => match department(&text) {
            Some(id) => Some(Some(id)),
            None => {
                faults.push(missing("department".into()));
                None
            }
        },
        other => other.map(|_| None),
    };
    if let Some(texts) = reader.texts("departments", &mut faults) {
        let mut further = Vec::new();
        for (i, text) in texts.iter().enumerate() {
            match department(text) {
                Some(id) if further.contains(&id) => {}
                Some(id) => further.push(id),
                None => faults.push(missing(format!("departments/{i}"))),
            }
        }
        change.further = Some(further);
    }
    change.manager = match reader.nullable_text("manager", 64, &mut faults) {
        Some(Some(text)) => {
            let found = text.parse().ok().and_then(|id| organisation.user(id)).or_else(|| organisation.user_by_login(&text));
            let held = present.and_then(|user| user.row.manager);
            let found = found.map(|found| (found.row.id, found.row.active)).filter(|(id, active)| *active || held == Some(*id));
            match (found, present) {
                (None, _) => faults.push(missing("manager".into())),
                (Some((id, _)), Some(user)) if id == user.row.id || organisation.reports_of(user.row.id).contains(&id) => {
                    faults.push(Fault::new("manager", &code::VALUE_INVALID).with("reason", "nobody may be above himself"));
                }
                _ => {}
            }
            found.map(|(id, _)| Some(id))
        }
        other => other.map(|_| None),
    };
    change.roles = read_roles(cx, &mut reader, present, &mut faults)?;
    change.version = reader.get("version").and_then(Json::as_i64);
    if let Some(text) = reader.get("password") {
        match text {
            Json::Null => {}
            Json::String(text) => {
                let login = change.login.as_deref().or(present.map(|user| user.row.login.as_str())).unwrap_or_default();
                let name = change.name.as_deref().or(present.map(|user| user.row.name.as_str())).unwrap_or_default();
                faults.extend(password::check("password", text, cx.engine.settings().password_min, &[login, name]));
                change.password = Some(text.clone());
            }
            other => faults.push(wrong("password", "text", other)),
        }
    }
    if faults.is_empty() { Ok(change) } else { Err(EngineError::request_faults(faults)) }
}

/// Roles as names or as `{"role", "from"?, "to"?}`. What is given or taken must be the caller's to give.
fn read_roles(cx: &Context, reader: &mut Reader<'_>, present: Option<&User>, faults: &mut Vec<Fault>) -> EngineResult<Option<Vec<Assignment>>> {
    let list = match reader.get("roles") {
        None => return Ok(None),
        Some(Json::Null) => &Vec::new(),
        Some(Json::Array(list)) => list,
        Some(other) => {
            faults.push(wrong("roles", "list", other));
            return Ok(None);
        }
    };
    let held = present.map(|user| user.roles.as_slice()).unwrap_or_default();
    let mut out: Vec<Assignment> = Vec::new();
    for (i, item) in list.iter().enumerate() {
        let mut inner = Vec::new();
        let assignment = match item {
            Json::String(role) => Some(Assignment { role: role.clone(), from: None, to: None }),
            item => {
                let mut entry = Reader::new(item, &["role", "from", "to"], &mut inner);
                let from = entry.instant("from", cx.zone, false, &mut inner).flatten();
                let to = entry.instant("to", cx.zone, true, &mut inner).flatten();
                let role = entry.text("role", 1, 64, &mut inner);
                if role.is_none() && inner.is_empty() {
                    inner.push(Fault::new("role", &code::REQUIRED).with("title", "role"));
                }
                role.map(|role| Assignment { role, from, to })
            }
        };
        faults.extend(inner.into_iter().map(|fault| fault.under(&format!("roles/{i}"))));
        let Some(assignment) = assignment else { continue };
        let known = assignment.role == ADMIN || cx.catalog.role(&assignment.role).is_some() || held.iter().any(|role| role.role == assignment.role);
        if !known {
            let names = cx.catalog.roles.iter().map(|role| role.name.as_str()).chain([ADMIN]);
            faults.push(Fault::new(format!("roles/{i}"), &code::UNKNOWN_REFERENCE).with("kind", "role").with("name", &assignment.role).suggest(&assignment.role, names));
        } else if out.iter().any(|other| other.role == assignment.role) {
            faults.push(Fault::new(format!("roles/{i}"), &code::NOT_UNIQUE_ITEMS));
        } else {
            out.push(assignment);
        }
    }
    let given = out.iter().filter(|role| !held.contains(role));
    let taken = held.iter().filter(|role| !out.contains(role));
    for role in given.chain(taken) {
        let exists = role.role == ADMIN || cx.catalog.role(&role.role).is_some();
        if exists && !roles::may_assign(cx, &role.role) {
            return Err(forbidden(&format!("assign {}", role.role)));
        }
    }
    out.sort_by(|a, b| a.role.cmp(&b.role));
    Ok(Some(out))
}

fn is_login(login: &str) -> bool {
    login.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@'))
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !text.contains(|c: char| c.is_whitespace() || c == '<' || c == '>')
}

/// A new person from `{"login", "name", …, "password"?}`: without a password with the link of an invitation. Needs
/// `manage_people`, and for each role every right in it.
///
/// # Errors
/// 403, faults by key, and what the store gives.
pub async fn create_user(cx: &Context, body: &Json) -> EngineResult<(Json, Option<OneTimeLink>)> {
    require_right(cx, "manage_people")?;
    require_whole_person(cx, "manage_people")?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let change = read(cx, &organisation, body, &KEYS, None)?;
    let missing = [("login", change.login.is_none())];
    let faults: Vec<Fault> = missing.iter().filter(|(_, missing)| *missing).map(|(key, _)| Fault::new(*key, &code::REQUIRED).with("title", key)).collect();
    if !faults.is_empty() {
        return Err(EngineError::request_faults(faults));
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
    require_whole_person(cx, "manage_people")?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let present = organisation.user(id).ok_or_else(EngineError::not_found)?;
    let change = read(cx, &organisation, body, &KEYS, Some(present))?;
    if change.is_sensitive() {
        roles::require_power_over(cx, &organisation, present)?;
    }
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
    let id = sessions::signed_in(cx)?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let present = organisation.user(id).ok_or_else(EngineError::not_found)?;
    let change = read(cx, &organisation, body, &OWN_KEYS, Some(present))?;
    write_change(cx, id, change, None, None, "user.preferences").await?;
    me(cx).await
}

async fn write_change(cx: &Context, id: Uuid, change: Change, hash: Option<String>, if_version: Option<i64>, what: &'static str) -> EngineResult<Json> {
    let (origin, now) = (Origin::of(cx), cx.now);
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
            let body = json!({ "what": what, "on": { "user": id }, "subject": row.login, "changes": changes(&before, &row, &change, hash.is_some()) });
            audit::record(tx, &origin, "people", body).await?;
            Ok::<_, EngineError>(())
        })
    });
    write.await?;
    let organisation = organisation::fresh(&cx.engine).await?;
    organisation.user(id).map(full).ok_or_else(EngineError::not_found)
}

/// Names of what changed; of roles and of being active also to what.
fn changes(before: &UserRow, after: &UserRow, change: &Change, password: bool) -> Json {
    let mut out = Map::new();
    let plain = [
        ("login", before.login != after.login),
        ("name", before.name != after.name),
        ("email", before.email != after.email),
        ("phone", before.phone != after.phone),
        ("department", before.department != after.department),
        ("departments", change.further.is_some()),
        ("manager", before.manager != after.manager),
        ("locale", before.locale != after.locale),
        ("time_zone", before.time_zone != after.time_zone),
        ("channels", change.channels.is_some()),
        ("preferences", !change.preferences.is_empty()),
        ("password", password),
    ];
    for (name, _) in plain.into_iter().filter(|(_, changed)| *changed) {
        out.insert(name.into(), json!(true));
    }
    if before.active != after.active {
        out.insert("active".into(), json!({ "from": before.active, "to": after.active }));
    }
    if let Some(roles) = &change.roles {
        let names: Vec<Json> = roles.iter().map(|role| json!({ "role": role.role, "from": role.from.map(instant), "to": role.to.map(instant) })).collect();
        out.insert("roles".into(), json!(names));
    }
    Json::Object(out)
}
