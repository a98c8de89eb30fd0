//! What whoever imports has decided: which column fills what, and how unclear cells are to be read.

use crate::{EngineError, EngineResult, Refusal};
use chrono::NaiveDate;
use formwright_core::error_code as code;
use formwright_exchange::clean::amount::Rates;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::str::FromStr;

/// A mapping, as it is sent and remembered. Everything may be left out and is then found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    pub form: Option<String>,
    pub sheet: Option<String>,
    /// From 1, as the sheet counts.
    pub header_row: Option<u32>,
    /// Field by heading; null for a column that is left out.
    pub columns: Option<Map<String, Json>>,
    /// Values of empty cells, by field.
    pub defaults: Map<String, Json>,
    /// What certain texts stand for, by field.
    pub values: BTreeMap<String, Map<String, Json>>,
    /// How links find their record, by field.
    pub links: BTreeMap<String, LinkRule>,
    /// The sheet that holds the rows of a child table, by field; null where its rows are to be left alone. Tables that
    /// are not named find their sheet by their title.
    pub sheets: BTreeMap<String, Option<String>>,
    pub options: Options,
}

/// How a link finds its record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinkRule {
    /// Fields of the other form, asked one after the other.
    pub by: Vec<String>,
    pub missing: Missing,
}

/// What becomes of a name that no record has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    #[default]
    Fault,
    /// A record of that title is made.
    Create,
    /// The link stays empty.
    Empty,
}

/// How unclear cells are to be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The year of dates that name none.
    pub default_year: Option<i32>,
    /// The currency of amounts that name none.
    pub default_currency: Option<String>,
    /// The day whose rates count.
    pub rates_on: Option<NaiveDate>,
    /// Rates of that day: the value of one unit in the company's currency.
    pub rates: BTreeMap<String, Json>,
    pub day_first: Option<bool>,
    pub on_duplicate: OnDuplicate,
    pub encoding: Option<String>,
    pub delimiter: Option<char>,
    /// Numbers with too many decimals are rounded: in all fields, or in those named.
    pub round: Option<Json>,
    /// Fields whose days may not lie ahead; `created_on` where none are named.
    pub not_future: Option<Vec<String>>,
}

/// What becomes of a row that repeats another or a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDuplicate {
    #[default]
    Refuse,
    /// It fills what is empty there, and overwrites nothing.
    Merge,
}

impl Options {
    pub fn rounds(&self, field: &str) -> bool {
        match &self.round {
            Some(Json::Bool(all)) => *all,
            Some(Json::Array(fields)) => fields.iter().any(|f| f.as_str() == Some(field)),
            _ => false,
        }
    }

    pub fn not_future(&self, field: &str) -> bool {
        match &self.not_future {
            Some(fields) => fields.iter().any(|f| f == field),
            // the day on which somebody became known
            None => field == "created_on",
        }
    }

    /// The rates of the mapping.
    pub fn rates(&self) -> EngineResult<GivenRates> {
        let mut out = BTreeMap::new();
        for (currency, value) in &self.rates {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            let rate = Decimal::from_str(&text).ok().filter(|rate| *rate > Decimal::ZERO);
            out.insert(currency.to_uppercase(), rate.ok_or_else(|| unfit(format!("options/rates/{currency}")))?);
        }
        Ok(GivenRates(out))
    }
}

/// Rates that came with the mapping.
pub struct GivenRates(BTreeMap<String, Decimal>);

impl Rates for GivenRates {
    fn rate(&self, currency: &str) -> Option<Decimal> {
        self.0.get(currency).copied()
    }
}

impl Mapping {
    /// Reads a mapping for a form.
    ///
    /// # Errors
    /// `import_mapping_invalid` with what does not fit.
    pub fn read(json: Option<&Json>, form: &str) -> EngineResult<Mapping> {
        let Some(json) = json.filter(|json| !json.is_null()) else { return Ok(Mapping::default()) };
        let mut json = json.clone();
        // what is null was left out
        if let Json::Object(map) = &mut json {
            map.retain(|_, value| !value.is_null());
            if let Some(Json::Object(options)) = map.get_mut("options") {
                options.retain(|_, value| !value.is_null());
            }
        }
        let mapping: Mapping = serde_json::from_value(json).map_err(|error| unfit(error.to_string()))?;
        match &mapping.form {
            Some(other) if other != form => Err(unfit(format!("{other} ≠ {form}"))),
            _ => Ok(mapping),
        }
    }
}

/// The refusal of a mapping.
pub fn unfit(reason: impl ToString) -> EngineError {
    Refusal::new(&code::IMPORT_MAPPING).with("reason", reason).into()
}
