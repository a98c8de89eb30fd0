//! Who asks, how, in which language, and when.

use crate::Engine;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use formwright_core::catalog::Catalog;
use formwright_core::query::Person;
use formwright_core::text::Locale;
use formwright_core::time::Clock;
use std::sync::Arc;
use uuid::Uuid;

/// How a person came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// A browser session; the hash of its id.
    Session([u8; 32]),
    /// A personal token, by its id, with its scopes (empty: all).
    Token { id: Uuid, scopes: Vec<String> },
    /// The command line, with the operating system's user.
    CommandLine(String),
}

/// A signed-in person with everything that decides what he may do. Built per request from the database; his roles are
/// expanded by inheritance and sorted.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Id, login, department, departments, manager, roles.
    pub person: Person,
    pub name: String,
    pub locale: Option<Locale>,
    pub time_zone: Option<Tz>,
    /// Holds the built-in administrator role.
    pub admin: bool,
    /// System rights of his roles.
    pub rights: Vec<String>,
    /// Apps he may design.
    pub designs: Vec<String>,
    /// A role of his asks for a second factor and he has none yet: he may set one up, and nothing else.
    pub must_enrol: bool,
    pub via: Via,
    /// Real person behind a "view as".
    pub acting: Option<Uuid>,
}

impl Principal {
    pub fn has_right(&self, right: &str) -> bool {
        self.admin || self.rights.iter().any(|r| r == right)
    }

    pub fn designs(&self, app: &str) -> bool {
        self.admin || self.designs.iter().any(|a| a == app)
    }
}

/// By whose authority something happens.
#[derive(Clone, Debug)]
pub enum Authority {
    Person(Arc<Principal>),
    /// The installation's own work, with its reason, which stands in the audit log.
    System(&'static str),
}

/// What every call carries.
#[derive(Clone)]
pub struct Context {
    pub engine: Engine,
    pub catalog: Arc<Catalog>,
    pub authority: Authority,
    pub locale: Locale,
    pub now: DateTime<Utc>,
    /// The company's zone: days and windows are days of this zone.
    pub zone: Tz,
    pub request: Arc<str>,
    /// Address of the client.
    pub address: Option<std::net::IpAddr>,
}

impl Context {
    pub fn clock(&self) -> Clock {
        Clock { now: self.now, zone: self.zone }
    }

    pub fn principal(&self) -> Option<&Arc<Principal>> {
        match &self.authority {
            Authority::Person(p) => Some(p),
            Authority::System(_) => None,
        }
    }

    /// The id that stands as the author of what is written: the person's, or nobody's for system work.
    pub fn author(&self) -> Uuid {
        self.principal().map_or(Uuid::nil(), |p| p.person.id)
    }

    /// System work on behalf of nobody.
    pub fn system(engine: &Engine, reason: &'static str) -> Context {
        Context {
            engine: engine.clone(),
            catalog: engine.catalog(),
            authority: Authority::System(reason),
            locale: Locale::En,
            now: engine.now(),
            zone: engine.company(&engine.catalog()).zone,
            request: Arc::from("system"),
            address: None,
        }
    }
}
