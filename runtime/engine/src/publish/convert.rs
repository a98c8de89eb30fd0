//! How a value becomes one of another type: text is read as an import reads it, everything becomes the text a page shows.

use crate::Context;
use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use formwright_core::field::{ColumnKind as C, Storage as S};
use formwright_core::plan::Conversion;
use formwright_core::text::Locale;
use formwright_core::value::{decimal_to_json, format_instant, format_time};
use formwright_exchange::clean::date::{self, DateRules};
use formwright_exchange::clean::number::{self, NumberRules};
use formwright_exchange::clean::{boolean, moment};
use formwright_exchange::source::Cell;
use formwright_store::{Val, ddl::Converter};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

/// Marks between the parts of a text that becomes a list.
const MARKS: [char; 8] = [',', ';', '|', '，', '；', '、', '\n', '\t'];

/// Converts in the company's zone and the language of whoever publishes.
pub(crate) struct TypeConverter {
    zone: Tz,
    locale: Locale,
}

impl TypeConverter {
    pub fn new(cx: &Context) -> TypeConverter {
        TypeConverter { zone: cx.zone, locale: cx.locale }
    }

    fn instant(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        // an hour that the clock skips does not exist: the hour after it is meant
        let at = self.zone.from_local_datetime(&local);
        at.earliest()
            .or_else(|| self.zone.from_local_datetime(&(local + chrono::TimeDelta::hours(1))).earliest())
            .map(|t| t.with_timezone(&Utc))
    }

    fn text_of(&self, type_name: &str, value: &Val) -> Option<String> {
        Some(match value {
            Val::Text(text) => text.clone(),
            Val::Dec(number, _) if type_name == "percent" => {
                format!("{}%", (*number * Decimal::ONE_HUNDRED).normalize())
            }
            Val::Dec(number, _) => number.normalize().to_string(),
            Val::Bool(truth) => match (truth, self.locale) {
                (true, Locale::En) => "Yes",
                (false, Locale::En) => "No",
                (true, Locale::ZhCn) => "是",
                (false, Locale::ZhCn) => "否",
            }
            .to_string(),
            Val::Date(day) => day.to_string(),
            Val::Time(micros) => format_time(*micros),
            Val::Ts(at) => {
                let local = at.with_timezone(&self.zone).naive_local();
                let format = if local.nanosecond() > 0 {
                    "%Y-%m-%d %H:%M:%S%.f"
                } else if local.second() > 0 {
                    "%Y-%m-%d %H:%M:%S"
                } else {
                    "%Y-%m-%d %H:%M"
                };
                local.format(format).to_string()
            }
            Val::Json(text) => match serde_json::from_str::<Json>(text).ok()? {
                Json::String(text) => text,
                Json::Array(items) if items.iter().all(Json::is_string) => {
                    items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", ")
                }
                _ => text.clone(),
            },
            Val::Null(_) | Val::Int(_) | Val::Uuid(_) | Val::Bytes(_) => return None,
        })
    }

    fn read(&self, text: &str, kind: C, to_type: &str) -> Option<Val> {
        let cell = || Cell::Text(text.to_string());
        Some(match kind {
            C::Dec(scale) => {
                let number = number::parse(text, NumberRules::default()).ok()?.normalize();
                Val::Dec((number.scale() <= scale).then_some(number)?, scale)
            }
            C::Bool => Val::Bool(boolean::clean(&cell()).ok()?.value),
            C::Date => Val::Date(date::parse(text, DateRules::default()).ok()?.value),
            C::Ts => {
                let read = moment::clean_datetime(&cell(), DateRules::default()).ok()?.value;
                Val::Ts(match read.offset {
                    Some(offset) => offset.from_local_datetime(&read.local).earliest()?.with_timezone(&Utc),
                    None => self.instant(read.local)?,
                })
            }
            C::Time => {
                let time = moment::clean_time(&cell()).ok()?.value;
                Val::Time((time - NaiveTime::MIN).num_microseconds()?)
            }
            C::Json => {
                serde_json::from_str::<Json>(text).ok()?;
                Val::Json(text.to_string())
            }
            C::Text if to_type == "duration" => {
                if formwright_core::time::duration_micros(text).is_some() {
                    return Some(Val::Text(text.to_string()));
                }
                Val::Text(moment::iso_duration(moment::clean_duration(&cell()).ok()?.value))
            }
            C::Text => Val::Text(text.to_string()),
            C::Int | C::Uuid => return None,
        })
    }

    fn json_of(&self, value: &Val) -> Option<Json> {
        Some(match value {
            Val::Text(text) => json!(text),
            Val::Dec(number, _) => decimal_to_json(*number),
            Val::Bool(truth) => json!(truth),
            Val::Date(day) => json!(day.to_string()),
            Val::Time(micros) => json!(format_time(*micros)),
            Val::Ts(at) => json!(format_instant(*at)),
            Val::Json(text) => serde_json::from_str(text).ok()?,
            Val::Uuid(id) => json!(id),
            Val::Null(_) | Val::Int(_) | Val::Bytes(_) => return None,
        })
    }
}

