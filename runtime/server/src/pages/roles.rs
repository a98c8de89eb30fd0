//! Roles and what they grant, for those who manage people. They are changed as definitions, not here.

use super::cell::Teller;
use super::filter::Narrator;
use super::query::Query;
use super::reader::Reader;
use crate::problem::{Answer, Problem};
use axum::response::Response;
use formwright_core::field::Field;
use formwright_core::permission::{ADMIN, FieldRef, Grant, Role, RowScope};
use formwright_core::query::{AllSight, NoOrganisation, Place, QueryContext, Vars, resolve_path};
use formwright_core::text::{Title, title_from_name};
use formwright_engine::{EngineError, accounts};
use formwright_templates::Page;
use formwright_templates::view::{GrantRow, Person, RoleDetail, RoleLink, Roles};
use serde_json::Value as Json;

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).map(Page::Roles);
    reader.answer(page)
}

/// A role's title; one that no definition has any more keeps its name.
pub fn role_title(reader: &Reader, name: &str) -> String {
    if name == ADMIN {
        return reader.say("handler.administrator", &[]);
    }
    reader
        .cx()
        .catalog
        .role(name)
        .map_or_else(|| title_from_name(name), |role| role.title.get(reader.cx().locale).to_string())
}

fn page(reader: &Reader) -> Answer<Roles> {
    let answer = accounts::roles(reader.cx())?;
    let items = answer.get("items").and_then(Json::as_array).cloned().unwrap_or_default();
    let text = |item: &Json, key: &str| item.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
    let asked = reader.query().get("role");
    let open = asked.map(str::to_string).or_else(|| items.first().map(|item| text(item, "name")));
    if let Some(asked) = asked.filter(|asked| !items.iter().any(|item| text(item, "name") == *asked)) {
        tracing::debug!(role = asked, "no such role");
        return Err(Problem(EngineError::not_found()));
    }
    let links = items.iter().map(|item| {
        let name = text(item, "name");
        RoleLink {
            title: text(item, "title"),
            href: Query::default().with("role", Some(&name)).href("/admin/roles"),
            members: members(reader, &name).len().to_string(),
            active: open.as_deref() == Some(name.as_str()),
        }
    });
    let role = open
        .as_deref()
        .and_then(|open| items.iter().find(|item| text(item, "name") == open))
        .map(|item| detail(reader, &text(item, "name"), text(item, "title")));
    Ok(Roles { roles: links.collect(), role })
}

fn members(reader: &Reader, role: &str) -> Vec<Person> {
    let teller = Teller::of(reader);
    let holds = reader
        .organisation
        .users()
        .iter()
        .filter(|user| user.row.active && user.roles.iter().any(|held| held.role == role));
    holds.map(|user| teller.person(user.row.id)).collect()
}

fn detail(reader: &Reader, name: &str, title: String) -> RoleDetail {
    let role = reader.cx().catalog.role(name);
    RoleDetail {
        name: name.to_string(),
        title,
        description: role.and_then(|role| inherited(reader, role)),
        everything: name == ADMIN,
        rights: role
            .map(|r| r.rights.iter().map(|right| reader.say(&format!("handler.right.{right}"), &[])).collect())
            .unwrap_or_default(),
        grants: role.map(|r| r.grants.iter().filter_map(|grant| row(reader, grant)).collect()).unwrap_or_default(),
        members: members(reader, name),
    }
}

/// Which roles it is built on, in a sentence.
fn inherited(reader: &Reader, role: &Role) -> Option<String> {
    let names: Vec<String> = role.inherits.iter().map(|name| role_title(reader, name)).collect();
    (!names.is_empty()).then(|| {
        reader.say("handler.roles.inherits", &[("roles", &names.join(&reader.say("handler.filter.comma", &[])))])
    })
}

fn row(reader: &Reader, grant: &Grant) -> Option<GrantRow> {
    let catalog = &reader.cx().catalog;
    let locale = reader.cx().locale;
    let form = catalog.forms.get(grant.form)?;
    let may = |action: &str| grant.actions.iter().any(|a| a == action);
    let app =
        catalog.app(&form.app).map(|app| Title::new(app.title.clone(), app.labels.clone()).get(locale).to_string());
    let named = |place: &FieldRef| -> Option<String> {
        let field = form.fields.get(place.field)?;
        let column: Option<&Field> = place.column.and_then(|c| field.table()?.fields.get(c));
        Some(column.map_or_else(
            || field.title.get(locale).to_string(),
            |c| format!("{} · {}", field.title.get(locale), c.title.get(locale)),
        ))
    };
    Some(GrantRow {
        form: form.title.get(locale).to_string(),
        app: app.unwrap_or_default(),
        read: may("read"),
        create: may("create"),
        update: may("update"),
        delete: may("delete"),
        import: may("import"),
        export: may("export"),
        scope: scope(reader, grant),
        hidden: grant.hidden.iter().filter_map(named).collect(),
    })
}

/// Which records a grant admits, in words.
fn scope(reader: &Reader, grant: &Grant) -> Option<String> {
    let cx = reader.cx();
    match &grant.rows {
        RowScope::All => None,
        RowScope::Follows { field, .. } => {
            let field = cx.catalog.forms.get(grant.form)?.fields.get(*field)?;
            Some(reader.say("handler.roles.follows", &[("field", field.title.get(cx.locale))]))
        }
        RowScope::Filter(condition) => {
            let teller = Teller::of(reader);
            let narrator = Narrator::new(&teller, &cx.catalog);
            let nobody = formwright_core::query::Person::default();
            let vars = Vars {
                clock: cx.clock(),
                fiscal_year_start: 1,
                week_start: chrono::Weekday::Mon,
                me: &nobody,
                organisation: &NoOrganisation,
                record: None,
                settings: None,
                outer: None,
            };
            let context = QueryContext { catalog: &cx.catalog, sight: &AllSight, vars: &vars };
            Some(narrator.sentence(grant.form, condition, &|path| {
                resolve_path(&context, Place::form(grant.form), path, "").ok()
            }))
        }
    }
}
