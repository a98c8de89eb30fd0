//! Bringing the system tables to the newest form: numbered steps, forward only, each in one transaction with its number.

use super::{Table, audit, company, definitions, files, follow, keys, people, proof, records, work};
use crate::db::{Db, Snapshot};
use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::sql::SqlBuilder;
use crate::tx::Tx;
use crate::value::Val;

/// A step of the history. What was released is never changed; new steps are added at the end, and the tables' data in
/// this module always says what the last step leaves.
struct Migration {
    number: i64,
    create: &'static [&'static [Table]],
}

const HISTORY: &[Migration] = &[
    Migration {
        number: 1,
        create: &[definitions::TABLES, people::TABLES, records::TABLES, files::TABLES, work::TABLES, audit::TABLES],
    },
    Migration { number: 2, create: &[company::TABLES] },
    Migration { number: 3, create: &[proof::TABLES, keys::TABLES] },
    Migration { number: 4, create: &[follow::TABLES] },
    Migration { number: 5, create: &[keys::NAMED] },
    Migration { number: 6, create: &[files::SEALED] },
];

const VERSION: &str = "schema_version";

/// Number of the newest migration this program knows.
pub fn latest() -> i64 {
    HISTORY.last().map_or(0, |migration| migration.number)
}

/// Number of the last migration in the database; 0 for an empty database.
///
/// # Errors
/// Any of [`StoreError`].
pub async fn version(db: &Db) -> StoreResult<i64> {
    let mut tx = db.reader(Snapshot::No).await?;
    let sql = exists(tx.dialect());
    if tx.one(&sql.build(), |row| row.int(0)).await?.unwrap_or(0) == 0 {
        return Ok(0);
    }
    stored_version(&mut tx).await
}

/// Does what is missing; the number reached. Several nodes may call it at once: one works, the others wait.
///
/// # Errors
/// [`StoreError::Newer`] when the database was written by a newer program, and any other of [`StoreError`].
pub async fn migrate(db: &Db) -> StoreResult<i64> {
    let found = version(db).await?;
    if found > latest() {
        return Err(StoreError::Newer { found, supported: latest() });
    }
    if found == 0 {
        db.write_alone(|tx| Box::pin(create_meta(tx))).await?;
    }
    for migration in HISTORY.iter().filter(|migration| migration.number > found) {
        db.write_alone(move |tx| Box::pin(run(tx, migration))).await?;
        tracing::info!(number = migration.number, "system tables migrated");
    }
    Ok(latest())
}

fn exists(dialect: Dialect) -> SqlBuilder {
    let mut sql = dialect.sql();
    sql.push(match dialect {
        Dialect::Sqlite => "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ",
        Dialect::Postgres => {
            "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = "
        }
    });
    sql.val(definitions::META.name);
    sql
}

async fn stored_version(tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("SELECT \"number\" FROM \"fw_meta\" WHERE \"key\" = ").val(VERSION);
    Ok(tx.optional(&sql.build(), |row| row.int(0)).await?.flatten().unwrap_or(0))
}

async fn create_meta(tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    definitions::META.create(true, &mut sql);
    tx.execute(&sql.build().once()).await.map(|_| ())
}

async fn run(tx: &mut Tx, migration: &Migration) -> StoreResult<()> {
    // Another node may have been quicker; the lock of a lone write makes this answer final.
    if stored_version(tx).await? >= migration.number {
        return Ok(());
    }
    for table in migration.create.iter().flat_map(|tables| tables.iter()) {
        let mut sql = tx.sql();
        table.create(false, &mut sql);
        tx.execute(&sql.build().once()).await?;
        for index in table.indexes {
            let mut sql = tx.sql();
            index.create(table.name, &mut sql);
            tx.execute(&sql.build().once()).await?;
        }
    }
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_meta\" (\"key\", \"number\") VALUES (");
    sql.vals([Val::from(VERSION), Val::Int(migration.number)]);
    sql.push(") ON CONFLICT (\"key\") DO UPDATE SET \"number\" = excluded.\"number\"");
    tx.execute(&sql.build()).await.map(|_| ())
}
