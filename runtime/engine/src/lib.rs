//! What happens: records, accounts, publications, files, imports and exports. No HTTP, no SQL.
//!
//! Every call carries a [`Context`]: who asks, in which language, at what time, against which catalogue. System work names its
//! reason. [`Engine`] is the whole of an installation's running parts and is cheap to clone.

pub mod access;
pub mod accounts;
pub mod answers;
pub mod apps;
pub mod audit;
pub mod backup;
pub mod calendars;
pub mod company;
mod completion;
pub mod context;
pub mod duplicates;
pub mod error;
pub mod events;
pub mod exchange;
pub mod files;
pub mod guard;
pub mod jobs;
pub mod keys;
pub mod layouts;
pub mod notifications;
mod off_terms;
pub mod organisation;
pub mod publish;
pub mod rates;
pub mod records;
pub mod rotation;
mod safe;
mod sealing;
pub mod secrets;
mod seen_view;
pub mod serials;
pub mod settings;
mod start;
pub mod vault;
mod view_sharing;
mod views;

pub use context::{Authority, Context, Principal, Via};
pub use error::{EngineError, EngineResult, Refusal};

use arc_swap::ArcSwap;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use formwright_core::catalog::Catalog;
use formwright_store::Db;
use keys::Keys;
use std::path::PathBuf;
use std::sync::Arc;

/// What an installation's operator may set, already checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where files, keys and (on SQLite) the database live.
    pub data: PathBuf,
    /// The address under which people reach the installation, without a slash at its end.
    pub base_url: Option<String>,
    pub password_min: usize,
    pub session_idle: chrono::Duration,
    pub session_absolute: chrono::Duration,
    /// Bytes.
    pub files_max_size: u64,
    /// Whether the contents of files lie encrypted.
    pub files_encrypt: bool,
    /// Bytes of a file of rows that is imported.
    pub imports_max_size: u64,
    /// How long backups are kept: no key that a younger one needs is pruned.
    pub backups_kept: TimeDelta,
    /// Days and windows are those of this zone until the system app's settings say otherwise.
    pub time_zone: Tz,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            data: PathBuf::from("data"),
            base_url: None,
            password_min: 12,
            session_idle: chrono::Duration::hours(12),
            session_absolute: chrono::Duration::days(7),
            files_max_size: 200 << 20,
            files_encrypt: true,
            // 200,000 rows, the most that an import reads, of 300 bytes
            imports_max_size: 64 << 20,
            backups_kept: TimeDelta::days(90),
            time_zone: chrono_tz::Asia::Shanghai,
        }
    }
}

/// The running parts of an installation.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    db: Db,
    settings: Settings,
    catalog: ArcSwap<Catalog>,
    clock: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    keys: Keys,
    accounts: accounts::Accounts,
    guards: guard::Guards,
    layouts: layouts::Layouts,
    vault: vault::Vault,
    jobs: jobs::Jobs,
    duplicates: duplicates::Duplicates,
    company: company::Known,
    hub: events::Hub,
}

/// What an engine is put together from.
pub struct Parts {
    /// Open, with its system tables made.
    pub db: Db,
    pub settings: Settings,
    /// What is published.
    pub catalog: Catalog,
    pub keys: Keys,
    pub clock: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}

impl From<Parts> for Engine {
    fn from(parts: Parts) -> Engine {
        Engine(Arc::new(Inner {
            db: parts.db,
            settings: parts.settings,
            catalog: ArcSwap::from_pointee(parts.catalog),
            clock: parts.clock,
            keys: parts.keys,
            accounts: accounts::Accounts::new(),
            guards: guard::Guards::default(),
            layouts: layouts::Layouts::default(),
            vault: vault::Vault::default(),
            jobs: jobs::Jobs::default(),
            duplicates: duplicates::Duplicates::default(),
            company: company::Known::default(),
            hub: events::Hub::default(),
        }))
    }
}

impl Engine {
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The catalogue now published. A request takes it once and keeps it.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.0.catalog.load_full()
    }

    /// The installation's keys.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// The keys of encrypted fields.
    pub fn vault(&self) -> &vault::Vault {
        &self.0.vault
    }

    /// What is remembered about people between requests.
    pub fn accounts(&self) -> &accounts::Accounts {
        &self.0.accounts
    }

    /// The guard of a catalogue.
    pub fn guard(&self, catalog: &Arc<Catalog>) -> Arc<guard::Guard> {
        self.0.guards.of(catalog)
    }

    /// Where the records of a catalogue live.
    ///
    /// # Errors
    /// Where a definition has no id, or an encrypted field no key, which no published one lacks.
    pub fn layout(&self, catalog: &Arc<Catalog>) -> EngineResult<Arc<formwright_store::layout::Layout>> {
        self.0.layouts.of(catalog, &self.0.vault)
    }

    /// What the company has set, by this catalogue and the organisation as last looked at: inside a request the request's own.
    pub fn company(&self, catalog: &Arc<Catalog>) -> Arc<company::Company> {
        self.0.company.of(self, catalog)
    }

    /// The time, as the installation's clock has it, in the microseconds that both databases keep: what is answered at once is
    /// what is read later.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0.clock)().trunc_subsecs(6)
    }
}
