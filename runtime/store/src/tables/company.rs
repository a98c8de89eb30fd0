//! Tables of the company's working time, and of how each person wants to be told of what happens.

use super::{Key, Parent, Table, may, must};
use crate::value::Kind::{Int, Json, Text, Ts, Uuid};

pub(super) const TABLES: &[Table] = &[
    // `doc` holds the week's hours and the days unlike their weekday.
    Table {
        name: "fw_calendars",
        key: Key::Columns(&["name"]),
        columns: &[
            must("name", Text),
            must("doc", Json),
            must("version", Int),
            must("updated_at", Ts),
            may("updated_by", Uuid),
        ],
        indexes: &[],
        parent: None,
    },
    Table {
        name: "fw_notification_preferences",
        key: Key::Columns(&["user"]),
        columns: &[must("user", Uuid), must("doc", Json), must("updated_at", Ts)],
        indexes: &[],
        parent: Some(Parent { column: "user", table: "fw_users", key: "id" }),
    },
];
