//! Functions of ours that statements on SQLite may call.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

use crate::error::StoreResult;

/// `fw_fold(text)`: [`formwright_core::fold::fold`].
pub(super) fn register(conn: &Connection) -> StoreResult<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    conn.create_scalar_function("fw_fold", 1, flags, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Text(bytes) => {
                let text = std::str::from_utf8(bytes).unwrap_or_default();
                ToSqlOutput::Owned(Value::Text(formwright_core::fold::fold(text)))
            }
            _ => ToSqlOutput::Owned(Value::Null),
        })
    })?;
    Ok(())
}
