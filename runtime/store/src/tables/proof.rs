//! Tables of what proves who somebody is beside his password.

use super::{Key, Parent, Table, may, must};
use crate::value::Kind::{Bytes, Int, Ts, Uuid};

/// Rows that go with their user.
const OF_USER: Option<Parent> = Some(Parent { column: "user", table: "fw_users", key: "id" });

pub(super) const TABLES: &[Table] = &[
    // `secret` is the sealed secret in use, `pending` one that was shown but not confirmed; `last_step` is the last time step
    // whose code was accepted.
    Table {
        name: "fw_factors",
        key: Key::Columns(&["user"]),
        columns: &[
            must("user", Uuid),
            may("secret", Bytes),
            may("enabled_at", Ts),
            must("last_step", Int),
            may("pending", Bytes),
            may("pending_at", Ts),
        ],
        indexes: &[],
        parent: OF_USER,
    },
    Table {
        name: "fw_recovery_codes",
        key: Key::Columns(&["user", "hash"]),
        columns: &[must("user", Uuid), must("hash", Bytes), may("used_at", Ts)],
        indexes: &[],
        parent: OF_USER,
    },
    // When the person of a session last proved by password that it is still him.
    Table {
        name: "fw_step_ups",
        key: Key::Columns(&["session"]),
        columns: &[must("session", Bytes), must("at", Ts)],
        indexes: &[],
        parent: Some(Parent { column: "session", table: "fw_sessions", key: "hash" }),
    },
];
