//! What an administrator reads of encrypted and personal fields stands in the audit log: nothing limits him, so it is seen.

use super::list::Shape;
use crate::audit::{self, Origin};
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use formwright_core::field::Field;
use formwright_core::form::Form;
use serde_json::json;
use uuid::Uuid;

fn is_told(field: &Field) -> bool {
    field.is_encrypted() || field.personal
}

/// Ids of such fields, columns of child tables among them.
fn within<'a>(fields: impl Iterator<Item = &'a Field>) -> impl Iterator<Item = String> {
    fields
        .flat_map(|field| std::iter::once(field).chain(field.table().into_iter().flat_map(|table| &table.fields)))
        .filter(|field| is_told(field))
        .map(|field| field.id.clone())
}

/// Notes that the caller read what a shape shows of a form, where he is an administrator and it shows such fields.
///
/// # Errors
/// What the store gives: what cannot be noted is not read.
pub(super) async fn note(cx: &Context, form: &Form, shape: &Shape, record: Option<Uuid>) -> EngineResult<()> {
    if !is_admin(cx) {
        return Ok(());
    }
    let mut told: Vec<String> = within(shape.fields.iter().filter_map(|i| form.fields.get(*i))).collect();
    told.extend(within(shape.paths.iter().filter_map(|path| path.field(&cx.catalog))));
    for expand in &shape.expand {
        let link = form.fields.get(expand.field).and_then(|field| field.kind.link());
        if let Some(target) = link.and_then(|link| cx.catalog.form(&link.form)) {
            told.extend(within(target.fields.iter()));
        }
    }
    write(cx, form, told, record).await
}

/// As [`note`] for everything that stands in a record or its history.
///
/// # Errors
/// As [`note`].
pub(super) async fn note_all(cx: &Context, form: &Form, record: Uuid) -> EngineResult<()> {
    if !is_admin(cx) {
        return Ok(());
    }
    write(cx, form, within(form.fields.iter()).collect(), Some(record)).await
}

fn is_admin(cx: &Context) -> bool {
    cx.principal().is_some_and(|person| person.admin)
}

async fn write(cx: &Context, form: &Form, mut told: Vec<String>, record: Option<Uuid>) -> EngineResult<()> {
    if told.is_empty() {
        return Ok(());
    }
    told.sort_unstable();
    told.dedup();
    let mut on = json!({"form": form.id});
    if let (Some(record), Some(map)) = (record, on.as_object_mut()) {
        map.insert("id".into(), json!(record));
    }
    let (origin, body) = (Origin::of(cx), json!({"what": "record.reveal", "on": on, "fields": told}));
    cx.engine
        .db()
        .write(move |tx| {
            Box::pin(async move { audit::record(tx, &origin, "record", body).await.map_err(EngineError::from) })
        })
        .await
}
