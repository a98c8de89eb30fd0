//! The job of an import: pages of rows from the file to the records, and the workbook of those that were refused.

use super::account::Account;
use super::bound::Bound;
use super::child_rows::{ChildRows, Gather};
use super::child_source::ChildSource;
use super::import::{Input, Upload, blocking, rebind};
use super::incoming::Incoming;
use super::page::{Came, Desk, Ground, save_page};
use super::refused::write_refused;
use crate::accounts::principal_of;
use crate::audit::Origin;
use crate::duplicates::rule::rules_of;
use crate::jobs::{Stopped, faults, in_both, lease_until};
use crate::keys::Keys;
use crate::organisation;
use crate::records::Saver;
use crate::{Authority, Context, Engine, EngineError, EngineResult, Refusal};
use formwright_core::error_code as code;
use formwright_core::text::Locale;
use formwright_exchange::FileFault;
use formwright_exchange::heading::Heading;
use formwright_exchange::row::{Plan, walk_columns};
use formwright_exchange::source::Workbook;
use formwright_store::jobs::{self, Job, JobFault};
use formwright_store::{StoreError, Tx};
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Rows of a page.
const PAGE: usize = 500;
/// Rows that are written all or none.
const MOST_ATOMIC: u64 = 20_000;

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
    let upload = Upload { name: input.file.clone(), bytes: crate::jobs::files::upload(engine, job.id).await? };
    let (context, people, given) = (cx.clone(), organisation.clone(), input.clone());
    let folder = engine.settings().data.join("tmp");
    let (file, shape, walked) = blocking(move || {
        let Bound { workbook, sheet, heading, plan, shape, mapped, children, main } =
            rebind(&context, &people, &given, &upload)?;
        let refuse = |fault: FileFault| super::bound::unreadable(&context, &fault);
        let walked =
            walk_columns(&workbook, sheet, &heading, &mapped, |_| ControlFlow::Continue(())).map_err(refuse)?;
        let gather = Gather {
            workbook: &workbook,
            sheet,
            heading: &heading,
            mapped: &mapped,
            columns: &main,
            sources: &children,
        };
        let rows = gather.run(&folder, refuse)?;
        Ok((File { workbook, sheet, heading, plan, mapped, children, rows }, shape, walked))
    })
    .await?;
    let file = Arc::new(file);
    let saver = Saver::new(&cx)?;
    let rules = rules_of(&cx.catalog, shape.targets.index, &shape.targets.form);
    let mut account: Account =
        job.result.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    if input.dry_run || input.atomic {
        // nothing of an earlier run was kept
        account = Account { batch: account.batch, ..Account::default() };
    }
    account.summary.passed(&walked);
    let total = walked.rows.saturating_sub(file.rows.continuing());
    account.summary.rows = total;
    account.summary.child_rows = file.rows.count;
    account.summary.hidden_sheets =
        file.workbook.sheets().into_iter().filter(|sheet| sheet.hidden).map(|sheet| sheet.name).collect();
    account.summary.ignored_columns.clone_from(&shape.ignored);
    account.summary.dry_run = input.dry_run;
    let ground = Ground {
        saver,
        shape: Arc::new(shape),
        given: file.rows.seen.iter().copied().collect(),
        organisation,
        rules: Arc::new(rules),
        batch: account.batch,
        dry: input.dry_run,
    };
    let mut work = Work { engine: engine.clone(), job, account, ground, atomic: input.atomic && !input.dry_run };
    work.job.total = i64::try_from(total).ok();
    if work.account.position == 0 {
        work.begin(&file).await?;
    }
    if work.atomic && total > MOST_ATOMIC {
        return Err(
            EngineError::from(Refusal::new(&code::IMPORT_ROWS).with("rows", total).with("limit", MOST_ATOMIC)).into()
        );
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
pub(super) struct File {
    pub workbook: Workbook,
    pub sheet: usize,
    pub heading: Heading,
    pub plan: Plan,
    /// Columns that make a row a row of data.
    pub mapped: Vec<usize>,
    pub children: Vec<ChildSource>,
    pub rows: ChildRows,
}

impl File {
    /// Reads pages of cleaned rows after a row and hands them on, until nobody takes them.
    fn read(
        &self,
        after: u32,
        pages: &mpsc::Sender<Vec<Incoming>>,
        refuse: impl Fn(FileFault) -> EngineError,
    ) -> EngineResult<()> {
        let mut page = Vec::with_capacity(PAGE);
        let mut failed = None;
        let walked = walk_columns(&self.workbook, self.sheet, &self.heading, &self.mapped, |row| {
            if row.number <= after || self.rows.owner(row.number) != row.number {
                return ControlFlow::Continue(());
            }
            match self.rows.of(row.number) {
                Ok(children) => page.push(Incoming { clean: self.plan.clean(&row), children }),
                Err(error) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            if page.len() == PAGE
                && pages.blocking_send(std::mem::replace(&mut page, Vec::with_capacity(PAGE))).is_err()
            {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        walked.map_err(refuse)?;
        if let Some(error) = failed {
            return Err(error);
        }
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

    /// Forgets what an earlier run found, and tells of rows whose record is not in the file.
    async fn begin(&mut self, file: &File) -> Result<(), Stopped> {
        self.job.done = 0;
        let orphans = file.rows.orphans.clone();
        self.account.summary.refused = u64::try_from(orphans.len()).unwrap_or(u64::MAX);
        let job = self.standing(&self.account, 0)?;
        let (id, keys) = (job.id, self.engine.keys().clone());
        let held = self
            .engine
            .db()
            .write(move |tx| {
                Box::pin(async move {
                    jobs::clear_faults(id, tx).await?;
                    faults::add(&keys, id, &orphans, tx).await?;
                    Ok::<_, EngineError>(jobs::progress(&job, lease_until(), tx).await?)
                })
            })
            .await?;
        if held { Ok(()) } else { Err(Stopped::Lost) }
    }

    async fn pages(&mut self, file: &Arc<File>) -> Result<(), Stopped> {
        let (sender, mut pages) = mpsc::channel::<Vec<Incoming>>(2);
        let (reader, after) = (file.clone(), self.account.position);
        let cx = self.ground.saver.cx.clone();
        let refuse = move |fault: FileFault| super::bound::unreadable(&cx, &fault);
        let reading = tokio::task::spawn_blocking(move || reader.read(after, &sender, refuse));
        let mut desk = Desk::default();
        let mut whole: Vec<Incoming> = Vec::new();
        while let Some(page) = pages.recv().await {
            if self.atomic {
                whole.extend(page);
            } else {
                desk = self.page(desk, page).await?;
            }
        }
        reading.await.map_err(|e| EngineError::Internal(e.to_string()))??;
        if self.atomic {
            self.page(desk, whole).await?;
        }
        Ok(())
    }

    /// One transaction: the rows, what is told of them, and how far the job has come.
    async fn page(&mut self, desk: Desk, rows: Vec<Incoming>) -> Result<Desk, Stopped> {
        let last = rows.last().map_or(self.account.position, |row| row.clean.number);
        let done = self.job.done + i64::try_from(rows.len()).unwrap_or(0);
        let mut ground = self.ground.clone();
        ground.saver.cx.now = self.engine.now();
        ground.saver.origin = Origin::of(&ground.saver.cx);
        let (account, job, atomic) = (self.account.clone(), self.job.clone(), self.atomic);
        let before = account.summary.refused;
        let written = self
            .engine
            .db()
            // the desk remembers the rows: a page that gave way is read anew by the job
            .write_once(move |tx| {
                Box::pin(async move {
                    let mut desk = desk;
                    let (came, told) = save_page(&ground, &mut desk, &rows, tx).await?;
                    if ground.dry || (atomic && came.refused + before > 0) {
                        return Err(End::Undone(Box::new((desk, came, told))));
                    }
                    let keys = ground.saver.cx.engine.keys();
                    let account = kept(keys, &mut account.clone(), &job, came, last, done, &told, tx).await?;
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
                let (mut account, job, keys) = (self.account.clone(), self.job.clone(), self.engine.keys().clone());
                let account = self
                    .engine
                    .db()
                    .write(move |tx| {
                        Box::pin(async move { kept(&keys, &mut account, &job, came, last, done, &told, tx).await })
                    })
                    .await;
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
            let locale = Locale::from_tag(&input.locale).unwrap_or_default();
            write_refused(&self.engine, self.job.id, &self.ground.shape, file, locale).await?;
            if self.atomic {
                let refusal = Refusal::new(&code::IMPORT_REFUSED).with("count", refused);
                self.account.message = in_both(|locale| refusal.detail(locale));
                state = "failed";
            }
        }
        let job = self.standing(&self.account, self.job.done)?;
        let now = self.engine.now();
        let held = self
            .engine
            .db()
            .write(move |tx| Box::pin(async move { crate::jobs::finish(&job, state, now, tx).await }))
            .await?;
        if held { Ok(()) } else { Err(Stopped::Lost) }
    }
}

/// Keeps what came of rows with the job; [`End::Lost`] where it is no longer this worker's.
#[allow(clippy::too_many_arguments)]
async fn kept(
    keys: &Keys,
    account: &mut Account,
    job: &Job,
    came: Came,
    last: u32,
    done: i64,
    told: &[JobFault],
    tx: &mut Tx,
) -> Result<Account, End> {
    account.summary.add(came);
    account.position = last;
    let mut ordered: Vec<JobFault> = told.to_vec();
    ordered.sort_by_key(|fault| fault.row);
    faults::add(keys, job.id, &ordered, tx).await?;
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
