//! Opening a file of rows: what it is, which sheets it has, and its rows as a stream.

mod archive;
pub mod cell;
mod compound;
mod merge;
mod number;
mod number_format;
mod ods;
mod serial;
mod sniff;
pub mod text;
mod xls;
mod xlsb;
mod xlsx;
mod xml;

pub use cell::{Cell, SourceRow, column_letters};
pub use merge::MergedRange;

use crate::messages::Code;
use crate::notice::FileFault;
use archive::{Archive, Bytes};
use merge::MergeFill;
use sniff::Content;
use std::ops::ControlFlow;

/// How much a file may hold. The defaults are the product's limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file itself.
    pub file_bytes: usize,
    /// Bytes of a text file, which is decoded as a whole.
    pub text_bytes: usize,
    /// Bytes of an old binary workbook (xls), which is read as a whole.
    pub xls_bytes: usize,
    /// Entries of a zip container.
    pub archive_entries: usize,
    /// Bytes of all entries unpacked.
    pub archive_bytes: u64,
    /// Unpacked to packed, for entries beyond `archive_ratio_from` bytes.
    pub archive_ratio: u64,
    /// Entries up to this size may have any ratio.
    pub archive_ratio_from: u64,
    /// Bytes of shared strings unpacked.
    pub shared_strings_bytes: u64,
    /// Columns.
    pub columns: usize,
    /// Rows that hold anything.
    pub rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MB: u64 = 1_048_576;
        Self {
            file_bytes: 128 * 1_048_576,
            text_bytes: 128 * 1_048_576,
            xls_bytes: 64 * 1_048_576,
            archive_entries: 2_000,
            archive_bytes: 512 * MB,
            archive_ratio: 200,
            archive_ratio_from: 10 * MB,
            shared_strings_bytes: 128 * MB,
            columns: 500,
            rows: 200_000,
        }
    }
}

/// What the person who imports has chosen; everything may be left to us.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// Encoding of a text file by its label (`utf-8`, `gb18030`, `big5`, `shift_jis`, `windows-1252` …).
    pub encoding: Option<String>,
    /// Delimiter of a text file: `,` `;` tab `|`.
    pub delimiter: Option<char>,
    /// The sheet to read; must exist.
    pub sheet: Option<String>,
    /// How much the file may hold.
    pub limits: Limits,
}

/// The kind of file that was found by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// CSV, TSV and other delimited text.
    Text,
    /// Office Open XML.
    Xlsx,
    /// Binary Office Open XML.
    Xlsb,
    /// Excel 97–2003.
    Xls,
    /// OpenDocument.
    Ods,
}

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetInfo {
    /// Its name.
    pub name: String,
    /// Hidden by the author; it is data all the same.
    pub hidden: bool,
}

/// What is to be known of a sheet before its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Hidden columns, from 0.
    pub hidden_columns: Vec<usize>,
    /// Merged ranges.
    pub merged: Vec<MergedRange>,
}

/// An opened file. Rows are read on demand, each time anew.
pub struct Workbook {
    inner: Inner,
    limits: Limits,
    chosen: Option<usize>,
}

enum Inner {
    Text(text::TextFile),
    Xlsx(xlsx::Xlsx),
    Xlsb(xlsb::Xlsb),
    Xls(xls::Xls),
    Ods(ods::Ods),
}

impl FileKind {
    /// The kind that a file's name says it is of; none where its ending says nothing of rows.
    fn by_name(name: &str) -> Option<FileKind> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.trim_end().to_ascii_lowercase().as_str() {
            "xlsx" | "xlsm" | "xltx" | "xltm" => FileKind::Xlsx,
            "xlsb" => FileKind::Xlsb,
            "xls" | "xlt" => FileKind::Xls,
            "ods" | "ots" => FileKind::Ods,
            "csv" | "tsv" | "tab" | "txt" => FileKind::Text,
            _ => return None,
        })
    }

    /// What the content is, in the words of a message.
    fn words(self) -> &'static str {
        match self {
            FileKind::Text => "delimited text (csv)",
            FileKind::Xlsx => "an Excel workbook (xlsx)",
            FileKind::Xlsb => "an Excel workbook (xlsb)",
            FileKind::Xls => "an Excel workbook (xls)",
            FileKind::Ods => "an OpenDocument workbook (ods)",
        }
    }
}

