//! Writing a page of rows in one transaction: each row for itself behind a savepoint.

use super::ImportMode;
use super::bound::{Shape, is_given};
use super::finish::{Finished, FinishedChild, Finisher, ToMake};
use super::incoming::{Failure, Incoming};
use super::key::{self, Matches};
use super::mapping::OnDuplicate;
use super::named::Names;
use super::note::{coded, noted};
use super::part;
use crate::duplicates::known::{Known, Taken};
use crate::duplicates::rule::Rule;
use crate::organisation::Organisation;
use crate::records::{Cause, SaveOptions, Saver};
use crate::{EngineError, EngineResult};
use formwright_core::error_code as code;
use formwright_core::record::{Record, value_to_json};
use formwright_exchange::Code;
use formwright_exchange::notice::Notice;
use formwright_exchange::row::{CleanRow, empty};
use formwright_store::jobs::JobFault;
use formwright_store::{Tx, Val, records};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// What stays the same for all pages.
#[derive(Clone)]
pub struct Ground {
    pub saver: Saver,
    pub shape: Arc<Shape>,
    /// Child tables of which a sheet holds any row.
    pub given: Arc<[usize]>,
    pub organisation: Arc<Organisation>,
    pub rules: Arc<Vec<Rule>>,
    pub batch: Uuid,
    /// Nothing will be kept.
    pub dry: bool,
}

/// What is learnt from page to page.
#[derive(Default)]
pub struct Desk {
    pub(super) names: Names,
    pub(super) known: Known,
    pub(super) taken: Taken,
    /// Records made of rows, to which later rows may be added.
    pub(super) made: HashMap<u32, Uuid>,
    /// Keys of records that this import made.
    pub(super) keys: HashMap<String, Uuid>,
    /// In a trial nothing stays to be met again: the unique values seen, by form and index.
    pub(super) unique: HashMap<(usize, String, String), u32>,
}

/// What came of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Came {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub merged: u64,
    pub refused: u64,
}

/// What came of one row.
enum Done {
    Created,
    Updated,
    Unchanged,
    Merged,
}

/// Writes the rows of a page; gives what came of them and what is to be told.
pub async fn save_page(
    ground: &Ground,
    desk: &mut Desk,
    rows: &[Incoming],
    tx: &mut Tx,
) -> EngineResult<(Came, Vec<JobFault>)> {
    let (mut came, mut told) = (Came::default(), Vec::new());
    desk.names.learn(&ground.saver, &ground.shape, rows, tx).await?;
    let mut finished: Vec<Result<Finished, Vec<JobFault>>> = Vec::with_capacity(rows.len());
    {
        let finisher = Finisher {
            shape: &ground.shape,
            organisation: &ground.organisation,
            names: &desk.names,
            zone: ground.saver.cx.zone,
        };
        for row in rows {
            let faults = row.faults();
            finished.push(if faults.is_empty() { finisher.finish(row) } else { Err(faults) });
        }
    }
    let matches = ground.matches(&finished, tx).await?;
    ground.learn_records(desk, rows, &finished, tx).await?;
    for (incoming, finished) in rows.iter().zip(finished) {
        let outcome = match finished {
            Err(faults) => Err(faults),
            Ok(row) => ground.save_row(desk, &incoming.clean, row, &matches, &mut told, tx).await?,
        };
        match outcome {
            Err(faults) => {
                came.refused += 1;
                told.extend(faults);
            }
            Ok(done) => {
                match done {
                    Done::Created => came.created += 1,
                    Done::Updated => came.updated += 1,
                    Done::Unchanged => came.unchanged += 1,
                    Done::Merged => came.merged += 1,
                }
                told.extend(incoming.warnings());
            }
        }
    }
    if ground.dry {
        // what was made for the trial is gone with it
        desk.names.forget();
    }
    Ok((came, told))
}

impl Ground {
    fn options(&self) -> SaveOptions {
        SaveOptions { cause: Some(Cause::Import), batch: Some(self.batch), migrate: self.shape.migrate }
    }

    async fn matches(&self, rows: &[Result<Finished, Vec<JobFault>>], tx: &mut Tx) -> EngineResult<Matches> {
        let keys: Vec<Vec<Val>> = match self.shape.mode {
            ImportMode::Create => Vec::new(),
            _ => rows.iter().flatten().filter_map(|row| key::key_of(&self.saver, &self.shape, row).ok()).collect(),
        };
        key::learn(&self.saver, &self.shape, &keys, tx).await
    }

