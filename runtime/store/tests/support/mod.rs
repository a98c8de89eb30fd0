//! Databases for tests: a SQLite file in a temporary folder, and a database of its own on a PostgreSQL server, which is
//! the one in `FORMWRIGHT_TEST_POSTGRES` or a throw-away cluster started once for the process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

mod cluster;

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use formwright_store::{Db, Durability, PgOptions, SqliteOptions, StoreError};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

pub use formwright_store::StoreResult;

/// Runs the test on SQLite, then on PostgreSQL; each time with an empty database.
pub fn on_both<F, R>(test: F)
where
    F: Fn(Db) -> R,
    R: Future<Output = ()>,
{
    on_sqlite(&test);
    on_postgres(&test);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Runs the test on SQLite.
pub fn on_sqlite<F, R>(test: F)
where
    F: FnOnce(Db) -> R,
    R: Future<Output = ()>,
{
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let options = SqliteOptions { durability: Durability::Full, readers: 2 };
        let db = Db::open_sqlite(&folder.path().join("data.db"), options).await.unwrap();
        test(db.clone()).await;
        db.close().await.unwrap();
    });
}

/// Runs the test on PostgreSQL.
pub fn on_postgres<F, R>(test: F)
where
    F: FnOnce(Db) -> R,
    R: Future<Output = ()>,
{
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = cluster::url();
    let name = format!("t_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    runtime().block_on(async {
        let mut admin = PgConnection::connect(&server).await.unwrap();
        admin.execute(sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))).await.unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let db = Db::open_postgres(&format!("{base}/{name}"), PgOptions { max_connections: 8 }).await.unwrap();
        test(db.clone()).await;
        db.close().await.unwrap();
        admin.execute(sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))).await.unwrap();
        admin.close().await.unwrap();
    });
}

/// Runs one statement of the test's own text in a transaction.
pub async fn run(db: &Db, text: &'static str) -> StoreResult<u64> {
    db.write(move |tx| {
        Box::pin(async move {
            let mut sql = tx.sql();
            sql.push(text);
            tx.execute(&sql.build().once()).await
        })
    })
    .await
}

/// The integer that a select of the test's own text gives.
pub async fn number(db: &Db, text: &'static str) -> i64 {
    let mut tx = db.reader(formwright_store::Snapshot::No).await.unwrap();
    let mut sql = tx.sql();
    sql.push(text);
    tx.one(&sql.build(), |row| row.int(0)?.ok_or(StoreError::NoRow)).await.unwrap()
}
