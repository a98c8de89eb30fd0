//! Indexes of records, also those that hold some records only.

use formwright_core::field::ColumnKind;
use formwright_core::plan::{IndexRows, IndexSpec, Predicate};
use formwright_core::value::Value;

use super::column::stored;
use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::sql::{Ident, Sql, SqlBuilder};
use formwright_core::field::Storage;

/// The statement that makes an index.
pub(super) fn create(dialect: Dialect, spec: &IndexSpec) -> StoreResult<Sql> {
    let mut sql = dialect.sql();
    sql.push(if spec.unique { "CREATE UNIQUE INDEX " } else { "CREATE INDEX " })
        .ident(&Ident::new(&spec.name)?)
        .push(" ON ")
        .ident(&Ident::new(&spec.table)?);
    sql.push(" (");
    for (i, name) in spec.columns.iter().enumerate() {
        let column = Ident::new(name)?;
        if i > 0 {
            sql.push(", ");
        }
        match spec.texts.contains(name) {
            true => dialect.index_text(&column, spec.unique, &mut sql),
            false => {
                sql.ident(&column);
            }
        }
    }
    sql.push(")");
    if let Some(rows) = rows(&spec.rows, &mut |sql, value, kind| literal(sql, value, kind), dialect.sql())? {
        sql.push(" WHERE ").append(rows);
    }
    Ok(sql.build().once())
}

type PutValue<'a> = dyn FnMut(&mut SqlBuilder, &Value, ColumnKind) -> StoreResult<()> + 'a;

fn literal(sql: &mut SqlBuilder, value: &Value, kind: ColumnKind) -> StoreResult<()> {
    sql.literal(&stored(value, Storage::Column(kind))?).map(|_| ())
}

/// The condition under which a record stands in an index, with values as literals; none for all.
pub(super) fn condition(spec: &IndexRows, empty: SqlBuilder) -> StoreResult<Option<SqlBuilder>> {
    rows(spec, &mut |sql, value, kind| literal(sql, value, kind), empty)
}

fn rows(rows: &IndexRows, put: &mut PutValue<'_>, mut sql: SqlBuilder) -> StoreResult<Option<SqlBuilder>> {
    match rows {
        IndexRows::All => return Ok(None),
        IndexRows::Live => sql.push("\"deleted_at\" IS NULL"),
        IndexRows::Deleted => sql.push("\"deleted_at\" IS NOT NULL"),
        IndexRows::Meeting(predicate) => {
            sql.push("\"deleted_at\" IS NULL AND ");
            write(predicate, put, &mut sql)?;
            &mut sql
        }
    };
    Ok(Some(sql))
}

/// Two-valued: a comparison with an empty value is false.
fn write(predicate: &Predicate, put: &mut PutValue<'_>, sql: &mut SqlBuilder) -> StoreResult<()> {
    match predicate {
        Predicate::All(parts) if parts.is_empty() => {
            sql.push("1=1");
        }
        Predicate::Any(parts) if parts.is_empty() => {
            sql.push("1=0");
        }
        Predicate::All(parts) | Predicate::Any(parts) => {
            let word = if matches!(predicate, Predicate::All(_)) { " AND " } else { " OR " };
            sql.push("(");
            for (i, part) in parts.iter().enumerate() {
                if i > 0 {
                    sql.push(word);
                }
                write(part, put, sql)?;
            }
            sql.push(")");
        }
        Predicate::Not(inner) => {
            sql.push("NOT (");
            write(inner, put, sql)?;
            sql.push(")");
        }
        Predicate::Empty(column) => {
            sql.push("(").ident(&Ident::new(column)?).push(" IS NULL)");
        }
        Predicate::In { column, kind, values } => {
            let column = Ident::new(column)?;
            sql.push("(").ident(&column).push(" IS NOT NULL AND ").ident(&column).push(" IN (");
            for (i, value) in values.iter().enumerate() {
                if i > 0 {
                    sql.push(", ");
                }
                put(sql, value, *kind)?;
            }
            sql.push("))");
        }
        Predicate::Range { column, kind, low, high } => {
            let column = Ident::new(column)?;
            sql.push("(").ident(&column).push(" IS NOT NULL");
            for (bound, signs) in [(low, [" > ", " >= "]), (high, [" < ", " <= "])] {
                if let Some((value, inclusive)) = bound {
                    sql.push(" AND ").ident(&column).push(if *inclusive { signs[1] } else { signs[0] });
                    put(sql, value, *kind)?;
                }
            }
            sql.push(")");
        }
    }
    Ok(())
}
