//! Data coming in from files of rows and going out into them.
//!
//! An import is a job: [`bound`] opens the file and binds its columns to fields, [`run`] walks over its rows and hands pages of
//! cleaned ones to [`page`], which writes each along the one path on which records are written. An export reads pages as the
//! caller may take them out and writes a file that an import takes back without loss.
//!
//! Rows of child tables stand on sheets of their own or beside their records: [`child_source`] finds them, [`child_rows`] lays
//! them beside the record that they name, [`child_write`] makes them what the record is written with, [`child_export`] writes
//! them out.

mod account;
mod bound;
mod cells;
mod child_export;
mod child_rows;
mod child_source;
mod child_write;
mod export;
mod finish;
mod import;
mod incoming;
mod key;
mod kind;
mod making;
mod mapping;
mod named;
mod naming;
mod note;
mod out_file;
mod page;
mod part;
mod preview;
mod proposal;
mod refused;
mod repeat;
mod run;
mod target;
mod template;
mod unique;

pub use export::{ExportFormat, ExportRequest};
pub(crate) use import::blocking;
pub use import::{ImportMode, ImportRequest, Upload};
pub use out_file::OutFile;
pub use preview::PreviewRequest;
pub(crate) use run::run_import;
