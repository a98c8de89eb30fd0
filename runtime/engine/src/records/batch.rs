//! Single writes and many writes in one request.

use super::saver::{SaveOptions, Saver};
use super::{RecordAnswer, idempotent};
use crate::Engine;
use crate::context::Context;
use crate::error::{EngineError, EngineResult, Refusal};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::form::Form;
use formwright_store::Tx;
use formwright_store::idempotency::IdempotencyKey;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

/// Most operations of a batch.
pub const MOST: usize = 1000;

/// The body of a batch.
#[derive(Clone, Debug)]
pub struct BatchRequest {
    pub operations: Vec<Json>,
    pub atomic: bool,
}

enum Operation {
    Create(Map<String, Json>),
    Update(Uuid, Map<String, Json>),
    Delete(Uuid),
}

/// What one operation came to.
struct Done {
    status: u16,
    id: Uuid,
    version: Option<i64>,
}

impl Engine {
    pub async fn create(
        &self,
        cx: &Context,
        form: &str,
        body: Map<String, Json>,
        idempotency: Option<IdempotencyKey>,
    ) -> EngineResult<RecordAnswer> {
        let saver = Saver::new(cx)?;
        let (index, form, _) = saver.access.form_for(form, "create")?;
        let patch = saver.read_patch(index, &form, &body)?;
        let options = saver.options(index, &patch);
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(key) = &idempotency
                        && let Some(first) = idempotent::before(&saver.cx, key, tx).await?
                    {
                        return idempotent::record_answer(first);
                    }
                    let record = saver.create(index, &form, &patch, options, tx).await?;
                    let answer = saver.answer(index, &form, &record, tx).await?;
                    if let Some(key) = &idempotency {
                        idempotent::after(&saver.cx, key, 201, &answer.body, tx).await?;
                    }
                    Ok(answer)
                })
            })
            .await
    }

    pub async fn update(
        &self,
        cx: &Context,
        form: &str,
        id: Uuid,
        body: Map<String, Json>,
        if_match: Option<i64>,
    ) -> EngineResult<RecordAnswer> {
        let saver = Saver::new(cx)?;
        let (index, form, _) = saver.access.form(form)?;
        let patch = saver.read_patch(index, &form, &body)?;
        let options = saver.options(index, &patch);
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    let record = saver.update(index, &form, id, &patch, if_match, options, tx).await?;
                    saver.answer(index, &form, &record, tx).await
                })
            })
            .await
    }

    /// Many operations on one form: all or nothing, or each for itself.
    pub async fn batch(
        &self,
        cx: &Context,
        form: &str,
        request: BatchRequest,
        idempotency: Option<IdempotencyKey>,
    ) -> EngineResult<Json> {
        let saver = Saver::new(cx)?;
        let (index, form, _) = saver.access.form(form)?;
        if request.operations.len() > MOST {
            return Err(EngineError::request_faults(vec![
                Fault::new("operations", &code::TOO_MANY).with("limit", MOST),
            ]));
        }
        let batch = Uuid::now_v7();
        let locale = cx.locale;
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(key) = &idempotency
                        && let Some(first) = idempotent::before(&saver.cx, key, tx).await?
                    {
                        return serde_json::from_slice(&first.body).map_err(|e| EngineError::Internal(e.to_string()));
                    }
                    let mut results = Vec::with_capacity(request.operations.len());
                    let mut faults = Vec::new();
                    for (i, operation) in request.operations.iter().enumerate() {
                        let point = tx.savepoint().await?;
                        match saver.operate(index, &form, operation, batch, tx).await {
                            Ok(done) => {
                                tx.release(point).await?;
                                let mut answer = json!({"status": done.status, "id": done.id});
                                if let (Some(version), Some(map)) = (done.version, answer.as_object_mut()) {
                                    map.insert("version".into(), json!(version));
                                }
                                results.push(answer);
                            }
                            Err(EngineError::Refused(refusal)) => {
                                tx.rollback_to(point).await?;
                                let at = format!("operations/{i}");
                                if refusal.faults.is_empty() {
                                    faults.push(Fault { args: refusal.args.clone(), ..Fault::new(at, refusal.code) });
                                } else {
                                    faults.extend(refusal.faults.iter().cloned().map(|f| f.under(&at)));
                                }
                                results
                                    .push(json!({"status": refusal.code.status, "problem": problem(&refusal, locale)}));
                            }
                            Err(other) => return Err(other),
                        }
                    }
                    if request.atomic && !faults.is_empty() {
                        return Err(EngineError::faults(&code::VALIDATION, faults));
                    }
                    let answer = json!({"results": results, "batch": batch});
                    if let Some(key) = &idempotency {
                        idempotent::after(&saver.cx, key, 200, answer.to_string().as_bytes(), tx).await?;
                    }
                    Ok(answer)
                })
            })
            .await
    }
}

