//! Reading the JSON bodies of people, departments and tokens: every fault at its key, unknown keys refused.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::fold;
use serde_json::{Map, Value as Json};

/// A body being read. An absent key gives `None`; where a key may be emptied, `null` gives `Some(None)`.
pub(super) struct Reader<'a> {
    members: Option<&'a Map<String, Json>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(body: &'a Json, known: &[&str], faults: &mut Vec<Fault>) -> Reader<'a> {
        let Json::Object(members) = body else {
            faults.push(wrong("", "object", body));
            return Reader { members: None };
        };
        for key in members.keys().filter(|key| !known.contains(&key.as_str())) {
            faults.push(Fault::new(key, &code::UNKNOWN_FIELD).with("name", key).suggest(key, known.iter().copied()));
        }
        Reader { members: Some(members) }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Json> {
        self.members?.get(key)
    }

    /// A text of that many characters that may not be emptied.
    pub(super) fn text(&mut self, key: &str, least: usize, most: usize, faults: &mut Vec<Fault>) -> Option<String> {
        match self.nullable_text(key, most, faults)? {
            Some(text) if text.chars().count() >= least => Some(text),
            Some(_) => {
                faults.push(Fault::new(key, &code::TOO_SHORT).with("limit", least));
                None
            }
            None => {
                faults.push(Fault::new(key, &code::REQUIRED).with("title", key));
                None
            }
        }
    }

    /// A text, trimmed; `null` and blank empty it.
    pub(super) fn nullable_text(&mut self, key: &str, most: usize, faults: &mut Vec<Fault>) -> Option<Option<String>> {
        let fault = match self.get(key)? {
            Json::Null => return Some(None),
            Json::String(text) if !fold::is_storable(text) => Fault::new(key, &code::TEXT_INVALID),
            Json::String(text) if text.chars().count() > most => Fault::new(key, &code::TOO_LONG).with("limit", most),
            Json::String(text) => return Some(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            other => wrong(key, "text", other),
        };
        faults.push(fault);
        None
    }

    pub(super) fn truth(&mut self, key: &str, faults: &mut Vec<Fault>) -> Option<bool> {
        match self.get(key)? {
            Json::Bool(truth) => Some(*truth),
            other => {
                faults.push(wrong(key, "true or false", other));
                None
            }
        }
    }

    pub(super) fn object(&mut self, key: &str, faults: &mut Vec<Fault>) -> Option<Map<String, Json>> {
        match self.get(key)? {
            Json::Null => Some(Map::new()),
            Json::Object(object) => Some(object.clone()),
            other => {
                faults.push(wrong(key, "object", other));
                None
            }
        }
    }

    /// A list of texts; `null` is an empty one.
    pub(super) fn texts(&mut self, key: &str, faults: &mut Vec<Fault>) -> Option<Vec<String>> {
        let list = match self.get(key)? {
            Json::Null => return Some(Vec::new()),
            Json::Array(list) => list,
            other => {
                faults.push(wrong(key, "list", other));
                return None;
            }
        };
        let mut out = Vec::new();
        for (i, item) in list.iter().enumerate() {
            match item {
                Json::String(text) => out.push(text.clone()),
                other => faults.push(wrong(&format!("{key}/{i}"), "text", other)),
            }
        }
        Some(out)
    }

    /// An instant, or a day: its beginning in the zone, or with `end` the beginning of the next, so that the day counts.
    pub(super) fn instant(
        &mut self,
        key: &str,
        zone: Tz,
        end: bool,
        faults: &mut Vec<Fault>,
    ) -> Option<Option<DateTime<Utc>>> {
        match self.get(key)? {
            Json::Null => Some(None),
            Json::String(text) => match read_instant(text, zone, end) {
                Some(at) => Some(Some(at)),
                None => {
                    faults.push(Fault::new(key, &code::FORMAT_INVALID).with("format", "date-time"));
                    None
                }
            },
            other => {
                faults.push(wrong(key, "text", other));
                None
            }
        }
    }
}

fn read_instant(text: &str, zone: Tz, end: bool) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let day: NaiveDate = text.parse().ok()?;
    let day = if end { day.checked_add_days(Days::new(1))? } else { day };
    // Where the clock jumps over midnight, the day begins with the first moment there is.
    let mut begin = day.and_time(NaiveTime::MIN);
    for _ in 0..5 {
        if let Some(at) = zone.from_local_datetime(&begin).earliest() {
            return Some(at.to_utc());
        }
        begin += chrono::TimeDelta::minutes(30);
    }
    None
}

pub(super) fn wrong(path: &str, expected: &str, got: &Json) -> Fault {
    let got = match got {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "number",
        Json::String(_) => "text",
        Json::Array(_) => "list",
        Json::Object(_) => "object",
    };
    Fault::new(path, &code::WRONG_TYPE).with("expected", expected).with("got", got)
}
