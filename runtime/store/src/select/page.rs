//! One page of a list, one record, and counts.

use super::answer::{Answer, Selection};
use super::cursor::Ending;
use super::expression::Eyes;
use super::gaps::Output;
use super::joins::From;
use super::{At, Compiler};
use crate::dialect::{Dialect, Direction};
use crate::error::{StoreError, StoreResult};
use crate::sql::{Ident, SqlBuilder};
use crate::tx::Tx;
use crate::value::{Kind, Val};
use formwright_core::fold::SearchPhrase;
use formwright_core::query::{Cond, SortKey};
use uuid::Uuid;

/// What a list asks for.
pub struct PageQuery<'a> {
    pub form: usize,
    pub filter: &'a Cond,
    /// Words that must be found; an empty list finds all.
    pub phrases: &'a [SearchPhrase],
    pub sort: &'a [SortKey],
    pub limit: usize,
    /// Values of the sort keys of the last record of the page before, then its tie-breaker.
    pub after: Option<&'a [Val]>,
    /// The recycle bin instead of the live records.
    pub deleted: bool,
}

/// A page: objects with commas between them, and where the next page begins.
pub struct Page {
    pub items: Vec<u8>,
    pub rows: usize,
    pub next: Option<Vec<Val>>,
}

struct Order {
    value: SqlBuilder,
    kind: Kind,
    descending: bool,
    nullable: bool,
}

fn root() -> StoreResult<Ident> {
    Ident::new("t")
}

/// FROM and WHERE of a list; joins for sorting and selecting are added to it.
struct Body {
    from: From,
    filter: SqlBuilder,
    at: At,
    /// The records come in the order of the full-text index.
    by_search: Option<Ident>,
}

fn body(compiler: &Compiler<'_>, query: &PageQuery<'_>) -> StoreResult<Body> {
    let layout = compiler.form(query.form)?;
    let at = At { form: query.form, record: root()?, row: None };
    let mut from = compiler.dialect.sql();
    let mut filter = compiler.dialect.sql();
    let access = compiler.access.access(query.form);
    let mut by_search = None;
    // the index leads where it answers alone: its hits come in order, and only a page of them is looked up
    let leads = compiler.dialect == Dialect::Sqlite
        && !query.phrases.is_empty()
        && query.sort.is_empty()
        && compiler.searches_plainly(query.form);
    if leads {
        let alias = Ident::new("f")?;
        from.ident(&layout.search)
            .push(" AS ")
            .ident(&alias)
            .push(" CROSS JOIN ")
            .ident(&layout.table)
            .push(" AS ")
            .ident(&at.record);
        from.push(" ON ").ident(&at.record).push(".\"rid\" = ").ident(&alias).push(".rowid");
        filter.ident(&layout.search).push(" MATCH ").val(compiler.match_text(query.form, query.phrases)).push(" AND ");
        by_search = Some(alias);
    } else {
        from.ident(&layout.table).push(" AS ").ident(&at.record);
    }
    filter.ident(&at.record).push(if query.deleted {
        ".\"deleted_at\" IS NOT NULL"
    } else {
        ".\"deleted_at\" IS NULL"
    });
    if access.rows != Cond::True {
        filter.push(" AND ").append(compiler.condition(&at, &access.rows, Eyes::True)?);
    }
    if *query.filter != Cond::True {
        filter.push(" AND ").append(compiler.condition(&at, query.filter, Eyes::Reader)?);
    }
    if !query.phrases.is_empty() && !leads {
        filter.push(" AND ").append(compiler.found(&at, query.phrases)?);
    }
    Ok(Body { from: From::new(from), filter, at, by_search })
}

fn orders(compiler: &Compiler<'_>, body: &mut Body, query: &PageQuery<'_>) -> StoreResult<Vec<Order>> {
    let mut orders = Vec::new();
    for key in query.sort {
        let column = compiler.path_column(&mut body.from, &body.at, &key.path)?;
        orders.push(Order {
            value: column.sort,
            kind: column.sort_kind,
            descending: key.descending,
            nullable: column.nullable,
        });
    }
    let mut tie = compiler.dialect.sql();
    if query.sort.is_empty() {
        // found by words and not sorted: the newest first
        match &body.by_search {
            Some(alias) => tie.ident(alias).push(".rowid"),
            None => tie.ident(&body.at.record).push(".\"rid\""),
        };
        orders.push(Order { value: tie, kind: Kind::Int, descending: true, nullable: false });
    } else {
        tie.ident(&body.at.record).push(".\"id\"");
        let descending = query.sort.first().is_some_and(|k| k.descending);
        orders.push(Order { value: tie, kind: Kind::Uuid, descending, nullable: false });
    }
    Ok(orders)
}

