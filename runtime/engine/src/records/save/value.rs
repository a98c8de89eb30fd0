//! The values that a record begins with: those sent, and the defaults for this caller now.

use crate::records::saver::Saver;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{Field, FieldDefault, FieldKind, Storage};
use formwright_core::form::Form;
use formwright_core::record::{FieldPatch, Record, apply_rows, check_row_ids, read_value};
use formwright_core::value::Value;
use uuid::Uuid;

impl Saver {
    pub(super) fn new_value(&self, field: &Field, change: &FieldPatch, faults: &mut Vec<Fault>) -> Value {
        match (change, field.table()) {
            (FieldPatch::Set(value), _) => value.clone(),
            (rows, Some(table)) => {
                let mut inner = Vec::new();
                let rows = apply_rows(table, &[], rows, true, &mut Uuid::now_v7, &|f| self.default_of(f), &mut inner);
                // as for the record's own: the time in front keeps the order of ids
                inner.extend(
                    rows.iter()
                        .enumerate()
                        .filter(|(_, row)| !is_made_id(row.id))
                        .map(|(i, _)| Fault::new(format!("{i}/id"), &code::FORMAT_INVALID).with("format", "UUIDv7")),
                );
                faults.extend(inner.into_iter().map(|f| f.under(&field.name)));
                Value::Rows(rows)
            }
            _ => Value::Null,
        }
    }

    /// The default of a field for this caller now.
    pub(in crate::records) fn default_of(&self, field: &Field) -> Value {
        let many = |id: Option<Uuid>| match (id, field.kind.storage()) {
            (None, _) => Value::Null,
            (Some(id), Storage::List(_)) => Value::List(vec![Value::Id(id)]),
            (Some(id), _) => Value::Id(id),
        };
        match &field.default {
            Some(FieldDefault::Value(value)) => value.clone(),
            Some(FieldDefault::Me) => many(self.cx.principal().map(|p| p.person.id)),
            Some(FieldDefault::MyDepartment) => many(self.cx.principal().and_then(|p| p.person.department)),
            Some(FieldDefault::Today) => Value::Date(self.cx.clock().today()),
            Some(FieldDefault::Now) => Value::Ts(self.cx.now),
            Some(FieldDefault::Setting(key)) => self
                .cx
                .engine
                .company(&self.cx.catalog)
                .get(key)
                .and_then(|json| read_value(field, json, &mut Vec::new()))
                .unwrap_or(Value::Null),
            None if matches!(field.kind, FieldKind::Table(_)) => Value::Rows(Vec::new()),
            // filled in when all other values stand
            Some(FieldDefault::Expression(_)) | None => Value::Null,
        }
    }

    pub(super) fn check_table_ids(&self, form: &Form, record: &Record, faults: &mut Vec<Fault>) {
        for (field, value) in form.fields.iter().zip(&record.values) {
            if let Value::Rows(rows) = value {
                check_row_ids(&field.name, rows, faults);
                if rows.len() > 10_000 {
                    faults.push(Fault::new(&field.name, &code::TOO_MANY).with("limit", 10_000));
                }
            }
        }
    }
}

/// Whether an id is of the kinds that are made: UUIDv7, and UUIDv8 for derived ones.
pub(super) fn is_made_id(id: Uuid) -> bool {
    matches!(id.get_version_num(), 7 | 8)
}
