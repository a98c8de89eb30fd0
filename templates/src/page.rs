//! The pages there are: one view model and one template each.

use minijinja::value::{Serde, Value};

use crate::view::{
    Audit, Departments, Design, ErrorPage, Form, Home, Import, Invite, List, NotificationPreferences, Notifications,
    People, PersonPage, Profile, Record, RecycleBin, Roles, Screen, Search, Security, Settings, SignIn,
};

/// A page with all it shows.
#[derive(Clone, Debug)]
pub enum Page {
    /// `/sign-in`
    SignIn(SignIn),
    /// `/invite/{token}`
    Invite(Invite),
    /// `/`
    Home(Home),
    /// `/forms/{form}`
    List(List),
    /// `/forms/{form}/{id}`
    Record(Record),
    /// `/forms/{form}/new`, `/forms/{form}/{id}/edit`
    Form(Form),
    /// `/forms/{form}/import`
    Import(Import),
    /// `/forms/{form}/recycle-bin`
    RecycleBin(RecycleBin),
    /// `/search`
    Search(Search),
    /// `/profile`
    Profile(Profile),
    /// `/profile/security`
    Security(Security),
    /// `/admin/people`
    People(People),
    /// `/admin/people/{id}`, `/admin/people/new`
    Person(PersonPage),
    /// `/admin/departments`
    Departments(Departments),
    /// `/admin/roles`
    Roles(Roles),
    /// `/admin/audit`
    Audit(Audit),
    /// `/admin/settings`
    Settings(Settings),
    /// `/notifications`
    Notifications(Notifications),
    /// `/notifications/preferences`
    NotificationPreferences(NotificationPreferences),
    /// `/design` and what lies below it
    Design(Design),
    /// Any path that cannot be answered.
    Error(ErrorPage),
}

impl Page {
    /// Name of the template below `html/pages/`.
    pub(crate) fn template(&self) -> &'static str {
        match self {
            Self::SignIn(_) => "pages/sign-in.html",
            Self::Invite(_) => "pages/invite.html",
            Self::Home(_) => "pages/home.html",
            Self::List(_) => "pages/list.html",
            Self::Record(_) => "pages/record.html",
            Self::Form(_) => "pages/form.html",
            Self::Import(_) => "pages/import.html",
            Self::RecycleBin(_) => "pages/recycle-bin.html",
            Self::Search(_) => "pages/search.html",
            Self::Profile(_) => "pages/profile.html",
            Self::Security(_) => "pages/security.html",
            Self::People(_) => "pages/people.html",
            Self::Person(_) => "pages/person.html",
            Self::Departments(_) => "pages/departments.html",
            Self::Roles(_) => "pages/roles.html",
            Self::Audit(_) => "pages/audit.html",
            Self::Settings(_) => "pages/settings.html",
            Self::Notifications(_) => "pages/notifications.html",
            Self::NotificationPreferences(_) => "pages/notification-preferences.html",
            Self::Design(Design { screen: Screen::Editor, .. }) => "pages/design-editor.html",
            Self::Design(_) => "pages/design.html",
            Self::Error(_) => "pages/error.html",
        }
    }

    /// The view model as the template sees it.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::SignIn(view) => Value::from(Serde(view)),
            Self::Invite(view) => Value::from(Serde(view)),
            Self::Home(view) => Value::from(Serde(view)),
            Self::List(view) => Value::from(Serde(view)),
            Self::Record(view) => Value::from(Serde(view)),
            Self::Form(view) => Value::from(Serde(view)),
            Self::Import(view) => Value::from(Serde(view)),
            Self::RecycleBin(view) => Value::from(Serde(view)),
            Self::Search(view) => Value::from(Serde(view)),
            Self::Profile(view) => Value::from(Serde(view)),
            Self::Security(view) => Value::from(Serde(view)),
            Self::People(view) => Value::from(Serde(view)),
            Self::Person(view) => Value::from(Serde(view)),
            Self::Departments(view) => Value::from(Serde(view)),
            Self::Roles(view) => Value::from(Serde(view)),
            Self::Audit(view) => Value::from(Serde(view)),
            Self::Settings(view) => Value::from(Serde(view)),
            Self::Notifications(view) => Value::from(Serde(view)),
            Self::NotificationPreferences(view) => Value::from(Serde(view)),
            Self::Design(view) => Value::from(Serde(view)),
            Self::Error(view) => Value::from(Serde(view)),
        }
    }
}
