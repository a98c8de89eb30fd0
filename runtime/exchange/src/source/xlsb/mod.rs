//! Binary Office Open XML workbooks ([MS-XLSB]), read as a stream: sheets, styles and shared strings once, then row by row.

mod records;
mod rows;

use super::archive::Archive;
use super::cell::SourceRow;
use super::compound::{u16_at, u32_at};
use super::number_format::NumberFormat;
use super::xlsx::{Relation, Strings, relations};
use super::{Layout, Limits, SheetInfo};
use crate::messages::Code;
use crate::notice::FileFault;
use records::{Records, wide};
use std::collections::HashMap;
use std::io::Read;
use std::ops::ControlFlow;

const BOOK_PROPERTIES: u16 = 0x0099;
const SHEET: u16 = 0x009c;
const END_SHEETS: u16 = 0x0090;
const STRING: u16 = 0x0013;
const FORMAT: u16 = 0x002c;
const STYLE: u16 = 0x002f;
const BEGIN_CELL_STYLES: u16 = 0x0269;
const END_CELL_STYLES: u16 = 0x026a;

/// An opened xlsb workbook.
pub struct Xlsb {
    archive: Archive,
    sheets: Vec<(SheetInfo, String)>,
    strings: Strings,
    formats: Vec<NumberFormat>,
    date1904: bool,
}

impl Xlsb {
    /// Reads everything but the rows. `main` is the workbook part, as the container's relations name it.
    pub fn open(mut archive: Archive, main: &str, limits: &Limits) -> Result<Self, FileFault> {
        let relations = relations(&mut archive, main)?;
        let part = |kind: &str| {
            relations.values().find(|relation| relation.kind == kind).map(|relation| relation.target.clone())
        };
        let (sheets, date1904) = workbook(&mut archive, main, &relations)?;
        let strings = match part("sharedStrings") {
            Some(part) => strings(&mut archive, &part, limits)?,
            None => Strings::default(),
        };
        let formats = match part("styles") {
            Some(part) => formats(&mut archive, &part)?,
            None => Vec::new(),
        };
        Ok(Self { archive, sheets, strings, formats, date1904 })
    }

    /// The worksheets in order.
    pub fn sheets(&self) -> Vec<SheetInfo> {
        self.sheets.iter().map(|(info, _)| info.clone()).collect()
    }

    /// Whether days count from 1904.
    pub fn date1904(&self) -> bool {
        self.date1904
    }

    /// Hidden columns and merged ranges of a sheet.
    pub fn layout(&self, index: usize) -> Result<Layout, FileFault> {
        let mut archive = self.archive.clone();
        rows::layout(&mut Records::new(archive.entry(self.part(index)?)?))
    }

    /// Visits the rows in order.
    pub fn for_each_row(
        &self,
        index: usize,
        limits: &Limits,
        visit: &mut dyn FnMut(SourceRow) -> ControlFlow<()>,
    ) -> Result<(), FileFault> {
        let mut archive = self.archive.clone();
        let mut records = Records::new(archive.entry(self.part(index)?)?);
        rows::Reader { strings: &self.strings, formats: &self.formats, date1904: self.date1904, limits }
            .visit(&mut records, visit)
    }

    fn part(&self, index: usize) -> Result<&str, FileFault> {
        self.sheets.get(index).map(|(_, part)| part.as_str()).ok_or_else(|| FileFault::damaged("sheet"))
    }
}

/// The worksheets with their parts, and the date system.
fn workbook(
    archive: &mut Archive,
    part: &str,
    relations: &HashMap<String, Relation>,
) -> Result<(Vec<(SheetInfo, String)>, bool), FileFault> {
    let mut records = Records::new(archive.entry(part)?);
    let (mut sheets, mut date1904) = (Vec::new(), false);
    while let Some((kind, data)) = records.next()? {
        match kind {
            BOOK_PROPERTIES => date1904 = u32_at(data, 0).is_some_and(|flags| flags & 1 != 0),
            SHEET => {
                let Some((id, after)) = wide(data, 8) else {
                    continue;
                };
                let Some((name, _)) = wide(data, after) else {
                    continue;
                };
                let hidden = u32_at(data, 0) != Some(0);
                if let Some(relation) = relations.get(&id).filter(|relation| relation.kind == "worksheet") {
                    sheets.push((SheetInfo { name, hidden }, relation.target.clone()));
                }
            }
            END_SHEETS => break,
            _ => {}
        }
    }
    Ok((sheets, date1904))
}

fn strings(archive: &mut Archive, part: &str, limits: &Limits) -> Result<Strings, FileFault> {
    if archive.size(part) > limits.shared_strings_bytes {
        return Err(FileFault::new(Code::ArchiveRefused).with("detail", "shared strings"));
    }
    let mut strings = Strings::default();
    let mut records = Records::new(archive.entry(part)?);
    while let Some((kind, data)) = records.next()? {
        if kind == STRING {
            strings.push(&wide(data, 1).ok_or_else(|| FileFault::damaged("shared strings"))?.0);
        }
    }
    Ok(strings)
}

/// The number format of each cell style.
fn formats(archive: &mut Archive, part: &str) -> Result<Vec<NumberFormat>, FileFault> {
    let mut codes: HashMap<u16, NumberFormat> = HashMap::new();
    let (mut formats, mut in_cell_styles) = (Vec::new(), false);
    let mut records = Records::new(archive.entry(part)?.take(16 * 1_048_576));
    while let Some((kind, data)) = records.next()? {
        match kind {
            FORMAT => {
                if let (Some(id), Some((code, _))) = (u16_at(data, 0), wide(data, 2)) {
                    codes.insert(id, NumberFormat::parse(&code));
                }
            }
            BEGIN_CELL_STYLES => in_cell_styles = true,
            END_CELL_STYLES => break,
            STYLE if in_cell_styles => {
                let id = u16_at(data, 2).unwrap_or(0);
                formats.push(codes.get(&id).cloned().unwrap_or_else(|| NumberFormat::built_in(u32::from(id))));
            }
            _ => {}
        }
    }
    Ok(formats)
}
