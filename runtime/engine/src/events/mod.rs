//! What happens, told to those who listen: one reader of the outbox for each process, and for each listener what he may know.
//!
//! The reader asks only while somebody listens. Whether a listener may know of a record is asked when he is told, by his row
//! scope as it is then: what he cannot read is silent, unless he was told of it before; then it is told as deleted.

mod mark;
mod reading;

use crate::accounts::{self, Pass, allows_form};
use crate::records::{Saver, must_read};
use crate::{Authority, Context, Engine, EngineError, EngineResult, Principal, Refusal};
use chrono::TimeDelta;
use formwright_core::catalog::Catalog;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_store::events::{self as rows, EventRow};
use formwright_store::people::notifications;
use formwright_store::{Snapshot, records};
use mark::{Mark, seal, unseal};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, Receiver, error::RecvError, error::TryRecvError};
use tokio::sync::watch;
use uuid::Uuid;

/// How often a listener's session and rights are looked at when nothing happens.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// Events that a listener may be behind before he has to read anew.
const BEHIND: usize = 1024;
/// Events read or told at once.
const PAGE: i64 = 500;
/// How far back a listener who returns is told what he missed.
const REPLAYED: TimeDelta = TimeDelta::minutes(5);
const MOST_REPLAYED: i64 = 1000;
/// Numbers below the last one of which is remembered whether they passed by.
const NEAR: i64 = 64;
/// Listeners of one person.
const MOST_LISTENERS: usize = 16;
/// Records that a listener is known to know of.
const MOST_KNOWN: usize = 4096;
/// Events are kept so long.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// What one process knows of its listeners.
pub struct Hub {
    sender: broadcast::Sender<Arc<EventRow>>,
    reading: tokio::sync::Mutex<bool>,
    listeners: Mutex<HashMap<Uuid, usize>>,
    /// Whether nobody is to listen any more: the process ends.
    ended: watch::Sender<bool>,
}

impl Default for Hub {
    fn default() -> Hub {
        Hub {
            sender: broadcast::channel(BEHIND).0,
            reading: tokio::sync::Mutex::new(false),
            listeners: Mutex::default(),
            ended: watch::channel(false).0,
        }
    }
}

/// Something to be told: the kind, its body, and the number by which a listener goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub event: &'static str,
    pub data: Json,
    pub id: Option<String>,
}

/// A place among a person's listeners, given back when it goes.
struct Place {
    engine: Engine,
    user: Uuid,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut listeners = self.engine.hub().listeners.lock();
        if let Some(count) = listeners.get_mut(&self.user) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                listeners.remove(&self.user);
            }
        }
    }
}

/// Somebody who listens.
pub struct Listener {
    engine: Engine,
    cx: Context,
    pass: Pass,
    /// Ids of the forms he asked for; all where he asked for none.
    forms: Option<Vec<String>>,
    receiver: Receiver<Arc<EventRow>>,
    ended: watch::Receiver<bool>,
    waiting: Vec<Told>,
    /// Records that he was told of.
    known: HashSet<(String, Uuid)>,
    /// What passed by before he began to listen.
    start: Mark,
    mark: Mark,
    _place: Place,
}

impl Engine {
    pub(crate) fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// Begins to listen as the caller. `forms` are names; `since` is the id of the last event he was told.
    ///
    /// # Errors
    /// 401, 403 for whoever sees as another, 422 for forms that he may not know, 429 for too many listeners, and what the store gives.
    pub async fn listen(
        &self,
        cx: &Context,
        pass: Pass,
        forms: &[String],
        since: Option<&str>,
    ) -> EngineResult<Listener> {
        let person = cx.principal().ok_or_else(|| EngineError::refused(&code::UNAUTHENTICATED))?;
        if person.acting.is_some() {
            return Err(Refusal::new(&code::FORBIDDEN).with("action", "view_as").into());
        }
        let saver = Saver::new(cx)?;
        let mut ids = Vec::new();
        let mut faults = Vec::new();
        for name in forms {
            match saver.access.form(name) {
                Ok((_, form, access)) if must_read(&access).is_ok() && allows_form(&person.via, name) => {
                    ids.push(form.id.clone());
                }
                _ => faults.push(Fault::new("forms", &code::UNKNOWN_REFERENCE).with("kind", "form").with("name", name)),
            }
        }
        if !faults.is_empty() {
            return Err(EngineError::request_faults(faults));
        }
        let user = person.person.id;
        {
            let mut listeners = self.hub().listeners.lock();
            let count = listeners.entry(user).or_default();
            if *count >= MOST_LISTENERS {
                let mut refusal = Refusal::new(&code::RATE_LIMITED).with("seconds", 30);
                refusal.retry_after = Some(30);
                return Err(refusal.into());
            }
            *count += 1;
        }
        let place = Place { engine: self.clone(), user };
        let (receiver, mark) = self.subscribe().await?;
        let mut listener = Listener {
            engine: self.clone(),
            cx: cx.clone(),
            pass,
            forms: (!forms.is_empty()).then_some(ids),
            receiver,
            ended: self.hub().ended.subscribe(),
            waiting: Vec::new(),
            known: HashSet::new(),
            start: mark,
            mark,
            _place: place,
        };
        if let Some(since) = since.filter(|id| !id.is_empty()) {
            listener.replay(since).await?;
        }
        Ok(listener)
    }

