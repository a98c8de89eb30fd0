//! Which fields of its record a rule's condition reads: a change of theirs is what the rule is held against.

use super::compile::Reader;
use crate::definition::pointer_segment;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{Field, encryption_refused};
use crate::query::{Cond, Hop, Leaf, Path, PersonSource};
use serde_json::Value as Json;

impl Reader<'_, '_> {
    /// Fields that a condition names as `{"var": "record.…"}`: their values stand in the record, and nobody's secret.
    pub(super) fn named_fields(&mut self, json: &Json, at: &str) {
        match json {
            Json::Object(map) => {
                if let Some(path) = map.get("var").and_then(Json::as_str).and_then(|v| v.strip_prefix("record.")) {
                    let first = path.split('.').next().unwrap_or_default();
                    let found = self.form.field(first);
                    self.reads.extend(found.map(|(i, _)| i));
                    let at = format!("{at}/var");
                    match found.map(|(_, field)| field) {
                        Some(field) if field.is_encrypted() => self.faults.push(encryption_refused(&field.name, at)),
                        Some(field) if !field.is_kept() => {
                            let what = format!("a rule that compares with \"{}\", which is not kept", field.name);
                            self.faults.push(Fault::new(at, &code::KIND_NOT_OFFERED).with("what", what));
                        }
                        _ => {}
                    }
                }
                map.iter().for_each(|(key, v)| self.named_fields(v, &format!("{at}/{}", pointer_segment(key))));
            }
            Json::Array(items) => {
                items.iter().enumerate().for_each(|(i, v)| self.named_fields(v, &format!("{at}/{i}")));
            }
            _ => {}
        }
    }

    /// The fields of the record itself that a condition looks at.
    pub(super) fn own_fields(&mut self, cond: &Cond, at: &str) {
        match cond {
            Cond::True | Cond::False => {}
            Cond::And(parts) | Cond::Or(parts) => parts.iter().for_each(|part| self.own_fields(part, at)),
            Cond::Not(inner) => self.own_fields(inner, at),
            Cond::Test { path, .. } => {
                if let Some(field) = first_field(path) {
                    // what is looked up changes with the link
                    let via = self.form.fields.get(field).and_then(Field::lookup).map(|lookup| lookup.via);
                    self.reads.extend([Some(field), via].into_iter().flatten());
                }
            }
            Cond::Related(related) => {
                let Some(table) = related.table.filter(|_| related.via.is_none()) else { return };
                self.reads.insert(table);
                let column = related.sum.and_then(|sum| self.form.fields.get(table)?.table()?.fields.get(sum));
                if let Some(column) = column.filter(|c| !c.is_kept()) {
                    let what = format!("a rule that sums \"{}\", which is not kept", column.name);
                    self.faults.push(Fault::new(at, &code::KIND_NOT_OFFERED).with("what", what));
                }
            }
            Cond::Readable { field, .. } => {
                self.reads.insert(*field);
            }
        }
    }
}

/// The field with which a path begins.
fn first_field(path: &Path) -> Option<usize> {
    match path.hops.first() {
        Some(
            Hop::Link { field, .. }
            | Hop::Links { field, .. }
            | Hop::Rows { field }
            | Hop::User { source: PersonSource::Field(field) }
            | Hop::Users { field }
            | Hop::Department { field }
            | Hop::Departments { field },
        ) => Some(*field),
        Some(_) => None,
        None => match &path.leaf {
            Leaf::Field(i) | Leaf::ChoiceParent(i) | Leaf::ChoiceData(i, _) | Leaf::JsonPath(i, _) => Some(*i),
            _ => None,
        },
    }
}
