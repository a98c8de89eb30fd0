//! The one thread that writes. Waiting writes share a transaction, each behind a savepoint of its own, so that the cost
//! of a commit (a wait for the disk) is shared too; nobody is told "done" before that commit.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::run::control;
use crate::error::{StoreError, StoreResult};
use crate::exec::{block_on, panic_text};
use crate::tx::{Back, Tx};

/// Writes that share one commit at most.
const GROUP: usize = 64;
/// Nobody joins a group that is older than this, so that the first of it does not wait for ever.
const GATHER: Duration = Duration::from_millis(20);
/// Waiting writes above which new ones are refused as busy.
const QUEUE: usize = 4096;

thread_local! {
    static ON_WRITER: Cell<bool> = const { Cell::new(false) };
}

/// How a write stands to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Company {
    /// Shares a commit with others.
    Group,
    /// Has a transaction of its own.
    Alone,
    /// The same with foreign keys off until they are checked before the commit: for rebuilding tables.
    Rebuild,
}

enum Message {
    Write(Box<dyn Job>),
    Rewrite(oneshot::Sender<StoreResult<()>>),
    Close(oneshot::Sender<StoreResult<()>>),
}

/// A closure waiting to be run, and the one who waits for it.
trait Job: Send {
    fn company(&self) -> Company;
    /// Runs the closure; false when it must be rolled back.
    fn run(&mut self, tx: &mut Tx) -> bool;
    /// Answers, when it is known how the commit went.
    fn finish(self: Box<Self>, commit: &StoreResult<()>);
}

struct Write<T, E, F> {
    company: Company,
    closure: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Write<T, E, F>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
{
    fn company(&self) -> Company {
        self.company
    }

    fn run(&mut self, tx: &mut Tx) -> bool {
        let Some(closure) = self.closure.take() else {
            return false;
        };
        tx.restart();
        let outcome = catch_unwind(AssertUnwindSafe(|| block_on(closure(tx))));
        let result = match outcome {
            Ok(Ok(_)) if tx.failure().is_some() => Err(StoreError::Aborted.into()),
            Ok(result) => result,
            Err(panic) => Err(StoreError::Panicked(panic_text(&*panic)).into()),
        };
        self.result.insert(result).is_ok()
    }

    fn finish(self: Box<Self>, commit: &StoreResult<()>) {
        let answer = match (self.result, commit) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(error)) => Err(error.clone().into()),
            (Some(done), Ok(())) => done,
            (None, Ok(())) => Err(StoreError::Closed.into()),
        };
        // Whoever asked may be gone; the write stands all the same.
        let _ = self.reply.send(answer);
    }
}

