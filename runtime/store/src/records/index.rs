//! The full-text entry of a record: its words written, replaced and taken out.

use super::write::parts;
use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::layout::FormLayout;
use crate::select::Compiler;
use crate::sql::Ident;
use crate::tx::Tx;
use formwright_core::field::Field;
use formwright_core::fold;
use formwright_core::form::Form;
use formwright_core::record::Record;
use formwright_core::value::Value;

/// Writes the full-text entry of a record anew.
pub async fn index_record(
    compiler: &Compiler<'_>,
    form_index: usize,
    rid: i64,
    record: &Record,
    tx: &mut Tx,
) -> StoreResult<()> {
    let (form, layout) = parts(compiler, form_index)?;
    index(compiler.dialect, form, layout, rid, record, true, tx).await
}

pub(super) async fn unindex(dialect: Dialect, layout: &FormLayout, rid: i64, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = dialect.sql();
    sql.push("DELETE FROM ").ident(&layout.search).push(match dialect {
        Dialect::Sqlite => " WHERE rowid = ",
        Dialect::Postgres => " WHERE \"rid\" = ",
    });
    sql.val(rid);
    tx.execute(&sql.build()).await?;
    Ok(())
}

pub(super) async fn index(
    dialect: Dialect,
    form: &Form,
    layout: &FormLayout,
    rid: i64,
    record: &Record,
    replace: bool,
    tx: &mut Tx,
) -> StoreResult<()> {
    if replace {
        unindex(dialect, layout, rid, tx).await?;
    }
    let mut sql = dialect.sql();
    sql.push("INSERT INTO ").ident(&layout.search).push(match dialect {
        Dialect::Sqlite => " (rowid",
        Dialect::Postgres => " (\"rid\"",
    });
    for i in 0..form.search.len() {
        sql.push(", ").ident(&Ident::new(&format!("x{i}"))?);
    }
    sql.push(") VALUES (").val(rid);
    for entry in &form.search {
        let tokens = fold::search_tokens(&words(form, entry.field, entry.column, record));
        sql.push(", ").append(dialect.search_document(tokens));
    }
    sql.push(")");
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// The text of a search field: of a choice its titles, of rows those of all rows.
pub(crate) fn words(form: &Form, field: usize, column: Option<usize>, record: &Record) -> String {
    let (Some(of), Some(value)) = (form.fields.get(field), record.values.get(field)) else { return String::new() };
    match (column, value, of.table()) {
        (Some(column), Value::Rows(rows), Some(table)) => {
            let Some(of) = table.fields.get(column) else { return String::new() };
            rows.iter().filter_map(|r| r.values.get(column)).map(|v| text_of(of, v)).collect::<Vec<_>>().join(" \n ")
        }
        (None, Value::Rows(rows), Some(table)) => rows
            .iter()
            .flat_map(|r| table.fields.iter().zip(&r.values).map(|(f, v)| text_of(f, v)))
            .collect::<Vec<_>>()
            .join(" \n "),
        _ => text_of(of, value),
    }
}

fn text_of(field: &Field, value: &Value) -> String {
    let one = |t: &str| match field.kind.choices().and_then(|s| s.get(t)) {
        Some(choice) => choice.title.all().chain(std::iter::once(t)).collect::<Vec<_>>().join(" \n "),
        // a number is also found as it is dialled, with either sign of another country
        None => match field.normal_form_words(t) {
            Some(words) => format!("{t} \n {words}"),
            None => t.to_string(),
        },
    };
    match value {
        Value::Text(t) => one(t),
        Value::List(items) => items.iter().filter_map(Value::as_text).map(one).collect::<Vec<_>>().join(" \n "),
        Value::Dec(d) => d.normalize().to_string(),
        _ => String::new(),
    }
}
