//! Making the tables of a dump in another database, in one transaction.

use super::read::{OURS, facts};
use super::{ColumnShape, TableShape, quoted};
use crate::audit::{self, AuditKey, Head, Report};
use crate::backup::Contents;
use crate::db::{Backend, Db};
use crate::error::{StoreError, StoreResult};
use crate::keys::{self, NamedKey};
use crate::postgres::{self, ALONE_LOCK};
use crate::tx::{Back, Tx};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};
use std::io::Read;

/// Bytes read and sent at once.
const PIECE: usize = 256 << 10;

/// Tables being made. Dropping it leaves the database as it was.
pub struct Load {
    tx: Tx,
}

/// Why nothing was loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadFault {
    /// Tables of an installation are there.
    #[error("the database holds an installation already")]
    Occupied,
    /// Another program of ours is connected.
    #[error("the database is in use by a running server")]
    InUse,
    #[error("{0}")]
    Read(#[from] std::io::Error),
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for LoadFault {
    fn from(error: sqlx::Error) -> LoadFault {
        LoadFault::Store(error.into())
    }
}

impl Load {
    /// Begins. With `replace` tables of an installation that are there are removed, else there must be none.
    ///
    /// # Errors
    /// [`LoadFault`].
    pub async fn begin(db: &Db, replace: bool) -> Result<Load, LoadFault> {
        let Backend::Postgres(postgres) = db.backend() else {
            return Err(StoreError::Other("only PostgreSQL is loaded table by table".into()).into());
        };
        let mut tx = postgres.pool.begin().await?;
        tx.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0").await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(ALONE_LOCK).execute(&mut *tx).await?;
        let there: Vec<String> = sqlx::query_scalar(
            "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname ~ $1",
        )
        .bind(OURS)
        .fetch_all(&mut *tx)
        .await?;
        if !there.is_empty() {
            if !replace {
                return Err(LoadFault::Occupied);
            }
            let others: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND application_name = 'formwright' AND pid <> pg_backend_pid()",
            )
            .fetch_one(&mut *tx)
            .await?;
            if others > 0 {
                return Err(LoadFault::InUse);
            }
            let names: Vec<String> = there.iter().map(|name| quoted(name)).collect();
            run(&mut tx, format!("DROP TABLE {} CASCADE", names.join(", "))).await?;
        }
        Ok(Load { tx: Tx::new(Back::Postgres(tx), true) })
    }

    fn conn(&mut self) -> StoreResult<&mut PgConnection> {
        match &mut self.tx.back {
            Back::Postgres(tx) => Ok(tx),
            _ => Err(StoreError::Closed),
        }
    }

    /// Makes the table and fills it with rows as [`super::Dump::rows`] gave them; the number of rows.
    ///
    /// # Errors
    /// [`LoadFault`]; what `rows` gives ends it.
    pub async fn fill(&mut self, table: &TableShape, rows: &mut (dyn Read + Send)) -> Result<i64, LoadFault> {
        let columns = table.columns.iter().map(definition).collect::<StoreResult<Vec<_>>>()?;
        let conn = self.conn()?;
        run(conn, format!("CREATE TABLE {} ({})", quoted(&table.name), columns.join(", "))).await?;
        let statement = format!("COPY {} ({}) FROM STDIN", quoted(&table.name), table.column_list());
        let mut copy = conn.copy_in_raw(&statement).await?;
        let mut piece = vec![0; PIECE];
        loop {
            let read = match rows.read(&mut piece) {
                Ok(read) => read,
                Err(error) => {
                    copy.abort("the backup cannot be read").await.ok();
                    return Err(error.into());
                }
            };
            if read == 0 {
                break;
            }
            copy.send(piece.get(..read).unwrap_or_default()).await?;
        }
        Ok(i64::try_from(copy.finish().await?).unwrap_or(i64::MAX))
    }

    /// Adds keys, indexes and references when all rows are there, and sets the counters.
    ///
    /// # Errors
    /// Any of [`StoreError`]; [`StoreError::Value`] for a shape that is none.
    pub async fn bind(&mut self, tables: &[TableShape]) -> StoreResult<()> {
        let conn = self.conn()?;
        let references = |definition: &str| definition.starts_with("FOREIGN KEY");
        for late in [false, true] {
            for table in tables {
                for constraint in table.constraints.iter().filter(|c| references(&c.definition) == late) {
                    if !["PRIMARY KEY ", "UNIQUE ", "CHECK ", "FOREIGN KEY "]
                        .iter()
                        .any(|word| constraint.definition.starts_with(word))
                    {
                        return Err(StoreError::Value(format!("a constraint of {}", table.name)));
                    }
                    let (name, definition) = (quoted(&constraint.name), &constraint.definition);
                    run(conn, format!("ALTER TABLE {} ADD CONSTRAINT {name} {definition}", quoted(&table.name)))
                        .await?;
                }
            }
        }
        for table in tables {
            for index in &table.indexes {
                if !index.definition.starts_with("USING ") {
                    return Err(StoreError::Value(format!("an index of {}", table.name)));
                }
                let unique = if index.unique { "UNIQUE " } else { "" };
                let (name, on) = (quoted(&index.name), quoted(&table.name));
                run(conn, format!("CREATE {unique}INDEX {name} ON {on} {}", index.definition)).await?;
            }
            for column in &table.columns {
                if let Some(counted) = column.counted {
                    sqlx::query("SELECT setval(pg_get_serial_sequence($1, $2)::regclass, $3)")
                        .bind(quoted(&table.name))
                        .bind(&column.name)
                        .bind(counted)
                        .execute(&mut *conn)
                        .await?;
                }
            }
        }
        // what was counted of the rows is better than nothing for the first questions
        run(conn, "ANALYZE".to_string()).await
    }

    /// What the loaded database says of itself. The rows by table are left out.
    ///
    /// # Errors
    /// Any of [`StoreError`].
    pub async fn facts(&mut self) -> StoreResult<Contents> {
        facts(self.conn()?).await
    }

    /// A wrapped key that was loaded.
    ///
    /// # Errors
    /// Any of [`StoreError`].
    pub async fn named_key(&mut self, name: &str) -> StoreResult<Option<NamedKey>> {
        keys::named(name, &mut self.tx).await
    }

    /// Goes through the audit chain that was loaded.
    ///
    /// # Errors
    /// Any of [`StoreError`].
    pub async fn verify_audit(&mut self, key: &AuditKey) -> StoreResult<Report> {
        audit::verify_in(&mut self.tx, key, &Head::default(), None).await
    }

    /// Keeps what was loaded.
    ///
    /// # Errors
    /// Any of [`StoreError`]; [`StoreError::OutcomeUnknown`] where the connection is lost on the way.
    pub async fn commit(self) -> StoreResult<()> {
        match self.tx.back {
            Back::Postgres(tx) => postgres::commit(tx).await,
            _ => Err(StoreError::Closed),
        }
    }
}