/// The way to the writing thread.
pub(crate) struct Writer {
    queue: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread, which owns `conn` from then on and ends when the writer is closed or dropped.
    pub(crate) fn start(conn: Connection) -> StoreResult<Writer> {
        let (queue, waiting) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                ON_WRITER.set(true);
                Loop { tx: Tx::new(Back::Writer(conn), true), waiting, next: None, group: GROUP }.run();
            })
            .map_err(|error| StoreError::Other(error.to_string()))?;
        Ok(Writer { queue, thread: Mutex::new(Some(thread)) })
    }

    /// Queues a closure and waits for its commit.
    pub(crate) async fn write<T, E, F>(&self, company: Company, closure: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        if ON_WRITER.get() {
            return Err(StoreError::Other("a write inside a write would wait for itself".into()).into());
        }
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Write { company, closure: Some(closure), result: None, reply });
        match self.queue.try_send(Message::Write(job)) {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into())),
            Err(TrySendError::Full(_)) => Err(StoreError::Busy.into()),
            Err(TrySendError::Disconnected(_)) => Err(StoreError::Closed.into()),
        }
    }

    /// Rewrites the file, so that nothing of what was overwritten is left in it.
    pub(crate) async fn rewrite(&self) -> StoreResult<()> {
        let (reply, answer) = oneshot::channel();
        match self.queue.try_send(Message::Rewrite(reply)) {
            Ok(()) => answer.await.unwrap_or(Err(StoreError::Closed)),
            Err(TrySendError::Full(_)) => Err(StoreError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(StoreError::Closed),
        }
    }

    /// Lets the waiting writes finish, moves the log into the file and ends the thread.
    pub(crate) async fn close(&self) -> StoreResult<()> {
        let (reply, answer) = oneshot::channel();
        let mut message = Message::Close(reply);
        loop {
            match self.queue.try_send(message) {
                Ok(()) => break,
                // A full queue empties; wait a moment for room.
                Err(TrySendError::Full(back)) => {
                    message = back;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(TrySendError::Disconnected(_)) => return Ok(()),
            }
        }
        let result = answer.await.unwrap_or(Ok(()));
        if let Some(thread) = self.thread.lock().take() {
            let _ = thread.join();
        }
        result
    }
}

struct Loop {
    tx: Tx,
    waiting: Receiver<Message>,
    /// Taken from the queue while gathering, but not for that group.
    next: Option<Message>,
    /// Writes that may share the next commit: one after a group was lost, so that what lost it (a write for which the
    /// disk has no room) takes no others along again; doubled by every commit up to [`GROUP`].
    group: usize,
}

impl Loop {
    fn run(mut self) {
        loop {
            let message = match self.next.take() {
                Some(message) => message,
                None => match self.waiting.recv() {
                    Ok(message) => message,
                    Err(_) => return,
                },
            };
            match message {
                Message::Close(reply) => {
                    let _ = reply.send(self.checkpoint());
                    return;
                }
                Message::Rewrite(reply) => {
                    let _ = reply.send(self.rewrite());
                }
                Message::Write(job) => match job.company() {
                    Company::Group => self.group(job),
                    company => self.alone(job, company),
                },
            }
        }
    }

    fn conn(&self) -> StoreResult<&Connection> {
        match &self.tx.back {
            Back::Writer(conn) => Ok(conn),
            _ => Err(StoreError::Closed),
        }
    }

    fn rewrite(&self) -> StoreResult<()> {
        self.conn()?.execute_batch("VACUUM")?;
        self.checkpoint()
    }

    fn checkpoint(&self) -> StoreResult<()> {
        let conn = self.conn()?;
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    fn control(&self, text: &'static str) -> StoreResult<()> {
        control(self.conn()?, text)
    }

    /// Whether a transaction is open. A full or failing disk makes SQLite roll back all of it by itself.
    fn open(&self) -> bool {
        self.conn().is_ok_and(|conn| !conn.is_autocommit())
    }

    fn group(&mut self, first: Box<dyn Job>) {
        if let Err(error) = self.control("BEGIN IMMEDIATE") {
            first.finish(&Err(error));
            return;
        }
        let begun = Instant::now();
        let mut done = Vec::new();
        let mut lost = None;
        let mut job = first;
        loop {
            lost = self.run_in_savepoint(&mut *job).err().or(lost);
            done.push(job);
            if lost.is_some() || done.len() >= self.group || begun.elapsed() >= GATHER {
                break;
            }
            match self.waiting.try_recv() {
                Ok(Message::Write(next)) if next.company() == Company::Group => job = next,
                Ok(other) => {
                    self.next = Some(other);
                    break;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        let commit = self.end(lost.map_or(Ok(()), Err));
        self.group = if commit.is_ok() { (self.group * 2).min(GROUP) } else { 1 };
        for job in done {
            finish(job, &commit);
        }
    }

    /// An error means that the whole transaction is lost, not only this job.
    fn run_in_savepoint(&mut self, job: &mut dyn Job) -> StoreResult<()> {
        self.control("SAVEPOINT one_write")?;
        let keep = job.run(&mut self.tx);
        if !self.open() {
            return Err(self.tx.failure().cloned().unwrap_or(StoreError::Aborted));
        }
        if !keep {
            self.control("ROLLBACK TO one_write")?;
        }
        self.control("RELEASE one_write")
    }

    fn alone(&mut self, mut job: Box<dyn Job>, company: Company) {
        let rebuild = company == Company::Rebuild;
        // Has no effect inside a transaction, so it stands before.
        let keys_off = if rebuild { self.control("PRAGMA foreign_keys = OFF") } else { Ok(()) };
        let commit = keys_off.and_then(|()| self.control("BEGIN IMMEDIATE")).and_then(|()| {
            let keep = job.run(&mut self.tx);
            let outcome = if !self.open() {
                Err(self.tx.failure().cloned().unwrap_or(StoreError::Aborted))
            } else if !keep {
                Err(StoreError::Aborted)
            } else if rebuild {
                self.check_keys()
            } else {
                Ok(())
            };
            self.end(outcome)
        });
        if rebuild && let Err(error) = self.control("PRAGMA foreign_keys = ON") {
            tracing::error!(%error, "foreign keys could not be turned on again");
        }
        finish(job, &commit);
    }

    fn check_keys(&self) -> StoreResult<()> {
        let mut statement = self.conn()?.prepare("PRAGMA foreign_key_check")?;
        if statement.exists([])? { Err(StoreError::ForeignKey) } else { Ok(()) }
    }

    /// Commits, or rolls back when `outcome` or the commit is an error.
    fn end(&mut self, outcome: StoreResult<()>) -> StoreResult<()> {
        let outcome = outcome.and_then(|()| self.control("COMMIT"));
        if outcome.is_err() && self.open() {
            self.control("ROLLBACK")?;
        }
        outcome
    }
}

/// Answers; a panic in somebody's destructor must not take the thread along.
fn finish(job: Box<dyn Job>, commit: &StoreResult<()>) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job.finish(commit))) {
        tracing::error!(panic = panic_text(&*panic), "an answer of a write panicked");
    }
}
