//! Tests of an app as they are written: who and what there is, what is done, what must be so afterwards.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// One test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestCase {
    pub title: String,
    /// The moment at which it begins; now where it is not said.
    pub now: Option<DateTime<Utc>>,
    #[serde(default)]
    pub given: Given,
    /// What is done, in order.
    #[serde(rename = "do", default, deserialize_with = "one_or_many")]
    pub steps: Vec<Step>,
    #[serde(default)]
    pub expect: Expected,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// Who does it; the app's own authority where nobody is named.
    #[serde(rename = "as")]
    pub who: Option<Who>,
    /// Records by the name under which the test speaks of them: `@name`.
    #[serde(default)]
    pub records: BTreeMap<String, GivenRecord>,
}

/// Somebody of the app's sample data, or somebody made for the test.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Json")]
pub(super) enum Who {
    Login(String),
    Made(Made),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Made {
    pub roles: Vec<String>,
    pub department: Option<String>,
}

impl TryFrom<Json> for Who {
    type Error = serde_json::Error;

    fn try_from(json: Json) -> Result<Who, serde_json::Error> {
        match json {
            Json::String(login) => Ok(Who::Login(login)),
            other => serde_json::from_value(other).map(Who::Made),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenRecord {
    pub form: String,
    #[serde(default)]
    pub values: Map<String, Json>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Step {
    Create(Creation),
    Update(Change),
    Delete(Removal),
    Query(Query),
    Aggregate(Sums),
    /// Time passes until that moment.
    Advance(DateTime<Utc>),
    /// Somebody else goes on.
    As(Who),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Creation {
    pub form: String,
    /// The name under which the test speaks of it afterwards.
    pub name: Option<String>,
    #[serde(default)]
    pub values: Map<String, Json>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// `@name`
    pub record: String,
    pub values: Map<String, Json>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Removal {
    pub record: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    pub form: String,
    pub filter: Option<Json>,
    pub q: Option<String>,
    #[serde(default)]
    pub sort: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Sums {
    pub form: String,
    /// The body of an aggregate.
    #[serde(flatten)]
    pub body: Map<String, Json>,
}

/// What must be so after the last step.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    /// Fields by record; what is not named may be anything.
    #[serde(default)]
    pub values: BTreeMap<String, Map<String, Json>>,
    /// Everything that the last step was refused for; nothing where it must succeed.
    #[serde(default)]
    pub faults: Vec<ExpectedFault>,
    /// Fields that the person must not see.
    #[serde(default)]
    pub hidden: BTreeMap<String, Vec<String>>,
    /// How many rows, or which records in which order, the last query or aggregate gives.
    pub rows: Option<Rows>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedFault {
    #[serde(default)]
    pub field: String,
    pub code: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Rows {
    Count(usize),
    /// `@name` of records, or objects with the values that a row must have.
    Each(Vec<Json>),
}

/// The tests of a file, which holds one or a list of them.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<TestCase>, serde_json::Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    one_or_many(&mut serde_json::Deserializer::from_slice(bytes))
}

/// One thing is as good as a list of it. Told apart beforehand, so that an error says what is wrong within.
fn one_or_many<'de, T: serde::de::DeserializeOwned, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let items = match Json::deserialize(from)? {
        Json::Array(items) => items,
        one => vec![one],
    };
    items.into_iter().map(|item| serde_json::from_value(item).map_err(serde::de::Error::custom)).collect()
}
