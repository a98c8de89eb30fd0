//! New keys for old: of the installation, whose key wraps all others, and of an encrypted field, whose values are sealed anew.
//!
//! Each change raises the number that every request looks at, so that every process reads the keys anew before it answers. Old
//! keys still open what they sealed until they are pruned. Whoever does this sits at the command line.

use crate::accounts::require_right;
use crate::audit::{self, Origin};
use crate::keys::{KeyLine, Keys, place_of};
use crate::{Context, Engine, EngineError, EngineResult, jobs, vault};
use chrono::{DateTime, Utc};
use formwright_core::catalog::Catalog;
use formwright_core::field::Field;
use formwright_store::jobs::Job;
use formwright_store::keys::{self as stored, NamedKey};
use formwright_store::people::audit_log::{self, Filter};
use formwright_store::people::version;
use formwright_store::rotation::{Look, Sealed};
use formwright_store::{Snapshot, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// What a job that seals anew is given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Input {
    /// Id of the field.
    pub field: String,
}

/// The keys of an installation, for whoever looks after them.
#[derive(Clone, Debug)]
pub struct Status {
    pub keys: Vec<KeyStatus>,
    pub fields: Vec<FieldStatus>,
}

/// A key of the key file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStatus {
    pub line: KeyLine,
    /// Keys that it wraps.
    pub wraps: usize,
    /// A backup within its time needs it: when that was made.
    pub needed_by: Option<DateTime<Utc>>,
}

/// The keys of an encrypted field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldStatus {
    /// `form.field`, `form.table.column`; the id of a field that is not there any more.
    pub name: String,
    /// Number of the newest key, and since when it is there.
    pub number: i64,
    pub since: DateTime<Utc>,
    /// Older ones.
    pub older: usize,
}

/// What was pruned, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Names of the installation's keys that are gone.
    pub keys: Vec<String>,
    /// Older keys of fields that are gone.
    pub field_keys: usize,
    /// Keys that a backup within its time needs, with when that was made.
    pub needed: Vec<(String, DateTime<Utc>)>,
    /// Fields in which values stand under older keys.
    pub unfinished: Vec<String>,
}

impl Engine {
    /// Reads the keys anew: which key of the key file is in use, and those of fields.
    ///
    /// # Errors
    /// Where a key is not in the key file; what the store gives.
    pub async fn renew_keys(&self) -> EngineResult<()> {
        let mut tx = self.db().reader(Snapshot::No).await?;
        let current = version::fact(&mut tx, stored::KEY_FACT).await?;
        drop(tx);
        if let Some(current) = current {
            self.keys().renew(&current)?;
        }
        self.vault().load(self.keys(), self.db()).await
    }
}

/// Seals the values of an encrypted field (`form.field`, `form.table.column`) under a new key, those of its history too: the key
/// is there at once, the values follow in a job, whose id this gives. Needs the right `secrets`.
///
/// # Errors
/// 403; [`EngineError::Internal`] with a sentence for what is no encrypted field; what the store gives.
pub async fn rotate_field(cx: &Context, name: &str) -> EngineResult<Uuid> {
    require_right(cx, "secrets")?;
    let field = find(&cx.catalog, name)?.id.clone();
    let input = Input { field: field.clone() };
    let id = Uuid::now_v7();
    let job = Job {
        id,
        kind: jobs::ROTATE.into(),
        owner: cx.principal().map(|p| p.person.id),
        state: "queued".into(),
        done: 0,
        total: None,
        attempts: 0,
        created_at: cx.now,
        run_at: Utc::now(),
        finished_at: None,
        input: serde_json::to_string(&input).map_err(|e| EngineError::Internal(e.to_string()))?,
        result: None,
        fence: 0,
    };
    let (origin, keys, now) = (Origin::of(cx), cx.engine.keys().clone(), cx.now);
    let what = json!({"what": "keys.rotate_field", "on": {"field": field, "job": id}, "name": name});
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            version::raise(tx).await?;
            let known = stored::all(tx).await?;
            stored::add(&vault::next_key(&keys, &field, &known, now)?, tx).await?;
            formwright_store::jobs::add(&job, tx).await?;
            audit::record(tx, &origin, "settings", what).await.map_err(EngineError::from)
        })
    });
    write.await?;
    cx.engine.renew_keys().await?;
    cx.engine.background().wake();
    Ok(id)
}

