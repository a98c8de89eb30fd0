//! The places that columns of a file can fill: the form's own fields, creation data, and fields of forms that belong to it.

use crate::access::CallerAccess;
use formwright_core::catalog::Catalog;
use formwright_core::field::{Field, FieldKind, OnDelete, SystemField};
use formwright_core::form::Form;
use formwright_core::text::Locale;
use formwright_exchange::heading;
use formwright_store::select::AccessSource;
use std::sync::Arc;

/// A place to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// A field of the form.
    Own(usize),
    /// The id by which records are found, or creation data of moved records.
    System(SystemField),
    /// A field of a part.
    Part { part: usize, field: usize },
    /// A column of a child table of the form.
    Row { table: usize, column: usize },
}

/// A form whose records belong to those imported: `contact` of `customer`.
#[derive(Clone, Debug)]
pub struct Part {
    pub form: usize,
    pub name: String,
    /// Its link to the form imported into.
    pub via: usize,
    /// It lives and dies with the record, so that its fields are proposed without being asked for.
    pub proposed: bool,
}

/// All that a file may fill.
#[derive(Clone)]
pub struct Targets {
    pub catalog: Arc<Catalog>,
    pub access: Arc<CallerAccess>,
    pub index: usize,
    pub form: Arc<Form>,
    pub parts: Vec<Part>,
}

/// A place as it is offered to whoever maps columns.
#[derive(Clone, Debug)]
pub struct Offered {
    pub path: String,
    pub title: String,
    pub required: bool,
    names: heading::Field,
}

impl Targets {
    pub fn of(access: &Arc<CallerAccess>, index: usize, form: &Arc<Form>) -> Targets {
        let catalog = access.catalog().clone();
        let mut parts: Vec<Part> = Vec::new();
        for (from, via) in catalog.inbound(index) {
            let Some(linked) = catalog.forms.get(*from) else { continue };
            let Some(FieldKind::Link(link)) = linked.fields.get(*via).map(|f| &f.kind) else { continue };
            let known = !access.access(*from).is_none() && access.access(*from).sees(*via, None);
            if *from == index || !known || parts.iter().any(|p| p.form == *from) {
                continue;
            }
            let proposed = link.inverse.is_some() && link.on_delete == OnDelete::Cascade;
            parts.push(Part { form: *from, name: linked.name.clone(), via: *via, proposed });
        }
        Targets { catalog, access: access.clone(), index, form: form.clone(), parts }
    }

    /// The place of a path: `company`, `contact.email`, `created_at`.
    pub fn slot(&self, path: &str) -> Option<Slot> {
        if let Some((field, found)) = self.form.field(path) {
            return (self.access.access(self.index).sees(field, None) && fillable(found)).then_some(Slot::Own(field));
        }
        if let Some(system) = SystemField::find(path) {
            return matches!(system, SystemField::Id | SystemField::CreatedAt | SystemField::CreatedBy)
                .then_some(Slot::System(system));
        }
        let (head, tail) = path.split_once('.')?;
        if let Some((table, found)) = self.form.field(head)
            && let Some(options) = found.table()
        {
            let (column, of) = options.field(tail)?;
            let sees = self.access.access(self.index).sees(table, Some(column));
            return (sees && fillable(of)).then_some(Slot::Row { table, column });
        }
        if head == self.form.name {
            return self.slot(tail);
        }
        let part = self.parts.iter().position(|p| p.name == head)?;
        let (form, via) = self.parts.get(part).map(|p| (p.form, p.via))?;
        let (field, found) = self.catalog.forms.get(form)?.field(tail)?;
        (self.access.access(form).sees(field, None) && fillable(found) && field != via)
            .then_some(Slot::Part { part, field })
    }

    /// The form and field of a place.
    pub fn field(&self, slot: Slot) -> Option<(&Form, &Field)> {
        match slot {
            Slot::Own(field) => Some((&self.form, self.form.fields.get(field)?)),
            Slot::System(_) => None,
            Slot::Part { part, field } => {
                let form = self.catalog.forms.get(self.parts.get(part)?.form)?;
                Some((form, form.fields.get(field)?))
            }
            Slot::Row { table, column } => {
                Some((&self.form, self.form.fields.get(table)?.table()?.fields.get(column)?))
            }
        }
    }

