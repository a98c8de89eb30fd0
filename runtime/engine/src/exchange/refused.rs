//! The workbook of refused rows: made when the import is over, from the file and the faults that were kept.

use super::bound::Shape;
use super::import::blocking;
use super::run::File;
use crate::jobs::{fault_place, faults, files, in_one};
use crate::{Engine, EngineError, EngineResult};
use formwright_core::text::Locale;
use formwright_exchange::heading::Heading;
use formwright_exchange::row::walk_columns;
use formwright_exchange::source::{SourceRow, Workbook};
use formwright_exchange::write::result::ResultWriter;
use formwright_store::jobs::{self, JobFault};
use serde_json::{Value as Json, json};
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use uuid::Uuid;

/// Writes the workbook into the folder of a job, sealed.
pub async fn write_refused(
    engine: &Engine,
    job: Uuid,
    shape: &Shape,
    file: Arc<File>,
    locale: Locale,
) -> EngineResult<()> {
    const AT_ONCE: i64 = 5_000;
    let mut found = Reasons::default();
    // rows without their record come before all others
    let mut after = -1;
    loop {
        let mut tx = engine.db().reader(formwright_store::Snapshot::No).await?;
        let page = faults::opened(engine.keys(), job, jobs::faults_after(job, after, AT_ONCE, &mut tx).await?)?;
        drop(tx);
        let full = page.len() == usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
        // the last row of a full page may go on in the next
        let last = page.last().map_or(after, |f| f.row);
        let whole = |row: i64| !full || row < last;
        let before = after;
        for fault in page.iter().filter(|f| whole(f.row)) {
            found.add(shape, fault, &file, locale);
            after = fault.row;
        }
        // of one row with more faults than a page the first ones are enough
        if full && after == before {
            for fault in &page {
                found.add(shape, fault, &file, locale);
            }
            after = last;
        }
        if !full {
            break;
        }
    }
    let mut draft = files::begin_result(engine, job).await?;
    let title = match locale {
        Locale::En => "Errors",
        Locale::ZhCn => "错误",
    };
    blocking(move || {
        let broken = |error: String| EngineError::Internal(format!("the workbook of refused rows: {error}"));
        let sheet = file.workbook.sheets().get(file.sheet).map(|s| s.name.clone()).unwrap_or_default();
        let (headings, _) = without_reasons(&file.heading, title);
        let mut writer = ResultWriter::new(&sheet, &headings, title).map_err(|e| broken(e.to_string()))?;
        let main = Part { sheet: file.sheet, at: 0, heading: &file.heading, mapped: &file.mapped, title };
        main.write(&file.workbook, &mut writer, |row| {
            found.records.contains(&file.rows.owner(row.number)).then(|| found.of(None, row.number))
        })
        .map_err(broken)?;
        for source in &file.children {
            let Some(sheet) = source.sheet else { continue };
            let (headings, _) = without_reasons(&source.heading, title);
            let at = writer.add_sheet(&source.name, &headings, title).map_err(|e| broken(e.to_string()))?;
            let refused = file.rows.numbers(&found.records, source.table).map_err(|e| broken(e.to_string()))?;
            let mapped = source.mapped();
            let part = Part { sheet, at, heading: &source.heading, mapped: &mapped, title };
            part.write(&file.workbook, &mut writer, |row| {
                let reasons = found.of(Some(&source.name), row.number);
                (!reasons.is_empty() || refused.contains(&row.number)).then_some(reasons)
            })
            .map_err(broken)?;
        }
        writer.finish(&mut draft).map_err(|e| broken(e.to_string()))?;
        draft.finish()
    })
    .await
}

/// Why rows were refused, by sheet (none: the records' own) and row; and the rows with which refused records begin.
#[derive(Default)]
struct Reasons {
    by_row: HashMap<(Option<String>, u32), Vec<String>>,
    records: HashSet<u32>,
}

impl Reasons {
    fn add(&mut self, shape: &Shape, fault: &JobFault, file: &File, locale: Locale) {
        let message: Json = serde_json::from_str(&fault.message).unwrap_or(json!(null));
        let row = u32::try_from(fault.row).unwrap_or(0);
        self.records.insert(file.rows.owner(row));
        let (place, headings) = match fault_place(&message) {
            Some((sheet, at)) => ((Some(sheet.to_string()), u32::try_from(at).unwrap_or(0)), &shape.row_headings),
            None => ((None, row), &shape.headings),
        };
        let named = headings.get(&fault.field).filter(|h| !h.is_empty()).unwrap_or(&fault.field);
        let text = in_one(&message, locale);
        self.by_row.entry(place).or_default().push(if named.is_empty() { text } else { format!("{named}: {text}") });
    }

    fn of(&self, sheet: Option<&str>, row: u32) -> Vec<String> {
        self.by_row.get(&(sheet.map(str::to_string), row)).cloned().unwrap_or_default()
    }
}

/// A sheet of the file whose refused rows are written.
struct Part<'a> {
    sheet: usize,
    /// Its place in the workbook that is written.
    at: usize,
    heading: &'a Heading,
    mapped: &'a [usize],
    /// The heading of the reasons.
    title: &'a str,
}

impl Part<'_> {
    /// Writes the rows for which `refused` has reasons, be they none.
    fn write(
        &self,
        workbook: &Workbook,
        writer: &mut ResultWriter,
        refused: impl Fn(&SourceRow) -> Option<Vec<String>>,
    ) -> Result<(), String> {
        let (_, already) = without_reasons(self.heading, self.title);
        let mut failed = None;
        let walked = walk_columns(workbook, self.sheet, self.heading, self.mapped, |mut row| {
            let Some(reasons) = refused(&row) else { return ControlFlow::Continue(()) };
            if let Some(column) = already
                && column < row.cells.len()
            {
                row.cells.remove(column);
            }
            match writer.row_on(self.at, &row, &reasons) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error.to_string());
                    ControlFlow::Break(())
                }
            }
        });
        walked.map_err(|e| e.0.message("en"))?;
        failed.map_or(Ok(()), Err)
    }
}

/// The headings without the column of reasons that an earlier result has, and where it stood.
fn without_reasons(heading: &Heading, title: &str) -> (Vec<String>, Option<usize>) {
    let last = heading.titles.iter().rposition(|t| !t.is_empty());
    let already = last.filter(|at| heading.title(*at) == title);
    let mut headings = heading.titles.clone();
    if let Some(at) = already {
        headings.remove(at);
    }
    (headings, already)
}
