//! A role: who may do what with which rows and fields.

use crate::text::Labels;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// `roles/*.json`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleDoc {
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
    #[serde(default)]
    pub inherits: Vec<String>,
    #[serde(default)]
    pub grants: Vec<GrantDoc>,
    #[serde(default)]
    pub reports: Vec<String>,
    #[serde(default)]
    pub dashboards: Vec<String>,
    #[serde(default)]
    pub apps: Vec<String>,
    /// Apps that members may design and publish.
    #[serde(default)]
    pub designs: Vec<String>,
    /// System rights: manage_people, audit, settings, backup, view_as, explain, privacy, handover, secrets.
    #[serde(default)]
    pub rights: Vec<String>,
    #[serde(default)]
    pub second_factor: bool,
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
}

/// One grant. Grants add up, row by row and field by field.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantDoc {
    pub form: String,
    pub actions: Vec<String>,
    /// A condition; or `{"follows": "<link>"}`: rows whose linked record the caller may read.
    #[serde(default)]
    pub rows: Option<Json>,
    #[serde(default)]
    pub hidden: Vec<String>,
    #[serde(default)]
    pub readonly: Vec<String>,
    /// `{"phone": "last4"}`: shows a part of the value.
    #[serde(default)]
    pub mask: BTreeMap<String, String>,
}