/// Records that come after these values in the order.
fn after(dialect: Dialect, orders: &[Order], values: &[Val]) -> StoreResult<SqlBuilder> {
    let mut sql = dialect.sql();
    if orders.len() != values.len() {
        return Err(StoreError::Value("cursor".into()));
    }
    let uniform = orders.iter().all(|o| !o.nullable && o.descending == orders.first().is_some_and(|f| f.descending));
    if uniform {
        sql.push("(").list(", ", orders, |sql, o| {
            sql.append(o.value.clone());
        });
        sql.push(if orders.first().is_some_and(|o| o.descending) { ") < (" } else { ") > (" })
            .vals(values.iter().cloned())
            .push(")");
        return Ok(sql);
    }
    sql.push("(");
    for (i, order) in orders.iter().enumerate() {
        if i > 0 {
            sql.push(" OR ");
        }
        sql.push("(");
        for (before, value) in orders.iter().zip(values).take(i) {
            if value.is_null() {
                sql.append(before.value.clone()).push(" IS NULL AND ");
            } else {
                sql.append(before.value.clone()).push(" = ").val(value.clone()).push(" AND ");
            }
        }
        let value = values.get(i).cloned().unwrap_or(Val::Null(order.kind));
        match (value.is_null(), order.descending) {
            // empties are the last ascending, the first descending
            (true, false) => sql.push("1=0"),
            (true, true) => sql.append(order.value.clone()).push(" IS NOT NULL"),
            (false, true) => sql.append(order.value.clone()).push(" < ").val(value),
            (false, false) if order.nullable => sql
                .push("(")
                .append(order.value.clone())
                .push(" > ")
                .val(value)
                .push(" OR ")
                .append(order.value.clone())
                .push(" IS NULL)"),
            (false, false) => sql.append(order.value.clone()).push(" > ").val(value),
        };
        sql.push(")");
    }
    sql.push(")");
    Ok(sql)
}

/// The values at which a page ended, with the texts whole of which a cursor kept the beginning: read from the record that was the
/// last. Where the caller sees it no more, or with other texts, the page goes on from the beginning that was kept, so that nothing
/// is left out.
pub async fn whole_ending(
    compiler: &Compiler<'_>,
    query: &PageQuery<'_>,
    ending: Ending,
    tx: &mut Tx,
) -> StoreResult<Vec<Val>> {
    let Ending { mut values, cut } = ending;
    let (false, Some(Val::Uuid(last))) = (cut.is_empty(), values.last()) else { return Ok(values) };
    let found = PageQuery { filter: &Cond::True, phrases: &[], after: None, ..*query };
    let mut body = body(compiler, &found)?;
    let orders = orders(compiler, &mut body, &found)?;
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT ").list(", ", &orders, |sql, order| {
        sql.append(order.value.clone());
    });
    sql.push(" FROM ").append(body.from.sql).push(" WHERE ").ident(&body.at.record).push(".\"id\" = ").val(*last);
    sql.push(" AND ").append(body.filter);
    let whole = tx
        .optional(&sql.build(), |row| {
            orders.iter().enumerate().map(|(i, o)| row.val(i, o.kind)).collect::<StoreResult<Vec<Val>>>()
        })
        .await?
        .unwrap_or_default();
    for at in cut {
        let Some(Val::Text(kept)) = values.get_mut(at) else { continue };
        match whole.get(at) {
            Some(Val::Text(text)) if text.starts_with(kept.as_str()) => kept.clone_from(text),
            // before all that begins so
            _ if orders.get(at).is_some_and(|order| order.descending) => kept.push(char::MAX),
            _ => {}
        }
    }
    Ok(values)
}

