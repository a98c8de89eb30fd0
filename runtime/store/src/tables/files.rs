//! Tables of uploaded files: what is known of each, and which records hold it. The bytes are elsewhere.

use super::{Key, Parent, Table, index, may, must};
use crate::value::Kind::{Bytes, Int, Text, Ts, Uuid};

pub(super) const TABLES: &[Table] = &[
    // `sha256` is the name of the content: 16 random bytes of one in `fw_contents`, the SHA-256 of one that lies plain. `form` and `field` are where it was uploaded for; `state` is `new`, `kept` or `gone`.
    Table {
        name: "fw_files",
        key: Key::Columns(&["id"]),
        columns: &[
            must("id", Uuid),
            must("name", Text),
            must("size", Int),
            must("type", Text),
            must("sha256", Bytes),
            may("uploaded_by", Uuid),
            must("uploaded_at", Ts),
            may("form", Text),
            may("field", Text),
            may("width", Int),
            may("height", Int),
            must("state", Text),
        ],
        indexes: &[index("fw_files_state", &["state", "uploaded_at"]), index("fw_files_sha256", &["sha256"])],
        parent: None,
    },
    Table {
        name: "fw_file_refs",
        key: Key::Columns(&["file", "form", "record", "field"]),
        columns: &[must("file", Uuid), must("form", Text), must("record", Uuid), must("field", Text)],
        indexes: &[index("fw_file_refs_record", &["form", "record"])],
        parent: Some(Parent { column: "file", table: "fw_files", key: "id" }),
    },
];

/// Contents that lie sealed, each with the digest by which an equal upload is known: keyed, so that nobody can try documents on it.
pub(super) const SEALED: &[Table] = &[Table {
    name: "fw_contents",
    key: Key::Columns(&["content"]),
    columns: &[must("content", Bytes), must("digest", Bytes)],
    indexes: &[index("fw_contents_digest", &["digest"])],
    parent: None,
}];
