//! Finding the record that a row is about by its key.

use super::bound::Shape;
use super::finish::Finished;
use super::target::Slot;
use crate::EngineResult;
use crate::duplicates::rule::text_of_val;
use crate::records::Saver;
use formwright_core::field::Unique;
use formwright_core::record::read_value;
use formwright_store::exchange::{By, Scope, find};
use formwright_store::select::{AccessSource, bind};
use formwright_store::{Tx, Val};
use serde_json::Value as Json;
use std::collections::HashMap;
use uuid::Uuid;

/// A record that answers to a key.
#[derive(Clone, Debug)]
pub struct Match {
    pub id: Uuid,
    pub version: i64,
    /// Where the caller sees it.
    pub title: Option<String>,
}

/// Records of one page that answer to its keys.
pub struct Matches(HashMap<String, Vec<Match>>);

impl Matches {
    /// The records of a key.
    pub fn of(&self, key: &str) -> &[Match] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }
}

/// The key of a row as the columns hold it; `Err` with the first field that is empty or no such value.
pub fn key_of(saver: &Saver, shape: &Shape, row: &Finished) -> Result<Vec<Val>, String> {
    let layout = saver.layout.forms.get(shape.targets.index);
    shape
        .key
        .iter()
        .map(|name| {
            let missing = || name.clone();
            if name == "id" {
                return row
                    .system
                    .get("id")
                    .and_then(Json::as_str)
                    .and_then(|t| Uuid::try_parse(t).ok())
                    .map(Val::Uuid)
                    .ok_or_else(missing);
            }
            let (index, field) = shape.targets.form.field(name).ok_or_else(missing)?;
            let json = row.own.get(name).filter(|v| !v.is_null()).ok_or_else(missing)?;
            let mut faults = Vec::new();
            let value = read_value(field, json, &mut faults).ok_or_else(missing)?;
            let kind = layout.and_then(|l| l.fields.get(index)).map(|f| f.kind).ok_or_else(missing)?;
            let val = bind(&value, kind).ok_or_else(missing)?;
            Ok(match (field.unique(), val) {
                (Unique::Normalized, Val::Text(text)) => Val::text(field.normal().of(&text).unwrap_or(text)),
                (_, val) => val,
            })
        })
        .collect()
}

/// A key as text.
pub fn key_text(key: &[Val]) -> String {
    key.iter().map(|v| text_of_val(v).unwrap_or_default()).collect::<Vec<_>>().join("\u{1f}")
}

/// A key as people read it.
pub fn key_shown(key: &[Val]) -> String {
    key.iter().map(|v| text_of_val(v).unwrap_or_default()).collect::<Vec<_>>().join(" / ")
}

/// Looks up the keys of a page.
pub async fn learn(saver: &Saver, shape: &Shape, keys: &[Vec<Val>], tx: &mut Tx) -> EngineResult<Matches> {
    let mut out: HashMap<String, Vec<Match>> = HashMap::new();
    if keys.is_empty() {
        return Ok(Matches(out));
    }
    let columns: Vec<By> = shape
        .key
        .iter()
        .map(|name| match shape.targets.slot(name) {
            Some(Slot::Own(index))
                if shape.targets.form.fields.get(index).is_some_and(|f| f.unique() == Unique::Normalized) =>
            {
                By::Folded(index)
            }
            Some(Slot::Own(index)) => By::Field(index),
            _ => By::Id,
        })
        .collect();
    let mut wanted: Vec<(By, Vec<Val>)> = columns.iter().map(|by| (*by, Vec::new())).collect();
    for key in keys {
        for (list, value) in wanted.iter_mut().zip(key) {
            if !list.1.contains(value) {
                list.1.push(value.clone());
            }
        }
    }
    // the column with most values is asked for page by page
    let most = wanted.iter().enumerate().max_by_key(|(_, (_, values))| values.len()).map_or(0, |(i, _)| i);
    wanted.swap(0, most);
    let access = saver.access.access(shape.targets.index);
    let title = shape.targets.form.title_field.filter(|t| access.sees(*t, None));
    let mut shown = columns.clone();
    shown.push(By::Version);
    shown.extend(title.map(By::Field));
    let compiler = saver.compiler(tx);
    for found in find(&compiler, shape.targets.index, &wanted, &shown, Scope::Caller, 100_000, tx).await? {
        let key = key_text(found.values.get(..columns.len()).unwrap_or_default());
        let version = if let Some(Val::Int(version)) = found.values.get(columns.len()) { *version } else { 0 };
        let title = found.values.get(columns.len() + 1).and_then(text_of_val);
        out.entry(key).or_default().push(Match { id: found.id, version, title });
    }
    Ok(Matches(out))
}

/// The version of a record that this import has made or changed.
pub async fn version_of(saver: &Saver, shape: &Shape, id: Uuid, tx: &mut Tx) -> EngineResult<i64> {
    let compiler = saver.compiler(tx);
    let found =
        find(&compiler, shape.targets.index, &[(By::Id, vec![Val::Uuid(id)])], &[By::Version], Scope::Caller, 1, tx)
            .await?;
    Ok(match found.first().and_then(|f| f.values.first()) {
        Some(Val::Int(version)) => *version,
        _ => 0,
    })
}