    /// Lets all streams end, so that the process can; clients come back to the next one by themselves.
    pub fn end_listening(&self) {
        self.hub().ended.send_replace(true);
    }

    /// A receiver of all events from now on, and the mark of those before. The reader of the outbox may be a little behind: what it
    /// sends of the time before is passed over by the mark.
    async fn subscribe(&self) -> EngineResult<(Receiver<Arc<EventRow>>, Mark)> {
        let mut reading = self.hub().reading.lock().await;
        let receiver = self.hub().sender.subscribe();
        let mut tx = self.db().reader(Snapshot::No).await?;
        let last = rows::last(&mut tx).await?;
        let mut mark = Mark::default();
        for event in rows::after((last - NEAR).max(0), &[], NEAR + 1, &mut tx).await? {
            mark.pass(event.seq);
        }
        drop(tx);
        if !*reading {
            *reading = true;
            tokio::spawn(reading::read_outbox(self.clone(), last));
        }
        Ok((receiver, mark))
    }
}

impl Listener {
    /// What is told next, perhaps after a while; nothing when there is no more to come, since the session ended or the account
    /// was disabled.
    ///
    /// # Errors
    /// What the store gives.
    pub async fn next(&mut self) -> EngineResult<Option<Told>> {
        loop {
            if !self.waiting.is_empty() {
                return Ok(Some(self.waiting.remove(0)));
            }
            let mut events = Vec::new();
            let heard = tokio::select! {
                heard = tokio::time::timeout(CHECK_EVERY, self.receiver.recv()) => heard,
                _ = self.ended.wait_for(|ended| *ended) => return Ok(None),
            };
            match heard {
                Ok(Ok(event)) => events.push(event),
                Ok(Err(RecvError::Lagged(_))) => self.fell_behind(),
                Ok(Err(RecvError::Closed)) => return Ok(None),
                Err(_) => {}
            }
            while events.len() < usize::try_from(PAGE).unwrap_or(500) {
                match self.receiver.try_recv() {
                    Ok(event) => events.push(event),
                    Err(TryRecvError::Lagged(_)) => self.fell_behind(),
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                }
            }
            if !self.is_still_there().await? {
                return Ok(None);
            }
            events.retain(|event| !self.start.has(event.seq));
            self.tell(&events).await?;
        }
    }

    /// By what a listener goes on who was told everything up to now.
    pub fn place(&self) -> EngineResult<String> {
        seal(&self.engine, self.user(), self.mark)
    }

    fn user(&self) -> Uuid {
        self.cx.author()
    }

    fn fell_behind(&mut self) {
        self.waiting.push(Told { event: "resync", data: json!({}), id: None });
    }

    /// Reads his rights anew; tells of a new revision.
    async fn is_still_there(&mut self) -> EngineResult<bool> {
        let Some(seen) = accounts::look_again(&self.engine, self.pass).await? else { return Ok(false) };
        let before = self.cx.catalog.revision;
        let (catalog, person): (Arc<Catalog>, Arc<Principal>) = (seen.catalog, seen.principal);
        self.cx.zone = self.engine.company(&catalog).zone;
        self.cx.catalog = catalog;
        self.cx.authority = Authority::Person(person);
        self.cx.now = self.engine.now();
        let now = self.cx.catalog.revision;
        if now != before {
            self.waiting.push(Told { event: "revision", data: json!({"revision": now}), id: None });
        }
        Ok(true)
    }

