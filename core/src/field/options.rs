//! The options of each field type.

use super::{ChoiceSet, Field};
use crate::text::{Labels, Title};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    Plain,
    Email,
    Uri,
    Phone,
}

/// Whether a value may stand in one record only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    No,
    /// Equal to the letter.
    Exact,
    /// Equal after folding case, width and space.
    Normalized,
}

#[derive(Clone, Debug)]
pub struct TextOptions {
    pub format: TextFormat,
    pub unique: Unique,
}

/// Which kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFlavor {
    Integer,
    Number,
    Percent,
    Money,
}

impl NumberFlavor {
    pub fn type_name(self) -> &'static str {
        match self {
            NumberFlavor::Integer => "integer",
            NumberFlavor::Number => "number",
            NumberFlavor::Percent => "percent",
            NumberFlavor::Money => "money",
        }
    }

    /// The scale of a field that states none.
    pub fn default_scale(self) -> u32 {
        match self {
            NumberFlavor::Integer => 0,
            NumberFlavor::Money => 2,
            NumberFlavor::Percent => 4,
            NumberFlavor::Number => 6,
        }
    }
}

#[derive(Clone, Debug)]
pub struct NumberOptions {
    pub flavor: NumberFlavor,
    /// Decimals kept, 0–9.
    pub scale: u32,
    /// ISO 4217 code for all records.
    pub currency: Option<String>,
    /// Name of the choice field that holds the record's currency.
    pub currency_field: Option<String>,
    /// plain, stars, progress
    pub display: Option<String>,
}

#[derive(Clone, Debug)]
pub struct ChoiceOptions {
    pub set: Arc<ChoiceSet>,
    /// Name of the shared list, where the choices are not the field's own.
    pub shared: Option<String>,
    /// Groups of a tree may be picked, not only its leaves.
    pub pick_any: bool,
}

/// A move of a status field.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    pub to: String,
    /// Roles that may make it; empty: whoever may update.
    pub roles: Vec<String>,
    /// Fields that must be filled.
    pub require: Vec<String>,
    pub when: Option<Json>,
    /// Who makes it: a person, a flow, or a button.
    pub by: Option<String>,
}

#[derive(Clone, Debug)]
pub struct StatusOptions {
    pub set: Arc<ChoiceSet>,
    /// Values with which a record may be created; empty: any.
    pub initial: Vec<String>,
    /// Absent: every move is allowed.
    pub transitions: Option<HashMap<String, Vec<Transition>>>,
    /// Fields that a move backwards (to an earlier choice) requires.
    pub back_require: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct TagsOptions {
    pub set: Option<Arc<ChoiceSet>>,
    pub shared: Option<String>,
    /// Tags that are not in the list are allowed.
    pub open: bool,
}

/// What happens to links when the record they point to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    Refuse,
    Clear,
    Cascade,
}

#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// Name of the target form.
    pub form: String,
    pub filter: Option<Json>,
    pub on_delete: OnDelete,
    /// `{mine: theirs}`: copied when the link is picked.
    pub copy: BTreeMap<String, String>,
    /// Name of the many-valued path on the target that leads back here.
    pub inverse: Option<String>,
    pub inverse_title: Title,
}

#[derive(Clone, Debug)]
pub struct TableOptions {
    pub fields: Vec<Field>,
    by_name: HashMap<String, usize>,
}

impl TableOptions {
    pub fn new(fields: Vec<Field>) -> TableOptions {
        let by_name = fields.iter().enumerate().map(|(i, f)| (f.name.clone(), i)).collect();
        TableOptions { fields, by_name }
    }

    pub fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.by_name.get(name).and_then(|i| self.fields.get(*i).map(|f| (*i, f)))
    }
}

#[derive(Clone, Debug)]
pub struct FilesOptions {
    /// Media types or patterns such as `image/*`; empty: any.
    pub accept: Vec<String>,
    /// Bytes.
    pub max_size: u64,
    pub max_count: Option<u32>,
    /// Offers a phone's camera.
    pub capture: bool,
}

/// When a serial begins again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SerialReset {
    Never,
    Year,
    Month,
    Day,
}

/// A piece of a serial's pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SerialPart {
    Literal(String),
    Year,
    ShortYear,
    Month,
    Day,
    /// Width; the number grows past it.
    Sequence(usize),
    /// Value of a field of the record.
    Field(String),
}

#[derive(Clone, Debug)]
pub struct SerialOptions {
    pub parts: Vec<SerialPart>,
    pub reset: SerialReset,
}

/// Labels and title of something declared in place.
pub(super) fn title_of(map: &serde_json::Map<String, Json>, fallback: &str) -> Title {
    let title =
        map.get("title").and_then(Json::as_str).map_or_else(|| crate::text::title_from_name(fallback), str::to_string);
    Title::new(title, labels_of(map, "labels"))
}

pub(super) fn labels_of(map: &serde_json::Map<String, Json>, key: &str) -> Labels {
    map.get(key)
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_string())))
        .collect()
}
