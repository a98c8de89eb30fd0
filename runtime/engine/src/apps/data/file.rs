//! The files of an app's records, read and checked against its forms, in the order in which they can be written.

use crate::Context;
use crate::apps::csv_data::{Sheet, Shift};
use crate::apps::folder::Files;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::Field;
use formwright_core::form::Form;
use serde_json::Value as Json;
use std::sync::Arc;
use uuid::Uuid;

/// One form's rows with those of its child tables.
pub(super) struct Load {
    pub(super) file: String,
    pub(super) form: Arc<Form>,
    pub(super) sheet: Sheet,
    /// By name of the child table.
    pub(super) children: Vec<(String, Sheet)>,
    pub(super) shift: Option<Shift>,
    /// Of each row its record, and whether that is there already.
    pub(super) ids: Vec<(Uuid, bool)>,
}

/// A file of rows: its path, its name without folder and ending, its bytes.
type Named<'a> = (&'a String, &'a str, &'a Vec<u8>);

fn trouble(file: &str, reason: impl ToString) -> Fault {
    Fault::new(file, &code::VALUE_INVALID).with("reason", reason)
}

/// Reads the files of every folder; what is wrong with one is told by its path.
pub(super) fn read(cx: &Context, folders: &[Files], sample: bool, faults: &mut Vec<Fault>) -> Vec<Load> {
    let mut loads: Vec<Load> = Vec::new();
    for files in folders {
        let settings: Json =
            files.get("data/sample.json").and_then(|b| serde_json::from_slice(b).ok()).unwrap_or_default();
        let today = cx.now.with_timezone(&cx.zone).date_naive();
        let shift = settings
            .get("shift_to_today")
            .and_then(Json::as_str)
            .and_then(|d| d.parse().ok())
            .map(|written| Shift::between(written, today));
        for class in ["reference", "sample"].into_iter().filter(|c| sample || *c == "reference") {
            let prefix = format!("data/{class}/");
            let named: Vec<Named<'_>> = files
                .iter()
                .filter_map(|(path, bytes)| Some((path, path.strip_prefix(&prefix)?.strip_suffix(".csv")?, bytes)))
                .filter(|(_, name, _)| !name.starts_with('_'))
                .collect();
            for (path, name, bytes) in &named {
                if name.contains('.') {
                    continue;
                }
                let (Some(form), Ok(sheet)) =
                    (cx.catalog.form(name), Sheet::read(bytes).map_err(|e| faults.push(trouble(path, e))))
                else {
                    if cx.catalog.form(name).is_none() {
                        faults.push(
                            Fault::new(path.as_str(), &code::UNKNOWN_REFERENCE)
                                .with("kind", "form")
                                .with("name", name)
                                .with("suggestion", ""),
                        );
                    }
                    continue;
                };
                let children = children(name, form, &named, faults);
                check_header(path, &sheet, form, faults);
                loads.push(Load {
                    file: (*path).clone(),
                    form: form.clone(),
                    sheet,
                    children,
                    shift: shift.filter(|_| class == "sample"),
                    ids: Vec::new(),
                });
            }
        }
    }
    loads
}

/// The rows of child tables that stand in files of their own, `<form>.<table>.csv`.
fn children(name: &str, form: &Form, named: &[Named<'_>], faults: &mut Vec<Fault>) -> Vec<(String, Sheet)> {
    let mut children = Vec::new();
    for (path, child, bytes) in named {
        let Some(table) = child.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')) else { continue };
        if form.field(table).is_none_or(|(_, f)| f.table().is_none()) {
            faults.push(Fault::new(path.as_str(), &code::UNKNOWN_FIELD).with("name", table).with("suggestion", ""));
            continue;
        }
        match Sheet::read(bytes) {
            Ok(sheet) => children.push((table.to_string(), sheet)),
            Err(error) => faults.push(trouble(path, error)),
        }
    }
    children
}

/// Each column is a field of the form, or one that every record has.
fn check_header(path: &str, sheet: &Sheet, form: &Form, faults: &mut Vec<Fault>) {
    let system = ["_key", "id", "created_at", "created_by", "updated_at", "updated_by", "version"];
    for unknown in sheet.header.iter().filter(|h| !system.contains(&h.as_str()) && form.field(h).is_none()) {
        faults.push(
            Fault::new(format!("{path}/{unknown}"), &code::UNKNOWN_FIELD)
                .with("name", unknown)
                .suggest(unknown, form.fields.iter().map(|f| f.name.as_str())),
        );
    }
}

/// Forms that others link to come first; in a circle those whose required links lead to none of it, then the first of the
/// files.
pub(super) fn order(loads: &mut Vec<Load>) {
    let targets = |form: &Form, required: bool| -> Vec<String> {
        let own = form.fields.iter().filter(|f| f.required || !required).filter_map(|f| f.kind.link());
        // rows are written with their record: what they link to must be there
        let rows =
            form.fields.iter().filter_map(Field::table).flat_map(|t| t.fields.iter().filter_map(|f| f.kind.link()));
        own.chain(rows).map(|l| l.form.clone()).filter(|name| *name != form.name).collect()
    };
    let mut waiting = std::mem::take(loads);
    while !waiting.is_empty() {
        let free = |required: bool| {
            waiting.iter().position(|load| {
                let needs = targets(&load.form, required);
                !waiting.iter().any(|other| other.form.name != load.form.name && needs.contains(&other.form.name))
            })
        };
        let next = free(false).or_else(|| free(true)).unwrap_or(0);
        loads.push(waiting.remove(next));
    }
}
