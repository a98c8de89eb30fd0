//! Apps as folders and packages: read, checked, applied, exported; the shipped ones installed with their data.
//!
//! A package is data. It is read in memory and never unpacked; nothing in it grants anything to a person.

mod apply;
mod check;
mod csv_data;
mod data;
mod export;
mod folder;
mod package;
mod people_data;
mod seeds;
mod sink;
mod trial;

pub use apply::{Applied, apply, apply_files, plan_text};
pub use check::{Checked, check, try_folder};
pub use data::{Loaded, load_data};
pub use export::{app_files, export, export_zip};
pub use folder::{FileFault, Files, read_files, read_folder};
pub use package::{read_json, read_zip};
pub use seeds::{Shipped, apply_shipped, install, shipped};
pub use sink::{RecordSink, RecordWrite, SaveSink};
pub use trial::{Tried, try_app};
