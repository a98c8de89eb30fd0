//! Sums under the columns of a list.

use super::question::Question;
use crate::pages::cell::decimals;
use crate::pages::columns::ShownColumn;
use crate::pages::reader::Reader;
use crate::problem::Answer;
use formwright_core::field::{FieldKind, NumberFlavor};
use formwright_templates::format;
use serde_json::{Map, Value as Json, json};

/// Sums under the columns that the view names. Amounts in several currencies have none.
pub(super) async fn totals(
    reader: &Reader,
    form: &str,
    question: &Question,
    shown: &[ShownColumn],
) -> Answer<Vec<Option<String>>> {
    let summed: Vec<(usize, &ShownColumn)> =
        shown.iter().enumerate().filter(|(_, c)| question.view.sums.contains(&c.path) && is_sum(reader, c)).collect();
    if summed.is_empty() {
        return Ok(Vec::new());
    }
    let _turn = reader.caller.heavy().await?;
    let measures: Vec<Json> =
        summed.iter().map(|(i, c)| json!({"name": format!("m{i}"), "function": "sum", "field": c.path})).collect();
    let mut body = Map::new();
    body.insert("measures".into(), Json::Array(measures));
    if let Some(filter) = &question.request.filter {
        body.insert("filter".into(), filter.clone());
    }
    if let Some(q) = &question.request.q {
        body.insert("q".into(), json!(q));
    }
    let answer = reader.cx().engine.aggregate(reader.cx(), form, body).await?;
    let row = answer.get("rows").and_then(|rows| rows.get(0)).cloned().unwrap_or(Json::Null);
    let mut out: Vec<Option<String>> = vec![None; shown.len()];
    for (i, column) in summed {
        let sum = row.get(format!("m{i}")).and_then(crate::pages::cell::decimal);
        let places = match column.field(reader).map(|f| &f.kind) {
            Some(FieldKind::Number(n)) if n.flavor == NumberFlavor::Money => decimals(n.currency.as_deref(), n.scale),
            _ => 0,
        };
        if let Some(slot) = out.get_mut(i) {
            *slot = sum.map(|sum| format::number(sum, places));
        }
    }
    Ok(out)
}

fn is_sum(reader: &Reader, column: &ShownColumn) -> bool {
    matches!(column.field(reader).filter(|f| !f.is_live()).map(|f| &f.kind), Some(FieldKind::Number(n)) if n.currency_field.is_none() && n.flavor != NumberFlavor::Percent)
}
