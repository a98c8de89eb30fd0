//! Asking for an import: what may be asked, and what is refused before any work begins.

use super::bound::{Binding, Bound};
use super::mapping::Mapping;
use super::target::Targets;
use crate::access::CallerAccess;
use crate::audit::{self, Origin};
use crate::organisation::{self, Organisation};
use crate::{Context, Engine, EngineError, EngineResult, Refusal, jobs};
use chrono::Utc;
use formwright_core::error_code as code;
use formwright_exchange::heading;
use formwright_store::jobs::Job;
use formwright_store::{Snapshot, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// A file as it was sent.
#[derive(Clone, Debug)]
pub struct Upload {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What becomes of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// Each row is a new record.
    #[default]
    Create,
    /// Each row changes the record of its key.
    Update,
    /// As update where there is such a record, else as create.
    Upsert,
}

impl ImportMode {
    pub fn parse(text: &str) -> Option<ImportMode> {
        Some(match text.trim() {
            "create" | "" => ImportMode::Create,
            "update" => ImportMode::Update,
            "upsert" => ImportMode::Upsert,
            _ => return None,
        })
    }

    /// Whether an action of a grant is needed for it.
    fn needs(self, action: &str) -> bool {
        match self {
            ImportMode::Create => action == "create",
            ImportMode::Update => action == "update",
            ImportMode::Upsert => true,
        }
    }
}

/// An import as asked for.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    pub mapping: Option<Json>,
    /// Fields that name a record; the form's key where there are none.
    pub key: Vec<String>,
    pub mode: ImportMode,
    /// Everything is tried and nothing kept.
    pub dry_run: bool,
    /// All rows or none.
    pub atomic: bool,
}

/// What a job of the kind `import` is given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Input {
    pub form: String,
    pub file: String,
    pub mapping: Mapping,
    pub key: Vec<String>,
    pub mode: ImportMode,
    pub dry_run: bool,
    pub atomic: bool,
    pub locale: String,
}

/// What may be imported where, as asked of the caller's grants.
pub(super) fn targets_for(cx: &Context, form: &str, mode: Option<ImportMode>) -> EngineResult<Targets> {
    let access = Arc::new(CallerAccess::new(cx));
    let (index, form, _) = access.form_for(form, "import")?;
    for action in ["create", "update"] {
        if mode.is_some_and(|mode| mode.needs(action)) && !access.allows(index, action) {
            return Err(Refusal::new(&code::FORBIDDEN).with("action", action).into());
        }
    }
    Ok(Targets::of(&access, index, &form))
}

