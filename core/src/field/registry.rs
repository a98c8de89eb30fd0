//! The table of field types: the names that a definition may give, and the options that each takes.

/// A row of the table.
#[derive(Debug)]
pub struct FieldType {
    pub name: &'static str,
    /// Keys allowed in `field` besides `type`, `id` and those that every field takes.
    pub options: &'static [&'static str],
    /// Whether a later version brings it.
    pub later: bool,
}

const fn row(name: &'static str, options: &'static [&'static str]) -> FieldType {
    FieldType { name, options, later: false }
}

/// Keys that every field takes.
pub const COMMON: [&str; 4] = ["type", "id", "personal", "encrypted"];

/// All types.
pub static TYPES: &[FieldType] = &[
    row("text", &["format", "unique"]),
    row("long_text", &["markup"]),
    row("integer", &["display", "scale"]),
    row("number", &["scale", "display"]),
    row("percent", &["scale", "display"]),
    row("money", &["scale", "currency", "currency_field", "display"]),
    row("boolean", &[]),
    row("date", &[]),
    row("datetime", &[]),
    row("time", &[]),
    row("duration", &[]),
    row("choice", &["options", "pick"]),
    row("choices", &["options", "pick"]),
    row("status", &["options", "initial", "transitions", "back"]),
    row("tags", &["options", "new"]),
    row("user", &["within"]),
    row("users", &["within"]),
    row("department", &["within"]),
    row("departments", &["within"]),
    row("link", &["form", "filter", "inverse", "on_delete", "copy"]),
    row("links", &["form", "filter", "inverse", "on_delete", "copy"]),
    row("table", &[]),
    row("files", &["accept", "max_size", "max_count", "capture"]),
    row("signature", &[]),
    row("location", &[]),
    row("scan", &[]),
    row("serial", &["pattern", "reset"]),
    row("json", &[]),
    FieldType { name: "lookup", options: &[], later: true },
    FieldType { name: "rollup", options: &[], later: true },
    row("formula", &["expression", "scale", "format", "currency", "currency_field", "display"]),
];

pub fn find(name: &str) -> Option<&'static FieldType> {
    TYPES.iter().find(|t| t.name == name)
}
