//! What a body asks to change about a person: read, judged key by key, and laid over what is stored.

use super::body::{Reader, wrong};
use super::{forbidden, instant, password, roles};
use crate::organisation::{Organisation, User};
use crate::{Context, EngineError, EngineResult};
use chrono_tz::Tz;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::permission::ADMIN;
use formwright_core::query::Organisation as _;
use formwright_core::text::Locale;
use formwright_store::people::users::{Assignment, UserRow};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// What who manages people may write.
pub(super) const KEYS: [&str; 14] = [
    "login",
    "name",
    "email",
    "phone",
    "department",
    "departments",
    "manager",
    "roles",
    "locale",
    "time_zone",
    "active",
    "channels",
    "password",
    "version",
];
/// What everybody may write of himself.
pub(super) const OWN_KEYS: [&str; 4] = ["locale", "time_zone", "theme", "density"];

/// What a body asks to change; absent members stay as they are.
#[derive(Clone, Default)]
pub(super) struct Change {
    pub(super) login: Option<String>,
    pub(super) name: Option<String>,
    pub(super) email: Option<Option<String>>,
    pub(super) phone: Option<Option<String>>,
    pub(super) department: Option<Option<Uuid>>,
    pub(super) further: Option<Vec<Uuid>>,
    pub(super) manager: Option<Option<Uuid>>,
    pub(super) roles: Option<Vec<Assignment>>,
    pub(super) locale: Option<Option<String>>,
    pub(super) time_zone: Option<Option<String>>,
    pub(super) active: Option<bool>,
    pub(super) channels: Option<Map<String, Json>>,
    pub(super) preferences: Map<String, Json>,
    pub(super) password: Option<String>,
    pub(super) version: Option<i64>,
}

impl Change {
    /// The roles that it gives, also by departments.
    pub(super) fn roles_held<'a>(&'a self, organisation: &'a Organisation) -> impl Iterator<Item = &'a str> {
        let departments = self.department.iter().flatten().chain(self.further.iter().flatten());
        let by_department = departments.filter_map(|id| organisation.department(*id)).flat_map(|found| &found.roles);
        self.roles.iter().flatten().map(|assigned| &assigned.role).chain(by_department).map(String::as_str)
    }

    /// Whether it touches what opens the account or makes it stronger.
    pub(super) fn is_sensitive(&self) -> bool {
        self.login.is_some()
            || self.email.is_some()
            || self.active.is_some()
            || self.password.is_some()
            || self.roles.is_some()
    }

    pub(super) fn apply(&self, row: &mut UserRow) {
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
pub(super) fn read(
    cx: &Context,
    organisation: &Organisation,
    body: &Json,
    keys: &[&str],
    present: Option<&User>,
) -> EngineResult<Change> {
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
            None => faults.push(
                Fault::new("locale", &code::CHOICE_UNKNOWN)
                    .with("value", tag)
                    .suggest(tag, ["en", "zh-CN"].into_iter()),
            ),
        }
    }
    if let Some(Some(zone)) =
        change.time_zone.as_ref().filter(|zone| zone.as_ref().is_some_and(|zone| zone.parse::<Tz>().is_err()))
    {
        faults.push(Fault::new("time_zone", &code::CHOICE_UNKNOWN).with("value", zone).with("suggestion", ""));
    }
    for key in ["theme", "density"].into_iter().filter(|key| keys.contains(key)) {
        if let Some(text) = reader.nullable_text(key, 20, &mut faults) {
            change.preferences.insert(key.into(), json!(text));
        }
    }
    let held = present.map(User::departments).unwrap_or_default();
    let department = |text: &str| {
        let found = text
            .parse()
            .ok()
            .and_then(|id| organisation.department(id))
            .or_else(|| organisation.department_by_name(text));
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
            let found =
                text.parse().ok().and_then(|id| organisation.user(id)).or_else(|| organisation.user_by_login(&text));
            let held = present.and_then(|user| user.row.manager);
            let found =
                found.map(|found| (found.row.id, found.row.active)).filter(|(id, active)| *active || held == Some(*id));
            match (found, present) {
                (None, _) => faults.push(missing("manager".into())),
                (Some((id, _)), Some(user))
                    if id == user.row.id || organisation.reports_of(user.row.id).contains(&id) =>
                {
                    faults.push(
                        Fault::new("manager", &code::VALUE_INVALID).with("reason", "nobody may be above himself"),
                    );
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
fn read_roles(
    cx: &Context,
    reader: &mut Reader<'_>,
    present: Option<&User>,
    faults: &mut Vec<Fault>,
) -> EngineResult<Option<Vec<Assignment>>> {
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
        let known = assignment.role == ADMIN
            || cx.catalog.role(&assignment.role).is_some()
            || held.iter().any(|role| role.role == assignment.role);
        if !known {
            let names = cx.catalog.roles.iter().map(|role| role.name.as_str()).chain([ADMIN]);
            faults.push(
                Fault::new(format!("roles/{i}"), &code::UNKNOWN_REFERENCE)
                    .with("kind", "role")
                    .with("name", &assignment.role)
                    .suggest(&assignment.role, names),
            );
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
    !name.is_empty()
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !text.contains(|c: char| c.is_whitespace() || c == '<' || c == '>')
}

/// Names of what changed; of roles and of being active also to what.
pub(super) fn changes(before: &UserRow, after: &UserRow, change: &Change, password: bool) -> Json {
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
        let names: Vec<Json> = roles
            .iter()
            .map(|role| json!({ "role": role.role, "from": role.from.map(instant), "to": role.to.map(instant) }))
            .collect();
        out.insert("roles".into(), json!(names));
    }
    Json::Object(out)
}
