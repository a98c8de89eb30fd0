//! Operators and values: what may be asked of a field, and the value as that field's type.

use super::path::{DepartmentAttr, Leaf, Path, UserAttr};
use super::{Comparison, Cond, QueryContext, Test, Vars};
use crate::definition::type_name;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{ChoiceSet, ColumnKind, Encryption, Field, FieldKind, Storage, SystemField, encryption_refused};
use crate::fold;
use crate::record::{parse_instant, parse_time};
use crate::time::{self, DayRange, Unit};
use crate::value::{NumberFault, Value, decimal_from_text};
use chrono::NaiveDate;
use serde_json::Value as Json;
use uuid::Uuid;

/// The operators of a kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operators {
    Text,
    Number,
    Date,
    Instant,
    Time,
    Boolean,
    Choice,
    Id,
    Department,
    Many,
    ManyIds,
    ManyDepartments,
    Rows,
    Json,
}

impl Operators {
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Operators::Text => &[
                "eq",
                "ne",
                "lt",
                "le",
                "gt",
                "ge",
                "between",
                "in",
                "not_in",
                "contains",
                "starts_with",
                "ends_with",
                "is_empty",
                "not_empty",
            ],
            Operators::Number | Operators::Time => {
                &["eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "is_empty", "not_empty"]
            }
            Operators::Date | Operators::Instant => {
                &["eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "within", "is_empty", "not_empty"]
            }
            Operators::Boolean => &["eq", "ne", "is_empty", "not_empty"],
            Operators::Choice => {
                &["eq", "ne", "in", "not_in", "contains", "starts_with", "ends_with", "under", "is_empty", "not_empty"]
            }
            Operators::Id => &["eq", "ne", "in", "not_in", "is_empty", "not_empty"],
            Operators::Department => &["eq", "ne", "in", "not_in", "under", "is_empty", "not_empty"],
            Operators::Many => &[
                "has_any",
                "has_all",
                "has_none",
                "eq",
                "ne",
                "in",
                "not_in",
                "contains",
                "under",
                "is_empty",
                "not_empty",
            ],
            Operators::ManyIds => {
                &["has_any", "has_all", "has_none", "eq", "ne", "in", "not_in", "is_empty", "not_empty"]
            }
            Operators::ManyDepartments => {
                &["has_any", "has_all", "has_none", "eq", "ne", "in", "not_in", "under", "is_empty", "not_empty"]
            }
            Operators::Rows => &["is_empty", "not_empty"],
            Operators::Json => &["eq", "ne", "contains", "is_empty", "not_empty"],
        }
    }
}

/// The operators of a field.
pub fn operators_of(kind: &FieldKind) -> Operators {
    match kind {
        FieldKind::Text(_) | FieldKind::LongText { .. } | FieldKind::Scan | FieldKind::Serial(_) => Operators::Text,
        FieldKind::Number(_) | FieldKind::Duration => Operators::Number,
        FieldKind::Boolean => Operators::Boolean,
        FieldKind::Date => Operators::Date,
        FieldKind::DateTime => Operators::Instant,
        FieldKind::Time => Operators::Time,
        FieldKind::Choice(_) | FieldKind::Status(_) => Operators::Choice,
        FieldKind::Choices(_) | FieldKind::Tags(_) => Operators::Many,
        FieldKind::User | FieldKind::Link(_) | FieldKind::Signature => Operators::Id,
        FieldKind::Department => Operators::Department,
        FieldKind::Users | FieldKind::Links(_) | FieldKind::Files(_) => Operators::ManyIds,
        FieldKind::Departments => Operators::ManyDepartments,
        FieldKind::Table(_) => Operators::Rows,
        FieldKind::Json | FieldKind::Location => Operators::Json,
    }
}

