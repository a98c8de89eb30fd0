//! Signing in, accepting an invitation, and a person's own settings.

use serde::Serialize;

use super::notice::Notice;
use super::shell::Link;

/// Signing in. The form posts `login`, `password`, `next`, `csrf` to `/sign-in` and works without scripts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SignIn {
    /// What was typed before, kept after a failure.
    pub login: String,
    /// Why it failed, in a sentence.
    pub error: Option<String>,
    /// Path to go to afterwards, already checked to be a path below the base; empty: home.
    pub next: String,
    /// Ask for the second factor instead: the challenge sent along as `challenge`, with `code`.
    pub challenge: Option<String>,
    /// Other ways in (text, href).
    pub providers: Vec<Link>,
    /// A sentence above the form (signed out, session ended).
    pub notice: Option<Notice>,
}

/// Setting a password by a one-time link. The form posts `password`, `repeat`, `csrf` to `/invite/{token}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Invite {
    /// Where the form posts to: `/invite/{token}`.
    pub action: String,
    /// Whose account; empty when the link is no longer good.
    pub login: String,
    /// How the person is called.
    pub name: String,
    /// Fewest characters of a password.
    pub password_min: u32,
    /// Why it failed, in a sentence.
    pub error: Option<String>,
    /// The link is used up or too old: only that is shown, and whom to ask.
    pub expired: bool,
}

/// A person's own settings. Language, theme and density are saved by `PATCH /api/me {"locale","theme","density","time_zone"}` and mirrored in
/// the cookies `fw_locale`, `fw_theme`, `fw_density`, which the server reads for people not signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// Shown name.
    pub name: String,
    /// Sign-in name.
    pub login: String,
    /// E-mail, if any.
    pub email: Option<String>,
    /// Department's title.
    pub department: Option<String>,
    /// Titles of roles.
    pub roles: Vec<String>,
    /// Chosen zone; empty: the company's.
    pub time_zone: String,
    /// Zones to choose from (IANA names).
    pub time_zones: Vec<String>,
    /// The company's zone.
    pub company_zone: String,
}

/// What opens a person's account: `/profile/security`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Security {
    /// Sign-in name.
    pub login: String,
    /// A role asks for a second factor, and until there is one nothing else can be opened.
    pub must_enrol: bool,
    /// The second factor (`GET·POST·DELETE /api/factor`).
    pub factor: SecondFactor,
    /// Fewest characters of a password.
    pub password_min: u32,
    /// Open sessions (`DELETE /api/sessions/{id}`, `DELETE /api/sessions` for all others).
    pub sessions: Vec<OpenSession>,
    /// Personal API tokens (`GET·POST·DELETE /api/tokens`).
    pub tokens: Vec<ApiToken>,
}

/// A person's second factor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecondFactor {
    /// It is in use.
    pub enabled: bool,
    /// Shown day since which it is.
    pub since: Option<String>,
    /// Unused recovery codes.
    pub recovery_codes: String,
    /// So few of them are left that new ones should be made.
    pub few: bool,
    /// A role asks for it: switched off, it would have to be set up again.
    pub required: bool,
}

/// A personal API token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ApiToken {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Shown day it was made.
    pub created: String,
    /// Shown day it ends; `None`: never.
    pub expires: Option<String>,
    /// Shown time of its last use; `None`: never used.
    pub last_used: Option<String>,
}

/// An open session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OpenSession {
    /// Its id.
    pub id: String,
    /// Browser and system, in words.
    pub agent: String,
    /// Address.
    pub address: String,
    /// Shown time of the last request.
    pub last_seen: String,
    /// It is this one.
    pub current: bool,
    /// It was opened, or proved since, with the second factor.
    pub second_factor: bool,
}
