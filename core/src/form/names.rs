//! The fields that a form names outside its record: title, search, keys, indexes.

use super::SearchField;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{Field, FieldKind, encryption_refused};
use std::collections::HashMap;

/// Looks up the fields that a form names.
pub(super) struct Names<'a> {
    pub fields: &'a [Field],
    pub by_name: &'a HashMap<String, usize>,
    /// Properties that could not be read.
    pub broken: &'a [String],
    pub faults: &'a mut Vec<Fault>,
}

impl Names<'_> {
    pub fn find(&mut self, name: &str, at: &str) -> Option<usize> {
        let found = self.by_name.get(name).copied();
        if found.is_none() && !self.broken.iter().any(|b| b == name) {
            self.faults.push(
                Fault::new(at, &code::UNKNOWN_FIELD)
                    .with("name", name)
                    .suggest(name, self.fields.iter().map(|f| &f.name).chain(self.broken).map(String::as_str)),
            );
        }
        found
    }

    /// A field whose value the database knows.
    pub fn stored(&mut self, name: &str, at: &str) -> Option<usize> {
        let index = self.find(name, at)?;
        if self.fields.get(index).is_some_and(|f| !f.is_kept()) {
            let reason = format!("\"{name}\" is worked out when it is asked for and not kept");
            self.faults.push(Fault::new(at, &code::KEY_INVALID).with("reason", reason));
            return None;
        }
        Some(index)
    }

    /// A field that is not encrypted.
    pub fn open(&mut self, index: usize, at: &str) -> Option<usize> {
        self.unless(index, at, Field::is_encrypted)
    }

    /// A field whose equal values the database can find.
    pub fn equal(&mut self, index: usize, at: &str) -> Option<usize> {
        self.unless(index, at, |field| !field.finds_equals())
    }

    fn unless(&mut self, index: usize, at: &str, refused: impl Fn(&Field) -> bool) -> Option<usize> {
        let field = self.fields.get(index)?;
        if refused(field) {
            self.faults.push(encryption_refused(&field.name, at));
            return None;
        }
        Some(index)
    }

    /// A field with a column of its own.
    pub fn column(&mut self, name: &str, at: &str) -> Option<usize> {
        let index = self.find(name, at)?;
        if self.fields.get(index).is_some_and(|f| {
            f.kind.is_many() || !f.is_kept() || matches!(f.kind, FieldKind::Json | FieldKind::Location)
        }) {
            self.faults
                .push(Fault::new(at, &code::KEY_INVALID).with("reason", format!("\"{name}\" cannot be indexed")));
            return None;
        }
        Some(index)
    }

    pub fn search(&mut self, path: &str, at: &str) -> Option<SearchField> {
        let (name, column) = path.split_once('.').map_or((path, None), |(f, c)| (f, Some(c)));
        let field = self.stored(name, at)?;
        let field = self.open(field, at)?;
        let kind = self.fields.get(field).map(|f| &f.kind);
        if let Some(FieldKind::Table(table)) = kind {
            let hidden = table.fields.iter().find(|f| f.is_encrypted() && column.is_none_or(|c| c == f.name));
            if let Some(hidden) = hidden {
                self.faults.push(encryption_refused(&hidden.name, at));
                return None;
            }
        }
        let column = match (column, kind) {
            (None, _) => None,
            (Some(column), Some(FieldKind::Table(table))) => match table.field(column) {
                Some((i, _)) => Some(i),
                None if self.broken.iter().any(|b| b == column) => return None,
                None => {
                    self.faults.push(
                        Fault::new(at, &code::UNKNOWN_FIELD)
                            .with("name", path)
                            .suggest(column, table.fields.iter().map(|f| f.name.as_str())),
                    );
                    return None;
                }
            },
            (Some(_), _) => {
                self.faults.push(Fault::new(at, &code::UNKNOWN_FIELD).with("name", path).with("suggestion", ""));
                return None;
            }
        };
        Some(SearchField { field, column })
    }
}
