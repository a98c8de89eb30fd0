//! The audit log: each change and each refusal with who, from where, and what came of it.
//!
//! An entry is written in the transaction of what it tells of, so that neither is there without the other. Values of
//! records, passwords, tokens and bodies of requests never stand in it.

use crate::keys::random;
use crate::{Authority, Context, Engine, EngineError, EngineResult, Refusal, Via};
use chrono::{DateTime, Utc};
use formwright_core::error_code as code;
use formwright_store::audit::{self as chain, AuditKey, Head, Readable, Report};
use formwright_store::people::audit_log::{self, Filter};
use formwright_store::seal::{Sealer, Sealers};
use formwright_store::{Dialect, Snapshot, StoreError, StoreResult, Tx};
use serde_json::{Map, Value as Json, json};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use uuid::Uuid;

/// Most entries of a page.
const MAX_PAGE: usize = 500;

/// Where an action comes from: what every entry begins with. Cheap to clone into a transaction.
#[derive(Clone, Debug)]
pub struct Origin {
    key: AuditKey,
    at: DateTime<Utc>,
    head: Map<String, Json>,
}

impl Origin {
    /// Of an action within a request or of system work.
    pub fn of(cx: &Context) -> Origin {
        let mut head = Map::new();
        match &cx.authority {
            Authority::Person(person) => {
                head.insert("who".into(), json!(person.person.id));
                head.insert("login".into(), json!(person.person.login));
                if let Some(real) = person.acting {
                    head.insert("real".into(), json!(real));
                }
                head.insert("via".into(), via_json(&person.via));
            }
            Authority::System(reason) => {
                head.insert("via".into(), json!({ "system": reason }));
            }
        }
        Origin::new(&cx.engine, cx.now, head, cx.address, &cx.request)
    }

    /// Of somebody who is not signed in yet, or has just done so.
    pub(crate) fn outside(
        engine: &Engine,
        address: Option<IpAddr>,
        request: &Arc<str>,
        who: Option<Uuid>,
        login: &str,
    ) -> Origin {
        let mut head = Map::new();
        if let Some(who) = who {
            head.insert("who".into(), json!(who));
        }
        head.insert("login".into(), json!(login.chars().take(64).collect::<String>()));
        Origin::new(engine, engine.now(), head, address, request)
    }

    /// By what entries vouch for the history that is written with them.
    pub(crate) fn key(&self) -> &AuditKey {
        &self.key
    }

    fn new(
        engine: &Engine,
        at: DateTime<Utc>,
        mut head: Map<String, Json>,
        address: Option<IpAddr>,
        request: &Arc<str>,
    ) -> Origin {
        if let Some(address) = address {
            head.insert("address".into(), json!(address.to_string()));
        }
        head.insert("request".into(), json!(&**request));
        Origin { key: engine.keys().audit().clone(), at, head }
    }
}

fn via_json(via: &Via) -> Json {
    match via {
        // enough of the hash to tell sessions apart
        Via::Session(hash) => json!({ "session": hex::encode(hash.get(..8).unwrap_or_default()) }),
        Via::Token { id, .. } => json!({ "token": id }),
        Via::CommandLine(user) => json!({ "command_line": user }),
    }
}

/// Writes an entry in the caller's transaction. `lane` is the kind of work (`record`, `people`, `session`, `definition`,
/// …); `body` an object with `what`, `on` and what else matters. `result` is `ok` unless the body says otherwise.
///
/// # Errors
/// Any of [`formwright_store::StoreError`].
pub async fn record(tx: &mut Tx, origin: &Origin, lane: &str, body: Json) -> StoreResult<()> {
    let mut entry = origin.head.clone();
    if let Json::Object(body) = body {
        entry.extend(body);
    }
    entry.entry("result").or_insert_with(|| json!("ok"));
    let mark: [u8; 8] = random().map_err(|error| StoreError::Other(error.to_string()))?;
    entry.insert(chain::MARK.into(), json!(hex::encode(mark)));
    let text = Json::Object(entry).to_string();
    chain::append(tx, &origin.key, origin.at, lane, &text).await
}

