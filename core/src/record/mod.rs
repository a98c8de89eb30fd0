//! Records: from JSON to checked values and back.
//!
//! [`Patch`] is what a caller sent: absent, null and value are three things. A [`Record`] holds a value for each field.
//! [`check`] finds all faults of a whole record at once.

mod check;
mod compute;
mod evaluate;
mod example;
mod fill;
mod kept;
mod patch;
mod read;
mod scene;
mod write;

pub use crate::written::{parse_instant, parse_time};
pub use check::{check, check_row_ids};
pub use compute::{
    CompanyFacts, Missing, NoFacts, Outcome, RateKey, Remotes, Surroundings, compute, compute_places, computed_field,
    live_inputs, live_value,
};
pub use evaluate::{evaluate, keep_given};
pub use fill::fill_defaults;
pub use kept::{exact_json, keep_number};
pub use patch::{FieldPatch, Patch, RowPatch, apply_rows, constant_default};
pub use read::read_value;
pub use write::{rows_to_json, value_to_json};

use crate::form::Form;
use crate::value::Value;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A whole record: system fields and a value for each field of the form, in the form's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub id: Uuid,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub created_by: Uuid,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Uuid,
    pub deleted_at: Option<DateTime<Utc>>,
    pub flow_state: String,
    pub values: Vec<Value>,
}

impl Record {
    pub fn get(&self, form: &Form, name: &str) -> Option<&Value> {
        form.field(name).and_then(|(i, _)| self.values.get(i))
    }

    /// The record's title: the value of the form's title field, as text.
    pub fn title(&self, form: &Form) -> String {
        let Some(field) = form.title_field.and_then(|i| form.fields.get(i).map(|f| (i, f))) else {
            return self.id.to_string();
        };
        match self.values.get(field.0) {
            None | Some(Value::Null) => self.id.to_string(),
            Some(Value::Text(t)) => t.clone(),
            Some(other) => {
                let json = value_to_json(field.1, other);
                json.as_str().map_or_else(|| json.to_string(), str::to_string)
            }
        }
    }
}
