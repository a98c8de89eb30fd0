//! Columns of tables: what a view or the reader names, resolved, with titles, units, sides and cells.

use super::cell::{Place, Teller, unlinked, words_of};
use super::condition::Judge;
use super::path::{resolve, title_of};
use super::reader::Reader;
use super::seen_form::{SeenForm, is_short};
use formwright_core::field::{Field, FieldKind, SystemField, TextFormat};
use formwright_core::query::{DepartmentAttr, Leaf, Path, UserAttr};
use formwright_templates::view::list::Align;
use formwright_templates::view::{Cell, Column};
use serde_json::Value as Json;

/// Most values of one cell that a path with many steps leads to.
const MOST: usize = 20;
/// Columns of a list for which neither a view nor the reader names any.
const USUAL: usize = 8;

/// A column.
#[derive(Clone, Debug)]
pub struct ShownColumn {
    /// As named: `country`, `customer.country`, `updated_at`.
    pub path: String,
    pub title: String,
    resolved: Path,
}

impl ShownColumn {
    /// The field that the column shows, where it shows one of a form.
    pub fn field<'a>(&self, reader: &'a Reader) -> Option<&'a Field> {
        self.resolved.field(&reader.cx().catalog)
    }

    fn system(&self) -> Option<SystemField> {
        match self.resolved.leaf {
            Leaf::System(field) => Some(field),
            _ => None,
        }
    }

    /// The column's head, without sorting.
    pub fn head(&self, reader: &Reader) -> Column {
        let number = match self.field(reader).map(|f| &f.kind) {
            Some(FieldKind::Number(number)) => Some(number),
            _ => None,
        };
        let stars = number.is_some_and(|n| n.display.is_some());
        Column {
            path: self.path.clone(),
            title: self.title.clone(),
            unit: if self.is_moment(reader) { reader.abroad() } else { number.and_then(|n| n.currency.clone()) },
            align: if number.is_some() && !stars { Align::Right } else { Align::Left },
            sort: None,
            sort_href: None,
        }
    }

    /// Its cells are moments.
    fn is_moment(&self, reader: &Reader) -> bool {
        match self.system() {
            Some(system) => matches!(system, SystemField::CreatedAt | SystemField::UpdatedAt | SystemField::DeletedAt),
            None => self.field(reader).is_some_and(|f| matches!(f.kind, FieldKind::DateTime)),
        }
    }

    /// What `select` must name for this column: the path, and the field that holds its currency.
    pub fn selected(&self, reader: &Reader) -> Vec<String> {
        let mut out = Vec::new();
        if self.system().is_none() || !self.resolved.hops.is_empty() {
            out.push(self.path.clone());
        }
        if self.resolved.hops.is_empty()
            && let Some(FieldKind::Number(number)) = self.field(reader).map(|f| &f.kind)
        {
            out.extend(number.currency_field.clone());
        }
        out
    }

    /// The cell of a record.
    pub fn cell(&self, reader: &Reader, teller: &Teller<'_>, record: &Json) -> Cell {
        // behind the first step the rest of a path is one key
        let (holder, key) = match self.path.split_once('.') {
            Some((head, rest)) => (record.get(head), rest),
            None => (Some(record), self.path.as_str()),
        };
        let Some((holder, value)) = holder.and_then(|holder| Some((holder, holder.get(key)?))) else {
            return Cell::Empty;
        };
        match value {
            Json::Array(values) if self.resolved.hops.iter().any(|hop| hop.is_many()) => {
                let words =
                    values.iter().take(MOST).map(|v| words_of(&self.told(reader, teller, holder, v), teller.words));
                let words: Vec<String> = words.filter(|w| !w.is_empty()).collect();
                let between = if teller.words == formwright_core::text::Locale::ZhCn { "、" } else { ", " };
                if words.is_empty() { Cell::Empty } else { Cell::text(super::cell::line(&words.join(between))) }
            }
            value => self.told(reader, teller, holder, value),
        }
    }

    /// The cell of one value, which stands in `holder`.
    fn told(&self, reader: &Reader, teller: &Teller<'_>, holder: &Json, value: &Json) -> Cell {
        match (&self.resolved.leaf, self.field(reader)) {
            (Leaf::Field(_), Some(field)) if field.kind.is_many() && !value.is_array() => {
                teller.cell(field, &Json::Array(vec![value.clone()]), None, holder, Place::Row)
            }
            (Leaf::Field(_), Some(field)) => {
                let titles = holder.get("_titles").and_then(|t| t.get(&field.name));
                teller.cell(field, value, titles, holder, Place::Row)
            }
            (Leaf::System(field), _) => teller.system(*field, value, Place::Row),
            (Leaf::User(UserAttr::Department) | Leaf::Department(DepartmentAttr::Id | DepartmentAttr::Parent), _) => {
                let id = super::cell::id_of(value);
                id.and_then(|id| teller.organisation.department_title(id, teller.words)).map_or(Cell::Empty, Cell::text)
            }
            (Leaf::User(UserAttr::Manager | UserAttr::Id), _) => {
                super::cell::id_of(value).map_or(Cell::Empty, |id| Cell::Person { person: teller.person(id) })
            }
            _ => match value {
                Json::String(text) => Cell::text(text.clone()),
                Json::Bool(value) => Cell::Boolean { value: *value },
                Json::Null => Cell::Empty,
                other => Cell::text(other.to_string()),
            },
        }
    }
}

