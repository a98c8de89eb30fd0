//! Background work: jobs with their state and lease, and what is wrong with the rows of an import.

use crate::dialect::Lock;
use crate::error::StoreResult;
use crate::events;
use crate::row::Row;
use crate::tx::Tx;
use crate::value::{Kind, Val};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

/// A job's row. `input` and `result` are JSON texts.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: Uuid,
    pub kind: String,
    pub owner: Option<Uuid>,
    /// queued, running, done, failed, cancelled
    pub state: String,
    pub done: i64,
    pub total: Option<i64>,
    pub attempts: i64,
    pub created_at: DateTime<Utc>,
    pub run_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub input: String,
    pub result: Option<String>,
    /// Grows with each lease: who holds an older one has lost the job.
    pub fence: i64,
}

const COLUMNS: [&str; 13] = [
    "id",
    "kind",
    "owner",
    "state",
    "done",
    "total",
    "attempts",
    "created_at",
    "run_at",
    "finished_at",
    "input",
    "result",
    "fence",
];

fn read(row: &Row<'_>) -> StoreResult<Job> {
    Ok(Job {
        id: row.uuid(0)?.unwrap_or(Uuid::nil()),
        kind: row.text(1)?.unwrap_or_default().to_string(),
        owner: row.uuid(2)?,
        state: row.text(3)?.unwrap_or_default().to_string(),
        done: row.int(4)?.unwrap_or(0),
        total: row.int(5)?,
        attempts: row.int(6)?.unwrap_or(0),
        created_at: row.ts(7)?.unwrap_or_default(),
        run_at: row.ts(8)?.unwrap_or_default(),
        finished_at: row.ts(9)?,
        input: row.json(10)?.unwrap_or("null").to_string(),
        result: row.json(11)?.map(str::to_string),
        fence: row.int(12)?.unwrap_or(0),
    })
}

