//! An app: the set of definitions that belong together, with its menu and what it requires.

use crate::text::Labels;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// `app.json`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppDoc {
    pub kind: String,
    #[serde(default)]
    pub app: Option<String>,
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
    pub version: Option<String>,
    /// Apps that must be there, with the versions that fit: `{"trade_base": ">=1.0"}`.
    #[serde(default)]
    pub requires: BTreeMap<String, String>,
    /// Apps that are used where they are there.
    #[serde(default)]
    pub optional: Vec<String>,
    /// The language of the titles.
    #[serde(default)]
    pub locale: Option<String>,
    /// Forms to which other apps may link and refer.
    #[serde(default)]
    pub exposes: Vec<String>,
    #[serde(default)]
    pub menu: Vec<MenuEntry>,
    #[serde(default)]
    pub home: Option<String>,
    /// JSON Schema of the app's settings.
    #[serde(default)]
    pub settings: Option<Json>,
}

/// An entry of the menu: a form, or a group of entries.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuEntry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboard: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<MenuEntry>,
}
