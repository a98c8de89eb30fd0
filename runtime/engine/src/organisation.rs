//! The organisation as it stands: people, departments and who is above whom, with the company's settings, kept in memory.
//!
//! Each change raises a number in the database, each request reads that number with its session, and the copy here is
//! read anew when the number is another: so a change made by any process counts from the next request.

use crate::{Engine, EngineResult};
use ahash::{AHashMap as HashMap, AHashSet as HashSet};
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use formwright_core::fold;
use formwright_core::permission::ADMIN;
use formwright_core::query;
use formwright_core::text::{Labels, Locale, Title};
use formwright_store::people::users::{Assignment, UserRow};
use formwright_store::people::{departments, factors, users, version};
use formwright_store::settings::{self, CalendarRow};
use formwright_store::{Db, Snapshot};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// A person.
#[derive(Clone, Debug)]
pub struct User {
    pub row: UserRow,
    /// Departments beside the first one.
    pub further: Vec<Uuid>,
    /// Addresses in other systems, by channel.
    pub channels: Map<String, Json>,
    /// Choices of his own: theme, density.
    pub preferences: Map<String, Json>,
    /// Roles given to him himself, also those of other times.
    pub roles: Vec<Assignment>,
    /// What a search looks into: folded name, login, sound and initials of the name.
    search: [String; 4],
}

/// What is stored of him reads as his own: `user.name`, `user.active`.
impl std::ops::Deref for User {
    type Target = UserRow;

    fn deref(&self) -> &UserRow {
        &self.row
    }
}

impl User {
    /// His department and the further ones.
    pub fn departments(&self) -> Vec<Uuid> {
        let mut all: Vec<Uuid> = self.row.department.into_iter().collect();
        all.extend(self.further.iter().filter(|id| Some(**id) != self.row.department));
        all
    }

    /// As [`User::is_found_by`] without the login, which is nobody's business but his and his administrators'.
    pub fn is_named(&self, folded: &str) -> bool {
        let [name, _, sound, initials] = &self.search;
        name.contains(folded) || [sound, initials].into_iter().any(|text| text.starts_with(folded))
    }

    /// Whether a search for this folded text finds him: anywhere in the name, else from the beginning.
    pub fn is_found_by(&self, folded: &str) -> bool {
        let [name, login, sound, initials] = &self.search;
        name.contains(folded) || [login, sound, initials].into_iter().any(|text| text.starts_with(folded))
    }
}

/// A department.
#[derive(Clone, Debug)]
pub struct Department {
    pub id: Uuid,
    /// The code.
    pub name: String,
    pub title: Title,
    pub parent: Option<Uuid>,
    pub heads: Vec<Uuid>,
    /// Roles of its members (not of those in departments below it).
    pub roles: Vec<String>,
    pub active: bool,
    pub version: i64,
}

/// All people and departments at one moment.
#[derive(Default)]
pub struct Organisation {
    /// The number it was read at; −1 for one that was never read.
    version: i64,
    users: Vec<User>,
    users_by_id: HashMap<Uuid, usize>,
    users_by_login: HashMap<String, usize>,
    departments: Vec<Department>,
    departments_by_id: HashMap<Uuid, usize>,
    departments_by_name: HashMap<String, usize>,
    below: HashMap<Uuid, Vec<Uuid>>,
    reports: HashMap<Uuid, Vec<Uuid>>,
    /// Stored settings by app and key.
    settings: HashMap<(String, String), Json>,
    calendars: Vec<CalendarRow>,
    /// People whose second factor is in use.
    with_factor: HashSet<Uuid>,
}

impl Organisation {
    /// An organisation of nobody, before the first reading.
    pub fn unread() -> Organisation {
        Organisation { version: -1, ..Organisation::default() }
    }