/// Writes a new job.
pub async fn add(job: &Job, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_jobs").push(" (").names(&COLUMNS).push(") VALUES (");
    sql.vals([
        Val::Uuid(job.id),
        Val::text(&job.kind),
        Val::or_null(job.owner.map(Val::Uuid), Kind::Uuid),
        Val::text(&job.state),
        Val::Int(job.done),
        Val::or_null(job.total.map(Val::Int), Kind::Int),
        Val::Int(job.attempts),
        Val::Ts(job.created_at),
        Val::Ts(job.run_at),
        Val::opt_ts(job.finished_at),
        Val::Json(job.input.clone()),
        Val::or_null(job.result.clone().map(Val::Json), Kind::Json),
        Val::Int(job.fence),
    ]);
    sql.push(")");
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// One job.
pub async fn find(id: Uuid, tx: &mut Tx) -> StoreResult<Option<Job>> {
    let mut sql = tx.sql();
    sql.push("SELECT ").names(&COLUMNS).push(" FROM ").name("fw_jobs").push(" WHERE \"id\" = ").val(id);
    tx.optional(&sql.build(), read).await
}

/// The newest jobs of a person, of one kind where it is given.
pub async fn of_owner(owner: Uuid, kind: Option<&str>, most: i64, tx: &mut Tx) -> StoreResult<Vec<Job>> {
    let mut sql = tx.sql();
    sql.push("SELECT ").names(&COLUMNS).push(" FROM ").name("fw_jobs").push(" WHERE \"owner\" = ").val(owner);
    if let Some(kind) = kind {
        sql.push(" AND \"kind\" = ").val(kind);
    }
    sql.push(" ORDER BY \"created_at\" DESC, \"id\" DESC LIMIT ").int(most);
    tx.all(&sql.build(), read).await
}

/// What a person's jobs of a kind have done since then, added up.
pub async fn done_since(owner: Uuid, kind: &str, since: DateTime<Utc>, tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("SELECT \"done\" FROM ").name("fw_jobs").push(" WHERE \"owner\" = ").val(owner);
    sql.push(" AND \"kind\" = ").val(kind).push(" AND \"created_at\" >= ").val(since);
    let mut sum = 0_i64;
    tx.each(&sql.build(), |row| {
        sum = sum.saturating_add(row.int(0)?.unwrap_or(0));
        Ok(())
    })
    .await?;
    Ok(sum)
}

/// Takes the oldest job that is due, or whose worker has not been heard of since its lease ended.
pub async fn lease(worker: &str, now: DateTime<Utc>, until: DateTime<Utc>, tx: &mut Tx) -> StoreResult<Option<Job>> {
    let mut sql = tx.sql();
    sql.push("SELECT ")
        .names(&COLUMNS)
        .push(" FROM ")
        .name("fw_jobs")
        .push(" WHERE (\"state\" = 'queued' AND \"run_at\" <= ")
        .val(now);
    sql.push(") OR (\"state\" = 'running' AND \"lease_until\" < ")
        .val(now)
        .push(") ORDER BY \"run_at\", \"id\" LIMIT 1");
    sql.push(tx.dialect().for_update(Lock::SkipLocked));
    let Some(mut job) = tx.optional(&sql.build(), read).await? else { return Ok(None) };
    job.fence += 1;
    job.attempts += 1;
    job.state = "running".into();
    let mut sql = tx.sql();
    sql.push("UPDATE ")
        .name("fw_jobs")
        .push(" SET \"state\" = 'running', \"attempts\" = ")
        .val(job.attempts)
        .push(", \"fence\" = ")
        .val(job.fence);
    sql.push(", \"lease_by\" = ")
        .val(worker)
        .push(", \"lease_until\" = ")
        .val(until)
        .push(" WHERE \"id\" = ")
        .val(job.id);
    tx.execute(&sql.build()).await?;
    Ok(Some(job))
}

/// Writes progress and prolongs the lease; `false` where the job was cancelled or another worker has it.
pub async fn progress(job: &Job, until: DateTime<Utc>, tx: &mut Tx) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("UPDATE ")
        .name("fw_jobs")
        .push(" SET \"done\" = ")
        .val(job.done)
        .push(", \"total\" = ")
        .val(Val::or_null(job.total.map(Val::Int), Kind::Int));
    sql.push(", \"result\" = ")
        .val(Val::or_null(job.result.clone().map(Val::Json), Kind::Json))
        .push(", \"lease_until\" = ")
        .val(until);
    sql.push(" WHERE \"id\" = ").val(job.id).push(" AND \"state\" = 'running' AND \"fence\" = ").val(job.fence);
    let held = tx.execute(&sql.build()).await? == 1;
    if held {
        tell(job, "running", until, tx).await?;
    }
    Ok(held)
}

/// Lets the job's owner know how far it is.
async fn tell(job: &Job, state: &str, at: DateTime<Utc>, tx: &mut Tx) -> StoreResult<()> {
    let Some(owner) = job.owner else { return Ok(()) };
    let body = json!({"user": owner, "state": state, "done": job.done, "total": job.total});
    events::append("job", job.id, body.to_string(), at, tx).await
}

/// Ends a running job in the state given; `false` where it was no longer this worker's.
pub async fn finish(job: &Job, state: &str, now: DateTime<Utc>, tx: &mut Tx) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("UPDATE ").name("fw_jobs").push(" SET \"state\" = ").val(state).push(", \"done\" = ").val(job.done);
    sql.push(", \"total\" = ").val(Val::or_null(job.total.map(Val::Int), Kind::Int));
    sql.push(", \"result\" = ")
        .val(Val::or_null(job.result.clone().map(Val::Json), Kind::Json))
        .push(", \"finished_at\" = ")
        .val(now);
    sql.push(", \"lease_by\" = ").val(Val::Null(Kind::Text)).push(", \"lease_until\" = ").val(Val::Null(Kind::Ts));
    sql.push(" WHERE \"id\" = ").val(job.id).push(" AND \"state\" = 'running' AND \"fence\" = ").val(job.fence);
    let held = tx.execute(&sql.build()).await? == 1;
    if held {
        tell(job, state, now, tx).await?;
    }
    Ok(held)
}

/// Gives a job back to be taken again at that time.
pub async fn give_back(job: &Job, run_at: DateTime<Utc>, tx: &mut Tx) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("UPDATE ")
        .name("fw_jobs")
        .push(" SET \"state\" = 'queued', \"run_at\" = ")
        .val(run_at)
        .push(", \"lease_by\" = ")
        .val(Val::Null(Kind::Text));
    sql.push(", \"lease_until\" = ")
        .val(Val::Null(Kind::Ts))
        .push(" WHERE \"id\" = ")
        .val(job.id)
        .push(" AND \"state\" = 'running' AND \"fence\" = ")
        .val(job.fence);
    Ok(tx.execute(&sql.build()).await? == 1)
}

/// Ends a job that is not yet finished; its worker notices at its next page.
pub async fn cancel(id: Uuid, now: DateTime<Utc>, tx: &mut Tx) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("UPDATE ")
        .name("fw_jobs")
        .push(" SET \"state\" = 'cancelled', \"finished_at\" = ")
        .val(now)
        .push(" WHERE \"id\" = ")
        .val(id);
    sql.push(" AND \"state\" IN ('queued', 'running')");
    Ok(tx.execute(&sql.build()).await? == 1)
}

/// Finished jobs older than that, at most a thousand.
pub async fn finished_before(at: DateTime<Utc>, tx: &mut Tx) -> StoreResult<Vec<Uuid>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"id\" FROM ")
        .name("fw_jobs")
        .push(" WHERE \"finished_at\" < ")
        .val(at)
        .push(" ORDER BY \"id\" LIMIT 1000");
    Ok(tx.all(&sql.build(), |row| row.uuid(0)).await?.into_iter().flatten().collect())
}

