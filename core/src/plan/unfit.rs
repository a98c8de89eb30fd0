//! How many stored values do not pass a stricter schema: asked of the database where it can be said in SQL, otherwise of the
//! values, page by page.

use super::count::{Bound, Count};
use super::form::At;
use super::shape::FieldShape;
use crate::field::{ColumnKind, Field, Storage};
use crate::form::value_judge;
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::str::FromStr;

/// The question how many values do not pass what these keywords of a field's schema ask; `None` where it cannot be asked.
/// `shape` is the field as it stands in the database.
pub(super) fn unfit(new: &Field, shape: &FieldShape, at: &At, keywords: &[String]) -> Option<Count> {
    let schema = new.schema.as_object()?;
    if shape.storage == Storage::Table {
        let limit = |key: &str| schema.get(key).and_then(Json::as_u64);
        let sayable = keywords.iter().all(|k| matches!(k.as_str(), "minItems" | "maxItems"));
        return (sayable && !at.rows).then(|| Count::UnfitRows {
            table: at.table.clone(),
            row_table: shape.row_table(),
            fewest: limit("minItems").unwrap_or(0),
            most: limit("maxItems"),
        });
    }
    if shape.encrypted {
        return None;
    }
    let place = at.place(&shape.id);
    let bounds: Option<Vec<Bound>> =
        keywords.iter().map(|keyword| bound(shape.storage, keyword, schema.get(keyword)?)).collect();
    match bounds {
        Some(bounds) => Some(Count::Unfit { place, storage: shape.storage, bounds }),
        // a schema that leans on others of the record cannot judge alone
        None => value_judge(&new.schema).map(|_| Count::Unjudged {
            place,
            storage: shape.storage,
            schema: new.schema.clone(),
        }),
    }
}

/// A keyword as a bound of the column, where it is one.
fn bound(storage: Storage, keyword: &str, value: &Json) -> Option<Bound> {
    match storage {
        Storage::Column(ColumnKind::Text) => {
            let limit = i64::try_from(value.as_u64()?).ok()?;
            match keyword {
                "minLength" => Some(Bound::Shorter(limit)),
                "maxLength" => Some(Bound::Longer(limit)),
                _ => None,
            }
        }
        Storage::Column(ColumnKind::Dec(scale)) => {
            let text = value.as_number()?.to_string();
            let limit = Decimal::from_str(&text).ok().or_else(|| Decimal::from_scientific(&text).ok())?;
            // what no column of this scale can hold is asked of the values
            let digits = 18u32.checked_sub(scale)?;
            (limit.abs() < Decimal::from(10u64.checked_pow(digits)?)).then_some(())?;
            // between two values of the column's scale no value stands: the bound moves to the nearest one that decides alike
            let (below, above) = (
                limit.round_dp_with_strategy(scale, rust_decimal::RoundingStrategy::ToNegativeInfinity),
                limit.round_dp_with_strategy(scale, rust_decimal::RoundingStrategy::ToPositiveInfinity),
            );
            match keyword {
                "minimum" => Some(Bound::Below(above)),
                "maximum" => Some(Bound::Above(below)),
                "exclusiveMinimum" => Some(Bound::NotAbove(below)),
                "exclusiveMaximum" => Some(Bound::NotBelow(above)),
                _ => None,
            }
        }
        _ => None,
    }
}
