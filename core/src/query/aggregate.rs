//! Groups and measures over the records that a filter admits.

use super::condition::{Limits, read_condition};
use super::path::{Hop, Path, Place, resolve_column, resolve_open};
use super::{Comparison, Cond, QueryContext};
use crate::definition::type_name;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{ColumnKind, FieldKind};
use crate::value::decimal_from_text;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

/// How dates are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    Year,
    Quarter,
    Month,
    Week,
    Day,
}

impl Bucket {
    pub const NAMES: [&'static str; 5] = ["year", "quarter", "month", "week", "day"];

    pub fn parse(name: &str) -> Option<Bucket> {
        Some(match name {
            "year" => Bucket::Year,
            "quarter" => Bucket::Quarter,
            "month" => Bucket::Month,
            "week" => Bucket::Week,
            "day" => Bucket::Day,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Key in the answer: its name, else the path, with `_<by>` where there is one.
    pub key: String,
    pub path: Path,
    pub by: Option<Bucket>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Count,
    CountDistinct,
    Sum,
    Avg,
    Min,
    Max,
}

impl Function {
    pub const NAMES: [&'static str; 6] = ["count", "count_distinct", "sum", "avg", "min", "max"];

    pub fn parse(name: &str) -> Option<Function> {
        Some(match name {
            "count" => Function::Count,
            "count_distinct" => Function::CountDistinct,
            "sum" => Function::Sum,
            "avg" => Function::Avg,
            "min" => Function::Min,
            "max" => Function::Max,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub name: String,
    pub function: Function,
    /// `None` counts records.
    pub path: Option<Path>,
}

/// A condition on a measure of each group.
#[derive(Clone, Debug, PartialEq)]
pub struct Having {
    pub measure: usize,
    pub comparison: Comparison,
    pub value: Decimal,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AggregateQuery {
    pub form: usize,
    pub filter: Cond,
    pub groups: Vec<Group>,
    pub measures: Vec<Measure>,
    pub having: Vec<Having>,
    /// Index among groups, then measures; whether descending.
    pub sort: Vec<(usize, bool)>,
    pub limit: usize,
}

const KEYS: [&str; 7] = ["filter", "q", "group", "measures", "having", "sort", "limit"];

/// Reads the body of an aggregate. All faults at once.
pub fn read_aggregate(
    cx: &QueryContext<'_>,
    form: usize,
    body: &Map<String, Json>,
    faults: &mut Vec<Fault>,
) -> AggregateQuery {
    for key in body.keys().filter(|k| !KEYS.contains(&k.as_str())) {
        faults.push(Fault::new(key.clone(), &code::UNKNOWN_KEY).with("name", key).suggest(key, KEYS.into_iter()));
    }
    let place = Place::form(form);
    let filter =
        body.get("filter").map_or(Cond::True, |f| read_condition(cx, place, f, "filter", Limits::default(), faults));
    let list = |key: &str, faults: &mut Vec<Fault>| -> Vec<Json> {
        match body.get(key) {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Array(items)) if items.len() <= 50 => items.clone(),
            Some(Json::Array(_)) => {
                faults.push(Fault::new(key, &code::TOO_MANY).with("limit", 50));
                Vec::new()
            }
            Some(other) => {
                faults.push(Fault::new(key, &code::WRONG_TYPE).with("expected", "array").with("got", type_name(other)));
                Vec::new()
            }
        }
    };
    let mut groups = Vec::new();
    for (i, item) in list("group", faults).iter().enumerate() {
        let at = format!("group/{i}");
        groups.extend(read_group(cx, place, item, &at, faults));
    }
    let mut measures = Vec::new();
    for (i, item) in list("measures", faults).iter().enumerate() {
        let at = format!("measures/{i}");
        measures.extend(read_measure(cx, place, item, &at, faults));
    }
    if measures.is_empty() && faults.is_empty() {
        measures.push(Measure { name: "count".into(), function: Function::Count, path: None });
    }
    let mut seen = std::collections::HashSet::new();
    for name in groups.iter().map(|g| &g.key).chain(measures.iter().map(|m| &m.name)) {
        if !seen.insert(name.clone()) {
            faults.push(Fault::new("measures", &code::NAME_TAKEN).with("name", name));
        }
    }
    let mut having = Vec::new();
    if let Some(json) = body.get("having").filter(|h| !h.is_null()) {
        read_having(json, "having", &measures, &mut having, faults);
    }
    let mut sort = Vec::new();
    for (i, item) in list("sort", faults).iter().enumerate() {
        let text = item.as_str().unwrap_or_default();
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |t| (t, true));
        match groups
            .iter()
            .map(|g| g.key.as_str())
            .chain(measures.iter().map(|m| m.name.as_str()))
            .position(|n| n == name)
        {
            Some(at) => sort.push((at, descending)),
            None => {
                let known = groups.iter().map(|g| g.key.as_str()).chain(measures.iter().map(|m| m.name.as_str()));
                faults.push(
                    Fault::new(format!("sort/{i}"), &code::UNKNOWN_FIELD).with("name", name).suggest(name, known),
                );
            }
        }
    }
    let limit = match body.get("limit") {
        None | Some(Json::Null) => 1000,
        Some(json) => match json.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=10_000).contains(n)) {
            Some(n) => n,
            None => {
                faults.push(
                    Fault::new("limit", &code::PARAMETER_INVALID).with("name", "limit").with("reason", "1 to 10,000"),
                );
                1000
            }
        },
    };
    AggregateQuery { form, filter, groups, measures, having, sort, limit }
}

fn object<'j>(json: &'j Json, at: &str, keys: &[&str], faults: &mut Vec<Fault>) -> Option<&'j Map<String, Json>> {
    let Json::Object(map) = json else {
        faults.push(Fault::new(at, &code::WRONG_TYPE).with("expected", "object").with("got", type_name(json)));
        return None;
    };
    for key in map.keys().filter(|k| !keys.contains(&k.as_str())) {
        faults.push(
            Fault::new(format!("{at}/{key}"), &code::UNKNOWN_KEY).with("name", key).suggest(key, keys.iter().copied()),
        );
    }
    Some(map)
}

/// Groups and measures follow links and child rows; what points here, and lists of links or people, would join a record with
/// many others: that is asked of the other form.
fn must_have_one_way(path: &Path, at: &str, faults: &mut Vec<Fault>) -> Option<()> {
    if path.hops.iter().all(|hop| !hop.is_many() || matches!(hop, Hop::Rows { .. })) {
        return Some(());
    }
    faults.push(Fault::new(at, &code::VALUE_INVALID).with("reason", format!("{} leads to several records", path.text)));
    None
}

fn read_group(cx: &QueryContext<'_>, place: Place, json: &Json, at: &str, faults: &mut Vec<Fault>) -> Option<Group> {
    let map = object(json, at, &["field", "by", "name"], faults)?;
    let field = map.get("field").and_then(Json::as_str).unwrap_or_default();
    let path = resolve_open(cx, place, field, &format!("{at}/field")).map_err(|f| faults.push(f)).ok()?;
    if matches!(
        path.field(cx.catalog).map(|f| &f.kind),
        Some(FieldKind::Table(_) | FieldKind::Json | FieldKind::Location)
    ) && !matches!(path.leaf, super::Leaf::JsonPath(..))
    {
        faults.push(
            Fault::new(format!("{at}/field"), &code::VALUE_INVALID)
                .with("reason", format!("{field} cannot be grouped by")),
        );
        return None;
    }
    must_have_one_way(&path, &format!("{at}/field"), faults)?;
    let is_date = matches!(path.column_kind(cx.catalog), ColumnKind::Date | ColumnKind::Ts);
    let by = match map.get("by").filter(|b| !b.is_null()) {
        None => None,
        Some(by) => {
            let name = by.as_str().unwrap_or_default();
            match Bucket::parse(name).filter(|_| is_date) {
                Some(bucket) => Some(bucket),
                None => {
                    faults.push(
                        Fault::new(format!("{at}/by"), &code::OPERATOR_UNKNOWN)
                            .with("name", name)
                            .suggest(name, if is_date { Bucket::NAMES.iter().copied() } else { [].iter().copied() }),
                    );
                    return None;
                }
            }
        }
    };
    let key = match (map.get("name").and_then(Json::as_str), map.get("by").and_then(Json::as_str)) {
        (Some(name), _) => name.to_string(),
        (None, Some(by)) => format!("{field}_{by}"),
        (None, None) => field.to_string(),
    };
    Some(Group { key, path, by })
}

fn read_measure(
    cx: &QueryContext<'_>,
    place: Place,
    json: &Json,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<Measure> {
    let map = object(json, at, &["name", "function", "field", "title", "labels", "scale", "format"], faults)?;
    let function_name = map.get("function").and_then(Json::as_str).unwrap_or_default();
    let Some(function) = Function::parse(function_name) else {
        faults.push(
            Fault::new(format!("{at}/function"), &code::OPERATOR_UNKNOWN)
                .with("name", function_name)
                .suggest(function_name, Function::NAMES.into_iter()),
        );
        return None;
    };
    // records with a value can be counted whatever the value is
    let resolve = if function == Function::Count { resolve_column } else { resolve_open };
    let path = match map.get("field").filter(|f| !f.is_null()) {
        None => None,
        Some(field) => Some(
            resolve(cx, place, field.as_str().unwrap_or_default(), &format!("{at}/field"))
                .map_err(|f| faults.push(f))
                .ok()?,
        ),
    };
    if let Some(path) = &path {
        must_have_one_way(path, &format!("{at}/field"), faults)?;
        if matches!(path.field(cx.catalog).map(|f| &f.kind), Some(FieldKind::Table(_)))
            && matches!(path.leaf, super::Leaf::Field(_))
        {
            faults.push(
                Fault::new(format!("{at}/field"), &code::VALUE_INVALID)
                    .with("reason", format!("{} holds rows; name one of its columns", path.text)),
            );
            return None;
        }
    }
    let name = map.get("name").and_then(Json::as_str).map_or_else(
        || path.as_ref().map_or("count".to_string(), |p| format!("{function_name}_{}", p.text)),
        str::to_string,
    );
    let fits = match (function, &path) {
        (Function::Count, _) => true,
        (_, None) => false,
        (Function::Sum | Function::Avg, Some(p)) => {
            matches!(p.column_kind(cx.catalog), ColumnKind::Dec(_) | ColumnKind::Int)
        }
        (Function::Min | Function::Max, Some(p)) => matches!(
            p.column_kind(cx.catalog),
            ColumnKind::Dec(_)
                | ColumnKind::Int
                | ColumnKind::Date
                | ColumnKind::Ts
                | ColumnKind::Time
                | ColumnKind::Text
        ),
        (Function::CountDistinct, Some(_)) => true,
    };
    if !fits {
        faults.push(
            Fault::new(format!("{at}/field"), &code::VALUE_INVALID)
                .with("reason", format!("{function_name} needs a field of a type that fits")),
        );
        return None;
    }
    Some(Measure { name, function, path })
}

/// `{"field": "<measure>", "op": "gt", "value": 5}` or `{"and": […]}` of them.
fn read_having(json: &Json, at: &str, measures: &[Measure], out: &mut Vec<Having>, faults: &mut Vec<Fault>) {
    if let Some(list) = json.get("and").and_then(Json::as_array) {
        for (i, item) in list.iter().enumerate().take(20) {
            read_having(item, &format!("{at}/and/{i}"), measures, out, faults);
        }
        return;
    }
    let Some(map) = object(json, at, &["field", "op", "value"], faults) else { return };
    let (field, op) = (
        map.get("field").and_then(Json::as_str).unwrap_or_default(),
        map.get("op").and_then(Json::as_str).unwrap_or_default(),
    );
    let Some(measure) = measures.iter().position(|m| m.name == field) else {
        faults.push(
            Fault::new(format!("{at}/field"), &code::UNKNOWN_FIELD)
                .with("name", field)
                .suggest(field, measures.iter().map(|m| m.name.as_str())),
        );
        return;
    };
    let Some(comparison) = Comparison::parse(op) else {
        faults.push(
            Fault::new(format!("{at}/op"), &code::OPERATOR_UNKNOWN)
                .with("name", op)
                .suggest(op, ["eq", "ne", "lt", "le", "gt", "ge"].into_iter()),
        );
        return;
    };
    match map.get("value") {
        Some(Json::Number(n)) => match decimal_from_text(n.as_str(), 9).or_else(|_| decimal_from_text(n.as_str(), 0)) {
            Ok(value) => out.push(Having { measure, comparison, value }),
            Err(_) => faults.push(Fault::new(format!("{at}/value"), &code::NUMBER_TOO_LONG)),
        },
        other => faults.push(
            Fault::new(format!("{at}/value"), &code::WRONG_TYPE)
                .with("expected", "number")
                .with("got", other.map_or("nothing", type_name)),
        ),
    }
}
