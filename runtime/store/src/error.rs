//! The one error of the store, and how the errors of both drivers become it.

use rusqlite::ErrorCode;
use sqlx::postgres::PgDatabaseError;

/// Why a statement or a transaction did not succeed. Both databases give the same variant for the same cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A unique index or a primary key refused the row. SQLite names table and columns (for an index on an
    /// expression only the index), PostgreSQL the table, the constraint and the columns.
    #[error("duplicate value in {table:?} {constraint:?} {columns:?}")]
    Unique {
        /// Table of the index, where the database says it.
        table: Option<String>,
        /// Name of the index or constraint, where the database says it.
        constraint: Option<String>,
        /// Columns of the index; empty when the database does not say them.
        columns: Vec<String>,
    },
    /// A foreign key refused the change.
    #[error("a row refers to a row that is not there, or is referred to")]
    ForeignKey,
    /// A check constraint refused the row.
    #[error("check {0:?} refused the row")]
    Check(String),
    /// A column that must have a value was given none.
    #[error("column {column} of {table} must have a value")]
    NotNull {
        /// Table of the column.
        table: String,
        /// The column.
        column: String,
    },
    /// A value cannot be stored: too many decimals, a zero character in text, a date outside the years 1 to 9999, …
    #[error("value cannot be stored: {0}")]
    Value(String),
    /// A formula has no value for a record, or one that cannot be kept.
    #[error("{code} in {path} of {record} of form {form}")]
    Uncomputable {
        /// Name of the form.
        form: String,
        /// Path of the computed field in the record.
        path: String,
        /// The record.
        record: uuid::Uuid,
        /// Why: the code of a fault, and its arguments.
        code: &'static str,
        /// Arguments of the fault's message.
        args: Vec<(&'static str, formwright_core::diagnostic::Argument)>,
    },
    /// The row is larger than the database keeps one.
    #[error("the row is too large for the database")]
    TooLarge,
    /// Locked by others, a full queue, no free connection. Nothing was changed; trying again may succeed.
    #[error("the database is busy")]
    Busy,
    /// Of transactions that waited for each other, or cannot all have come first, this one was undone for the others' sake.
    /// Nothing was changed; the same again, from its beginning, may succeed.
    #[error("the transaction gave way to others")]
    Victim,
    /// The tables were changed since the statement was made for them. Nothing was changed; what asks again must ask by the
    /// catalogue that is published now.
    #[error("the tables have changed since")]
    Stale,
    /// The time limit of the statement has passed. Nothing was changed.
    #[error("the statement took too long")]
    Timeout,
    /// The disk is full. Nothing was changed; reading goes on.
    #[error("the disk is full")]
    Full,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// The database cannot be reached or its files cannot be read or written. Nothing was changed.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The connection was lost while committing: whether the change was made is not known.
    #[error("the outcome of the transaction is not known")]
    OutcomeUnknown,
    /// A sum or an integer left the range of 64 bits.
    #[error("a number is out of range")]
    SumOverflow,
    /// What is stored cannot be what we wrote.
    #[error("damaged data: {0}")]
    Damaged(String),
    /// A statement that must give a row gave none.
    #[error("no row")]
    NoRow,
    /// The closure of a write ended well though one of its statements had failed and was not rolled back to a savepoint.
    #[error("a statement of the transaction failed before")]
    Aborted,
    /// The closure of a write panicked; it was rolled back.
    #[error("the transaction panicked: {0}")]
    Panicked(String),
    /// The database was written by a newer version of this program.
    #[error("the database has schema {found}, this program knows up to {supported}")]
    Newer {
        /// Number of the last migration in the database.
        found: i64,
        /// Number of the last migration known here.
        supported: i64,
    },
    /// Anything else: a fault of this program.
    #[error("{0}")]
    Other(String),
}

/// Result of the store's own functions.
pub type StoreResult<T> = Result<T, StoreError>;

const SQLITE_NOTNULL: i32 = 1299;
const SQLITE_FOREIGNKEY: i32 = 787;
const SQLITE_CHECK: i32 = 275;
const SQLITE_PRIMARYKEY: i32 = 1555;
const SQLITE_UNIQUE: i32 = 2067;
const SQLITE_ROWID: i32 = 2579;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(code, message) => {
                from_sqlite(code.code, code.extended_code, message.unwrap_or_default())
            }
            rusqlite::Error::SqlInputError { error, msg, .. } => from_sqlite(error.code, error.extended_code, msg),
            rusqlite::Error::ToSqlConversionFailure(error) => match error.downcast::<StoreError>() {
                Ok(own) => *own,
                Err(other) => StoreError::Value(other.to_string()),
            },
            rusqlite::Error::QueryReturnedNoRows => StoreError::NoRow,
            other => StoreError::Other(other.to_string()),
        }
    }
}

fn from_sqlite(code: ErrorCode, extended: i32, message: String) -> StoreError {
    match code {
        ErrorCode::ConstraintViolation => sqlite_constraint(extended, &message),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::OperationInterrupted => StoreError::Timeout,
        ErrorCode::DiskFull => StoreError::Full,
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly => StoreError::Unavailable(message),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged(message),
        ErrorCode::TooBig => StoreError::Value(message),
        _ if message.contains("integer overflow") => StoreError::SumOverflow,
        _ => StoreError::Other(message),
    }
}

