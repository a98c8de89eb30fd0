//! Does a publication: one transaction with the tables, the documents, the revision and the audit entry.

use super::compose::{Composed, Selection};
use super::convert::TypeConverter;
use super::ground::{Ground, doc_key};
use super::prepare::{Planned, blocked, plan, plan_rollback, prepare, unconfirmed};
use crate::accounts::{Act, require_step_up};
use crate::audit::{self, Origin};
use crate::company::Facts;
use crate::{Context, Engine, EngineError, EngineResult, Refusal, guard};
use chrono::{DateTime, NaiveDate, Utc};
use formwright_core::catalog::Catalog;
use formwright_core::definition::{Document, Key, Kind};
use formwright_core::diagnostic::{Argument, Fault};
use formwright_core::error_code as code;
use formwright_core::plan::Change;
use formwright_core::text::Locale;
use formwright_core::time::Clock;
use formwright_store::definitions::{self, StoredDefinition, StoredRevision};
use formwright_store::layout::Layout;
use formwright_store::{StoreError, Tx, ddl};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// How often a publication waits again for tables that others hold.
const ATTEMPTS: u32 = 5;

/// What a person says about a publication.
#[derive(Clone, Debug, Default)]
pub struct Publication {
    pub note: String,
    /// Codes of the steps he confirms.
    pub confirm: Vec<String>,
    /// Hash of the plan he saw.
    pub plan: Option<String>,
    pub selection: Selection,
    /// Everything is confirmed (the command line's `--yes`).
    pub confirm_all: bool,
}

/// A publication that was done.
#[derive(Clone, Debug)]
pub struct Published {
    pub revision: i64,
    pub steps: Vec<Json>,
}

impl Published {
    pub fn to_json(&self) -> Json {
        json!({ "revision": self.revision, "steps": self.steps })
    }
}

/// Publishes the chosen drafts, all or none.
///
/// # Errors
/// 422 with the faults, with what must be confirmed, or because there is nothing to publish; 409 when another publication
/// came first or the plan is not the one that was seen; 403; what the store gives.
pub async fn publish(cx: &Context, publication: &Publication) -> EngineResult<Published> {
    let planned = plan(cx, &publication.selection).await?;
    if planned.drafts.is_empty() {
        return Err(EngineError::refused(&code::NOTHING_TO_PUBLISH));
    }
    carry_out(cx, &Arc::new(planned), publication).await
}

/// Returns to an earlier revision, which becomes the next one. Drafts stay as they are.
///
/// # Errors
/// As [`publish`]; 404 for a revision that never was.
pub async fn rollback(cx: &Context, revision: i64, publication: &Publication) -> EngineResult<Published> {
    let planned = plan_rollback(cx, revision).await?;
    if planned.changes_nothing() {
        return Err(EngineError::refused(&code::NOTHING_TO_PUBLISH));
    }
    carry_out(cx, &Arc::new(planned), publication).await
}

/// Plans the publication of documents beside what is published (an app's folder), without drafts. `owns` says which
/// published documents these replace as a whole: those of them that are not among the new ones are removed.
///
/// # Errors
/// As [`plan`].
pub(crate) async fn plan_documents(
    cx: &Context,
    ground: &Ground,
    documents: Vec<Document>,
    owns: &(dyn Fn(&Key) -> bool + Sync),
) -> EngineResult<Planned> {
    let mut all: BTreeMap<Key, Json> =
        ground.published.iter().filter(|(k, _)| !owns(k)).map(|(k, d)| (k.clone(), d.doc.clone())).collect();
    all.extend(documents.into_iter().map(|d| (d.key, d.doc)));
    prepare(cx, ground, Composed::exactly(all)).await
}