    /// Turns events into what this listener may know, in their order; of a record only the newest.
    async fn tell(&mut self, events: &[Arc<EventRow>]) -> EngineResult<()> {
        if events.is_empty() {
            return Ok(());
        }
        let user = self.user();
        let mut newest: HashMap<(&str, Uuid), i64> = HashMap::new();
        for event in events {
            if let (Some(form), Some(record)) = (event.form.as_deref(), event.record) {
                newest.insert((form, record), event.seq);
            }
        }
        let mut by_form: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
        for (form, record) in newest.keys() {
            if self.forms.as_ref().is_none_or(|wanted| wanted.iter().any(|id| id == form)) {
                by_form.entry(form).or_default().push(*record);
            }
        }
        let mut visible: HashMap<(&str, Uuid), (i64, bool)> = HashMap::new();
        let saver = Saver::new(&self.cx)?;
        let mut tx = self.engine.db().reader(Snapshot::No).await?;
        for (form_id, ids) in by_form {
            let Some(form) = self.cx.catalog.form_by_id(form_id) else { continue };
            let Ok((index, _, access)) = saver.access.form(&form.name) else { continue };
            let scoped = self.cx.principal().is_some_and(|p| allows_form(&p.via, &form.name));
            if !scoped || must_read(&access).is_err() {
                continue;
            }
            let compiler = saver.compiler(&tx);
            for seen in records::visible(&compiler, index, &ids, &mut tx).await? {
                visible.insert((form_id, seen.id), (seen.version, seen.deleted));
            }
        }
        for event in events {
            self.mark.pass(event.seq);
            if let (Some(form_id), Some(record)) = (event.form.as_deref(), event.record) {
                if newest.get(&(form_id, record)) != Some(&event.seq) {
                    continue;
                }
                let Some(form) = self.cx.catalog.form_by_id(form_id).map(|f| f.name.clone()) else { continue };
                let key = (form_id.to_string(), record);
                let kind = match visible.get(&(form_id, record)) {
                    Some((_, false)) => {
                        if self.known.len() < MOST_KNOWN {
                            self.known.insert(key);
                        }
                        if event.kind == "created" { "created" } else { "updated" }
                    }
                    Some((_, true)) => {
                        self.known.remove(&key);
                        "deleted"
                    }
                    None if self.known.remove(&key) => "deleted",
                    None => continue,
                };
                let version = visible.get(&(form_id, record)).map(|(version, _)| *version);
                self.waiting.push(Told {
                    event: "record",
                    data: json!({"form": form, "id": record, "version": version, "kind": kind}),
                    id: Some(seal(&self.engine, user, self.mark)?),
                });
                continue;
            }
            let body: Json = serde_json::from_str(&event.body).unwrap_or(Json::Null);
            if body.get("user").and_then(Json::as_str) != Some(user.to_string().as_str()) {
                continue;
            }
            let id = Some(seal(&self.engine, user, self.mark)?);
            match event.kind.as_str() {
                "notification" => {
                    let unread = notifications::unread(user, &mut tx).await?;
                    let data = json!({"id": event.record, "unread": unread});
                    self.waiting.push(Told { event: "notification", data, id });
                }
                "job" => {
                    let data = json!({"id": event.record, "state": body.get("state"), "done": body.get("done"), "total": body.get("total")});
                    self.waiting.push(Told { event: "job", data, id });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Tells what happened since the event with that id, or that everything has to be read anew.
    async fn replay(&mut self, since: &str) -> EngineResult<()> {
        let Some(mark) = unseal(&self.engine, self.user(), since)? else {
            self.fell_behind();
            return Ok(());
        };
        let seq = mark.seq;
        let mut tx = self.engine.db().reader(Snapshot::No).await?;
        let known = rows::at(seq, &mut tx).await?;
        let mut events = rows::after((seq - NEAR).max(0), &[], MOST_REPLAYED + NEAR + 1, &mut tx).await?;
        drop(tx);
        events.retain(|event| !mark.has(event.seq));
        let next = events.iter().find(|e| e.seq > seq);
        // where it, or the very next one, is still kept, everything after it is too
        let whole = known.is_some() || next.is_none_or(|e| e.seq == seq + 1);
        let fresh = next.is_none_or(|e| self.cx.now - e.at <= REPLAYED);
        if !whole || !fresh || events.len() > usize::try_from(MOST_REPLAYED).unwrap_or(1000) {
            self.fell_behind();
            return Ok(());
        }
        let now = std::mem::replace(&mut self.mark, mark);
        let events: Vec<Arc<EventRow>> = events.into_iter().map(Arc::new).collect();
        self.tell(&events).await?;
        if now.seq > self.mark.seq {
            self.mark = now;
        }
        Ok(())
    }
}

/// Forgets events that nobody can be told any more; gives their number. For a housekeeping once an hour.
///
/// # Errors
/// What the store gives.
pub async fn forget_old(engine: &Engine) -> EngineResult<u64> {
    let before = engine.now() - KEPT;
    let mut forgotten = 0;
    loop {
        let step = engine
            .db()
            .write(move |tx| Box::pin(async move { rows::forget(before, tx).await.map_err(EngineError::from) }))
            .await?;
        forgotten += step;
        if step < rows::FORGOTTEN_AT_ONCE.unsigned_abs() {
            return Ok(forgotten);
        }
    }
}