/// Names of what may be asked of a field: of an encrypted one only whether there is a value, and equality where it says so.
pub fn asked_of(field: &Field) -> &'static [&'static str] {
    match field.encryption {
        Some(Encryption { exact: true }) => &["eq", "ne", "in", "not_in", "is_empty", "not_empty"],
        Some(Encryption { exact: false }) => &["is_empty", "not_empty"],
        None => operators_of(&field.kind).names(),
    }
}

fn operators(path: &Path, field: Option<&Field>) -> Operators {
    match (&path.leaf, field) {
        (Leaf::System(s), _) => match s.column_kind() {
            ColumnKind::Int => Operators::Number,
            ColumnKind::Ts => Operators::Instant,
            ColumnKind::Uuid => Operators::Id,
            _ => Operators::Choice,
        },
        (Leaf::User(UserAttr::Department), _) | (Leaf::Department(DepartmentAttr::Id | DepartmentAttr::Parent), _) => {
            Operators::Department
        }
        (Leaf::User(UserAttr::Id | UserAttr::Manager), _) => Operators::Id,
        (Leaf::User(UserAttr::Active), _) => Operators::Boolean,
        (Leaf::User(_) | Leaf::Department(_), _) => Operators::Text,
        (Leaf::ChoiceParent(_) | Leaf::ChoiceData(..), _) => Operators::Choice,
        (Leaf::JsonPath(..), _) => Operators::Json,
        (Leaf::Field(_), Some(field)) => operators_of(&field.kind),
        (Leaf::Field(_), None) => Operators::Rows,
    }
}

/// A term as a condition.
pub fn term(cx: &QueryContext<'_>, path: Path, op: &str, value: Option<&Json>, at: &str) -> Result<Cond, Fault> {
    let field = path.field(cx.catalog);
    let ops = operators(&path, field);
    if !ops.names().contains(&op) {
        return Err(Fault::new(format!("{at}/op"), &code::OPERATOR_UNKNOWN)
            .with("name", op)
            .suggest(op, ops.names().iter().copied()));
    }
    if let Some(hidden) = field.filter(|f| f.is_encrypted() && !asked_of(f).contains(&op)) {
        return Err(encryption_refused(&hidden.name, format!("{at}/op")));
    }
    let test = |path: Path, test: Test| Cond::Test { path, test };
    match op {
        "is_empty" => return Ok(test(path, Test::Empty)),
        "not_empty" => return Ok(test(path, Test::Empty).negate()),
        _ => {}
    }
    let at = format!("{at}/value");
    let Some(value) = value else { return Err(Fault::new(at, &code::REQUIRED).with("title", "value")) };
    if let Some(outer) = cx.vars.outer
        && let Some(name) = value.get("var").and_then(Json::as_str).and_then(|v| v.strip_prefix("record."))
    {
        return same(cx, path, op, outer, name, &at);
    }
    let resolved = resolve_variables(cx.vars, value, &at)?;
    let reader = OperandReader { cx, ops, field, path: &path, at: &at };
    if resolved.is_null() || resolved.as_str() == Some("") && ops != Operators::Text {
        // nothing equals an empty value, and everything differs from it
        return Ok(if matches!(op, "ne" | "not_in" | "has_none") { Cond::True } else { Cond::False });
    }
    if let Leaf::ChoiceParent(index) | Leaf::ChoiceData(index, _) = &path.leaf {
        let (leaf, index) = (path.leaf.clone(), *index);
        let Some(set) = field.and_then(|f| f.kind.choices()) else { return Ok(Cond::False) };
        let wanted = reader.texts(&resolved)?;
        let hits = choices_with(set, &leaf, op, &wanted);
        let own = Path { leaf: Leaf::Field(index), ..path };
        let positive = test(own, Test::In(hits.into_iter().map(Value::Text).collect()));
        return Ok(if matches!(op, "ne" | "not_in") { positive.negate() } else { positive });
    }
    let cond = match op {
        "eq" | "ne" | "lt" | "le" | "gt" | "ge" => {
            let positive = reader.comparison(op, &resolved)?;
            let cond = test(path.clone(), positive);
            if op == "ne" { cond.negate() } else { cond }
        }
        "in" | "not_in" | "has_any" | "has_none" => {
            let cond = reader.membership(&resolved)?;
            let cond = match cond {
                Membership::Values(values) if values.is_empty() => Cond::False,
                Membership::Values(values) => test(path.clone(), Test::In(values)),
                Membership::Ranges(ranges) => Cond::any(ranges.into_iter().map(|r| test(path.clone(), r))),
            };
            if matches!(op, "not_in" | "has_none") { cond.negate() } else { cond }
        }
        "has_all" => match reader.membership(&resolved)? {
            Membership::Values(values) if values.is_empty() => Cond::True,
            Membership::Values(values) => test(path.clone(), Test::HasAll(values)),
            Membership::Ranges(_) => Cond::False,
        },
        "between" => test(path.clone(), reader.between(&resolved)?),
        "within" => match reader.within(&resolved)? {
            Some(range) => test(path.clone(), range),
            None => Cond::True,
        },
        "under" => test(path.clone(), Test::In(reader.under(&resolved)?)),
        _ => {
            let text = match &resolved {
                Json::String(t) => t.clone(),
                Json::Number(n) => n.to_string(),
                other => return Err(reader.wrong("string", other)),
            };
            if !fold::is_storable(&text) {
                return Err(Fault::new(&at, &code::TEXT_INVALID));
            }
            let folded = fold::fold(&text);
            test(
                path.clone(),
                match op {
                    "starts_with" => Test::StartsWith(folded),
                    "ends_with" => Test::EndsWith(folded),
                    _ => Test::Contains(folded),
                },
            )
        }
    };
    Ok(cond)
}

