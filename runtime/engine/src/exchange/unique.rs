//! In a trial nothing stays to be met again: the values that an index would keep unique are remembered here.

use super::bound::is_given;
use super::finish::Finished;
use super::note::coded;
use super::page::{Desk, Ground};
use formwright_core::error_code as code;
use formwright_core::field::Unique;
use formwright_core::form::Form;
use formwright_store::jobs::JobFault;
use serde_json::{Map, Value as Json};

impl Ground {
    /// In a trial: values that must be unique and stood in an earlier row, whose record is gone with its page.
    pub(super) fn met_before(&self, desk: &Desk, row: &Finished) -> Option<Vec<JobFault>> {
        if !self.dry {
            return None;
        }
        let mut faults = Vec::new();
        for (form, prefix, fields, index, key) in self.unique_values(row) {
            if desk.unique.contains_key(&(form, index, key)) {
                let path = |name: &String| if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                faults.extend(fields.iter().map(|name| coded(row.number, &path(name), &code::DUPLICATE, &[])));
            }
        }
        (!faults.is_empty()).then_some(faults)
    }

    pub(super) fn remember(&self, desk: &mut Desk, row: &Finished) {
        if self.dry {
            for (form, _, _, index, key) in self.unique_values(row) {
                desk.unique.entry((form, index, key)).or_insert(row.number);
            }
        }
    }

    /// The values of a row that an index keeps unique: form, prefix of its paths, fields, index, value.
    pub(super) fn unique_values(&self, row: &Finished) -> Vec<(usize, String, Vec<String>, String, String)> {
        let mut out = Vec::new();
        let mut add = |index: usize, prefix: &str, form: &Form, values: &Map<String, Json>| {
            for field in &form.fields {
                let text =
                    values.get(&field.name).and_then(Json::as_str).filter(|_| !is_given(field) || self.shape.migrate);
                let key = match (field.unique(), text) {
                    (Unique::Exact, Some(text)) => text.to_string(),
                    (Unique::Normalized, Some(text)) => field.normal().of(text).unwrap_or_else(|| text.to_string()),
                    _ => continue,
                };
                out.push((index, prefix.to_string(), vec![field.name.clone()], field.name.clone(), key));
            }
            for (number, unique) in form.unique.iter().enumerate().filter(|(_, u)| u.when.is_none()) {
                let names: Vec<String> =
                    unique.fields.iter().filter_map(|i| form.fields.get(*i)).map(|f| f.name.clone()).collect();
                let parts: Option<Vec<String>> =
                    names.iter().map(|name| values.get(name).filter(|v| !v.is_null()).map(Json::to_string)).collect();
                if let Some(parts) = parts {
                    out.push((index, prefix.to_string(), names, format!("unique {number}"), parts.join("\u{1f}")));
                }
            }
        };
        add(self.shape.targets.index, "", &self.shape.targets.form, &row.own);
        for (part, values) in self.shape.targets.parts.iter().zip(&row.parts) {
            if let Some(form) = self.shape.targets.catalog.forms.get(part.form) {
                add(part.form, &part.name, form, values);
            }
        }
        out
    }
}
