//! Keys of fields and of files, wrapped by the installation's own.

use super::{Key, Table, must};
use crate::value::Kind::{Bytes, Int, Text, Ts, Uuid};

pub(super) const TABLES: &[Table] = &[
    // `purpose` is `value` or `index`; the highest `number` is in use, older ones still open what they sealed. `kek` names the
    // installation's key that wraps it.
    Table {
        name: "fw_field_keys",
        key: Key::Columns(&["field", "purpose", "number"]),
        columns: &[
            must("field", Text),
            must("purpose", Text),
            must("number", Int),
            must("id", Uuid),
            must("kek", Text),
            must("wrapped", Bytes),
            must("created_at", Ts),
        ],
        indexes: &[],
        parent: None,
    },
];

/// Keys that are called by a name: `imports/<job>` is that of an import's files, `files/<content>` that of an
/// uploaded file and its small copies.
pub(super) const NAMED: &[Table] = &[Table {
    name: "fw_keys",
    key: Key::Columns(&["name"]),
    columns: &[must("name", Text), must("kek", Text), must("wrapped", Bytes), must("created_at", Ts)],
    indexes: &[],
    parent: None,
}];
