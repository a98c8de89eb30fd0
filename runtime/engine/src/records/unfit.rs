//! Records that do not pass what is asked of them since a publication asks for more: they stay, marked, until somebody edits them.
//!
//! An edit must leave a record that passes, as far as the editor can mend it. A choice that is no longer offered stays as it is,
//! and rules are asked only where a change has to do with them: what reads the clock changes its mind by itself.

use super::saver::Saver;
use super::{CountMode, ListRequest};
use crate::context::Context;
use crate::error::EngineResult;
use crate::{Engine, EngineError};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::form::Form;
use formwright_core::permission::{Access, Mask, WriteGrant};
use formwright_core::record::{Record, check};
use formwright_store::computed::Reason;
use formwright_store::select::AccessSource;
use formwright_store::{Snapshot, Tx, records};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

/// The field and column in which a fault lies.
fn place_of(form: &Form, fault: &Fault) -> Option<(usize, Option<usize>)> {
    let mut parts = fault.path.split('/');
    let (index, field) = form.field(parts.next()?)?;
    let column = parts.nth(1).and_then(|name| field.table()?.field(name)).map(|(column, _)| column);
    Some((index, column))
}

/// Whether a fault that was there before is one that a person with these grants can see and mend.
pub(super) fn can_mend<'g>(
    form: &Form,
    access: &Access,
    mut grants: impl Iterator<Item = &'g WriteGrant>,
    fault: &Fault,
) -> bool {
    let Some((index, column)) = place_of(form, fault) else { return false };
    let Some(field) = form.fields.get(index) else { return false };
    let inner = column.and_then(|c| field.table()?.fields.get(c));
    let is_given = |f: &formwright_core::field::Field| f.computed.is_some() || f.read_only;
    marks(form, access, fault)
        && !is_given(field)
        && !inner.is_some_and(is_given)
        && grants.any(|g| g.writes(index, None) && (column.is_none() || g.writes(index, column)))
}

/// Whether a fault of a stored record is told to somebody with this access: he sees the field on every record.
fn marks(form: &Form, access: &Access, fault: &Fault) -> bool {
    let seen = |field: usize, column: Option<usize>| *access.mask(field, column) == Mask::Shown;
    *fault.code != code::CHOICE_UNKNOWN
        && place_of(form, fault)
            .is_some_and(|(field, column)| seen(field, None) && column.is_none_or(|c| seen(field, Some(c))))
}

impl Engine {
    /// What of a stored record does not pass, of the fields that the caller sees; mostly nothing.
    ///
    /// # Errors
    /// `not_found`; what the store gives.
    pub async fn unfit(&self, cx: &Context, form: &str, id: Uuid) -> EngineResult<Vec<Fault>> {
        let saver = Saver::new(cx)?;
        let (index, form, _) = saver.access.form(form)?;
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        Ok(standing(&saver, index, &form, id, &mut tx).await?.ok_or_else(EngineError::not_found)?.1)
    }

    /// `{"items": [{"id", "title", "faults"}], "next"}`: those of the next `limit` records that do not pass, so that an answer may
    /// hold none and still have a `next`.
    ///
    /// # Errors
    /// `not_found`; `cursor_invalid`; what the store gives.
    pub async fn all_unfit(
        &self,
        cx: &Context,
        form: &str,
        cursor: Option<String>,
        limit: usize,
    ) -> EngineResult<Json> {
        let saver = Saver::new(cx)?;
        let (index, target, _) = saver.access.form(form)?;
        let request = ListRequest {
            select: vec!["id".into()],
            sort: vec!["created_at".into()],
            limit,
            cursor,
            count: CountMode::None,
            ..ListRequest::default()
        };
        let page: Json = serde_json::from_slice(&self.list(cx, form, request).await?)
            .map_err(|error| EngineError::Internal(error.to_string()))?;
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let mut items = Vec::new();
        for item in page.get("items").and_then(Json::as_array).into_iter().flatten() {
            let Some(id) = item.get("id").and_then(Json::as_str).and_then(|t| Uuid::try_parse(t).ok()) else {
                continue;
            };
            let Some((record, faults)) = standing(&saver, index, &target, id, &mut tx).await? else { continue };
            if faults.is_empty() {
                continue;
            }
            let named = target.title_field.filter(|f| *saver.access.access(index).mask(*f, None) == Mask::Shown);
            let title = named.map(|_| record.title(&target));
            let faults: Vec<Json> = faults.iter().map(|f| f.to_json(cx.locale)).collect();
            items.push(json!({"id": id, "title": title, "version": record.version, "faults": faults}));
        }
        Ok(json!({"items": items, "next": page.get("next")}))
    }
}

/// A stored record that the caller may read, with what of it does not pass.
async fn standing(
    saver: &Saver,
    index: usize,
    form: &Arc<Form>,
    id: Uuid,
    tx: &mut Tx,
) -> EngineResult<Option<(Record, Vec<Fault>)>> {
    let access = saver.access.access(index);
    let compiler = saver.compiler(tx);
    let Some(loaded) = records::peek(&compiler, index, id, false, &[], tx).await? else { return Ok(None) };
    let record = loaded.record;
    let mut faults = check(form, &record.values, Some(&record.values));
    faults.retain(|fault| marks(form, &access, fault));
    if !faults.is_empty() {
        // what a rule hides is not asked for
        let (_, ruling) = saver.work_out(index, form, &mut record.clone(), None, Reason::Show, tx).await?;
        ruling.verdict.excuse(form, &mut faults);
    }
    Ok(Some((record, faults)))
}
