//! Pages of the designer: shells that their script fills with what the designer's API answers.

use serde::Serialize;

use super::shell::Crumb;

/// What a page of the designer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Screen {
    /// All apps that the reader may design.
    Apps,
    /// One app with its definitions.
    App,
    /// One definition, on the whole window.
    Editor,
    /// What publishing the drafts of an app would do.
    Plan,
    /// What was published.
    Revisions,
}

/// A page of the designer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Design {
    /// Which one.
    pub screen: Screen,
    /// Its title: that of the app or of the definition; `None` on the page of all apps.
    pub title: Option<String>,
    /// The way to it.
    pub crumbs: Vec<Crumb>,
    /// Name of the app.
    pub app: Option<String>,
    /// Kind of the definition.
    pub kind: Option<String>,
    /// Name of the definition.
    pub name: Option<String>,
    /// The types that a field may have.
    pub types: Vec<String>,
    /// The reader may make and install apps.
    pub may_create: bool,
}
