//! Checks and plans a publication without doing it.

use super::compose::{Composed, Selection, examined, key_in_bundle};
use super::convert::TypeConverter;
use super::ground::{Ground, parse};
use super::holding::RoleMoves;
use super::require_design;
use crate::{Context, EngineError, EngineResult, Refusal};
use formwright_core::catalog::{Catalog, DocumentFault};
use formwright_core::definition::{Key, Kind, pointer_segment};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::plan::shape::{record_table, row_table};
use formwright_core::plan::{Count, Counted, Plan, follow_renames, judge_following};
use formwright_core::text::Locale;
use formwright_store::{Snapshot, ddl, definitions};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Time that counting for one plan may take.
const COUNTING: Duration = Duration::from_secs(600);

/// A publication that could be done.
pub struct Planned {
    pub(super) base: i64,
    pub(super) catalog: Arc<Catalog>,
    pub(super) plan: Plan,
    pub(super) drafts: Vec<(Key, i64)>,
    /// Documents that are new or differ.
    pub(super) put: Vec<(Key, Json)>,
    pub(super) remove: Vec<Key>,
    pub(super) roles: RoleMoves,
    /// All documents that will be published.
    pub(super) documents: BTreeMap<Key, Json>,
    /// Names this plan: the same where the same would be done.
    pub hash: String,
}

impl Planned {
    /// Whether nothing would change.
    pub fn changes_nothing(&self) -> bool {
        self.put.is_empty() && self.remove.is_empty() && self.plan.is_empty()
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The catalogue that would be.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// What of the schemas that are new or differ is passed over or kept otherwise than it reads.
    pub fn notices(&self) -> Vec<Fault> {
        let is_touched = |key: &Key| self.put.iter().any(|(put, _)| put.kind == key.kind && put.name == key.name);
        self.catalog.notices().into_iter().filter(|n| is_touched(&n.key)).map(place).collect()
    }

    /// `{"steps": […], "confirm": […], "notices": […], "plan": "…"}`
    pub fn to_json(&self, locale: Locale) -> Json {
        let notices: Vec<Json> = self.notices().iter().map(|n| n.to_json(locale)).collect();
        json!({
            "steps": self.steps(locale), "confirm": self.plan.to_confirm(), "notices": notices, "plan": self.hash, "base": self.base,
        })
    }

    pub(super) fn steps(&self, locale: Locale) -> Vec<Json> {
        self.plan.steps.iter().map(|s| s.to_json(locale)).collect()
    }
}

/// What publishing the chosen drafts would do.
///
/// # Errors
/// 422 with every fault of every document; 403 for apps that the caller may not design; what the store gives.
pub async fn plan(cx: &Context, selection: &Selection) -> EngineResult<Planned> {
    let ground = Ground::read(cx.engine.db()).await?;
    let composed = Composed::of(&ground, selection);
    if composed.drafts.is_empty() {
        super::require_any_design(cx)?;
    }
    prepare(cx, &ground, composed).await
}

/// The context with the catalogue that the drafts of an app would make, for looking at what is not published yet. Nothing may be
/// written with it: the database has no place for what is new.
///
/// # Errors
/// 403 for whoever may not design the app; 422 with the faults of the drafts; what the store gives.
pub async fn drafted(cx: &Context, app: &str) -> EngineResult<Context> {
    require_design(cx, app)?;
    let ground = Ground::read(cx.engine.db()).await?;
    let old = cx.engine.catalog_at_least(ground.revision).await?;
    let selection = Selection { app: Some(app.to_string()), only: None };
    let mut composed = Composed::of(&ground, &selection);
    follow_renames(&old, &mut composed.documents);
    let (revision, mut documents) = (ground.revision, composed.documents);
    let judge = move || judge_following(&old, revision, &mut documents, &|d| examined(&old, d));
    let catalog =
        tokio::task::spawn_blocking(judge).await.map_err(|error| EngineError::Internal(error.to_string()))?.map_err(
            |faults| EngineError::faults(&code::DEFINITION_INVALID, faults.into_iter().map(place).collect()),
        )?;
    Ok(Context { catalog: Arc::new(catalog), ..cx.clone() })
}

/// What going back to a revision would do.
///
/// # Errors
/// 404 for a revision that never was, and as [`plan`].
pub async fn plan_rollback(cx: &Context, revision: i64) -> EngineResult<Planned> {
    super::require_any_design(cx)?;
    let ground = Ground::read(cx.engine.db()).await?;
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    let bundle = definitions::bundle(&mut tx, revision).await?.ok_or_else(EngineError::not_found)?;
    drop(tx);
    let documents = parse(&bundle)?
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|doc| Some((key_in_bundle(doc)?, doc.clone())))
        .collect();
    prepare(cx, &ground, Composed::exactly(documents)).await
}

