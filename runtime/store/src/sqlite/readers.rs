//! The reading connections. A read takes one, uses it on its own thread and gives it back; nobody waits for one.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{open_reader, run};
use crate::db::Snapshot;
use crate::error::{StoreError, StoreResult};
use crate::tx::{Back, Tx};

/// Idle connections and what is needed to open more.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    keep: usize,
    closed: AtomicBool,
    /// Bounds the long reads, which hold a thread and a connection each.
    pub(crate) heavy: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, keep: usize) -> Readers {
        let keep = keep.max(1);
        Readers {
            path,
            idle: Mutex::new(Vec::new()),
            keep,
            closed: AtomicBool::new(false),
            heavy: Arc::new(Semaphore::new(keep)),
        }
    }

    /// A connection, which begins a transaction when one snapshot is wanted.
    pub(crate) fn begin(self: &Arc<Self>, snapshot: Snapshot) -> StoreResult<Tx> {
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        let idle = self.idle.lock().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => open_reader(&self.path)?,
        };
        let reader = Reader { conn: Some(conn), home: Arc::clone(self) };
        if snapshot == Snapshot::Yes {
            run::control(reader.conn()?, "BEGIN DEFERRED")?;
        }
        Ok(Tx::new(Back::Reader(reader), snapshot == Snapshot::Yes))
    }

    /// Closes the idle connections, and the others when they come back.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.heavy.close();
        self.idle.lock().clear();
    }
}

/// A borrowed connection; dropping it ends its transaction and gives it back.
pub(crate) struct Reader {
    conn: Option<Connection>,
    home: Arc<Readers>,
}

/// Virtual machine steps between two looks at the clock: some tens of microseconds.
const STEPS: std::ffi::c_int = 10_000;

impl Reader {
    pub(crate) fn conn(&self) -> StoreResult<&Connection> {
        self.conn.as_ref().ok_or(StoreError::Closed)
    }

    /// Ends any statement with [`StoreError::Timeout`] after `limit`, or when `cancelled`.
    pub(crate) fn limit(&self, limit: Duration, cancelled: Arc<AtomicBool>) -> StoreResult<()> {
        let start = Instant::now();
        let over = move || cancelled.load(Ordering::Relaxed) || start.elapsed() >= limit;
        self.conn()?.progress_handler(STEPS, Some(over))?;
        Ok(())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        if conn.progress_handler(0, None::<fn() -> bool>).is_err() {
            return;
        }
        if !conn.is_autocommit() && run::control(&conn, "ROLLBACK").is_err() {
            return;
        }
        let mut idle = self.home.idle.lock();
        if idle.len() < self.home.keep && !self.home.closed.load(Ordering::Acquire) {
            idle.push(conn);
        }
    }
}
