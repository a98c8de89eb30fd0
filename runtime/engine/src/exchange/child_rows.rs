//! The rows of child tables of one import, laid out beside their records: read once, kept in a file without a name, and
//! taken from there record by record, so that memory holds their places only.

use super::child_source::ChildSource;
use super::note::{coded, noted};
use crate::jobs::fault_at;
use crate::{EngineError, EngineResult};
use formwright_core::error_code as code;
use formwright_exchange::FileFault;
use formwright_exchange::heading::Heading;
use formwright_exchange::row::{empty, walk_columns};
use formwright_exchange::source::{SourceRow, Workbook};
use formwright_store::jobs::JobFault;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;

/// A cleaned row of a child table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ChildRow {
    /// The table's field.
    pub table: usize,
    /// The sheet it stands on, where that is not the records' own.
    pub sheet: Option<String>,
    /// The number of its row there.
    pub row: u32,
    /// The id that the file gives it.
    pub id: Option<String>,
    /// Values by path.
    pub values: Map<String, Json>,
    pub told: Vec<Told>,
}

/// A fault or warning found while cleaning.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    field: String,
    code: String,
    message: String,
    warning: bool,
}

impl ChildRow {
    /// A fault of the row at its place: for the record of `owner`, to be told with the row's own sheet and number.
    pub fn place(&self, owner: u32, mut fault: JobFault) -> JobFault {
        match &self.sheet {
            None => fault.row = i64::from(self.row),
            Some(sheet) => {
                fault.row = i64::from(owner);
                fault.message = fault_at(&fault.message, sheet, self.row);
            }
        }
        fault
    }

    /// What cleaning found, at its place.
    pub fn found(&self, owner: u32, warnings: bool) -> Vec<JobFault> {
        let told = self.told.iter().filter(|told| told.warning == warnings);
        told.map(|told| {
            let fault = JobFault {
                row: i64::from(self.row),
                field: told.field.clone(),
                code: told.code.clone(),
                message: told.message.clone(),
                warning: told.warning,
            };
            self.place(owner, fault)
        })
        .collect()
    }
}

/// All child rows of a file by the row of their record.
#[derive(Default)]
pub struct ChildRows {
    spool: Option<Mutex<File>>,
    places: HashMap<u32, Vec<(u64, u32)>>,
    /// Rows that continue the record of an earlier one, with that one's number.
    continued: HashMap<u32, u32>,
    /// Rows of sheets whose record is not in the file.
    pub orphans: Vec<JobFault>,
    /// Tables of which a sheet holds any row.
    pub seen: HashSet<usize>,
    pub count: u64,
}

impl ChildRows {
    /// The row with which the record of a row begins.
    pub fn owner(&self, row: u32) -> u32 {
        self.continued.get(&row).copied().unwrap_or(row)
    }

    /// Rows that are no records of their own.
    pub fn continuing(&self) -> u64 {
        u64::try_from(self.continued.len()).unwrap_or(u64::MAX)
    }

    /// The child rows of a record in the file's order.
    ///
    /// # Errors
    /// When the file that holds them cannot be read.
    pub fn of(&self, owner: u32) -> EngineResult<Vec<ChildRow>> {
        let (Some(places), Some(spool)) = (self.places.get(&owner), &self.spool) else { return Ok(Vec::new()) };
        let mut file = spool.lock().map_err(|_| broken("a thread that read them died"))?;
        places
            .iter()
            .map(|(at, length)| {
                let mut bytes = vec![0_u8; usize::try_from(*length).unwrap_or(0)];
                file.seek(SeekFrom::Start(*at)).map_err(broken)?;
                file.read_exact(&mut bytes).map_err(broken)?;
                serde_json::from_slice(&bytes).map_err(broken)
            })
            .collect()
    }
}

impl ChildRows {
    /// The numbers of the rows of a table that belong to certain records.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn numbers(&self, owners: &HashSet<u32>, table: usize) -> EngineResult<HashSet<u32>> {
        let mut out = HashSet::new();
        for owner in owners {
            out.extend(self.of(*owner)?.into_iter().filter(|child| child.table == table).map(|child| child.row));
        }
        Ok(out)
    }
}