impl Converter for TypeConverter {
    fn convert(&self, conversion: &Conversion, value: &Val) -> Option<Val> {
        let (from, to) = (&conversion.from_shape, &conversion.to_shape);
        match (from.storage, to.storage, value) {
            (S::Column(C::Dec(_)), S::Column(C::Dec(scale)), Val::Dec(number, _)) => {
                let number = number.normalize();
                (number.scale() <= scale).then_some(Val::Dec(number, scale))
            }
            (S::Column(C::Text), S::List(C::Text), Val::Text(text)) => {
                let whole = matches!(from.type_name.as_str(), "choice" | "status");
                let mut parts: Vec<String> = Vec::new();
                for part in text.split(|c| !whole && MARKS.contains(&c)).map(str::trim).filter(|p| !p.is_empty()) {
                    if !parts.iter().any(|p| p == part) {
                        parts.push(part.to_string());
                    }
                }
                (!parts.is_empty()).then(|| Val::Json(json!(parts).to_string()))
            }
            (S::Column(_), S::List(_), Val::Uuid(id)) => Some(Val::Json(json!([id]).to_string())),
            (S::List(_), S::Column(kind @ (C::Uuid | C::Text)), Val::Json(list))
                if kind == C::Uuid || matches!(to.type_name.as_str(), "choice" | "status") =>
            {
                let items: Vec<String> = serde_json::from_str(list).ok()?;
                let [one] = items.as_slice() else { return None };
                if kind == C::Uuid {
                    uuid::Uuid::try_parse(one).ok().map(Val::Uuid)
                } else {
                    Some(Val::Text(one.clone()))
                }
            }
            (S::Column(C::Date), S::Column(C::Ts), Val::Date(day)) => {
                self.instant(day.and_time(NaiveTime::MIN)).map(Val::Ts)
            }
            (S::Column(C::Ts), S::Column(C::Date), Val::Ts(at)) => {
                Some(Val::Date(at.with_timezone(&self.zone).date_naive()))
            }
            (S::Column(C::Bool), S::Column(C::Dec(scale)), Val::Bool(truth)) => {
                Some(Val::Dec(Decimal::from(u8::from(*truth)), scale))
            }
            (S::Column(C::Dec(_)), S::Column(C::Bool), Val::Dec(number, _)) => {
                if number.is_zero() {
                    Some(Val::Bool(false))
                } else {
                    (*number == Decimal::ONE).then_some(Val::Bool(true))
                }
            }
            (S::Column(C::Text), S::Column(kind), Val::Text(text)) => self.read(text, kind, &to.type_name),
            (_, S::Column(C::Json), value) => self.json_of(value).map(|j| Val::Json(j.to_string())),
            (_, S::Column(C::Text), value) => self.text_of(&from.type_name, value).map(Val::Text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use formwright_core::plan::{FieldShape, Place};

    fn converted(from: (&str, S), to: (&str, S), value: Val) -> Option<Val> {
        let shape = |(type_name, storage): (&str, S)| FieldShape {
            id: "c_x".into(),
            name: "x".into(),
            type_name: type_name.into(),
            storage,
            sorted: false,
            normalized: false,
            encrypted: false,
            computed: false,
            target: None,
            columns: vec![],
        };
        let place = Place { table: "d_x".into(), rows: false, column: "c_x".into() };
        let conversion = Conversion {
            form: "f_x".into(),
            from: place.clone(),
            from_shape: shape(from),
            to: place,
            to_shape: shape(to),
            restores: false,
        };
        TypeConverter { zone: chrono_tz::Asia::Shanghai, locale: Locale::En }.convert(&conversion, &value)
    }

    #[test]
    fn text_is_read_as_an_import_reads_it() {
        let text = ("text", S::Column(C::Text));
        let number = ("number", S::Column(C::Dec(2)));
        for (given, want) in
            [("1,234.50", Some("1234.5")), ("￥12", Some("12")), ("１２", Some("12")), ("abc", None), ("1.005", None)]
        {
            assert_eq!(
                converted(text, number, Val::from(given)),
                want.map(|w| Val::Dec(w.parse().unwrap(), 2)),
                "{given}"
            );
        }
        assert_eq!(converted(text, ("boolean", S::Column(C::Bool)), Val::from("是")), Some(Val::Bool(true)));
        assert_eq!(
            converted(text, ("tags", S::List(C::Text)), Val::from("a, b；a")),
            Some(Val::Json(r#"["a","b"]"#.into()))
        );
    }

    #[test]
    fn days_and_instants_meet_in_the_companys_zone() {
        let day = Val::Date("2026-11-20".parse().unwrap());
        let at = converted(("date", S::Column(C::Date)), ("datetime", S::Column(C::Ts)), day.clone()).unwrap();
        assert_eq!(at, Val::Ts("2026-11-19T16:00:00Z".parse().unwrap()));
        assert_eq!(converted(("datetime", S::Column(C::Ts)), ("date", S::Column(C::Date)), at.clone()), Some(day));
        assert_eq!(
            converted(("datetime", S::Column(C::Ts)), ("text", S::Column(C::Text)), at),
            Some(Val::from("2026-11-20 00:00"))
        );
    }

    #[test]
    fn a_list_of_several_does_not_become_one() {
        let users = ("users", S::List(C::Uuid));
        let two = json!([uuid::Uuid::nil(), uuid::Uuid::max()]).to_string();
        assert_eq!(converted(users, ("user", S::Column(C::Uuid)), Val::Json(two)), None);
        assert_eq!(
            converted(users, ("user", S::Column(C::Uuid)), Val::Json(json!([uuid::Uuid::max()]).to_string())),
            Some(Val::Uuid(uuid::Uuid::max()))
        );
    }
}
