//! A form as its reader sees it: what the engine's description names, beside the catalogue's own fields.

use super::reader::Reader;
use crate::problem::{Answer, Problem};
use formwright_core::field::{Field, FieldKind};
use formwright_core::form::Form;
use formwright_engine::EngineError;
use formwright_templates::view::FormRef;
use serde_json::Value as Json;
use std::sync::Arc;

/// A field that the reader may know of.
#[derive(Clone, Debug)]
pub struct SeenField {
    /// Its place in the form.
    pub index: usize,
    /// He may not change it.
    pub readonly: bool,
    /// Columns of a child table that he may know of, with whether he may not change them.
    pub columns: Vec<(usize, bool)>,
}

/// A form that the reader may know of.
#[derive(Clone, Debug)]
pub struct SeenForm {
    pub index: usize,
    pub form: Arc<Form>,
    pub fields: Vec<SeenField>,
    pub actions: Vec<String>,
    /// Names of the views that he may open, as described.
    pub views: Vec<Json>,
    /// Fields of the head of the record's page.
    pub facts: Vec<String>,
    pub title_field: Option<usize>,
}

impl SeenForm {
    /// The form of a name.
    ///
    /// # Errors
    /// `not_found` where there is none or the reader may not know of it.
    pub fn find(reader: &Reader, name: &str) -> Answer<SeenForm> {
        let described = reader.cx().engine.describe_form(reader.cx(), name)?;
        let catalog = &reader.cx().catalog;
        let index = catalog.form_index(name).ok_or_else(|| Problem(EngineError::not_found()))?;
        let form = catalog.forms.get(index).cloned().ok_or_else(|| Problem(EngineError::not_found()))?;
        let list = |key: &str| described.get(key).and_then(Json::as_array).cloned().unwrap_or_default();
        let texts = |key: &str| list(key).iter().filter_map(Json::as_str).map(str::to_string).collect::<Vec<_>>();
        let fields = list("fields").iter().filter_map(|item| seen_field(&form, item)).collect();
        let title_field =
            described.get("title_field").and_then(Json::as_str).and_then(|name| form.field(name)).map(|(i, _)| i);
        Ok(SeenForm {
            index,
            fields,
            actions: texts("actions"),
            views: list("views"),
            facts: texts("facts"),
            title_field,
            form,
        })
    }

    pub fn may(&self, action: &str) -> bool {
        self.actions.iter().any(|a| a == action)
    }

    /// Refuses a page for an action that the reader may not take.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn must(&self, action: &str) -> Answer<()> {
        if self.may(action) { Ok(()) } else { Err(crate::caller::forbidden(action)) }
    }

    /// The seen field of a name.
    pub fn field(&self, name: &str) -> Option<(&SeenField, &Field)> {
        let (index, field) = self.form.field(name)?;
        self.fields.iter().find(|f| f.index == index).map(|seen| (seen, field))
    }

    /// All seen fields in the form's order.
    pub fn each(&self) -> impl Iterator<Item = (&SeenField, &Field)> {
        self.fields.iter().filter_map(|seen| self.form.fields.get(seen.index).map(|field| (seen, field)))
    }

    /// The field by which records are called.
    pub fn title(&self) -> Option<&Field> {
        self.title_field.and_then(|i| self.form.fields.get(i))
    }

    /// How pages name the form.
    pub fn reference(&self, reader: &Reader) -> FormRef {
        let locale = reader.cx().locale;
        let app = reader.cx().catalog.app(&self.form.app).map(|app| {
            let title = if app.title.is_empty() {
                formwright_core::text::title_from_name(&app.name)
            } else {
                app.title.clone()
            };
            formwright_core::text::Title::new(title, app.labels.clone()).get(locale).to_string()
        });
        FormRef {
            name: self.form.name.clone(),
            title: self.form.title.get(locale).to_string(),
            app: app.unwrap_or_default(),
            icon: self.form.icon.clone().unwrap_or_else(|| "file-text".to_string()),
        }
    }

    pub fn href(&self) -> String {
        format!("/forms/{}", self.form.name)
    }
}

fn seen_field(form: &Form, item: &Json) -> Option<SeenField> {
    let is_readonly = |item: &Json| item.get("readonly").and_then(Json::as_bool).unwrap_or(true);
    let (index, field) = form.field(item.get("name")?.as_str()?)?;
    let columns = match field.table() {
        None => Vec::new(),
        Some(table) => {
            let described = item.get("fields").and_then(Json::as_array);
            described
                .into_iter()
                .flatten()
                .filter_map(|c| Some((table.field(c.get("name")?.as_str()?)?.0, is_readonly(c))))
                .collect()
        }
    };
    Some(SeenField { index, readonly: is_readonly(item), columns })
}

/// Whether a field is short enough to stand as a column or beside another.
pub fn is_short(kind: &FieldKind) -> bool {
    !matches!(
        kind,
        FieldKind::LongText { .. } | FieldKind::Table(_) | FieldKind::Files(_) | FieldKind::Signature | FieldKind::Json
    )
}
