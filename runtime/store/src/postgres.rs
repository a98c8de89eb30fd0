//! PostgreSQL: the pool, its settings, and running one statement. The only place that vouches for SQL text to the driver.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Transaction};

use crate::db::Snapshot;
use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::sql::{Sql, SqlBuilder};
use crate::tx::{Back, Tx};
use crate::value::bind_postgres;

/// The pool, and how often tables were changed since it was opened.
pub(crate) struct Postgres {
    pub(crate) pool: PgPool,
    edition: AtomicU64,
}

impl Postgres {
    /// Tables have changed: from now on statements are prepared anew, on every connection. What was prepared before would
    /// be refused ("cached plan must not change result type").
    pub(crate) fn forget_statements(&self) {
        self.edition.fetch_add(1, Ordering::Release);
    }

    fn tx(&self, back: Back, transactional: bool) -> Tx {
        Tx::new(back, transactional).of_edition(self.edition.load(Ordering::Acquire))
    }
}

/// How to connect to PostgreSQL.
#[derive(Debug, Clone)]
pub struct PgOptions {
    /// Connections of this process.
    pub max_connections: u32,
}

impl Default for PgOptions {
    fn default() -> Self {
        PgOptions { max_connections: 16 }
    }
}

/// Key of the advisory lock that publications and migrations hold until they commit.
pub(crate) const ALONE_LOCK: i64 = 0x666f_726d_7772_6901;

/// Key of the advisory lock that a transaction holds which is run again.
const AGAIN_LOCK: i64 = 0x666f_726d_7772_6903;
/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Settings of each connection. Statements are bounded in time, so that no mistake holds a row for ever.
const SESSION: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '5min'; SET TimeZone = 'UTC'; SET client_min_messages = 'warning'; \
     SET standard_conforming_strings = on";

pub(crate) async fn open(url: &str, options: &PgOptions) -> StoreResult<Postgres> {
    let connect = PgConnectOptions::from_str(url)?
        .application_name("formwright")
        .statement_cache_capacity(256)
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(options.max_connections.max(2))
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .after_connect(|conn, _| {
            Box::pin(async move {
                conn.execute(SESSION).await?;
                Ok(())
            })
        })
        // A connection that rested may have died with a restart of the server; asking costs a round trip, so only then.
        .before_acquire(|conn, meta| {
            Box::pin(async move { Ok(meta.idle_for < Duration::from_secs(1) || conn.ping().await.is_ok()) })
        })
        .connect_with(connect.clone())
        .await;
    let pool = match pool {
        // it waited for a server that may just be starting; what was in the way says one more try
        Err(sqlx::Error::PoolTimedOut) => return Err(why_unreachable(&connect).await),
        pool => pool?,
    };
    warn_of_unsafe_settings(&pool).await?;
    Ok(Postgres { pool, edition: AtomicU64::new(0) })
}

/// Why no connection came about.
async fn why_unreachable(connect: &PgConnectOptions) -> StoreError {
    let place = format!("{}:{}", connect.get_host(), connect.get_port());
    match tokio::time::timeout(PATIENCE, connect.connect()).await {
        Ok(Ok(_)) => StoreError::Busy,
        Ok(Err(sqlx::Error::Io(error))) => StoreError::Unavailable(format!("{place}: {error}")),
        Ok(Err(error)) => error.into(),
        Err(_) => StoreError::Unavailable(format!("{place}: no answer")),
    }
}

/// A write is acknowledged when the server says committed; these settings make that a promise of the disk too.
async fn warn_of_unsafe_settings(pool: &PgPool) -> StoreResult<()> {
    let off: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'",
    )
    .fetch_all(pool)
    .await?;
    for setting in off {
        tracing::warn!(setting, "PostgreSQL may lose acknowledged writes at a power failure");
    }
    Ok(())
}

pub(crate) async fn reader(db: &Postgres, snapshot: Snapshot) -> StoreResult<Tx> {
    match snapshot {
        Snapshot::No => Ok(db.tx(Back::PostgresPlain(db.pool.acquire().await?), false)),
        Snapshot::Yes => {
            let tx = db.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            Ok(db.tx(Back::Postgres(tx), true))
        }
    }
}

