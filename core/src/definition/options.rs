//! A shared list of choices, flat or a tree.

use crate::text::Labels;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// `options/*.json`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionsDoc {
    pub kind: String,
    pub app: String,
    pub name: String,
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub labels: Labels,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub descriptions: Labels,
    #[serde(default)]
    pub icon: Option<String>,
    #[serde(default)]
    pub extends: Option<String>,
    pub items: Vec<OptionDoc>,
}

/// One choice.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionDoc {
    pub value: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub labels: Labels,
    #[serde(default)]
    pub parent: Option<String>,
    #[serde(default)]
    pub color: Option<String>,
    /// A retired choice stays readable and filterable, but cannot be picked.
    #[serde(default = "yes")]
    pub active: bool,
    /// Other spellings that imports understand.
    #[serde(default)]
    pub aliases: Vec<String>,
    #[serde(default)]
    pub data: Map<String, Json>,
}

fn yes() -> bool {
    true
}
