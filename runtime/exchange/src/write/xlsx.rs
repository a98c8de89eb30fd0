//! XLSX in constant memory: texts are text, numbers numbers, dates dates.

use super::{MARK, Out, WriteFault, Written};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use rust_decimal::Decimal;
use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet, XlsxError};
use std::collections::HashMap;
use std::io::Write;

/// Most characters of a cell.
const CELL_CHARACTERS: usize = 32_767;
/// Digits that a number cell keeps; longer numbers are written as text.
const NUMBER_DIGITS: u128 = 1_000_000_000_000_000;
/// Rows of a sheet.
const SHEET_ROWS: u32 = 1_048_576;

/// A column to write.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// Its width in characters; by its heading when not given.
    pub width: Option<f64>,
    /// The number format of its numbers (`0.00`, `0.00%`); plain when not given.
    pub number_format: Option<String>,
}

impl Column {
    /// A column by its heading alone.
    pub fn titled(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }
}

/// By whom, when and as what a workbook was taken out: it stands at the foot of each printed page and in the document's
/// properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The person's name.
    pub person: String,
    /// The time, as the person reads it.
    pub at: String,
    /// The id of the export, by which the log tells of it.
    pub id: String,
}

impl Stamp {
    /// The footer in the language of spreadsheets: the person and the time on the left, the id on the right. They take no more than 255
    /// characters.
    fn footer(&self) -> String {
        let person: String = self.person.chars().filter(|c| !c.is_control()).take(80).collect();
        format!("&L{} · {}&R{}", person.replace('&', "&&"), self.at.replace('&', "&&"), self.id.replace('&', "&&"))
    }
}

/// A sheet that is being written.
struct Page {
    columns: Vec<Column>,
    next: u32,
}

/// Writes sheets row by row; their rows may come in turn.
pub struct XlsxWriter {
    book: Workbook,
    pages: Vec<Page>,
    names: Vec<String>,
    numbers: HashMap<String, Format>,
    date: Format,
    moment: Format,
    time: Format,
    duration: Format,
    footer: Option<String>,
    written: Written,
}

impl XlsxWriter {
    /// Begins a workbook with one sheet and its headings, bold and frozen. `export` marks it as one of ours, whose texts
    /// are taken back as they stand.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn new(sheet: &str, columns: Vec<Column>, export: bool) -> Result<Self, WriteFault> {
        let mut book = Workbook::new();
        if export {
            book.set_properties(&DocProperties::new().set_custom_property(MARK, "1"));
        }
        let mut writer = Self {
            book,
            pages: Vec::new(),
            names: Vec::new(),
            numbers: HashMap::new(),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            time: Format::new().set_num_format("hh:mm:ss"),
            duration: Format::new().set_num_format("[h]:mm:ss"),
            footer: None,
            written: Written::default(),
        };
        writer.add_sheet(sheet, columns)?;
        Ok(writer)
    }

    /// Says in the document, and at the foot of each of its sheets, whose export it is.
    pub fn stamp(&mut self, stamp: &Stamp) {
        let properties = DocProperties::new().set_author(&stamp.person).set_custom_property(MARK, stamp.id.as_str());
        self.book.set_properties(&properties);
        self.footer = Some(stamp.footer());
    }

    /// Adds a further sheet with its headings and gives its number for [`Self::row_on`].
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn add_sheet(&mut self, sheet: &str, columns: Vec<Column>) -> Result<usize, WriteFault> {
        let name = free_name(sheet, &self.names);
        let page = self.book.add_worksheet_with_constant_memory()?;
        page.set_name(&name)?;
        page.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        for (index, column) in (0_u16..).zip(&columns) {
            let width = column.width.unwrap_or_else(|| width_of(&column.title));
            page.set_column_width(index, width)?;
            page.write_string_with_format(0, index, cut(&column.title).0, &bold)?;
        }
        for code in columns.iter().filter_map(|column| column.number_format.as_ref()) {
            if !self.numbers.contains_key(code) {
                self.numbers.insert(code.clone(), Format::new().set_num_format(code));
            }
        }
        self.names.push(name);
        self.pages.push(Page { columns, next: 1 });
        Ok(self.pages.len() - 1)
    }

    /// Writes a row on the first sheet.
    ///
    /// # Errors
    /// [`WriteFault::TooManyRows`], or when the temporary file fails.
    pub fn row(&mut self, cells: &[Out]) -> Result<(), WriteFault> {
        self.row_on(0, cells)
    }

    /// Writes a row on a sheet.
    ///
    /// # Errors
    /// [`WriteFault::TooManyRows`], or when the temporary file fails.
    pub fn row_on(&mut self, sheet: usize, cells: &[Out]) -> Result<(), WriteFault> {
        let page = self.book.worksheet_from_index(sheet)?;
        let Some(Page { columns, next }) = self.pages.get_mut(sheet) else { return Ok(()) };
        if *next >= SHEET_ROWS {
            return Err(WriteFault::TooManyRows);
        }
        let row = *next;
        for (index, cell) in (0_u16..).zip(cells) {
            let format = columns
                .get(usize::from(index))
                .and_then(|column| column.number_format.as_ref())
                .and_then(|code| self.numbers.get(code));
            match cell {
                Out::Blank => {}
                Out::Text(text) => self.written.cut_texts += u32::from(text_cell(page, row, index, text)?),
                Out::Number(value) => number_cell(page, row, index, *value, format)?,
                Out::Bool(value) => {
                    page.write_boolean(row, index, *value)?;
                }
                Out::Date(date) => match serial(date.and_time(NaiveTime::MIN)) {
                    Some(serial) => {
                        page.write_number_with_format(row, index, serial, &self.date)?;
                    }
                    None => {
                        page.write_string(row, index, date.to_string())?;
                    }
                },
                Out::DateTime(at) => match serial(*at) {
                    Some(serial) => {
                        page.write_number_with_format(row, index, serial, &self.moment)?;
                    }
                    None => {
                        page.write_string(row, index, at.format("%Y-%m-%d %H:%M:%S").to_string())?;
                    }
                },
                Out::Time(time) => {
                    page.write_number_with_format(
                        row,
                        index,
                        f64::from(time.num_seconds_from_midnight()) / 86_400.0,
                        &self.time,
                    )?;
                }
                Out::Duration(length) => match i32::try_from(length.num_seconds()) {
                    Ok(seconds) if seconds >= 0 => {
                        page.write_number_with_format(row, index, f64::from(seconds) / 86_400.0, &self.duration)?;
                    }
                    // Spreadsheets show times below zero as #####.
                    _ => {
                        page.write_string(row, index, crate::clean::moment::iso_duration(*length))?;
                    }
                },
            }
        }
        *next += 1;
        self.written.rows += u32::from(sheet == 0);
        Ok(())
    }

    /// Ends the workbook and writes it out.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn finish(mut self, out: impl Write + Send) -> Result<Written, WriteFault> {
        if let Some(footer) = &self.footer {
            for page in self.book.worksheets_mut() {
                page.set_footer(footer);
            }
        }
        self.book.save_to_writer(out)?;
        Ok(self.written)
    }
}