/// Compared with a field of the record that the question is asked for.
fn same(cx: &QueryContext<'_>, path: Path, op: &str, outer: usize, name: &str, at: &str) -> Result<Cond, Fault> {
    let form = cx.catalog.forms.get(outer);
    let Some((index, field)) = form.and_then(|f| f.field(name)) else {
        let known = form.map(|f| f.fields.as_slice()).unwrap_or_default().iter().map(|f| f.name.as_str());
        return Err(Fault::new(format!("{at}/var"), &code::UNKNOWN_FIELD).with("name", name).suggest(name, known));
    };
    let Some(comparison) = Comparison::parse(op) else {
        return Err(Fault::new(at, &code::VALUE_INVALID)
            .with("reason", format!("{op} takes no field of the record: eq, ne, lt, le, gt, ge do")));
    };
    let kind = |storage: Storage| match storage {
        Storage::Column(ColumnKind::Dec(_)) => Some(ColumnKind::Dec(0)),
        Storage::Column(kind) => Some(kind),
        _ => None,
    };
    let theirs = kind(Storage::Column(path.column_kind(cx.catalog)));
    if path.is_many(cx.catalog) && comparison != Comparison::Eq && comparison != Comparison::Ne
        || kind(field.kind.storage()) != theirs
        || !field.is_kept()
    {
        return Err(Fault::new(at, &code::VALUE_INVALID)
            .with("reason", format!("{} and record.{name} hold different things", path.text)));
    }
    let (comparison, negated) = match comparison {
        Comparison::Ne => (Comparison::Eq, true),
        other => (other, false),
    };
    let cond = Cond::Test { path, test: Test::Same { comparison, field: index } };
    Ok(if negated { cond.negate() } else { cond })
}

fn choices_with(set: &ChoiceSet, leaf: &Leaf, op: &str, wanted: &[String]) -> Vec<String> {
    let under: Vec<String> =
        if op == "under" { wanted.iter().flat_map(|w| set.subtree(w)).collect() } else { Vec::new() };
    set.choices
        .iter()
        .filter(|c| {
            let value = match leaf {
                Leaf::ChoiceData(_, key) => {
                    c.data.get(key).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_string))
                }
                _ => c.parent.clone(),
            };
            value.is_some_and(|v| if op == "under" { under.contains(&v) } else { wanted.contains(&v) })
        })
        .map(|c| c.value.clone())
        .collect()
}

