//! The whole installation as one file, and back.
//!
//! A backup is a zip archive of the installation at one moment: on SQLite `database.sqlite3`, on PostgreSQL the rows of every
//! table under `tables/` as COPY writes them; the content of every file under `files/`; and `manifest.json`, which says what is
//! in it with the SHA-256 of each part and is sealed by the installation's key (`manifest.mac`). The key is not in it: it is
//! kept elsewhere, and its name and the place of its file stand in the manifest. With a passphrase the whole archive is encrypted, and
//! the key file lies in it (`key`). What was written is
//! read again before it counts as made; a restore reads everything before it puts anything in place.

mod archive;
mod key;
mod manifest;
mod restore;
mod sealed;
mod write;

pub use key::{WantedKey, is_key_of, wanted_key};
pub use manifest::{Manifest, Part, Source};
pub use restore::{Target, restore, verify};
pub use write::backup;

use std::path::PathBuf;

/// A backup's file.
#[derive(Clone)]
pub struct Archive {
    pub path: PathBuf,
    /// Under which it is encrypted.
    pub passphrase: Option<String>,
}

/// What was written or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Bytes of the archive.
    pub bytes: u64,
    pub tables: usize,
    /// Rows of all tables.
    pub rows: i64,
    /// Contents of files.
    pub files: usize,
    pub manifest: Manifest,
}

/// Why there is no backup, or why one cannot be taken back. For whoever sits at the command line.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    #[error("{0} is there already")]
    Exists(String),
    #[error("{0} is not empty: a backup is restored into an empty place, or say --replace")]
    NotEmpty(String),
    #[error("{0} is no backup, or a damaged one")]
    NoBackup(String),
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    #[error("the backup was made by a newer version (schema {found}, this program knows {known})")]
    Newer { found: i64, known: i64 },
    #[error("the backup belongs to the key {wanted}, but the key file holds {found}")]
    OtherKey { wanted: String, found: String },
    #[error(
        "the backup is of {0}, the installation is on {1}: a backup goes back to the kind of database it came from"
    )]
    OtherDatabase(&'static str, &'static str),
    #[error("a server is connected to the database: stop it first")]
    InUse,
    #[error("the backup is encrypted: its passphrase is wanted")]
    PassphraseWanted,
    #[error("the passphrase is wrong, or the backup is damaged")]
    WrongPassphrase,
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    #[error("{0}")]
    Store(#[from] formwright_store::StoreError),
    #[error("{0}")]
    Engine(#[from] crate::EngineError),
}
