//! Counters of serial numbers, as administrators see and set them.

use crate::audit::{self, Origin};
use crate::settings::may_read;
use crate::{Context, EngineError, EngineResult};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::FieldKind;
use formwright_core::form::Form;
use formwright_store::{Snapshot, serials as rows};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Counters of a list.
const LISTED: i64 = 1000;
/// Highest number that a counter may be set to.
const HIGHEST: i64 = 999_999_999_999;

/// What a counter belongs to.
#[derive(Clone, Debug)]
pub struct CounterChange {
    pub form: String,
    pub field: String,
    /// `2026`, `2026-11`, `2026-11-25`, or empty where the counter never begins anew.
    pub period: String,
    /// What the pattern renders around the number.
    pub part: String,
    /// The number that comes next.
    pub next: i64,
}

/// `{"items": [{"form", "field", "period", "part", "value", "next"}], "next": null}`: the counters of serial fields that are
/// published; `value` is the last number given.
///
/// # Errors
/// 403, and what the store gives.
pub async fn serials(cx: &Context, form: Option<&str>) -> EngineResult<Json> {
    may_read(cx)?;
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    let counters = rows::list(LISTED, &mut tx).await?;
    drop(tx);
    let named = |id: &str| -> Option<(Arc<Form>, String)> {
        cx.catalog.forms.iter().find_map(|form| {
            let field = form.fields.iter().find(|f| f.id == id && matches!(f.kind, FieldKind::Serial(_)))?;
            Some((form.clone(), field.name.clone()))
        })
    };
    let items: Vec<Json> = counters
        .iter()
        .filter_map(|c| named(&c.field).map(|(form, field)| (c, form, field)))
        .filter(|(_, found, _)| form.is_none_or(|wanted| found.name == wanted))
        .map(|(c, form, field)| json!({"form": form.name, "field": field, "period": c.period, "part": c.part, "value": c.value, "next": c.value + 1}))
        .collect();
    Ok(json!({"items": items, "next": null}))
}

/// Lets a counter go on from `next`. It goes forward only: a number that may have been given is never given again.
///
/// # Errors
/// 403, faults by key, and what the store gives.
pub async fn set_serial(cx: &Context, change: CounterChange) -> EngineResult<Json> {
    crate::accounts::require_right(cx, "settings")?;
    let field = cx.catalog.form(&change.form).and_then(|form| {
        form.field(&change.field).filter(|(_, f)| matches!(f.kind, FieldKind::Serial(_))).map(|(_, f)| f.id.clone())
    });
    let mut faults = Vec::new();
    let known = cx.catalog.form(&change.form).is_some();
    if field.is_none() {
        let (at, kind, name) =
            if known { ("field", "serial field", &change.field) } else { ("form", "form", &change.form) };
        faults.push(Fault::new(at, &code::UNKNOWN_REFERENCE).with("kind", kind).with("name", name));
    }
    for (at, text) in [("period", &change.period), ("part", &change.part)] {
        if text.chars().count() > 200 || !formwright_core::fold::is_storable(text) {
            faults.push(Fault::new(at, &code::TEXT_INVALID));
        }
    }
    if change.next > HIGHEST {
        faults.push(Fault::new("next", &code::TOO_LARGE).with("limit", HIGHEST));
    }
    let (Some(field), true) = (field, faults.is_empty()) else {
        return Err(EngineError::request_faults(faults));
    };
    let origin = Origin::of(cx);
    let told = change.clone();
    cx.engine
        .db()
        .write(move |tx| {
            Box::pin(async move {
                let last = rows::lock(&field, &change.period, &change.part, tx).await?;
                if change.next <= last {
                    let fault = Fault::new("next", &code::TOO_SMALL).with("limit", last + 1);
                    return Err(EngineError::request_faults(vec![fault]));
                }
                rows::raise(&field, &change.period, &change.part, change.next - 1, tx).await?;
                let body = json!({"what": "serial.set", "on": {"form": change.form, "field": change.field, "period": change.period, "part": change.part}, "from": last + 1, "to": change.next});
                audit::record(tx, &origin, "settings", body).await?;
                Ok::<_, EngineError>(())
            })
        })
        .await?;
    Ok(
        json!({"form": told.form, "field": told.field, "period": told.period, "part": told.part, "value": told.next - 1, "next": told.next}),
    )
}