    /// Reads everything from the database.
    ///
    /// # Errors
    /// What the store gives.
    pub async fn load(db: &Db) -> EngineResult<Organisation> {
        let mut tx = db.reader(Snapshot::Yes).await?;
        let mut out = Organisation { version: version::read(&mut tx).await?, ..Organisation::default() };
        let mut roles: HashMap<Uuid, Vec<Assignment>> = HashMap::default();
        for (user, assignment) in users::all_roles(&mut tx).await? {
            roles.entry(user).or_default().push(assignment);
        }
        for row in users::all(&mut tx).await? {
            let index = out.users.len();
            out.users_by_id.insert(row.id, index);
            out.users_by_login.insert(fold::fold(&row.login), index);
            if let Some(manager) = row.manager {
                out.reports.entry(manager).or_default().push(row.id);
            }
            let roles = roles.remove(&row.id).unwrap_or_default();
            out.users.push(read_user(row, roles));
        }
        for row in departments::all(&mut tx).await? {
            let index = out.departments.len();
            out.departments_by_id.insert(row.id, index);
            out.departments_by_name.insert(row.name.clone(), index);
            if let Some(parent) = row.parent {
                out.below.entry(parent).or_default().push(row.id);
            }
            out.departments.push(Department {
                id: row.id,
                name: row.name,
                title: Title::new(row.title, serde_json::from_str::<Labels>(&row.labels).unwrap_or_default()),
                parent: row.parent,
                heads: serde_json::from_str(&row.heads).unwrap_or_default(),
                roles: serde_json::from_str(&row.roles).unwrap_or_default(),
                active: row.active,
                version: row.version,
            });
        }
        for row in settings::all(&mut tx).await? {
            if let Ok(value) = serde_json::from_str(&row.value) {
                out.settings.insert((row.app, row.key), value);
            }
        }
        out.calendars = settings::calendars(&mut tx).await?;
        out.with_factor = factors::users_with_factor(&mut tx).await?.into_iter().collect();
        Ok(out)
    }

    /// Whether the person's second factor is in use.
    pub fn has_factor(&self, user: Uuid) -> bool {
        self.with_factor.contains(&user)
    }

    /// The stored value of a setting.
    pub fn setting(&self, app: &str, key: &str) -> Option<&Json> {
        self.settings.get(&(app.to_string(), key.to_string()))
    }

    /// The work calendars as stored, by name.
    pub fn calendars(&self) -> &[CalendarRow] {
        &self.calendars
    }

    /// The number it was read at.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// All people, ordered by name.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// All departments, ordered by code.
    pub fn departments(&self) -> &[Department] {
        &self.departments
    }

    pub fn user(&self, id: Uuid) -> Option<&User> {
        self.users_by_id.get(&id).and_then(|index| self.users.get(*index))
    }

    pub fn user_by_login(&self, login: &str) -> Option<&User> {
        self.users_by_login.get(&fold::fold(login)).and_then(|index| self.users.get(*index))
    }

    /// How the person is called, also when disabled.
    pub fn user_name(&self, id: Uuid) -> Option<&str> {
        self.user(id).map(|user| user.row.name.as_str())
    }

    pub fn department(&self, id: Uuid) -> Option<&Department> {
        self.departments_by_id.get(&id).and_then(|index| self.departments.get(*index))
    }

    pub fn department_by_name(&self, name: &str) -> Option<&Department> {
        self.departments_by_name.get(name).and_then(|index| self.departments.get(*index))
    }

    /// How the department is called in that language.
    pub fn department_title(&self, id: Uuid, locale: Locale) -> Option<&str> {
        self.department(id).map(|department| department.title.get(locale))
    }

    /// Names of the roles a person has at that time, himself or by his departments, without what they inherit; and when
    /// that changes by itself.
    pub fn roles_at(&self, user: &User, at: DateTime<Utc>) -> (Vec<String>, Option<DateTime<Utc>>) {
        let mut names = BTreeSet::from(["everyone".to_owned()]);
        let mut until: Option<DateTime<Utc>> = None;
        for assignment in &user.roles {
            if assignment.holds(at) {
                names.insert(assignment.role.clone());
            }
            for edge in [assignment.from, assignment.to].into_iter().flatten().filter(|edge| *edge > at) {
                until = Some(until.map_or(edge, |known| known.min(edge)));
            }
        }
        for id in user.departments() {
            if let Some(department) = self.department(id).filter(|department| department.active) {
                names.extend(department.roles.iter().filter(|role| *role != ADMIN).cloned());
            }
        }
        (names.into_iter().collect(), until)
    }

