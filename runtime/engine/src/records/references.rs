//! What a record names must exist and be readable by whoever names it: links, people, departments, files.

use super::saver::Saver;
use crate::error::EngineResult;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{Field, FieldKind};
use formwright_core::form::Form;
use formwright_core::query::{Cond, Limits, Place, QueryContext, read_condition};
use formwright_core::record::Record;
use formwright_core::value::Value;
use formwright_store::select::{Compiler, Eyes, RecordAt};
use formwright_store::{Tx, Val};
use serde_json::{Map, Value as Json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Ids that a value newly names, with their paths below the field.
fn named(value: &Value, before: Option<&Value>, path: &str, out: &mut Vec<(String, Uuid)>) {
    match value {
        Value::Id(id) if before != Some(value) => out.push((path.to_string(), *id)),
        Value::List(items) => {
            let old: &[Value] = if let Some(Value::List(old)) = before { old } else { &[] };
            for (i, item) in items.iter().enumerate() {
                if let Value::Id(id) = item
                    && !old.contains(item)
                {
                    out.push((format!("{path}/{i}"), *id));
                }
            }
        }
        _ => {}
    }
}

/// Checks every reference that is new in these values. All faults at once, one query for each form linked to.
pub async fn check_references(
    saver: &Saver,
    compiler: &Compiler<'_>,
    form_index: usize,
    form: &Form,
    values: &[Value],
    before: Option<&[Value]>,
    tx: &mut Tx,
    faults: &mut Vec<Fault>,
) -> EngineResult<()> {
    let mut links: HashMap<(usize, Option<Json>), Vec<(String, Uuid)>> = HashMap::new();
    let mut files: Vec<(String, Uuid, usize)> = Vec::new();
    let mut gather =
        |field: &Field, index: usize, value: &Value, was: Option<&Value>, path: &str, faults: &mut Vec<Fault>| {
            let mut found = Vec::new();
            named(value, was, path, &mut found);
            if found.is_empty() {
                return;
            }
            match &field.kind {
                FieldKind::Link(l) | FieldKind::Links(l) => {
                    if let Some(to) = saver.cx.catalog.form_index(&l.form) {
                        links.entry((to, l.filter.clone())).or_default().extend(found);
                    }
                }
                FieldKind::User | FieldKind::Users => {
                    let organisation = saver.access.organisation();
                    for (at, id) in found {
                        match organisation.user(id) {
                            Some(user) if user.row.active || saver.is_own_work() => {}
                            Some(user) => {
                                faults.push(Fault::new(at, &code::PERSON_DISABLED).with("name", &user.row.name))
                            }
                            None => faults.push(Fault::new(at, &code::NOT_FOUND_REFERENCE)),
                        }
                    }
                }
                FieldKind::Department | FieldKind::Departments => {
                    let organisation = saver.access.organisation();
                    for (at, id) in found {
                        if organisation.department(id).is_none() {
                            faults.push(Fault::new(at, &code::NOT_FOUND_REFERENCE));
                        }
                    }
                }
                FieldKind::Files(_) | FieldKind::Signature => {
                    files.extend(found.into_iter().map(|(at, id)| (at, id, index)))
                }
                _ => {}
            }
        };
    for (i, (field, value)) in form.fields.iter().zip(values).enumerate() {
        let was = before.and_then(|b| b.get(i));
        match (field.table(), value) {
            (Some(table), Value::Rows(rows)) => {
                let old: &[formwright_core::value::Row] = if let Some(Value::Rows(old)) = was { old } else { &[] };
                for (r, row) in rows.iter().enumerate() {
                    let old = old.iter().find(|o| o.id == row.id);
                    for (c, (column, cell)) in table.fields.iter().zip(&row.values).enumerate() {
                        let path = format!("{}/{r}/{}", field.name, column.name);
                        gather(column, i, cell, old.and_then(|o| o.values.get(c)), &path, faults);
                    }
                }
            }
            _ => gather(field, i, value, was, &field.name, faults),
        }
    }
    let record_json = if links.keys().any(|(_, filter)| filter.is_some()) {
        let map: Map<String, Json> = form
            .fields
            .iter()
            .zip(values)
            .map(|(f, v)| (f.name.clone(), formwright_core::record::value_to_json(f, v)))
            .collect();
        Some(Json::Object(map))
    } else {
        None
    };
    for ((to, filter), wanted) in links {
        let mut cond = Cond::True;
        if let Some(filter) = &filter {
            let vars = saver.access.vars(record_json.as_ref());
            let cx = QueryContext { catalog: &saver.cx.catalog, sight: &formwright_core::query::AllSight, vars: &vars };
            let mut ignored = Vec::new();
            cond = read_condition(&cx, Place::form(to), filter, "", Limits::default(), &mut ignored);
        }
        let ids: Vec<Uuid> = wanted.iter().map(|(_, id)| *id).collect::<HashSet<_>>().into_iter().collect();
        let found = readable(saver, compiler, to, &ids, &cond, tx).await?;
        faults.extend(
            wanted
                .into_iter()
                .filter(|(_, id)| !found.contains(id))
                .map(|(at, _)| Fault::new(at, &code::NOT_FOUND_REFERENCE)),
        );
    }
    let _ = form_index;
    if !files.is_empty() {
        crate::files::check_attachable(saver, form, &files, tx, faults).await?;
    }
    Ok(())
}

/// Which of these records exist and may be read by the caller.
async fn readable(
    saver: &Saver,
    compiler: &Compiler<'_>,
    form: usize,
    ids: &[Uuid],
    cond: &Cond,
    tx: &mut Tx,
) -> EngineResult<HashSet<Uuid>> {
    use formwright_store::select::AccessSource;
    let layout = compiler.form_layout(form)?;
    let at = RecordAt::root(form)?;
    let mut out = HashSet::new();
    for page in ids.chunks(1000) {
        let mut sql = compiler.dialect.sql();
        sql.push("SELECT t.\"id\" FROM ")
            .ident(&layout.table)
            .push(" AS t WHERE t.\"deleted_at\" IS NULL AND t.\"id\" IN (")
            .vals(page.iter().map(|id| Val::Uuid(*id)))
            .push(") AND ");
        sql.append(compiler.condition_on(&at, &saver.access.access(form).rows, Eyes::True)?)
            .push(" AND ")
            .append(compiler.condition_on(&at, cond, Eyes::True)?);
        tx.each(&sql.build(), |row| {
            out.extend(row.uuid(0)?);
            Ok(())
        })
        .await?;
    }
    Ok(out)
}

/// Keeps the list of which record holds which file.
pub async fn attach_files(
    saver: &Saver,
    form: &Form,
    old: Option<&Record>,
    new: &Record,
    tx: &mut Tx,
) -> EngineResult<()> {
    let holds_files = |f: &Field| matches!(f.kind, FieldKind::Files(_) | FieldKind::Signature);
    if !form.fields.iter().any(|f| holds_files(f) || f.table().is_some_and(|t| t.fields.iter().any(holds_files))) {
        return Ok(());
    }
    crate::files::refer(saver, form, old, new, tx).await
}

/// All files that a record names, with the field that holds them.
pub fn files_of(form: &Form, record: &Record) -> Vec<(String, Uuid)> {
    let mut out = Vec::new();
    let mut add = |field: &Field, value: &Value| match (&field.kind, value) {
        (FieldKind::Signature, Value::Id(id)) => out.push((field.id.clone(), *id)),
        (FieldKind::Files(_), Value::List(items)) => {
            out.extend(items.iter().filter_map(Value::as_id).map(|id| (field.id.clone(), id)))
        }
        _ => {}
    };
    for (field, value) in form.fields.iter().zip(&record.values) {
        match (field.table(), value) {
            (Some(table), Value::Rows(rows)) => {
                rows.iter().for_each(|row| table.fields.iter().zip(&row.values).for_each(|(f, v)| add(f, v)))
            }
            _ => add(field, value),
        }
    }
    out
}