    /// The path of a place as values, faults and answers name it.
    pub fn path(&self, slot: Slot) -> String {
        match slot {
            Slot::Own(field) => self.form.fields.get(field).map(|f| f.name.clone()).unwrap_or_default(),
            Slot::System(system) => system.name().to_string(),
            Slot::Part { part, .. } => {
                let head = self.parts.get(part).map_or("", |p| p.name.as_str());
                format!("{head}.{}", self.field(slot).map_or("", |(_, f)| f.name.as_str()))
            }
            Slot::Row { table, .. } => {
                let head = self.form.fields.get(table).map_or("", |f| f.name.as_str());
                format!("{head}.{}", self.field(slot).map_or("", |(_, f)| f.name.as_str()))
            }
        }
    }

    /// The child tables whose rows the caller may fill, by index of their field.
    pub fn tables(&self) -> Vec<usize> {
        let grants = self.access.access(self.index);
        let seen =
            |(index, field): (usize, &Field)| (field.table().is_some() && grants.sees(index, None)).then_some(index);
        self.form.fields.iter().enumerate().filter_map(seen).collect()
    }

    /// The columns of a child table as they are offered.
    pub fn offered_of(&self, table: usize, locale: Locale) -> Vec<Offered> {
        let Some(field) = self.form.fields.get(table) else { return Vec::new() };
        let Some(options) = field.table() else { return Vec::new() };
        let grants = self.access.access(self.index);
        let columns = options.fields.iter().enumerate();
        let shown = columns.filter(|(i, of)| grants.sees(table, Some(*i)) && fillable(of));
        shown
            .map(|(_, of)| {
                let title = format!("{} · {}", field.title.get(locale), of.title.get(locale));
                let mut offered = offer(format!("{}.{}", field.name, of.name), title, of, Vec::new());
                offered.required = false;
                offered
            })
            .collect()
    }

    /// Everything that may be offered, in the form's order; parts that live on their own only where `all`.
    pub fn offered(&self, locale: Locale, all: bool) -> Vec<Offered> {
        let mut out = Vec::new();
        let grants = self.access.access(self.index);
        for (i, field) in self.form.fields.iter().enumerate() {
            if grants.sees(i, None) && fillable(field) {
                out.push(offer(field.name.clone(), field.title.get(locale).to_string(), field, Vec::new()));
            }
        }
        if all {
            out.extend(self.tables().into_iter().flat_map(|table| self.offered_of(table, locale)));
        }
        for part in self.parts.iter().filter(|p| all || p.proposed) {
            let Some(form) = self.catalog.forms.get(part.form) else { continue };
            let grants = self.access.access(part.form);
            for (i, field) in form.fields.iter().enumerate() {
                if i == part.via || !grants.sees(i, None) || !fillable(field) {
                    continue;
                }
                // a column that is called as the form itself holds what its records are called
                let own_name = if form.title_field == Some(i) {
                    form.title.all().map(str::to_string).collect()
                } else {
                    Vec::new()
                };
                let title = format!("{} · {}", form.title.get(locale), field.title.get(locale));
                let mut offered = offer(format!("{}.{}", part.name, field.name), title, field, own_name);
                offered.required = false;
                out.push(offered);
            }
        }
        out
    }
}

impl Offered {
    /// All the names under which headings may know it.
    pub fn names(&self) -> &heading::Field {
        &self.names
    }
}

fn offer(path: String, title: String, field: &Field, aliases: Vec<String>) -> Offered {
    let titles = field.title.all().map(str::to_string).collect();
    let required = field.required && !field.read_only && !matches!(field.kind, FieldKind::Serial(_));
    Offered { names: heading::Field { key: path.clone(), titles, aliases }, path, title, required }
}

/// Whether a cell can hold a value of the field.
pub fn fillable(field: &Field) -> bool {
    !matches!(field.kind, FieldKind::Table(_) | FieldKind::Files(_) | FieldKind::Signature)
}
