//! Rules of a form as written: under a condition, what is shown, required, set, offered, warned of and refused.

use super::off::OffDoc;
use crate::text::Labels;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One rule: its effects hold where `when` does and `unless` does not; without either, always.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleDoc {
    /// For the reader of the definition.
    #[serde(default)]
    pub title: Option<String>,
    /// A condition; a term may be `{"expression": "…"}`.
    #[serde(default)]
    pub when: Option<Json>,
    #[serde(default)]
    pub unless: Option<Json>,
    pub then: Vec<EffectDoc>,
    /// Why the rule does nothing: terms that no longer fit; written by the publication that found them so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub off: Vec<OffDoc>,
}

/// What a rule does: exactly one of the keys but `clear`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectDoc {
    /// Fields (`contacts.phone` names a column) that are hidden otherwise.
    #[serde(default)]
    pub show: Option<Vec<String>>,
    #[serde(default)]
    pub hide: Option<Vec<String>>,
    /// With `show` and `hide`: what is hidden loses its value.
    #[serde(default)]
    pub clear: Option<bool>,
    #[serde(default)]
    pub require: Option<Vec<String>>,
    #[serde(default)]
    pub readonly: Option<Vec<String>>,
    /// A value that is kept in step.
    #[serde(default)]
    pub set: Option<GivenDoc>,
    /// A value of a new record, as long as nobody touched the field.
    #[serde(default)]
    pub default: Option<GivenDoc>,
    #[serde(default)]
    pub options: Option<NarrowDoc>,
    #[serde(default)]
    pub warn: Option<SayDoc>,
    #[serde(default)]
    pub fault: Option<SayDoc>,
}

/// A field with the value it gets: `value` as a default is written (`{"var": "today"}` too), or `expression`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenDoc {
    pub field: String,
    #[serde(default)]
    pub value: Option<Json>,
    #[serde(default)]
    pub expression: Option<String>,
}

/// The choices of a field that are left: by value, or all below some nodes of the tree.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NarrowDoc {
    pub field: String,
    #[serde(default)]
    pub values: Option<Vec<String>>,
    #[serde(default)]
    pub under: Option<Vec<String>>,
}

/// What is told about a field.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SayDoc {
    /// Absent: it is about the whole record.
    #[serde(default)]
    pub field: Option<String>,
    pub message: String,
    #[serde(default)]
    pub labels: Labels,
}
