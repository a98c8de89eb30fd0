//! Pages of administrators: people, departments, roles, the audit log.

use serde::Serialize;

use super::cell::{Hue, Person, Tag};
use super::form::{FormSection, SaveTarget};
use super::list::Pager;
use super::shell::Link;

/// The list of people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct People {
    /// The text searched for (`?q=`).
    pub search: String,
    /// Also those switched off (`?all=1`).
    pub with_inactive: bool,
    /// Finished number.
    pub count: Option<String>,
    /// One page of rows.
    pub rows: Vec<MemberRow>,
    /// Other pages.
    pub pager: Pager,
    /// `/admin/people/new`, if the reader may.
    pub create_href: Option<String>,
}

/// A person in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberRow {
    /// `/admin/people/{id}`.
    pub href: String,
    /// Who.
    pub person: Person,
    /// Sign-in name.
    pub login: String,
    /// Department's title.
    pub department: Option<String>,
    /// Roles.
    pub roles: Vec<Tag>,
    /// Invited, not yet signed in.
    pub invited: bool,
    /// Shown time of the last request.
    pub last_seen: Option<String>,
}

/// A person being changed, or a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PersonPage {
    /// `None`: a new person.
    pub id: Option<String>,
    /// Shown name, for the title.
    pub name: String,
    /// Switched on.
    pub active: bool,
    /// name, login, email, phone, department, manager, roles, locale as controls whose paths are the API's keys.
    pub sections: Vec<FormSection>,
    /// `POST /api/users` or `PATCH /api/users/{id}`.
    pub save: SaveTarget,
    /// A fresh one-time link, shown once.
    pub invitation: Option<String>,
    /// Facts under the name (last seen, invited).
    pub facts: Vec<Link>,
    /// What the reader may do.
    pub actions: PersonActions,
}

/// What an administrator may do with a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PersonActions {
    /// `POST /api/users/{id}/invitation` → `{"link"}`.
    pub invite: bool,
    /// `DELETE /api/users/{id}/factor`.
    pub reset_factor: bool,
    /// `PATCH /api/users/{id} {"active": false}`.
    pub deactivate: bool,
    /// `PATCH /api/users/{id} {"active": true}`.
    pub activate: bool,
}

/// The tree of departments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Departments {
    /// In tree order.
    pub rows: Vec<DepartmentRow>,
    /// The reader may add and change them (`POST /api/departments`, `PATCH /api/departments/{id}`).
    pub can_edit: bool,
}

/// A department.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DepartmentRow {
    /// Its id.
    pub id: String,
    /// Its code (`name` in the API).
    pub name: String,
    /// Its title.
    pub title: String,
    /// Id of the one above.
    pub parent: Option<String>,
    /// Level, from 0.
    pub depth: u8,
    /// Its heads.
    pub heads: Vec<Person>,
    /// Finished number of people.
    pub members: String,
}

/// Roles and what they may do, read only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Roles {
    /// All roles.
    pub roles: Vec<RoleLink>,
    /// The chosen one.
    pub role: Option<RoleDetail>,
}

/// A role in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RoleLink {
    /// Its title.
    pub title: String,
    /// `/admin/roles?role={name}`.
    pub href: String,
    /// Finished number of members.
    pub members: String,
    /// It is open.
    pub active: bool,
}

/// What a role may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RoleDetail {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// Built in, grants everything.
    pub everything: bool,
    /// System rights, in words.
    pub rights: Vec<String>,
    /// Its grants by form.
    pub grants: Vec<GrantRow>,
    /// Its members.
    pub members: Vec<Person>,
}

/// A role's grant on a form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GrantRow {
    /// The form's title.
    pub form: String,
    /// The app's title.
    pub app: String,
    /// May read.
    pub read: bool,
    /// May create.
    pub create: bool,
    /// May change.
    pub update: bool,
    /// May delete.
    pub delete: bool,
    /// May import.
    pub import: bool,
    /// May export.
    pub export: bool,
    /// Which records, in words (`own and department`); `None`: all.
    pub scope: Option<String>,
    /// Titles of hidden fields.
    pub hidden: Vec<String>,
}

/// The audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// What is asked for.
    pub filter: AuditFilter,
    /// Kinds of entries to choose from (value, title).
    pub actions: Vec<(String, String)>,
    /// One page, newest first.
    pub rows: Vec<AuditRow>,
    /// Other pages.
    pub pager: Pager,
}

/// Query of the audit log (`?who=&action=&from=&to=`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditFilter {
    /// Login or name.
    pub who: String,
    /// Kind.
    pub action: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
}

/// An entry of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// Shown time.
    pub at: String,
    /// Machine form.
    pub iso: String,
    /// Who; `None`: the system.
    pub person: Option<Person>,
    /// What, in words.
    pub action: String,
    /// Colour of it.
    pub hue: Hue,
    /// On what.
    pub object: Option<Link>,
    /// More.
    pub detail: Option<String>,
    /// From where.
    pub address: Option<String>,
}
