//! Work calendars: the week's hours, holidays, and days on which work is made up for.

use crate::audit::{self, Origin};
use crate::records::follow;
use crate::settings::may_read;
use crate::{Context, EngineError, EngineResult, Refusal, organisation};
use chrono::NaiveDate;
use formwright_core::definition::type_name;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::expr::{Hours, WorkCalendar};
use formwright_core::fold;
use formwright_store::people::version;
use formwright_store::settings as rows;
use serde_json::{Map, Value as Json, json};

/// The company's own calendar.
pub const DEFAULT: &str = "default";
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// Most days unlike their weekday.
const MOST_DAYS: usize = 2000;
/// Most spans of a day.
const MOST_SPANS: usize = 12;

/// Reads `{"week": {"monday": [{"from": "08:30", "to": "12:00"}, …], …}, "holidays": [{"date", "title"?}],
/// "workdays": [{"date", "title"?, "hours"?}]}`. A made-up day without hours has those of the first weekday that has some.
fn read(doc: &Map<String, Json>, faults: &mut Vec<Fault>) -> WorkCalendar {
    let mut calendar = WorkCalendar { week: Default::default(), exceptions: Default::default() };
    match doc.get("week") {
        Some(Json::Object(week)) => {
            for key in week.keys().filter(|key| !DAYS.contains(&key.as_str())) {
                faults.push(
                    Fault::new(format!("week/{key}"), &code::UNKNOWN_KEY)
                        .with("name", key)
                        .suggest(key, DAYS.into_iter()),
                );
            }
            for (name, hours) in DAYS.iter().zip(calendar.week.iter_mut()) {
                *hours = spans(week.get(*name), &format!("week/{name}"), faults);
            }
        }
        None | Some(Json::Null) => calendar.week = WorkCalendar::default().week,
        Some(other) => faults.push(wrong("week", "object", other)),
    }
    let usual = calendar.week.iter().find(|hours| !hours.is_empty()).cloned().unwrap_or_default();
    for (list, works) in [("holidays", false), ("workdays", true)] {
        for (at, day) in days(doc.get(list), list, faults) {
            let hours = match day.get("hours").filter(|_| works) {
                Some(given) => spans(Some(given), &format!("{at}/hours"), faults),
                None if works => usual.clone(),
                None => Vec::new(),
            };
            for key in day.keys().filter(|k| !["date", "title", "hours"].contains(&k.as_str())) {
                faults.push(Fault::new(format!("{at}/{key}"), &code::UNKNOWN_KEY).with("name", key));
            }
            match day.get("date").and_then(Json::as_str).and_then(date) {
                Some(date) if calendar.exceptions.insert(date, hours).is_some() => {
                    faults.push(Fault::new(format!("{at}/date"), &code::NOT_UNIQUE_ITEMS));
                }
                Some(_) => {}
                None => faults
                    .push(Fault::new(format!("{at}/date"), &code::FORMAT_INVALID).with("format", "date (2026-11-23)")),
            }
        }
    }
    calendar
}

fn wrong(path: &str, expected: &str, got: &Json) -> Fault {
    Fault::new(path, &code::WRONG_TYPE).with("expected", expected).with("got", type_name(got))
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10)
}

/// The days of a list, each as an object; a bare date is one without a title.
fn days(json: Option<&Json>, list: &str, faults: &mut Vec<Fault>) -> Vec<(String, Map<String, Json>)> {
    let items = match json {
        None | Some(Json::Null) => return Vec::new(),
        Some(Json::Array(items)) => items,
        Some(other) => {
            faults.push(wrong(list, "array", other));
            return Vec::new();
        }
    };
    if items.len() > MOST_DAYS {
        faults.push(Fault::new(list, &code::TOO_MANY).with("limit", MOST_DAYS));
        return Vec::new();
    }
    let mut out = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let at = format!("{list}/{i}");
        match item {
            Json::Object(day) => out.push((at, day.clone())),
            Json::String(text) => out.push((at, Map::from_iter([("date".to_string(), json!(text))]))),
            other => faults.push(wrong(&at, "object", other)),
        }
    }
    out
}

