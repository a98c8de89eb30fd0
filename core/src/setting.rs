//! Settings: values that an administrator gives once for the whole company, described by an app's `settings` schema.
//!
//! A key names one setting in the whole installation, whichever app describes it; so conditions (`{"var": "settings.key"}`),
//! defaults and expressions (`SETTING("key")`) need not say whose it is. The built-in app `system` describes the company itself.

use crate::definition::{AppDoc, pointer_segment};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{ChoiceSet, Field, FieldKind};
use crate::form::{Form, build_form};
use crate::record::{check, constant_default, read_value, value_to_json};
use crate::text::Title;
use crate::value::Value;
use chrono::Weekday;
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::Arc;

/// The built-in app whose settings are the company's.
pub const SYSTEM: &str = "system";
/// What settings may be; records, rows and files belong to forms.
const LONGEST_NAME: usize = 100;

/// The settings of one app.
#[derive(Clone, Debug)]
pub struct AppSettings {
    pub app: String,
    pub title: Title,
    /// Keys as fields of a form that has no records.
    pub form: Form,
}

/// A change of settings: by key, `None` for going back to the default.
pub type Change = Vec<(String, Option<Json>)>;

impl AppSettings {
    /// Reads an app's `settings`; nothing where it has none. Faults point into the app's document.
    pub fn of_app(
        app: &AppDoc,
        options: &HashMap<String, Arc<ChoiceSet>>,
        faults: &mut Vec<Fault>,
    ) -> Option<AppSettings> {
        let schema = app.settings.as_ref()?;
        let Json::Object(_) = schema else {
            faults.push(
                Fault::new("/settings", &code::WRONG_TYPE)
                    .with("expected", "object")
                    .with("got", crate::definition::type_name(schema)),
            );
            return None;
        };
        let title = if app.title.is_empty() { crate::text::title_from_name(&app.name) } else { app.title.clone() };
        build(&app.name, Title::new(title, app.labels.clone()), schema, options, faults)
    }

    /// The company's own settings.
    pub fn system() -> Option<AppSettings> {
        let title = Title::new("Company", [("zh-CN".to_string(), "公司".to_string())].into());
        build(SYSTEM, title, &system_schema(), &HashMap::new(), &mut Vec::new())
    }

    pub fn field(&self, key: &str) -> Option<&Field> {
        self.form.field(key).map(|(_, field)| field)
    }

    /// The value of each key: the stored one where it still fits its schema, else the default, else null.
    pub fn values(&self, stored: &dyn Fn(&str) -> Option<Json>) -> Map<String, Json> {
        let value = |field: &Field| {
            let kept = stored(&field.name).and_then(|json| read_value(field, &json, &mut Vec::new()));
            let value = kept.filter(|v| *v != Value::Null).unwrap_or_else(|| constant_default(field));
            value_to_json(field, &value)
        };
        self.form.fields.iter().map(|field| (field.name.clone(), value(field))).collect()
    }

    /// Checks a body of changed keys against what holds now; all faults at once, by key.
    ///
    /// # Errors
    /// Unknown keys and values that do not fit.
    pub fn read_change(&self, body: &Map<String, Json>, now: &Map<String, Json>) -> Result<Change, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut change = Change::new();
        for (key, json) in body {
            let Some(field) = self.field(key) else {
                let known = self.form.fields.iter().map(|f| f.name.as_str());
                faults
                    .push(Fault::new(pointer_segment(key), &code::UNKNOWN_FIELD).with("name", key).suggest(key, known));
                continue;
            };
            let mut inner = Vec::new();
            if let Some(value) = read_value(field, json, &mut inner) {
                let json = value_to_json(field, &value);
                change.push((key.clone(), Some(json).filter(|json| !json.is_null())));
            }
            faults.extend(inner.into_iter().map(|f| f.under(key)));
        }
        let value_of = |field: &Field| -> Value {
            let changed = change.iter().find(|(key, _)| *key == field.name).map(|(_, json)| json);
            let json = match changed {
                Some(json) => json.as_ref(),
                None => now.get(&field.name),
            };
            let read = json.and_then(|json| read_value(field, json, &mut Vec::new()));
            read.filter(|v| *v != Value::Null).unwrap_or_else(|| constant_default(field))
        };
        let values: Vec<Value> = self.form.fields.iter().map(value_of).collect();
        let touched = |fault: &Fault| body.contains_key(fault.path.split('/').next().unwrap_or_default());
        let refused: Vec<&str> = faults.iter().map(|f| f.path.split('/').next().unwrap_or_default()).collect();
        let whole: Vec<Fault> = check(&self.form, &values, None)
            .into_iter()
            .filter(|f| touched(f) && !refused.contains(&f.path.split('/').next().unwrap_or_default()))
            .collect();
        faults.extend(whole);
        if self.app == SYSTEM {
            faults.extend(check_company(&change));
        }
        if faults.is_empty() { Ok(change) } else { Err(faults) }
    }
}

