//! The full-text table of a form: made, and filled from the records that are there.

use std::collections::{BTreeSet, HashMap};

use chrono::DateTime;
use formwright_core::catalog::Catalog;
use formwright_core::field::{ColumnKind, Field, Storage};
use formwright_core::fold;
use formwright_core::form::Form;
use formwright_core::record::Record;
use formwright_core::value::{Row as ChildRow, Value};
use uuid::Uuid;

use super::column::value_kind;
use super::pages::{Line, Pages};
use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::records::words;
use crate::sql::{Ident, Sql};
use crate::tx::Tx;
use crate::value::Val;

/// Documents of one statement.
const BATCH: usize = 200;

/// The statements that make the table.
pub(super) fn create(dialect: Dialect, table: &str, columns: usize) -> StoreResult<Vec<Sql>> {
    let name = Ident::new(table)?;
    let columns: Vec<Ident> = (0..columns).map(|i| Ident::new(&format!("x{i}"))).collect::<StoreResult<_>>()?;
    let mut sql = dialect.sql();
    if dialect == Dialect::Sqlite {
        sql.push("CREATE VIRTUAL TABLE ").ident(&name).push(" USING fts5(").idents(&columns);
        sql.push(", content='', contentless_delete=1, tokenize='ascii', prefix='1 2')");
        return Ok(vec![sql.build().once()]);
    }
    sql.push("CREATE TABLE ").ident(&name).push(" (\"rid\" bigint PRIMARY KEY").list("", &columns, |sql, column| {
        sql.push(", ").ident(column).push(" tsvector");
    });
    sql.push(")");
    let mut index = dialect.sql();
    index
        .push("CREATE INDEX ")
        .ident(&Ident::new(&format!("x{table}"))?)
        .push(" ON ")
        .ident(&name)
        .push(" USING gin (")
        .idents(&columns)
        // every search reads through what is not sorted in yet, so that may be a few pages, not the usual four megabytes
        .push(") WITH (gin_pending_list_limit = 64)");
    Ok(vec![sql.build().once(), index.build().once()])
}

pub(super) async fn fill(tx: &mut Tx, catalog: &Catalog, form_id: &str, table: &str) -> StoreResult<()> {
    let Some(form) = catalog.form_by_id(form_id) else { return Ok(()) };
    let table = Ident::new(table)?;
    let own: BTreeSet<usize> =
        form.search.iter().filter(|s| form.fields.get(s.field).is_some_and(is_worded)).map(|s| s.field).collect();
    let fields: Vec<(usize, &Field)> = own.iter().filter_map(|i| form.fields.get(*i).map(|f| (*i, f))).collect();
    let columns: Vec<_> = fields.iter().map(|(_, f)| (f.id.as_str(), value_kind(f.kind.storage()))).collect();
    let mut pages = Pages::live(&formwright_core::plan::shape::record_table(&form.id), &columns)?;
    loop {
        let lines = pages.next(tx).await?;
        if lines.is_empty() {
            return Ok(());
        }
        let rows = child_rows(tx, form, &lines).await?;
        for part in lines.chunks(BATCH) {
            write(tx, form, &table, &fields, part, &rows).await?;
        }
    }
}

/// Kinds whose words stand in a column of their own.
fn is_worded(field: &Field) -> bool {
    !field.is_encrypted()
        && matches!(
            field.kind.storage(),
            Storage::Column(ColumnKind::Text | ColumnKind::Dec(_)) | Storage::List(ColumnKind::Text)
        )
}

type Rows = HashMap<(usize, Uuid), Vec<ChildRow>>;