impl Engine {
    /// Takes a file of rows to be imported; gives the id of the job. The file, its headings and the mapping are looked at
    /// before, its rows are not.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `file_…` for what is wrong with the file, `import_mapping_invalid`.
    pub async fn import(&self, cx: &Context, form: &str, upload: Upload, request: ImportRequest) -> EngineResult<Uuid> {
        let targets = targets_for(cx, form, Some(request.mode))?;
        let form = targets.form.clone();
        let mut mapping = Mapping::read(request.mapping.as_ref(), &form.name)?;
        // rates that the mapping does not give are the installation's, of the day that it names
        let day = mapping.options.rates_on.unwrap_or_else(|| cx.clock().today());
        for (currency, rate) in self.rates_on(day).await? {
            mapping.options.rates.entry(currency).or_insert_with(|| json!(rate.normalize().to_string()));
        }
        let remembered = remembered(self.last_mapping(cx, &form.name).await?.as_ref());
        let organisation = organisation::fresh(self).await?;
        let (context, key, mode, said) = (cx.clone(), request.key.clone(), request.mode, mapping.clone());
        let (bound, upload) = blocking(move || {
            let bound = Binding {
                cx: &context,
                organisation: &organisation,
                targets,
                mapping: &said,
                remembered: &remembered,
                key: &key,
                mode,
            }
            .bind(&upload)?;
            Ok((bound, upload))
        })
        .await?;
        // what was found now is what will be done
        mapping.form = Some(form.name.clone());
        mapping.sheet = bound.workbook.sheets().get(bound.sheet).map(|s| s.name.clone());
        mapping.header_row = Some(bound.heading.row);
        mapping.columns = Some(columns_of(&bound));
        let input = Input {
            form: form.name.clone(),
            file: upload.name.clone(),
            mapping,
            key: bound.shape.key.clone(),
            mode: request.mode,
            dry_run: request.dry_run,
            atomic: request.atomic,
            locale: cx.locale.tag().to_string(),
        };
        drop(bound);
        let id = Uuid::now_v7();
        let account = json!({"batch": Uuid::now_v7()});
        let job = Job {
            id,
            kind: jobs::IMPORT.into(),
            owner: cx.principal().map(|p| p.person.id),
            state: "queued".into(),
            done: 0,
            total: None,
            attempts: 0,
            created_at: cx.now,
            run_at: Utc::now(),
            finished_at: None,
            input: serde_json::to_string(&input).map_err(|e| EngineError::Internal(e.to_string()))?,
            result: Some(account.to_string()),
            fence: 0,
        };
        let origin = Origin::of(cx);
        let what = json!({"what": "import", "on": {"form": form.id, "job": id}, "file": upload.name.chars().take(200).collect::<String>(), "mode": input.mode, "dry_run": input.dry_run});
        let key = jobs::files::keep_upload(self, id, upload.bytes).await?;
        let written = self.db().write(move |tx| {
            Box::pin(async move {
                formwright_store::jobs::add(&job, tx).await?;
                formwright_store::keys::add_named(&key, tx).await?;
                audit::record(tx, &origin, "import", what).await.map_err(EngineError::from)
            })
        });
        if let Err(error) = written.await {
            // where nobody knows whether the job is there, the housekeeping looks later
            if !matches!(error, EngineError::Store(StoreError::OutcomeUnknown)) {
                jobs::files::discard(self, id).await;
            }
            return Err(error);
        }
        self.background().wake();
        Ok(id)
    }

    /// The mapping of this person's last import into this form.
    pub(super) async fn last_mapping(&self, cx: &Context, form: &str) -> EngineResult<Option<Mapping>> {
        const LOOKED_AT: i64 = 30;
        let mut tx = self.db().reader(Snapshot::No).await?;
        let last = formwright_store::jobs::of_owner(cx.author(), Some(jobs::IMPORT), LOOKED_AT, &mut tx).await?;
        let inputs = last.iter().filter_map(|job| serde_json::from_str::<Input>(&job.input).ok());
        Ok(inputs.filter(|input| input.form == form).map(|input| input.mapping).find(|m| m.columns.is_some()))
    }
}

/// The fields that a mapping gave to headings, by normal heading.
pub(super) fn remembered(mapping: Option<&Mapping>) -> HashMap<String, Option<String>> {
    let columns = mapping.and_then(|mapping| mapping.columns.as_ref()).into_iter().flatten();
    columns.filter_map(|(title, field)| Some((heading::normal(title), Some(field.as_str()?.to_string())))).collect()
}

/// The columns of a bound file by heading.
fn columns_of(bound: &Bound) -> Map<String, Json> {
    let mut out = Map::new();
    let field =
        |title: &str| bound.shape.headings.iter().find(|(_, heading)| *heading == title).map(|(path, _)| path.clone());
    for title in bound.heading.titles.iter().filter(|t| !t.is_empty()) {
        out.entry(title.clone()).or_insert_with(|| json!(field(title)));
    }
    out
}

/// Opens the upload of a job again.
pub(super) fn rebind(cx: &Context, organisation: &Organisation, input: &Input, upload: &Upload) -> EngineResult<Bound> {
    let targets = targets_for(cx, &input.form, Some(input.mode))?;
    let remembered = HashMap::new();
    Binding {
        cx,
        organisation,
        targets,
        mapping: &input.mapping,
        remembered: &remembered,
        key: &input.key,
        mode: input.mode,
    }
    .bind(upload)
}

/// Runs what reads or writes files on a thread that nobody waits for.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> EngineResult<T> + Send + 'static,
) -> EngineResult<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(EngineError::Internal(error.to_string())))
}
