//! The database as the rest of the program sees it: reads and writes, whatever is underneath.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::exec::{block_on, panic_text};
use crate::postgres::{self, PgOptions, Postgres};
use crate::sqlite::writer::Company;
use crate::sqlite::{self, Sqlite, SqliteOptions};
use crate::tx::{Back, Tx};

/// Whether the statements of a read must see the same state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapshot {
    /// Each statement sees what is committed when it begins.
    No,
    /// All see what was committed when the first began.
    Yes,
}

/// How often a transaction is run that has to give way to others.
const RUNS: usize = 6;

/// What is underneath.
pub(crate) enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Db(Arc<Backend>);

impl Db {
    /// Opens or creates the file. The folder must be there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Damaged`] when the file cannot be used.
    pub async fn open_sqlite(path: &Path, options: SqliteOptions) -> StoreResult<Db> {
        let path = path.to_owned();
        let opened = tokio::task::spawn_blocking(move || sqlite::open(&path, &options)).await;
        let sqlite = opened.map_err(|error| StoreError::Other(error.to_string()))??;
        Ok(Db(Arc::new(Backend::Sqlite(sqlite))))
    }

    /// Connects to `postgres://user:password@host/database`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no server, and what it answers.
    pub async fn open_postgres(url: &str, options: PgOptions) -> StoreResult<Db> {
        Ok(Db(Arc::new(Backend::Postgres(postgres::open(url, &options).await?))))
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.0
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        match &*self.0 {
            Backend::Sqlite(_) => Dialect::Sqlite,
            Backend::Postgres(_) => Dialect::Postgres,
        }
    }

    /// A handle for reading, for as long as it is held; dropping it gives the connection back. On SQLite the statements
    /// run on the calling thread and are done when they return, so it is meant for short reads: see [`Db::read_heavy`].
    ///
    /// # Errors
    /// [`StoreError::Busy`] when no connection comes free, [`StoreError::Closed`], [`StoreError::Unavailable`].
    pub async fn reader(&self, snapshot: Snapshot) -> StoreResult<Tx> {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.readers.begin(snapshot),
            Backend::Postgres(db) => postgres::reader(db, snapshot).await,
        }
    }

    /// Runs `read` with a handle as [`Db::reader`] gives it.
    ///
    /// # Errors
    /// As [`Db::reader`], and what `read` gives.
    pub async fn read<T, E, F>(&self, snapshot: Snapshot, read: F) -> Result<T, E>
    where
        T: Send,
        E: From<StoreError> + Send,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send,
    {
        let mut tx = self.reader(snapshot).await?;
        let result = read(&mut tx).await;
        end_read(tx).await;
        result
    }

    /// A long read (export, aggregate, verification) over one snapshot. On SQLite it runs on a thread of its own, with as
    /// many beside it as there are readers; it ends with [`StoreError::Timeout`] after `limit`, or when this future is
    /// dropped. On PostgreSQL `limit` holds for each statement.
    ///
    /// # Errors
    /// As [`Db::reader`], [`StoreError::Timeout`], [`StoreError::Panicked`], and what `read` gives.
    pub async fn read_heavy<T, E, F>(&self, limit: Duration, read: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        match &*self.0 {
            Backend::Sqlite(sqlite) => {
                let readers = Arc::clone(&sqlite.readers);
                let permit = Arc::clone(&readers.heavy).acquire_owned().await.map_err(|_| StoreError::Closed)?;
                let cancelled = Arc::new(AtomicBool::new(false));
                let guard = CancelOnDrop(Arc::clone(&cancelled));
                let done = tokio::task::spawn_blocking(move || {
                    let _permit = permit;
                    let mut tx = readers.begin(Snapshot::Yes)?;
                    if let Back::Reader(reader) = &tx.back {
                        reader.limit(limit, cancelled)?;
                    }
                    block_on(read(&mut tx))
                })
                .await;
                drop(guard);
                done.unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string()).into()))
            }
            Backend::Postgres(db) => {
                let mut tx = postgres::heavy_reader(db, limit).await?;
                let result = read(&mut tx).await;
                end_read(tx).await;
                result
            }
        }
    }

    /// Runs `write` in a transaction and commits it when it gives `Ok`. On SQLite it runs on the writing thread and goes
    /// on also when this future is dropped; on PostgreSQL dropping rolls back. Where PostgreSQL undid the transaction for the
    /// sake of others that it had locked itself up with, `write` is run again from its beginning, a few times; SQLite's
    /// transactions follow each other and never meet. Nothing else is tried twice.
    ///
    /// # Errors
    /// What `write` gives (then nothing of it is kept), what its statements or the commit give, [`StoreError::Busy`]
    /// when too many wait, [`StoreError::Victim`] when it had to give way each time, [`StoreError::Panicked`],
    /// [`StoreError::OutcomeUnknown`].
    pub async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Clone + Send + 'static,
    {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.writer.write(Company::Group, write).await,
            Backend::Postgres(db) => {
                let mut tx = postgres::writer(db).await?;
                for _ in 1..RUNS {
                    match run_postgres(tx, write.clone()).await {
                        (_, Ended::Victim) => tracing::debug!("a transaction gave way to others and is run again"),
                        (result, Ended::Otherwise) => return result,
                    }
                    tx = postgres::writer_again(db).await?;
                }
                run_postgres(tx, write).await.0
            }
        }
    }

    /// As [`Db::write`] for what cannot be run twice: what gave way is told to the caller.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_once<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.writer.write(Company::Group, write).await,
            Backend::Postgres(db) => run_postgres(postgres::writer(db).await?, write).await.0,
        }
    }

    /// As [`Db::write`] in a transaction that no other write shares, for publications and migrations: one at a time over
    /// all processes; on PostgreSQL it waits for locked tables two seconds at most.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_alone<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.writer.write(Company::Alone, write).await,
            Backend::Postgres(db) => run_postgres(postgres::writer_alone(db).await?, write).await.0,
        }
    }

    /// As [`Db::write_alone`], for changes that rebuild tables: on SQLite foreign keys are off (nothing cascades) and all
    /// of them are checked before the commit.
    ///
    /// # Errors
    /// As [`Db::write`]; [`StoreError::ForeignKey`] when a reference points nowhere at the end.
    pub async fn write_rebuild<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.writer.write(Company::Rebuild, write).await,
            Backend::Postgres(db) => run_postgres(postgres::writer_alone(db).await?, write).await.0,
        }
    }

    /// Says that the tables of records have changed, so that no connection uses what it prepared before.
    pub fn forget_statements(&self) {
        match &*self.0 {
            // SQLite sees it by itself
            Backend::Sqlite(_) => {}
            Backend::Postgres(db) => db.forget_statements(),
        }
    }

    /// Makes what was overwritten unreadable in the files themselves: SQLite's is written anew. PostgreSQL does so by itself in
    /// time, when it takes the room of dead rows.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while too much waits; what the database gives. Nothing else is changed.
    pub async fn forget_overwritten(&self) -> StoreResult<()> {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.writer.rewrite().await,
            Backend::Postgres(_) => Ok(()),
        }
    }

    /// Ends it: new reads and writes are refused, waiting writes finish, SQLite's log is moved into the file.
    ///
    /// # Errors
    /// What moving the log gives; everything committed is kept all the same.
    pub async fn close(&self) -> StoreResult<()> {
        match &*self.0 {
            Backend::Sqlite(sqlite) => {
                sqlite.readers.close();
                sqlite.writer.close().await
            }
            Backend::Postgres(db) => {
                db.pool.close().await;
                Ok(())
            }
        }
    }
}