/// Forgets jobs with all that is kept of them.
pub async fn delete(ids: &[Uuid], tx: &mut Tx) -> StoreResult<()> {
    for (table, column) in [("fw_job_faults", "job"), ("fw_jobs", "id")] {
        let mut sql = tx.sql();
        sql.push("DELETE FROM ")
            .name(table)
            .push(" WHERE ")
            .name(column)
            .push(" IN (")
            .vals(ids.iter().map(|id| Val::Uuid(*id)))
            .push(")");
        tx.execute(&sql.build().once()).await?;
    }
    Ok(())
}

/// Something to tell about a row. `message` is JSON: the text by language.
#[derive(Clone, Debug, PartialEq)]
pub struct JobFault {
    pub row: i64,
    pub field: String,
    pub code: String,
    pub message: String,
    /// A warning does not refuse the row.
    pub warning: bool,
}

/// Appends faults of a job in their order.
pub async fn add_faults(job: Uuid, faults: &[JobFault], tx: &mut Tx) -> StoreResult<()> {
    for page in faults.chunks(150) {
        let mut sql = tx.sql();
        sql.push("INSERT INTO ")
            .name("fw_job_faults")
            .push(" (")
            .names(&["job", "row", "field", "code", "message", "level"])
            .push(") VALUES ");
        for (i, fault) in page.iter().enumerate() {
            sql.push(if i > 0 { ", (" } else { "(" }).vals([
                Val::Uuid(job),
                Val::Int(fault.row),
                Val::text(&fault.field),
                Val::text(&fault.code),
                Val::Json(fault.message.clone()),
                Val::text(if fault.warning { "warning" } else { "fault" }),
            ]);
            sql.push(")");
        }
        tx.execute(&sql.build().once()).await?;
    }
    Ok(())
}

fn read_fault(row: &Row<'_>) -> StoreResult<JobFault> {
    Ok(JobFault {
        row: row.int(0)?.unwrap_or(0),
        field: row.text(1)?.unwrap_or_default().to_string(),
        code: row.text(2)?.unwrap_or_default().to_string(),
        message: row.json(3)?.unwrap_or("{}").to_string(),
        warning: row.text(4)? == Some("warning"),
    })
}

/// The first faults (or warnings) of a job in their order.
pub async fn faults(job: Uuid, warnings: bool, most: i64, tx: &mut Tx) -> StoreResult<Vec<JobFault>> {
    let mut sql = tx.sql();
    sql.push("SELECT ")
        .names(&["row", "field", "code", "message", "level"])
        .push(" FROM ")
        .name("fw_job_faults")
        .push(" WHERE \"job\" = ")
        .val(job);
    sql.push(" AND \"level\" = ")
        .val(if warnings { "warning" } else { "fault" })
        .push(" ORDER BY \"seq\" LIMIT ")
        .int(most);
    tx.all(&sql.build(), read_fault).await
}

/// The next faults of refused rows, by row: those of rows after `after`, at most `most`.
pub async fn faults_after(job: Uuid, after: i64, most: i64, tx: &mut Tx) -> StoreResult<Vec<JobFault>> {
    let mut sql = tx.sql();
    sql.push("SELECT ")
        .names(&["row", "field", "code", "message", "level"])
        .push(" FROM ")
        .name("fw_job_faults")
        .push(" WHERE \"job\" = ")
        .val(job);
    sql.push(" AND \"level\" = 'fault' AND \"row\" > ").val(after).push(" ORDER BY \"row\", \"seq\" LIMIT ").int(most);
    tx.all(&sql.build(), read_fault).await
}

/// Forgets what was found so far: the work begins anew.
pub async fn clear_faults(job: Uuid, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM ").name("fw_job_faults").push(" WHERE \"job\" = ").val(job);
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// Gives all running jobs back: for a database that only one process works on, when that process begins.
pub async fn release_all(tx: &mut Tx) -> StoreResult<u64> {
    let mut sql = tx.sql();
    sql.push("UPDATE ").name("fw_jobs").push(" SET \"state\" = 'queued', \"lease_by\" = ").val(Val::Null(Kind::Text));
    sql.push(", \"lease_until\" = ").val(Val::Null(Kind::Ts)).push(" WHERE \"state\" = 'running'");
    tx.execute(&sql.build()).await
}

/// Of these ids those of jobs that are there.
pub async fn known(ids: &[Uuid], tx: &mut Tx) -> StoreResult<Vec<Uuid>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = tx.sql();
    sql.push("SELECT \"id\" FROM ").name("fw_jobs").push(" WHERE \"id\" IN (");
    sql.vals(ids.iter().map(|id| Val::Uuid(*id))).push(")");
    Ok(tx.all(&sql.build().once(), |row| row.uuid(0)).await?.into_iter().flatten().collect())
}
