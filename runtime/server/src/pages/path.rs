//! Paths such as `customer.owner.department`: resolved within what the reader may see, and their titles.

use super::reader::Reader;
use formwright_core::catalog::Catalog;
use formwright_core::field::{Field, FieldKind, SystemField};
use formwright_core::query::{DepartmentAttr, Hop, Leaf, Path, Place, QueryContext, UserAttr, resolve_path};
use formwright_core::text::Locale as Words;
use formwright_engine::access::CallerAccess;

/// A path as the reader may use it.
pub fn resolve(reader: &Reader, access: &CallerAccess, form: usize, path: &str) -> Option<Path> {
    let vars = access.vars(None);
    let cx = QueryContext { catalog: &reader.cx().catalog, sight: access, vars: &vars };
    resolve_path(&cx, Place::form(form), path, "").ok()
}

/// The title of a path: those of its steps, joined.
pub fn title_of(catalog: &Catalog, words: Words, form: usize, path: &Path) -> String {
    let mut titles: Vec<String> = Vec::new();
    let mut place = Place::form(form);
    let segments: Vec<&str> = path.text.split('.').collect();
    for (i, name) in segments.iter().enumerate() {
        let last = i + 1 == segments.len();
        let fields: &[Field] = match (catalog.forms.get(place.form), place.table) {
            (Some(form), None) => &form.fields,
            (Some(form), Some(t)) => form.fields.get(t).and_then(Field::table).map_or(&[], |t| &t.fields),
            (None, _) => &[],
        };
        let inverse = match path.hops.get(i) {
            Some(Hop::Inverse { form, field }) => Some((*form, *field)),
            _ => None,
        };
        if let Some((form, field)) = inverse {
            let link = catalog.forms.get(form).and_then(|f| f.fields.get(field)).and_then(|f| f.kind.link());
            let title = link.map(|l| l.inverse_title.get(words)).filter(|title| !title.is_empty());
            titles.push(title.unwrap_or(name).to_string());
            place = Place::form(form);
            continue;
        }
        match fields.iter().enumerate().find(|(_, f)| f.name == *name) {
            Some((index, field)) => {
                titles.push(field.title.get(words).to_string());
                match &field.kind {
                    FieldKind::Link(l) | FieldKind::Links(l) => {
                        place = catalog.form_index(&l.form).map_or(place, Place::form)
                    }
                    FieldKind::Table(_) => place = Place { form: place.form, table: Some(index) },
                    _ => {}
                }
            }
            None => match (SystemField::find(name), &path.leaf) {
                (_, Leaf::User(attr)) if last => titles.push(user_attr(*attr, words).to_string()),
                (_, Leaf::Department(attr)) if last => titles.push(department_attr(*attr, words).to_string()),
                (Some(system), _) => titles.push(system.title().get(words).to_string()),
                _ => titles.push((*name).to_string()),
            },
        }
    }
    titles.join(" · ")
}

fn user_attr(attr: UserAttr, words: Words) -> &'static str {
    let (en, zh) = match attr {
        UserAttr::Id => ("Person", "人员"),
        UserAttr::Login => ("Login", "账号"),
        UserAttr::Name => ("Name", "姓名"),
        UserAttr::Department => ("Department", "部门"),
        UserAttr::Manager => ("Manager", "上级"),
        UserAttr::Active => ("Active", "启用"),
    };
    if words == Words::En { en } else { zh }
}

fn department_attr(attr: DepartmentAttr, words: Words) -> &'static str {
    let (en, zh) = match attr {
        DepartmentAttr::Id => ("Department", "部门"),
        DepartmentAttr::Name => ("Code", "编码"),
        DepartmentAttr::Title => ("Name", "名称"),
        DepartmentAttr::Parent => ("Belongs to", "上级部门"),
    };
    if words == Words::En { en } else { zh }
}
