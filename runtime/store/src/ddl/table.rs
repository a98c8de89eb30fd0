//! Tables of records, of child rows and of the members of lists.

use formwright_core::field::ColumnKind;
use formwright_core::plan::Purpose;

use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::layout::kind_of;
use crate::sql::{Ident, Sql, SqlBuilder};
use crate::value::Kind;

/// Columns that every record has; a system column with its kind and whether it must have a value.
const RECORD: [(&str, Kind, bool); 10] = [
    ("id", Kind::Uuid, true),
    ("version", Kind::Int, true),
    ("created_at", Kind::Ts, true),
    ("created_by", Kind::Uuid, true),
    ("updated_at", Kind::Ts, true),
    ("updated_by", Kind::Uuid, true),
    ("deleted_at", Kind::Ts, false),
    ("deleted_by", Kind::Uuid, false),
    ("delete_batch", Kind::Uuid, false),
    ("flow_state", Kind::Text, true),
];

const ROW: [(&str, Kind, bool); 3] = [("id", Kind::Uuid, true), ("record", Kind::Uuid, true), ("pos", Kind::Int, true)];

/// The fixed columns of a table, its key among them.
pub(super) fn fixed(purpose: Purpose) -> Vec<&'static str> {
    match purpose {
        Purpose::Records => std::iter::once("rid").chain(RECORD.iter().map(|c| c.0)).collect(),
        Purpose::Rows => ROW.iter().map(|c| c.0).collect(),
        Purpose::Members(_) => vec!["record", "value", "pos"],
    }
}

/// The statements that make a table.
pub(super) fn create(
    dialect: Dialect,
    table: &str,
    purpose: Purpose,
    columns: &[(String, ColumnKind)],
) -> StoreResult<Vec<Sql>> {
    let name = Ident::new(table)?;
    let mut sql = dialect.sql();
    // the members of rows that two child tables describe alike share a table
    sql.push(if matches!(purpose, Purpose::Members(_)) { "CREATE TABLE IF NOT EXISTS " } else { "CREATE TABLE " })
        .ident(&name)
        .push(" (");
    let define = |sql: &mut SqlBuilder, column: &'static str, kind: Kind, must: bool| {
        sql.name(column).push(" ");
        dialect.column_type(kind, sql);
        if must {
            sql.push(" NOT NULL");
        }
    };
    match purpose {
        Purpose::Records => {
            sql.name("rid").push(" ").push(dialect.counting_key());
            for (column, kind, must) in RECORD {
                sql.push(", ");
                define(&mut sql, column, kind, must);
                match column {
                    "id" => sql.push(" UNIQUE"),
                    "flow_state" => sql.push(" DEFAULT 'none'"),
                    _ => &mut sql,
                };
            }
        }
        Purpose::Rows => {
            sql.list(", ", ROW, |sql, (column, kind, must)| {
                define(sql, column, kind, must);
                if column == "id" {
                    sql.push(" PRIMARY KEY");
                }
            });
        }
        Purpose::Members(kind) => {
            define(&mut sql, "record", Kind::Uuid, true);
            sql.push(", ");
            define(&mut sql, "value", kind_of(kind), true);
            sql.push(", ");
            define(&mut sql, "pos", Kind::Int, true);
            sql.push(", PRIMARY KEY (\"record\", \"value\")");
        }
    }
    for (column, kind) in columns {
        sql.push(", ").ident(&Ident::new(column)?).push(" ");
        dialect.column_type(kind_of(*kind), &mut sql);
    }
    sql.push(")").push(dialect.table_options());
    let mut out = vec![sql.build().once()];
    match purpose {
        Purpose::Records => {}
        Purpose::Rows => out.push(side_index(dialect, &name, "record", "pos")?),
        Purpose::Members(_) => out.push(side_index(dialect, &name, "value", "record")?),
    }
    Ok(out)
}

fn side_index(dialect: Dialect, table: &Ident, first: &'static str, second: &'static str) -> StoreResult<Sql> {
    let mut sql = dialect.sql();
    sql.push("CREATE INDEX IF NOT EXISTS ")
        .ident(&Ident::new(&format!("x{}", table.as_str()))?)
        .push(" ON ")
        .ident(table);
    sql.push(" (").name(first).push(", ").name(second).push(")");
    Ok(sql.build().once())
}
