//! The whole installation as one file, and back.
//!
//! A backup is a zip archive: `database.sqlite3` as it was at one moment, the content of every file under `files/`, and
//! `manifest.json`, which says what is in it with the SHA-256 of each part. The key is not in it: it is kept elsewhere, and
//! its name stands in the manifest. What was written is read again before it counts as made; a restore reads everything
//! before it puts anything in place.

mod manifest;
mod restore;
mod write;

pub use manifest::{Manifest, Part};
pub use restore::{restore, verify};
pub use write::backup;

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
    /// Only databases in a file are copied; PostgreSQL has its own tools for it.
    #[error("backups of PostgreSQL are not offered yet: use pg_dump for the database and copy the folder {0}")]
    Postgres(String),
    #[error("{0} is there already")]
    Exists(String),
    #[error("{0} is not empty: a backup is restored into an empty data folder")]
    NotEmpty(String),
    #[error("{0} is no backup, or a damaged one")]
    NoBackup(String),
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    #[error("the backup was made by a newer version (schema {found}, this program knows {known})")]
    Newer { found: i64, known: i64 },
    #[error("the backup belongs to the key {wanted}, but the key file holds {found}")]
    OtherKey { wanted: String, found: String },
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    #[error("{0}")]
    Store(#[from] formwright_store::StoreError),
    #[error("{0}")]
    Engine(#[from] crate::EngineError),
}