/// A fault with the definition that it is in.
pub(crate) fn place(found: DocumentFault) -> Fault {
    found.fault.of(&found.key)
}

pub(super) async fn prepare(cx: &Context, ground: &Ground, mut composed: Composed) -> EngineResult<Planned> {
    let differing = |composed: &Composed| -> Vec<(Key, Json)> {
        let differs = |key: &Key, doc: &Json| ground.published.get(key).is_none_or(|p| p.doc != *doc);
        composed.documents.iter().filter(|(k, d)| differs(k, d)).map(|(k, d)| (k.clone(), d.clone())).collect()
    };
    let gone = |composed: &Composed| -> Vec<Key> {
        ground.published.keys().filter(|k| !composed.documents.contains_key(*k)).cloned().collect()
    };
    for key in differing(&composed)
        .iter()
        .map(|(k, _)| k)
        .chain(&gone(&composed))
        .chain(composed.drafts.iter().map(|(k, _)| k))
    {
        require_design(cx, &key.app)?;
    }
    let old = cx.engine.catalog_at_least(ground.revision).await?;
    // what other definitions say about renamed things follows, also in apps that the caller does not design
    follow_renames(&old, &mut composed.documents);
    let remove = gone(&composed);
    let roles = RoleMoves::of(&remove, &differing(&composed), |key| {
        let doc = &ground.published.get(key)?.doc;
        let is_extension = doc.get("extends").is_some_and(|e| !e.is_null());
        Some((doc.get("id").and_then(Json::as_str)?.to_string(), is_extension))
    });
    roles.refuse_held(&mut cx.engine.db().reader(Snapshot::No).await?).await?;
    let revision = ground.revision + 1;
    let mut documents = std::mem::take(&mut composed.documents);
    // building and comparing are work for the processor: they do not hold up others
    let retired = ground.retired.clone();
    let (catalog, mut plan, documents) = tokio::task::spawn_blocking(move || {
        // also in apps that the caller does not design, what no longer fits is switched off
        let catalog = judge_following(&old, revision, &mut documents, &|d| examined(&old, d))?;
        let catalog = catalog.with_retired(&retired.choices());
        let plan = Plan::between(&old, &catalog, &retired);
        Ok::<_, Vec<DocumentFault>>((catalog, plan, documents))
    })
    .await
    .map_err(|error| EngineError::Internal(error.to_string()))?
    .map_err(|faults| EngineError::faults(&code::DEFINITION_INVALID, faults.into_iter().map(place).collect()))?;
    if !plan.faults.is_empty() {
        let faults = std::mem::take(&mut plan.faults);
        return Err(EngineError::faults(&code::DEFINITION_INVALID, faults.into_iter().map(place).collect()));
    }
    make_room(cx, &catalog, &plan).await?;
    measure(cx, &mut plan).await?;
    plan.drop_unused_choices();
    let catalog = Arc::new(catalog.with_retired(&plan.retired_choices()));
    composed.documents = documents;
    let put = differing(&composed);
    let hash = hash_of(ground.revision, &plan, &composed.drafts, &put, &remove);
    Ok(Planned {
        base: ground.revision,
        catalog,
        plan,
        drafts: composed.drafts,
        put,
        remove,
        roles,
        documents: composed.documents,
        hash,
    })
}

