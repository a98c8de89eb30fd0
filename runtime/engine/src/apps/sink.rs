//! Where shipped records go: along the one path of a save, as moved data.

use crate::records::{Cause, ListRequest, SaveOptions, Saver};
use crate::{Context, EngineError, EngineResult};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// A record to be written.
#[derive(Clone, Debug)]
pub struct RecordWrite {
    pub form: String,
    pub id: Uuid,
    pub values: Map<String, Json>,
    /// The record is there: only these values change.
    pub update: bool,
    /// Where it comes from: `data/sample/customer.csv:12`.
    pub place: String,
}

/// Where shipped records go.
pub trait RecordSink: Send {
    /// Whether the form has no records yet.
    fn is_empty<'a>(&'a mut self, cx: &'a Context, form: &'a str) -> BoxFuture<'a, EngineResult<bool>>;
    /// The record in which a field has this text.
    fn find<'a>(
        &'a mut self,
        cx: &'a Context,
        form: &'a str,
        field: &'a str,
        text: &'a str,
    ) -> BoxFuture<'a, EngineResult<Option<Uuid>>>;
    /// Writes records in their order, all or none.
    fn write<'a>(&'a mut self, cx: &'a Context, writes: Vec<RecordWrite>) -> BoxFuture<'a, EngineResult<()>>;
}

/// Saves records along the path that every save takes, as moved data.
#[derive(Debug, Default)]
pub struct SaveSink;

impl RecordSink for SaveSink {
    fn is_empty<'a>(&'a mut self, cx: &'a Context, form: &'a str) -> BoxFuture<'a, EngineResult<bool>> {
        Box::pin(async move { Ok(first(cx, form, None).await?.is_none()) })
    }

    fn find<'a>(
        &'a mut self,
        cx: &'a Context,
        form: &'a str,
        field: &'a str,
        text: &'a str,
    ) -> BoxFuture<'a, EngineResult<Option<Uuid>>> {
        Box::pin(first(cx, form, Some(json!({"field": field, "op": "eq", "value": text}))))
    }

    fn write<'a>(&'a mut self, cx: &'a Context, writes: Vec<RecordWrite>) -> BoxFuture<'a, EngineResult<()>> {
        Box::pin(async move {
            let saver = Saver::new(cx)?;
            cx.engine
                .db()
                .write(move |tx| {
                    Box::pin(async move {
                        for write in &writes {
                            save(&saver, write, tx).await.map_err(|error| placed(error, &write.place))?;
                        }
                        Ok(())
                    })
                })
                .await
        })
    }
}

async fn save(saver: &Saver, write: &RecordWrite, tx: &mut formwright_store::Tx) -> EngineResult<()> {
    let index = saver.cx.catalog.form_index(&write.form).ok_or_else(EngineError::not_found)?;
    let form = saver.cx.catalog.forms.get(index).cloned().ok_or_else(EngineError::not_found)?;
    let options = SaveOptions { cause: Some(Cause::Migration), batch: None, migrate: true };
    let patch = saver.read_patch(index, &form, &write.values)?;
    if write.update {
        saver.update(index, &form, write.id, &patch, None, options, tx).await?;
    } else {
        saver.create(index, &form, &patch, options, tx).await?;
    }
    Ok(())
}

/// The faults with the file and row before their paths.
fn placed(error: EngineError, place: &str) -> EngineError {
    match error {
        EngineError::Refused(mut refusal) => {
            for fault in &mut refusal.faults {
                fault.path = format!("{place}/{}", fault.path);
            }
            EngineError::Refused(refusal)
        }
        other => other,
    }
}

async fn first(cx: &Context, form: &str, filter: Option<Json>) -> EngineResult<Option<Uuid>> {
    let request = ListRequest { filter, select: vec!["id".into()], limit: 1, ..ListRequest::default() };
    let body = cx.engine.list(cx, form, request).await?;
    let answer: Json = serde_json::from_slice(&body).map_err(|error| EngineError::Internal(error.to_string()))?;
    let id = answer.get("items").and_then(|i| i.get(0)).and_then(|r| r.get("id")).and_then(Json::as_str);
    Ok(id.and_then(|id| Uuid::try_parse(id).ok()))
}
