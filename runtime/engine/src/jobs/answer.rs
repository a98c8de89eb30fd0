//! What whoever asked for a job is told about it.

use super::{IMPORT, fault_place, in_one};
use crate::exchange::OutFile;
use crate::{Context, Engine, EngineError, EngineResult};
use formwright_core::text::Locale;
use formwright_core::value::format_instant;
use formwright_store::jobs::{self, Job, JobFault};
use formwright_store::{Snapshot, Tx};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// Faults and warnings of an answer.
const TOLD: i64 = 1_000;
/// Jobs of a list.
const LISTED: i64 = 100;

impl Engine {
    /// A job of the caller: `{"id","kind","state","done","total","created_at","updated_at","created","updated","result","summary",
    /// "batch","faults","warnings"}`; `created` and `updated` are the records of an import, null elsewhere. An administrator sees
    /// those of others too.
    ///
    /// # Errors
    /// `not_found` for another's.
    pub async fn job(&self, cx: &Context, id: Uuid) -> EngineResult<Json> {
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let job = owned(cx, id, &mut tx).await?;
        let mut answer = self.told(&job, cx.locale);
        for (key, warnings) in [("faults", false), ("warnings", true)] {
            let found = super::faults::opened(self.keys(), id, jobs::faults(id, warnings, TOLD, &mut tx).await?)?;
            let list: Vec<Json> = found.iter().map(|f| fault(f, cx.locale)).collect();
            answer.insert(key.into(), Json::Array(list));
        }
        Ok(Json::Object(answer))
    }

    /// The caller's newest jobs without their faults: `{"items", "next"}`.
    ///
    /// # Errors
    /// What the store gives.
    pub async fn jobs(&self, cx: &Context) -> EngineResult<Json> {
        let mut tx = self.db().reader(Snapshot::No).await?;
        let list = jobs::of_owner(cx.author(), None, LISTED, &mut tx).await?;
        let items: Vec<Json> = list.iter().map(|job| Json::Object(self.told(job, cx.locale))).collect();
        Ok(json!({"items": items, "next": null}))
    }

    /// Stops a job of the caller: what it has written stays. Nothing happens to a job that has ended.
    ///
    /// # Errors
    /// `not_found` for another's.
    pub async fn cancel_job(&self, cx: &Context, id: Uuid) -> EngineResult<Json> {
        let mut tx = self.db().reader(Snapshot::No).await?;
        owned(cx, id, &mut tx).await?;
        drop(tx);
        let now = cx.now;
        self.db()
            .write(move |tx| Box::pin(async move { jobs::cancel(id, now, tx).await.map_err(EngineError::from) }))
            .await?;
        self.job(cx, id).await
    }

    /// The workbook of the refused rows.
    ///
    /// # Errors
    /// `not_found` for another's job, and while there is none.
    pub async fn job_result(&self, cx: &Context, id: Uuid) -> EngineResult<OutFile> {
        let mut tx = self.db().reader(Snapshot::No).await?;
        let job = owned(cx, id, &mut tx).await?;
        drop(tx);
        let file = super::files::result(self, id).await?.ok_or_else(EngineError::not_found)?;
        OutFile::of_workbook(result_name(&job), 0, Some(id), file)
    }

    fn told(&self, job: &Job, locale: Locale) -> Map<String, Json> {
        let account: Json =
            job.result.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Json::Null);
        let mut out = Map::new();
        out.insert("id".into(), json!(job.id));
        out.insert("kind".into(), json!(job.kind));
        out.insert("state".into(), json!(job.state));
        out.insert("done".into(), json!(job.done));
        out.insert("total".into(), json!(job.total.unwrap_or(job.done)));
        out.insert("created_at".into(), json!(format_instant(job.created_at)));
        out.insert("updated_at".into(), json!(format_instant(job.finished_at.unwrap_or(job.created_at))));
        let summary = account.get("summary").cloned().unwrap_or(Json::Null);
        let counted = |key: &str| summary.get(key).cloned().unwrap_or(json!(0));
        for key in ["created", "updated"] {
            out.insert(key.into(), if job.kind == IMPORT { counted(key) } else { Json::Null });
        }
        let mut result = Map::new();
        for key in ["created", "updated", "merged"] {
            result.insert(key.into(), counted(key));
        }
        result.insert("skipped".into(), account.pointer("/summary/passed_over").cloned().unwrap_or(json!(0)));
        result.insert("message".into(), account.get("message").map_or(Json::Null, |m| json!(in_one(m, locale))));
        let file = super::files::has_result(self, job.id).then(|| format!("/api/jobs/{}/result.xlsx", job.id));
        result.insert("file".into(), json!(file));
        out.insert("result".into(), if job.kind == IMPORT { Json::Object(result) } else { Json::Null });
        out.insert("summary".into(), summary);
        out.insert("batch".into(), account.get("batch").cloned().unwrap_or(Json::Null));
        out
    }
}

fn fault(fault: &JobFault, locale: Locale) -> Json {
    let message: Json = serde_json::from_str(&fault.message).unwrap_or(Json::Null);
    let told = in_one(&message, locale);
    match fault_place(&message) {
        Some((sheet, row)) => {
            json!({"sheet": sheet, "row": row, "field": fault.field, "code": fault.code, "message": told})
        }
        None => json!({"row": fault.row, "field": fault.field, "code": fault.code, "message": told}),
    }
}

/// A job that the caller may know of.
/// The workbook of refused rows is called after the file they stood in.
fn result_name(job: &Job) -> String {
    let input: Json = serde_json::from_str(&job.input).unwrap_or_default();
    let file = input.get("file").and_then(Json::as_str).unwrap_or_default();
    match file.rsplit_once('.').map_or(file, |(stem, _)| stem) {
        "" => "faults.xlsx".to_string(),
        stem => format!("{stem}-faults.xlsx"),
    }
}

async fn owned(cx: &Context, id: Uuid, tx: &mut Tx) -> EngineResult<Job> {
    let job = jobs::find(id, tx).await?.ok_or_else(EngineError::not_found)?;
    let mine = match cx.principal() {
        Some(person) => person.admin || job.owner == Some(person.person.id),
        None => true,
    };
    if mine { Ok(job) } else { Err(EngineError::not_found()) }
}
