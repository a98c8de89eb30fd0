//! Columns added to a table, and defaults written into empty cells.

use formwright_core::field::{ColumnKind, FieldDefault, Storage};
use formwright_core::plan::Place;
use formwright_core::value::Value;

use super::Execution;
use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::layout::kind_of;
use crate::sql::{Ident, Sql};
use crate::tx::Tx;
use crate::value::{Kind, Val};

/// The statement that adds a column.
pub(super) fn add(dialect: Dialect, table: &str, column: &str, kind: ColumnKind) -> StoreResult<Sql> {
    let mut sql = dialect.sql();
    sql.push("ALTER TABLE ").ident(&Ident::new(table)?).push(" ADD COLUMN ").ident(&Ident::new(column)?).push(" ");
    dialect.column_type(kind_of(kind), &mut sql);
    Ok(sql.build().once())
}

/// Kind of the column that holds a field's value.
pub(super) fn value_kind(storage: Storage) -> Kind {
    match storage {
        Storage::Column(kind) => kind_of(kind),
        Storage::List(_) | Storage::Table => Kind::Json,
    }
}

/// A value of the catalogue as it is stored in a column.
pub(super) fn stored(value: &Value, storage: Storage) -> StoreResult<Val> {
    let kind = value_kind(storage);
    Ok(match value {
        Value::Null => Val::Null(kind),
        Value::List(_) => Val::Json(value.to_json().to_string()),
        Value::Json(json) => Val::Json(json.to_string()),
        other => crate::select::bind(other, kind)
            .ok_or_else(|| StoreError::Value("a value of another type than its column".into()))?,
    })
}

pub(super) async fn fill(
    tx: &mut Tx,
    place: &Place,
    storage: Storage,
    default: &FieldDefault,
    cx: &Execution<'_>,
) -> StoreResult<()> {
    let (table, column) = (Ident::new(&place.table)?, Ident::new(&place.column)?);
    let mut sql = tx.sql();
    sql.push("UPDATE ").ident(&table).push(" SET ").ident(&column).push(" = ");
    match default {
        FieldDefault::Value(value) => sql.val(stored(value, storage)?),
        FieldDefault::Today => sql.val(cx.today),
        FieldDefault::Now => sql.val(cx.now),
        FieldDefault::Me => sql.name("created_by"),
        FieldDefault::MyDepartment | FieldDefault::Setting(_) | FieldDefault::Expression(_) => return Ok(()),
    };
    sql.push(" WHERE ").ident(&column).push(" IS NULL");
    tx.execute(&sql.build().once()).await.map(|_| ())
}
