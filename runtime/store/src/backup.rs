//! Copying a SQLite database while it is written to, and looking a copy over.

use crate::error::{StoreError, StoreResult};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// What a database copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Rows by table; tables that only serve searching are left out.
    pub tables: BTreeMap<String, i64>,
    /// Names of the contents of all files that are not gone.
    pub files: Vec<Vec<u8>>,
    /// Number of the last migration.
    pub schema: i64,
    /// The published revision.
    pub revision: i64,
    /// Name of the key that the database belongs to.
    pub key_id: Option<String>,
    /// Place in the audit chain and hash of its last entry.
    pub audit_head: Option<(i64, Vec<u8>)>,
}

/// Copies the database as it is at one moment; what is committed meanwhile is not in it. Blocks the thread.
///
/// # Errors
/// [`StoreError::Busy`] where it stays locked, [`StoreError::Unavailable`], [`StoreError::Full`].
pub fn copy_sqlite(from: &Path, to: &Path) -> StoreResult<()> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let mut copy = Connection::open_with_flags(
        to,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    {
        let backup = Backup::new(&source, &mut copy)?;
        let mut tries = 0;
        // all pages in one step, under one read transaction
        loop {
            match backup.step(-1)? {
                StepResult::Done => break,
                _ if tries >= 100 => return Err(StoreError::Busy),
                _ => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
        }
    }
    // one file, without a log beside it
    let mode: String = copy.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("delete") {
        return Err(StoreError::Unavailable(format!("the copy keeps a log ({mode})")));
    }
    copy.close().map_err(|(_, error)| error)?;
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(|e| StoreError::Unavailable(e.to_string()))
}

/// Checks a copy through and counts what is in it. Blocks the thread.
///
/// # Errors
/// [`StoreError::Damaged`] with what is wrong first.
pub fn look_over(path: &Path) -> StoreResult<Contents> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let said: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        return Err(StoreError::Damaged(said));
    }
    let astray: Option<String> =
        db.prepare("PRAGMA foreign_key_check")?.query_map([], |row| row.get(0))?.next().transpose()?;
    if let Some(table) = astray {
        return Err(StoreError::Damaged(format!("a row of {table} refers to nothing")));
    }
    let names: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 's\\_%' ESCAPE '\\' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut tables = BTreeMap::new();
    for name in names {
        let quoted = name.replace('"', "\"\"");
        let count = db.query_row(&format!("SELECT count(*) FROM \"{quoted}\""), [], |row| row.get(0))?;
        tables.insert(name, count);
    }
    let files = db
        .prepare("SELECT DISTINCT sha256 FROM fw_files WHERE state <> 'gone' ORDER BY sha256")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let number = |key: &str| -> StoreResult<i64> {
        Ok(db.query_row("SELECT number FROM fw_meta WHERE key = ?1", [key], |row| row.get(0)).optional()?.unwrap_or(0))
    };
    let key_id =
        db.query_row("SELECT text FROM fw_meta WHERE key = 'key_id'", [], |row| row.get(0)).optional()?.flatten();
    let audit_head = db
        .query_row("SELECT chain, hash FROM fw_audit_head WHERE id = 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(Contents { files, schema: number("schema_version")?, revision: number("revision")?, key_id, audit_head, tables })
}
