//! Values of a path that leads to several: those of all records of a page by one query, under the scope of each form on the way
//! and the masks of each field.

use super::expression::Eyes;
use super::live::Piece;
use super::named::{department_column, user_column};
use super::{At, Compiler};
use crate::error::{StoreError, StoreResult};
use crate::sql::{Ident, SqlBuilder};
use crate::tx::Tx;
use crate::value::{Kind, Val};
use formwright_core::query::{Hop, Leaf, Path};
use std::collections::HashMap;
use uuid::Uuid;

/// Most values of one record: a page stays bounded whatever points to its records.
const MOST: i64 = 1_000;

/// A path as joins, and what its values are ordered by.
struct Walk {
    from: SqlBuilder,
    order: Vec<SqlBuilder>,
}

/// The values of records, as JSON with commas between them: in the order of child rows and lists, and of the ids of records, so
/// that paths with the same steps line up. A place without a value gives null.
pub(super) async fn fetch_values(
    compiler: &Compiler<'_>,
    form: usize,
    path: &Path,
    ids: &[Uuid],
    tx: &mut Tx,
) -> StoreResult<HashMap<Uuid, Vec<u8>>> {
    let at = At { form, record: compiler.alias()?, row: None };
    let mut from = compiler.dialect.sql();
    from.ident(&compiler.form(form)?.table).push(" AS ").ident(&at.record);
    let mut walk = Walk { from, order: Vec::new() };
    let mut columns = Vec::new();
    let piece = compiler.walk(&mut walk, &at, path, &mut |value| {
        columns.push(value);
        columns.len()
    })?;
    let (all, owner) = (compiler.alias()?, at.record.clone());
    let mut sql = compiler.dialect.sql();
    let names = (1..=columns.len()).map(|n| Ident::new(&format!("v{n}"))).collect::<StoreResult<Vec<Ident>>>()?;
    sql.push("SELECT ").ident(&all).push(".\"r\"");
    for name in &names {
        sql.push(", ").column(&all, name);
    }
    sql.push(" FROM (SELECT ").ident(&owner).push(".\"id\" AS \"r\"");
    for (name, value) in names.iter().zip(columns) {
        sql.push(", ").append(value).push(" AS ").ident(name);
    }
    sql.push(", row_number() OVER (PARTITION BY ");
    sql.ident(&owner).push(".\"id\" ORDER BY ").list(", ", walk.order, |sql, by| {
        sql.append(by);
    });
    sql.push(") AS \"n\" FROM ").append(walk.from).push(" WHERE ").ident(&owner).push(".\"id\" IN (");
    sql.vals(ids.iter().map(|id| Val::Uuid(*id))).push(")) AS ").ident(&all);
    sql.push(" WHERE ").ident(&all).push(".\"n\" <= ").int(MOST);
    sql.push(" ORDER BY ").ident(&all).push(".\"r\", ").ident(&all).push(".\"n\"");
    let mut found: HashMap<Uuid, Vec<u8>> = HashMap::new();
    tx.each(&sql.build(), |row| {
        let Some(record) = row.uuid(0)? else { return Ok(()) };
        let out = found.entry(record).or_default();
        if !out.is_empty() {
            out.push(b',');
        }
        piece.write(row, out)
    })
    .await?;
    Ok(found)
}

