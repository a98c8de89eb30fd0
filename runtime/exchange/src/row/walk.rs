//! Walking over the data rows of a sheet, with an account of what was passed over.

use super::Plan;
use crate::heading::{Heading, RowClass, classify};
use crate::notice::FileFault;
use crate::source::{SourceRow, Workbook};
use std::ops::ControlFlow;

/// Row numbers; the first ones are listed, all are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The first numbers.
    pub listed: Vec<u32>,
    /// How many there are.
    pub count: u64,
}

impl Numbers {
    const LISTED: usize = 1_000;

    fn add(&mut self, number: u32) {
        self.count += 1;
        if self.listed.len() < Self::LISTED {
            self.listed.push(number);
        }
    }

    fn add_range(&mut self, first: u32, last: u32) {
        if first > last {
            return;
        }
        self.count += u64::from(last - first) + 1;
        let room = Self::LISTED.saturating_sub(self.listed.len());
        self.listed.extend((first..=last).take(room));
    }
}

/// What a walk has met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Data rows.
    pub rows: u64,
    /// Rows with nothing in mapped columns, up to the last row that has anything.
    pub blank: Numbers,
    /// Rows of totals.
    pub totals: Numbers,
    /// Headings that are repeated.
    pub header: Numbers,
    /// Data rows that are hidden.
    pub hidden: Numbers,
}

/// Visits the data rows below the headings.
///
/// # Errors
/// Those of reading the file.
pub fn walk(
    workbook: &Workbook,
    sheet: usize,
    heading: &Heading,
    plan: &Plan,
    visit: impl FnMut(SourceRow) -> ControlFlow<()>,
) -> Result<Summary, FileFault> {
    walk_columns(workbook, sheet, heading, &plan.columns(), visit)
}

/// As [`walk`], where more columns than those of one plan make a row a data row.
///
/// # Errors
/// Those of reading the file.
pub fn walk_columns(
    workbook: &Workbook,
    sheet: usize,
    heading: &Heading,
    mapped: &[usize],
    mut visit: impl FnMut(SourceRow) -> ControlFlow<()>,
) -> Result<Summary, FileFault> {
    let mut summary = Summary::default();
    // The last row accounted for, and blank rows that count once something follows.
    let mut accounted = heading.row;
    let mut waiting: Vec<(u32, u32)> = Vec::new();
    workbook.for_each_row(sheet, |row| {
        if row.number <= accounted {
            return ControlFlow::Continue(());
        }
        if row.number > accounted + 1 {
            waiting.push((accounted + 1, row.number - 1));
        }
        accounted = row.number;
        if row.is_blank() {
            waiting.push((row.number, row.number));
            return ControlFlow::Continue(());
        }
        for (first, last) in waiting.drain(..) {
            summary.blank.add_range(first, last);
        }
        match classify(&row, heading, mapped) {
            RowClass::Blank => summary.blank.add(row.number),
            RowClass::Totals => summary.totals.add(row.number),
            RowClass::Header => summary.header.add(row.number),
            RowClass::Data => {
                summary.rows += 1;
                if row.hidden {
                    summary.hidden.add(row.number);
                }
                return visit(row);
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(summary)
}