/// A read whose statements may each take up to `limit`.
pub(crate) async fn heavy_reader(db: &Postgres, limit: Duration) -> StoreResult<Tx> {
    let mut tx = db.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let mut sql = SqlBuilder::new(Dialect::Postgres);
    sql.push("SET LOCAL statement_timeout = ").int(i64::try_from(limit.as_millis()).unwrap_or(i64::MAX).max(1));
    execute(&mut tx, &sql.build().once(), 0).await?;
    Ok(db.tx(Back::Postgres(tx), true))
}

pub(crate) async fn writer(db: &Postgres) -> StoreResult<Tx> {
    Ok(db.tx(Back::Postgres(db.pool.begin().await?), true))
}

/// A transaction for what gave way before. Those run one after the other, so that they do not lock each other up again.
pub(crate) async fn writer_again(db: &Postgres) -> StoreResult<Tx> {
    let mut tx = db.pool.begin().await?;
    lock(&mut tx, AGAIN_LOCK).await?;
    Ok(db.tx(Back::Postgres(tx), true))
}

async fn lock(conn: &mut PgConnection, key: i64) -> StoreResult<()> {
    let mut sql = SqlBuilder::new(Dialect::Postgres);
    sql.push("SELECT pg_advisory_xact_lock(").int(key).push(")");
    execute(conn, &sql.build(), 0).await.map(|_| ())
}

/// A transaction that waits for no other publication's end in front of everyone else: the advisory lock first, then
/// table locks for two seconds at most.
pub(crate) async fn writer_alone(db: &Postgres) -> StoreResult<Tx> {
    let mut tx = db.pool.begin().await?;
    lock(&mut tx, ALONE_LOCK).await?;
    script(&mut tx, "SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = 0").await?;
    Ok(db.tx(Back::Postgres(tx), true))
}

/// Commits; a connection lost on the way leaves the outcome unknown, and says so.
pub(crate) async fn commit(tx: Transaction<'static, sqlx::Postgres>) -> StoreResult<()> {
    tx.commit().await.map_err(|error| match StoreError::from(error) {
        StoreError::Unavailable(_) => StoreError::OutcomeUnknown,
        other => other,
    })
}

/// The statement with its values. A connection keeps what it has prepared by its text; the edition stands in it, so that
/// nothing prepared for tables as they were is used on tables as they are.
pub(crate) fn query(sql: &Sql, edition: u64) -> StoreResult<Query<'static, sqlx::Postgres, PgArguments>> {
    let mut args = PgArguments::default();
    for value in &sql.args {
        bind_postgres(&mut args, value)?;
    }
    let mut text = sql.text.clone();
    if edition > 0 && !sql.once {
        text.push_str(" /* ");
        text.push_str(itoa::Buffer::new().format(edition));
        text.push_str(" */");
    }
    Ok(sqlx::query_with(AssertSqlSafe(text), args).persistent(!sql.once))
}

pub(crate) async fn execute(conn: &mut PgConnection, sql: &Sql, edition: u64) -> StoreResult<u64> {
    let query = query(sql, edition)?;
    match query.execute(&mut *conn).await {
        Ok(done) => Ok(done.rows_affected()),
        Err(error) => Err(failed(conn, error).await),
    }
}

pub(crate) async fn script(conn: &mut PgConnection, script: &'static str) -> StoreResult<()> {
    conn.execute(script).await.map(|_| ()).map_err(StoreError::from)
}

/// Runs statements without values in one message.
pub(crate) async fn batch(conn: &mut PgConnection, statements: &[Sql]) -> StoreResult<()> {
    let texts: Vec<&str> = statements.iter().map(|sql| sql.text.as_str()).collect();
    match sqlx::raw_sql(AssertSqlSafe(texts.join(";\n"))).execute(&mut *conn).await {
        Ok(_) => Ok(()),
        Err(error) => Err(failed(conn, error).await),
    }
}

/// The error of a statement. Where a publication has changed a table under a prepared statement, the connection forgets
/// its statements, so that the next try works.
pub(crate) async fn failed(conn: &mut PgConnection, error: sqlx::Error) -> StoreError {
    if error.as_database_error().is_some_and(|db| db.message().contains("cached plan must not change")) {
        let _ = conn.clear_cached_statements().await;
    }
    error.into()
}