    async fn save_row(
        &self,
        desk: &mut Desk,
        clean: &CleanRow,
        row: Finished,
        matches: &Matches,
        told: &mut Vec<JobFault>,
        tx: &mut Tx,
    ) -> EngineResult<Result<Done, Vec<JobFault>>> {
        let number = row.number;
        let mut key = String::new();
        let (mut found, mut version) = (None, 0);
        if self.shape.mode != ImportMode::Create {
            let values = match key::key_of(&self.saver, &self.shape, &row) {
                Ok(values) => values,
                Err(field) => return Ok(Err(vec![noted(number, &field, &Notice::new(Code::Required), false)])),
            };
            key = key::key_text(&values);
            found = desk.keys.get(&key).copied();
            let there = matches.of(&key);
            match (found, there) {
                (Some(_), _) if self.dry => return Ok(Ok(Done::Updated)),
                (Some(id), _) => version = key::version_of(&self.saver, &self.shape, id, tx).await?,
                (None, []) => {}
                (None, [one]) => (found, version) = (Some(one.id), one.version),
                (None, several) => {
                    let candidates: Vec<String> = several
                        .iter()
                        .take(3)
                        .map(|m| m.title.as_ref().map_or_else(|| m.id.to_string(), |t| format!("{t} ({})", m.id)))
                        .collect();
                    let args =
                        [("value", key::key_shown(&values).into()), ("candidates", candidates.join(", ").into())];
                    return Ok(Err(vec![coded(number, &self.first_key(), &code::IMPORT_AMBIGUOUS, &args)]));
                }
            }
            // a number that the installation gives cannot be chosen by a file
            let given = self.shape.key.iter().any(|k| {
                k == "id" || self.shape.targets.form.field(k).is_some_and(|(_, f)| is_given(f) && !self.shape.migrate)
            });
            if found.is_none() && (self.shape.mode == ImportMode::Update || given) {
                return Ok(Err(vec![coded(
                    number,
                    &self.first_key(),
                    &code::IMPORT_NO_RECORD,
                    &[("key", key::key_shown(&values).into())],
                )]));
            }
        }
        let compared = if found.is_none() { self.compared(clean) } else { Vec::new() };
        let mut into = None;
        if let Some((fault, record)) = self.repeated(desk, number, &compared, tx).await? {
            match record.filter(|_| self.shape.on_duplicate == OnDuplicate::Merge) {
                Some(record) => into = Some(record),
                None => return Ok(Err(vec![fault])),
            }
        }
        if found.is_none()
            && into.is_none()
            && let Some(faults) = self.met_before(desk, &row)
        {
            return Ok(Err(faults));
        }
        let point = tx.savepoint().await?;
        let written = match (found, into) {
            (Some(id), _) => self.change(desk, id, version, &row, tx).await,
            (None, Some(id)) => self.merge(id, &row, tx).await,
            (None, None) => self.create(desk, &row, tx).await,
        };
        match written {
            Ok((id, done)) => {
                tx.release(point).await?;
                if matches!(done, Done::Created) {
                    let near = self.nearly(desk, &compared, clean, tx).await?;
                    told.extend(near);
                    for (rule, values) in &compared {
                        if let Some(of) = self.rules.get(*rule) {
                            desk.taken.add(*rule, of, values, number);
                        }
                    }
                    desk.made.insert(number, id);
                    if !key.is_empty() {
                        desk.keys.insert(key, id);
                    }
                    self.remember(desk, &row);
                }
                Ok(Ok(done))
            }
            Err(Failure::Refused(faults)) => {
                tx.rollback_to(point).await?;
                Ok(Err(faults))
            }
            Err(Failure::Broken(error)) => Err(error),
        }
    }

    fn first_key(&self) -> String {
        self.shape.key.first().cloned().unwrap_or_default()
    }

    async fn create(&self, desk: &mut Desk, row: &Finished, tx: &mut Tx) -> Result<(Uuid, Done), Failure> {
        let (index, form) = (self.shape.targets.index, &self.shape.targets.form);
        let mut body = row.own.clone();
        if !self.shape.migrate {
            body.retain(|name, _| form.field(name).is_none_or(|(_, f)| !is_given(f)));
        } else {
            body.extend(row.system.iter().filter(|(name, _)| *name != "id").map(|(k, v)| (k.clone(), v.clone())));
        }
        let mut children = row.children.clone();
        self.fill_links(desk, row, &mut body, &mut children, tx).await?;
        body.extend(self.rows_of(&children, None));
        let patch = self.saver.read_patch(index, form, &body).map_err(|e| Failure::of(row, "", e))?;
        let record =
            self.saver.create(index, form, &patch, self.options(), tx).await.map_err(|e| Failure::of(row, "", e))?;
        for (part, values) in self.shape.targets.parts.iter().zip(&row.parts) {
            let mut values = values.clone();
            if part::complete(&self.shape, part, &mut values, &body) {
                let options = SaveOptions { migrate: false, ..self.options() };
                let made = part::make(&self.saver, &self.shape, part, record.id, &values, options, tx).await;
                made.map_err(|e| Failure::of(row, &part.name, e))?;
            }
        }
        Ok((record.id, Done::Created))
    }

