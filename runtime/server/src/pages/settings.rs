//! Settings of the company and of its apps, for those who may change them.

use super::control::Desk;
use super::profile::zones;
use super::reader::Reader;
use super::seen_form::is_short;
use crate::problem::{Answer, Problem};
use axum::response::Response;
use formwright_core::setting::SYSTEM;
use formwright_engine::{EngineError, accounts, settings};
use formwright_templates::Page;
use formwright_templates::view::{Choice, Control, ControlKind, FormSection, SaveTarget, Settings, SettingsApp, Span};
use serde_json::Value as Json;

pub async fn show(reader: Reader) -> Response {
    let page = page(&reader).await.map(Page::Settings);
    reader.answer(page)
}

fn href(app: &str) -> String {
    if app == SYSTEM { "/admin/settings".to_string() } else { format!("/admin/settings?app={app}") }
}

async fn page(reader: &Reader) -> Answer<Settings> {
    let cx = reader.cx();
    accounts::require_right(cx, "settings")?;
    let shown = reader.query().get("app").unwrap_or(SYSTEM);
    let described = cx.catalog.settings_of(shown).ok_or_else(|| Problem(EngineError::not_found()))?;
    let (values, version) = settings::settings(cx, shown).await?;
    let values = Json::Object(values);
    let desk = Desk::of(reader, false);
    let controls = described
        .form
        .fields
        .iter()
        .map(|field| {
            let control = desk.one("", field, &field.name, &field.name, false, &values);
            let span = if is_short(&field.kind) { Span::Half } else { Span::Full };
            let control = Control { span, ..control };
            if shown == SYSTEM && field.name == "time_zone" { with_zones(control, cx.zone.name()) } else { control }
        })
        .collect();
    let apps = cx
        .catalog
        .settings()
        .iter()
        .map(|s| SettingsApp {
            title: s.title.get(cx.locale).to_string(),
            href: href(&s.app),
            icon: if s.app == SYSTEM { "building-2" } else { "layout-grid" }.to_string(),
            active: s.app == shown,
        })
        .collect();
    Ok(Settings {
        apps,
        sections: vec![FormSection {
            name: "settings".to_string(),
            title: described.title.get(cx.locale).to_string(),
            help: None,
            columns: 2,
            controls,
        }],
        save: SaveTarget { method: "PATCH".to_string(), href: format!("/api/settings/{shown}"), next: href(shown) },
        version,
        time_zone: reader.zone().name().to_string(),
        today: reader.today().to_string(),
    })
}

/// Zones are picked, not typed; where none was set, the one that counts stands first.
fn with_zones(control: Control, counts: &str) -> Control {
    let ControlKind::Text { value, .. } = &control.input else { return control };
    let value = if value.is_empty() { counts.to_string() } else { value.clone() };
    let mut names = zones();
    if !names.contains(&value) {
        names.insert(0, value.clone());
    }
    let options =
        names.into_iter().map(|name| Choice { value: name.clone(), title: name, ..Choice::default() }).collect();
    Control { input: ControlKind::Choice { options, value }, ..control }
}