/// The columns of paths that the reader may use; the others are left out.
pub fn columns(reader: &Reader, judge: &Judge<'_>, seen: &SeenForm, paths: &[String]) -> Vec<ShownColumn> {
    let mut out: Vec<ShownColumn> = Vec::new();
    for path in paths {
        if out.iter().any(|c| c.path == *path) {
            continue;
        }
        let Some(resolved) = resolve(reader, judge.access(), seen.index, path) else { continue };
        let is_own = resolved.hops.is_empty() && matches!(resolved.leaf, Leaf::Field(_) | Leaf::System(_));
        if is_own || judge.selects(path) {
            let title = title_of(&reader.cx().catalog, reader.cx().locale, seen.index, &resolved);
            out.push(ShownColumn { path: path.clone(), title, resolved });
        }
    }
    out
}

/// The columns of a list without a view: its title, the first short fields, and when it was changed.
pub fn usual(seen: &SeenForm) -> Vec<String> {
    let title = seen.title().map(|f| f.name.clone());
    let others = seen
        .each()
        .map(|(_, f)| f)
        .filter(|f| is_short(&f.kind) && Some(&f.name) != title.as_ref())
        .map(|f| f.name.clone());
    let mut out: Vec<String> = title.iter().cloned().chain(others).take(USUAL).collect();
    out.push(SystemField::UpdatedAt.name().to_string());
    out
}

/// Everything that can be a column of the form itself, in the form's order.
pub fn possible(seen: &SeenForm) -> Vec<String> {
    let own = seen.each().map(|(_, f)| f).filter(|f| !matches!(f.kind, FieldKind::Table(_))).map(|f| f.name.clone());
    let system = [SystemField::CreatedAt, SystemField::CreatedBy, SystemField::UpdatedAt, SystemField::UpdatedBy]
        .map(|s| s.name().to_string());
    own.chain(system).collect()
}

/// The cells of a row; the first is the link to the record and holds no other.
pub fn row(reader: &Reader, teller: &Teller<'_>, columns: &[ShownColumn], record: &Json) -> Vec<Cell> {
    let cell = |(i, column): (usize, &ShownColumn)| {
        let cell = column.cell(reader, teller, record);
        if i == 0 { unlinked(cell, teller.words) } else { cell }
    };
    columns.iter().enumerate().map(cell).collect()
}

/// The fields that say whom or what a record is about where its title is a number that the installation gives: the first
/// texts of one line by which it is searched.
pub fn naming(seen: &SeenForm) -> impl Iterator<Item = &Field> {
    let numbered = seen.title().is_some_and(|title| matches!(title.kind, FieldKind::Serial(_)));
    let searched = seen.form.doc.get("search").and_then(Json::as_array).into_iter().flatten().filter(move |_| numbered);
    let named = searched.filter_map(Json::as_str).filter_map(|name| seen.field(name)).map(|(_, field)| field);
    named.filter(|field| matches!(&field.kind, FieldKind::Text(text) if text.format == TextFormat::Plain)).take(2)
}

/// How a record is called: the value of its title field, behind a name where that is a mere number; else its form and the
/// end of its id.
pub fn record_title(seen: &SeenForm, teller: &Teller<'_>, record: &Json) -> String {
    let words = |field: &Field| {
        let titles = record.get("_titles").and_then(|t| t.get(&field.name));
        let value = record.get(&field.name).unwrap_or(&Json::Null);
        words_of(&teller.cell(field, value, titles, record, Place::Row), teller.words)
    };
    let name = naming(seen).map(words).find(|name| !name.is_empty());
    let named = seen.title().map(words).map(|title| match name {
        Some(name) if !title.is_empty() => format!("{name} · {title}"),
        _ => title,
    });
    match named.filter(|title| !title.is_empty()) {
        Some(title) => super::cell::line(&title),
        None => {
            let id = record.get("id").and_then(Json::as_str).unwrap_or_default();
            let end: String = id.chars().skip(id.chars().count().saturating_sub(6)).collect();
            format!("{} {end}", seen.form.title.get(teller.words))
        }
    }
}