    async fn fill_links(
        &self,
        desk: &mut Desk,
        row: &Finished,
        body: &mut Map<String, Json>,
        children: &mut [FinishedChild],
        tx: &mut Tx,
    ) -> Result<(), Failure> {
        for ToMake { path, name, child } in &row.to_make {
            let made = match desk.names.get(path, name) {
                Some(super::named::Named::One(id)) => Some(*id),
                _ => desk
                    .names
                    .make(&self.saver, &self.shape, path, name, self.batch, tx)
                    .await
                    .map_err(|e| Failure::of(row, path, e))?,
            };
            let Some(id) = made else {
                return Err(Failure::Refused(vec![coded(
                    row.number,
                    path,
                    &code::FORBIDDEN,
                    &[("action", "create".to_string().into())],
                )]));
            };
            let (body, member) = match child.and_then(|at| children.get_mut(at)) {
                Some(child) => (&mut child.values, path.rsplit('.').next().unwrap_or(path)),
                None => (&mut *body, path.as_str()),
            };
            match body.get_mut(member) {
                Some(Json::Array(list)) => list.push(json!(id)),
                _ => {
                    body.insert(member.to_string(), json!(id));
                }
            }
        }
        Ok(())
    }

    async fn change(
        &self,
        desk: &mut Desk,
        id: Uuid,
        version: i64,
        row: &Finished,
        tx: &mut Tx,
    ) -> Result<(Uuid, Done), Failure> {
        let (index, form) = (self.shape.targets.index, &self.shape.targets.form);
        let mut body: Map<String, Json> = row
            .own
            .iter()
            .filter(|(name, _)| self.shape.filled.contains(name))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let mut children = row.children.clone();
        self.fill_links(desk, row, &mut body, &mut children, tx).await?;
        if !self.shape.tables.is_empty() {
            let compiler = self.saver.compiler(tx);
            let current = records::load(&compiler, index, id, false, &[], tx).await;
            let current = current.map_err(|error| Failure::Broken(error.into()))?.map(|loaded| loaded.record);
            body.extend(self.rows_of(&children, current.as_ref()));
        }
        let patch = self.saver.read_patch(index, form, &body).map_err(|e| Failure::of(row, "", e))?;
        let options = SaveOptions { migrate: false, ..self.options() };
        let record =
            self.saver.update(index, form, id, &patch, None, options, tx).await.map_err(|e| Failure::of(row, "", e))?;
        let mut changed = record.version != version;
        for (part, values) in self.shape.targets.parts.iter().zip(&row.parts) {
            let mut values = values.clone();
            if !part::complete(&self.shape, part, &mut values, &row.own) {
                continue;
            }
            let fail = |e: EngineError| Failure::of(row, &part.name, e);
            match part::known(&self.saver, &self.shape, part, id, &values, tx).await.map_err(fail)? {
                Some((known, before)) => {
                    let after = part::change(&self.saver, &self.shape, part, known, &values, options, tx).await;
                    changed |= after.map_err(fail)? != before;
                }
                None => {
                    part::make(&self.saver, &self.shape, part, id, &values, options, tx).await.map_err(fail)?;
                    changed = true;
                }
            }
        }
        Ok((id, if changed { Done::Updated } else { Done::Unchanged }))
    }

    /// Fills what is empty in the record that the row repeats, and adds what belongs to it and is not there.
    async fn merge(&self, id: Uuid, row: &Finished, tx: &mut Tx) -> Result<(Uuid, Done), Failure> {
        let (index, form) = (self.shape.targets.index, &self.shape.targets.form);
        let fail = |e: EngineError| Failure::of(row, "", e);
        let compiler = self.saver.compiler(tx);
        let loaded = match records::load(&compiler, index, id, false, &[], tx).await {
            Ok(loaded) => loaded,
            Err(error) => return Err(Failure::Broken(error.into())),
        };
        let record: Option<Record> = loaded.map(|l| l.record);
        let record = match record {
            Some(record) => record,
            // of a trial's own rows nothing is there any more
            None if self.dry => return Ok((id, Done::Merged)),
            None => return Err(fail(EngineError::refused(&code::NOT_FOUND_REFERENCE))),
        };
        let is_empty = |name: &str| {
            form.field(name)
                .is_some_and(|(i, f)| !is_given(f) && record.values.get(i).is_none_or(|v| empty(&value_to_json(f, v))))
        };
        let mut body: Map<String, Json> = row
            .own
            .iter()
            .filter(|(name, value)| !empty(value) && is_empty(name))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        body.extend(self.rows_of(&row.children, None).into_iter().filter(|(name, _)| is_empty(name)));
        let options = SaveOptions { migrate: false, ..self.options() };
        if !body.is_empty() {
            let patch = self.saver.read_patch(index, form, &body).map_err(fail)?;
            self.saver.update(index, form, id, &patch, None, options, tx).await.map_err(fail)?;
        }
        for (part, values) in self.shape.targets.parts.iter().zip(&row.parts) {
            let mut values = values.clone();
            if !part::complete(&self.shape, part, &mut values, &row.own) {
                continue;
            }
            let fail = |e: EngineError| Failure::of(row, &part.name, e);
            if part::known(&self.saver, &self.shape, part, id, &values, tx).await.map_err(fail)?.is_none() {
                part::make(&self.saver, &self.shape, part, id, &values, options, tx).await.map_err(fail)?;
            }
        }
        Ok((id, Done::Merged))
    }
}
