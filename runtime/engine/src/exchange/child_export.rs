//! Sheets of an export for the rows of child tables.

use super::cells::{Around, CellMaker, Writing, number_format, writing};
use super::child_source::{PARENT, ROW_ID};
use super::export::{Taken, key_member};
use super::named::{Named, look_up};
use crate::access::CallerAccess;
use crate::duplicates::rule::text_of_val;
use crate::records::Saver;
use crate::{Context, EngineResult};
use formwright_core::field::{FieldKind, SystemField, Unique};
use formwright_core::form::Form;
use formwright_exchange::write::Out;
use formwright_exchange::write::xlsx::Column;
use formwright_store::exchange::{By, Scope, find};
use formwright_store::select::AccessSource;
use formwright_store::{Tx, Val};
use serde_json::{Map, Value as Json, json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// By which of its values the rows of other sheets name a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ParentName {
    /// The form's key, which no two records share.
    Field(String),
    Id,
}

impl ParentName {
    /// The form's key where it is unique and the caller sees it; else the id.
    pub fn of(access: &CallerAccess, index: usize, form: &Form) -> ParentName {
        let seen = |field: &usize| access.access(index).sees(*field, None);
        let key = form.key_field.filter(seen).and_then(|i| form.fields.get(i)).filter(|f| f.unique() != Unique::No);
        key.map_or(ParentName::Id, |field| ParentName::Field(field.name.clone()))
    }

    /// The member of a record's answer.
    pub fn member(&self) -> &str {
        match self {
            ParentName::Field(name) => name,
            ParentName::Id => SystemField::Id.name(),
        }
    }
}

/// A sheet with the rows of one child table.
#[derive(Clone)]
pub(super) struct ChildSheet {
    /// The table as a member of the record's answer.
    pub member: String,
    pub title: String,
    /// Its columns behind `_parent`.
    pub columns: Vec<Taken>,
}

impl ChildSheet {
    /// The sheet of a table; `None` where the caller sees none of its columns.
    pub fn of(cx: &Context, access: &CallerAccess, index: usize, form: &Form, table: usize) -> Option<ChildSheet> {
        let field = form.fields.get(table)?;
        let grants = access.access(index);
        let mut titles = HashSet::new();
        let columns: Vec<Taken> = field
            .table()?
            .fields
            .iter()
            .enumerate()
            .filter(|(column, _)| grants.sees(table, Some(*column)))
            .filter_map(|(_, of)| {
                let writing = writing(of, cx.locale, |target| key_member(cx, access, target))?;
                let title = of.title.get(cx.locale);
                let title = if titles.insert(title.to_lowercase()) { title } else { of.name.as_str() };
                let column = Column { title: title.to_string(), width: None, number_format: number_format(of) };
                let to = of.kind.link().and_then(|link| cx.catalog.form_index(&link.form));
                Some(Taken { path: (of.name.clone(), None), writing, column, to })
            })
            .collect();
        let title = field.title.get(cx.locale).to_string();
        (!columns.is_empty()).then(|| ChildSheet { member: field.name.clone(), title, columns })
    }

    /// The headings: the record's name, the columns, the row's own id.
    pub fn headings(&self) -> Vec<Column> {
        let mut out = vec![Column::titled(PARENT)];
        out.extend(self.columns.iter().map(|c| c.column.clone()));
        out.push(Column::titled(ROW_ID));
        out
    }

    /// The cells of a record's rows.
    pub fn rows(
        &self,
        parent: &ParentName,
        record: &Map<String, Json>,
        maker: &CellMaker,
        around: &ChildAround,
    ) -> Vec<Vec<Out>> {
        const NOTHING: &Json = &Json::Null;
        let name = record.get(parent.member()).unwrap_or(NOTHING);
        let name = name.as_str().map_or_else(|| name.to_string(), str::to_string);
        rows_of(record, &self.member)
            .map(|row| {
                let mut cells = vec![Out::text(&name)];
                for (at, column) in self.columns.iter().enumerate() {
                    let value = row.get(&column.path.0).unwrap_or(NOTHING);
                    let (files, titles) = (around.around.get(at), around.titles.get(at));
                    let title = titles.map(|titles| titled(value, titles));
                    let value = around.keyed(at, &column.writing, value);
                    if let Some(around) = files {
                        cells.push(maker.cell(&column.writing, &value, title.as_ref(), around));
                    }
                }
                cells.push(row.get("id").and_then(Json::as_str).map_or(Out::Blank, Out::text));
                cells
            })
            .collect()
    }

