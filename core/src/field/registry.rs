//! The table of field types: the names that a definition may give, and the options that each takes.

/// A row of the table.
#[derive(Debug)]
pub struct FieldType {
    pub name: &'static str,
    /// Keys allowed in `field` besides `type`, `id` and those that every field takes.
    pub options: &'static [&'static str],
    /// JSON types of its values; none where the type does not decide it.
    pub json: &'static [&'static str],
}

const fn row(name: &'static str, json: &'static [&'static str], options: &'static [&'static str]) -> FieldType {
    FieldType { name, options, json }
}

const TEXT: &[&str] = &["string"];
const NUMBER: &[&str] = &["number", "integer"];
const LIST: &[&str] = &["array"];

/// Keys that every field takes.
pub const COMMON: [&str; 4] = ["type", "id", "personal", "encrypted"];

/// All types.
pub static TYPES: &[FieldType] = &[
    row("text", TEXT, &["format", "unique"]),
    row("long_text", TEXT, &["markup"]),
    row("integer", NUMBER, &["display", "scale"]),
    row("number", NUMBER, &["scale", "display"]),
    row("percent", NUMBER, &["scale", "display"]),
    row("money", NUMBER, &["scale", "currency", "currency_field", "display"]),
    row("boolean", &["boolean"], &[]),
    row("date", TEXT, &[]),
    row("datetime", TEXT, &[]),
    row("time", TEXT, &[]),
    row("duration", TEXT, &[]),
    row("choice", TEXT, &["options", "pick"]),
    row("choices", LIST, &["options", "pick"]),
    row("status", TEXT, &["options", "initial", "transitions", "back"]),
    row("tags", LIST, &["options", "new"]),
    row("user", TEXT, &["within"]),
    row("users", LIST, &["within"]),
    row("department", TEXT, &["within"]),
    row("departments", LIST, &["within"]),
    row("link", TEXT, &["form", "filter", "inverse", "on_delete", "copy"]),
    row("links", LIST, &["form", "filter", "inverse", "on_delete", "copy"]),
    row("table", LIST, &[]),
    row("files", LIST, &["accept", "max_size", "max_count", "capture"]),
    row("signature", TEXT, &[]),
    row("location", &["object"], &[]),
    row("scan", TEXT, &[]),
    row("serial", TEXT, &["pattern", "reset"]),
    row("json", &[], &[]),
    row("lookup", &[], &["via", "field", "display"]),
    row(
        "rollup",
        &[],
        &[
            "form",
            "via",
            "filter",
            "function",
            "field",
            "by",
            "scope",
            "scale",
            "format",
            "currency",
            "currency_field",
            "display",
        ],
    ),
    row("formula", &[], &["expression", "scale", "format", "currency", "currency_field", "display"]),
];

pub fn find(name: &str) -> Option<&'static FieldType> {
    TYPES.iter().find(|t| t.name == name)
}
