//! A change of a record: through the caller's scope, locked, against its version. Nothing is written where nothing changes.

use super::verdict::{admitted, concerns};
use crate::duplicates::refuse_same;
use crate::error::{EngineError, EngineResult, Refusal};
use crate::records::json::system_json;
use crate::records::references::{self, check_references};
use crate::records::saver::{Cause, SaveOptions, Saver};
use crate::records::unseen::{self, PartlySeen};
use crate::records::{computed, history, rules, status, unfit};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::Field;
use formwright_core::form::Form;
use formwright_core::permission::WriteGrant;
use formwright_core::query::{Cond, Limits, Place, QueryContext, read_condition};
use formwright_core::record::{FieldPatch, Patch, Record, apply_rows, check};
use formwright_core::value::Value;
use formwright_store::Tx;
use formwright_store::records;
use formwright_store::select::AccessSource;
use serde_json::Value as Json;
use std::sync::Arc;
use uuid::Uuid;

impl Saver {
    /// Changes a record. Nothing is written where nothing changes.
    pub async fn update(
        &self,
        form_index: usize,
        form: &Arc<Form>,
        id: Uuid,
        patch: &Patch,
        if_match: Option<i64>,
        options: SaveOptions,
        tx: &mut Tx,
    ) -> EngineResult<Record> {
        let access = self.access.access(form_index);
        let compiler = self.compiler(tx);
        let mut conds: Vec<Cond> = access.update.iter().map(|g| g.rows.clone()).collect();
        let locked = self.lock_condition(form_index, form);
        conds.push(locked.clone());
        let partly = PartlySeen::of(form, &access, patch);
        let asked = conds.len();
        conds.extend(partly.conditions());
        let loaded =
            records::load(&compiler, form_index, id, false, &conds, tx).await?.ok_or_else(EngineError::not_found)?;
        let (old, mut holds) = (loaded.record, loaded.holds);
        let unseen = partly.on(&holds.split_off(asked.min(holds.len())));
        if access.update.is_empty() || !holds.iter().take(access.update.len()).any(|h| *h) {
            return Err(Refusal::new(&code::FORBIDDEN).with("action", "update").into());
        }
        if let Some(expected) = if_match.or(patch.version)
            && expected != old.version
        {
            return Err(history::conflict(self, form_index, form, &old, expected, tx).await?);
        }
        if locked != Cond::False && holds.last() == Some(&true) {
            return Err(EngineError::refused(&code::RECORD_LOCKED));
        }
        let before: Vec<&WriteGrant> = access.update.iter().zip(&holds).filter(|(_, h)| **h).map(|(g, _)| g).collect();
        let mut faults = patch.faults.clone();
        for (system, value) in &patch.system {
            if !same_system(value, &system_json(&old, *system)) {
                faults.push(Fault::new(system.name(), &code::FIELD_READ_ONLY));
            }
        }
        let mut new = old.clone();
        let mut changed = Vec::new();
        for (i, change) in &unseen::leave_out(form, patch, &old, &unseen, &before, &mut faults) {
            let (Some(field), Some(current)) = (form.fields.get(*i), old.values.get(*i)) else { continue };
            let value = match (change, current, field.table()) {
                (FieldPatch::Set(value), _, _) => value.clone(),
                (rows, Value::Rows(current), Some(table)) => {
                    let mut inner = Vec::new();
                    let rows =
                        apply_rows(table, current, rows, false, &mut Uuid::now_v7, &|f| self.default_of(f), &mut inner);
                    faults.extend(inner.into_iter().map(|f| f.under(&field.name)));
                    self.check_columns(field, current, &rows, &before, *i, &mut faults);
                    Value::Rows(rows)
                }
                _ => current.clone(),
            };
            if value == *current && !unseen.contains(&(*i, None)) {
                continue;
            }
            if field.computed.is_some() {
                // only what it is now is taken, and changes nothing; what is not kept was right when it was read
                if !options.migrate && field.is_kept() {
                    faults.push(Fault::new(&field.name, &code::FIELD_READ_ONLY));
                }
                continue;
            }
            if (field.read_only && !options.migrate) || !before.iter().any(|g| g.writes(*i, None)) {
                faults.push(Fault::new(&field.name, &code::FIELD_READ_ONLY));
                continue;
            }
            changed.push(*i);
            if let Some(slot) = new.values.get_mut(*i) {
                *slot = value;
            }
        }
        changed.sort_unstable();
        let written = changed.clone();
        let mut ruling = rules::Ruling::default();
        if !changed.is_empty() {
            new.version += 1;
            new.updated_at = self.cx.now.max(old.updated_at);
            new.updated_by = self.cx.author();
            let given = computed::given(form, &new);
            ruling = self.settle(form_index, form, &mut new, None, tx, &mut faults).await?;
            if !options.migrate {
                computed::refuse_given(form, &given, Some(&old), &new, &mut faults);
            }
            changed = rules::changed(form, &old, &new, changed);
            let is_edited = options.asks_for_whole() && !self.is_own_work();
            let grants = || before.iter().copied();
            faults.extend(check(form, &new.values, Some(&old.values)).into_iter().filter(|f| {
                concerns(form, &changed, f, &old, &new) || is_edited && unfit::can_mend(form, &access, grants(), f)
            }));
            let typed: &[usize] = if options.migrate { &[] } else { &written };
            self.judge(form_index, form, &ruling, Some(&old), &new, typed, &mut faults);
        }
        self.check_table_ids(form, &new, &mut faults);
        check_references(self, &compiler, form_index, form, &new.values, Some(&old.values), tx, &mut faults).await?;
        if !options.migrate {
            status::check_moves(self, form_index, form, &old, &new, tx, &mut faults).await?;
            ruling.verdict.excuse(form, &mut faults);
        }
        if options.asks_for_same() {
            refuse_same(&compiler, form_index, &new, &|field| changed.contains(&field), tx, &mut faults).await?;
        }
        if !faults.is_empty() {
            return Err(EngineError::faults(&code::VALIDATION, faults));
        }
        if changed.is_empty() {
            return Ok(old);
        }
        records::update(&compiler, form_index, loaded.rid, &old, &new, &changed, tx)
            .await
            .map_err(|e| self.constraint(form, e))?;
        let conds: Vec<Cond> = before.iter().map(|g| g.rows.clone()).collect();
        let holds = records::probe(&compiler, form_index, id, &conds, tx).await?;
        let grants: Vec<WriteGrant> = before.into_iter().cloned().collect();
        admitted(form, &grants, &holds, &written, "update")?;
        status::enter(form, &new, Some(&old), self.cx.now, tx).await?;
        references::attach_files(self, form, Some(&old), &new, tx).await?;
        self.leave_trail(form, Some(&old), &new, options.cause.unwrap_or(Cause::Update), options.batch, tx).await?;
        self.follow_on(form_index, Some(&old), Some(&new), false, tx).await?;
        Ok(new)
    }

