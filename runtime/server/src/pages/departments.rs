//! The tree of departments, for those who manage people.

use super::cell::{Teller, id_of};
use super::reader::Reader;
use crate::problem::Answer;
use axum::response::Response;
use formwright_core::text::Title;
use formwright_engine::accounts;
use formwright_templates::view::{DepartmentRow, Departments};
use formwright_templates::{Page, format};
use serde_json::Value as Json;
use uuid::Uuid;

/// Deepest level that is drawn further in.
const DEEPEST: u8 = 8;

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).await.map(Page::Departments);
    reader.answer(page)
}

async fn page(reader: &Reader) -> Answer<Departments> {
    accounts::require_right(reader.cx(), "manage_people")?;
    let answer = accounts::departments(reader.cx(), None).await?;
    let items = answer.get("items").and_then(Json::as_array).cloned().unwrap_or_default();
    let active: Vec<&Json> = items.iter().filter(|d| d.get("active").and_then(Json::as_bool) != Some(false)).collect();
    let mut rows = Vec::new();
    let known: Vec<Uuid> = active.iter().filter_map(|d| id_of(d)).collect();
    let is_top = |d: &&&Json| parent_of(d).is_none_or(|parent| !known.contains(&parent));
    for top in active.iter().filter(is_top) {
        add(reader, &active, top, 0, &mut rows);
    }
    Ok(Departments { rows, can_edit: true })
}

fn parent_of(department: &Json) -> Option<Uuid> {
    department.get("parent").and_then(id_of)
}

/// A department and those below it, in tree order.
fn add(reader: &Reader, all: &[&Json], department: &Json, depth: u8, rows: &mut Vec<DepartmentRow>) {
    let Some(id) = id_of(department) else { return };
    // a circle, which the engine does not let arise, must not hang a page
    if rows.len() > all.len() {
        return;
    }
    let text = |key: &str| department.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
    let labels = department.get("labels").and_then(|l| serde_json::from_value(l.clone()).ok()).unwrap_or_default();
    let teller = Teller::of(reader);
    let members = reader.organisation.users().iter().filter(|u| u.row.active && u.departments().contains(&id)).count();
    rows.push(DepartmentRow {
        id: id.to_string(),
        name: text("name"),
        title: Title::new(text("title"), labels).get(reader.cx().locale).to_string(),
        parent: parent_of(department).map(|p| p.to_string()),
        depth: depth.min(DEEPEST),
        heads: department
            .get("heads")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(id_of)
            .map(|id| teller.person(id))
            .collect(),
        members: format::group_digits(&members.to_string()),
    });
    for below in all.iter().filter(|d| parent_of(d) == Some(id)) {
        add(reader, all, below, depth.saturating_add(1), rows);
    }
}
