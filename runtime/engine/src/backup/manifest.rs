//! What a backup says of itself.

use super::BackupFault;
use formwright_store::dump::TableShape;
use formwright_store::tables;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of the manifest in the archive.
pub(super) const MANIFEST: &str = "manifest.json";
/// Name of the seal that the installation's key puts on the manifest.
pub(super) const MANIFEST_MAC: &str = "manifest.mac";
/// Name of the key file in an archive under a passphrase.
pub(super) const KEY: &str = "key";
/// Name of a SQLite database in the archive.
pub(super) const DATABASE: &str = "database.sqlite3";
/// Number of the archive's layout.
pub(super) const LAYOUT: u32 = 1;

/// The contents of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub layout: u32,
    /// Of the program that made it.
    pub version: String,
    /// RFC 3339, UTC.
    pub made_at: String,
    /// Number of the last migration of the database.
    pub schema: i64,
    /// The published revision.
    pub revision: i64,
    /// Name of the key without which passwords and sealed values are of no use.
    pub key_id: Option<String>,
    /// Where the file of that key lay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<String>,
    /// Place and hash of the last entry of the audit chain.
    pub audit_head: Option<AuditHead>,
    /// Rows by table.
    pub tables: BTreeMap<String, i64>,
    pub source: Source,
    pub parts: Vec<Part>,
}

/// The kind of database that was backed up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// In the archive as one file.
    Sqlite,
    /// Table by table, with what the tables are.
    Postgres(Vec<TableShape>),
}

impl Manifest {
    /// Whether this program can read it.
    pub(super) fn check_version(&self) -> Result<(), BackupFault> {
        if self.layout > LAYOUT || self.schema > tables::latest() {
            return Err(BackupFault::Newer { found: self.schema, known: tables::latest() });
        }
        Ok(())
    }
}

/// Name of the part with a table's rows.
pub(super) fn table_part(table: &str) -> String {
    format!("tables/{table}.copy")
}

/// Where the audit chain ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    pub chain: i64,
    /// In hexadecimal digits.
    pub hash: String,
}

/// One entry of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: String,
}

/// Whether an entry of an archive may be put on the disk under its name.
pub(super) fn is_place(name: &str) -> bool {
    let content = |hex: &str| {
        [32, 64].contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let table = |name: &str| {
        !name.is_empty() && name.len() < 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    name == DATABASE
        || name.strip_prefix("tables/").and_then(|n| n.strip_suffix(".copy")).is_some_and(table)
        || name.strip_prefix("files/").is_some_and(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_and_contents_have_a_place() {
        let hash = "0123456789abcdef".repeat(4);
        assert!(is_place(&table_part("d_f_01")) && !is_place("tables/../x.copy"));
        assert!(is_place(DATABASE) && is_place(&format!("files/{hash}")));
        assert!(is_place(&format!("files/{}", &hash[..32])) && !is_place(&format!("files/{}", &hash[..40])));
        for name in ["files/../x", "/etc/passwd", "files/ABC", "database.sqlite3/x", "", "files/"] {
            assert!(!is_place(name), "{name}");
        }
    }
}
