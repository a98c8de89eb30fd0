//! Into the recycle bin and back. Links that lead to a record are refused, emptied or followed, in one batch.

use super::RecordAnswer;
use super::saver::{Cause, SaveOptions, Saver};
use crate::Engine;
use crate::accounts::{Act, require_step_up};
use crate::context::Context;
use crate::error::{EngineError, EngineResult, Refusal};
use formwright_core::error_code as code;
use formwright_core::field::{FieldKind, OnDelete};
use formwright_core::form::Form;
use formwright_core::query::Cond;
use formwright_core::record::{FieldPatch, Patch, Record};
use formwright_core::value::Value;
use formwright_store::Tx;
use formwright_store::records::{self, Deletion};
use formwright_store::references;
use futures_util::future::BoxFuture;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

impl Engine {
    /// Puts a record into the recycle bin.
    pub async fn delete(&self, cx: &Context, form: &str, id: Uuid, if_match: Option<i64>) -> EngineResult<()> {
        let saver = Saver::new(cx)?;
        let (index, form, _) = saver.access.form(form)?;
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    let batch = Uuid::now_v7();
                    saver.remove(index, &form, id, if_match, batch, tx).await
                })
            })
            .await
    }

    /// Takes a record, and what went with it, out of the recycle bin.
    pub async fn restore(&self, cx: &Context, form: &str, id: Uuid) -> EngineResult<RecordAnswer> {
        let saver = Saver::new(cx)?;
        let (index, form, _) = saver.access.form(form)?;
        require_step_up(cx, Act::Restore).await?;
        self.db().write(move |tx| Box::pin(async move { saver.bring_back(index, &form, id, tx).await })).await
    }

    /// Deletes a record in the recycle bin for good.
    pub async fn purge(&self, cx: &Context, form: &str, id: Uuid) -> EngineResult<()> {
        let saver = Saver::new(cx)?;
        let (index, form, _) = saver.access.form_for(form, "purge")?;
        require_step_up(cx, Act::Purge).await?;
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    let compiler = saver.compiler(tx);
                    let loaded =
                        records::load(&compiler, index, id, true, &[], tx).await?.ok_or_else(EngineError::not_found)?;
                    records::delete(&compiler, index, loaded.rid, id, tx).await?;
                    crate::audit::record(
                        tx,
                        &saver.origin,
                        "record",
                        json!({"what": "record.purge", "on": {"form": form.id, "id": id}}),
                    )
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}