/// SQLite tells a broken constraint by its extended code and a sentence that ends in `table.column, table.column`,
/// `index 'name'`, or the name of the check.
fn sqlite_constraint(extended: i32, message: &str) -> StoreError {
    let what = message.split_once(": ").map_or(message, |(_, what)| what);
    match extended {
        SQLITE_UNIQUE | SQLITE_PRIMARYKEY | SQLITE_ROWID => {
            if let Some(index) = what.strip_prefix("index '") {
                return StoreError::Unique {
                    table: None,
                    constraint: Some(index.trim_end_matches('\'').to_owned()),
                    columns: Vec::new(),
                };
            }
            let pairs: Vec<(&str, &str)> = what.split(", ").filter_map(|p| p.split_once('.')).collect();
            StoreError::Unique {
                table: pairs.first().map(|(table, _)| (*table).to_owned()),
                constraint: None,
                columns: pairs.iter().map(|(_, column)| (*column).to_owned()).collect(),
            }
        }
        SQLITE_FOREIGNKEY => StoreError::ForeignKey,
        SQLITE_CHECK => StoreError::Check(what.to_owned()),
        SQLITE_NOTNULL => {
            let (table, column) = what.split_once('.').unwrap_or(("", what));
            StoreError::NotNull { table: table.to_owned(), column: column.to_owned() }
        }
        _ => StoreError::Check(message.to_owned()),
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(db) => match db.try_downcast::<PgDatabaseError>() {
                Ok(pg) => from_postgres(&pg),
                Err(other) => StoreError::Other(other.to_string()),
            },
            sqlx::Error::RowNotFound => StoreError::NoRow,
            sqlx::Error::PoolTimedOut => StoreError::Busy,
            sqlx::Error::PoolClosed => StoreError::Closed,
            sqlx::Error::Io(error) => StoreError::Unavailable(error.to_string()),
            sqlx::Error::Tls(error) => StoreError::Unavailable(error.to_string()),
            sqlx::Error::Encode(error) => match error.downcast::<StoreError>() {
                Ok(own) => *own,
                Err(other) => StoreError::Value(other.to_string()),
            },
            sqlx::Error::ColumnDecode { index, source } => StoreError::Damaged(format!("column {index}: {source}")),
            other => StoreError::Other(other.to_string()),
        }
    }
}

fn from_postgres(error: &PgDatabaseError) -> StoreError {
    let table = error.table().map(str::to_owned);
    match error.code() {
        "23505" => StoreError::Unique {
            table,
            constraint: error.constraint().map(str::to_owned),
            columns: error.detail().map(key_columns).unwrap_or_default(),
        },
        "23503" => StoreError::ForeignKey,
        "23514" => StoreError::Check(error.constraint().unwrap_or_default().to_owned()),
        "23502" => StoreError::NotNull {
            table: table.unwrap_or_default(),
            column: error.column().unwrap_or_default().to_owned(),
        },
        // serialisation failure, deadlock
        "40001" | "40P01" => StoreError::Victim,
        // lock timeout, too many connections
        "55P03" | "53300" => StoreError::Busy,
        "0A000" if error.message().contains("cached plan") => StoreError::Stale,
        // a column or a table is not there any more
        "42703" | "42P01" => StoreError::Stale,
        "57014" => StoreError::Timeout,
        "53100" => StoreError::Full,
        "54000" => StoreError::TooLarge,
        "25P02" => StoreError::Aborted,
        "22003" => StoreError::SumOverflow,
        "22021" | "22P02" | "22008" | "22007" | "22001" | "22P05" => StoreError::Value(error.message().to_owned()),
        "XX001" | "XX002" => StoreError::Damaged(error.message().to_owned()),
        code if code.starts_with("57P") || code.starts_with("08") || code.starts_with("58") => {
            StoreError::Unavailable(error.message().to_owned())
        }
        code => StoreError::Other(format!("{code} {}", shortened(error.message()))),
    }
}

/// Letters of a database's message that are kept: some repeat the whole text that they are about.
const MESSAGE: usize = 200;

fn shortened(message: &str) -> String {
    message.chars().take(MESSAGE).collect()
}

/// The columns in PostgreSQL's `Key (a, "b", md5(c))=(…) already exists.`, also those within expressions; the values are left out
/// on purpose.
fn key_columns(detail: &str) -> Vec<String> {
    let Some((key, _)) = detail.strip_prefix("Key (").and_then(|rest| rest.split_once(")=(")) else {
        return Vec::new();
    };
    let mut columns: Vec<String> = Vec::new();
    let mut rest = key;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        let word = rest.get(start..).unwrap_or_default();
        let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
        let (name, after) = word.split_at_checked(end).unwrap_or((word, ""));
        let is_function = after.trim_start_matches('"').starts_with('(');
        if !is_function && !name.starts_with(|c: char| c.is_ascii_digit()) && !columns.iter().any(|c| c == name) {
            columns.push(name.to_owned());
        }
        rest = after;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_from_the_detail_without_the_values() {
        assert_eq!(key_columns("Key (login, \"from\")=(a)=(b, c) already exists."), ["login", "from"]);
        assert_eq!(
            key_columns("Key (\"left\"(c_1, 64), (md5(c_1) || md5(reverse(c_1))), price)=(a, b, 1) already exists."),
            ["c_1", "price"]
        );
        assert!(key_columns("something else").is_empty());
    }
}
