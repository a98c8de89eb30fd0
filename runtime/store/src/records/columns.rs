//! A value as the columns that keep it: itself, its sort key, its normal form; sealed where its field is encrypted.

use super::load::null_of;
use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::layout::FieldLayout;
use crate::select::bind;
use crate::sql::Ident;
use crate::value::{Kind, Val};
use formwright_core::field::Field;
use formwright_core::fold;
use formwright_core::value::Value;
use rust_decimal::Decimal;
use uuid::Uuid;

/// What a text is compared by, as it stands in the column of normal forms: of an encrypted field its blind index.
pub(crate) fn normal_of(layout: &FieldLayout, text: &str) -> StoreResult<Option<String>> {
    match (layout.normal_form.of(text), &layout.seal) {
        (Some(normal), Some(seal)) => seal.blind(&normal),
        (normal, _) => Ok(normal),
    }
}

/// A value and its companions (sort key, normal form) as they are stored with `owner`: the record, or the row of a child table.
/// Without a dialect the sort key is kept whole, which is right on both databases.
pub(crate) fn columns_of(
    field: &Field,
    layout: &FieldLayout,
    owner: Uuid,
    value: &Value,
    dialect: Option<Dialect>,
    out: &mut Vec<(Ident, Val)>,
) -> StoreResult<()> {
    if layout.rows.is_some() {
        return Ok(());
    }
    let stored = match value {
        Value::Null => null_of(layout),
        Value::Text(text) if let Some(seal) = &layout.seal => Val::Text(seal.seal(owner, text)?),
        Value::List(_) => Val::Json(value.to_json().to_string()),
        Value::Json(json) => Val::Json(json.to_string()),
        other => bind(other, layout.kind).ok_or_else(|| StoreError::Value(format!("field {}", field.name)))?,
    };
    out.push((layout.column.clone(), stored));
    if let Some((column, kind)) = &layout.sort {
        let key = match (value, kind) {
            (Value::Text(t), Kind::Text) => match dialect {
                Some(dialect) => Val::or_null(dialect.kept_sort_key(t).map(Val::Text), Kind::Text),
                None => Val::Text(fold::sort_key(t)),
            },
            (Value::Text(t), Kind::Dec(scale)) => match formwright_core::time::duration_micros(t) {
                Some(micros) => Val::Dec(Decimal::new(micros, 6), *scale),
                None => Val::Null(*kind),
            },
            _ => Val::Null(*kind),
        };
        out.push((column.clone(), key));
    }
    if let Some(column) = &layout.normal {
        let normal = match value {
            Value::Text(t) => Val::or_null(normal_of(layout, t)?.map(Val::Text), Kind::Text),
            _ => Val::Null(Kind::Text),
        };
        out.push((column.clone(), normal));
    }
    Ok(())
}