    /// Learns what the rows of a page name.
    pub async fn look_around(
        &self,
        saver: &Saver,
        records: &[Map<String, Json>],
        tx: &mut Tx,
    ) -> EngineResult<ChildAround> {
        let mut out = ChildAround::default();
        for column in &self.columns {
            let (mut around, mut titles) = (Around::default(), HashMap::new());
            let ids: Vec<Uuid> = records
                .iter()
                .flat_map(|record| rows_of(record, &self.member))
                .filter_map(|row| row.get(&column.path.0))
                .flat_map(ids_of)
                .collect::<HashSet<_>>()
                .into_iter()
                .collect();
            match (&column.writing, column.to) {
                (Writing::Files, _) => around.learn_files(&ids, tx).await?,
                (Writing::Link(_) | Writing::Links, Some(to)) => {
                    titles = names_of(saver, to, &column.writing, &ids, tx).await?;
                    let wanted: HashSet<String> = titles.values().cloned().collect();
                    for (name, named) in look_up(saver, to, &[], wanted.into_iter().collect(), tx).await? {
                        if let Named::One(id) = named {
                            around.leads.insert(name, id);
                        }
                    }
                }
                _ => {}
            }
            out.around.push(around);
            out.titles.push(titles);
        }
        Ok(out)
    }
}

/// What is known of what the rows of a page name, by column.
#[derive(Default)]
pub(super) struct ChildAround {
    around: Vec<Around>,
    /// What files call linked records, by id.
    titles: Vec<HashMap<Uuid, String>>,
}

impl ChildAround {
    /// A link as an answer holds it that was asked for the member that names it.
    fn keyed(&self, at: usize, writing: &Writing, value: &Json) -> Json {
        let Writing::Link(Some(member)) = writing else { return value.clone() };
        let Some(id) = value.as_str() else { return value.clone() };
        let name = Uuid::try_parse(id).ok().and_then(|id| self.titles.get(at)?.get(&id));
        json!({"id": id, member: name})
    }
}

fn rows_of<'a>(record: &'a Map<String, Json>, table: &str) -> impl Iterator<Item = &'a Map<String, Json>> {
    record.get(table).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object)
}

fn ids_of(value: &Json) -> Vec<Uuid> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(value));
    list.iter().filter_map(Json::as_str).filter_map(|text| Uuid::try_parse(text).ok()).collect()
}

/// The titles of a link's records, as `_titles` has them.
fn titled(value: &Json, titles: &HashMap<Uuid, String>) -> Json {
    let one = |value: &Json| -> Json {
        let id = value.as_str().and_then(|text| Uuid::try_parse(text).ok());
        json!(id.and_then(|id| titles.get(&id)))
    };
    match value {
        Json::Array(list) => list.iter().map(one).collect(),
        other => one(other),
    }
}

/// What files call the records behind links: the key where links are written by key, else the title.
async fn names_of(
    saver: &Saver,
    to: usize,
    writing: &Writing,
    ids: &[Uuid],
    tx: &mut Tx,
) -> EngineResult<HashMap<Uuid, String>> {
    let compiler = saver.compiler(tx);
    let Some(form) = compiler.catalog.forms.get(to) else { return Ok(HashMap::new()) };
    let by = match writing {
        Writing::Link(Some(member)) => form.field(member).map(|(index, _)| index),
        _ => form.title_field,
    };
    let Some(by) = by.filter(|by| {
        let plain = form.fields.get(*by).is_some_and(|f| !matches!(f.kind, FieldKind::Table(_)));
        plain && saver.access.access(to).sees(*by, None)
    }) else {
        return Ok(HashMap::new());
    };
    let wanted = vec![(By::Id, ids.iter().map(|id| Val::Uuid(*id)).collect())];
    let found = find(&compiler, to, &wanted, &[By::Field(by)], Scope::Caller, ids.len(), tx).await?;
    Ok(found
        .into_iter()
        .filter_map(|f| Some((f.id, f.values.first().and_then(text_of_val).filter(|t| !t.trim().is_empty())?)))
        .collect())
}
