//! The names of a record: its fields, its system fields, columns of its child tables, what its links lead to, its header.

use super::types::{NameType, Names, Type};
use crate::field::{Field, FieldKind, SystemField};

/// Names at a record, or at a row of one of its child tables. Paths through several links and rows are followed; as soon as
/// one step leads to several values the whole is a list.
pub struct RecordNames<'a> {
    /// The form's name, or `form.table` for rows.
    pub place: &'a str,
    pub fields: &'a [Field],
    /// For a row of a child table: name and fields of the form it belongs to, reached by `parent.x`.
    pub parent: Option<(&'a str, &'a [Field])>,
    /// The fields of a form that links lead to.
    pub forms: &'a dyn Fn(&str) -> Option<&'a [Field]>,
    /// The form whose link to this one is read backwards under a name, with its fields.
    pub inverse: Inverse<'a>,
}

type Inverse<'a> = &'a dyn Fn(&str, &str) -> Option<(&'a str, &'a [Field])>;

const MOST_STEPS: usize = 6;
const PERSON: [&str; 6] = ["id", "name", "login", "department", "manager", "active"];
const DEPARTMENT: [&str; 4] = ["id", "name", "title", "parent"];

#[derive(Clone, Copy)]
enum Place<'a> {
    Record { name: &'a str, fields: &'a [Field], parent: Option<(&'a str, &'a [Field])> },
    Person,
    Department,
    Choice,
    ChoiceData,
    Json,
}

impl<'a> RecordNames<'a> {
    fn start(&self) -> Place<'a> {
        Place::Record { name: self.place, fields: self.fields, parent: self.parent }
    }

    /// The type of a name at a place, and where a path goes on from there.
    fn step(&self, place: Place<'a>, name: &str) -> Option<(Type, Option<Place<'a>>)> {
        match place {
            Place::Record { fields, parent, name: here } => {
                if let Some(field) = fields.iter().find(|f| f.name == name) {
                    let ty = Type::of_field(&field.kind, &format!("{here}.{name}"));
                    return Some((ty, self.after(field)));
                }
                if let Some((name, fields)) = parent.filter(|_| name == "parent") {
                    return Some((Type::record(name), Some(Place::Record { name, fields, parent: None })));
                }
                if name == "id" {
                    return Some((Type::record(here), None));
                }
                if here.contains('.') {
                    return None;
                }
                match (SystemField::find(name), (self.inverse)(here, name)) {
                    (Some(field), _) => system(field),
                    (None, Some((name, fields))) => {
                        Some((Type::record(name).list(), Some(Place::Record { name, fields, parent: None })))
                    }
                    (None, None) => None,
                }
            }
            Place::Person => match name {
                "id" => Some((Type::record("user"), None)),
                "name" | "login" => Some((Type::Text, None)),
                "department" => Some((Type::record("department"), Some(Place::Department))),
                "manager" => Some((Type::record("user"), Some(Place::Person))),
                "active" => Some((Type::Boolean, None)),
                _ => None,
            },
            Place::Department => match name {
                "id" => Some((Type::record("department"), None)),
                "parent" => Some((Type::record("department"), Some(Place::Department))),
                "name" | "title" => Some((Type::Text, None)),
                _ => None,
            },
            Place::Choice => match name {
                "parent" => Some((Type::Text, None)),
                "data" => Some((Type::Text, Some(Place::ChoiceData))),
                _ => None,
            },
            Place::ChoiceData => Some((Type::Text, None)),
            Place::Json => Some((Type::Text, Some(Place::Json))),
        }
    }

    fn after(&self, field: &'a Field) -> Option<Place<'a>> {
        Some(match &field.kind {
            FieldKind::Link(l) | FieldKind::Links(l) => {
                Place::Record { name: &l.form, fields: (self.forms)(&l.form)?, parent: None }
            }
            FieldKind::Table(t) => Place::Record { name: "row.", fields: &t.fields, parent: None },
            FieldKind::User | FieldKind::Users => Place::Person,
            FieldKind::Department | FieldKind::Departments => Place::Department,
            FieldKind::Choice(_) | FieldKind::Choices(_) | FieldKind::Status(_) | FieldKind::Tags(_) => Place::Choice,
            FieldKind::Json | FieldKind::Location => Place::Json,
            _ => return None,
        })
    }
}

fn system<'a>(field: SystemField) -> Option<(Type, Option<Place<'a>>)> {
    Some(match field {
        SystemField::Id => return None,
        SystemField::Version => (Type::Number, None),
        SystemField::CreatedAt | SystemField::UpdatedAt | SystemField::DeletedAt => (Type::DateTime, None),
        SystemField::CreatedBy | SystemField::UpdatedBy => (Type::record("user"), Some(Place::Person)),
        SystemField::FlowState => (Type::Text, None),
    })
}

impl Names for RecordNames<'_> {
    fn resolve(&self, path: &[&str]) -> Option<NameType> {
        if path.len() > MOST_STEPS {
            return None;
        }
        let mut place = Some(self.start());
        let mut many = false;
        let mut found = None;
        for name in path {
            let (ty, next) = self.step(place?, name)?;
            many |= ty.is_list();
            place = next;
            found = Some(ty);
        }
        // the data of a choice is no value by itself
        if path.last() == Some(&"data") && matches!(place, Some(Place::ChoiceData)) {
            return None;
        }
        let ty = found?;
        Some(NameType::from(if many { ty.element().clone().list() } else { ty }))
    }

    fn known(&self, prefix: &[&str]) -> Vec<String> {
        let mut place = Some(self.start());
        for name in prefix {
            place = place.and_then(|p| self.step(p, name)).and_then(|(_, next)| next);
        }
        let fixed = |names: &[&str]| names.iter().map(|n| (*n).to_string()).collect();
        match place {
            Some(Place::Record { fields, parent, name }) => {
                let mut out: Vec<String> = fields.iter().map(|f| f.name.clone()).collect();
                if parent.is_some() {
                    out.push("parent".to_string());
                }
                if name.contains('.') {
                    out.push("id".to_string());
                } else {
                    out.extend(SystemField::ALL.iter().map(|s| s.name().to_string()));
                }
                out
            }
            Some(Place::Person) => fixed(&PERSON),
            Some(Place::Department) => fixed(&DEPARTMENT),
            Some(Place::Choice) => fixed(&["parent", "data"]),
            _ => Vec::new(),
        }
    }

    fn in_rows(&self) -> bool {
        self.parent.is_some()
    }
}
