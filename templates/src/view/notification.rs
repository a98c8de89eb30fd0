//! What a person was told.

use serde::Serialize;

use super::list::Pager;

/// The page of notifications, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Notifications {
    /// Those of this page.
    pub rows: Vec<NotificationRow>,
    /// Some are unread.
    pub unread: bool,
    /// To older ones.
    pub pager: Pager,
}

/// One notification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotificationRow {
    /// Its id.
    pub id: String,
    /// Lucide icon.
    pub icon: String,
    /// What happened, in one sentence.
    pub title: String,
    /// More of it; may be empty.
    pub text: String,
    /// Where it leads, if there is anything to be seen.
    pub href: Option<String>,
    /// When, as people say it.
    pub at: String,
    /// When, for machines.
    pub iso: String,
    /// Not read yet.
    pub unread: bool,
}

/// The page on which a person says what he wants to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotificationPreferences {
    /// One for each kind of notification.
    pub choices: Vec<NotificationChoice>,
}

/// A kind of notification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotificationChoice {
    /// `mention`, `job`: as the API names it.
    pub kind: String,
    /// What happens.
    pub title: String,
    /// More of it; may be empty.
    pub text: String,
    /// Lucide icon.
    pub icon: String,
    /// It is told in the application.
    pub in_app: bool,
}