/// Replaces the key of the key file by a new one, by which all others are wrapped from now on; gives the new one's name. The old
/// one stays in the file until it is pruned. Needs the right `secrets`.
///
/// # Errors
/// 403; where the key file cannot be written or another process was quicker; what the store gives.
pub async fn rotate_kek(cx: &Context) -> EngineResult<String> {
    require_right(cx, "secrets")?;
    let (origin, keys, now) = (Origin::of(cx), cx.engine.keys().clone(), cx.now);
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            // one after the other, over all processes: the file is written while the row is held
            version::raise(tx).await?;
            let from = keys.key_id();
            let next = keys.begin_next(now)?;
            let to = next.key_id();
            if !stored::replace_kek(&from, &to, tx).await? {
                return Err(EngineError::Internal("the installation's key was just replaced by somebody else".into()));
            }
            rewrap(&keys, &next, tx).await?;
            stored::put_named(&next.wrapped_root(now)?, tx).await?;
            let what = json!({"what": "keys.rotate", "on": {"key": to, "from": from}});
            audit::record(tx, &origin, "settings", what).await?;
            Ok::<_, EngineError>(to)
        })
    });
    let to = write.await?;
    cx.engine.renew_keys().await?;
    Ok(to)
}

/// Wraps every key that is not wrapped by the key in use of `to`.
async fn rewrap(from: &Keys, to: &Keys, tx: &mut Tx) -> EngineResult<()> {
    let current = to.key_id();
    for row in stored::all(tx).await?.into_iter().filter(|row| row.kek != current) {
        stored::rewrap(&vault::rewrapped(from, to, row)?, tx).await?;
    }
    let mut named = Vec::new();
    for row in stored::all_named(tx).await?.into_iter().filter(|row| row.kek != current) {
        let secret = from.unwrap(&place_of(&row.name), &row.kek, &row.wrapped)?;
        let (kek, wrapped) = to.wrap(&place_of(&row.name), &secret)?;
        named.push(NamedKey { kek, wrapped, ..row });
    }
    Ok(stored::rewrap_named(&named, tx).await?)
}

/// The keys that are there. Needs the right `secrets`.
///
/// # Errors
/// 403; where the key file cannot be read; what the store gives.
pub async fn status(cx: &Context) -> EngineResult<Status> {
    require_right(cx, "secrets")?;
    let mut tx = cx.engine.db().reader(Snapshot::Yes).await?;
    let (fields, named) = (stored::all(&mut tx).await?, stored::all_named(&mut tx).await?);
    let mut keys = Vec::new();
    for line in cx.engine.keys().lines()? {
        let wraps = fields.iter().map(|key| &key.kek).chain(named.iter().map(|key| &key.kek));
        let wraps = wraps.filter(|kek| **kek == line.id).count();
        let needed_by = needed_by(cx, &line, &mut tx).await?;
        keys.push(KeyStatus { line, wraps, needed_by });
    }
    let outdated = vault::outdated(&fields);
    let mut older: HashMap<&str, usize> = HashMap::new();
    for key in outdated {
        *older.entry(key.field.as_str()).or_default() += 1;
    }
    let mut of_fields: Vec<FieldStatus> = Vec::new();
    let named = names(&cx.catalog);
    for key in vault::newest(&fields) {
        of_fields.push(FieldStatus {
            name: named.get(key.field.as_str()).cloned().unwrap_or_else(|| key.field.clone()),
            number: key.number,
            since: key.created_at,
            older: older.get(key.field.as_str()).copied().unwrap_or(0),
        });
    }
    of_fields.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Status { keys, fields: of_fields })
}

/// When the last backup was made that needs a key, where that is still kept: one that was made before the key was retired.
async fn needed_by(cx: &Context, line: &KeyLine, tx: &mut Tx) -> EngineResult<Option<DateTime<Utc>>> {
    if line.is_current {
        return Ok(None);
    }
    let filter = Filter {
        lane: Some("backup".into()),
        members: vec![("what", "backup".into())],
        from: Some(cx.now - cx.engine.settings().backups_kept),
        to: line.retired,
        below: None,
    };
    Ok(audit_log::page(tx, &filter, 1).await?.first().map(|entry| entry.at))
}