/// Refuses what a table has no room for.
async fn make_room(cx: &Context, catalog: &Catalog, plan: &Plan) -> EngineResult<()> {
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    let crowded = ddl::crowded(&mut tx, &plan.changes).await?;
    drop(tx);
    let faults: Vec<Fault> = crowded
        .into_iter()
        .filter_map(|crowded| {
            let (form, field) = catalog.forms.iter().find_map(|form| {
                let field = form.fields.iter().find(|field| crowded.table == row_table(&field.id));
                (field.is_some() || crowded.table == record_table(&form.id)).then_some((form, field))
            })?;
            let at = match field {
                Some(field) => format!("/record/properties/{}/items/properties", pointer_segment(&field.name)),
                None => "/record/properties".to_string(),
            };
            let fault =
                Fault::new(at, &code::COLUMNS_EXHAUSTED).with("count", crowded.columns).with("limit", crowded.limit);
            let key = Key { kind: Kind::Form, app: form.app.clone(), name: form.name.clone() };
            Some(place(DocumentFault { key, fault }))
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(EngineError::faults(&code::DEFINITION_INVALID, faults)) }
}

/// Asks the database what each step concerns.
async fn measure(cx: &Context, plan: &mut Plan) -> EngineResult<()> {
    let questions: Vec<(usize, Count)> =
        plan.steps.iter().enumerate().filter_map(|(i, s)| s.count.clone().map(|c| (i, c))).collect();
    if questions.is_empty() {
        return Ok(());
    }
    let converter = TypeConverter::new(cx);
    // on a thread of its own, and ended before anything is changed: on PostgreSQL an open snapshot would hold up the tables
    let answers: Vec<(usize, Counted)> = cx
        .engine
        .db()
        .read_heavy(COUNTING, move |tx| {
            Box::pin(async move {
                let mut answers = Vec::with_capacity(questions.len());
                for (step, question) in &questions {
                    answers.push((*step, ddl::count(tx, question, &converter).await?));
                }
                Ok::<_, EngineError>(answers)
            })
        })
        .await?;
    for (index, counted) in answers {
        if let Some(step) = plan.steps.get_mut(index) {
            step.settle(counted);
        }
    }
    plan.steps.retain(|step| !step.is_moot());
    Ok(())
}

fn hash_of(base: i64, plan: &Plan, drafts: &[(Key, i64)], put: &[(Key, Json)], remove: &[Key]) -> String {
    let mut hash = Sha256::new();
    hash.update(base.to_be_bytes());
    for step in &plan.steps {
        hash.update(step.code());
        hash.update([0]);
    }
    hash.update(format!("{drafts:?}{remove:?}"));
    for (key, doc) in put {
        hash.update(format!("{key:?}{doc}"));
    }
    hex::encode(hash.finalize().get(..16).unwrap_or_default())
}

/// The refusal of a plan whose grave steps were not all confirmed.
pub(super) fn unconfirmed(planned: &Planned, confirm: &[String], locale: Locale) -> Option<Refusal> {
    let missing: Vec<_> =
        planned.plan.steps.iter().filter(|s| s.class.needs_confirmation() && !confirm.contains(&s.code())).collect();
    let first = missing.first()?;
    let mut refusal = Refusal::new(&code::CONFIRMATION_REQUIRED).with("text", first.text(locale));
    refusal.faults = missing
        .iter()
        .map(|s| {
            Fault::new("confirm", &code::CONFIRMATION_REQUIRED).with("text", s.text(locale)).with("code", s.code())
        })
        .collect();
    refusal.extra.insert("confirm".into(), json!(planned.plan.to_confirm()));
    refusal.extra.insert("steps".into(), Json::Array(planned.steps(locale)));
    refusal.extra.insert("plan".into(), json!(planned.hash));
    Some(refusal)
}

/// The refusal of a plan that the data do not allow.
pub(super) fn blocked(planned: &Planned) -> Option<EngineError> {
    let faults: Vec<Fault> = planned
        .plan
        .steps
        .iter()
        .filter(|s| s.is_blocked())
        .map(|s| {
            let values: Vec<&str> = s.counted.iter().flat_map(|c| &c.samples).map(|v| v.value.as_str()).collect();
            Fault::new(format!("{}/{}", s.object, s.part.as_deref().unwrap_or_default()), &code::VALUES_REPEAT)
                .with("values", values.join(", "))
        })
        .collect();
    (!faults.is_empty()).then(|| EngineError::request_faults(faults))
}