    fn closure(start: Uuid, next: &HashMap<Uuid, Vec<Uuid>>) -> Vec<Uuid> {
        let mut found = vec![start];
        let mut seen: ahash::AHashSet<Uuid> = [start].into_iter().collect();
        let mut at = 0;
        while let Some(id) = found.get(at).copied() {
            at += 1;
            for child in next.get(&id).into_iter().flatten() {
                if seen.insert(*child) {
                    found.push(*child);
                }
            }
        }
        found
    }
}

impl query::Organisation for Organisation {
    fn departments_under(&self, department: Uuid) -> Vec<Uuid> {
        Organisation::closure(department, &self.below)
    }

    fn department_named(&self, name: &str) -> Option<Uuid> {
        self.department_by_name(name).map(|department| department.id)
    }

    fn user_named(&self, login: &str) -> Option<Uuid> {
        self.user_by_login(login).map(|user| user.row.id)
    }

    fn reports_of(&self, user: Uuid) -> Vec<Uuid> {
        let mut all = Organisation::closure(user, &self.reports);
        all.retain(|id| *id != user);
        all
    }
}

fn read_user(row: UserRow, roles: Vec<Assignment>) -> User {
    let mut data = match serde_json::from_str(&row.data) {
        Ok(Json::Object(data)) => data,
        _ => Map::new(),
    };
    let mut object = |key: &str| match data.remove(key) {
        Some(Json::Object(object)) => object,
        _ => Map::new(),
    };
    let (channels, preferences) = (object("channels"), object("preferences"));
    let further = data.remove("departments").and_then(|ids| serde_json::from_value(ids).ok()).unwrap_or_default();
    let (sound, initials) = sounds(&row.name);
    let search = [fold::fold(&row.name), fold::fold(&row.login), sound, initials];
    User { row, further, channels, preferences, roles, search }
}

/// How a name sounds, and the first letters of its syllables or words: `张伟` is `zhangwei` and `zw`.
fn sounds(name: &str) -> (String, String) {
    // In the sort key each character follows its syllable.
    let key = fold::sort_key(name);
    let sound = key.chars().filter(char::is_ascii_alphanumeric).collect();
    let parts = key.split(|c: char| !c.is_ascii_alphanumeric());
    (sound, parts.filter_map(|part| part.chars().next()).collect())
}

/// The copy in memory and the means to renew it.
pub(crate) struct Memory {
    now: ArcSwap<Organisation>,
    renewing: tokio::sync::Mutex<()>,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory { now: ArcSwap::from_pointee(Organisation::unread()), renewing: tokio::sync::Mutex::default() }
    }
}

impl Memory {
    /// The copy that belongs to that number, read anew when the one here belongs to another; the keys with it.
    pub(crate) async fn at(&self, engine: &Engine, wanted: i64) -> EngineResult<Arc<Organisation>> {
        let now = self.now.load_full();
        if now.version == wanted {
            return Ok(now);
        }
        let _one = self.renewing.lock().await;
        let now = self.now.load_full();
        if now.version == wanted {
            return Ok(now);
        }
        let read = Arc::new(Organisation::load(engine.db()).await?);
        // keys go by the same number; what is open already stays good where they cannot be read
        if let Err(error) = engine.renew_keys().await {
            tracing::error!(%error, "the keys could not be read anew");
        }
        self.now.store(read.clone());
        Ok(read)
    }
}

/// The organisation as of the last look at its number: inside a request that is the request's own.
pub fn current(engine: &Engine) -> Arc<Organisation> {
    engine.accounts().memory.now.load_full()
}

/// The organisation as it is in the database now.
///
/// # Errors
/// What the store gives.
pub async fn fresh(engine: &Engine) -> EngineResult<Arc<Organisation>> {
    let mut tx = engine.db().reader(Snapshot::No).await?;
    let wanted = version::read(&mut tx).await?;
    drop(tx);
    engine.accounts().memory.at(engine, wanted).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_name_is_found_by_sound_and_by_initials() {
        assert_eq!(sounds("张伟"), ("zhangwei".into(), "zw".into()));
        assert_eq!(sounds("Anna Lee"), ("annalee".into(), "al".into()));
    }
}