    fn lock_condition(&self, form_index: usize, form: &Form) -> Cond {
        let Some(lock) = &form.lock else { return Cond::False };
        let vars = self.access.vars(None);
        let cx = QueryContext { catalog: &self.cx.catalog, sight: &formwright_core::query::AllSight, vars: &vars };
        let mut faults = Vec::new();
        let cond = read_condition(&cx, Place::form(form_index), lock, "lock", Limits::default(), &mut faults);
        if faults.is_empty() { cond } else { Cond::False }
    }

    /// Columns that the caller may not write keep their values.
    fn check_columns(
        &self,
        field: &Field,
        old: &[formwright_core::value::Row],
        new: &[formwright_core::value::Row],
        grants: &[&WriteGrant],
        index: usize,
        faults: &mut Vec<Fault>,
    ) {
        let Some(table) = field.table() else { return };
        for (c, column) in table.fields.iter().enumerate().filter(|(_, c)| c.computed.is_none()) {
            if grants.iter().any(|g| g.writes(index, Some(c))) && !column.read_only {
                continue;
            }
            for (i, row) in new.iter().enumerate() {
                let was = old
                    .iter()
                    .find(|o| o.id == row.id)
                    .and_then(|o| o.values.get(c).cloned())
                    .unwrap_or_else(|| self.default_of(column));
                if row.values.get(c) != Some(&was) {
                    faults.push(Fault::new(format!("{}/{i}/{}", field.name, column.name), &code::FIELD_READ_ONLY));
                }
            }
        }
    }
}

/// Whether a system field was sent back as it is; instants may be written in several ways.
fn same_system(sent: &Json, now: &Json) -> bool {
    let instant = |json: &Json| json.as_str().and_then(formwright_core::record::parse_instant);
    sent == now || instant(sent).is_some_and(|sent| Some(sent) == instant(now))
}
