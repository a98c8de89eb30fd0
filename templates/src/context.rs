//! What every page knows beside its own view: who reads it, in which language, theme and place of the application.

use serde::Serialize;

use crate::i18n::Locale;
use crate::view::cell::Hue;
use crate::view::notice::Notice;
use crate::view::shell::NavGroup;

/// Light, dark, or as the device says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the device says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Reads `system`, `light`, `dark` (profile, cookie `fw_theme`); anything else is `System`.
    pub fn from_name(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }
}

/// Height of table rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Density {
    /// 32 px.
    Dense,
    /// 40 px.
    #[default]
    Normal,
    /// 52 px.
    Roomy,
}

impl Density {
    /// Reads `dense`, `normal`, `roomy` (profile, cookie `fw_density`); anything else is `Normal`.
    pub fn from_name(name: &str) -> Self {
        match name {
            "dense" => Self::Dense,
            "roomy" => Self::Roomy,
            _ => Self::Normal,
        }
    }
}

/// The signed-in person, for the foot of the side bar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserBadge {
    /// The account's id.
    pub id: String,
    /// The name of the account, with which the person signs in.
    pub login: String,
    /// Shown name.
    pub name: String,
    /// One or two characters ([`crate::view::cell::initials`]).
    pub initials: String,
    /// Colour of the avatar.
    pub hue: Hue,
    /// Role or department, under the name.
    pub title: Option<String>,
}

/// The surroundings of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PageContext {
    /// Language of all words on the page.
    pub locale: Locale,
    /// Written into `<html>` so that nothing flashes.
    pub theme: Theme,
    /// Height of table rows.
    pub density: Density,
    /// CSRF token of the session (of the pre-session on the sign-in page), for forms and for the scripts' `X-CSRF-Token`.
    pub csrf: String,
    /// Who is signed in; `None` draws no side bar.
    pub user: Option<UserBadge>,
    /// The side bar, only what this person may open.
    pub nav: Vec<NavGroup>,
    /// Nothing but this page is open to him: no search, no bell, no news.
    pub restricted: bool,
    /// Name of the company.
    pub company: String,
    /// One sentence above the page.
    pub flash: Option<Notice>,
    /// The test clock's time, when the server runs with one: a banner on every page.
    pub test_clock: Option<String>,
    /// Path and query of this page below the base, for "sign in and come back".
    pub path: String,
    /// Unread notifications, finished; `None`: none.
    pub unread: Option<String>,
}
