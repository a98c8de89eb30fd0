//! `Idempotency-Key`: the same request sent again gets the first answer and has no second effect.
//!
//! Creating records and batches keep the key in their own transaction (the engine does that). Every other POST claims the key
//! first, works, and keeps the answer; work that was refused gives the key back.

use crate::problem::{Answer, Problem};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::{Context, EngineError, Refusal, answers};
use formwright_store::idempotency::{self, Claim, IdempotencyKey, StoredAnswer};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::future::Future;

/// Largest answer that is kept.
const MOST_KEPT: usize = 16 << 20;
/// Headers of an answer that are kept with it.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// The key of a POST, where it carries one.
///
/// # Errors
/// `parameter_invalid` for a key that is not 1 to 200 visible characters.
pub fn key_of(cx: &Context, headers: &HeaderMap, uri: &Uri, body: &[u8]) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > 200 || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return Err(Problem::fault(
            Fault::new("Idempotency-Key", &code::PARAMETER_INVALID)
                .with("name", "Idempotency-Key")
                .with("reason", "expected 1 to 200 printable characters"),
        ));
    }
    Ok(Some(IdempotencyKey {
        person: cx.author(),
        method: "POST".into(),
        route: uri.path().to_string(),
        key: key.to_string(),
        body_hash: Sha256::digest(body).into(),
    }))
}

/// Does the work once for a key. Without a key it is simply done. With one it goes on even when the client goes away.
///
/// # Errors
/// `idempotency_mismatch`, `idempotency_busy`, and the work's own refusals.
pub async fn once<F>(cx: &Context, key: Option<IdempotencyKey>, work: F) -> Answer
where
    F: Future<Output = Answer> + Send + 'static,
{
    let Some(key) = key else { return work.await };
    let (db, now) = (cx.engine.db().clone(), cx.now);
    let (taken, keys) = (key.clone(), cx.engine.keys().clone());
    let own = keys.clone();
    let claim = db.write(move |tx| Box::pin(async move { answers::claim(&own, &taken, now, tx).await })).await?;
    match claim {
        Claim::New => {}
        Claim::Done(answer) => return Ok(restore(answer)),
        Claim::Running => {
            let refusal = Refusal { retry_after: Some(1), ..Refusal::new(&code::IDEMPOTENCY_BUSY) };
            return Err(Problem(refusal.into()));
        }
        Claim::Mismatch => return Err(Problem::refused(&code::IDEMPOTENCY_MISMATCH)),
    }
    let done = tokio::spawn(async move {
        let outcome = match work.await {
            Ok(response) if response.status().is_success() => keep(response).await,
            other => Err(other),
        };
        match outcome {
            Ok((response, answer)) => {
                let kept = db
                    .write(move |tx| Box::pin(async move { answers::complete(&keys, &key, &answer, tx).await }))
                    .await;
                if let Err(error) = kept {
                    // the effect is there: a repetition will be told that it runs, until the claim is given up
                    tracing::error!(%error, "an answer could not be kept for its Idempotency-Key");
                }
                Ok(response)
            }
            Err(answer) => {
                let released = db
                    .write(move |tx| {
                        Box::pin(async move { idempotency::release(tx, &key).await.map_err(EngineError::from) })
                    })
                    .await;
                if let Err(error) = released {
                    tracing::warn!(%error, "an Idempotency-Key could not be given back");
                }
                answer
            }
        }
    });
    match done.await {
        Ok(answer) => answer,
        Err(error) => Err(Problem(EngineError::Internal(format!("the work of an Idempotency-Key ended: {error}")))),
    }
}

/// Keeps the answer of work that is done already, or gives the first one where the key was used before: for work whose body is
/// known only at its end and that is harmless when done twice.
///
/// # Errors
/// `idempotency_mismatch`, `idempotency_busy`.
pub async fn settle(cx: &Context, key: Option<IdempotencyKey>, answer: Response) -> Answer {
    once(cx, key, async move { Ok(answer) }).await
}

/// Takes an answer apart to keep it, and puts it together again.
async fn keep(response: Response) -> Result<(Response, StoredAnswer), Answer> {
    let (parts, body) = response.into_parts();
    let body = match to_bytes(body, MOST_KEPT).await {
        Ok(bytes) => bytes,
        Err(error) => return Err(Err(Problem(EngineError::Internal(format!("an answer cannot be kept: {error}"))))),
    };
    let mut headers = Map::new();
    for name in KEPT {
        if let Some(value) = parts.headers.get(&name).and_then(|v| v.to_str().ok()) {
            headers.insert(name.as_str().to_string(), Json::from(value));
        }
    }
    let answer = StoredAnswer {
        status: i64::from(parts.status.as_u16()),
        headers: Json::Object(headers).to_string(),
        body: body.to_vec(),
    };
    Ok((Response::from_parts(parts, Body::from(body)), answer))
}

/// A kept answer as it was given.
fn restore(answer: StoredAnswer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        u16::try_from(answer.status).ok().and_then(|s| StatusCode::from_u16(s).ok()).unwrap_or(StatusCode::OK);
    let headers: Map<String, Json> = serde_json::from_str(&answer.headers).unwrap_or_default();
    for (name, value) in headers {
        if let (Ok(name), Some(Ok(value))) = (HeaderName::try_from(name), value.as_str().map(HeaderValue::from_str)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[tokio::test]
    async fn a_kept_answer_comes_back_with_status_body_and_the_headers_that_matter() {
        let first = crate::answer::created("/api/records/a/1", b"{\"id\":1}".to_vec());
        let Ok((again, kept)) = keep(first).await else { panic!("not kept") };
        assert_eq!(to_bytes(again.into_body(), 99).await.unwrap(), "{\"id\":1}");
        let restored = restore(kept);
        assert_eq!(restored.status(), 201);
        assert_eq!(restored.headers().get("location").unwrap(), "/api/records/a/1");
        assert_eq!(restored.headers().get("content-type").unwrap(), "application/json");
        assert_eq!(to_bytes(restored.into_body(), 99).await.unwrap(), "{\"id\":1}");
    }
}
