//! OpenDocument spreadsheets, read as a stream of their content part.

mod cells;
mod styles;

use super::archive::Archive;
use super::cell::{Cell, SourceRow};
use super::merge::{MOST_RANGES, MergedRange};
use super::xml::{Part, append, attribute};
use super::{Layout, Limits, SheetInfo, beyond};
use crate::messages::Code;
use crate::notice::FileFault;
use cells::Open;
use quick_xml::events::{BytesStart, Event};
use std::ops::ControlFlow;
use styles::Styles;

/// An opened ods file.
pub struct Ods {
    archive: Archive,
    sheets: Vec<SheetInfo>,
    styles: Styles,
}

/// What a walk over a sheet meets.
enum Met {
    Column { hidden: bool, from: usize, count: usize },
    Merged(MergedRange),
    Row(SourceRow),
}

impl Ods {
    /// Reads the names of the sheets and the styles.
    pub fn open(mut archive: Archive, file_name: &str) -> Result<Self, FileFault> {
        let kind = archive.small("mimetype")?.unwrap_or_default();
        if !kind.starts_with(b"application/vnd.oasis.opendocument.spreadsheet") {
            return Err(FileFault::new(Code::FileTypeMismatch)
                .with("name", file_name)
                .with("found", "an OpenDocument file without sheets"));
        }
        if archive
            .small("META-INF/manifest.xml")?
            .is_some_and(|manifest| String::from_utf8_lossy(&manifest).contains("encryption-data"))
        {
            return Err(FileFault::new(Code::FileEncrypted));
        }
        let mut styles = Styles::default();
        let mut sheets = Vec::new();
        let mut depth = 0_u32;
        let mut reader = Part::buffered(archive.entry("content.xml")?);
        loop {
            match reader.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    b"table" => {
                        depth += 1;
                        if depth == 1 {
                            sheets.push((
                                attribute(&element, b"name").unwrap_or_default(),
                                attribute(&element, b"style-name"),
                            ));
                        }
                    }
                    _ => styles.open(&element),
                },
                Event::Empty(element) => styles.open(&element),
                Event::End(element) if element.local_name().as_ref() == b"table" => depth = depth.saturating_sub(1),
                Event::Eof => break,
                _ => {}
            }
        }
        drop(reader);
        let sheets = sheets
            .into_iter()
            .map(|(name, style)| SheetInfo { name, hidden: style.is_some_and(|style| styles.is_hidden(&style)) })
            .collect();
        Ok(Self { archive, sheets, styles })
    }

    /// The sheets in order.
    pub fn sheets(&self) -> Vec<SheetInfo> {
        self.sheets.clone()
    }

    /// Hidden columns and merged ranges of a sheet.
    pub fn layout(&self, index: usize) -> Result<Layout, FileFault> {
        let mut layout = Layout::default();
        self.walk(index, &Limits::default(), &mut |met| {
            match met {
                Met::Column { hidden: true, from, count } => {
                    layout.hidden_columns.extend(from..from.saturating_add(count.min(16_384)))
                }
                Met::Merged(range) if layout.merged.len() < MOST_RANGES => layout.merged.push(range),
                _ => {}
            }
            ControlFlow::Continue(())
        })?;
        Ok(layout)
    }

    /// Visits the rows that hold anything, in order.
    pub fn for_each_row(
        &self,
        index: usize,
        limits: &Limits,
        visit: &mut dyn FnMut(SourceRow) -> ControlFlow<()>,
    ) -> Result<(), FileFault> {
        self.walk(index, limits, &mut |met| match met {
            Met::Row(row) => visit(row),
            _ => ControlFlow::Continue(()),
        })
    }

    fn walk(
        &self,
        index: usize,
        limits: &Limits,
        meet: &mut dyn FnMut(Met) -> ControlFlow<()>,
    ) -> Result<(), FileFault> {
        let mut archive = self.archive.clone();
        let mut reader = Part::buffered(archive.entry("content.xml")?);
        let (mut tables, mut depth) = (0_usize, 0_u32);
        let (mut row, mut repeat, mut next_row, mut column, mut filled) =
            (SourceRow::default(), 1_u32, 1_u32, 0_usize, 0_usize);
        let mut column_styles: Vec<(usize, Option<String>)> = Vec::new();
        let (mut columns, mut cell, mut aside) = (0_usize, None::<Open>, 0_u32);
        loop {
            let event = reader.next()?;
            let (element, empty) = match &event {
                Event::Start(element) => (Some(element), false),
                Event::Empty(element) => (Some(element), true),
                _ => (None, false),
            };
            if let Some(element) = element {
                match element.local_name().as_ref() {
                    b"table" if !empty => {
                        depth += 1;
                        if depth == 1 {
                            tables += 1;
                        }
                    }
                    b"annotation" if !empty => aside += 1,
                    _ if tables != index + 1 || depth != 1 || aside > 0 => {}
                    b"table-column" => {
                        let count = repeated(element, b"number-columns-repeated");
                        let hidden = attribute(element, b"visibility").is_some_and(|state| state != "visible");
                        if meet(Met::Column { hidden, from: columns, count }).is_break() {
                            return Ok(());
                        }
                        columns = columns.saturating_add(count);
                        column_styles.push((columns, attribute(element, b"default-cell-style-name")));
                    }
                    b"table-row" => {
                        repeat = u32::try_from(repeated(element, b"number-rows-repeated")).unwrap_or(u32::MAX);
                        let hidden = attribute(element, b"visibility").is_some_and(|state| state != "visible");
                        row = SourceRow { number: next_row, hidden, ..SourceRow::default() };
                        column = 0;
                        if empty {
                            next_row = next_row.saturating_add(repeat);
                        }
                    }
                    b"table-cell" | b"covered-table-cell" => {
                        let mut open = Open::new(element);
                        if open.style.is_none() {
                            open.style = column_styles
                                .iter()
                                .find(|(end, _)| column < *end)
                                .and_then(|(_, style)| style.clone());
                        }
                        let rows = u32::try_from(repeated(element, b"number-rows-spanned")).unwrap_or(1);
                        if rows > 1 {
                            let last_column = column.saturating_add(repeated(element, b"number-columns-spanned") - 1);
                            let range = MergedRange {
                                first_row: next_row,
                                last_row: next_row.saturating_add(rows - 1),
                                first_column: column,
                                last_column,
                            };
                            if meet(Met::Merged(range)).is_break() {
                                return Ok(());
                            }
                        }
                        if empty {
                            column = put(&mut row, column, &open, &self.styles, limits)?;
                        } else {
                            cell = Some(open);
                        }
                    }
                    _ => {
                        if let Some(open) = &mut cell {
                            open.element(element);
                        }
                    }
                }
                continue;
            }
            match &event {
                Event::End(element) => match element.local_name().as_ref() {
                    b"table" => {
                        depth = depth.saturating_sub(1);
                        if depth == 0 && tables == index + 1 {
                            return Ok(());
                        }
                    }
                    b"annotation" => aside = aside.saturating_sub(1),
                    b"table-cell" | b"covered-table-cell" => {
                        if let Some(open) = cell.take() {
                            column = put(&mut row, column, &open, &self.styles, limits)?;
                        }
                    }
                    b"table-row" if tables == index + 1 && depth == 1 => {
                        let number = next_row;
                        next_row = next_row.saturating_add(repeat);
                        let done = std::mem::take(&mut row);
                        if done.cells.is_empty() {
                            continue;
                        }
                        for step in 0..repeat {
                            filled += 1;
                            if filled > limits.rows {
                                return Err(beyond(limits.rows, "rows"));
                            }
                            if meet(Met::Row(SourceRow { number: number.saturating_add(step), ..done.clone() }))
                                .is_break()
                            {
                                return Ok(());
                            }
                        }
                    }
                    b"p" => {
                        if let Some(open) = &mut cell {
                            open.in_text = false;
                        }
                    }
                    _ => {}
                },
                Event::Eof if depth > 0 => return Err(FileFault::damaged("content.xml")),
                Event::Eof => return Ok(()),
                event => {
                    if let Some(open) = cell.as_mut().filter(|open| open.in_text && aside == 0) {
                        append(event, &mut open.text)?;
                    }
                }
            }
        }
    }
}

/// A count of repetitions, at least 1.
fn repeated(element: &BytesStart<'_>, name: &[u8]) -> usize {
    attribute(element, name).and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

/// Puts a cell into the row as often as it is repeated; gives the next column.
fn put(row: &mut SourceRow, column: usize, open: &Open, styles: &Styles, limits: &Limits) -> Result<usize, FileFault> {
    let end = column.saturating_add(open.repeat);
    let cell = open.cell(styles);
    if !matches!(cell, Cell::Blank) {
        if end > limits.columns {
            return Err(beyond(limits.columns, "columns"));
        }
        if row.cells.len() < end {
            row.cells.resize(end, Cell::Blank);
        }
        for place in row.cells.iter_mut().take(end).skip(column) {
            place.clone_from(&cell);
        }
    }
    Ok(end)
}
