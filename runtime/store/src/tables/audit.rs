//! Tables of the audit chain; see [`crate::audit`].

use super::{Index, Key, Only, Table, index, may, must};
use crate::value::Kind::{Bytes, Int, Json, Text, Ts};

pub(super) const TABLES: &[Table] = &[
    // `chain`, `prev` and `hash` are empty until the row is linked.
    Table {
        name: "fw_audit",
        key: Key::Counting("seq"),
        columns: &[
            must("at", Ts),
            must("lane", Text),
            must("body", Json),
            must("mac", Bytes),
            may("chain", Int),
            may("prev", Bytes),
            may("hash", Bytes),
        ],
        indexes: &[
            Index { name: "fw_audit_chain", columns: &["chain"], unique: true, only: Only::Filled("chain") },
            Index { name: "fw_audit_unlinked", columns: &["seq"], unique: false, only: Only::Empty("chain") },
            index("fw_audit_at", &["at"]),
        ],
        parent: None,
    },
    // One row: where the chain ends, so that a missing end is seen.
    Table {
        name: "fw_audit_head",
        key: Key::Columns(&["id"]),
        columns: &[must("id", Int), must("chain", Int), must("seq", Int), must("hash", Bytes), must("mac", Bytes)],
        indexes: &[],
        parent: None,
    },
];
