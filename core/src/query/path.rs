//! Paths: `customer.owner.department` resolved against the catalogue, hop by hop, within what the caller may see.

use super::{QueryContext, Sight};
use crate::catalog::Catalog;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{ColumnKind, Field, FieldKind, SystemField, encryption_refused};

/// Where a name is looked up: a form's record, or a row of one of its child tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub form: usize,
    /// Index of the table's field.
    pub table: Option<usize>,
}

impl Place {
    pub fn form(form: usize) -> Place {
        Place { form, table: None }
    }

    /// The field at this place with the given index.
    pub fn field<'c>(&self, catalog: &'c Catalog, index: usize) -> Option<&'c Field> {
        let form = catalog.forms.get(self.form)?;
        match self.table {
            None => form.fields.get(index),
            Some(table) => form.fields.get(table)?.table()?.fields.get(index),
        }
    }
}

/// A person named by a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PersonSource {
    Field(usize),
    CreatedBy,
    UpdatedBy,
}

/// A step from one place to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hop {
    /// Through a link to the record it names.
    Link {
        field: usize,
        to: usize,
    },
    /// Through a link with many values.
    Links {
        field: usize,
        to: usize,
    },
    /// Into the rows of a child table.
    Rows {
        field: usize,
    },
    /// Backwards through a link of another form (or of its child table) that points here.
    Inverse {
        form: usize,
        field: usize,
    },
    /// To the person that a field names.
    User {
        source: PersonSource,
    },
    Users {
        field: usize,
    },
    Department {
        field: usize,
    },
    Departments {
        field: usize,
    },
}

impl Hop {
    /// Whether the step leads to several places.
    pub fn is_many(self) -> bool {
        matches!(
            self,
            Hop::Links { .. } | Hop::Rows { .. } | Hop::Inverse { .. } | Hop::Users { .. } | Hop::Departments { .. }
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserAttr {
    Id,
    Login,
    Name,
    Department,
    Manager,
    Active,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DepartmentAttr {
    Id,
    Name,
    Title,
    Parent,
}

/// What a path ends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Leaf {
    Field(usize),
    System(SystemField),
    User(UserAttr),
    Department(DepartmentAttr),
    /// The parent of a choice in its tree, or a member of its data.
    ChoiceParent(usize),
    ChoiceData(usize, String),
    /// Members of a json field.
    JsonPath(usize, Vec<String>),
}

/// A resolved path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    pub start: Place,
    pub hops: Vec<Hop>,
    /// Where the leaf stands, for leaves of forms.
    pub end: Place,
    pub leaf: Leaf,
    /// As written.
    pub text: String,
}

impl Path {
    /// Whether one record may have several values here.
    pub fn is_many(&self, catalog: &Catalog) -> bool {
        self.hops.iter().any(|h| h.is_many()) || self.field(catalog).is_some_and(|f| f.kind.is_many())
    }

    /// The field that the path ends on, where it ends on one.
    pub fn field<'c>(&self, catalog: &'c Catalog) -> Option<&'c Field> {
        match &self.leaf {
            Leaf::Field(i) | Leaf::ChoiceParent(i) | Leaf::ChoiceData(i, _) | Leaf::JsonPath(i, _) => {
                self.end.field(catalog, *i)
            }
            _ => None,
        }
    }

    /// The kind of the column that holds the value; for many values that of one of them.
    pub fn column_kind(&self, catalog: &Catalog) -> ColumnKind {
        match &self.leaf {
            Leaf::System(s) => s.column_kind(),
            Leaf::User(UserAttr::Id | UserAttr::Department | UserAttr::Manager) => ColumnKind::Uuid,
            Leaf::User(UserAttr::Active) => ColumnKind::Bool,
            Leaf::User(_) => ColumnKind::Text,
            Leaf::Department(DepartmentAttr::Id | DepartmentAttr::Parent) => ColumnKind::Uuid,
            Leaf::Department(_) => ColumnKind::Text,
            Leaf::ChoiceParent(_) | Leaf::ChoiceData(..) | Leaf::JsonPath(..) => ColumnKind::Text,
            Leaf::Field(_) => match self.field(catalog).map(|f| f.kind.storage()) {
                Some(crate::field::Storage::Column(kind) | crate::field::Storage::List(kind)) => kind,
                _ => ColumnKind::Text,
            },
        }
    }
}