/// Opens a file by its content. A name that says it is of another kind is a lie that somebody should look into; a name that says
/// nothing only serves messages and the name of a text file's single sheet.
///
/// # Errors
/// `file_empty`, `file_too_large`, `file_encrypted`, `file_damaged`, `archive_refused`, `file_type_unknown`,
/// `file_type_mismatch`, `text_invalid`, `encoding_unknown`, `quote_unclosed`, `sheet_unknown`.
pub fn open(bytes: impl Into<Bytes>, file_name: &str, options: &OpenOptions) -> Result<Workbook, FileFault> {
    let bytes: Bytes = bytes.into();
    let limits = options.limits.clone();
    if bytes.is_empty() {
        return Err(FileFault::new(Code::FileEmpty));
    }
    check_size(bytes.len(), limits.file_bytes)?;
    let inner = match sniff::content(&bytes) {
        Content::Zip => open_archive(bytes, file_name, &limits)?,
        Content::Compound => {
            check_size(bytes.len(), limits.xls_bytes)?;
            Inner::Xls(xls::Xls::open(&bytes, file_name)?)
        }
        Content::Other(found) => {
            return Err(FileFault::new(Code::FileTypeMismatch).with("name", file_name).with("found", found));
        }
        Content::Unknown => return Err(FileFault::new(Code::FileTypeUnknown)),
        Content::Text => {
            check_size(bytes.len(), limits.text_bytes)?;
            Inner::Text(text::TextFile::open(&bytes, file_name, options)?)
        }
    };
    let mut workbook = Workbook { inner, limits, chosen: None };
    let found = workbook.kind();
    if FileKind::by_name(file_name).is_some_and(|named| named != found) {
        return Err(FileFault::new(Code::FileTypeMismatch).with("name", file_name).with("found", found.words()));
    }
    if let Some(sheet) = &options.sheet {
        workbook.chosen = Some(workbook.sheet_index(sheet)?);
    }
    if workbook.sheets().is_empty() {
        return Err(FileFault::new(Code::FileEmpty));
    }
    Ok(workbook)
}

fn check_size(size: usize, limit: usize) -> Result<(), FileFault> {
    if size > limit {
        return Err(FileFault::new(Code::FileTooLarge).with("limit", limit / 1_048_576).with("unit", "MB"));
    }
    Ok(())
}

fn open_archive(bytes: Bytes, file_name: &str, limits: &Limits) -> Result<Inner, FileFault> {
    let mut archive = Archive::open(bytes, limits)?;
    if archive.has("content.xml") && archive.has("mimetype") {
        return Ok(Inner::Ods(ods::Ods::open(archive, file_name)?));
    }
    let main = xlsx::relations(&mut archive, "")?
        .into_values()
        .find(|relation| relation.kind == "officeDocument")
        .map(|relation| relation.target);
    match main {
        Some(part) if part.ends_with(".bin") => Ok(Inner::Xlsb(xlsb::Xlsb::open(archive, &part, limits)?)),
        Some(part) if part.ends_with("workbook.xml") || part.starts_with("xl/") => {
            Ok(Inner::Xlsx(xlsx::Xlsx::open(archive, &part, limits)?))
        }
        Some(_) => Err(FileFault::new(Code::FileTypeMismatch)
            .with("name", file_name)
            .with("found", "an Office document without sheets")),
        None => Err(FileFault::new(Code::FileTypeMismatch).with("name", file_name).with("found", "a zip archive")),
    }
}

impl Workbook {
    /// What the file is.
    pub fn kind(&self) -> FileKind {
        match &self.inner {
            Inner::Text(_) => FileKind::Text,
            Inner::Xlsx(_) => FileKind::Xlsx,
            Inner::Xlsb(_) => FileKind::Xlsb,
            Inner::Xls(_) => FileKind::Xls,
            Inner::Ods(_) => FileKind::Ods,
        }
    }

    /// How a text file was read: its encoding and delimiter, for the preview.
    pub fn text_form(&self) -> Option<&text::TextForm> {
        match &self.inner {
            Inner::Text(file) => Some(file.form()),
            _ => None,
        }
    }

    /// The sheets in the file's order; a text file has one, named after the file.
    pub fn sheets(&self) -> Vec<SheetInfo> {
        match &self.inner {
            Inner::Text(file) => file.sheets(),
            Inner::Xlsx(file) => file.sheets(),
            Inner::Xlsb(file) => file.sheets(),
            Inner::Xls(file) => file.sheets(),
            Inner::Ods(file) => file.sheets(),
        }
    }

    /// The sheet chosen when opening, else the first visible one, else the first.
    pub fn default_sheet(&self) -> usize {
        self.chosen.unwrap_or_else(|| self.sheets().iter().position(|sheet| !sheet.hidden).unwrap_or(0))
    }

