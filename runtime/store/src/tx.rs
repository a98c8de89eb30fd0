//! A transaction (or a read) in progress: the one handle through which statements run, on either database.

use futures_util::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::{Postgres, Transaction};

use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::row::{EachRow, Row, Rows};
use crate::sql::{Sql, SqlBuilder};
use crate::sqlite::readers::Reader;
use crate::{postgres, sqlite};

/// Where the statements go.
pub(crate) enum Back {
    /// The writer's own connection, inside a transaction.
    Writer(rusqlite::Connection),
    /// A read-only connection, given back when dropped.
    Reader(Reader),
    /// A transaction; rolled back when dropped.
    Postgres(Transaction<'static, Postgres>),
    /// A connection without a transaction.
    PostgresPlain(PoolConnection<Postgres>),
}

/// A transaction in progress. After a statement has failed, every further one fails with [`StoreError::Aborted`] until
/// [`Tx::rollback_to`] (PostgreSQL is like that, so SQLite is made to be), and the transaction will not commit.
pub struct Tx {
    pub(crate) back: Back,
    /// Whether several statements hang together: then a failed one spoils the rest.
    transactional: bool,
    failure: Option<StoreError>,
    depth: i64,
    /// Of the tables, on PostgreSQL: see [`postgres::query`].
    edition: u64,
}

/// A point to which a transaction can be rolled back.
#[derive(Debug)]
#[must_use = "release the savepoint or roll back to it"]
pub struct Savepoint(i64);

impl Tx {
    pub(crate) fn new(back: Back, transactional: bool) -> Tx {
        Tx { back, transactional, failure: None, depth: 0, edition: 0 }
    }

    pub(crate) fn of_edition(self, edition: u64) -> Tx {
        Tx { edition, ..self }
    }

    /// The database it speaks to.
    pub fn dialect(&self) -> Dialect {
        match self.back {
            Back::Writer(_) | Back::Reader(_) => Dialect::Sqlite,
            Back::Postgres(_) | Back::PostgresPlain(_) => Dialect::Postgres,
        }
    }

    /// An empty statement for this database.
    pub fn sql(&self) -> SqlBuilder {
        self.dialect().sql()
    }

    /// Makes it ready for the next closure of a group.
    pub(crate) fn restart(&mut self) {
        self.failure = None;
        self.depth = 0;
    }

    pub(crate) fn failure(&self) -> Option<&StoreError> {
        self.failure.as_ref()
    }

    fn ready(&self) -> StoreResult<()> {
        if self.failure.is_some() { Err(StoreError::Aborted) } else { Ok(()) }
    }

    fn note<T>(&mut self, result: StoreResult<T>) -> StoreResult<T> {
        if self.transactional
            && let Err(error) = &result
        {
            self.failure = Some(error.clone());
        }
        result
    }

    /// Runs a statement that gives no rows; the number of rows it changed.
    ///
    /// # Errors
    /// Any of [`StoreError`]; in a read always.
    pub async fn execute(&mut self, sql: &Sql) -> StoreResult<u64> {
        self.ready()?;
        let result = match &mut self.back {
            Back::Writer(conn) => sqlite::run::execute(conn, sql),
            Back::Reader(_) | Back::PostgresPlain(_) => Err(StoreError::Other("a read cannot write".into())),
            Back::Postgres(conn) => postgres::execute(conn, sql, self.edition).await,
        };
        self.note(result)
    }

    /// Runs statements without values one after the other; on PostgreSQL in one message, which is what makes a publication
    /// of hundreds of tables quick.
    ///
    /// # Errors
    /// Any of [`StoreError`]; [`StoreError::Other`] for a statement with values, and in a read.
    pub(crate) async fn execute_all(&mut self, statements: &[Sql]) -> StoreResult<()> {
        self.ready()?;
        if statements.iter().any(|sql| !sql.args.is_empty()) {
            return Err(StoreError::Other("a statement of a batch has values".into()));
        }
        let result = match &mut self.back {
            Back::Writer(conn) => statements.iter().try_for_each(|sql| sqlite::run::execute(conn, sql).map(|_| ())),
            Back::Reader(_) | Back::PostgresPlain(_) => Err(StoreError::Other("a read cannot write".into())),
            Back::Postgres(conn) => postgres::batch(conn, statements).await,
        };
        self.note(result)
    }

