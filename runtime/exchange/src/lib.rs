//! formwright-exchange: reading and writing spreadsheets and text files, and cleaning what people put into them.
//!
//! No database and no knowledge of forms: the caller passes in what a form's fields are called and what they hold.
//!
//! # Importing
//! 1. [`source::open`] tells what a file is by its content and opens it within budgets ([`source::Limits`]): CSV and other
//!    delimited text, xlsx, xlsb, xls, ods. A refusal is a [`FileFault`] with a code and words in English and Chinese.
//! 2. [`Workbook::sheets`], [`Workbook::preview`], [`Workbook::text_form`] and [`Workbook::layout`] are what a wizard shows.
//! 3. [`heading::find`] finds the row of headings among the previewed rows, [`heading::propose`] the field of each column.
//! 4. A [`row::Plan`] says which column fills which [`row::Target`] of which [`row::Kind`]; with defaults, replacements
//!    of single texts, and [`row::RowOptions`] (default year, day first, currency and rates).
//! 5. [`row::walk`] visits the data rows one by one and counts what it passes over (blank rows, totals, repeated headings,
//!    hidden rows); [`row::Plan::clean`] makes JSON values of each, by target, with faults and warnings by column.
//!    Numbers are exact JSON numbers, dates `YYYY-MM-DD`, dates with times without a zone (unless one was written),
//!    durations ISO 8601.
//! 6. [`row::Duplicates`] finds rows that repeat an earlier one or, through [`row::KnownKeys`], a record.
//!
//! Rows stream: memory does not grow with their number (shared strings of xlsx and text files are held whole, xls too).
//!
//! # Exporting
//! [`write::csv::CsvWriter`], [`write::xlsx::XlsxWriter`], [`write::result::ResultWriter`] and [`write::template::write`]
//! take rows as they come. Text never becomes a formula, in no format.
//!
//! [`Workbook::sheets`]: source::Workbook::sheets
//! [`Workbook::preview`]: source::Workbook::preview
//! [`Workbook::text_form`]: source::Workbook::text_form
//! [`Workbook::layout`]: source::Workbook::layout

pub mod clean;
pub mod guess;
pub mod heading;
pub mod messages;
pub mod notice;
pub mod row;
pub mod source;
pub mod write;

pub use messages::Code;
pub use notice::{Fault, FileFault, Notice};
pub use source::{Cell, OpenOptions, SourceRow, Workbook, open};
