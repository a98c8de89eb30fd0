//! What surrounds every page: navigation, crumbs, references to forms.

use serde::Serialize;

/// Words and where they lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Shown words.
    pub text: String,
    /// Where to.
    pub href: String,
}

impl Link {
    /// A link.
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into() }
    }
}

/// A step on the way to this page, shown before the title. The page's own title is not among them.
pub type Crumb = Link;

/// One group of the side bar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NavGroup {
    /// The app's title, or `None` for the first group (home, tasks).
    pub title: Option<String>,
    /// Its entries, only those the reader may open.
    pub links: Vec<NavLink>,
}

/// An entry of the side bar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NavLink {
    /// The form's title.
    pub title: String,
    /// Where to.
    pub href: String,
    /// Name of a Lucide icon; an unknown one is drawn as a plain document.
    pub icon: String,
    /// A finished count.
    pub count: Option<String>,
    /// The count waits for the reader: drawn in red.
    pub hot: bool,
    /// This page is it, or lies below it.
    pub active: bool,
    /// Also in the bar at the bottom of a phone (the first three of them).
    pub on_phone: bool,
}

/// A form, as pages name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FormRef {
    /// `customer`.
    pub name: String,
    /// Its title in the reader's language.
    pub title: String,
    /// The app's title.
    pub app: String,
    /// Lucide icon.
    pub icon: String,
}

impl FormRef {
    /// `/forms/{name}`.
    pub fn href(&self) -> String {
        format!("/forms/{}", self.name)
    }
}
