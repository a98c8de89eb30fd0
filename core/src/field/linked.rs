//! Fields that say what other records say: lookups read through a link, rollups over the records that link here.

use super::formula::{Dress, MAX_SCALE, stated_scale};
use super::{Field, FieldKind, NumberFlavor, NumberOptions, TextFormat, TextOptions, UNSTATED_SCALE, Unique};
use crate::diagnostic::Fault;
use crate::error_code as code;
use serde_json::{Map, Value as Json};

/// A field of the record that a link names, read whenever it is asked for and never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The link, beside the lookup: in the record, or in the row.
    pub via: usize,
    /// The form that it leads to.
    pub to: usize,
    pub field: usize,
}

/// What becomes of the values of many records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RollupFunction {
    Count,
    CountDistinct,
    Sum,
    Avg,
    Min,
    Max,
    /// The value of the record that is the last by `by`.
    Latest,
    /// The value of the record that is the first by `by`.
    Earliest,
    /// The value of the record that was there first.
    Any,
    /// Every value once, in their order, with commas between them.
    List,
}

impl RollupFunction {
    /// All of them with their names in definitions.
    pub const ALL: [(&'static str, RollupFunction); 10] = [
        ("count", RollupFunction::Count),
        ("count_distinct", RollupFunction::CountDistinct),
        ("sum", RollupFunction::Sum),
        ("avg", RollupFunction::Avg),
        ("min", RollupFunction::Min),
        ("max", RollupFunction::Max),
        ("latest", RollupFunction::Latest),
        ("earliest", RollupFunction::Earliest),
        ("any", RollupFunction::Any),
        ("list", RollupFunction::List),
    ];

    pub fn find(name: &str) -> Option<RollupFunction> {
        RollupFunction::ALL.into_iter().find(|(n, _)| *n == name).map(|(_, f)| f)
    }

    pub fn name(self) -> &'static str {
        RollupFunction::ALL.into_iter().find(|(_, f)| *f == self).map_or("", |(n, _)| n)
    }

    /// Whether it is 0 of no records; the others are empty then.
    pub fn is_zero_of_none(self) -> bool {
        matches!(self, RollupFunction::Count | RollupFunction::CountDistinct | RollupFunction::Sum)
    }
}

/// Whose rows a rollup covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RollupScope {
    /// All, whoever looks: the administrator's decision.
    All,
    /// Those that the reader may read, with the fields that he sees.
    Reader,
}

/// A value made of the records, or rows of a child table, whose link names this record.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollup {
    pub form: usize,
    /// The child table's field, where its rows are meant.
    pub table: Option<usize>,
    /// The link that leads here, among the fields of the form or of the table.
    pub via: usize,
    /// Only those that meet it; it may name `record.*`, the record that the rollup is of.
    pub filter: Option<Json>,
    pub function: RollupFunction,
    /// What is counted, added up or chosen from; `None` counts records.
    pub field: Option<usize>,
    /// By what records are in order, for the latest and the earliest; `None`: as they came.
    pub by: Option<usize>,
    pub scope: RollupScope,
    /// Depends on when or by whom it is asked, so it is worked out in the query and not stored.
    pub is_asked: bool,
    /// The definition with ids where fields are named.
    pub meaning: String,
}

/// A lookup as written.
#[derive(Clone, Debug)]
pub struct LookupDoc {
    pub via: String,
    pub field: String,
}

/// A rollup as written.
#[derive(Clone, Debug)]
pub struct RollupDoc {
    /// `form`, or `form.table`.
    pub form: String,
    pub via: String,
    pub filter: Option<Json>,
    pub function: RollupFunction,
    pub field: Option<String>,
    pub by: Option<String>,
    pub scope: RollupScope,
}

fn required<'a>(own: &'a Map<String, Json>, key: &str, at: &str, faults: &mut Vec<Fault>) -> Option<&'a str> {
    let found = own.get(key).and_then(Json::as_str).filter(|t| !t.is_empty());
    if found.is_none() {
        faults.push(Fault::new(format!("{at}/field/{key}"), &code::REQUIRED).with("title", key));
    }
    found
}

