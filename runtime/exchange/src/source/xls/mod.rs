//! Excel 97–2003 workbooks (BIFF8, [MS-XLS]): sheets, number formats and strings once, then row by row.

mod records;
mod rows;
mod strings;

use super::cell::SourceRow;
use super::compound::{Compound, u16_at, u32_at};
use super::number_format::NumberFormat;
use super::{Layout, Limits, SheetInfo};
use crate::messages::Code;
use crate::notice::FileFault;
use records::Records;
use std::collections::HashMap;
use std::ops::ControlFlow;

const BOF: u16 = 0x0809;
const END: u16 = 0x000a;
const FILE_PASS: u16 = 0x002f;
const DATE_MODE: u16 = 0x0022;
const SHEET: u16 = 0x0085;
const STRINGS: u16 = 0x00fc;
const FORMAT: u16 = 0x041e;
const STYLE: u16 = 0x00e0;

/// An opened xls workbook.
pub struct Xls {
    stream: Vec<u8>,
    sheets: Vec<(SheetInfo, usize)>,
    strings: Vec<String>,
    formats: Vec<NumberFormat>,
    date1904: bool,
}

impl Xls {
    /// Opens the compound file and reads the workbook's globals.
    ///
    /// # Errors
    /// `file_encrypted`, `file_damaged`, `file_type_mismatch` for other Office files and workbooks older than Excel 97.
    pub fn open(bytes: &[u8], file_name: &str) -> Result<Self, FileFault> {
        let file = Compound::open(bytes)?;
        if file.has("EncryptedPackage") {
            return Err(FileFault::new(Code::FileEncrypted));
        }
        let other = |found: &str| FileFault::new(Code::FileTypeMismatch).with("name", file_name).with("found", found);
        let Some(stream) = file.stream("Workbook")? else {
            return Err(if file.has("Book") {
                other("a workbook of Excel 95 or older")
            } else {
                other("an Office document without sheets")
            });
        };
        Self::globals(stream, file_name)
    }

    fn globals(stream: Vec<u8>, file_name: &str) -> Result<Self, FileFault> {
        let mut xls =
            Self { stream: Vec::new(), sheets: Vec::new(), strings: Vec::new(), formats: Vec::new(), date1904: false };
        let mut codes: HashMap<u16, NumberFormat> = HashMap::new();
        let mut styles = Vec::new();
        let mut records = Records::new(&stream, 0);
        let first = records.next().filter(|record| record.kind == BOF).ok_or_else(|| FileFault::damaged("xls"))?;
        if u16_at(first.data, 0) != Some(0x0600) {
            return Err(FileFault::new(Code::FileTypeMismatch)
                .with("name", file_name)
                .with("found", "a workbook of Excel 95 or older"));
        }
        let mut ended = false;
        while let Some(record) = records.next() {
            match record.kind {
                FILE_PASS => return Err(FileFault::new(Code::FileEncrypted)),
                DATE_MODE => xls.date1904 = u16_at(record.data, 0) == Some(1),
                SHEET => xls.sheets.extend(sheet(record.data)),
                STRINGS => {
                    xls.strings = strings::table(record.data, &records.continuations())
                        .ok_or_else(|| FileFault::damaged("xls strings"))?
                }
                FORMAT => {
                    if let (Some(id), Some(code)) =
                        (u16_at(record.data, 0), record.data.get(2..).and_then(strings::long))
                    {
                        codes.insert(id, NumberFormat::parse(&code));
                    }
                }
                STYLE => styles.push(u16_at(record.data, 2).unwrap_or(0)),
                END => {
                    ended = true;
                    break;
                }
                _ => {}
            }
        }
        if !ended {
            return Err(FileFault::damaged("xls"));
        }
        xls.formats = styles
            .into_iter()
            .map(|id| codes.get(&id).cloned().unwrap_or_else(|| NumberFormat::built_in(u32::from(id))))
            .collect();
        xls.stream = stream;
        Ok(xls)
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
        Ok(rows::layout(Records::new(&self.stream, self.start(index)?)).0)
    }

    /// Visits the rows in order.
    pub fn for_each_row(
        &self,
        index: usize,
        limits: &Limits,
        visit: &mut dyn FnMut(SourceRow) -> ControlFlow<()>,
    ) -> Result<(), FileFault> {
        let start = self.start(index)?;
        let hidden = rows::layout(Records::new(&self.stream, start)).1;
        rows::Reader {
            strings: &self.strings,
            formats: &self.formats,
            date1904: self.date1904,
            limits,
            hidden: &hidden,
        }
        .visit(|| Records::new(&self.stream, start), visit)
    }

    fn start(&self, index: usize) -> Result<usize, FileFault> {
        self.sheets.get(index).map(|(_, start)| *start).ok_or_else(|| FileFault::damaged("sheet"))
    }
}

/// A worksheet's name, state and place; nothing for charts and macro sheets.
fn sheet(data: &[u8]) -> Option<(SheetInfo, usize)> {
    let start = usize::try_from(u32_at(data, 0)?).ok()?;
    if *data.get(5)? != 0 {
        return None;
    }
    let hidden = *data.get(4)? & 0x03 != 0;
    Some((SheetInfo { name: strings::short(data.get(6..)?)?, hidden }, start))
}
