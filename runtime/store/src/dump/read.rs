//! Reading a PostgreSQL database whole.

use super::{ColumnShape, ConstraintShape, IndexShape, TableShape, quoted};
use crate::backup::Contents;
use crate::db::{Backend, Db};
use crate::error::{StoreError, StoreResult};
use crate::postgres::ALONE_LOCK;
use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Executor, Row};
use std::collections::BTreeMap;

/// Tables that are ours, by the beginning of their names.
pub(super) const OURS: &str = "^(fw|d|t|m|s)_";

const COLUMNS: &str = "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
     a.attidentity <> '', CASE WHEN a.attcollation <> t.typcollation THEN l.collname::text END, \
     pg_get_expr(d.adbin, d.adrelid), \
     CASE WHEN a.attidentity <> '' THEN pg_sequence_last_value(pg_get_serial_sequence(quote_ident(c.relname), a.attname)::regclass) END \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid \
     JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
     LEFT JOIN pg_collation l ON l.oid = a.attcollation \
     WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname ~ $1 AND a.attnum > 0 AND NOT a.attisdropped \
     ORDER BY c.relname COLLATE \"C\", a.attnum";

const CONSTRAINTS: &str = "SELECT c.relname::text, k.conname::text, pg_get_constraintdef(k.oid) \
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname = current_schema() AND c.relname ~ $1 AND k.contype IN ('p', 'u', 'f', 'c') \
     ORDER BY array_position('{p,u,c,f}'::text[], k.contype::text), k.conname COLLATE \"C\"";

const INDEXES: &str = "SELECT c.relname::text, x.relname::text, i.indisunique, \
     substr(pg_get_indexdef(i.indexrelid), strpos(pg_get_indexdef(i.indexrelid), ' USING ') + 1) \
     FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid \
     JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname = current_schema() AND c.relname ~ $1 \
     AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u')) \
     ORDER BY x.relname COLLATE \"C\"";

/// A database read as it was at one moment. Ends when it is dropped.
pub struct Dump {
    /// Of its own: whatever happens, closing it ends the transaction.
    conn: PgConnection,
    tables: Vec<TableShape>,
}

impl Dump {
    /// Begins: waits for a publication that is under way, then holds the tables as they are.
    ///
    /// # Errors
    /// Any of [`StoreError`]; [`StoreError::Other`] on another database than PostgreSQL.
    pub async fn begin(db: &Db) -> StoreResult<Dump> {
        let Backend::Postgres(postgres) = db.backend() else {
            return Err(StoreError::Other("only PostgreSQL is read table by table".into()));
        };
        let mut conn = postgres.pool.acquire().await?.detach();
        // before the snapshot: a table that changes between it and the lock would be read by names that are gone
        sqlx::query("SELECT pg_advisory_lock_shared($1)").bind(ALONE_LOCK).execute(&mut conn).await?;
        conn.execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; \
             SET LOCAL idle_in_transaction_session_timeout = 0",
        )
        .await?;
        let tables = shapes(&mut conn).await?;
        let names: Vec<String> = tables.iter().map(|t| quoted(&t.name)).collect();
        if !names.is_empty() {
            let lock = format!("LOCK TABLE {} IN ACCESS SHARE MODE", names.join(", "));
            conn.execute(AssertSqlSafe(lock)).await?;
        }
        sqlx::query("SELECT pg_advisory_unlock_shared($1)").bind(ALONE_LOCK).execute(&mut conn).await?;
        Ok(Dump { conn, tables })
    }

    /// All tables, ordered by name.
    pub fn tables(&self) -> &[TableShape] {
        &self.tables
    }

    /// Hands the rows of a table to `each` in pieces, as COPY writes them in text; the number of rows.
    ///
    /// # Errors
    /// Any of [`StoreError`], and what `each` gives.
    pub async fn rows<E: From<StoreError>>(
        &mut self,
        table: &TableShape,
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<i64, E> {
        let statement = format!("COPY {} ({}) TO STDOUT", quoted(&table.name), table.column_list());
        let mut pieces = self.conn.copy_out_raw(&statement).await.map_err(StoreError::from)?;
        let mut rows = 0;
        while let Some(piece) = pieces.try_next().await.map_err(StoreError::from)? {
            rows += lines(&piece);
            each(&piece)?;
        }
        Ok(rows)
    }

    /// What the database says of itself. The rows by table are left out.
    ///
    /// # Errors
    /// Any of [`StoreError`].
    pub async fn facts(&mut self) -> StoreResult<Contents> {
        facts(&mut self.conn).await
    }

    /// Ends the connection in good order.
    pub async fn end(self) {
        let _ = self.conn.close().await;
    }
}

/// Rows in a piece of what COPY wrote: each ends with a line feed, and none stands inside.
pub fn lines(piece: &[u8]) -> i64 {
    i64::try_from(piece.iter().filter(|b| **b == b'\n').count()).unwrap_or(i64::MAX)
}

async fn shapes(conn: &mut PgConnection) -> StoreResult<Vec<TableShape>> {
    let mut tables: BTreeMap<String, TableShape> = BTreeMap::new();
    for row in rows_of(conn, COLUMNS).await? {
        let name: String = row.try_get(0)?;
        let table = tables.entry(name.clone()).or_insert_with(|| TableShape {
            name,
            columns: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
        });
        table.columns.push(ColumnShape {
            name: row.try_get(1)?,
            kind: row.try_get(2)?,
            not_null: row.try_get(3)?,
            counting: row.try_get(4)?,
            collation: row.try_get(5)?,
            default: row.try_get(6)?,
            counted: row.try_get(7)?,
        });
    }
    for row in rows_of(conn, CONSTRAINTS).await? {
        if let Some(table) = tables.get_mut(row.try_get::<&str, _>(0)?) {
            table.constraints.push(ConstraintShape { name: row.try_get(1)?, definition: row.try_get(2)? });
        }
    }
    for row in rows_of(conn, INDEXES).await? {
        if let Some(table) = tables.get_mut(row.try_get::<&str, _>(0)?) {
            table.indexes.push(IndexShape {
                name: row.try_get(1)?,
                unique: row.try_get(2)?,
                definition: row.try_get(3)?,
            });
        }
    }
    Ok(tables.into_values().collect())
}

async fn rows_of(conn: &mut PgConnection, sql: &'static str) -> StoreResult<Vec<PgRow>> {
    Ok(sqlx::query(sql).bind(OURS).fetch_all(conn).await?)
}

pub(super) async fn facts(conn: &mut PgConnection) -> StoreResult<Contents> {
    let files = sqlx::query_scalar("SELECT DISTINCT sha256 FROM fw_files WHERE state <> 'gone' ORDER BY sha256")
        .fetch_all(&mut *conn)
        .await?;
    let number = "SELECT number FROM fw_meta WHERE key = $1";
    let schema: Option<Option<i64>> =
        sqlx::query_scalar(number).bind("schema_version").fetch_optional(&mut *conn).await?;
    let revision: Option<Option<i64>> = sqlx::query_scalar(number).bind("revision").fetch_optional(&mut *conn).await?;
    let key_id: Option<Option<String>> =
        sqlx::query_scalar("SELECT text FROM fw_meta WHERE key = 'key_id'").fetch_optional(&mut *conn).await?;
    let audit_head = sqlx::query_as("SELECT chain, hash FROM fw_audit_head WHERE id = 1").fetch_optional(conn).await?;
    Ok(Contents {
        tables: BTreeMap::new(),
        files,
        schema: schema.flatten().unwrap_or(0),
        revision: revision.flatten().unwrap_or(0),
        key_id: key_id.flatten(),
        audit_head,
    })
}
