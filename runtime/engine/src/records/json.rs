//! A record as JSON with true values: for conditions that name it and for comparing what was sent back.

use formwright_core::field::SystemField;
use formwright_core::form::Form;
use formwright_core::record::{Record, value_to_json};
use formwright_core::value::Value;
use serde_json::{Map, Value as Json, json};

pub(super) fn system_json(record: &Record, field: SystemField) -> Json {
    match field {
        SystemField::Id => json!(record.id),
        SystemField::Version => json!(record.version),
        SystemField::CreatedAt => Value::Ts(record.created_at).to_json(),
        SystemField::CreatedBy => json!(record.created_by),
        SystemField::UpdatedAt => Value::Ts(record.updated_at).to_json(),
        SystemField::UpdatedBy => json!(record.updated_by),
        SystemField::DeletedAt => record.deleted_at.map_or(Json::Null, |t| Value::Ts(t).to_json()),
        SystemField::FlowState => json!(record.flow_state),
    }
}

/// The record as JSON with true values, for conditions that name it.
pub(super) fn record_json(form: &Form, record: &Record) -> Json {
    let mut map = Map::new();
    for system in SystemField::ALL {
        map.insert(system.name().into(), system_json(record, system));
    }
    for (field, value) in form.fields.iter().zip(&record.values) {
        map.insert(field.name.clone(), value_to_json(field, value));
    }
    Json::Object(map)
}