/// Notes that something was refused, at most once a second for the whole process; nobody waits for it.
pub fn record_refused(cx: &Context, what: &str, on: Json) {
    let second = cx.now.timestamp();
    let last = cx.engine.accounts().last_refusal.swap(second, Ordering::Relaxed);
    if last == second {
        return;
    }
    let (origin, engine) = (Origin::of(cx), cx.engine.clone());
    let body = json!({ "what": what, "on": on, "result": "refused" });
    tokio::spawn(async move {
        let written =
            engine.db().write(move |tx| Box::pin(async move { record(tx, &origin, "refused", body).await })).await;
        if let Err(error) = written {
            tracing::warn!(%error, "a refusal could not be noted in the audit log");
        }
    });
}

/// Links entries to the chain where that does not happen in their own transaction (PostgreSQL): once a second, if there
/// are any. Does not end there; on SQLite it ends at once.
pub async fn link_loop(engine: Engine) {
    if engine.db().dialect() == Dialect::Sqlite {
        return;
    }
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let linked = match audit_log::any_unlinked(engine.db()).await {
            Ok(true) => chain::link(engine.db(), engine.keys().audit()).await.map(|_| ()),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        match linked {
            Err(StoreError::Closed) => return,
            Err(error) => tracing::warn!(%error, "the audit log could not be linked; it will be tried again"),
            Ok(()) => {}
        }
    }
}

/// Reads the whole chain, and the history that it vouches for, and says what is wrong first. `anchor` is a head that was kept
/// elsewhere. Needs the right `audit`.
///
/// # Errors
/// A refusal without the right; what the store gives.
pub async fn verify(cx: &Context, anchor: Option<&Head>) -> EngineResult<Report> {
    require_right(cx)?;
    let engine = &cx.engine;
    let readable = Readable { layout: engine.layout(&engine.catalog())?, sealers: Arc::new(Opener(engine.clone())) };
    Ok(chain::verify_with_history(engine.db(), engine.keys().audit(), readable, anchor).await?)
}

/// The keys of encrypted fields, for as long as the engine is there.
struct Opener(Engine);

impl Sealers for Opener {
    fn sealer(&self, field: &str) -> Option<Arc<dyn Sealer>> {
        self.0.vault().sealer(field)
    }
}

fn require_right(cx: &Context) -> EngineResult<()> {
    crate::accounts::require_right(cx, "audit")
}

/// Which entries are wanted.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    pub lane: Option<String>,
    /// Who did it.
    pub user: Option<Uuid>,
    /// `record.update`, …
    pub what: Option<String>,
    /// `ok`, `refused`, `failed`.
    pub result: Option<String>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// 50 where it is not given, 500 at most.
    pub limit: Option<usize>,
    /// What the page before gave as `next`.
    pub cursor: Option<String>,
}

/// A page of the log, the latest entries first: `{"items": [{"seq","at","lane","who",…}], "next"}`. Needs the right `audit`.
///
/// # Errors
/// A refusal without the right or for a cursor that is none; what the store gives.
pub async fn read(cx: &Context, query: &AuditQuery) -> EngineResult<Json> {
    require_right(cx)?;
    let limit = query.limit.unwrap_or(50).clamp(1, MAX_PAGE);
    let below = match &query.cursor {
        Some(text) => Some(text.parse().map_err(|_| Refusal::new(&code::CURSOR_INVALID))?),
        None => None,
    };
    let members =
        [("who", query.user.map(|id| id.to_string())), ("what", query.what.clone()), ("result", query.result.clone())];
    let filter = Filter {
        lane: query.lane.clone(),
        members: members.into_iter().filter_map(|(name, text)| text.map(|text| (name, text))).collect(),
        from: query.from,
        to: query.to,
        below,
    };
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    let wanted = i64::try_from(limit + 1).map_err(|error| EngineError::Internal(error.to_string()))?;
    let mut entries = audit_log::page(&mut tx, &filter, wanted).await?;
    drop(tx);
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|entry| entry.seq.to_string());
    let items: Vec<Json> = entries
        .into_iter()
        .map(|entry| {
            let mut item = Map::new();
            item.insert("seq".into(), json!(entry.seq));
            item.insert("at".into(), json!(crate::accounts::instant(entry.at)));
            item.insert("lane".into(), json!(entry.lane));
            if let Ok(Json::Object(body)) = serde_json::from_str(&entry.body) {
                item.extend(body);
            }
            Json::Object(item)
        })
        .collect();
    Ok(json!({ "items": items, "next": next }))
}
