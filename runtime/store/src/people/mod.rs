//! People and what proves who they are: users, roles, departments, sessions, tokens, one-time links, and the number that
//! says whether any of it changed.

pub mod audit_log;
pub mod departments;
pub mod factors;
pub mod links;
pub mod notifications;
pub mod sessions;
pub mod tokens;
pub mod users;
pub mod version;

use crate::error::{StoreError, StoreResult};

/// The value of a column that is never empty.
fn filled<T>(value: Option<T>, column: &str) -> StoreResult<T> {
    value.ok_or_else(|| StoreError::Damaged(format!("column {column} is empty")))
}
