//! By what the record that is being filled in is compared with others: rules of its own form, and rules of forms that it links to
//! and that look at its fields.

use super::choice_list::choices_of;
use super::reader::Reader;
use super::seen_form::SeenForm;
use formwright_core::definition::DuplicateFieldDoc;
use formwright_core::field::Field;
use formwright_core::form::Form;
use formwright_templates::view::{Comparison, ToldField};

/// The comparisons of a page. A form that the reader may not ask is left out.
pub fn comparisons(reader: &Reader, seen: &SeenForm) -> Vec<Comparison> {
    let mut out = Vec::new();
    let own: Vec<(String, String)> = paths(&seen.form)
        .filter(|path| !path.contains('.') && seen.field(path).is_some())
        .map(|path| (path.to_string(), path.to_string()))
        .collect();
    out.extend(comparison(reader, &seen.form, own, None));
    for (index, form) in reader.cx().catalog.forms.iter().enumerate() {
        if form.duplicate_check.is_empty() || index == seen.index {
            continue;
        }
        let mut linked: Vec<(String, String)> = Vec::new();
        let mut via = None;
        for path in paths(form) {
            let Some((head, tail)) = path.split_once('.') else { continue };
            let link = reader.cx().catalog.inverse(index, head).filter(|(from, _)| *from == seen.index);
            let Some(link) = link.and_then(|(_, via)| seen.form.fields.get(via)) else { continue };
            if seen.field(tail).is_some() {
                via = Some(link.name.clone());
                linked.push((tail.to_string(), path.to_string()));
            }
        }
        let asks = |other: SeenForm| other.may("create") || other.may("update");
        if !linked.is_empty() && SeenForm::find(reader, &form.name).is_ok_and(asks) {
            out.extend(comparison(reader, form, linked, via));
        }
    }
    out
}

/// The paths that a form's rules look at.
fn paths(form: &Form) -> impl Iterator<Item = &str> {
    form.duplicate_check.iter().flat_map(|rule| &rule.fields).map(|field| match field {
        DuplicateFieldDoc::Path(path) => path.as_str(),
        DuplicateFieldDoc::As { field, .. } => field.as_str(),
    })
}

fn comparison(
    reader: &Reader,
    form: &Form,
    mut fields: Vec<(String, String)>,
    link: Option<String>,
) -> Option<Comparison> {
    fields.sort();
    fields.dedup();
    let told = form.tell.iter().filter_map(|name| form.field(name)).map(|(_, field)| told(reader, field));
    (!fields.is_empty()).then(|| Comparison { form: form.name.clone(), fields, link, told: told.collect() })
}

fn told(reader: &Reader, field: &Field) -> ToldField {
    let locale = reader.cx().locale;
    let choices = field.kind.choices().map(|set| choices_of(set, locale, &[], true)).unwrap_or_default();
    ToldField {
        name: field.name.clone(),
        title: field.title.get(locale).to_string(),
        choices: choices.into_iter().map(|choice| (choice.value, choice.title)).collect(),
    }
}
