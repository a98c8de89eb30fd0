//! Data coming in from files of rows and going out into them.
//!
//! An import is a job: [`bound`] opens the file and binds its columns to fields, [`run`] walks over its rows and hands pages of
//! cleaned ones to [`page`], which writes each along the one path on which records are written. An export reads pages as the
//! caller may take them out and writes a file that an import takes back without loss.

mod account;
mod bound;
mod cells;
mod export;
mod finish;
mod import;
mod key;
mod kind;
mod making;
mod mapping;
mod named;
mod note;
mod out_file;
mod page;
mod part;
mod preview;
mod refused;
mod repeat;
mod run;
mod target;
mod template;
mod unique;

pub use export::{ExportFormat, ExportRequest};
pub use import::{ImportMode, ImportRequest, UPLOAD_LIMIT, Upload};
pub use out_file::OutFile;
pub(crate) use run::run_import;
