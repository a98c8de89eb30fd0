//! The only place with SQL: one code path over SQLite and PostgreSQL, the system tables, and the audit chain.
//!
//! [`Db`] gives out [`Tx`], through which statements written by [`SqlBuilder`] run; [`Row`] reads what comes back;
//! [`Dialect`] holds every difference between the two databases.

pub mod aggregate;
pub mod audit;
pub mod backup;
pub mod comments;
pub mod computed;
pub mod db;
pub mod ddl;
pub mod definitions;
pub mod dialect;
pub mod dump;
pub mod error;
pub mod events;
pub mod exchange;
mod exec;
pub mod files;
pub mod follow;
pub mod history;
pub mod idempotency;
pub mod jobs;
pub mod json_text;
pub mod keys;
pub mod layout;
pub mod people;
mod postgres;
pub mod rates;
pub mod records;
pub mod references;
pub mod rotation;
pub mod row;
pub mod seal;
pub mod secrets;
pub mod select;
pub mod serials;
pub mod settings;
pub mod sql;
mod sqlite;
pub mod stays;
pub mod tables;
pub mod tx;
pub mod value;
pub mod views;

pub use db::{Db, Snapshot};
pub use dialect::{DateUnit, Dialect, Direction, Lock};
pub use error::{StoreError, StoreResult};
pub use postgres::PgOptions;
pub use row::Row;
pub use sql::{Ident, Sql, SqlBuilder};
pub use sqlite::{Durability, SqliteOptions};
pub use tx::{Savepoint, Tx};
pub use value::{Kind, Val};
