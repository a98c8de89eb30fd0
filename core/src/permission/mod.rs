//! Who may do what: roles with their grants, and what they add up to for one caller.

mod access;
mod partial;
mod role;

pub use access::{Access, Mask, WriteGrant, row_condition};
pub use partial::{MARK, SHOWN, partial};
pub use role::{FieldRef, Grant, Role, RowScope, build_role};

/// What may be done with a form. The list is closed; buttons are granted by their own names.
pub const ACTIONS: [&str; 13] = [
    "read", "create", "update", "delete", "export", "import", "print", "submit", "share", "comment", "merge", "claim",
    "purge",
];

/// Actions beyond the list: taking over creation data.
pub const MIGRATE: &str = "migrate";

/// Rights over the installation.
pub const RIGHTS: [&str; 9] =
    ["manage_people", "audit", "settings", "backup", "view_as", "explain", "privacy", "handover", "secrets"];

/// The built-in role that grants everything.
pub const ADMIN: &str = "admin";
