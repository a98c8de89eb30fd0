//! Bringing in a workbook. The page is a wizard of four steps that the script drives through the API; the view holds what it needs.

use serde::Serialize;

use super::shell::FormRef;

/// The page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Import {
    /// Into which form.
    pub form: FormRef,
    /// `/api/records/{form}/template.xlsx`.
    pub template_href: String,
    /// Most bytes of a file.
    pub max_bytes: u64,
    /// The same, finished.
    pub max_size: String,
    /// Fields that may serve as the key when rows update records.
    pub key_fields: Vec<ImportField>,
    /// Modes the reader may use, of `create`, `update`, `upsert`.
    pub modes: Vec<String>,
}

/// A field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportField {
    /// Its path.
    pub path: String,
    /// Its title.
    pub title: String,
}
