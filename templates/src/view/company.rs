//! Settings of the company and of its apps.

use serde::Serialize;

use super::form::{FormSection, SaveTarget};

/// The page of settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Apps that have settings, the company first.
    pub apps: Vec<SettingsApp>,
    /// The controls of the app shown.
    pub sections: Vec<FormSection>,
    /// Where they are saved.
    pub save: SaveTarget,
    /// The version read: sent as `If-Match`.
    pub version: i64,
    /// The reader's zone, for moments.
    pub time_zone: String,
    /// The company's day today.
    pub today: String,
}

/// An app in the list at the side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SettingsApp {
    /// Its title.
    pub title: String,
    /// Where to.
    pub href: String,
    /// Lucide icon.
    pub icon: String,
    /// It is the one shown.
    pub active: bool,
}
