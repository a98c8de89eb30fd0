//! A draft as it would be judged, with nothing written.

use super::save::{Saver, record_json};
use crate::Engine;
use crate::context::Context;
use crate::error::EngineResult;
use formwright_core::diagnostic::{Fault, without_repeats};
use formwright_core::field::{Field, SystemField};
use formwright_core::permission::Mask;
use formwright_core::record::{FieldPatch, Patch, Record, apply_rows, check, exact_json};
use formwright_core::value::Value;
use formwright_store::computed::Reason;
use formwright_store::select::AccessSource;
use formwright_store::{Snapshot, records};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

impl Engine {
    /// `{"record", "show", "hide", "require", "readonly", "options", "faults", "warnings"}` of a draft. Faults do not make the
    /// request fail: they are the answer.
    pub async fn preview(&self, cx: &Context, form: &str, body: Map<String, Json>) -> EngineResult<Json> {
        let saver = Saver::new(cx)?;
        let (index, form, access) = saver.access.form(form)?;
        let mut faults = Vec::new();
        let patch = Patch::read(&form, &body, &|f, c| access.sees(f, c), &mut faults);
        let base = self.stored(&saver, index, &patch).await?;
        let mut record = base.clone().unwrap_or_else(|| Record {
            id: Uuid::nil(),
            version: 0,
            created_at: cx.now,
            created_by: cx.author(),
            updated_at: cx.now,
            updated_by: cx.author(),
            deleted_at: None,
            flow_state: "none".into(),
            values: form.fields.iter().map(|f| saver.default_of(f)).collect(),
        });
        for (i, field) in form.fields.iter().enumerate() {
            let (Some(change), Some(slot)) = (patch.get(i), record.values.get_mut(i)) else { continue };
            let value = match (change, field.table()) {
                (FieldPatch::Set(value), _) => value.clone(),
                (rows, Some(table)) => {
                    let mut inner: Vec<Fault> = Vec::new();
                    let current = match &*slot {
                        Value::Rows(rows) if base.is_some() => rows.clone(),
                        _ => Vec::new(),
                    };
                    let default = |f: &Field| saver.default_of(f);
                    let rows = apply_rows(table, &current, rows, true, &mut Uuid::now_v7, &default, &mut inner);
                    faults.extend(inner.into_iter().map(|f| f.under(&field.name)));
                    Value::Rows(rows)
                }
                _ => Value::Null,
            };
            *slot = value;
        }
        let outcome = {
            let mut tx = self.db().reader(Snapshot::No).await?;
            if base.is_none() {
                let untouched = |i: usize| patch.get(i).is_none();
                saver.fill_defaults(index, &form, &mut record, &untouched, &mut tx, &mut faults).await?;
            }
            let mut outcome = saver.outcome(&form, &mut record, Reason::Show, &mut tx).await?;
            faults.append(&mut outcome.faults);
            let before = base.as_ref().map(|b| b.values.as_slice());
            faults.extend(check(&form, &record.values, before));
            let compiler = saver.compiler(&tx);
            super::references::check_references(
                &saver,
                &compiler,
                index,
                &form,
                &record.values,
                before,
                &mut tx,
                &mut faults,
            )
            .await?;
            outcome
        };
        let sees = |i: &usize| access.sees(*i, None);
        let writes = |i: usize| access.create.iter().chain(&access.update).any(|g| g.writes(i, None));
        let names = |keep: &dyn Fn(usize) -> bool| -> Vec<&str> {
            form.fields.iter().enumerate().filter(|(i, _)| sees(i) && keep(*i)).map(|(_, f)| f.name.as_str()).collect()
        };
        let mut shown = record_json(&form, &record);
        if let Some(map) = shown.as_object_mut() {
            let hidden: Vec<String> =
                form.fields.iter().enumerate().filter(|(i, _)| !sees(i)).map(|(_, f)| f.name.clone()).collect();
            map.retain(|k, _| !hidden.contains(k) && form.field(k).is_some());
        }
        // as formulas give them, before they are rounded at their field's scale: for whoever writes formulas
        let computed: Map<String, Json> = outcome
            .exact
            .iter()
            .filter(|(i, _)| sees(i))
            .filter_map(|(i, value)| Some((form.fields.get(*i)?.name.clone(), exact_json(value))))
            .collect();
        let known = |fault: &Fault| saver.sees_path(index, &form, &fault.path);
        let told =
            |fault: &Fault| json!({"field": fault.path, "code": fault.code.code, "message": fault.message(cx.locale)});
        // of fields that the caller may not know, nothing is told
        faults.retain(known);
        let faults = without_repeats(faults);
        let warnings: Vec<Json> = outcome.warnings.iter().filter(|f| known(f)).map(told).collect();
        Ok(json!({
            "record": shown,
            "computed": computed,
            "show": names(&|_| true),
            "hide": [],
            "require": names(&|i| form.fields.get(i).is_some_and(|f| f.required)),
            "readonly": names(&|i| form.fields.get(i).is_some_and(|f| f.read_only) || !writes(i)),
            "options": Map::new(),
            "faults": faults.iter().map(told).collect::<Vec<_>>(),
            "warnings": warnings,
        }))
    }

    /// The record that the draft changes, where it names one that the caller may read: what he may not see is empty.
    async fn stored(&self, saver: &Saver, index: usize, patch: &Patch) -> EngineResult<Option<Record>> {
        let given = patch.system.iter().find(|(system, _)| *system == SystemField::Id);
        let Some(id) = given.and_then(|(_, json)| json.as_str()).and_then(|t| Uuid::try_parse(t).ok()) else {
            return Ok(None);
        };
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let compiler = saver.compiler(&tx);
        let Some(loaded) = records::peek(&compiler, index, id, false, &[], &mut tx).await? else { return Ok(None) };
        let access = saver.access.access(index);
        let mut record = loaded.record;
        for (field, value) in record.values.iter_mut().enumerate() {
            if *access.mask(field, None) != Mask::Shown {
                *value = Value::Null;
            }
            if let Value::Rows(rows) = value {
                for row in rows {
                    for (column, cell) in row.values.iter_mut().enumerate() {
                        if *access.mask(field, Some(column)) != Mask::Shown {
                            *cell = Value::Null;
                        }
                    }
                }
            }
        }
        Ok(Some(record))
    }
}
