//! Tables beside the records of all forms: what happened to them, what was said, who else may see them.

use super::{Index, Key, Only, Table, index, may, must};
use crate::value::Kind::{Int, Json, Text, Ts, Uuid};

pub(super) const TABLES: &[Table] = &[
    // What each write changed, by field id. Read by record, newest first; by batch for undoing.
    Table {
        name: "fw_history",
        key: Key::Counting("seq"),
        columns: &[
            must("form", Text),
            must("record", Uuid),
            must("version", Int),
            must("at", Ts),
            may("by", Uuid),
            must("cause", Text),
            may("batch", Uuid),
            must("changes", Json),
        ],
        indexes: &[
            index("fw_history_record", &["form", "record", "seq"]),
            Index { name: "fw_history_batch", columns: &["batch", "seq"], unique: false, only: Only::Filled("batch") },
        ],
        parent: None,
    },
    // How long a record had which value of a status; `left_at` is empty while it has it.
    Table {
        name: "fw_field_stays",
        key: Key::Counting("seq"),
        columns: &[
            must("form", Text),
            must("record", Uuid),
            must("field", Text),
            may("value", Text),
            must("entered_at", Ts),
            may("left_at", Ts),
        ],
        indexes: &[
            index("fw_field_stays_record", &["record", "field", "entered_at"]),
            index("fw_field_stays_field", &["form", "field", "value", "entered_at"]),
        ],
        parent: None,
    },
    Table {
        name: "fw_comments",
        key: Key::Columns(&["id"]),
        columns: &[
            must("id", Uuid),
            must("form", Text),
            must("record", Uuid),
            must("by", Uuid),
            must("at", Ts),
            may("edited_at", Ts),
            must("text", Text),
            must("mentions", Json),
        ],
        indexes: &[index("fw_comments_record", &["form", "record", "at", "id"])],
        parent: None,
    },
    // Records given to a person beyond his grants.
    Table {
        name: "fw_shares",
        key: Key::Columns(&["form", "record", "user"]),
        columns: &[
            must("form", Text),
            must("record", Uuid),
            must("user", Uuid),
            must("rights", Text),
            may("until", Ts),
            must("at", Ts),
            may("by", Uuid),
        ],
        indexes: &[index("fw_shares_user", &["user", "form", "record"])],
        parent: None,
    },
    Table {
        name: "fw_followers",
        key: Key::Columns(&["form", "record", "user"]),
        columns: &[must("form", Text), must("record", Uuid), must("user", Uuid), must("at", Ts)],
        indexes: &[index("fw_followers_user", &["user", "form", "record"])],
        parent: None,
    },
    // One act on many records: import, bulk edit, merge; what undo refers to.
    Table {
        name: "fw_batches",
        key: Key::Columns(&["id"]),
        columns: &[
            must("id", Uuid),
            must("kind", Text),
            may("by", Uuid),
            must("at", Ts),
            must("state", Text),
            must("count", Int),
            must("note", Text),
        ],
        indexes: &[index("fw_batches_by", &["by", "at"])],
        parent: None,
    },
];
