//! Making the file of an export: pages of records read under one snapshot and written as they come.

use super::cells::{Around, CellMaker, Writing, names};
use super::child_export::{ChildSheet, ParentName};
use super::export::{ExportFormat, PAGE, SHEET_ROWS, Taken};
use super::named::{Named, look_up};
use crate::access::CallerAccess;
use crate::records::{CheckedList, Saver};
use crate::{Context, EngineError, EngineResult, Refusal};
use formwright_core::error_code as code;
use formwright_core::form::Form;
use formwright_exchange::write::csv::{CsvOptions, CsvWriter};
use formwright_exchange::write::xlsx::{Stamp, XlsxWriter};
use formwright_exchange::write::{Out, WriteFault};
use formwright_store::Tx;
use formwright_store::select::{Compiler, PageQuery, count_rows, select_page};
use serde_json::{Map, Value as Json};
use std::collections::HashSet;
use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;
use uuid::Uuid;

/// Everything that making the file needs, owned by the thread that makes it.
pub(super) struct Making {
    pub cx: Context,
    pub access: Arc<CallerAccess>,
    pub index: usize,
    pub form: Arc<Form>,
    pub checked: CheckedList,
    pub columns: Vec<Taken>,
    /// Sheets of child tables; none in a text file.
    pub children: Vec<ChildSheet>,
    pub parent: ParentName,
    pub maker: CellMaker,
    pub layout: Arc<formwright_store::layout::Layout>,
    pub most: u64,
    pub format: ExportFormat,
    pub bom: bool,
    pub folder: std::path::PathBuf,
    pub stamp: Stamp,
}

enum Writer {
    Xlsx(Box<XlsxWriter>),
    Csv(CsvWriter<BufWriter<File>>),
}

pub(super) fn broken(error: impl std::fmt::Display) -> EngineError {
    EngineError::Internal(format!("an export: {error}"))
}

impl Writer {
    fn row(&mut self, cells: &[Out]) -> Result<(), WriteFault> {
        match self {
            Writer::Xlsx(writer) => writer.row(cells),
            Writer::Csv(writer) => writer.row(cells),
        }
    }

    /// A row of a child table; a text file has none.
    fn child(&mut self, sheet: usize, cells: &[Out]) -> Result<(), WriteFault> {
        match self {
            Writer::Xlsx(writer) => writer.row_on(sheet, cells),
            Writer::Csv(_) => Ok(()),
        }
    }
}

impl Making {
    fn query<'a>(&'a self, after: Option<&'a [formwright_store::Val]>) -> PageQuery<'a> {
        PageQuery {
            form: self.index,
            filter: &self.checked.filter,
            phrases: &self.checked.phrases,
            sort: &self.checked.sort,
            limit: PAGE,
            after,
            deleted: false,
        }
    }

