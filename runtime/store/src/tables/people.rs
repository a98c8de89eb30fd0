//! Tables of people: who they are, where they belong, how they prove it.

use super::{Key, Parent, Table, index, may, must, unique};
use crate::value::Kind::{Bool, Bytes, Int, Json, Text, Ts, Uuid};

/// Rows that go with their user.
const OF_USER: Option<Parent> = Some(Parent { column: "user", table: "fw_users", key: "id" });

pub(super) const TABLES: &[Table] = &[
    // `login_key` is the login folded, which is what must be unique. `stamp` changes when all sessions must end.
    Table {
        name: "fw_users",
        key: Key::Columns(&["id"]),
        columns: &[
            must("id", Uuid),
            must("login", Text),
            must("login_key", Text),
            must("name", Text),
            must("name_key", Text),
            may("email", Text),
            may("phone", Text),
            may("department", Uuid),
            may("manager", Uuid),
            may("locale", Text),
            may("time_zone", Text),
            must("active", Bool),
            may("password", Text),
            must("stamp", Int),
            must("failures", Int),
            may("blocked_until", Ts),
            must("created_at", Ts),
            must("version", Int),
            must("data", Json),
        ],
        indexes: &[
            unique("fw_users_login", &["login_key"]),
            index("fw_users_email", &["email"]),
            index("fw_users_department", &["department"]),
            index("fw_users_manager", &["manager"]),
            index("fw_users_name", &["name_key", "id"]),
        ],
        parent: None,
    },
    Table {
        name: "fw_departments",
        key: Key::Columns(&["id"]),
        columns: &[
            must("id", Uuid),
            must("name", Text),
            must("title", Text),
            must("labels", Json),
            may("parent", Uuid),
            must("heads", Json),
            must("roles", Json),
            must("active", Bool),
            must("version", Int),
        ],
        indexes: &[unique("fw_departments_name", &["name"]), index("fw_departments_parent", &["parent"])],
        parent: None,
    },
    Table {
        name: "fw_user_roles",
        key: Key::Columns(&["user", "role"]),
        columns: &[must("user", Uuid), must("role", Text), may("from", Ts), may("to", Ts)],
        indexes: &[index("fw_user_roles_role", &["role"])],
        parent: OF_USER,
    },
    // `hash` is of the cookie's secret; the secret itself is nowhere.
    Table {
        name: "fw_sessions",
        key: Key::Columns(&["hash"]),
        columns: &[
            must("hash", Bytes),
            must("id", Uuid),
            must("user", Uuid),
            must("created_at", Ts),
            must("last_seen", Ts),
            may("address", Text),
            may("agent", Text),
            must("stamp", Int),
            may("second_factor_at", Ts),
        ],
        indexes: &[
            unique("fw_sessions_id", &["id"]),
            index("fw_sessions_user", &["user"]),
            index("fw_sessions_last_seen", &["last_seen"]),
        ],
        parent: OF_USER,
    },
    Table {
        name: "fw_tokens",
        key: Key::Columns(&["id"]),
        columns: &[
            must("id", Uuid),
            must("user", Uuid),
            must("name", Text),
            must("hash", Bytes),
            must("scopes", Json),
            must("created_at", Ts),
            may("expires_at", Ts),
            may("last_used", Ts),
        ],
        indexes: &[unique("fw_tokens_hash", &["hash"]), index("fw_tokens_user", &["user"])],
        parent: OF_USER,
    },
    // One-time links: `purpose` is `invite`, `reset`, ….
    Table {
        name: "fw_invitations",
        key: Key::Columns(&["hash"]),
        columns: &[
            must("hash", Bytes),
            must("user", Uuid),
            must("purpose", Text),
            must("expires_at", Ts),
            may("used_at", Ts),
        ],
        indexes: &[index("fw_invitations_user", &["user"])],
        parent: OF_USER,
    },
    Table {
        name: "fw_notifications",
        key: Key::Columns(&["id"]),
        columns: &[must("id", Uuid), must("user", Uuid), must("at", Ts), must("doc", Json), may("read_at", Ts)],
        indexes: &[index("fw_notifications_user", &["user", "at"])],
        parent: OF_USER,
    },
];
