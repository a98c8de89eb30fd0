//! The table of computed values that wait to be worked out.

use super::{Key, Table, must};
use crate::value::Kind::{Text, Uuid};

pub(super) const TABLES: &[Table] = &[
    // A computed field of a record whose value does not follow yet what it is made of. A job takes them page by page.
    Table {
        name: "fw_follow",
        key: Key::Columns(&["form", "field", "record"]),
        columns: &[must("form", Text), must("field", Text), must("record", Uuid)],
        indexes: &[],
        parent: None,
    },
];