    /// Hands each row to `each`, one after the other, without keeping them; an error from `each` ends it.
    ///
    /// # Errors
    /// Any of [`StoreError`], and what `each` gave.
    pub async fn each<F>(&mut self, sql: &Sql, mut each: F) -> StoreResult<()>
    where
        F: FnMut(&Row<'_>) -> StoreResult<()> + Send,
    {
        self.rows(sql, Rows::All, &mut each).await
    }

    /// The first row through `read`, or nothing when there is no row.
    ///
    /// # Errors
    /// Any of [`StoreError`], and what `read` gave.
    pub async fn optional<T, F>(&mut self, sql: &Sql, read: F) -> StoreResult<Option<T>>
    where
        T: Send,
        F: FnOnce(&Row<'_>) -> StoreResult<T> + Send,
    {
        let (mut read, mut found) = (Some(read), None);
        self.rows(sql, Rows::First, &mut |row| {
            if let Some(read) = read.take() {
                found = Some(read(row)?);
            }
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// What both databases do for every read: compiled once, whatever is made of the rows.
    async fn rows(&mut self, sql: &Sql, rows: Rows, each: &mut EachRow<'_>) -> StoreResult<()> {
        self.ready()?;
        let result = match &mut self.back {
            Back::Writer(conn) => sqlite::run::rows(conn, sql, rows, each),
            Back::Reader(reader) => reader.conn().and_then(|conn| sqlite::run::rows(conn, sql, rows, each)),
            Back::Postgres(conn) => postgres_rows(conn, sql, self.edition, rows, each).await,
            Back::PostgresPlain(conn) => postgres_rows(conn, sql, self.edition, rows, each).await,
        };
        // The outer result is the statement's, the inner one the closure's, which spoils no transaction.
        self.note(result)?
    }

    /// The first row through `read`.
    ///
    /// # Errors
    /// [`StoreError::NoRow`] when there is none, and as [`Tx::optional`].
    pub async fn one<T, F>(&mut self, sql: &Sql, read: F) -> StoreResult<T>
    where
        T: Send,
        F: FnOnce(&Row<'_>) -> StoreResult<T> + Send,
    {
        self.optional(sql, read).await?.ok_or(StoreError::NoRow)
    }

    /// All rows through `read`, in a list: for answers that are known to be short.
    ///
    /// # Errors
    /// As [`Tx::each`].
    pub async fn all<T, F>(&mut self, sql: &Sql, mut read: F) -> StoreResult<Vec<T>>
    where
        T: Send,
        F: FnMut(&Row<'_>) -> StoreResult<T> + Send,
    {
        let mut rows = Vec::new();
        self.each(sql, |row| {
            rows.push(read(row)?);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    /// Runs statements that stand in this crate's source, separated by semicolons.
    ///
    /// # Errors
    /// Any of [`StoreError`].
    #[allow(dead_code, reason = "for migrations that need more than tables declared as data")]
    pub(crate) async fn execute_script(&mut self, script: &'static str) -> StoreResult<()> {
        self.ready()?;
        let result = match &mut self.back {
            Back::Writer(conn) => conn.execute_batch(script).map_err(StoreError::from),
            Back::Reader(_) | Back::PostgresPlain(_) => Err(StoreError::Other("a read cannot write".into())),
            Back::Postgres(conn) => postgres::script(conn, script).await,
        };
        self.note(result)
    }

    /// Marks a point for [`Tx::rollback_to`]: for an attempt that may fail without spoiling the rest.
    ///
    /// # Errors
    /// Any of [`StoreError`].
    pub async fn savepoint(&mut self) -> StoreResult<Savepoint> {
        let depth = self.depth + 1;
        let mut sql = self.sql();
        sql.push("SAVEPOINT s").int(depth);
        self.execute(&sql.build()).await?;
        self.depth = depth;
        Ok(Savepoint(depth))
    }

    /// Keeps what was done since the savepoint and forgets the point (and those made after it).
    ///
    /// # Errors
    /// Any of [`StoreError`].
    pub async fn release(&mut self, savepoint: Savepoint) -> StoreResult<()> {
        let mut sql = self.sql();
        sql.push("RELEASE SAVEPOINT s").int(savepoint.0);
        self.execute(&sql.build()).await?;
        self.depth = savepoint.0 - 1;
        Ok(())
    }

    /// Undoes what was done since the savepoint, failed statements included, and forgets the point.
    ///
    /// # Errors
    /// Any of [`StoreError`]; then the whole transaction is lost (a full disk does that on SQLite).
    pub async fn rollback_to(&mut self, savepoint: Savepoint) -> StoreResult<()> {
        self.failure = None;
        let mut sql = self.sql();
        sql.push("ROLLBACK TO SAVEPOINT s").int(savepoint.0);
        self.execute(&sql.build()).await?;
        self.release(savepoint).await
    }
}

async fn postgres_rows(
    conn: &mut PgConnection,
    sql: &Sql,
    edition: u64,
    wanted: Rows,
    each: &mut EachRow<'_>,
) -> StoreResult<StoreResult<()>> {
    let query = postgres::query(sql, edition)?;
    if wanted == Rows::First {
        return match query.fetch_optional(&mut *conn).await {
            Ok(Some(row)) => Ok(each(&Row::postgres(&row))),
            Ok(None) => Ok(Ok(())),
            Err(error) => Err(postgres::failed(conn, error).await),
        };
    }
    let mut rows = query.fetch(&mut *conn);
    loop {
        match rows.try_next().await {
            Ok(Some(row)) => {
                if let Err(error) = each(&Row::postgres(&row)) {
                    return Ok(Err(error));
                }
            }
            Ok(None) => return Ok(Ok(())),
            Err(error) => {
                drop(rows);
                return Err(postgres::failed(conn, error).await);
            }
        }
    }
}
