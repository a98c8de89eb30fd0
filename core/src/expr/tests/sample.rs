//! A record to try expressions on, with a clock, rates, settings and a history.

use crate::expr::{ClockUse, Environment, Expression, NameType, Names, RowPlace, Stay, Type, Value, Warning};
use crate::time::Clock;
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Asia::Shanghai;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::str::FromStr;
use uuid::Uuid;

pub const FIELDS: [(&str, Type); 16] = [
    ("a", Type::Number),
    ("b", Type::Number),
    ("c", Type::Number),
    ("n", Type::Number),
    ("x", Type::Number),
    ("m", Type::Number),
    ("amount", Type::Number),
    ("qty", Type::Number),
    ("t", Type::Text),
    ("s", Type::Text),
    ("y", Type::Text),
    ("grade", Type::Text),
    ("d", Type::Date),
    ("e", Type::Date),
    ("at", Type::DateTime),
    ("flag", Type::Boolean),
];

pub struct SampleNames;

impl Names for SampleNames {
    fn resolve(&self, path: &[&str]) -> Option<NameType> {
        let ty = match path {
            ["lines"] => Type::record("order.lines").list(),
            ["lines", "amount" | "qty"] => Type::Number.list(),
            ["lines", "note"] => Type::Text.list(),
            ["lines", "due"] => Type::Date.list(),
            ["tags"] => Type::Text.list(),
            ["stage"] => Type::Text,
            ["party"] => Type::record("party"),
            ["party", "name"] => Type::Text,
            ["party", "rate"] => Type::Number,
            ["party", "since"] => Type::Date,
            ["wait"] => Type::Duration,
            ["opens"] => Type::Time,
            ["age"] => return Some(NameType { ty: Type::Number, clock: ClockUse::Day }),
            [name] => FIELDS.iter().find(|f| f.0 == *name)?.1.clone(),
            _ => return None,
        };
        Some(NameType::from(ty))
    }

    fn known(&self, prefix: &[&str]) -> Vec<String> {
        let names: Vec<&str> = match prefix {
            [] => FIELDS.iter().map(|f| f.0).chain(["lines", "tags", "stage", "party"]).collect(),
            ["lines"] => vec!["amount", "qty", "note", "due"],
            ["party"] => vec!["name", "rate", "since"],
            _ => vec![],
        };
        names.into_iter().map(String::from).collect()
    }

    fn setting(&self, key: &str) -> Option<Type> {
        (key == "margin_floor").then_some(Type::Number)
    }

    fn known_settings(&self) -> Vec<String> {
        vec!["margin_floor".to_string()]
    }

    fn in_rows(&self) -> bool {
        true
    }
}

/// Values by path; for an expression's reads they are found once.
pub struct Sample {
    pub values: BTreeMap<String, Value>,
}

pub fn number(text: &str) -> Value {
    Value::Number(Decimal::from_str(text).unwrap())
}

pub fn day(text: &str) -> Value {
    Value::Date(text.parse::<NaiveDate>().unwrap())
}

pub fn moment(text: &str) -> DateTime<Utc> {
    let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    Shanghai.from_local_datetime(&wall).unwrap().with_timezone(&Utc)
}