impl Saver {
    /// Deletes one record, following the links that lead to it.
    pub fn remove<'a>(
        &'a self,
        index: usize,
        form: &'a Arc<Form>,
        id: Uuid,
        if_match: Option<i64>,
        batch: Uuid,
        tx: &'a mut Tx,
    ) -> BoxFuture<'a, EngineResult<()>> {
        Box::pin(async move {
            let compiler = self.compiler(tx);
            let allowed = self.access.rows_for(index, "delete");
            let loaded = records::load(&compiler, index, id, false, std::slice::from_ref(&allowed), tx)
                .await?
                .ok_or_else(EngineError::not_found)?;
            if allowed == Cond::False || loaded.holds != [true] {
                return Err(Refusal::new(&code::FORBIDDEN).with("action", "delete").into());
            }
            let old = loaded.record;
            if let Some(expected) = if_match
                && expected != old.version
            {
                return Err(super::history::conflict(self, index, form, &old, expected, tx).await?);
            }
            self.unlink(index, &old, batch, tx).await?;
            let old = if self.cx.catalog.graph.concerns(index) {
                // what it makes of the records that went before it is another value now
                let system = self.as_system("a record that is deleted");
                let again = records::load(&system.compiler(tx), index, id, false, &[], tx).await?;
                again.ok_or_else(EngineError::not_found)?.record
            } else {
                old
            };
            let mut new = old.clone();
            new.version += 1;
            new.updated_at = self.cx.now.max(old.updated_at);
            new.updated_by = self.cx.author();
            new.deleted_at = Some(self.cx.now);
            let deletion = Deletion { at: new.deleted_at, by: Some(self.cx.author()), batch: Some(batch) };
            records::set_deleted(&compiler, index, loaded.rid, &new, deletion, tx).await?;
            self.leave_trail(form, Some(&old), &new, Cause::Delete, Some(batch), tx).await?;
            self.follow_on(index, Some(&old), None, false, tx).await
        })
    }

    /// What points to a record that goes: refused, emptied, or taken along.
    async fn unlink(&self, index: usize, old: &Record, batch: Uuid, tx: &mut Tx) -> EngineResult<()> {
        let catalog = self.cx.catalog.clone();
        let mut refused = 0;
        let mut named: Vec<Json> = Vec::new();
        for (from, field_index) in catalog.inbound(index).to_vec() {
            let (Some(form), Some(layout)) = (catalog.forms.get(from), self.layout.forms.get(from)) else { continue };
            let Some(link) = form.fields.get(field_index).and_then(|f| f.kind.link()) else { continue };
            let ids = references::pointing(layout, field_index, old.id, 1000, tx).await?;
            let ids: Vec<Uuid> = ids.into_iter().filter(|id| *id != old.id).collect();
            if ids.is_empty() {
                continue;
            }
            match link.on_delete {
                OnDelete::Refuse => {
                    refused += ids.len();
                    named.push(json!({"form": form.name, "count": ids.len()}));
                }
                OnDelete::Cascade => {
                    // what belongs to a record goes with it, by the form's own word, not by the caller's rights on it
                    let system = self.as_system("a cascading link");
                    for id in ids {
                        system.remove(from, form, id, None, batch, tx).await?;
                    }
                }
                OnDelete::Clear => {
                    let system = self.as_system("a link to a deleted record");
                    for id in ids {
                        let compiler = system.compiler(tx);
                        let Some(loaded) = records::load(&compiler, from, id, false, &[], tx).await? else { continue };
                        let value = match loaded.record.values.get(field_index) {
                            Some(Value::List(items)) => {
                                Value::List(items.iter().filter(|v| v.as_id() != Some(old.id)).cloned().collect())
                            }
                            _ => Value::Null,
                        };
                        let patch = Patch {
                            fields: vec![(field_index, FieldPatch::Set(value))],
                            version: None,
                            ..Patch::default()
                        };
                        let options = SaveOptions { batch: Some(batch), migrate: true, cause: None };
                        system.update(from, form, id, &patch, None, options, tx).await?;
                    }
                }
            }
        }
        for (form, layout) in catalog.forms.iter().zip(&self.layout.forms) {
            for (t, field) in form.fields.iter().enumerate() {
                let Some(table) = field.table() else { continue };
                for (c, column) in table.fields.iter().enumerate() {
                    let leads_here = matches!(&column.kind, FieldKind::Link(l) | FieldKind::Links(l) if catalog.form_index(&l.form) == Some(index));
                    if leads_here {
                        let count = references::rows_pointing(layout, t, c, old.id, tx).await?;
                        if count > 0 {
                            refused += usize::try_from(count).unwrap_or(usize::MAX);
                            named.push(json!({"form": form.name, "count": count}));
                        }
                    }
                }
            }
        }
        if refused == 0 {
            return Ok(());
        }
        let mut refusal = Refusal::new(&code::IN_USE).with("count", refused);
        // of forms that the caller may not know, only the number is told
        named.retain(|n| n.get("form").and_then(Json::as_str).is_some_and(|f| self.access.form(f).is_ok()));
        refusal.extra.insert("in".into(), Json::Array(named));
        Err(refusal.into())
    }

    fn as_system(&self, reason: &'static str) -> Saver {
        let cx = Context { authority: crate::context::Authority::System(reason), ..self.cx.clone() };
        Saver {
            access: Arc::new(crate::access::CallerAccess::new(&cx)),
            layout: self.layout.clone(),
            origin: self.origin.clone(),
            cx: Context { authority: self.cx.authority.clone(), ..cx },
        }
    }

    /// Restores a record and what was deleted with it.
    async fn bring_back(&self, index: usize, form: &Arc<Form>, id: Uuid, tx: &mut Tx) -> EngineResult<RecordAnswer> {
        let compiler = self.compiler(tx);
        let delete = self.access.rows_for(index, "delete");
        let loaded = records::load(&compiler, index, id, true, std::slice::from_ref(&delete), tx)
            .await?
            .ok_or_else(EngineError::not_found)?;
        if loaded.holds != [true] || !self.access.allows(index, "create") {
            return Err(Refusal::new(&code::FORBIDDEN).with("action", "restore").into());
        }
        let batch =
            references::batch_of(self.layout.forms.get(index).ok_or_else(EngineError::not_found)?, id, tx).await?;
        let record = self.undelete(index, form, loaded.rid, &loaded.record, tx).await?;
        if let Some(batch) = batch {
            for (other, layout) in self.layout.forms.iter().enumerate() {
                let Some(target) = self.cx.catalog.forms.get(other).cloned() else { continue };
                for companion in references::deleted_in(layout, batch, tx).await? {
                    let system = self.as_system("restored with its record");
                    let compiler = system.compiler(tx);
                    if let Some(loaded) = records::load(&compiler, other, companion, true, &[], tx).await? {
                        system.undelete(other, &target, loaded.rid, &loaded.record, tx).await?;
                    }
                }
            }
        }
        self.answer(index, form, &record, tx).await
    }

    async fn undelete(
        &self,
        index: usize,
        form: &Arc<Form>,
        rid: i64,
        old: &Record,
        tx: &mut Tx,
    ) -> EngineResult<Record> {
        let compiler = self.compiler(tx);
        let mut new = old.clone();
        new.version += 1;
        new.updated_at = self.cx.now.max(old.updated_at);
        new.updated_by = self.cx.author();
        new.deleted_at = None;
        records::set_deleted(&compiler, index, rid, &new, Deletion { at: None, by: None, batch: None }, tx)
            .await
            .map_err(|e| self.constraint(form, e))?;
        self.follow(index, form, rid, old, &mut new, tx).await?;
        self.leave_trail(form, Some(old), &new, Cause::Restore, None, tx).await?;
        self.follow_on(index, None, Some(&new), false, tx).await?;
        Ok(new)
    }
}