fn broken(error: impl std::fmt::Display) -> EngineError {
    EngineError::Internal(format!("rows of an import: {error}"))
}

/// The columns by which the rows of the main sheet are told apart and named.
pub struct MainColumns {
    /// Columns of the record itself.
    pub own: Vec<usize>,
    /// Columns that are the same in all rows of a record.
    pub identity: Vec<usize>,
    /// Columns by which rows of other sheets name a record, the surest first.
    pub names: Vec<usize>,
}

/// Gathers the rows of all sources.
pub struct Gather<'a> {
    pub workbook: &'a Workbook,
    pub sheet: usize,
    pub heading: &'a Heading,
    pub mapped: &'a [usize],
    pub columns: &'a MainColumns,
    pub sources: &'a [ChildSource],
}

/// Where rows are kept while the import runs.
struct Spool {
    out: BufWriter<File>,
    at: u64,
    rows: ChildRows,
}

impl Spool {
    fn keep(&mut self, owner: u32, row: &ChildRow) -> EngineResult<()> {
        let bytes = serde_json::to_vec(row).map_err(broken)?;
        self.out.write_all(&bytes).map_err(broken)?;
        let length = u32::try_from(bytes.len()).map_err(broken)?;
        self.rows.places.entry(owner).or_default().push((self.at, length));
        self.at += u64::from(length);
        self.rows.count += 1;
        Ok(())
    }
}

/// What the main sheet says of a record's first row.
struct First {
    row: u32,
    /// What its columns say.
    said: Vec<Option<u64>>,
}