/// Writes a text, cut if it is longer than a cell holds; tells whether it was.
pub(super) fn text_cell(page: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<bool, XlsxError> {
    let (text, was_cut) = cut(text);
    page.write_string(row, column, text)?;
    Ok(was_cut)
}

fn cut(text: &str) -> (&str, bool) {
    match text.char_indices().nth(CELL_CHARACTERS) {
        Some((at, _)) => (text.get(..at).unwrap_or(text), true),
        None => (text, false),
    }
}

fn number_cell(
    page: &mut Worksheet,
    row: u32,
    column: u16,
    value: Decimal,
    format: Option<&Format>,
) -> Result<(), XlsxError> {
    let number =
        value.to_string().parse::<f64>().ok().filter(|_| value.normalize().mantissa().unsigned_abs() < NUMBER_DIGITS);
    match (number, format) {
        (Some(number), Some(format)) => page.write_number_with_format(row, column, number, format)?,
        (Some(number), None) => page.write_number(row, column, number)?,
        (None, _) => page.write_string(row, column, value.to_string())?,
    };
    Ok(())
}

/// The day number of the 1900 system; nothing before March 1900, where it is off by one.
fn serial(at: NaiveDateTime) -> Option<f64> {
    let first = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    let days = u32::try_from(at.date().signed_duration_since(first).num_days()).ok().filter(|days| *days > 60)?;
    Some(f64::from(days) + f64::from(at.time().num_seconds_from_midnight()) / 86_400.0)
}

/// A width for a heading: Chinese characters are twice as wide.
pub(super) fn width_of(title: &str) -> f64 {
    let width: u16 = title.chars().map(|c| if c.is_ascii() { 1_u16 } else { 2 }).fold(4, u16::saturating_add);
    f64::from(width.clamp(10, 60))
}

/// A name for a sheet that no other bears, whatever the case of its letters.
pub(super) fn free_name(wanted: &str, taken: &[String]) -> String {
    let name = sheet_name(wanted);
    let is_free = |name: &str| !taken.iter().any(|other| other.to_lowercase() == name.to_lowercase());
    if is_free(&name) {
        return name;
    }
    let numbered = |n: usize| {
        let tail = format!(" {n}");
        format!("{}{tail}", name.chars().take(31_usize.saturating_sub(tail.len())).collect::<String>())
    };
    (2..).map(numbered).find(|name| is_free(name)).unwrap_or(name.clone())
}

/// A name that a sheet may have: 31 characters, none of `[]:*?/\`, no apostrophe at either end.
pub fn sheet_name(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') || c.is_control() { '_' } else { c })
        .take(31)
        .collect();
    let name = name.trim_matches('\'').trim().to_owned();
    if name.is_empty() { "Data".to_owned() } else { name }
}
