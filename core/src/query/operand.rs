//! The value of a term as its field's type: single values, lists of them, ranges, days and what lies below a node.

use super::operators::Operators;
use super::path::{Leaf, Path};
use super::{QueryContext, Test};
use crate::definition::type_name;
use crate::diagnostic::Fault;
use crate::field::{ColumnKind, Field, FieldKind, SystemField};
use crate::time::{self, DayRange, Unit};
use crate::value::{NumberFault, Value, decimal_from_text};
use crate::written::{parse_instant, parse_time};
use crate::{error_code as code, fold};
use chrono::NaiveDate;
use serde_json::Value as Json;
use uuid::Uuid;

pub(super) enum Membership {
    Values(Vec<Value>),
    Ranges(Vec<Test>),
}

pub(super) struct OperandReader<'a> {
    pub(super) cx: &'a QueryContext<'a>,
    pub(super) ops: Operators,
    pub(super) field: Option<&'a Field>,
    pub(super) path: &'a Path,
    pub(super) at: &'a str,
}

impl OperandReader<'_> {
    pub(super) fn wrong(&self, expected: &str, got: &Json) -> Fault {
        Fault::new(self.at, &code::WRONG_TYPE).with("expected", expected).with("got", type_name(got))
    }

    fn invalid(&self, reason: &str) -> Fault {
        Fault::new(self.at, &code::VALUE_INVALID).with("reason", reason)
    }

    pub(super) fn texts(&self, json: &Json) -> Result<Vec<String>, Fault> {
        match json {
            Json::String(t) => Ok(vec![t.clone()]),
            Json::Array(items) => {
                items.iter().map(|i| i.as_str().map(str::to_string).ok_or_else(|| self.wrong("string", i))).collect()
            }
            other => Err(self.wrong("string", other)),
        }
    }

    fn value(&self, json: &Json) -> Result<Value, Fault> {
        let text = || match json {
            Json::String(t) if fold::is_storable(t) => Ok(t.as_str()),
            Json::String(_) => Err(Fault::new(self.at, &code::TEXT_INVALID)),
            other => Err(self.wrong("string", other)),
        };
        match self.ops {
            Operators::Text | Operators::Choice | Operators::Many => {
                let t = text()?;
                self.known_choice(t)?;
                Ok(Value::Text(t.to_string()))
            }
            Operators::Number => {
                if let Some(FieldKind::Duration) = self.field.map(|f| &f.kind) {
                    let micros =
                        time::duration_micros(text()?).ok_or_else(|| self.invalid("not a duration (PT1H30M)"))?;
                    return Ok(Value::Dec(rust_decimal::Decimal::new(micros, 6)));
                }
                let Json::Number(n) = json else { return Err(self.wrong("number", json)) };
                // a bound may be finer than the field: it is compared exactly
                decimal_from_text(n.as_str(), 9)
                    .map(|d| d.normalize())
                    .or_else(|_| decimal_from_text(n.as_str(), 0))
                    .or_else(|_| self.scale().map_or(Err(NumberFault::TooLong), |s| decimal_from_text(n.as_str(), s)))
                    .map(Value::Dec)
                    .map_err(|f| match f {
                        NumberFault::TooLong => Fault::new(self.at, &code::NUMBER_TOO_LONG),
                        NumberFault::TooManyDecimals => Fault::new(self.at, &code::TOO_MANY_DECIMALS).with("limit", 9),
                    })
            }
            Operators::Date => self.day(text()?).map(Value::Date),
            Operators::Instant => parse_instant(text()?)
                .map(Value::Ts)
                .ok_or_else(|| self.invalid("not an instant (2026-11-23T08:24:39Z) nor a day")),
            Operators::Time => {
                parse_time(text()?).map(Value::Time).ok_or_else(|| self.invalid("not a time (08:30:00)"))
            }
            Operators::Boolean => json.as_bool().map(Value::Bool).ok_or_else(|| self.wrong("boolean", json)),
            Operators::Id | Operators::ManyIds | Operators::Department | Operators::ManyDepartments => {
                let t = text()?;
                if let Ok(id) = Uuid::try_parse(t) {
                    return Ok(Value::Id(id));
                }
                let organisation = self.cx.vars.organisation;
                let named = match self.ops {
                    Operators::Department | Operators::ManyDepartments => organisation.department_named(t),
                    _ if self.is_person() => organisation.user_named(t),
                    _ => return Err(self.invalid("not an id")),
                };
                // a name that nobody has: no record has it either
                Ok(Value::Id(named.unwrap_or(Uuid::nil())))
            }
            Operators::Json => Ok(Value::Text(json.as_str().map_or_else(|| json.to_string(), str::to_string))),
            Operators::Rows => Err(self.invalid("rows have no value")),
        }
    }

    fn is_person(&self) -> bool {
        matches!(self.path.leaf, Leaf::User(_) | Leaf::System(SystemField::CreatedBy | SystemField::UpdatedBy))
            || matches!(self.field.map(|f| &f.kind), Some(FieldKind::User | FieldKind::Users))
    }

    fn scale(&self) -> Option<u32> {
        match self.path.column_kind(self.cx.catalog) {
            ColumnKind::Dec(s) => Some(s),
            _ => None,
        }
    }

    fn known_choice(&self, value: &str) -> Result<(), Fault> {
        let Some(field) = self.field else { return Ok(()) };
        let Some(set) = field.kind.choices().filter(|s| s.get(value).is_none()) else { return Ok(()) };
        if matches!(&field.kind, FieldKind::Tags(t) if t.open) {
            return Ok(());
        }
        Err(Fault::new(self.at, &code::CHOICE_UNKNOWN)
            .with("value", value)
            .suggest(value, set.choices.iter().map(|c| c.value.as_str())))
    }

    fn day(&self, text: &str) -> Result<NaiveDate, Fault> {
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(day);
        }
        parse_instant(text)
            .map(|t| t.with_timezone(&self.cx.vars.clock.zone).date_naive())
            .ok_or_else(|| self.invalid("not a date (2026-11-23)"))
    }

    /// A day given for an instant means that day in the company's zone.
    fn whole_day(&self, json: &Json) -> Option<NaiveDate> {
        let text = json.as_str().filter(|t| self.ops == Operators::Instant && t.len() == 10)?;
        NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
    }

    pub(super) fn comparison(&self, op: &str, json: &Json) -> Result<Test, Fault> {
        if let Some(day) = self.whole_day(json) {
            let (from, to) = (Some(day), Some(day));
            return Ok(match op {
                "eq" | "ne" => self.instants(DayRange { from, to }),
                "ge" => self.instants(DayRange { from, to: None }),
                "le" => self.instants(DayRange { from: None, to }),
                "lt" => self.instants(DayRange { from: None, to: day.pred_opt() }),
                _ => self.instants(DayRange { from: day.succ_opt(), to: None }),
            });
        }
        if matches!(op, "eq" | "ne") && json.is_array() {
            return match self.membership(json)? {
                Membership::Values(values) => Ok(Test::In(values)),
                Membership::Ranges(_) => Err(self.invalid("give one value")),
            };
        }
        let value = self.value(json)?;
        Ok(match op {
            "lt" => Test::Range { low: None, high: Some((value, false)) },
            "le" => Test::Range { low: None, high: Some((value, true)) },
            "gt" => Test::Range { low: Some((value, false)), high: None },
            "ge" => Test::Range { low: Some((value, true)), high: None },
            _ => Test::Eq(value),
        })
    }

    pub(super) fn membership(&self, json: &Json) -> Result<Membership, Fault> {
        let one = [json.clone()];
        let items: &[Json] = json.as_array().map_or(&one, Vec::as_slice);
        if items.len() > 1000 {
            return Err(Fault::new(self.at, &code::TOO_MANY).with("limit", 1000));
        }
        if items.iter().any(|i| self.whole_day(i).is_some()) {
            return items
                .iter()
                .map(|i| self.comparison("eq", i))
                .collect::<Result<Vec<_>, _>>()
                .map(Membership::Ranges);
        }
        items
            .iter()
            .filter(|i| !i.is_null())
            .map(|i| self.value(i))
            .collect::<Result<Vec<_>, _>>()
            .map(Membership::Values)
    }

    pub(super) fn between(&self, json: &Json) -> Result<Test, Fault> {
        let (low, high) = match json {
            Json::Array(items) => match items.as_slice() {
                [low, high] => (Some(low), Some(high)),
                _ => return Err(self.invalid("give [from, to]")),
            },
            Json::Object(map) => (map.get("from"), map.get("to")),
            _ => return Err(self.invalid("give [from, to]")),
        };
        let present = |v: Option<&Json>| v.filter(|v| !v.is_null()).cloned();
        let (low, high) = (present(low), present(high));
        let mut out_low = None;
        let mut out_high = None;
        if let Some(json) = &low {
            match self.comparison("ge", json)? {
                Test::Range { low, .. } => out_low = low,
                _ => return Err(self.invalid("give [from, to]")),
            }
        }
        if let Some(json) = &high {
            match self.comparison("le", json)? {
                Test::Range { high, .. } => out_high = high,
                _ => return Err(self.invalid("give [from, to]")),
            }
        }
        Ok(Test::Range { low: out_low, high: out_high })
    }

    pub(super) fn within(&self, json: &Json) -> Result<Option<Test>, Fault> {
        let today = self.cx.vars.clock.today();
        let unknown = || {
            self.invalid("give {\"last\": 3, \"unit\": \"month\"}, {\"next\": …}, {\"from\", \"to\"} or a name such as this_month")
        };
        let range = match json {
            Json::String(name) => {
                let year = (self.cx.vars.fiscal_year_start, self.cx.vars.week_start);
                time::preset(today, name, year.0, year.1).ok_or_else(unknown)?
            }
            Json::Object(map) => {
                let count = |key: &str| map.get(key).and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok());
                let unit = map.get("unit").and_then(Json::as_str).and_then(Unit::parse);
                match (count("last"), count("next"), unit) {
                    (Some(n), None, Some(unit)) => {
                        let range = time::last(today, n, unit).ok_or_else(unknown)?;
                        if self.ops == Operators::Instant {
                            // future instants never count
                            let low = range.from.map(|d| (Value::Ts(self.cx.vars.clock.day_start(d)), true));
                            return Ok(Some(Test::Range {
                                low,
                                high: Some((Value::Ts(self.cx.vars.clock.now), true)),
                            }));
                        }
                        range
                    }
                    (None, Some(n), Some(unit)) => time::next(today, n, unit).ok_or_else(unknown)?,
                    _ if map.contains_key("from") || map.contains_key("to") => {
                        if map.values().all(Json::is_null) {
                            return Ok(None);
                        }
                        return self.between(json).map(Some);
                    }
                    _ => return Err(unknown()),
                }
            }
            _ => return Err(unknown()),
        };
        Ok(Some(if self.ops == Operators::Instant {
            self.instants(range)
        } else {
            Test::Range {
                low: range.from.map(|d| (Value::Date(d), true)),
                high: range.to.map(|d| (Value::Date(d), true)),
            }
        }))
    }

    /// From the start of the first day to before the start of the day after the last.
    fn instants(&self, range: DayRange) -> Test {
        let clock = &self.cx.vars.clock;
        Test::Range {
            low: range.from.map(|d| (Value::Ts(clock.day_start(d)), true)),
            high: range.to.and_then(|d| d.succ_opt()).map(|d| (Value::Ts(clock.day_start(d)), false)),
        }
    }

    pub(super) fn under(&self, json: &Json) -> Result<Vec<Value>, Fault> {
        let Membership::Values(roots) = self.membership(json)? else {
            return Err(self.invalid("give a node of the tree"));
        };
        let mut out: Vec<Value> = Vec::new();
        for root in roots {
            let below: Vec<Value> = match &root {
                Value::Id(id) => self.cx.vars.organisation.departments_under(*id).into_iter().map(Value::Id).collect(),
                Value::Text(t) => self
                    .field
                    .and_then(|f| f.kind.choices())
                    .map_or_else(Vec::new, |s| s.subtree(t))
                    .into_iter()
                    .map(Value::Text)
                    .collect(),
                _ => Vec::new(),
            };
            out.extend(below);
        }
        Ok(out)
    }
}