fn spans(json: Option<&Json>, at: &str, faults: &mut Vec<Fault>) -> Vec<Hours> {
    let items = match json {
        None | Some(Json::Null) => return Vec::new(),
        Some(Json::Array(items)) if items.len() <= MOST_SPANS => items,
        Some(Json::Array(_)) => {
            faults.push(Fault::new(at, &code::TOO_MANY).with("limit", MOST_SPANS));
            return Vec::new();
        }
        Some(other) => {
            faults.push(wrong(at, "array", other));
            return Vec::new();
        }
    };
    let mut out: Vec<Hours> = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let here = format!("{at}/{i}");
        let minute = |key: &str| item.get(key).and_then(Json::as_str).and_then(minute_of_day);
        match (minute("from"), minute("to")) {
            (Some(opens), Some(closes)) if opens < closes && out.last().is_none_or(|last| last.closes <= opens) => {
                out.push(Hours { opens, closes });
            }
            (Some(_), Some(_)) => faults
                .push(Fault::new(here, &code::VALUE_INVALID).with("reason", "hours go forward and do not overlap")),
            _ => faults.push(
                Fault::new(here, &code::FORMAT_INVALID).with("format", "{\"from\": \"08:30\", \"to\": \"12:00\"}"),
            ),
        }
    }
    out
}

/// `08:30`; `24:00` is the end of the day.
fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let all = hour * 60 + minute;
    (minute < 60 && all <= 1440).then_some(all)
}

/// A stored calendar, ready for use.
pub(crate) fn stored(doc: &str) -> Option<WorkCalendar> {
    let doc: Map<String, Json> = serde_json::from_str(doc).ok()?;
    Some(read(&doc, &mut Vec::new()))
}

/// The standard week, as a calendar is written.
fn standard() -> Json {
    let time = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let span = |h: &Hours| json!({"from": time(h.opens), "to": time(h.closes)});
    let week: Map<String, Json> = DAYS
        .iter()
        .zip(WorkCalendar::default().week.iter())
        .map(|(name, hours)| ((*name).to_string(), hours.iter().map(span).collect()))
        .collect();
    json!({"name": DEFAULT, "week": week, "holidays": [], "workdays": [], "version": 0})
}

/// `{"items": […], "next": null}`: every calendar; where nobody described the company's own, the standard week with version 0.
///
/// # Errors
/// 403, and what the store gives.
pub async fn calendars(cx: &Context) -> EngineResult<Json> {
    may_read(cx)?;
    let organisation = organisation::fresh(&cx.engine).await?;
    let mut items: Vec<Json> = organisation.calendars().iter().map(present).collect();
    if !organisation.calendars().iter().any(|row| row.name == DEFAULT) {
        items.insert(0, standard());
    }
    Ok(json!({"items": items, "next": null}))
}

fn present(row: &rows::CalendarRow) -> Json {
    let mut out = Map::from_iter([("name".to_string(), json!(row.name))]);
    out.extend(serde_json::from_str::<Map<String, Json>>(&row.doc).unwrap_or_default());
    out.insert("version".into(), json!(row.version));
    Json::Object(out)
}

