//! What a backup says of itself.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of the manifest in the archive.
pub(super) const MANIFEST: &str = "manifest.json";
/// Name of the database in the archive.
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
    /// Place and hash of the last entry of the audit chain.
    pub audit_head: Option<AuditHead>,
    /// Rows by table.
    pub tables: BTreeMap<String, i64>,
    pub parts: Vec<Part>,
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
    let content = |hex: &str| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    name == DATABASE || name.strip_prefix("files/").is_some_and(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_and_contents_have_a_place() {
        let hash = "0123456789abcdef".repeat(4);
        assert!(is_place(DATABASE) && is_place(&format!("files/{hash}")));
        for name in ["files/../x", "/etc/passwd", "files/ABC", "database.sqlite3/x", "", "files/"] {
            assert!(!is_place(name), "{name}");
        }
    }
}
