//! Settings as administrators read and change them.

use crate::audit::{self, Origin};
use crate::records::follow;
use crate::{Authority, Context, EngineError, EngineResult, Refusal, organisation};
use formwright_core::error_code as code;
use formwright_core::setting::AppSettings;
use formwright_store::people::version;
use formwright_store::{Snapshot, settings as rows};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest value that stands in the audit log.
const TOLD: usize = 200;

/// Refuses whoever may not see the company's settings.
///
/// # Errors
/// 403.
pub(crate) fn may_read(cx: &Context) -> EngineResult<()> {
    match &cx.authority {
        Authority::System(_) => Ok(()),
        Authority::Person(person) if person.has_right("settings") => Ok(()),
        Authority::Person(_) => Err(Refusal::new(&code::FORBIDDEN).with("action", "settings").into()),
    }
}

fn of_app(cx: &Context, app: &str) -> EngineResult<Arc<AppSettings>> {
    cx.catalog.settings_of(app).cloned().ok_or_else(EngineError::not_found)
}

/// `{"items": [{"app", "title", "schema"}], "next": null}`: the apps that have settings, the company's own first.
///
/// # Errors
/// 403.
pub fn settings_list(cx: &Context) -> EngineResult<Json> {
    may_read(cx)?;
    let items: Vec<Json> = cx
        .catalog
        .settings()
        .iter()
        .map(|s| json!({"app": s.app, "title": s.title.get(cx.locale), "schema": s.form.published_schema(&|_| true)}))
        .collect();
    Ok(json!({"items": items, "next": null}))
}

/// The values of an app's settings by key, and their version.
///
/// # Errors
/// 403, 404, and what the store gives.
pub async fn settings(cx: &Context, app: &str) -> EngineResult<(Map<String, Json>, i64)> {
    may_read(cx)?;
    let described = of_app(cx, app)?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let mut tx = cx.engine.db().reader(Snapshot::No).await?;
    let version = rows::version(app, &mut tx).await?;
    Ok((described.values(&|key| organisation.setting(app, key).cloned()), version))
}

/// Changes some of an app's settings: absent keys stay, `null` goes back to the default. Gives what holds then and its version.
///
/// # Errors
/// 403, 404, 409 `record_conflict` over a stale version, every fault by key, and what the store gives.
pub async fn update_settings(
    cx: &Context,
    app: &str,
    body: &Map<String, Json>,
    if_version: Option<i64>,
) -> EngineResult<(Map<String, Json>, i64)> {
    crate::accounts::require_right(cx, "settings")?;
    let described = of_app(cx, app)?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let before = described.values(&|key| organisation.setting(app, key).cloned());
    let change =
        described.read_change(body, &before).map_err(|faults| EngineError::faults(&code::VALIDATION, faults))?;
    let told: Map<String, Json> = change
        .iter()
        .map(|(key, value)| {
            let short = |json: Option<&Json>| json.filter(|j| j.to_string().len() <= TOLD).cloned();
            (key.clone(), json!({"from": short(before.get(key)), "to": short(value.as_ref())}))
        })
        .collect();
    // as it will be: formulas that read it follow
    let changed: BTreeMap<String, Option<Json>> = change.iter().cloned().collect();
    let values = described.values(&|key| match changed.get(key) {
        Some(value) => value.clone(),
        None => organisation.setting(app, key).cloned(),
    });
    let mut company = cx.engine.company(&cx.catalog).as_ref().clone();
    if let Json::Object(all) = &mut company.values {
        all.extend(values);
    }
    let around = follow::Around::with(cx, company)?;
    let (origin, now, by, name) = (Origin::of(cx), cx.now, cx.principal().map(|p| p.person.id), app.to_string());
    cx.engine
        .db()
        .write(move |tx| {
            Box::pin(async move {
                // every process reads the company anew when this number is another
                version::raise(tx).await?;
                let number = rows::raise(&name, tx).await?;
                if if_version.is_some_and(|wanted| wanted != number - 1) {
                    let mut refusal = Refusal::new(&code::RECORD_CONFLICT).with("who", "");
                    refusal.extra.insert("version".into(), json!(number - 1));
                    return Err(refusal.into());
                }
                for (key, value) in &change {
                    rows::set(&name, key, value.as_ref().map(Json::to_string), now, by, tx).await?;
                }
                around.facts_changed(&|uses| uses.settings, tx).await?;
                let body = json!({"what": "settings.update", "on": {"app": name}, "changes": told});
                audit::record(tx, &origin, "settings", body).await?;
                Ok::<_, EngineError>(())
            })
        })
        .await?;
    settings(cx, app).await
}

/// Sets what an app's sample data says: `{"system": {"company_name": …}, …}`; apps that are not there are passed over.
pub(crate) async fn load(cx: &Context, text: &str) -> EngineResult<()> {
    let told: Map<String, Json> =
        serde_json::from_str(text).map_err(|error| EngineError::Internal(format!("settings: {error}")))?;
    for (app, values) in told {
        if let (Some(values), Some(_)) = (values.as_object(), cx.catalog.settings_of(&app)) {
            update_settings(cx, &app, values, None).await?;
        }
    }
    Ok(())
}