const MAX_HOPS: usize = 5;

/// Resolves a path from a place. A name the caller may not know is reported like one that does not exist.
pub fn resolve_path(cx: &QueryContext<'_>, start: Place, text: &str, at: &str) -> Result<Path, Fault> {
    let mut hops = Vec::new();
    let mut place = start;
    let segments: Vec<&str> = text.split('.').collect();
    if segments.len() > MAX_HOPS + 1 {
        return Err(Fault::new(at, &code::FILTER_TOO_DEEP).with("limit", MAX_HOPS));
    }
    let unknown = |name: &str, place: Place| {
        let full = if segments.len() > 1 { text } else { name };
        Fault::new(at, &code::UNKNOWN_FIELD)
            .with("name", full)
            .suggest(name, known_names(cx.catalog, cx.sight, place).iter().map(String::as_str))
    };
    let mut rest = segments.as_slice();
    loop {
        let Some((name, tail)) = rest.split_first() else { return Err(unknown("", place)) };
        let last = tail.is_empty();
        let done = |leaf: Leaf, hops: Vec<Hop>| Ok(Path { start, hops, end: place, leaf, text: text.to_string() });
        if place.table.is_none()
            && let Some(system) = SystemField::find(name)
        {
            let source = match system {
                SystemField::CreatedBy => Some(PersonSource::CreatedBy),
                SystemField::UpdatedBy => Some(PersonSource::UpdatedBy),
                _ => None,
            };
            return match (last, source) {
                (true, _) => done(Leaf::System(system), hops),
                (false, Some(source)) => {
                    hops.push(Hop::User { source });
                    person(tail).map_or_else(|| Err(unknown(name, place)), |leaf| done(leaf, hops))
                }
                _ => Err(unknown(name, place)),
            };
        }
        let Some((index, field)) = find(cx.catalog, place, name).filter(|(i, _)| sees(cx.sight, place, *i)) else {
            // backwards: a link of another form that names its inverse
            let back = place.table.is_none().then(|| cx.catalog.inverse(place.form, name)).flatten();
            if let (Some((form, field)), false) = (back, last)
                && cx.sight.reads(form)
                && cx.sight.sees(form, field, None)
            {
                hops.push(Hop::Inverse { form, field });
                place = Place::form(form);
                rest = tail;
                continue;
            }
            return Err(unknown(name, place));
        };
        if last {
            return done(Leaf::Field(index), hops);
        }
        match &field.kind {
            FieldKind::Link(l) | FieldKind::Links(l) => {
                let Some(to) = cx.catalog.form_index(&l.form).filter(|to| cx.sight.reads(*to)) else {
                    return Err(unknown(name, place));
                };
                hops.push(if matches!(field.kind, FieldKind::Link(_)) {
                    Hop::Link { field: index, to }
                } else {
                    Hop::Links { field: index, to }
                });
                place = Place::form(to);
            }
            FieldKind::Table(_) => {
                hops.push(Hop::Rows { field: index });
                place = Place { form: place.form, table: Some(index) };
            }
            FieldKind::User | FieldKind::Users => {
                hops.push(if matches!(field.kind, FieldKind::User) {
                    Hop::User { source: PersonSource::Field(index) }
                } else {
                    Hop::Users { field: index }
                });
                return person(tail).map_or_else(|| Err(unknown(name, place)), |leaf| done(leaf, hops));
            }
            FieldKind::Department | FieldKind::Departments => {
                hops.push(if matches!(field.kind, FieldKind::Department) {
                    Hop::Department { field: index }
                } else {
                    Hop::Departments { field: index }
                });
                return department(tail).map_or_else(|| Err(unknown(name, place)), |leaf| done(leaf, hops));
            }
            FieldKind::Choice(_) | FieldKind::Choices(_) | FieldKind::Tags(_) | FieldKind::Status(_) => {
                return match tail {
                    ["parent"] => done(Leaf::ChoiceParent(index), hops),
                    ["data", key] => done(Leaf::ChoiceData(index, (*key).to_string()), hops),
                    _ => Err(unknown(name, place)),
                };
            }
            FieldKind::Json | FieldKind::Location => {
                return done(Leaf::JsonPath(index, tail.iter().map(|s| (*s).to_string()).collect()), hops);
            }
            _ => return Err(unknown(name, place)),
        }
        rest = tail;
    }
}

