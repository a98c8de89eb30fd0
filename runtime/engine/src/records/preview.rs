//! A draft as it would be judged, with nothing written.

use super::save::{Saver, record_json};
use crate::Engine;
use crate::context::Context;
use crate::error::EngineResult;
use formwright_core::diagnostic::Fault;
use formwright_core::record::{FieldPatch, Patch, Record, apply_rows, check};
use formwright_core::value::Value;
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
        let mut record = Record {
            id: Uuid::nil(),
            version: 0,
            created_at: cx.now,
            created_by: cx.author(),
            updated_at: cx.now,
            updated_by: cx.author(),
            deleted_at: None,
            flow_state: "none".into(),
            values: Vec::with_capacity(form.fields.len()),
        };
        for (i, field) in form.fields.iter().enumerate() {
            let value = match (patch.get(i), field.table()) {
                (None, _) => saver.default_of(field),
                (Some(FieldPatch::Set(value)), _) => value.clone(),
                (Some(rows), Some(table)) => {
                    let mut inner: Vec<Fault> = Vec::new();
                    let rows =
                        apply_rows(table, &[], rows, true, &mut Uuid::now_v7, &|f| saver.default_of(f), &mut inner);
                    faults.extend(inner.into_iter().map(|f| f.under(&field.name)));
                    Value::Rows(rows)
                }
                _ => Value::Null,
            };
            record.values.push(value);
        }
        faults.extend(check(&form, &record.values, None));
        {
            let mut tx = self.db().reader(formwright_store::Snapshot::No).await?;
            let compiler = saver.compiler(&tx);
            super::references::check_references(
                &saver,
                &compiler,
                index,
                &form,
                &record.values,
                None,
                &mut tx,
                &mut faults,
            )
            .await?;
        }
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
        Ok(json!({
            "record": shown,
            "show": names(&|_| true),
            "hide": [],
            "require": names(&|i| form.fields.get(i).is_some_and(|f| f.required)),
            "readonly": names(&|i| form.fields.get(i).is_some_and(|f| f.read_only) || !writes(i)),
            "options": Map::new(),
            "faults": faults.iter().map(|f| json!({"field": f.path, "code": f.code.code, "message": f.message(cx.locale)})).collect::<Vec<_>>(),
            "warnings": [],
        }))
    }
}