/// Gives a reading handle back in good order; its outcome changes nothing any more.
async fn end_read(tx: Tx) {
    if let Back::Postgres(tx) = tx.back {
        let _ = tx.rollback().await;
    }
}

/// How a transaction ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Undone by the database for others' sake: the same again may succeed.
    Victim,
    Otherwise,
}

async fn run_postgres<T, E, F>(mut tx: Tx, write: F) -> (Result<T, E>, Ended)
where
    T: Send,
    E: From<StoreError> + Send,
    F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send,
{
    let outcome = AssertUnwindSafe(async { write(&mut tx).await }).catch_unwind().await;
    // what the transaction knows, whatever the closure made of it
    let ended = if tx.failure() == Some(&StoreError::Victim) { Ended::Victim } else { Ended::Otherwise };
    let (result, ended) = match outcome {
        // PostgreSQL would answer such a commit with a silent rollback.
        Ok(Ok(_)) if tx.failure().is_some() => (Err(StoreError::Aborted.into()), ended),
        Ok(result) => (result, ended),
        Err(panic) => (Err(StoreError::Panicked(panic_text(&*panic)).into()), Ended::Otherwise),
    };
    let Back::Postgres(tx) = tx.back else {
        return (Err(StoreError::Closed.into()), Ended::Otherwise);
    };
    match result {
        Ok(value) => match postgres::commit(tx).await {
            Ok(()) => (Ok(value), Ended::Otherwise),
            Err(StoreError::Victim) => (Err(StoreError::Victim.into()), Ended::Victim),
            Err(error) => (Err(error.into()), Ended::Otherwise),
        },
        Err(error) => {
            let _ = tx.rollback().await;
            (Err(error), ended)
        }
    }
}

struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
