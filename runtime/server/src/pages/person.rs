//! A person being changed by who manages people, or a new one.

use super::cell::id_of;
use super::people::last_seen;
use super::reader::Reader;
use super::roles::role_title;
use crate::answer::id;
use crate::problem::{Answer, Problem};
use axum::extract::Path;
use axum::response::Response;
use formwright_engine::EngineError;
use formwright_engine::accounts;
use formwright_templates::Page;
use formwright_templates::view::{
    Choice, Control, ControlKind, FormSection, Link, PersonActions, PersonPage, Picked, PickerSource, SaveTarget, Span,
    TextFormat,
};
use serde_json::Value as Json;

pub async fn show(reader: Reader, Path(person): Path<String>) -> Response {
    let page = page(&reader, &person).await.map(Page::Person);
    reader.answer(page)
}

pub async fn show_new(reader: Reader) -> Response {
    let page = new_page(&reader).map(Page::Person);
    reader.answer(page)
}

fn new_page(reader: &Reader) -> Answer<PersonPage> {
    accounts::require_right(reader.cx(), "manage_people")?;
    Ok(PersonPage {
        active: true,
        sections: sections(reader, &Json::Null),
        save: SaveTarget {
            method: "POST".to_string(),
            href: "/api/users".to_string(),
            next: "/admin/people/{id}".to_string(),
        },
        ..PersonPage::default()
    })
}

async fn page(reader: &Reader, person: &str) -> Answer<PersonPage> {
    accounts::require_right(reader.cx(), "manage_people")?;
    let id = id(person)?;
    let user = accounts::user(reader.cx(), id).await?;
    if user.get("roles").is_none() {
        return Err(Problem(EngineError::not_found()));
    }
    let active = user.get("active").and_then(Json::as_bool).unwrap_or(true);
    let is_me = reader.principal().is_some_and(|p| p.person.id == id);
    let seen = last_seen(reader, id).await?;
    Ok(PersonPage {
        id: Some(id.to_string()),
        name: user.get("name").and_then(Json::as_str).unwrap_or_default().to_string(),
        active,
        sections: sections(reader, &user),
        save: SaveTarget {
            method: "PATCH".to_string(),
            href: format!("/api/users/{id}"),
            next: format!("/admin/people/{id}"),
        },
        invitation: None,
        facts: seen.into_iter().map(|at| Link::new(reader.say("people.last_seen", &[]), at)).collect(),
        actions: PersonActions {
            invite: active,
            reset_factor: !is_me && reader.organisation.has_factor(id),
            deactivate: active && !is_me,
            activate: !active,
        },
    })
}

fn sections(reader: &Reader, user: &Json) -> Vec<FormSection> {
    let text = |key: &str| user.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
    let title = |key: &str| reader.say(&format!("handler.person.{key}"), &[]);
    let plain = |key: &str, format: TextFormat, most: u32, required: bool| Control {
        required,
        ..Control::new(key, title(key), ControlKind::Text { value: text(key), format, max_length: Some(most) })
    };
    let picked = |id: String, title: String| Picked { id, title, masked: false };
    let department = user.get("department").and_then(id_of).map(|id| {
        picked(
            id.to_string(),
            reader.organisation.department_title(id, reader.cx().locale).unwrap_or_default().to_string(),
        )
    });
    let manager = user
        .get("manager")
        .and_then(id_of)
        .map(|id| picked(id.to_string(), reader.organisation.user_name(id).unwrap_or_default().to_string()));
    let roles = user
        .get("roles")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(|r| r.get("role").and_then(Json::as_str))
        .map(|name| picked(name.to_string(), role_title(reader, name)));
    let pick = |key: &str, source: PickerSource, values: Vec<Picked>, many: bool| {
        Control::new(key, title(key), ControlKind::Picker { source, values, many })
    };
    let locales = vec![Choice::new("zh-CN", "简体中文"), Choice::new("en", "English")];
    let section = |name: &str, controls: Vec<Control>| FormSection {
        name: name.to_string(),
        title: reader.say(&format!("handler.person.section_{name}"), &[]),
        help: None,
        columns: 2,
        controls,
    };
    vec![
        section(
            "account",
            vec![
                plain("name", TextFormat::Plain, 100, false),
                plain("login", TextFormat::Plain, 64, true),
                plain("email", TextFormat::Email, 254, false),
                plain("phone", TextFormat::Phone, 40, false),
                Control::new(
                    "locale",
                    title("locale"),
                    ControlKind::Choice { value: text("locale"), options: locales },
                ),
            ],
        ),
        section(
            "place",
            vec![
                pick("department", PickerSource::Departments, department.into_iter().collect(), false),
                pick("manager", PickerSource::Users, manager.into_iter().collect(), false),
                Control { span: Span::Full, ..pick("roles", PickerSource::Roles, roles.collect(), true) },
            ],
        ),
    ]
}