/// Publishes a plan of documents; `None` where nothing would change.
///
/// # Errors
/// As [`publish`].
pub(crate) async fn publish_documents(
    cx: &Context,
    planned: &Arc<Planned>,
    publication: &Publication,
) -> EngineResult<Option<Published>> {
    if planned.changes_nothing() {
        return Ok(None);
    }
    carry_out(cx, planned, publication).await.map(Some)
}

async fn carry_out(cx: &Context, planned: &Arc<Planned>, publication: &Publication) -> EngineResult<Published> {
    if publication.plan.as_ref().is_some_and(|seen| *seen != planned.hash) {
        return Err(EngineError::refused(&code::PLAN_OUTDATED));
    }
    if let Some(error) = blocked(planned) {
        return Err(error);
    }
    if !publication.confirm_all
        && let Some(refusal) = unconfirmed(planned, &publication.confirm, cx.locale)
    {
        return Err(refusal.into());
    }
    if !planned.plan.to_confirm().is_empty() {
        require_step_up(cx, Act::Publish).await?;
    }
    let forms: Vec<usize> = planned.put.iter().filter_map(|(key, _)| planned.catalog.form_index(&key.name)).collect();
    guard::self_test(&planned.catalog, &forms).map_err(EngineError::Internal)?;
    cx.engine.vault().provide(cx.engine.keys(), cx.engine.db(), &planned.catalog, cx.now).await?;
    let work = Arc::new(Work::new(cx, planned.clone(), publication)?);
    let mut attempt = 1;
    loop {
        let inner = work.clone();
        let done = cx.engine.db().write_alone(move |tx| Box::pin(async move { inner.run(tx).await })).await;
        match done {
            Ok(()) => break,
            Err(EngineError::Store(StoreError::Busy | StoreError::Victim | StoreError::Stale))
                if attempt < ATTEMPTS =>
            {
                attempt += 1
            }
            Err(EngineError::Store(StoreError::Unique { table, columns, .. })) => {
                return Err(repeated(table.as_deref(), &columns));
            }
            Err(EngineError::Store(StoreError::Uncomputable { form, path, record, code, args })) => {
                return Err(uncomputable(&work.planned.catalog, &form, &path, record, code, args, cx.locale));
            }
            Err(error) => return Err(error),
        }
    }
    cx.engine.take_over(work.planned.catalog.clone());
    forget_plain(cx, &work.planned).await;
    tracing::info!(revision = work.revision, steps = work.planned.plan.steps.len(), "published");
    Ok(Published { revision: work.revision, steps: work.planned.steps(cx.locale) })
}

/// What is encrypted now must not stay readable in the room that its plain text had.
async fn forget_plain(cx: &Context, planned: &Planned) {
    let hidden = planned.plan.changes.iter().any(|change| matches!(change, Change::Seal(sealing) if sealing.on));
    if hidden && let Err(error) = cx.engine.db().forget_overwritten().await {
        tracing::warn!(%error, "plain text of fields that are encrypted now may still be in unused parts of the database file");
    }
}

/// Two of one parent collided, or records repeat a value that must be unique.
fn repeated(table: Option<&str>, columns: &[String]) -> EngineError {
    match table {
        Some("fw_revisions") => EngineError::refused(&code::PUBLICATION_CONFLICT),
        _ => Refusal::new(&code::VALUES_REPEAT).with("values", columns.join(", ")).into(),
    }
}

