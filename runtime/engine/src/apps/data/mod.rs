//! Records that come with an app: read from its files, named by their keys, saved as moved data along the one path.

mod file;
mod key;
mod row;

use self::file::{order, read};
use self::key::{Keys, name_rows};
use self::row::RowReader;
use super::folder::Files;
use super::sink::{RecordSink, RecordWrite};
use crate::organisation;
use crate::{Context, EngineError, EngineResult};
use formwright_core::error_code as code;
use std::collections::BTreeMap;

/// Records of one transaction.
const PAGE: usize = 200;

/// What was loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Records made, by form.
    pub created: BTreeMap<String, usize>,
    /// Rows whose record was there already.
    pub known: usize,
}

/// Loads the reference data of apps, and their sample data where that is wanted.
///
/// # Errors
/// 422 with every cell that names nothing, by file and row; what saving and the store give.
pub async fn load_data(
    cx: &Context,
    folders: &[Files],
    sample: bool,
    sink: &mut dyn RecordSink,
) -> EngineResult<Loaded> {
    let mut loaded = Loaded::default();
    let mut faults = Vec::new();
    let mut loads = read(cx, folders, sample, &mut faults);
    if !faults.is_empty() {
        return Err(EngineError::faults(&code::VALIDATION, faults));
    }
    order(&mut loads);
    let mut keys = Keys::default();
    for load in &mut loads {
        name_rows(cx, load, &mut keys, sink).await?;
    }
    let people = organisation::fresh(&cx.engine).await?;
    let mut later = Vec::new();
    for load in &loads {
        let mut page = Vec::new();
        for (i, row) in load.sheet.rows.iter().enumerate() {
            let Some((id, known)) = load.ids.get(i).copied() else { continue };
            if known {
                loaded.known += 1;
                continue;
            }
            let place = format!("{}:{}", load.file, i + 2);
            let mut reader = RowReader {
                cx,
                load,
                people: &people,
                keys: &mut keys,
                sink,
                place: &place,
                faults: &mut faults,
                id,
                later: &mut later,
            };
            let values = reader.record(row).await?;
            keys.written.insert(id);
            page.push(RecordWrite { form: load.form.name.clone(), id, values, update: false, place });
            *loaded.created.entry(load.form.name.clone()).or_default() += 1;
            if page.len() >= PAGE && faults.is_empty() {
                sink.write(cx, std::mem::take(&mut page)).await?;
            }
        }
        if !faults.is_empty() {
            return Err(EngineError::faults(&code::VALIDATION, faults));
        }
        if !page.is_empty() {
            sink.write(cx, page).await?;
        }
    }
    while !later.is_empty() {
        let rest = later.split_off(later.len().min(PAGE));
        sink.write(cx, std::mem::replace(&mut later, rest)).await?;
    }
    Ok(loaded)
}