    /// The place of a sheet by its name (exact, else without regard to case and outer blanks).
    ///
    /// # Errors
    /// `sheet_unknown`, naming those there are. A text file has one sheet that answers to any name.
    pub fn sheet_index(&self, name: &str) -> Result<usize, FileFault> {
        let sheets = self.sheets();
        if matches!(self.inner, Inner::Text(_)) {
            return Ok(0);
        }
        let folded = name.trim().to_lowercase();
        sheets
            .iter()
            .position(|sheet| sheet.name == name)
            .or_else(|| sheets.iter().position(|sheet| sheet.name.trim().to_lowercase() == folded))
            .ok_or_else(|| {
                let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
                FileFault::new(Code::SheetUnknown).with("sheet", name).with("sheets", names.join(", "))
            })
    }

    /// Whether day numbers in plain number cells count from 1904.
    pub fn date1904(&self) -> bool {
        match &self.inner {
            Inner::Xlsx(file) => file.date1904(),
            Inner::Xlsb(file) => file.date1904(),
            Inner::Xls(file) => file.date1904(),
            Inner::Text(_) | Inner::Ods(_) => false,
        }
    }

    /// Whether the file is an export of this product that nobody turned into another file: its texts are then taken as they stand.
    pub fn written_by_us(&self) -> bool {
        matches!(&self.inner, Inner::Xlsx(file) if file.property(crate::write::MARK).is_some())
    }

    /// Whether `_x000D_`-like escapes were already decoded, so that what looks like one is text.
    pub fn escapes_decoded(&self) -> bool {
        matches!(self.inner, Inner::Xlsx(_))
    }

    /// Hidden columns and merged ranges of a sheet.
    ///
    /// # Errors
    /// `file_damaged`.
    pub fn layout(&self, sheet: usize) -> Result<Layout, FileFault> {
        match &self.inner {
            Inner::Xlsx(file) => file.layout(sheet),
            Inner::Xls(file) => file.layout(sheet),
            Inner::Ods(file) => file.layout(sheet),
            Inner::Xlsb(file) => file.layout(sheet),
            Inner::Text(_) => Ok(Layout::default()),
        }
    }

    /// Visits the rows of a sheet in order, until told to stop. Rows that hold nothing may be left out: their numbers
    /// are then missing. Merged cells have been given to the rows they cover.
    ///
    /// # Errors
    /// `file_damaged`, `file_too_large` (after the rows before it were visited).
    pub fn for_each_row(
        &self,
        sheet: usize,
        mut visit: impl FnMut(SourceRow) -> ControlFlow<()>,
    ) -> Result<(), FileFault> {
        let mut fill = MergeFill::new(self.layout(sheet)?.merged);
        let mut visit = |mut row: SourceRow| {
            fill.fill(&mut row);
            visit(row)
        };
        match &self.inner {
            Inner::Text(file) => file.for_each_row(&self.limits, &mut visit),
            Inner::Xlsx(file) => file.for_each_row(sheet, &self.limits, &mut visit),
            Inner::Xlsb(file) => file.for_each_row(sheet, &self.limits, &mut visit),
            Inner::Xls(file) => file.for_each_row(sheet, &self.limits, &mut visit),
            Inner::Ods(file) => file.for_each_row(sheet, &self.limits, &mut visit),
        }
    }

    /// The row of that number (the headings that a mapping names); nothing when it holds nothing.
    ///
    /// # Errors
    /// As [`Self::for_each_row`].
    pub fn row(&self, sheet: usize, number: u32) -> Result<Option<SourceRow>, FileFault> {
        let mut found = None;
        self.for_each_row(sheet, |row| {
            if row.number < number {
                return ControlFlow::Continue(());
            }
            found = Some(row).filter(|row| row.number == number);
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// The first rows that hold anything, at most `count`.
    ///
    /// # Errors
    /// As [`Self::for_each_row`].
    pub fn preview(&self, sheet: usize, count: usize) -> Result<Vec<SourceRow>, FileFault> {
        let mut rows = Vec::new();
        if count == 0 {
            return Ok(rows);
        }
        self.for_each_row(sheet, |row| {
            if !row.is_blank() {
                rows.push(row);
            }
            if rows.len() >= count { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(rows)
    }
}

/// Too many rows or columns.
fn beyond(limit: usize, unit: &str) -> FileFault {
    FileFault::new(Code::FileTooLarge).with("limit", limit).with("unit", unit)
}

/// The day of a spreadsheet's day number.
pub(crate) fn serial_day(value: rust_decimal::Decimal, date1904: bool) -> Option<chrono::NaiveDate> {
    serial::moment(value.trunc(), date1904).map(|at| at.date())
}

/// The moment of a spreadsheet's day number.
pub(crate) fn serial_moment(value: rust_decimal::Decimal, date1904: bool) -> Option<chrono::NaiveDateTime> {
    serial::moment(value, date1904)
}
