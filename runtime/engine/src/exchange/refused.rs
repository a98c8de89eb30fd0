//! The workbook of refused rows: made when the import is over, from the file and the faults that were kept.

use super::bound::Shape;
use super::import::blocking;
use super::run::File;
use crate::jobs::in_one;
use crate::{Engine, EngineError, EngineResult};
use formwright_core::text::Locale;
use formwright_exchange::heading::Heading;
use formwright_exchange::row::walk;
use formwright_exchange::write::result::ResultWriter;
use formwright_store::jobs::{self, JobFault};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use uuid::Uuid;

/// Writes `result.xlsx` into the folder of a job.
pub async fn write_refused(
    engine: &Engine,
    job: Uuid,
    shape: &Shape,
    file: Arc<File>,
    locale: Locale,
) -> EngineResult<()> {
    const AT_ONCE: i64 = 5_000;
    let mut reasons: HashMap<u32, Vec<String>> = HashMap::new();
    let mut after = 0;
    loop {
        let mut tx = engine.db().reader(formwright_store::Snapshot::No).await?;
        let page = jobs::faults_after(job, after, AT_ONCE, &mut tx).await?;
        drop(tx);
        let full = page.len() == usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
        // the last row of a full page may go on in the next
        let last = page.last().map_or(after, |f| f.row);
        let whole = |row: i64| !full || row < last;
        for fault in page.iter().filter(|f| whole(f.row)) {
            let row = u32::try_from(fault.row).unwrap_or(0);
            reasons.entry(row).or_default().push(reason(shape, fault, locale));
            after = fault.row;
        }
        if !full {
            break;
        }
    }
    let folder = engine.job_folder(job);
    let title = match locale {
        Locale::En => "Errors",
        Locale::ZhCn => "错误",
    };
    blocking(move || {
        let broken = |error: String| EngineError::Internal(format!("the workbook of refused rows: {error}"));
        let sheet = file.workbook.sheets().get(file.sheet).map(|s| s.name.clone()).unwrap_or_default();
        let (headings, already) = without_reasons(&file.heading, title);
        let mut writer = ResultWriter::new(&sheet, &headings, title).map_err(|e| broken(e.to_string()))?;
        let mut failed = None;
        let walked = walk(&file.workbook, file.sheet, &file.heading, &file.plan, |mut row| {
            let Some(reasons) = reasons.get(&row.number) else { return ControlFlow::Continue(()) };
            if let Some(column) = already
                && column < row.cells.len()
            {
                row.cells.remove(column);
            }
            match writer.row(&row, reasons) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error.to_string());
                    ControlFlow::Break(())
                }
            }
        });
        walked.map_err(|e| broken(e.0.message("en")))?;
        if let Some(error) = failed {
            return Err(broken(error));
        }
        let (draft, result) = (folder.join("result.tmp"), folder.join("result.xlsx"));
        let out = std::fs::File::create(&draft).map_err(|e| broken(e.to_string()))?;
        writer.finish(out).map_err(|e| broken(e.to_string()))?;
        std::fs::rename(&draft, &result).map_err(|e| broken(e.to_string()))
    })
    .await
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

/// A fault in words, behind the heading of its column.
fn reason(shape: &Shape, fault: &JobFault, locale: Locale) -> String {
    let message: Json = serde_json::from_str(&fault.message).unwrap_or(json!(null));
    let named = shape.headings.get(&fault.field).filter(|h| !h.is_empty()).unwrap_or(&fault.field);
    let text = in_one(&message, locale);
    if named.is_empty() { text } else { format!("{named}: {text}") }
}
