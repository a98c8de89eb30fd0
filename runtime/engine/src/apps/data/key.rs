//! The keys by which rows name records: those of the files and those that are there already.

use super::file::Load;
use crate::apps::sink::RecordSink;
use crate::{Context, EngineResult};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

#[derive(Default)]
pub(super) struct Keys {
    pub(super) by_form: HashMap<String, HashMap<String, Uuid>>,
    /// Records that are there.
    pub(super) written: HashSet<Uuid>,
}

/// Gives each row its record: one that is there with the same key, or a new one.
pub(super) async fn name_rows(
    cx: &Context,
    load: &mut Load,
    keys: &mut Keys,
    sink: &mut dyn RecordSink,
) -> EngineResult<()> {
    let field = load.form.key_field.and_then(|i| load.form.fields.get(i)).map(|f| f.name.clone());
    let own = field.as_deref().and_then(|f| load.sheet.column(f));
    let column = load.sheet.column("_key").or(own);
    let fresh = sink.is_empty(cx, &load.form.name).await?;
    let names = keys.by_form.entry(load.form.name.clone()).or_default();
    for row in &load.sheet.rows {
        let text = load.sheet.cell(row, column).to_string();
        if !fresh && own.is_none() {
            // what has no key of its own cannot be told apart from what is there: it is loaded into an empty form only
            load.ids.push((Uuid::nil(), true));
            continue;
        }
        let known = match (&field, own) {
            (Some(field), Some(own)) if !fresh && !load.sheet.cell(row, Some(own)).is_empty() => {
                sink.find(cx, &load.form.name, field, load.sheet.cell(row, Some(own))).await?
            }
            _ => None,
        };
        let id = known.unwrap_or_else(Uuid::now_v7);
        if known.is_some() {
            keys.written.insert(id);
        }
        if !text.is_empty() {
            names.insert(text, id);
        }
        load.ids.push((id, known.is_some()));
    }
    Ok(())
}
