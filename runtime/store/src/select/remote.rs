//! Values that formulas read in other records, people and departments: with true values, many at once or beside the query.

use super::expression::Eyes;
use super::named::{department_column, user_column};
use super::{At, Compiler};
use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::layout::{FieldLayout, kind_of};
use crate::records::read_value;
use crate::row::Row;
use crate::sql::{Ident, SqlBuilder};
use crate::tx::Tx;
use crate::value::{Kind, Val};
use formwright_core::field::{Field, Remote, Storage, SystemField};
use formwright_core::query::{Hop, Leaf, Path, PersonSource};
use formwright_core::value::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// Whether what is read must stay as it is until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    No,
    /// A save writes down what follows from it.
    Yes,
}

/// Where a walk through tables stands.
enum Here {
    At(At),
    Person(Ident),
    Department(Ident),
}

/// The value at the end of a path, and how it is read.
enum End<'a> {
    Field(&'a Field, &'a FieldLayout),
    Plain(Kind),
}

/// Values at the end of a way, in their order, for each id where it begins; those of no record are empty lists.
pub(crate) async fn fetch(
    compiler: &Compiler<'_>,
    remote: &Remote,
    ids: &[Uuid],
    lock: Lock,
    tx: &mut Tx,
) -> StoreResult<HashMap<Uuid, Vec<Value>>> {
    let mut out: HashMap<Uuid, Vec<Value>> = ids.iter().map(|id| (*id, Vec::new())).collect();
    for part in ids.chunks(1000) {
        fetch_part(compiler, remote, part, lock, tx, &mut out).await?;
    }
    Ok(out)
}

async fn fetch_part(
    compiler: &Compiler<'_>,
    remote: &Remote,
    ids: &[Uuid],
    lock: Lock,
    tx: &mut Tx,
    out: &mut HashMap<Uuid, Vec<Value>>,
) -> StoreResult<()> {
    let path = &remote.path;
    let first = Ident::new("t")?;
    let mut from = compiler.dialect.sql();
    let mut order: Vec<SqlBuilder> = Vec::new();
    let mut records: Vec<(usize, Ident)> = Vec::new();
    let begins_at_itself = remote.start == formwright_core::field::Start::Itself;
    let mut here = match (&path.leaf, path.hops.is_empty()) {
        (Leaf::User(_), true) => {
            from.name("fw_users").push(" AS ").ident(&first);
            Here::Person(first.clone())
        }
        (Leaf::Department(_), true) => {
            from.name("fw_departments").push(" AS ").ident(&first);
            Here::Department(first.clone())
        }
        _ => {
            from.ident(&compiler.form_layout(path.start.form)?.table).push(" AS ").ident(&first);
            if !begins_at_itself {
                records.push((path.start.form, first.clone()));
            }
            Here::At(At { form: path.start.form, record: first.clone(), row: None })
        }
    };
    for hop in &path.hops {
        let Here::At(at) = &here else { return Err(broken()) };
        here = join(compiler, &mut from, &mut order, at, hop)?;
        if let (Here::At(at), Hop::Link { .. } | Hop::Links { .. }) = (&here, hop) {
            records.push((at.form, at.record.clone()));
        }
    }
    let (value, end) = end_of(compiler, path, &here)?;
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT ").ident(&first).push(".\"id\", ").append(value).push(" FROM ").append(from);
    sql.push(" WHERE ").ident(&first).push(".\"id\" IN (").vals(ids.iter().map(|id| Val::Uuid(*id))).push(")");
    if matches!(path.leaf, Leaf::User(_) | Leaf::Department(_)) && path.hops.is_empty() || begins_at_itself {
        // people are never deleted; a record that is being written is there
    } else {
        sql.push(" AND ").ident(&first).push(".\"deleted_at\" IS NULL");
    }
    sql.push(" ORDER BY ").ident(&first).push(".\"id\"");
    for part in order {
        sql.push(", ").append(part);
    }
    if lock == Lock::Yes && compiler.dialect == Dialect::Postgres && !records.is_empty() {
        // a record into which others roll up is written by whoever reads it here: sharing it first would be a deadlock
        let rolls_up = |form: &usize| {
            compiler
                .catalog
                .forms
                .get(*form)
                .is_some_and(|f| f.fields.iter().any(|f| f.rollup().is_some() && f.is_kept()))
        };
        let written = records.iter().any(|(form, _)| rolls_up(form));
        sql.push(if written { " FOR UPDATE OF " } else { " FOR SHARE OF " });
        sql.idents(records.iter().map(|(_, alias)| alias));
    }
    tx.each(&sql.build(), |row| {
        let id = row.uuid(0)?.ok_or_else(|| StoreError::Damaged("a row without an id".into()))?;
        let slot = out.entry(id).or_default();
        match read(row, 1, &end)? {
            Value::List(items) => slot.extend(items),
            value => slot.push(value),
        }
        Ok(())
    })
    .await
}

