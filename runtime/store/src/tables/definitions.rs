//! Tables of the installation itself and of its definitions: what is published, what is drafted, what was.

use super::{Key, Table, index, may, must, unique};
use crate::value::Kind::{Bool, Bytes, Date, Dec, Int, Json, Text, Ts, Uuid};

/// Single facts: `installation`, `schema_version`, `revision`, `org_version`, …
pub(super) const META: Table = Table {
    name: "fw_meta",
    key: Key::Columns(&["key"]),
    columns: &[must("key", Text), may("number", Int), may("text", Text)],
    indexes: &[],
    parent: None,
};

pub(super) const TABLES: &[Table] = &[
    // Published now. `app` is the app that gives the definition: an extension has the same kind and name.
    Table {
        name: "fw_definitions",
        key: Key::Columns(&["kind", "name", "app"]),
        columns: &[
            must("kind", Text),
            must("name", Text),
            must("app", Text),
            must("id", Text),
            must("revision", Int),
            must("doc", Json),
            must("updated_at", Ts),
            may("updated_by", Uuid),
        ],
        indexes: &[unique("fw_definitions_id", &["id"]), index("fw_definitions_app", &["app", "kind", "name"])],
        parent: None,
    },
    // Not yet published; `doc` empty means: to be removed. `base` is the revision it began from.
    Table {
        name: "fw_drafts",
        key: Key::Columns(&["kind", "name", "app"]),
        columns: &[
            must("kind", Text),
            must("name", Text),
            must("app", Text),
            must("id", Text),
            may("doc", Json),
            must("base", Int),
            must("version", Int),
            must("updated_at", Ts),
            may("updated_by", Uuid),
        ],
        indexes: &[index("fw_drafts_app", &["app", "kind", "name"])],
        parent: None,
    },
    // Each publication with the whole set of documents. One child for each parent: two publications at once collide.
    Table {
        name: "fw_revisions",
        key: Key::Columns(&["revision"]),
        columns: &[
            must("revision", Int),
            must("parent", Int),
            must("at", Ts),
            may("by", Uuid),
            must("note", Text),
            must("bundle", Json),
            must("steps", Json),
        ],
        indexes: &[unique("fw_revisions_parent", &["parent"])],
        parent: None,
    },
    // Columns and tables that no definition names any more, kept until purged; `field_id` is empty text for a whole form.
    Table {
        name: "fw_retired",
        key: Key::Columns(&["form_id", "field_id"]),
        columns: &[
            must("form_id", Text),
            must("field_id", Text),
            must("table_name", Text),
            may("column_name", Text),
            must("doc", Json),
            must("revision", Int),
            must("at", Ts),
        ],
        indexes: &[],
        parent: None,
    },
    Table {
        name: "fw_settings",
        key: Key::Columns(&["app", "key"]),
        columns: &[
            must("app", Text),
            must("key", Text),
            must("value", Json),
            must("updated_at", Ts),
            may("updated_by", Uuid),
        ],
        indexes: &[],
        parent: None,
    },
    // Encrypted values that definitions call by name.
    Table {
        name: "fw_secrets",
        key: Key::Columns(&["app", "name"]),
        columns: &[
            must("app", Text),
            must("name", Text),
            must("sealed", Bytes),
            must("key_id", Text),
            must("updated_at", Ts),
            may("updated_by", Uuid),
        ],
        indexes: &[],
        parent: None,
    },
    // Rates of exchange: the value of one unit in the company's currency, from that day on.
    Table {
        name: "fw_rates",
        key: Key::Columns(&["currency", "valid_on"]),
        columns: &[must("currency", Text), must("valid_on", Date), must("value", Dec(9))],
        indexes: &[],
        parent: None,
    },
    // Counter of a serial field: one for each period and each rendering of its field parts.
    Table {
        name: "fw_serials",
        key: Key::Columns(&["field", "period", "part"]),
        columns: &[must("field", Text), must("period", Text), must("part", Text), must("value", Int)],
        indexes: &[],
        parent: None,
    },
    // Views that people made for themselves or for others.
    Table {
        name: "fw_views",
        key: Key::Columns(&["id"]),
        columns: &[
            must("id", Uuid),
            must("form", Text),
            must("owner", Uuid),
            must("doc", Json),
            must("shared", Json),
            must("is_default", Bool),
            must("version", Int),
            must("updated_at", Ts),
        ],
        indexes: &[index("fw_views_form", &["form", "owner"]), index("fw_views_owner", &["owner"])],
        parent: None,
    },
];