fn build(
    app: &str,
    title: Title,
    schema: &Json,
    options: &HashMap<String, Arc<ChoiceSet>>,
    faults: &mut Vec<Fault>,
) -> Option<AppSettings> {
    let doc = json!({"kind": "form", "app": app, "name": app, "title": title.title, "record": schema});
    let mut inner = Vec::new();
    let form = build_form(&doc, options, &mut inner);
    for field in form.iter().flat_map(|form| &form.fields) {
        if !is_setting(&field.kind) || field.is_encrypted() {
            inner.push(
                Fault::new(format!("/record/properties/{}", pointer_segment(&field.name)), &code::KIND_NOT_OFFERED)
                    .with("what", "a setting of this type"),
            );
        }
    }
    for index in form.iter().flat_map(|form| &form.defaults) {
        let name = form.iter().find_map(|form| form.fields.get(*index)).map_or("", |f| f.name.as_str());
        inner.push(
            Fault::new(format!("/record/properties/{}/default", pointer_segment(name)), &code::KIND_NOT_OFFERED)
                .with("what", "a setting that begins with an expression"),
        );
    }
    let fits = inner.is_empty();
    faults.extend(inner.into_iter().map(|mut fault| {
        fault.path = fault.path.replacen("/record", "/settings", 1);
        fault
    }));
    form.filter(|_| fits).map(|form| AppSettings { app: app.to_string(), title, form })
}

/// Values that stand for themselves: no rows, records or files.
fn is_setting(kind: &FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Text(_)
            | FieldKind::LongText { .. }
            | FieldKind::Number(_)
            | FieldKind::Boolean
            | FieldKind::Date
            | FieldKind::DateTime
            | FieldKind::Time
            | FieldKind::Duration
            | FieldKind::Choice(_)
            | FieldKind::Choices(_)
            | FieldKind::Tags(_)
            | FieldKind::User
            | FieldKind::Users
            | FieldKind::Department
            | FieldKind::Departments
    )
}

/// What the schema of the company cannot say: zones and currencies are too many to be listed there.
fn check_company(change: &Change) -> Vec<Fault> {
    let text =
        |key: &str| change.iter().find(|(k, _)| k == key).and_then(|(_, json)| json.as_ref()).and_then(Json::as_str);
    let mut faults = Vec::new();
    if text("time_zone").is_some_and(|zone| zone.parse::<chrono_tz::Tz>().is_err()) {
        faults.push(Fault::new("time_zone", &code::FORMAT_INVALID).with("format", "time zone (Asia/Shanghai)"));
    }
    faults
}

fn system_schema() -> Json {
    let months: Vec<Json> = [
        ("January", "1 月"),
        ("February", "2 月"),
        ("March", "3 月"),
        ("April", "4 月"),
        ("May", "5 月"),
        ("June", "6 月"),
        ("July", "7 月"),
        ("August", "8 月"),
        ("September", "9 月"),
        ("October", "10 月"),
        ("November", "11 月"),
        ("December", "12 月"),
    ]
    .iter()
    .enumerate()
    .map(|(i, (en, zh))| json!({"const": format!("{:02}", i + 1), "title": en, "labels": {"zh-CN": zh}}))
    .collect();
    let currency =
        |en: &str, zh: &str| json!({"type": "string", "title": en, "labels": {"zh-CN": zh}, "pattern": "^[A-Z]{3}$"});
    json!({"type": "object", "properties": {
        "company_name": {"type": "string", "title": "Company name", "labels": {"zh-CN": "公司名称"}, "minLength": 1, "maxLength": LONGEST_NAME},
        "time_zone": {"type": "string", "title": "Time zone", "labels": {"zh-CN": "时区"}, "maxLength": 64,
            "description": "Days, windows and groups are days of this zone, such as Asia/Shanghai.",
            "descriptions": {"zh-CN": "日期、时间窗口和分组均按此时区计算，例如 Asia/Shanghai。"}},
        "locale": {"title": "Language", "labels": {"zh-CN": "语言"}, "oneOf": [
            {"const": "zh-CN", "title": "简体中文"}, {"const": "en", "title": "English"}],
            "description": "Of pages where neither the browser nor the person asks for one.",
            "descriptions": {"zh-CN": "浏览器和个人均未指定语言时使用。"}, "field": {"type": "choice"}},
        "currency": currency("Currency of the books", "本位币"),
        "report_currency": currency("Currency of reports", "报表币种"),
        "fiscal_year_start": {"title": "Fiscal year begins in", "labels": {"zh-CN": "财年起始月"}, "default": "01", "oneOf": months, "field": {"type": "choice"}},
        "week_start": {"title": "Week begins on", "labels": {"zh-CN": "每周起始日"}, "default": "monday", "oneOf": [
            {"const": "monday", "title": "Monday", "labels": {"zh-CN": "星期一"}},
            {"const": "saturday", "title": "Saturday", "labels": {"zh-CN": "星期六"}},
            {"const": "sunday", "title": "Sunday", "labels": {"zh-CN": "星期日"}}], "field": {"type": "choice"}}
    }})
}

