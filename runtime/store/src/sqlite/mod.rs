//! SQLite: one thread that writes, and connections that read on the thread of whoever asks.

mod functions;
pub(crate) mod readers;
pub(crate) mod run;
pub(crate) mod writer;

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use crate::error::{StoreError, StoreResult};
use readers::Readers;
use writer::Writer;

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A power failure: every commit waits for the disk.
    Full,
    /// The end of the process. A power failure may undo the last commits, never damage the file.
    Normal,
}

/// How to open a SQLite database.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// See [`Durability`].
    pub durability: Durability,
    /// Reading connections kept open between reads; more are opened while they are needed.
    pub readers: usize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        SqliteOptions { durability: Durability::Full, readers: 4 }
    }
}

/// An open database file.
pub(crate) struct Sqlite {
    pub(crate) writer: Writer,
    pub(crate) readers: Arc<Readers>,
}

/// Settings of every connection. A schema from elsewhere is not trusted to call functions; a quarter of a gigabyte of
/// the file may be mapped for reading, which spares copying its pages.
const SHARED: &str = "PRAGMA trusted_schema = OFF; PRAGMA busy_timeout = 5000; PRAGMA mmap_size = 268435456;";

pub(crate) fn open(path: &Path, options: &SqliteOptions) -> StoreResult<Sqlite> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.execute_batch(SHARED)?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Unavailable(format!("write-ahead log refused, journal mode is {mode}")));
    }
    conn.execute_batch(match options.durability {
        Durability::Full => "PRAGMA synchronous = FULL",
        Durability::Normal => "PRAGMA synchronous = NORMAL",
    })?;
    conn.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA cache_size = -32000; PRAGMA wal_autocheckpoint = 2000; \
         PRAGMA journal_size_limit = 67108864;",
    )?;
    functions::register(&conn)?;
    conn.set_prepared_statement_cache_capacity(512);
    let readers = Arc::new(Readers::new(path.to_owned(), options.readers));
    Ok(Sqlite { writer: Writer::start(conn)?, readers })
}

/// A connection that cannot write.
fn open_reader(path: &Path) -> StoreResult<Connection> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.execute_batch(SHARED)?;
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -8000;")?;
    functions::register(&conn)?;
    conn.set_prepared_statement_cache_capacity(256);
    Ok(conn)
}