/// Removes keys that nothing needs any more: of the key file those that were retired and that no backup needs which is still kept,
/// of fields the older ones where every value stands under the newest. Needs the right `secrets`.
///
/// # Errors
/// 403; where the key file cannot be written; what the store gives.
pub async fn prune(cx: &Context) -> EngineResult<Pruned> {
    require_right(cx, "secrets")?;
    let mut pruned = Pruned::default();
    let mut gone: Vec<Uuid> = Vec::new();
    {
        let mut tx = cx.engine.db().reader(Snapshot::Yes).await?;
        for line in cx.engine.keys().lines()?.into_iter().filter(|line| !line.is_current) {
            match needed_by(cx, &line, &mut tx).await? {
                Some(at) => pruned.needed.push((line.id, at)),
                None => pruned.keys.push(line.id),
            }
        }
        let fields = stored::all(&mut tx).await?;
        let (layout, named) = (cx.engine.layout(&cx.catalog)?, names(&cx.catalog));
        for key in vault::outdated(&fields) {
            let waits = match Sealed::find(&layout, &key.field) {
                Some(sealed) => is_unfinished(&sealed, &mut tx).await?,
                // a field that was retired keeps its values, and may come back with them
                None => true,
            };
            if waits {
                let name = named.get(key.field.as_str()).cloned().unwrap_or_else(|| key.field.clone());
                if !pruned.unfinished.contains(&name) {
                    pruned.unfinished.push(name);
                }
            } else {
                gone.push(key.id);
            }
        }
    }
    pruned.field_keys = gone.len();
    let (origin, keys) = (Origin::of(cx), cx.engine.keys().clone());
    let what = json!({"what": "keys.prune", "on": {"keys": pruned.keys}, "field_keys": gone.len()});
    let write = cx.engine.db().write(move |tx| {
        Box::pin(async move {
            version::raise(tx).await?;
            rewrap(&keys, &keys, tx).await?;
            for id in &gone {
                stored::forget(*id, tx).await?;
            }
            audit::record(tx, &origin, "settings", what).await.map_err(EngineError::from)
        })
    });
    write.await?;
    // only now that nothing in the database needs them
    cx.engine.keys().forget(&pruned.keys)?;
    cx.engine.renew_keys().await?;
    Ok(pruned)
}

/// Whether a value of a field stands under an older key.
async fn is_unfinished(sealed: &Sealed, tx: &mut Tx) -> EngineResult<bool> {
    let (mut values, mut history) = (None, None);
    loop {
        let page = sealed.values(values, Look::Count, tx).await?;
        if page.outdated > 0 {
            return Ok(true);
        }
        values = page.after;
        if values.is_none() {
            break;
        }
    }
    loop {
        let page = sealed.history(history, Look::Count, tx).await?;
        if page.outdated > 0 {
            return Ok(true);
        }
        history = page.after;
        if history.is_none() {
            return Ok(false);
        }
    }
}

/// The names of encrypted fields by id.
fn names(catalog: &Catalog) -> HashMap<&str, String> {
    let mut out = HashMap::new();
    for form in &catalog.forms {
        for field in &form.fields {
            out.insert(field.id.as_str(), format!("{}.{}", form.name, field.name));
            for column in field.table().into_iter().flat_map(|table| &table.fields) {
                out.insert(column.id.as_str(), format!("{}.{}.{}", form.name, field.name, column.name));
            }
        }
    }
    out
}

/// The encrypted field of a name.
fn find<'c>(catalog: &'c Catalog, name: &str) -> EngineResult<&'c Field> {
    let mut parts = name.split('.');
    let form = parts.next().and_then(|form| catalog.form(form));
    let own = form.zip(parts.next()).and_then(|(form, field)| form.field(field)).map(|(_, field)| field);
    let field = match parts.next() {
        None => own,
        Some(column) => own.and_then(Field::table).and_then(|table| table.field(column)).map(|(_, column)| column),
    };
    field.filter(|field| field.is_encrypted() && parts.next().is_none()).ok_or_else(|| {
        let mut known: Vec<String> = Vec::new();
        let named = names(catalog);
        known.extend(vault::encrypted(catalog).filter_map(|field| named.get(field.id.as_str()).cloned()));
        EngineError::Internal(format!("\"{name}\" is no encrypted field; those are: {}", known.join(", ")))
    })
}