/// Replaces variables in a value (at its top, in lists and in `from`/`to`).
fn resolve_variables(vars: &Vars<'_>, value: &Json, at: &str) -> Result<Json, Fault> {
    match value {
        Json::Object(map) if map.contains_key("var") => {
            let name = map.get("var").and_then(Json::as_str).unwrap_or_default();
            variable(vars, name).ok_or_else(|| {
                Fault::new(format!("{at}/var"), &code::UNKNOWN_REFERENCE)
                    .with("kind", "variable")
                    .with("name", name)
                    .suggest(
                        name,
                        [
                            "me",
                            "me.department",
                            "me.departments",
                            "me.manager",
                            "me.roles",
                            "me.login",
                            "me.reports",
                            "today",
                            "now",
                        ]
                        .into_iter(),
                    )
            })
        }
        Json::Object(map) => {
            let mut out = serde_json::Map::new();
            for (k, v) in map {
                out.insert(k.clone(), resolve_variables(vars, v, at)?);
            }
            Ok(Json::Object(out))
        }
        Json::Array(items) => {
            let mut out = Vec::with_capacity(items.len());
            for item in items {
                match resolve_variables(vars, item, at)? {
                    Json::Array(inner) if item.get("var").is_some() => out.extend(inner),
                    one => out.push(one),
                }
            }
            Ok(Json::Array(out))
        }
        other => Ok(other.clone()),
    }
}

fn variable(vars: &Vars<'_>, name: &str) -> Option<Json> {
    let id = |id: Uuid| Json::String(id.to_string());
    let ids = |list: Vec<Uuid>| Json::Array(list.into_iter().map(id).collect());
    Some(match name {
        "me" => id(vars.me.id),
        "me.department" => vars.me.department.map_or(Json::Null, id),
        "me.departments" => ids(vars.me.departments.clone()),
        "me.manager" => vars.me.manager.map_or(Json::Null, id),
        "me.roles" => Json::Array(vars.me.roles.iter().cloned().map(Json::String).collect()),
        "me.login" => Json::String(vars.me.login.clone()),
        "me.reports" => ids(vars.organisation.reports_of(vars.me.id)),
        "today" => Json::String(vars.clock.today().to_string()),
        "now" => Json::String(crate::value::format_instant(vars.clock.now)),
        _ => {
            let (root, rest) = name.split_once('.')?;
            let mut at = match root {
                "record" => vars.record,
                "settings" => vars.settings,
                _ => return None,
            };
            for segment in rest.split('.') {
                at = at.and_then(|v| v.get(segment));
            }
            at.cloned().unwrap_or(Json::Null)
        }
    })
}

enum Membership {
    Values(Vec<Value>),
    Ranges(Vec<Test>),
}

struct OperandReader<'a> {
    cx: &'a QueryContext<'a>,
    ops: Operators,
    field: Option<&'a Field>,
    path: &'a Path,
    at: &'a str,
}

impl OperandReader<'_> {
    fn wrong(&self, expected: &str, got: &Json) -> Fault {
        Fault::new(self.at, &code::WRONG_TYPE).with("expected", expected).with("got", type_name(got))
    }

    fn invalid(&self, reason: &str) -> Fault {
        Fault::new(self.at, &code::VALUE_INVALID).with("reason", reason)
    }

    fn texts(&self, json: &Json) -> Result<Vec<String>, Fault> {
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

    fn comparison(&self, op: &str, json: &Json) -> Result<Test, Fault> {
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

    fn membership(&self, json: &Json) -> Result<Membership, Fault> {
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

    fn between(&self, json: &Json) -> Result<Test, Fault> {
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

    fn within(&self, json: &Json) -> Result<Option<Test>, Fault> {
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

    fn under(&self, json: &Json) -> Result<Vec<Value>, Fault> {
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