/// A page of records as the caller sees them.
pub async fn select_page(
    compiler: &Compiler<'_>,
    query: &PageQuery<'_>,
    selection: &Selection<'_>,
    tx: &mut Tx,
) -> StoreResult<Page> {
    let mut body = body(compiler, query)?;
    let orders = orders(compiler, &mut body, query)?;
    let answer = Answer::plan(compiler, &body.at, &mut body.from, selection)?;
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT ").list(", ", answer.columns(), |sql, column| {
        sql.append(column.clone());
    });
    for order in &orders {
        sql.push(", ").append(order.value.clone());
    }
    sql.push(" FROM ").append(body.from.sql).push(" WHERE ").append(body.filter);
    if let Some(values) = query.after {
        sql.push(" AND ").append(after(compiler.dialect, &orders, values)?);
    }
    sql.push(" ORDER BY ");
    for (i, order) in orders.iter().enumerate() {
        if i > 0 {
            sql.push(", ");
        }
        let direction = if order.descending { Direction::Descending } else { Direction::Ascending };
        compiler.dialect.order_term(order.value.clone(), direction, order.nullable, &mut sql);
    }
    sql.push(" LIMIT ").int(i64::try_from(query.limit + 1).unwrap_or(i64::MAX));
    let first_order = answer.columns().len();
    let mut out = Output::default();
    let mut rows = 0;
    let mut last: Option<Vec<Val>> = None;
    let mut more = false;
    tx.each(&sql.build(), |row| {
        if rows == query.limit {
            more = true;
            return Ok(());
        }
        if rows > 0 {
            out.bytes.push(b',');
        }
        answer.write(row, selection, &mut out)?;
        rows += 1;
        if rows == query.limit {
            let values = orders
                .iter()
                .enumerate()
                .map(|(i, o)| row.val(first_order + i, o.kind))
                .collect::<StoreResult<Vec<Val>>>()?;
            last = Some(values);
        }
        Ok(())
    })
    .await?;
    let items = out.finish(compiler, query.form, &answer.several, tx).await?;
    Ok(Page { items, rows, next: last.filter(|_| more) })
}

/// One record as the caller sees it, with its version; `None` where there is none for him.
pub async fn select_record(
    compiler: &Compiler<'_>,
    form: usize,
    id: Uuid,
    selection: &Selection<'_>,
    tx: &mut Tx,
) -> StoreResult<Option<(Vec<u8>, i64)>> {
    let query = PageQuery { form, filter: &Cond::True, phrases: &[], sort: &[], limit: 1, after: None, deleted: false };
    let mut body = body(compiler, &query)?;
    let answer = Answer::plan(compiler, &body.at, &mut body.from, selection)?;
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT ").list(", ", answer.columns(), |sql, column| {
        sql.append(column.clone());
    });
    sql.push(" FROM ")
        .append(body.from.sql)
        .push(" WHERE ")
        .ident(&body.at.record)
        .push(".\"id\" = ")
        .val(id)
        .push(" AND ")
        .append(body.filter);
    let mut out = Output::default();
    let version = tx
        .optional(&sql.build(), |row| {
            answer.write(row, selection, &mut out)?;
            row.int(1)?.ok_or_else(|| StoreError::Damaged("a record without a version".into()))
        })
        .await?;
    match version {
        None => Ok(None),
        Some(version) => Ok(Some((out.finish(compiler, form, &answer.several, tx).await?, version))),
    }
}

/// The number of records that a list has.
pub async fn count_rows(compiler: &Compiler<'_>, query: &PageQuery<'_>, tx: &mut Tx) -> StoreResult<i64> {
    let body = body(compiler, query)?;
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT count(*) FROM ").append(body.from.sql).push(" WHERE ").append(body.filter);
    tx.one(&sql.build(), |row| Ok(row.int(0)?.unwrap_or(0))).await
}

/// The number of records, counted no further than one past `bound`.
pub async fn count_up_to(compiler: &Compiler<'_>, query: &PageQuery<'_>, bound: i64, tx: &mut Tx) -> StoreResult<i64> {
    let body = body(compiler, query)?;
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT count(*) FROM (SELECT 1 FROM ").append(body.from.sql).push(" WHERE ").append(body.filter);
    sql.push(" LIMIT ").int(bound + 1).push(") AS \"c\"");
    tx.one(&sql.build(), |row| Ok(row.int(0)?.unwrap_or(0))).await
}