/// The day of a value of `week_start`.
pub fn week_start(value: &str) -> Weekday {
    match value {
        "saturday" => Weekday::Sat,
        "sunday" => Weekday::Sun,
        _ => Weekday::Mon,
    }
}

/// Keys of settings that a document names in `{"var": "settings.…"}`, each with its pointer.
pub fn named_settings(doc: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut todo = vec![(String::new(), doc)];
    while let Some((at, json)) = todo.pop() {
        match json {
            Json::Object(map) => {
                if let Some(key) = map.get("var").and_then(Json::as_str).and_then(|v| v.strip_prefix("settings.")) {
                    found.push((format!("{at}/var"), key.to_string()));
                }
                todo.extend(map.iter().map(|(k, v)| (format!("{at}/{}", pointer_segment(k)), v)));
            }
            Json::Array(items) => todo.extend(items.iter().enumerate().map(|(i, v)| (format!("{at}/{i}"), v))),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn app(settings: Json) -> (Option<AppSettings>, Vec<Fault>) {
        let doc =
            serde_json::from_value(json!({"kind": "app", "name": "a", "title": "A", "settings": settings})).unwrap();
        let mut faults = Vec::new();
        (AppSettings::of_app(&doc, &HashMap::new(), &mut faults), faults)
    }

    fn object(json: Json) -> Map<String, Json> {
        json.as_object().cloned().unwrap()
    }

    #[test]
    fn a_key_has_its_default_until_something_that_fits_is_stored() {
        let settings = app(json!({"type": "object", "properties": {"floor": {"type": "number", "default": 0.08, "maximum": 1, "field": {"type": "percent"}}, "note": {"type": "string"}}})).0.unwrap();
        assert_eq!(settings.values(&|_| None).get("floor").map(Json::to_string), Some("0.08".into()));
        assert_eq!(settings.values(&|_| None).get("note"), Some(&Json::Null));
        let stored = |key: &str| (key == "floor").then(|| json!("text of an older schema"));
        assert_eq!(settings.values(&stored).get("floor").map(Json::to_string), Some("0.08".into()));
    }

    #[test]
    fn all_faults_of_a_change_come_at_once() {
        let settings = app(json!({"type": "object", "properties": {"floor": {"type": "number", "maximum": 1, "field": {"type": "number", "scale": 2}}, "days": {"type": "integer"}}})).0.unwrap();
        let faults = settings
            .read_change(&object(json!({"floor": 3, "days": "x", "flor": 1})), &Map::new())
            .expect_err("three faults");
        let mut found: Vec<(&str, &str)> = faults.iter().map(|f| (f.path.as_str(), f.code.code)).collect();
        found.sort_unstable();
        assert_eq!(found, [("days", "wrong_type"), ("floor", "too_large"), ("flor", "unknown_field")]);
    }

    #[test]
    fn a_zone_that_is_none_is_a_fault_and_null_goes_back_to_the_default() {
        let company = AppSettings::system().unwrap();
        let read = |body: Json| company.read_change(&object(body), &Map::new());
        assert_eq!(read(json!({"time_zone": "Asia/Nowhere"})).expect_err("no zone")[0].path, "time_zone");
        assert_eq!(read(json!({"week_start": null})).unwrap(), [("week_start".to_string(), None)]);
        assert_eq!(company.values(&|_| None).get("week_start"), Some(&json!("monday")));
    }

    #[test]
    fn links_rows_and_files_are_no_settings() {
        let (settings, faults) = app(
            json!({"type": "object", "properties": {"to": {"type": "string", "field": {"type": "link", "form": "x"}}, "f": {"type": "array", "field": {"type": "files"}}}}),
        );
        assert!(settings.is_none());
        assert_eq!(faults.iter().filter(|f| f.path.starts_with("/settings/properties/")).count(), 2, "{faults:?}");
    }
}