fn broken() -> StoreError {
    StoreError::Other("a path goes on where nothing is".into())
}

fn read(row: &Row<'_>, at: usize, end: &End<'_>) -> StoreResult<Value> {
    match end {
        // encrypted values are opened where they are kept, never from elsewhere
        End::Field(field, layout) => read_value(row, at, Uuid::nil(), field, layout),
        End::Plain(kind) => Ok(match row.val(at, *kind)? {
            Val::Text(text) => Value::Text(text),
            Val::Bool(truth) => Value::Bool(truth),
            Val::Int(number) => Value::Dec(number.into()),
            Val::Ts(at) => Value::Ts(at),
            Val::Uuid(id) => Value::Id(id),
            _ => Value::Null,
        }),
    }
}

fn end_of<'a>(compiler: &Compiler<'a>, path: &Path, here: &Here) -> StoreResult<(SqlBuilder, End<'a>)> {
    match here {
        Here::Person(alias) => {
            let (value, kind) = user_column(compiler.dialect.sql(), alias, path);
            Ok((value, End::Plain(kind)))
        }
        Here::Department(alias) => {
            let (value, kind) = department_column(compiler.dialect.sql(), alias, path);
            Ok((value, End::Plain(kind)))
        }
        Here::At(at) => match &path.leaf {
            Leaf::Field(index) => {
                let field = compiler.field(at, *index).ok_or_else(broken)?;
                if field.kind.storage() == Storage::Table {
                    return Err(StoreError::Other("a child table is no value".into()));
                }
                let value = compiler.value(at, *index, Eyes::True)?.0;
                Ok((value, End::Field(field, compiler.field_layout(at, *index)?)))
            }
            Leaf::System(SystemField::Id) if at.row.is_some() => Ok((compiler.owner(at), End::Plain(Kind::Uuid))),
            Leaf::System(system) => Ok((compiler.system(at, *system).0, End::Plain(kind_of(system.column_kind())))),
            _ => Err(broken()),
        },
    }
}

