//! The job of an import: pages of rows from the file to the records, and the workbook of those that were refused.

use super::bound::{Bound, Shape};
use super::import::{Input, Upload, blocking, rebind};
use super::page::{Came, Desk, Ground, save_page};
use crate::accounts::principal_of;
use crate::audit::Origin;
use crate::duplicates::rule::rules_of;
use crate::jobs::{Stopped, in_both, in_one, lease_until};
use crate::organisation;
use crate::records::Saver;
use crate::{Authority, Context, Engine, EngineError, EngineResult, Refusal};
use formwright_core::error_code as code;
use formwright_core::text::Locale;
use formwright_exchange::FileFault;
use formwright_exchange::heading::Heading;
use formwright_exchange::row::{CleanRow, Plan, Summary, walk};
use formwright_exchange::source::Workbook;
use formwright_exchange::write::result::ResultWriter;
use formwright_store::jobs::{self, Job, JobFault};
use formwright_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Rows of a page.
const PAGE: usize = 500;
/// Rows that are written all or none.
const MOST_ATOMIC: u64 = 20_000;

/// What an import has come to, as it is kept with its job.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Account {
    batch: Uuid,
    /// The last row that was dealt with.
    position: u32,
    summary: Counts,
    #[serde(skip_serializing_if = "Json::is_null")]
    message: Json,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Counts {
    rows: u64,
    created: u64,
    updated: u64,
    unchanged: u64,
    merged: u64,
    refused: u64,
    /// Rows that are no data, by why.
    skipped: Skipped,
    passed_over: u64,
    hidden_rows: Vec<u32>,
    ignored_columns: Vec<String>,
    dry_run: bool,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Skipped {
    blank: Vec<u32>,
    totals: Vec<u32>,
    header: Vec<u32>,
}

impl Counts {
    fn add(&mut self, came: Came) {
        self.created += came.created;
        self.updated += came.updated;
        self.unchanged += came.unchanged;
        self.merged += came.merged;
        self.refused += came.refused;
    }

    fn passed(&mut self, walked: &Summary) {
        self.rows = walked.rows;
        self.skipped = Skipped { blank: walked.blank.listed.clone(), totals: walked.totals.listed.clone(), header: walked.header.listed.clone() };
        self.passed_over = walked.blank.count + walked.totals.count + walked.header.count;
        self.hidden_rows = walked.hidden.listed.clone();
    }
}

/// How a page's transaction ends other than by being kept.
enum End {
    /// It was for trial, or rows of a whole were faulty: what was learnt and found.
    Undone(Box<(Desk, Came, Vec<JobFault>)>),
    Lost,
    Failed(EngineError),
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> End {
        End::Failed(error.into())
    }
}

impl From<EngineError> for End {
    fn from(error: EngineError) -> End {
        End::Failed(error)
    }
}

/// Does or continues the work of a job.
pub(crate) async fn run_import(engine: &Engine, job: Job) -> Result<(), Stopped> {
    let input: Input = serde_json::from_str(&job.input).map_err(|e| EngineError::Internal(e.to_string()))?;
    let cx = owner(engine, &job, &input).await?;
    let organisation = organisation::fresh(engine).await?;
    let path = engine.job_folder(job.id).join("upload");
    let bytes = tokio::fs::read(&path).await.map_err(|e| EngineError::Internal(format!("the upload of a job: {e}")))?;
    let upload = Upload { name: input.file.clone(), bytes };
    let (context, people, given) = (cx.clone(), organisation.clone(), input.clone());
    let (bound, walked) = blocking(move || {
        let bound = rebind(&context, &people, &given, &upload)?;
        let walked = walk(&bound.workbook, bound.sheet, &bound.heading, &bound.plan, |_| ControlFlow::Continue(()));
        let walked = walked.map_err(|fault| super::bound::unreadable(&context, &fault))?;
        Ok((bound, walked))
    })
    .await?;
    let Bound { workbook, sheet, heading, plan, shape } = bound;
    let file = Arc::new(File { workbook, sheet, heading, plan });
    let saver = Saver::new(&cx)?;
    let rules = rules_of(&cx.catalog, shape.targets.index, &shape.targets.form);
    let mut account: Account = job.result.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    if input.dry_run || input.atomic {
        // nothing of an earlier run was kept
        account = Account { batch: account.batch, ..Account::default() };
    }
    account.summary.passed(&walked);
    account.summary.ignored_columns.clone_from(&shape.ignored);
    account.summary.dry_run = input.dry_run;
    let ground = Ground { saver, shape: Arc::new(shape), organisation, rules: Arc::new(rules), batch: account.batch, dry: input.dry_run };
    let mut work = Work { engine: engine.clone(), job, account, ground, atomic: input.atomic && !input.dry_run };
    work.job.total = i64::try_from(walked.rows).ok();
    if work.account.position == 0 {
        work.begin().await?;
    }
    if work.atomic && walked.rows > MOST_ATOMIC {
        return Err(EngineError::from(Refusal::new(&code::IMPORT_ROWS).with("rows", walked.rows).with("limit", MOST_ATOMIC)).into());
    }
    work.pages(&file).await?;
    work.close(file, &input).await
}

/// The person for whom a job works, as he is now: what he may no longer do is no longer done.
async fn owner(engine: &Engine, job: &Job, input: &Input) -> EngineResult<Context> {
    let mut cx = Context::system(engine, "import");
    cx.locale = Locale::from_tag(&input.locale).unwrap_or_default();
    cx.request = Arc::from(format!("job {}", job.id));
    let Some(owner) = job.owner else { return Ok(cx) };
    let principal = principal_of(&cx, &owner.to_string()).await?;
    let active = organisation::fresh(engine).await?.user(owner).is_some_and(|u| u.row.active);
    if !active {
        return Err(Refusal::new(&code::FORBIDDEN).with("action", "import").into());
    }
    cx.authority = Authority::Person(principal);
    Ok(cx)
}

/// The file, shared with the thread that reads it.
struct File {
    workbook: Workbook,
    sheet: usize,
    heading: Heading,
    plan: Plan,
}

impl File {
    /// Reads pages of cleaned rows after a row and hands them on, until nobody takes them.
    fn read(&self, after: u32, pages: &mpsc::Sender<Vec<CleanRow>>) -> Result<(), FileFault> {
        let mut page = Vec::with_capacity(PAGE);
        walk(&self.workbook, self.sheet, &self.heading, &self.plan, |row| {
            if row.number <= after {
                return ControlFlow::Continue(());
            }
            page.push(self.plan.clean(&row));
            if page.len() == PAGE && pages.blocking_send(std::mem::replace(&mut page, Vec::with_capacity(PAGE))).is_err() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        if !page.is_empty() {
            // nobody listens any more where the job was stopped
            let _ = pages.blocking_send(page);
        }
        Ok(())
    }
}

struct Work {
    engine: Engine,
    job: Job,
    account: Account,
    ground: Ground,
    atomic: bool,
}

impl Work {
    /// The job as it would stand with this account.
    fn standing(&self, account: &Account, done: i64) -> EngineResult<Job> {
        let result = serde_json::to_string(account).map_err(|e| EngineError::Internal(e.to_string()))?;
        Ok(Job { result: Some(result), done, ..self.job.clone() })
    }

    async fn begin(&mut self) -> Result<(), Stopped> {
        self.job.done = 0;
        let job = self.standing(&self.account, 0)?;
        let id = job.id;
        let held = self
            .engine
            .db()
            .write(move |tx| {
                Box::pin(async move {
                    jobs::clear_faults(id, tx).await?;
                    jobs::progress(&job, lease_until(), tx).await
                })
            })
            .await?;
        if held { Ok(()) } else { Err(Stopped::Lost) }
    }

    async fn pages(&mut self, file: &Arc<File>) -> Result<(), Stopped> {
        let (sender, mut pages) = mpsc::channel::<Vec<CleanRow>>(2);
        let (reader, after) = (file.clone(), self.account.position);
        let reading = tokio::task::spawn_blocking(move || reader.read(after, &sender));
        let mut desk = Desk::default();
        let mut whole: Vec<CleanRow> = Vec::new();
        while let Some(page) = pages.recv().await {
            if self.atomic {
                whole.extend(page);
            } else {
                desk = self.page(desk, page).await?;
            }
        }
        let read = reading.await.map_err(|e| EngineError::Internal(e.to_string()))?;
        read.map_err(|fault| super::bound::unreadable(&self.ground.saver.cx, &fault))?;
        if self.atomic {
            self.page(desk, whole).await?;
        }
        Ok(())
    }

    /// One transaction: the rows, what is told of them, and how far the job has come.
    async fn page(&mut self, desk: Desk, rows: Vec<CleanRow>) -> Result<Desk, Stopped> {
        let last = rows.last().map_or(self.account.position, |row| row.number);
        let done = self.job.done + i64::try_from(rows.len()).unwrap_or(0);
        let mut ground = self.ground.clone();
        ground.saver.cx.now = self.engine.now();
        ground.saver.origin = Origin::of(&ground.saver.cx);
        let (account, job, atomic) = (self.account.clone(), self.job.clone(), self.atomic);
        let written = self
            .engine
            .db()
            .write(move |tx| {
                Box::pin(async move {
                    let mut desk = desk;
                    let (came, told) = save_page(&ground, &mut desk, &rows, tx).await?;
                    if ground.dry || (atomic && came.refused > 0) {
                        return Err(End::Undone(Box::new((desk, came, told))));
                    }
                    let account = kept(&mut account.clone(), &job, came, last, done, &told, tx).await?;
                    Ok((desk, account))
                })
            })
            .await;
        match written {
            Ok((desk, account)) => {
                self.account = account;
                self.job.done = done;
                Ok(desk)
            }
            Err(End::Undone(undone)) => {
                let (desk, came, told) = *undone;
                let came = if self.atomic { Came { refused: came.refused, ..Came::default() } } else { came };
                let (mut account, job) = (self.account.clone(), self.job.clone());
                let account = self.engine.db().write(move |tx| Box::pin(async move { kept(&mut account, &job, came, last, done, &told, tx).await })).await;
                self.account = account.map_err(stopped)?;
                self.job.done = done;
                Ok(desk)
            }
            Err(other) => Err(stopped(other)),
        }
    }

    /// Writes the workbook of refused rows and ends the job.
    async fn close(mut self, file: Arc<File>, input: &Input) -> Result<(), Stopped> {
        let refused = self.account.summary.refused;
        let mut state = "done";
        if refused > 0 {
            self.write_refused(file, input).await?;
            if self.atomic {
                let refusal = Refusal::new(&code::IMPORT_REFUSED).with("count", refused);
                self.account.message = in_both(|locale| refusal.detail(locale));
                state = "failed";
            }
        }
        let job = self.standing(&self.account, self.job.done)?;
        let now = self.engine.now();
        let held = self.engine.db().write(move |tx| Box::pin(async move { jobs::finish(&job, state, now, tx).await })).await?;
        if held { Ok(()) } else { Err(Stopped::Lost) }
    }

    async fn write_refused(&self, file: Arc<File>, input: &Input) -> EngineResult<()> {
        const AT_ONCE: i64 = 5_000;
        let locale = Locale::from_tag(&input.locale).unwrap_or_default();
        let mut reasons: HashMap<u32, Vec<String>> = HashMap::new();
        let mut after = 0;
        loop {
            let mut tx = self.engine.db().reader(formwright_store::Snapshot::No).await?;
            let page = jobs::faults_after(self.job.id, after, AT_ONCE, &mut tx).await?;
            drop(tx);
            let full = page.len() == usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
            // the last row of a full page may go on in the next
            let last = page.last().map_or(after, |f| f.row);
            let whole = |row: i64| !full || row < last;
            for fault in page.iter().filter(|f| whole(f.row)) {
                let row = u32::try_from(fault.row).unwrap_or(0);
                reasons.entry(row).or_default().push(reason(&self.ground.shape, fault, locale));
                after = fault.row;
            }
            if !full {
                break;
            }
        }
        let folder = self.engine.job_folder(self.job.id);
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

/// Keeps what came of rows with the job; [`End::Lost`] where it is no longer this worker's.
async fn kept(account: &mut Account, job: &Job, came: Came, last: u32, done: i64, told: &[JobFault], tx: &mut Tx) -> Result<Account, End> {
    account.summary.add(came);
    account.position = last;
    let mut ordered: Vec<JobFault> = told.to_vec();
    ordered.sort_by_key(|fault| fault.row);
    jobs::add_faults(job.id, &ordered, tx).await?;
    let result = serde_json::to_string(account).map_err(|e| EngineError::Internal(e.to_string()))?;
    let job = Job { result: Some(result), done, ..job.clone() };
    if jobs::progress(&job, lease_until(), tx).await? { Ok(account.clone()) } else { Err(End::Lost) }
}

fn stopped(end: End) -> Stopped {
    match end {
        End::Lost => Stopped::Lost,
        End::Failed(error) => Stopped::Failed(error),
        End::Undone(_) => Stopped::Failed(EngineError::Internal("a page was undone twice".into())),
    }
}
