//! A request that is sent twice has its effect once: its key is claimed and completed in the effect's own transaction.

use super::RecordAnswer;
use crate::answers;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use formwright_core::error_code as code;
use formwright_store::Tx;
use formwright_store::idempotency::{Claim, IdempotencyKey, StoredAnswer};
use serde_json::Value as Json;
use uuid::Uuid;

/// The first answer, where this request was made before.
pub async fn before(cx: &Context, key: &IdempotencyKey, tx: &mut Tx) -> EngineResult<Option<StoredAnswer>> {
    match answers::claim(cx.engine.keys(), key, cx.now, tx).await? {
        Claim::New => Ok(None),
        Claim::Done(answer) => Ok(Some(answer)),
        Claim::Running => Err(EngineError::refused(&code::IDEMPOTENCY_BUSY)),
        Claim::Mismatch => Err(EngineError::refused(&code::IDEMPOTENCY_MISMATCH)),
    }
}

/// Keeps the answer.
pub async fn after(cx: &Context, key: &IdempotencyKey, status: i64, body: &[u8], tx: &mut Tx) -> EngineResult<()> {
    let answer = StoredAnswer { status, headers: "{}".into(), body: body.to_vec() };
    answers::complete(cx.engine.keys(), key, &answer, tx).await
}

/// A stored answer as that of a record.
pub fn record_answer(answer: StoredAnswer) -> EngineResult<RecordAnswer> {
    let json: Json = serde_json::from_slice(&answer.body).map_err(|e| EngineError::Internal(e.to_string()))?;
    let id = json
        .get("id")
        .and_then(Json::as_str)
        .and_then(|t| Uuid::try_parse(t).ok())
        .ok_or_else(|| EngineError::Internal("a stored answer without an id".into()))?;
    Ok(RecordAnswer { id, version: json.get("version").and_then(Json::as_i64).unwrap_or(1), body: answer.body })
}