impl<'a> Compiler<'a> {
    /// Joins what a path leads over; gives the value at its end. `add` takes each column and gives its place.
    fn walk(
        &self,
        walk: &mut Walk,
        start: &At,
        path: &Path,
        add: &mut dyn FnMut(SqlBuilder) -> usize,
    ) -> StoreResult<Piece<'a>> {
        let mut at = start.clone();
        for hop in &path.hops {
            at = match hop {
                Hop::Link { field, to } => {
                    let mut on = self.dialect.sql();
                    let inner = At { form: *to, record: self.alias()?, row: None };
                    on.ident(&inner.record).push(".\"id\" = ").append(self.value(&at, *field, Eyes::Reader)?.0);
                    self.join_form(walk, &inner, on)?;
                    inner
                }
                Hop::Links { field, to } => {
                    let side = self.join_side(walk, &at, *field)?;
                    let inner = At { form: *to, record: self.alias()?, row: None };
                    let mut on = self.dialect.sql();
                    on.ident(&inner.record).push(".\"id\" = ").ident(&side).push(".\"value\"");
                    self.join_form(walk, &inner, on)?;
                    inner
                }
                Hop::Inverse { form, field } => {
                    let inner = At { form: *form, record: self.alias()?, row: None };
                    let on = self.points_at(&inner, *field, &at, Eyes::Reader)?;
                    self.join_form(walk, &inner, on)?;
                    walk.order.push(self.owner(&inner));
                    inner
                }
                Hop::Rows { field } => {
                    let layout = self.field_layout(&at, *field)?;
                    let rows = layout.rows.as_ref().ok_or_else(|| StoreError::Other("no child table".into()))?;
                    let alias = self.alias()?;
                    walk.from.push(" JOIN ").ident(&rows.table).push(" AS ").ident(&alias).push(" ON ");
                    walk.from.append(self.seen(&at, *field, Eyes::Reader)?);
                    walk.from.ident(&alias).push(".\"record\" = ").ident(&at.record).push(".\"id\"");
                    walk.order.push(self.position(&alias));
                    At { row: Some((*field, alias)), ..at }
                }
                Hop::User { .. } | Hop::Users { .. } => {
                    let alias = self.join_named(walk, &at, hop, "fw_users")?;
                    let (value, kind) = user_column(self.dialect.sql(), &alias, path);
                    return Ok(Piece::Column(add(value), kind));
                }
                Hop::Department { .. } | Hop::Departments { .. } => {
                    let alias = self.join_named(walk, &at, hop, "fw_departments")?;
                    let (value, kind) = department_column(self.dialect.sql(), &alias, path);
                    return Ok(Piece::Column(add(value), kind));
                }
            };
        }
        match &path.leaf {
            Leaf::System(field) => {
                let (value, kind) = self.system(&at, *field);
                Ok(Piece::Column(add(value), kind))
            }
            Leaf::Field(field) => match &self.field_layout(&at, *field)?.side {
                Some((_, kind)) => {
                    let side = self.join_side(walk, &at, *field)?;
                    let mut value = self.dialect.sql();
                    value.ident(&side).push(".\"value\"");
                    Ok(Piece::Column(add(value), *kind))
                }
                None => Piece::plan(self, &at, *field, add),
            },
            Leaf::JsonPath(field, keys) => {
                let (mut value, _) = self.value(&at, *field, Eyes::Reader)?;
                for key in keys {
                    value = self.dialect.json_member(value, key);
                }
                Ok(Piece::Column(add(value), Kind::Text))
            }
            _ => Err(StoreError::Other("this path has no values".into())),
        }
    }

    /// Joins records that the caller may read.
    fn join_form(&self, walk: &mut Walk, inner: &At, on: SqlBuilder) -> StoreResult<()> {
        walk.from.push(" JOIN ").ident(&self.form(inner.form)?.table).push(" AS ").ident(&inner.record);
        walk.from.push(" ON ").append(on).push(" AND ").append(self.in_scope(inner, Eyes::Reader)?);
        Ok(())
    }

    /// Joins the members of a list.
    fn join_side(&self, walk: &mut Walk, at: &At, field: usize) -> StoreResult<Ident> {
        let (side, alias) = (self.side(at, field)?, self.alias()?);
        walk.from.push(" JOIN ").ident(side).push(" AS ").ident(&alias).push(" ON ");
        walk.from.append(self.seen(at, field, Eyes::Reader)?);
        walk.from.ident(&alias).push(".\"record\" = ").append(self.owner(at));
        walk.order.push(self.position(&alias));
        Ok(alias)
    }

    /// Joins the people or departments that a field names.
    fn join_named(&self, walk: &mut Walk, at: &At, hop: &Hop, table: &'static str) -> StoreResult<Ident> {
        let alias = self.alias()?;
        walk.from.push(" JOIN ").name(table).push(" AS ").ident(&alias).push(" ON ");
        walk.from.append(self.names_it(at, hop, &alias, Eyes::Reader)?);
        let mut by = self.dialect.sql();
        by.ident(&alias).push(".\"id\"");
        walk.order.push(by);
        Ok(alias)
    }

    fn position(&self, alias: &Ident) -> SqlBuilder {
        let mut sql = self.dialect.sql();
        sql.ident(alias).push(".\"pos\"");
        sql
    }
}
