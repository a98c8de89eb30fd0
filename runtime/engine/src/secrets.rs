//! Named secrets for calls to other systems: written by who may, read by nobody, opened only for the call itself.
//!
//! Definitions name a secret (`{"secret": "shop_key"}`) and never hold its value; the value is sealed with the installation's
//! key and leaves by no answer, export or log.

use crate::accounts::{instant, require_right};
use crate::audit::{self, Origin};
use crate::{Context, Engine, EngineError, EngineResult, safe};
use formwright_core::definition::is_name;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::fold::is_storable;
use formwright_store::Snapshot;
use formwright_store::secrets::{self as rows, SecretRow};
use serde_json::{Value as Json, json};

/// Longest value, in bytes: a private key fits, a file does not.
const LONGEST: usize = 16 << 10;

fn place(name: &str) -> String {
    format!("secret/{name}")
}

/// The names, without values: `{"items": [{"name", "updated_at", "updated_by"}], "next": null}`. Needs the right `secrets`.
///
/// # Errors
/// 403, and what the store gives.
pub async fn secrets(cx: &Context) -> EngineResult<Json> {
    require_right(cx, "secrets")?;
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    let items: Vec<Json> = rows::all(&mut tx)
        .await?
        .into_iter()
        .map(|row| json!({ "name": row.name, "updated_at": instant(row.updated_at), "updated_by": row.updated_by }))
        .collect();
    Ok(json!({ "items": items, "next": null }))
}

/// Sets the value of a secret, whether it was there or not. Needs the right `secrets`.
///
/// # Errors
/// 403, a fault at `name` or `value`, and what the store gives.
pub async fn set_secret(cx: &Context, name: &str, value: &str) -> EngineResult<()> {
    require_right(cx, "secrets")?;
    let mut faults = Vec::new();
    if !is_name(name) {
        faults.push(Fault::new("name", &code::NAME_INVALID).with("name", name));
    }
    if value.is_empty() {
        faults.push(Fault::new("value", &code::REQUIRED).with("title", "value"));
    } else if value.len() > LONGEST {
        faults.push(Fault::new("value", &code::TOO_LONG).with("limit", LONGEST));
    } else if !is_storable(value) {
        faults.push(Fault::new("value", &code::TEXT_INVALID));
    }
    if !faults.is_empty() {
        return Err(EngineError::request_faults(faults));
    }
    let sealed = safe::seal(cx.engine.keys(), &place(name), value.as_bytes())?;
    let updated_by = cx.principal().map(|person| person.person.id);
    let row = SecretRow { name: name.to_owned(), updated_at: cx.now, updated_by };
    let (origin, key) = (Origin::of(cx), cx.engine.keys().key_id());
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            rows::put(tx, &row, &sealed, &key).await?;
            audit::record(tx, &origin, "settings", json!({ "what": "secret.set", "on": { "secret": row.name } })).await
        })
    });
    Ok(write.await?)
}

/// Forgets a secret. Needs the right `secrets`.
///
/// # Errors
/// 403, 404, and what the store gives.
pub async fn delete_secret(cx: &Context, name: &str) -> EngineResult<()> {
    require_right(cx, "secrets")?;
    let (origin, name) = (Origin::of(cx), name.to_owned());
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            if !rows::delete(tx, &name).await? {
                return Err(EngineError::not_found());
            }
            let body = json!({ "what": "secret.delete", "on": { "secret": name } });
            Ok(audit::record(tx, &origin, "settings", body).await?)
        })
    });
    write.await
}

/// The value of a secret, for an outgoing call that names it; nothing for one that is not there. It must not get into answers,
/// logs, or anything that is stored.
///
/// # Errors
/// [`EngineError::Internal`] for one that was changed or sealed by another installation; what the store gives.
pub async fn open_secret(engine: &Engine, name: &str) -> EngineResult<Option<String>> {
    let mut tx = engine.db().reader(Snapshot::No).await?;
    let sealed = rows::sealed(&mut tx, name).await?;
    drop(tx);
    let Some(sealed) = sealed else { return Ok(None) };
    let value = safe::open(engine.keys(), &place(name), &sealed)?;
    String::from_utf8(value).map(Some).map_err(|_| EngineError::Internal(format!("the secret {name} is no text")))
}