/// A refusal as it stands inside an answer.
pub fn problem(refusal: &Refusal, locale: formwright_core::text::Locale) -> Json {
    let errors: Vec<Json> = refusal
        .faults
        .iter()
        .map(|f| json!({"field": f.path, "code": f.code.code, "message": f.message(locale)}))
        .collect();
    let detail = refusal.detail(locale);
    json!({
        "type": format!("urn:formwright:problem:{}", refusal.code.code),
        "title": detail,
        "status": refusal.code.status,
        "code": refusal.code.code,
        "detail": detail,
        "errors": errors,
    })
}

impl Saver {
    /// Moved data is taken from those with the right only where they give creation data.
    fn options(&self, index: usize, patch: &formwright_core::record::Patch) -> SaveOptions {
        use formwright_core::field::SystemField;
        let gives = patch
            .system
            .iter()
            .any(|(s, v)| matches!(s, SystemField::CreatedAt | SystemField::CreatedBy) && !v.is_null());
        let granted = self.cx.principal().is_some_and(|p| !p.admin)
            && self.access.allows(index, formwright_core::permission::MIGRATE);
        SaveOptions { migrate: gives && granted, ..SaveOptions::plain() }
    }

    async fn operate(
        &self,
        index: usize,
        form: &Arc<Form>,
        operation: &Json,
        batch: Uuid,
        tx: &mut Tx,
    ) -> EngineResult<Done> {
        let options = SaveOptions { batch: Some(batch), ..SaveOptions::plain() };
        match read_operation(operation)? {
            Operation::Create(body) => {
                if !self.access.allows(index, "create") {
                    return Err(Refusal::new(&code::FORBIDDEN).with("action", "create").into());
                }
                let patch = self.read_patch(index, form, &body)?;
                let record = self.create(index, form, &patch, options, tx).await?;
                Ok(Done { status: 201, id: record.id, version: Some(record.version) })
            }
            Operation::Update(id, body) => {
                let patch = self.read_patch(index, form, &body)?;
                let record = self.update(index, form, id, &patch, None, options, tx).await?;
                Ok(Done { status: 200, id, version: Some(record.version) })
            }
            Operation::Delete(id) => {
                let if_match = operation.get("version").and_then(Json::as_i64);
                self.remove(index, form, id, if_match, batch, tx).await?;
                Ok(Done { status: 204, id, version: None })
            }
        }
    }
}

/// `{"op": "create", "record": {…}}`, `{"op": "update", "id", "record", "version"?}`, `{"op": "delete", "id"}`.
fn read_operation(json: &Json) -> EngineResult<Operation> {
    const KEYS: [&str; 4] = ["op", "id", "record", "version"];
    let Json::Object(map) = json else {
        return Err(EngineError::request_faults(vec![
            Fault::new("", &code::WRONG_TYPE)
                .with("expected", "object")
                .with("got", formwright_core::definition::type_name(json)),
        ]));
    };
    let mut faults: Vec<Fault> = map
        .keys()
        .filter(|k| !KEYS.contains(&k.as_str()))
        .map(|k| Fault::new(k.clone(), &code::UNKNOWN_KEY).with("name", k).suggest(k, KEYS.into_iter()))
        .collect();
    let op = map.get("op").and_then(Json::as_str).unwrap_or_default();
    let id = map.get("id").and_then(Json::as_str).and_then(|t| Uuid::try_parse(t).ok());
    let record = map.get("record").and_then(Json::as_object).cloned();
    if !["create", "update", "delete"].contains(&op) {
        faults.push(
            Fault::new("op", &code::OPERATOR_UNKNOWN)
                .with("name", op)
                .suggest(op, ["create", "update", "delete"].into_iter()),
        );
    }
    if op != "delete" && record.is_none() {
        faults.push(Fault::new("record", &code::REQUIRED).with("title", "record"));
    }
    if op != "create" && id.is_none() {
        faults.push(Fault::new("id", &code::REQUIRED).with("title", "id"));
    }
    if !faults.is_empty() {
        return Err(EngineError::faults(&code::VALIDATION, faults));
    }
    let mut record = record.unwrap_or_default();
    if let Some(version) = map.get("version").filter(|_| op == "update") {
        record.entry("version".to_string()).or_insert(version.clone());
    }
    match (op, id) {
        ("create", _) => Ok(Operation::Create(record)),
        ("update", Some(id)) => Ok(Operation::Update(id, record)),
        (_, Some(id)) => Ok(Operation::Delete(id)),
        _ => Err(EngineError::Internal("an operation without an id".into())),
    }
}