impl Sample {
    pub fn new() -> Sample {
        let numbers = |l: &[&str]| Value::list(l.iter().map(|t| number(t)));
        let values = [
            ("a", number("12.5")),
            ("b", number("0.2")),
            ("c", number("-3")),
            ("n", number("7")),
            ("m", number("1999.99")),
            ("amount", number("0.2")),
            ("qty", number("1")),
            ("t", Value::text("Linyi")),
            ("s", Value::text("Plywood 18mm")),
            ("grade", Value::text("B")),
            ("stage", Value::text("offer")),
            ("d", day("2026-03-31")),
            ("e", day("2026-12-25")),
            ("at", Value::DateTime(moment("2026-03-31 20:15"))),
            ("flag", Value::Boolean(true)),
            ("tags", Value::list([Value::text("vip"), Value::text("eu")])),
            ("lines", Value::list([1, 2, 3].map(|i| Value::Record(Uuid::from_u128(i))))),
            ("lines.amount", numbers(&["0.10", "0.20", "100.05"])),
            ("lines.qty", numbers(&["3", "1", "2"])),
            ("lines.note", Value::list([Value::text("x"), Value::Empty, Value::text("z")])),
            ("lines.due", Value::list([day("2026-04-01"), Value::Empty, day("2026-05-01")])),
            ("party", Value::Record(Uuid::from_u128(9))),
            ("party.name", Value::text("Shandong Trading")),
            ("party.rate", number("0.125")),
            ("party.since", day("2025-12-31")),
            ("wait", Value::Duration(5_400_000_000)),
            ("opens", Value::Time(30_600_000_000)),
            ("age", number("3")),
        ];
        Sample { values: values.into_iter().map(|(k, v)| (k.to_string(), v)).collect() }
    }

    pub fn with(mut self, name: &str, value: Value) -> Sample {
        self.values.insert(name.to_string(), value);
        self
    }

    pub fn eval(&self, expression: &Expression) -> (Value, Vec<Warning>) {
        let paths = expression.reads().iter().map(ToString::to_string).collect();
        expression.eval(&Bound { sample: self, paths })
    }
}

struct Bound<'s> {
    sample: &'s Sample,
    paths: Vec<String>,
}

impl Environment for Bound<'_> {
    fn get(&self, read: usize) -> Value {
        self.paths.get(read).and_then(|p| self.sample.values.get(p)).cloned().unwrap_or_default()
    }

    fn clock(&self) -> Clock {
        Clock { now: moment("2026-11-20 10:30"), zone: Shanghai }
    }

    fn rate_on(&self, currency: &str, _day: NaiveDate) -> Option<Decimal> {
        match currency {
            "USD" => Some(Decimal::new(71, 1)),
            "EUR" => Some(Decimal::new(78, 1)),
            _ => None,
        }
    }

    fn minor(&self, currency: &str) -> Option<u32> {
        match currency {
            "JPY" => Some(0),
            "USD" => Some(2),
            _ => None,
        }
    }

    fn setting(&self, _key: &str) -> Value {
        number("0.08")
    }

    fn stays(&self, _read: usize) -> Vec<Stay> {
        let stay = |value: &str, from: &str, to: Option<&str>| Stay {
            value: value.to_string(),
            entered_at: moment(from),
            left_at: to.map(moment),
        };
        vec![stay("new", "2026-11-19 10:00", Some("2026-11-20 10:00")), stay("offer", "2026-11-20 10:00", None)]
    }

    fn row(&self) -> Option<RowPlace> {
        Some(RowPlace { index: 1, count: 3 })
    }

    fn get_in(&self, row: usize, read: usize) -> Value {
        let column = format!("lines.{}", self.paths.get(read).map_or("", String::as_str));
        match self.sample.values.get(&column) {
            Some(Value::List(l)) => l.get(row).cloned().unwrap_or_default(),
            _ => self.get(read),
        }
    }
}

/// A value as a person would write it.
pub fn show(value: &Value) -> String {
    match value {
        Value::DateTime(t) => t.with_timezone(&Shanghai).format("%Y-%m-%d %H:%M:%S").to_string(),
        other => other.to_text(),
    }
}

/// Compiles and computes for the sample record.
pub fn compute(source: &str) -> (Value, Vec<Warning>) {
    let expression = Expression::compile(source, &SampleNames).unwrap_or_else(|f| panic!("{source}: {f:#?}"));
    let (value, warnings) = Sample::new().eval(&expression);
    assert!(value.is_of(expression.result_type()), "{source} gave {value:?}, expected {}", expression.result_type());
    (value, warnings)
}
