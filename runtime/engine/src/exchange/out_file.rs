//! A file that was made for somebody, ready to be sent.

use crate::files::disposition;
use crate::{EngineError, EngineResult};
use std::fs::File;
use std::io::{Seek, SeekFrom};
use uuid::Uuid;

/// The media type of workbooks.
pub const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A finished file. It has no name on the disk: closing it removes it.
#[derive(Debug)]
pub struct OutFile {
    /// What to call it.
    pub name: String,
    pub content_type: &'static str,
    /// Bytes.
    pub size: u64,
    /// Rows without the headings.
    pub rows: u64,
    /// Id of the export or job.
    pub id: Option<Uuid>,
    /// At its beginning.
    pub file: File,
}

impl OutFile {
    pub(crate) fn of(
        name: impl Into<String>,
        content_type: &'static str,
        rows: u64,
        id: Option<Uuid>,
        mut file: File,
    ) -> EngineResult<OutFile> {
        let broken = |error: std::io::Error| EngineError::Internal(format!("a file for sending: {error}"));
        file.seek(SeekFrom::Start(0)).map_err(broken)?;
        let size = file.metadata().map_err(broken)?.len();
        Ok(OutFile { name: name.into(), content_type, size, rows, id, file })
    }

    pub(crate) fn of_workbook(
        name: impl Into<String>,
        rows: u64,
        id: Option<Uuid>,
        file: File,
    ) -> EngineResult<OutFile> {
        OutFile::of(name, WORKBOOK, rows, id, file)
    }

    /// The value of `Content-Disposition`.
    pub fn disposition(&self) -> String {
        disposition(&self.name, false)
    }
}
