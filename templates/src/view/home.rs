//! The first page after signing in.

use serde::Serialize;

use super::shell::Link;

/// Part of the day, for the greeting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DayPart {
    /// Until noon.
    #[default]
    Morning,
    /// Until six.
    Afternoon,
    /// Later.
    Evening,
}

impl DayPart {
    /// Part of the day of an hour (0–23) of the reader's clock.
    pub fn of_hour(hour: u32) -> Self {
        match hour {
            5..=11 => Self::Morning,
            12..=17 => Self::Afternoon,
            _ => Self::Evening,
        }
    }
}

/// The page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Home {
    /// For the greeting.
    pub day_part: DayPart,
    /// How the reader is called.
    pub name: String,
    /// `Tuesday, 24 November`.
    pub date: String,
    /// Lists that speak of the reader or of the clock; may be empty.
    pub work: Vec<WorkList>,
    /// What waits for the reader; `None`: there are no flows in this installation, the card is not drawn.
    pub tasks: Option<Vec<TaskRow>>,
    /// Records the reader opened or changed lately.
    pub recent: Vec<RecentRecord>,
    /// Apps the reader may use.
    pub apps: Vec<AppTile>,
    /// Forms the reader may create records of (text: the form's title).
    pub quick_new: Vec<Link>,
    /// What an administrator does first; empty once it is done.
    pub start: Vec<StartStep>,
    /// Apps that come with the program and can be installed by the reader, while there is little else here.
    pub shipped: Vec<ShippedApp>,
}

/// A list with the number of its records, which the page asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WorkList {
    /// Name of the form.
    pub form: String,
    /// The view's title.
    pub title: String,
    /// The form's title.
    pub note: String,
    /// The list.
    pub href: String,
    /// The view's condition as JSON.
    pub filter: String,
}

/// A task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TaskRow {
    /// Where it is decided.
    pub href: String,
    /// The record's title.
    pub title: String,
    /// A line about it.
    pub text: String,
    /// What to look at.
    pub warning: Option<String>,
    /// Shown time.
    pub at: String,
    /// Machine form.
    pub iso: String,
}

/// A record opened or changed lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecentRecord {
    /// Where it is.
    pub href: String,
    /// Its title.
    pub title: String,
    /// The form's title.
    pub form: String,
    /// The form's icon.
    pub icon: String,
    /// Shown time.
    pub at: String,
    /// Machine form.
    pub iso: String,
}

/// An app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AppTile {
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its icon.
    pub icon: String,
    /// Its forms.
    pub forms: Vec<Link>,
}

/// An app that comes with the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ShippedApp {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: String,
}

/// A step of setting up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StartStep {
    /// What to do.
    pub title: String,
    /// Why.
    pub text: String,
    /// Where.
    pub href: String,
    /// Done already.
    pub done: bool,
}