/// The child rows of a page of records, for the tables whose words are wanted.
async fn child_rows(tx: &mut Tx, form: &Form, lines: &[Line]) -> StoreResult<Rows> {
    let mut out = Rows::new();
    let tables: BTreeSet<usize> = form.search.iter().map(|s| s.field).collect();
    for index in tables {
        let Some((field, table)) = form.fields.get(index).and_then(|f| f.table().map(|t| (f, t))) else { continue };
        let columns: Vec<(usize, &Field)> = table.fields.iter().enumerate().filter(|(_, f)| is_worded(f)).collect();
        let mut sql = tx.sql();
        sql.push("SELECT \"record\"");
        for (_, column) in &columns {
            sql.push(", ").ident(&Ident::new(&column.id)?);
        }
        sql.push(" FROM ").ident(&Ident::new(&format!("t_{}", field.id))?).push(" WHERE \"record\" IN (");
        sql.vals(lines.iter().map(|l| Val::Uuid(l.record))).push(") ORDER BY \"record\", \"pos\"");
        let found = tx
            .all(&sql.build().once(), |row| {
                let record = row.uuid(0)?.ok_or_else(|| StoreError::Damaged("a child row without a record".into()))?;
                let mut values = vec![Value::Null; table.fields.len()];
                for (at, (place, column)) in columns.iter().enumerate() {
                    if let Some(slot) = values.get_mut(*place) {
                        *slot = value(column, &row.val(at + 1, value_kind(column.kind.storage()))?)?;
                    }
                }
                Ok((record, ChildRow { id: Uuid::nil(), values }))
            })
            .await?;
        for (record, row) in found {
            out.entry((index, record)).or_default().push(row);
        }
    }
    Ok(out)
}

fn value(field: &Field, val: &Val) -> StoreResult<Value> {
    Ok(match val {
        Val::Text(text) => Value::Text(text.clone()),
        Val::Dec(number, _) => Value::Dec(*number),
        Val::Json(list) if matches!(field.kind.storage(), Storage::List(_)) => {
            let items: Vec<String> =
                serde_json::from_str(list).map_err(|error| StoreError::Damaged(error.to_string()))?;
            Value::List(items.into_iter().map(Value::Text).collect())
        }
        _ => Value::Null,
    })
}

async fn write(
    tx: &mut Tx,
    form: &Form,
    table: &Ident,
    fields: &[(usize, &Field)],
    lines: &[Line],
    rows: &Rows,
) -> StoreResult<()> {
    let dialect = tx.dialect();
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").ident(table).push(match dialect {
        Dialect::Sqlite => " (rowid",
        Dialect::Postgres => " (\"rid\"",
    });
    for i in 0..form.search.len() {
        sql.push(", ").ident(&Ident::new(&format!("x{i}"))?);
    }
    sql.push(") VALUES ");
    for (at, line) in lines.iter().enumerate() {
        let record = record(form, fields, line, rows)?;
        sql.push(if at > 0 { ", (" } else { "(" }).val(line.key.clone());
        for entry in &form.search {
            sql.push(", ").append(dialect.search_document(fold::search_tokens(&words(
                form,
                entry.field,
                entry.column,
                &record,
            ))));
        }
        sql.push(")");
    }
    tx.execute(&sql.build().once()).await.map(|_| ())
}

/// A record with the values whose words are wanted and nothing else.
fn record(form: &Form, fields: &[(usize, &Field)], line: &Line, rows: &Rows) -> StoreResult<Record> {
    let mut values = vec![Value::Null; form.fields.len()];
    for ((index, field), val) in fields.iter().zip(&line.values) {
        if let Some(slot) = values.get_mut(*index) {
            *slot = value(field, val)?;
        }
    }
    for (index, field) in form.fields.iter().enumerate() {
        if let (Some(slot), true) = (values.get_mut(index), field.table().is_some()) {
            *slot = Value::Rows(rows.get(&(index, line.record)).cloned().unwrap_or_default());
        }
    }
    let never = DateTime::UNIX_EPOCH;
    Ok(Record {
        id: line.record,
        version: 0,
        created_at: never,
        created_by: Uuid::nil(),
        updated_at: never,
        updated_by: Uuid::nil(),
        deleted_at: None,
        flow_state: String::new(),
        values,
    })
}