/// Joins the next step of a path.
fn join(
    compiler: &Compiler<'_>,
    from: &mut SqlBuilder,
    order: &mut Vec<SqlBuilder>,
    at: &At,
    hop: &Hop,
) -> StoreResult<Here> {
    let alias = compiler.alias()?;
    let by = |alias: &Ident, column: &'static str| {
        let mut sql = compiler.dialect.sql();
        sql.ident(alias).push(".").name(column);
        sql
    };
    let side_of = |at: &At, field: usize| -> StoreResult<&Ident> {
        compiler.layout_of(at, field)?.side.as_ref().map(|(side, _)| side).ok_or_else(broken)
    };
    // the members of a list, in their order
    let members = |from: &mut SqlBuilder, order: &mut Vec<SqlBuilder>, field: usize| -> StoreResult<SqlBuilder> {
        let side = compiler.alias()?;
        from.push(" JOIN ").ident(side_of(at, field)?).push(" AS ").ident(&side).push(" ON ").ident(&side);
        from.push(".\"record\" = ").append(compiler.owner(at));
        order.push(by(&side, "pos"));
        Ok(by(&side, "value"))
    };
    let person = |source: &PersonSource| -> StoreResult<SqlBuilder> {
        Ok(match source {
            PersonSource::Field(field) => compiler.value(at, *field, Eyes::True)?.0,
            PersonSource::CreatedBy => compiler.system(at, SystemField::CreatedBy).0,
            PersonSource::UpdatedBy => compiler.system(at, SystemField::UpdatedBy).0,
        })
    };
    let (table, id, live, here) = match hop {
        Hop::Link { field, to } => {
            let id = compiler.value(at, *field, Eyes::True)?.0;
            (
                compiler.form_layout(*to)?.table.clone(),
                id,
                true,
                Here::At(At { form: *to, record: alias.clone(), row: None }),
            )
        }
        Hop::Links { field, to } => {
            let id = members(from, order, *field)?;
            (
                compiler.form_layout(*to)?.table.clone(),
                id,
                true,
                Here::At(At { form: *to, record: alias.clone(), row: None }),
            )
        }
        Hop::Rows { field } => {
            let rows = compiler.layout_of(at, *field)?.rows.as_ref().ok_or_else(broken)?;
            from.push(" JOIN ").ident(&rows.table).push(" AS ").ident(&alias).push(" ON ").ident(&alias);
            from.push(".\"record\" = ").ident(&at.record).push(".\"id\"");
            order.push(by(&alias, "pos"));
            return Ok(Here::At(At { form: at.form, record: at.record.clone(), row: Some((*field, alias)) }));
        }
        Hop::Inverse { form, field } => {
            let inner = At { form: *form, record: alias.clone(), row: None };
            from.push(" JOIN ").ident(&compiler.form_layout(*form)?.table).push(" AS ").ident(&alias).push(" ON ");
            let layout = compiler.layout_of(&inner, *field)?;
            match &layout.side {
                Some((side, _)) => {
                    from.ident(&alias).push(".\"id\" IN (SELECT \"record\" FROM ").ident(side);
                    from.push(" WHERE \"value\" = ").ident(&at.record).push(".\"id\")");
                }
                None => {
                    from.column(&alias, &layout.column).push(" = ").ident(&at.record).push(".\"id\"");
                }
            }
            from.push(" AND ").ident(&alias).push(".\"deleted_at\" IS NULL");
            order.push(by(&alias, "id"));
            return Ok(Here::At(inner));
        }
        Hop::User { source } => (Ident::new("fw_users")?, person(source)?, false, Here::Person(alias.clone())),
        Hop::Users { field } => {
            (Ident::new("fw_users")?, members(from, order, *field)?, false, Here::Person(alias.clone()))
        }
        Hop::Department { field } => {
            let id = compiler.value(at, *field, Eyes::True)?.0;
            (Ident::new("fw_departments")?, id, false, Here::Department(alias.clone()))
        }
        Hop::Departments { field } => {
            (Ident::new("fw_departments")?, members(from, order, *field)?, false, Here::Department(alias.clone()))
        }
    };
    from.push(" JOIN ")
        .ident(&table)
        .push(" AS ")
        .ident(&alias)
        .push(" ON ")
        .ident(&alias)
        .push(".\"id\" = ")
        .append(id);
    if live {
        from.push(" AND ").ident(&alias).push(".\"deleted_at\" IS NULL");
    }
    Ok(here)
}

/// A single value elsewhere as a column of a query over the record at a place: with true values.
pub(super) struct RemoteColumn<'a> {
    pub value: SqlBuilder,
    end: End<'a>,
}

impl RemoteColumn<'_> {
    pub fn read(&self, row: &Row<'_>, at: usize) -> StoreResult<Value> {
        read(row, at, &self.end)
    }
}

impl<'a> Compiler<'a> {
    /// The value at the end of a way that begins at `id`; every step of it leads to one record.
    pub(super) fn remote_column(&self, id: SqlBuilder, remote: &Remote) -> StoreResult<RemoteColumn<'a>> {
        let first = self.alias()?;
        let path = &remote.path;
        let mut from = self.dialect.sql();
        let mut order = Vec::new();
        let is_record = !(path.hops.is_empty() && matches!(path.leaf, Leaf::User(_) | Leaf::Department(_)));
        let mut here = match &path.leaf {
            Leaf::User(_) if !is_record => {
                from.name("fw_users").push(" AS ").ident(&first);
                Here::Person(first.clone())
            }
            Leaf::Department(_) if !is_record => {
                from.name("fw_departments").push(" AS ").ident(&first);
                Here::Department(first.clone())
            }
            _ => {
                from.ident(&self.form_layout(path.start.form)?.table).push(" AS ").ident(&first);
                Here::At(At { form: path.start.form, record: first.clone(), row: None })
            }
        };
        for hop in &path.hops {
            let Here::At(at) = &here else { return Err(broken()) };
            here = join(self, &mut from, &mut order, at, hop)?;
        }
        let (value, end) = end_of(self, path, &here)?;
        let mut sql = self.dialect.sql();
        sql.push("(SELECT ").append(value).push(" FROM ").append(from).push(" WHERE ").ident(&first);
        sql.push(".\"id\" = ").append(id);
        if is_record {
            sql.push(" AND ").ident(&first).push(".\"deleted_at\" IS NULL");
        }
        sql.push(")");
        Ok(RemoteColumn { value: sql, end })
    }
}