impl Gather<'_> {
    /// Reads all sources; `folder` takes the file.
    ///
    /// # Errors
    /// Faults of the workbook by `refuse`, and what the disk says.
    pub fn run(&self, folder: &Path, refuse: impl Fn(FileFault) -> EngineError) -> EngineResult<ChildRows> {
        if self.sources.is_empty() {
            return Ok(ChildRows::default());
        }
        std::fs::create_dir_all(folder).map_err(broken)?;
        let file = tempfile::tempfile_in(folder).map_err(broken)?;
        let out = BufWriter::new(file.try_clone().map_err(broken)?);
        let mut spool = Spool { out, at: 0, rows: ChildRows::default() };
        let names = self.main(&mut spool, &refuse)?;
        for source in self.sources {
            if let Some(sheet) = source.sheet {
                self.sheet(source, sheet, &names, &mut spool, &refuse)?;
            }
        }
        spool.out.flush().map_err(broken)?;
        let mut rows = spool.rows;
        rows.spool = Some(Mutex::new(file));
        Ok(rows)
    }

    /// Walks over the records: rows that continue one, and the names by which other sheets know them.
    fn main(
        &self,
        spool: &mut Spool,
        refuse: &impl Fn(FileFault) -> EngineError,
    ) -> EngineResult<Vec<HashMap<String, Vec<u32>>>> {
        let beside: Vec<&ChildSource> = self.sources.iter().filter(|s| s.sheet.is_none()).collect();
        let mut names: Vec<HashMap<String, Vec<u32>>> = vec![HashMap::new(); self.columns.names.len()];
        let mut known: HashMap<Vec<String>, First> = HashMap::new();
        let mut last: Option<u32> = None;
        let mut failed = None;
        let walked = walk_columns(self.workbook, self.sheet, self.heading, self.mapped, |row| {
            let (owner, differs) = match beside.is_empty() {
                true => (row.number, None),
                false => self.owner(&row, last, &mut known),
            };
            if owner == row.number {
                for (column, map) in self.columns.names.iter().zip(&mut names) {
                    let name = row.cell(*column).shown().trim().to_string();
                    if !name.is_empty() {
                        map.entry(name).or_default().push(row.number);
                    }
                }
            } else {
                spool.rows.continued.insert(row.number, owner);
            }
            last = Some(owner);
            for source in &beside {
                let mut child = cleaned(source, &row);
                let blank = child.values.values().all(empty);
                if let Some(of) = differs.filter(|_| beside.first().is_some_and(|s| s.table == source.table)) {
                    let fault = coded(row.number, "", &code::IMPORT_ROW_DIFFERS, &[("of", of.to_string().into())]);
                    child.told.push(told(fault));
                } else if blank {
                    continue;
                }
                if let Err(error) = spool.keep(owner, &child) {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        walked.map_err(refuse)?;
        failed.map_or(Ok(names), Err)
    }

    /// The row with which the record of a row begins; with it, where the row says something else than that one.
    fn owner(&self, row: &SourceRow, last: Option<u32>, known: &mut HashMap<Vec<String>, First>) -> (u32, Option<u32>) {
        let text = |column: &usize| row.cell(*column).shown().trim().to_string();
        if self.columns.own.iter().all(|column| row.cell(*column).is_blank())
            && let Some(last) = last
        {
            return (last, None);
        }
        let identity: Vec<String> = self.columns.identity.iter().map(text).collect();
        let hashed = |column: &usize| {
            let text = text(column);
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            (!text.is_empty()).then(|| hasher.finish())
        };
        let said: Vec<Option<u64>> = self.columns.own.iter().map(hashed).collect();
        if identity.iter().all(String::is_empty) {
            return (row.number, None);
        }
        match known.get(&identity) {
            None => {
                known.insert(identity, First { row: row.number, said });
                (row.number, None)
            }
            Some(first) => {
                let differs = said.iter().zip(&first.said).any(|(mine, theirs)| mine.is_some() && mine != theirs);
                (first.row, differs.then_some(first.row))
            }
        }
    }

    fn sheet(
        &self,
        source: &ChildSource,
        sheet: usize,
        names: &[HashMap<String, Vec<u32>>],
        spool: &mut Spool,
        refuse: &impl Fn(FileFault) -> EngineError,
    ) -> EngineResult<()> {
        let mut failed = None;
        let walked = walk_columns(self.workbook, sheet, &source.heading, &source.mapped(), |row| {
            spool.rows.seen.insert(source.table);
            let child = cleaned(source, &row);
            let parent = source.parent.map(|at| row.cell(at).shown().trim().to_string()).unwrap_or_default();
            // the surest name that any record bears
            let owners = names.iter().find_map(|map| map.get(&parent)).map(Vec::as_slice).unwrap_or_default();
            let kept = match owners {
                [owner] => spool.keep(*owner, &child),
                several => {
                    let fault = if several.is_empty() {
                        coded(0, super::child_source::PARENT, &code::IMPORT_PARENT_UNKNOWN, &[("value", parent.into())])
                    } else {
                        let rows: Vec<String> = several.iter().take(3).map(u32::to_string).collect();
                        let args = [("value", parent.into()), ("candidates", rows.join(", ").into())];
                        coded(0, super::child_source::PARENT, &code::IMPORT_AMBIGUOUS, &args)
                    };
                    spool.rows.orphans.push(child.place(0, fault));
                    Ok(())
                }
            };
            match kept {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        walked.map_err(refuse)?;
        failed.map_or(Ok(()), Err)
    }
}

/// A row as its source cleans it.
fn cleaned(source: &ChildSource, row: &SourceRow) -> ChildRow {
    let clean = source.plan.clean(row);
    let notices = |list: &[formwright_exchange::row::CellNotice], warning: bool| -> Vec<Told> {
        list.iter().map(|n| told(noted(row.number, &n.target, &n.notice, warning))).collect()
    };
    let mut all = notices(&clean.faults, false);
    all.extend(notices(&clean.warnings, true));
    let id = source.id.map(|at| row.cell(at).shown().trim().to_lowercase()).filter(|id| !id.is_empty());
    ChildRow {
        table: source.table,
        sheet: source.sheet.map(|_| source.name.clone()),
        row: row.number,
        id,
        values: clean.values.into_iter().collect(),
        told: all,
    }
}

fn told(fault: JobFault) -> Told {
    Told { field: fault.field, code: fault.code, message: fault.message, warning: fault.warning }
}
