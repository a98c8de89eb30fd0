//! Filling an installation with the people and departments of an app's sample data.

use crate::audit::{self, Origin};
use crate::{Context, Engine, EngineError, EngineResult, organisation};
use formwright_core::fold;
use formwright_core::text::{Labels, title_from_name};
use formwright_store::people::departments::{self, DepartmentRow};
use formwright_store::people::users::{self, Assignment, UserRow};
use formwright_store::people::version;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use uuid::Uuid;

/// A person of the data; users are named by login, departments by name, roles by name.
#[derive(Deserialize)]
struct Person {
    login: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    department: Option<String>,
    #[serde(default)]
    departments: Vec<String>,
    manager: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    locale: Option<String>,
    time_zone: Option<String>,
}

#[derive(Deserialize)]
struct Department {
    name: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    labels: Labels,
    parent: Option<String>,
    #[serde(default)]
    heads: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
}

/// Adds the departments and people that are not there yet (by name and login), the people with the one password given;
/// how many people. The password is not judged: it is for a demonstration that only its own machine can reach.
///
/// # Errors
/// [`EngineError::Internal`] for data that cannot be read; what the store gives.
pub async fn load_people(engine: &Engine, people: &Json, departments: &Json, password: &str) -> EngineResult<usize> {
    let unreadable = |error: serde_json::Error| EngineError::Internal(format!("sample people: {error}"));
    let people: Vec<Person> = serde_json::from_value(people.clone()).map_err(unreadable)?;
    let departments: Vec<Department> = serde_json::from_value(departments.clone()).map_err(unreadable)?;
    let present = organisation::fresh(engine).await?;
    let mut users_by_login: HashMap<String, Uuid> =
        present.users().iter().map(|user| (fold::fold(&user.row.login), user.row.id)).collect();
    let mut departments_by_name: HashMap<String, Uuid> =
        present.departments().iter().map(|one| (one.name.clone(), one.id)).collect();
    let new_people: Vec<Person> =
        people.into_iter().filter(|one| !users_by_login.contains_key(&fold::fold(&one.login))).collect();
    let new_departments: Vec<Department> =
        departments.into_iter().filter(|one| !departments_by_name.contains_key(&one.name)).collect();
    for one in &new_people {
        users_by_login.insert(fold::fold(&one.login), Uuid::now_v7());
    }
    for one in &new_departments {
        departments_by_name.insert(one.name.clone(), Uuid::now_v7());
    }
    let user = |login: &String| users_by_login.get(&fold::fold(login)).copied();
    let department = |name: &String| departments_by_name.get(name).copied();
    let now = engine.now();
    let rows: Vec<(UserRow, Vec<Assignment>)> = new_people
        .iter()
        .filter_map(|one| {
            let further: Vec<Uuid> = one.departments.iter().filter_map(department).collect();
            let row = UserRow {
                id: user(&one.login)?,
                login: one.login.clone(),
                name: one.name.clone(),
                email: one.email.clone(),
                phone: one.phone.clone(),
                department: one.department.as_ref().and_then(department),
                manager: one.manager.as_ref().and_then(user),
                locale: one.locale.clone(),
                time_zone: one.time_zone.clone(),
                active: true,
                created_at: now,
                version: 1,
                data: json!({ "departments": further }).to_string(),
            };
            let roles = one.roles.iter().map(|role| Assignment { role: role.clone(), from: None, to: None }).collect();
            Some((row, roles))
        })
        .collect();
    let department_rows: Vec<DepartmentRow> = new_departments
        .iter()
        .filter_map(|one| {
            let heads: Vec<Uuid> = one.heads.iter().filter_map(user).collect();
            Some(DepartmentRow {
                id: department(&one.name)?,
                name: one.name.clone(),
                title: if one.title.is_empty() { title_from_name(&one.name) } else { one.title.clone() },
                labels: json!(one.labels).to_string(),
                parent: one.parent.as_ref().and_then(department),
                heads: json!(heads).to_string(),
                roles: json!(one.roles).to_string(),
                active: true,
                version: 1,
            })
        })
        .collect();
    if rows.is_empty() && department_rows.is_empty() {
        return Ok(0);
    }
    let hash = engine.accounts().hashing.place().await?.hash(password).await?;
    let (count, origin) = (rows.len(), Origin::of(&Context::system(engine, "sample people")));
    let write = engine.db().write(move |tx| {
        Box::pin(async move {
            version::raise(tx).await?;
            for row in &department_rows {
                departments::insert(tx, row).await?;
            }
            for (row, roles) in &rows {
                users::insert(tx, row, Some(&hash)).await?;
                users::set_roles(tx, row.id, roles).await?;
            }
            let body = json!({ "what": "people.load", "people": rows.len(), "departments": department_rows.len() });
            audit::record(tx, &origin, "people", body).await
        })
    });
    write.await?;
    organisation::fresh(engine).await?;
    Ok(count)
}
