//! Bringing in a workbook: what the page's script must know before it asks the API.

use super::reader::Reader;
use super::seen_form::SeenForm;
use crate::problem::Answer;
use axum::extract::Path;
use axum::response::Response;
use formwright_core::field::{Field, FieldKind, Unique};
use formwright_templates::view::{Import, ImportField};
use formwright_templates::{Page, format};

pub async fn show(reader: Reader, Path(form): Path<String>) -> Response {
    let page = page(&reader, &form).map(Page::Import);
    reader.answer(page)
}

fn page(reader: &Reader, name: &str) -> Answer<Import> {
    let seen = SeenForm::find(reader, name)?;
    seen.must("import")?;
    seen.must("create")?;
    let max_bytes = reader.cx().engine.settings().imports_max_size;
    let is_key = |index: usize, field: &Field| {
        field.unique() != Unique::No || seen.form.key_field == Some(index) || matches!(field.kind, FieldKind::Serial(_))
    };
    let key_fields = seen.each().filter(|(place, field)| is_key(place.index, field));
    let modes = [
        ("create", seen.may("create")),
        ("update", seen.may("update")),
        ("upsert", seen.may("create") && seen.may("update")),
    ];
    Ok(Import {
        form: seen.reference(reader),
        template_href: format!("/api/records/{name}/template.xlsx"),
        max_bytes,
        max_size: format::file_size(max_bytes),
        key_fields: key_fields
            .map(|(_, f)| ImportField { path: f.name.clone(), title: f.title.get(reader.cx().locale).to_string() })
            .collect(),
        modes: modes.into_iter().filter(|(_, may)| *may).map(|(mode, _)| mode.to_string()).collect(),
    })
}
