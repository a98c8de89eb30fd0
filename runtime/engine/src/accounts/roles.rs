//! Which roles there are, and who may give them: nobody gives away more than he has.

use super::{forbidden, require_right};
use crate::organisation::{Organisation, User};
use crate::{Authority, Context, EngineResult, Principal};
use formwright_core::catalog::Catalog;
use formwright_core::permission::{ADMIN, FieldRef, Grant, RowScope};
use serde_json::{Value as Json, json};

/// The roles of the catalogue and the built-in administrator: `{"items": [{"name", "title", "app", "inherits", "rights",
/// "assignable"}], "next": null}`. Needs `manage_people`.
///
/// # Errors
/// 403 without the right.
pub fn roles(cx: &Context) -> EngineResult<Json> {
    require_right(cx, "manage_people")?;
    let title = match cx.locale {
        formwright_core::text::Locale::En => "Administrator",
        formwright_core::text::Locale::ZhCn => "管理员",
    };
    let admin = json!({ "name": ADMIN, "title": title, "app": null, "inherits": [], "rights": [], "assignable": may_assign(cx, ADMIN) });
    let own = cx.catalog.roles.iter().map(|role| {
        json!({
            "name": role.name, "title": role.title.get(cx.locale), "app": role.app, "inherits": role.inherits,
            "rights": role.rights, "assignable": may_assign(cx, &role.name),
        })
    });
    let items: Vec<Json> = std::iter::once(admin).chain(own).collect();
    Ok(json!({ "items": items, "next": null }))
}

/// Whether the caller may give this role to somebody, or take it from him: system work and administrators any; who holds
/// `manage_people`, those whose every right he has himself.
pub fn may_assign(cx: &Context, role: &str) -> bool {
    match &cx.authority {
        Authority::System(_) => true,
        Authority::Person(person) if person.admin => true,
        Authority::Person(person) => person.has_right("manage_people") && covers(&cx.catalog, person, role),
    }
}

/// Whether the person has everything that the role gives.
fn covers(catalog: &Catalog, person: &Principal, role: &str) -> bool {
    if role == ADMIN {
        return false;
    }
    if person.person.roles.iter().any(|held| held == role) {
        return true;
    }
    let own: Vec<&Grant> =
        person.person.roles.iter().filter_map(|name| catalog.role(name)).flat_map(|role| &role.grants).collect();
    let names = catalog.expand_roles(&[role.to_owned()]);
    names.iter().filter_map(|name| catalog.role(name)).all(|role| {
        role.rights.iter().all(|right| person.rights.contains(right))
            && role.designs.iter().all(|app| person.designs.contains(app))
            && role
                .grants
                .iter()
                .all(|grant| grant.actions.iter().all(|action| own.iter().any(|mine| is_within(grant, mine, action))))
    })
}

/// Whether a role lets nobody administer anything: it holds no right over the installation and designs no app.
pub(super) fn is_plain(catalog: &Catalog, role: &str) -> bool {
    let names = catalog.expand_roles(&[role.to_owned()]);
    role != ADMIN
        && names
            .iter()
            .filter_map(|name| catalog.role(name))
            .all(|held| held.rights.is_empty() && held.designs.is_empty())
}

/// Whether one of my grants gives for this action at least the rows and fields of the other.
fn is_within(grant: &Grant, mine: &Grant, action: &str) -> bool {
    let within = |mine: &[FieldRef], theirs: &[FieldRef]| mine.iter().all(|field| theirs.contains(field));
    grant.form == mine.form
        && mine.actions.iter().any(|a| a == action)
        && (mine.rows == RowScope::All || mine.rows == grant.rows)
        && within(&mine.hidden, &grant.hidden)
        && within(&mine.readonly, &grant.readonly)
        && mine.partial.iter().all(|field| grant.partial.contains(field) || grant.hidden.contains(field))
}

/// Refuses to touch what opens the account of somebody who may do more than the caller: else a reset would be a way up.
/// Roles of other times and of his departments count as well.
pub(super) fn require_power_over(cx: &Context, organisation: &Organisation, target: &User) -> EngineResult<()> {
    let own = target.roles.iter().map(|assignment| assignment.role.as_str());
    let by_department: Vec<&str> = target
        .departments()
        .iter()
        .filter_map(|id| organisation.department(*id))
        .flat_map(|department| department.roles.iter().map(String::as_str))
        .collect();
    for role in own.chain(by_department) {
        // a role that no definition has any more gives nothing
        let known = role == ADMIN || cx.catalog.role(role).is_some();
        if known && !may_assign(cx, role) {
            return Err(forbidden("change the account of somebody with more rights"));
        }
    }
    Ok(())
}