/// A column in CREATE TABLE.
fn definition(column: &ColumnShape) -> StoreResult<String> {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b" _(),".contains(&b));
    if !plain(&column.kind) {
        return Err(StoreError::Value(format!("the type of the column {}", column.name)));
    }
    let mut text = format!("{} {}", quoted(&column.name), column.kind);
    if let Some(collation) = &column.collation {
        text.push_str(&format!(" COLLATE {}", quoted(collation)));
    }
    if column.not_null {
        text.push_str(" NOT NULL");
    }
    if column.counting {
        text.push_str(" GENERATED BY DEFAULT AS IDENTITY");
    } else if let Some(default) = &column.default {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    Ok(text)
}

/// Runs one statement; a second one in the same text is an error of the database.
async fn run(conn: &mut PgConnection, statement: String) -> StoreResult<()> {
    sqlx::query(AssertSqlSafe(statement)).persistent(false).execute(conn).await.map(|_| ()).map_err(StoreError::from)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_type_that_is_more_than_a_type_is_refused() {
        let column = |kind: &str| ColumnShape {
            name: "a".into(),
            kind: kind.into(),
            collation: Some("C".into()),
            not_null: true,
            default: None,
            counting: false,
            counted: None,
        };
        assert_eq!(definition(&column("numeric(18,2)")).unwrap(), "\"a\" numeric(18,2) COLLATE \"C\" NOT NULL");
        assert!(definition(&column("text); DROP TABLE x; --")).is_err());
    }
}