/// As [`resolve_path`], for a place where the database must know the value: what is worked out when it is read is refused.
pub fn resolve_stored(cx: &QueryContext<'_>, start: Place, text: &str, at: &str) -> Result<Path, Fault> {
    let path = resolve_path(cx, start, text, at)?;
    if path.field(cx.catalog).is_some_and(Field::is_live) {
        return Err(Fault::new(at, &code::QUERY_TOO_EXPENSIVE)
            .with("reason", format!("{text} reads the clock and is worked out when it is shown")));
    }
    Ok(path)
}

/// As [`resolve_stored`], for a place where there must be a column: what is known of a choice stands in the catalogue alone.
pub fn resolve_column(cx: &QueryContext<'_>, start: Place, text: &str, at: &str) -> Result<Path, Fault> {
    let path = resolve_stored(cx, start, text, at)?;
    if matches!(path.leaf, Leaf::ChoiceParent(_) | Leaf::ChoiceData(..)) {
        return Err(Fault::new(at, &code::VALUE_INVALID)
            .with("reason", format!("{text} is known of a choice and can only be filtered by")));
    }
    Ok(path)
}

/// As [`resolve_column`], for a place where the database must know the order of values or what they are: what is encrypted is
/// refused.
pub fn resolve_open(cx: &QueryContext<'_>, start: Place, text: &str, at: &str) -> Result<Path, Fault> {
    let path = resolve_column(cx, start, text, at)?;
    match path.field(cx.catalog).filter(|field| field.is_encrypted()) {
        Some(hidden) => Err(encryption_refused(&hidden.name, at)),
        None => Ok(path),
    }
}

fn person(tail: &[&str]) -> Option<Leaf> {
    Some(Leaf::User(match tail {
        ["id"] => UserAttr::Id,
        ["login"] => UserAttr::Login,
        ["name"] => UserAttr::Name,
        ["department"] => UserAttr::Department,
        ["manager"] => UserAttr::Manager,
        ["active"] => UserAttr::Active,
        _ => return None,
    }))
}

fn department(tail: &[&str]) -> Option<Leaf> {
    Some(Leaf::Department(match tail {
        ["id"] => DepartmentAttr::Id,
        ["name"] => DepartmentAttr::Name,
        ["title"] => DepartmentAttr::Title,
        ["parent"] => DepartmentAttr::Parent,
        _ => return None,
    }))
}

fn find<'c>(catalog: &'c Catalog, place: Place, name: &str) -> Option<(usize, &'c Field)> {
    let form = catalog.forms.get(place.form)?;
    match place.table {
        None => form.field(name),
        Some(table) => form.fields.get(table)?.table()?.field(name),
    }
}

fn sees(sight: &dyn Sight, place: Place, index: usize) -> bool {
    match place.table {
        None => sight.sees(place.form, index, None),
        Some(table) => sight.sees(place.form, table, Some(index)),
    }
}

fn known_names(catalog: &Catalog, sight: &dyn Sight, place: Place) -> Vec<String> {
    let Some(form) = catalog.forms.get(place.form) else { return Vec::new() };
    let fields: &[Field] = match place.table {
        None => &form.fields,
        Some(table) => form.fields.get(table).and_then(|f| f.table()).map_or(&[], |t| &t.fields),
    };
    fields.iter().enumerate().filter(|(i, _)| sees(sight, place, *i)).map(|(_, f)| f.name.clone()).collect()
}