    pub async fn make(self, tx: &mut Tx) -> EngineResult<(u64, File)> {
        let compiler = Compiler::new(&self.cx.catalog, &self.layout, self.access.as_ref(), tx.dialect());
        let selection = self.checked.shape.selection(&self.access, &self.cx);
        let wanted = u64::try_from(count_rows(&compiler, &self.query(None), tx).await?).unwrap_or(0);
        if wanted > self.most {
            return Err(Refusal::new(&code::EXPORT_LIMIT).with("rows", wanted).with("limit", self.most).into());
        }
        std::fs::create_dir_all(&self.folder).map_err(broken)?;
        let file = tempfile::tempfile_in(&self.folder).map_err(broken)?;
        let mut writer = match self.format {
            ExportFormat::Xlsx => {
                let columns = self.columns.iter().map(|c| c.column.clone()).collect();
                let title = self.form.title.get(self.cx.locale);
                let mut writer = XlsxWriter::new(title, columns, true).map_err(broken)?;
                writer.stamp(&self.stamp);
                for child in &self.children {
                    writer.add_sheet(&child.title, child.headings()).map_err(broken)?;
                }
                Writer::Xlsx(Box::new(writer))
            }
            ExportFormat::Csv => {
                let headings: Vec<String> = self.columns.iter().map(|c| c.column.title.clone()).collect();
                let out = BufWriter::new(file.try_clone().map_err(broken)?);
                Writer::Csv(
                    CsvWriter::new(out, &headings, CsvOptions { mark: self.bom, ..CsvOptions::default() })
                        .map_err(broken)?,
                )
            }
        };
        let saver = Saver::new(&self.cx)?;
        let mut around: Vec<Around> = self.columns.iter().map(|_| Around::default()).collect();
        let mut rows = 0_u64;
        let mut child_rows = vec![0_u64; self.children.len()];
        let mut after: Option<Vec<formwright_store::Val>> = None;
        loop {
            let page = select_page(&compiler, &self.query(after.as_deref()), &selection, tx).await?;
            let mut text = Vec::with_capacity(page.items.len() + 2);
            text.push(b'[');
            text.extend_from_slice(&page.items);
            text.push(b']');
            let records: Vec<Map<String, Json>> = serde_json::from_slice(&text).map_err(broken)?;
            for (column, around) in self.columns.iter().zip(&mut around) {
                self.look_around(&saver, column, &records, around, tx).await?;
            }
            for record in &records {
                let cells: Vec<Out> = self
                    .columns
                    .iter()
                    .zip(&around)
                    .map(|(column, around)| self.cell(column, record, around))
                    .collect();
                writer.row(&cells).map_err(broken)?;
                rows += 1;
            }
            for (at, (child, count)) in self.children.iter().zip(&mut child_rows).enumerate() {
                let around = child.look_around(&saver, &records, tx).await?;
                for cells in records.iter().flat_map(|record| child.rows(&self.parent, record, &self.maker, &around)) {
                    *count += 1;
                    // what a sheet cannot hold is still counted, to be told
                    if *count <= SHEET_ROWS {
                        writer.child(at + 1, &cells).map_err(broken)?;
                    }
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        if let Some(rows) = child_rows.iter().copied().find(|count| *count > SHEET_ROWS) {
            return Err(Refusal::new(&code::EXPORT_LIMIT).with("rows", rows).with("limit", SHEET_ROWS).into());
        }
        match writer {
            Writer::Xlsx(writer) => writer.finish(file.try_clone().map_err(broken)?).map_err(broken)?,
            Writer::Csv(writer) => writer.finish().map_err(broken)?,
        };
        Ok((rows, file))
    }

    fn cell(&self, column: &Taken, record: &Map<String, Json>, around: &Around) -> Out {
        let (value, title) = value_of(column, record);
        self.maker.cell(&column.writing, value, title, around)
    }

    /// Learns what a page names in a column: files by name, records by the names that lead back to them.
    async fn look_around(
        &self,
        saver: &Saver,
        column: &Taken,
        records: &[Map<String, Json>],
        around: &mut Around,
        tx: &mut Tx,
    ) -> EngineResult<()> {
        match (&column.writing, column.to) {
            (Writing::Files, _) => {
                let mut ids: Vec<Uuid> = Vec::new();
                for value in records.iter().filter_map(|r| r.get(&column.path.0)) {
                    let list = value.as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(value));
                    ids.extend(list.iter().filter_map(Json::as_str).filter_map(|text| Uuid::try_parse(text).ok()));
                }
                around.learn_files(&ids, tx).await?;
            }
            (Writing::Link(_) | Writing::Links, Some(to)) => {
                let mut wanted: HashSet<String> = HashSet::new();
                for record in records {
                    let (value, title) = value_of(column, record);
                    wanted.extend(names(&column.writing, value, title).into_iter().filter_map(|(_, name)| name));
                }
                around.leads.clear();
                for (name, named) in look_up(saver, to, &[], wanted.into_iter().collect(), tx).await? {
                    if let Named::One(id) = named {
                        around.leads.insert(name, id);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The value of a column in a record's answer, with what its `_titles` say.
fn value_of<'a>(column: &Taken, record: &'a Map<String, Json>) -> (&'a Json, Option<&'a Json>) {
    const NOTHING: &Json = &Json::Null;
    let (head, tail) = &column.path;
    let value = record.get(head).unwrap_or(NOTHING);
    let title = record.get("_titles").and_then(|titles| titles.get(head));
    match (&column.writing, tail) {
        (Writing::Plain, Some(tail)) => (value.get(tail).unwrap_or(NOTHING), title),
        _ => (value, title),
    }
}