/// Writes a calendar: `{"name"?, "title"?, "week"?, "holidays"?, "workdays"?, "version"?}`, whole. Without a name it is the
/// company's own, without a week the standard one.
///
/// # Errors
/// 403, 409 `record_conflict` over a stale version, every fault by path, and what the store gives.
pub async fn put_calendar(cx: &Context, body: Map<String, Json>, if_version: Option<i64>) -> EngineResult<Json> {
    crate::accounts::require_right(cx, "settings")?;
    let mut doc = body;
    let mut faults = Vec::new();
    let name = match doc.shift_remove("name") {
        None | Some(Json::Null) => DEFAULT.to_string(),
        Some(Json::String(name)) if is_name(&name) => name,
        Some(Json::String(name)) => {
            faults.push(Fault::new("name", &code::NAME_INVALID).with("name", name));
            String::new()
        }
        Some(other) => {
            faults.push(wrong("name", "string", &other));
            String::new()
        }
    };
    let stated = match doc.shift_remove("version") {
        None | Some(Json::Null) => None,
        Some(json) => {
            if json.as_i64().is_none() {
                faults.push(wrong("version", "integer", &json));
            }
            json.as_i64()
        }
    };
    let known = ["title", "week", "holidays", "workdays"];
    for key in doc.keys().filter(|key| !known.contains(&key.as_str())) {
        faults.push(Fault::new(key, &code::UNKNOWN_FIELD).with("name", key).suggest(key, known.into_iter()));
    }
    let titles = ["holidays", "workdays"]
        .iter()
        .flat_map(|list| {
            doc.get(*list)
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .enumerate()
                .map(move |(i, day)| (format!("{list}/{i}/title"), day.get("title")))
        })
        .chain([("title".to_string(), doc.get("title"))]);
    for (at, title) in titles {
        match title {
            None | Some(Json::Null) => {}
            Some(Json::String(text)) if !fold::is_storable(text) => faults.push(Fault::new(at, &code::TEXT_INVALID)),
            Some(Json::String(text)) if text.chars().count() > 100 => {
                faults.push(Fault::new(at, &code::TOO_LONG).with("limit", 100));
            }
            Some(Json::String(_)) => {}
            Some(other) => faults.push(wrong(&at, "string", other)),
        }
    }
    read(&doc, &mut faults);
    if !faults.is_empty() {
        return Err(EngineError::faults(&code::VALIDATION, faults));
    }
    let wanted = if_version.or(stated);
    let (origin, now, by) = (Origin::of(cx), cx.now, cx.principal().map(|p| p.person.id));
    let (text, key) = (Json::Object(doc).to_string(), name.clone());
    // as it will be: formulas that count by it follow
    let mut company = cx.engine.company(&cx.catalog).as_ref().clone();
    company.calendars.extend(stored(&text).map(|calendar| (key.clone(), calendar)));
    let around = follow::Around::with(cx, company)?;
    cx.engine
        .db()
        .write(move |tx| {
            Box::pin(async move {
                version::raise(tx).await?;
                let number = rows::put_calendar(&key, text, now, by, tx).await?;
                if wanted.is_some_and(|wanted| wanted != number - 1) {
                    let mut refusal = Refusal::new(&code::RECORD_CONFLICT).with("who", "");
                    refusal.extra.insert("version".into(), json!(number - 1));
                    return Err(refusal.into());
                }
                around.facts_changed(&|uses| uses.calendar, tx).await?;
                let body = json!({"what": "calendar.update", "on": {"calendar": key}});
                audit::record(tx, &origin, "settings", body).await?;
                Ok::<_, EngineError>(())
            })
        })
        .await?;
    let organisation = organisation::fresh(&cx.engine).await?;
    organisation.calendars().iter().find(|row| row.name == name).map(present).ok_or_else(EngineError::not_found)
}

fn is_name(name: &str) -> bool {
    name.len() <= 48
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Writes the calendars of an app's `_calendars.json`: a list of them.
pub(crate) async fn load(cx: &Context, text: &str) -> EngineResult<usize> {
    let wrong = |error: String| EngineError::Internal(format!("calendars: {error}"));
    let list: Vec<Map<String, Json>> = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let count = list.len();
    for calendar in list {
        put_calendar(cx, calendar, None).await?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn calendar(doc: Json) -> (WorkCalendar, Vec<Fault>) {
        let mut faults = Vec::new();
        let calendar = read(doc.as_object().unwrap(), &mut faults);
        (calendar, faults)
    }

    #[test]
    fn holidays_are_closed_and_made_up_days_have_the_usual_hours() {
        let (calendar, faults) = calendar(
            json!({"holidays": ["2026-10-01"], "workdays": [{"date": "2026-10-10"}, {"date": "2026-10-11", "hours": [{"from": "09:00", "to": "12:00"}]}]}),
        );
        assert!(faults.is_empty(), "{faults:?}");
        let day = |text: &str| calendar.hours(text.parse().unwrap()).iter().map(|h| h.closes - h.opens).sum::<u32>();
        assert_eq!((day("2026-10-01"), day("2026-10-02"), day("2026-10-10"), day("2026-10-11")), (0, 480, 480, 180));
    }

    #[test]
    fn what_cannot_be_is_told_by_its_place() {
        let (_, faults) = calendar(
            json!({"week": {"monday": [{"from": "12:00", "to": "08:00"}], "mon": []}, "holidays": [{"date": "2026-13-01"}, "2026-10-01", "2026-10-01"]}),
        );
        let mut at: Vec<&str> = faults.iter().map(|f| f.path.as_str()).collect();
        at.sort_unstable();
        assert_eq!(at, ["holidays/0/date", "holidays/2/date", "week/mon", "week/monday/0"]);
    }

    #[test]
    fn the_standard_week_reads_back_as_itself() {
        let (read_back, faults) = calendar(standard());
        assert!(faults.is_empty());
        assert_eq!(read_back, WorkCalendar::default());
    }
}