/// A formula that has no value for a record, or one that cannot be kept, is not published.
fn uncomputable(
    catalog: &Catalog,
    form: &str,
    path: &str,
    record: Uuid,
    why: &str,
    args: Vec<(&'static str, Argument)>,
    locale: Locale,
) -> EngineError {
    let cause = Fault { args, ..Fault::new("", code::find(why).unwrap_or(&code::NUMBER_TOO_LONG)) };
    let place: String =
        path.split('/').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join("/items/properties/");
    let fault = Fault::new(format!("/record/properties/{place}/field/expression"), &code::FORMULA_UNKEPT)
        .with("record", record)
        .with("reason", cause.message(locale).trim_end_matches(['.', '。']));
    let app = catalog.form(form).map(|f| f.app.clone()).unwrap_or_default();
    let fault = fault.of(&Key { kind: Kind::Form, app, name: form.to_string() });
    EngineError::faults(&code::DEFINITION_INVALID, vec![fault])
}

/// Everything that the transaction needs; it may be begun more than once.
struct Work {
    planned: Arc<Planned>,
    revision: i64,
    now: DateTime<Utc>,
    today: NaiveDate,
    clock: Clock,
    facts: Facts,
    by: Option<Uuid>,
    note: String,
    bundle: String,
    steps: String,
    origin: Origin,
    converter: TypeConverter,
    engine: Engine,
}

impl Work {
    fn new(cx: &Context, planned: Arc<Planned>, publication: &Publication) -> EngineResult<Work> {
        let bundle = serde_json::to_string(&planned.documents.values().collect::<Vec<_>>())
            .map_err(|error| EngineError::Internal(error.to_string()))?;
        let steps: Vec<Json> = planned
            .plan
            .steps
            .iter()
            .map(|s| json!({"class": s.class.name(), "code": s.code(), "object": s.object, "rows": s.rows(), "text": {"en": s.text(Locale::En), "zh-CN": s.text(Locale::ZhCn)}}))
            .collect();
        Ok(Work {
            revision: planned.base + 1,
            now: cx.now,
            today: cx.now.with_timezone(&cx.zone).date_naive(),
            clock: cx.clock(),
            facts: Facts::of(&cx.engine, &planned.catalog),
            by: cx.principal().map(|p| p.person.id),
            note: publication.note.chars().take(1000).collect(),
            bundle,
            steps: Json::Array(steps).to_string(),
            origin: Origin::of(cx),
            converter: TypeConverter::new(cx),
            engine: cx.engine.clone(),
            planned,
        })
    }

    async fn run(&self, tx: &mut Tx) -> EngineResult<()> {
        let planned = &self.planned;
        if definitions::revision(tx).await? != planned.base {
            return Err(EngineError::refused(&code::PUBLICATION_CONFLICT));
        }
        // first the revision: of two at once on PostgreSQL the second fails here
        let revision = StoredRevision {
            revision: self.revision,
            parent: planned.base,
            at: self.now,
            by: self.by,
            note: self.note.clone(),
            bundle: self.bundle.clone(),
            steps: self.steps.clone(),
        };
        definitions::put_revision(tx, &revision).await?;
        planned.roles.carry_out(tx).await?;
        let layout = Layout::of(&planned.catalog, self.engine.vault())?;
        let execution = ddl::Execution {
            catalog: &planned.catalog,
            revision: self.revision,
            now: self.now,
            today: self.today,
            clock: self.clock,
            facts: &self.facts,
            converter: &self.converter,
            layout: &layout,
            sealers: self.engine.vault(),
        };
        ddl::execute(tx, &planned.plan.changes, &execution).await?;
        for key in &planned.remove {
            definitions::delete_definition(tx, &doc_key(key)).await?;
        }
        for (key, doc) in &planned.put {
            let id = doc.get("id").and_then(Json::as_str).unwrap_or_default().to_string();
            let stored = StoredDefinition { key: doc_key(key), id, revision: self.revision, doc: doc.to_string() };
            definitions::put_definition(tx, &stored, self.now, self.by).await?;
        }
        for (key, version) in &planned.drafts {
            // what was saved since stays a draft
            definitions::delete_draft(tx, &doc_key(key), Some(*version)).await?;
        }
        let objects: Vec<String> = planned.plan.steps.iter().map(formwright_core::plan::Step::code).take(200).collect();
        audit::record(tx, &self.origin, "definition", json!({"what": "definition.publish", "on": {"revision": self.revision}, "note": self.note, "steps": objects})).await?;
        Ok(())
    }
}