fn one_of<T: Copy>(
    own: &Map<String, Json>,
    key: &str,
    known: &[(&'static str, T)],
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    let given = own.get(key)?;
    let found = given.as_str().and_then(|name| known.iter().find(|(n, _)| *n == name));
    if found.is_none() {
        let name = given.as_str().map_or_else(|| given.to_string(), str::to_string);
        faults.push(
            Fault::new(format!("{at}/field/{key}"), &code::CHOICE_UNKNOWN)
                .with("value", &name)
                .suggest(&name, known.iter().map(|(n, _)| *n)),
        );
    }
    found.map(|(_, value)| *value)
}

pub(super) fn lookup_doc(own: &Map<String, Json>, at: &str, faults: &mut Vec<Fault>) -> Option<LookupDoc> {
    let (via, field) = (required(own, "via", at, faults), required(own, "field", at, faults));
    Some(LookupDoc { via: via?.to_string(), field: field?.to_string() })
}

pub(super) fn rollup_doc(own: &Map<String, Json>, at: &str, faults: &mut Vec<Fault>) -> Option<RollupDoc> {
    let before = faults.len();
    let (form, via) = (required(own, "form", at, faults), required(own, "via", at, faults));
    required(own, "function", at, faults);
    let function = one_of(own, "function", &RollupFunction::ALL, at, faults);
    let scopes = [("all", RollupScope::All), ("reader", RollupScope::Reader)];
    let scope = one_of(own, "scope", &scopes, at, faults).unwrap_or(RollupScope::All);
    let text = |key: &str| own.get(key).and_then(Json::as_str).map(str::to_string);
    if function.is_some_and(|f| f != RollupFunction::Count) {
        required(own, "field", at, faults);
    }
    if own.contains_key("by") && !matches!(function, Some(RollupFunction::Latest | RollupFunction::Earliest)) {
        faults.push(
            Fault::new(format!("{at}/field/by"), &code::KEY_INVALID)
                .with("reason", "Only the latest and the earliest go by a field"),
        );
    }
    if faults.len() > before {
        return None;
    }
    Some(RollupDoc {
        form: form?.to_string(),
        via: via?.to_string(),
        filter: own.get("filter").filter(|f| !f.is_null()).cloned(),
        function: function?,
        field: text("field"),
        by: text("by"),
        scope,
    })
}

/// What is said of a lookup's or rollup's result besides its type.
pub(super) fn dress(
    own: &Map<String, Json>,
    map: &Map<String, Json>,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<Dress> {
    if map.contains_key("default") {
        let reason = "What is worked out has no default";
        faults.push(Fault::new(format!("{at}/default"), &code::KEY_INVALID).with("reason", reason));
        return None;
    }
    let text = |key: &str| own.get(key).and_then(Json::as_str).map(str::to_string);
    let scale = match own.get("scale") {
        Some(_) => Some(stated_scale(own, at, faults)?),
        None => None,
    };
    Some(Dress {
        scale,
        percent: text("format").as_deref() == Some("percent"),
        currency: text("currency"),
        currency_field: text("currency_field"),
        display: text("display"),
    })
}

/// The kind of a rollup's values; an error says what its field would have to be.
pub(super) fn rollup_kind(
    function: RollupFunction,
    field: Option<&Field>,
    dress: &Dress,
) -> Result<FieldKind, &'static str> {
    let number = |flavor: NumberFlavor, scale: u32, currency: Option<String>| {
        let flavor = if dress.currency.is_some() || dress.currency_field.is_some() {
            NumberFlavor::Money
        } else if dress.percent {
            NumberFlavor::Percent
        } else {
            flavor
        };
        FieldKind::Number(NumberOptions {
            flavor,
            scale: dress.scale.unwrap_or(scale).min(MAX_SCALE),
            currency: dress.currency.clone().or(currency),
            currency_field: dress.currency_field.clone(),
            display: dress.display.clone(),
        })
    };
    let of_number = |scale: Option<u32>| match field.map(|f| &f.kind) {
        Some(FieldKind::Number(n)) => Ok(number(n.flavor, scale.unwrap_or(n.scale), n.currency.clone())),
        _ => Err("number"),
    };
    let is_single = field.is_some_and(|f| !f.kind.is_many());
    match function {
        RollupFunction::Count => Ok(number(NumberFlavor::Integer, 0, None)),
        RollupFunction::CountDistinct if is_single => Ok(number(NumberFlavor::Integer, 0, None)),
        RollupFunction::CountDistinct => Err("a field of one value"),
        RollupFunction::Sum => of_number(None),
        RollupFunction::Avg => of_number(Some(UNSTATED_SCALE)),
        RollupFunction::Min | RollupFunction::Max => match field.map(|f| &f.kind) {
            Some(FieldKind::Number(_)) => of_number(None),
            Some(kind @ (FieldKind::Date | FieldKind::DateTime | FieldKind::Time)) => Ok(kind.clone()),
            _ => Err("number, date, datetime, time"),
        },
        RollupFunction::Latest | RollupFunction::Earliest | RollupFunction::Any => match field.map(|f| &f.kind) {
            Some(FieldKind::Number(_)) => of_number(None),
            Some(FieldKind::Text(t)) => Ok(FieldKind::Text(TextOptions { format: t.format, unique: Unique::No })),
            Some(FieldKind::Serial(_)) => {
                Ok(FieldKind::Text(TextOptions { format: TextFormat::Plain, unique: Unique::No }))
            }
            Some(
                kind @ (FieldKind::LongText { .. }
                | FieldKind::Boolean
                | FieldKind::Date
                | FieldKind::DateTime
                | FieldKind::Time
                | FieldKind::Duration
                | FieldKind::Choice(_)
                | FieldKind::User
                | FieldKind::Department
                | FieldKind::Link(_)
                | FieldKind::Scan),
            ) => Ok(kind.clone()),
            Some(FieldKind::Status(s)) => {
                Ok(FieldKind::Choice(super::ChoiceOptions { set: s.set.clone(), shared: None, pick_any: true }))
            }
            _ => Err("a field of one value"),
        },
        RollupFunction::List => match field.map(|f| &f.kind) {
            Some(
                FieldKind::Text(_)
                | FieldKind::LongText { .. }
                | FieldKind::Choice(_)
                | FieldKind::Status(_)
                | FieldKind::Serial(_)
                | FieldKind::Scan,
            ) => Ok(FieldKind::Text(TextOptions { format: TextFormat::Plain, unique: Unique::No })),
            _ => Err("text, choice"),
        },
    }
}

/// Whether a filter's answer depends on when or by whom it is asked, or on more than the rows and the record themselves.
pub fn depends_on_asking(filter: &Json) -> bool {
    match filter {
        Json::Array(items) => items.iter().any(depends_on_asking),
        Json::Object(map) => {
            let relative = match (map.get("op").and_then(Json::as_str), map.get("value")) {
                (Some("within"), Some(Json::Object(range))) => !range.keys().all(|k| k == "from" || k == "to"),
                (Some("within" | "under"), _) => true,
                _ => false,
            };
            let variable = map.get("var").and_then(Json::as_str).is_some_and(|name| !name.starts_with("record."));
            relative
                || variable
                || map.contains_key("related")
                || map
                    .iter()
                    .any(|(key, value)| !["field", "op", "var"].contains(&key.as_str()) && depends_on_asking(value))
        }
        _ => false,
    }
}

/// Whether a filter compares an instant with a day, which begins and ends by the company's zone; `is_instant` says it of a path.
pub(super) fn compares_days(filter: &Json, is_instant: &dyn Fn(&str) -> bool) -> bool {
    let has_day = |value: &Json| {
        let mut texts = Vec::new();
        match value {
            Json::String(text) => texts.push(text.as_str()),
            Json::Object(range) => texts.extend(range.values().filter_map(Json::as_str)),
            Json::Array(items) => texts.extend(items.iter().filter_map(Json::as_str)),
            _ => {}
        }
        texts.iter().any(|t| t.len() == 10)
    };
    match filter {
        Json::Array(items) => items.iter().any(|i| compares_days(i, is_instant)),
        Json::Object(map) => {
            let own = map.get("field").and_then(Json::as_str).is_some_and(is_instant)
                && map.get("value").is_some_and(has_day);
            own || map.values().any(|v| compares_days(v, is_instant))
        }
        _ => false,
    }
}

/// Every text that stands under a key, in order; for filters and their paths.
pub(super) fn texts_under<'j>(json: &'j Json, wanted: &str, out: &mut Vec<&'j str>) {
    match json {
        Json::Array(items) => items.iter().for_each(|i| texts_under(i, wanted, out)),
        Json::Object(map) => {
            for (key, value) in map {
                match value {
                    Json::String(text) if key == wanted => out.push(text),
                    other => texts_under(other, wanted, out),
                }
            }
        }
        _ => {}
    }
}
