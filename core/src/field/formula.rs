//! Fields whose value is worked out: the compiled expression, and where each thing that it reads is found.

use super::linked::{Lookup, LookupDoc, Rollup, RollupDoc, RollupScope};
use super::{ChoiceSet, Field, FieldKind, NumberFlavor, NumberOptions, SystemField, TextFormat, TextOptions, Unique};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::{ClockUse, Expression, Type};
use crate::query::Path;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// Decimals of a number whose expression does not say how many it has.
pub const UNSTATED_SCALE: u32 = 6;

/// Most decimals that a number keeps.
pub const MAX_SCALE: u32 = 9;

/// How a value comes about that nobody types.
#[derive(Clone, Debug)]
pub enum Computed {
    Formula(Arc<Formula>),
    Lookup(Lookup),
    Rollup(Arc<Rollup>),
}

/// A formula, ready to be computed.
#[derive(Clone, Debug)]
pub struct Formula {
    pub expression: Expression,
    /// For each of the expression's reads where its value is found.
    pub sources: Vec<Source>,
    /// Decimals that the definition states.
    pub stated_scale: Option<u32>,
    /// The expression with ids where fields are named: it stays when a field is renamed.
    pub meaning: String,
    /// What the value depends on besides fields, as text: the data of choices that it reads.
    pub fixed: String,
}

/// Where a value that a formula reads is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the record.
    Record(Leaf),
    /// In the row that is being computed.
    Row(Leaf),
    /// In each row of a child table of the record: a list.
    Rows { table: usize, leaf: Leaf },
    /// In other records, people or departments that the record leads to.
    Remote(Arc<Remote>),
}

/// Where a way out of the record begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the record itself: other records name it.
    Itself,
    /// At what a field of the record names.
    Field(usize),
    /// At what a column of the row that is being computed names.
    Row(usize),
    /// At what a column names, in each row of a child table.
    Rows {
        table: usize,
        field: usize,
    },
    CreatedBy,
    UpdatedBy,
}

/// A way out of the record to values elsewhere.
#[derive(Clone, Debug)]
pub struct Remote {
    /// Tells this way from others of the catalogue, wherever it begins.
    pub key: Arc<str>,
    pub start: Start,
    /// From the record (or person, or department) where it begins to the value.
    pub path: Path,
    pub pick: Pick,
    /// There may be several values.
    pub is_many: bool,
}

/// What of a value elsewhere is meant.
#[derive(Clone, Debug)]
pub enum Pick {
    Value,
    /// The group above the choice.
    ChoiceParent(Arc<ChoiceSet>),
    /// A member of the choice's data.
    ChoiceData(Arc<ChoiceSet>, String),
    /// A member of a JSON value.
    Member(Vec<String>),
}

impl PartialEq for Remote {
    fn eq(&self, other: &Remote) -> bool {
        self.key == other.key && self.start == other.start
    }
}

impl Eq for Remote {}

/// A value of a record or of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    Field(usize),
    /// Of a row only its id.
    System(SystemField),
    /// The group above the choice that the field holds.
    ChoiceParent(usize),
    /// A member of the data that a shared list keeps with a choice.
    ChoiceData(usize, String),
    /// A member of a JSON value.
    Member(usize, Vec<String>),
}

impl Leaf {
    /// The field that it belongs to.
    pub fn field(&self) -> Option<usize> {
        match self {
            Leaf::Field(i) | Leaf::ChoiceParent(i) | Leaf::ChoiceData(i, _) | Leaf::Member(i, _) => Some(*i),
            Leaf::System(_) => None,
        }
    }
}

/// A computed field of a form, or a computed column of one of its child tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ComputedPlace {
    pub table: Option<usize>,
    pub field: usize,
}

impl Formula {
    /// Whether two formulas give the same values for the same fields.
    pub fn is_same(&self, other: &Formula) -> bool {
        self.meaning == other.meaning && self.fixed == other.fixed
    }

    /// How far its value depends on when it is computed.
    pub fn clock(&self) -> ClockUse {
        self.expression.uses().clock
    }
}

/// What a definition says about a formula's result besides its type.
#[derive(Clone, Debug, Default)]
pub(super) struct Dress {
    pub scale: Option<u32>,
    pub percent: bool,
    pub currency: Option<String>,
    pub currency_field: Option<String>,
    pub display: Option<String>,
}

impl PartialEq for Formula {
    fn eq(&self, other: &Formula) -> bool {
        self.is_same(other)
    }
}

/// What is compiled when all fields are known: a computed field has no kind until then.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Pointer of its property.
    pub at: String,
    /// The property as written.
    pub property: Map<String, Json>,
    pub(super) what: PendingKind,
    pub(super) dress: Dress,
}

/// What a field says of its value.
#[derive(Clone, Debug)]
pub(super) enum PendingKind {
    /// An expression gives the field's values.
    Formula(String),
    /// An expression gives the value with which a record begins.
    Default(String),
    Lookup(LookupDoc),
    Rollup(RollupDoc),
}

/// What a definition says about a formula. Its kind is found when all fields are known.
pub(super) fn pending_formula(
    map: &Map<String, Json>,
    own: &Map<String, Json>,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<Pending> {
    let before = faults.len();
    let text = |key: &str| own.get(key).and_then(Json::as_str).map(str::to_string);
    let expression = text("expression");
    match own.get("expression") {
        None => faults.push(Fault::new(format!("{at}/field/expression"), &code::REQUIRED).with("title", "expression")),
        Some(Json::String(_)) => {}
        Some(other) => faults.push(
            Fault::new(format!("{at}/field/expression"), &code::WRONG_TYPE)
                .with("expected", "string")
                .with("got", crate::definition::type_name(other)),
        ),
    }
    if map.contains_key("default") {
        faults.push(Fault::new(format!("{at}/default"), &code::KEY_INVALID).with("reason", "A formula has no default"));
    }
    if let Some(other) = text("format").filter(|f| !["number", "percent"].contains(&f.as_str())) {
        faults.push(
            Fault::new(format!("{at}/field/format"), &code::CHOICE_UNKNOWN)
                .with("value", &other)
                .suggest(&other, ["number", "percent"].into_iter()),
        );
    }
    let scale = match own.get("scale") {
        Some(_) => Some(stated_scale(own, at, faults)?),
        None => None,
    };
    if faults.len() > before {
        return None;
    }
    Some(Pending {
        at: at.to_string(),
        property: map.clone(),
        what: PendingKind::Formula(expression?),
        dress: Dress {
            scale,
            percent: text("format").as_deref() == Some("percent"),
            currency: text("currency"),
            currency_field: text("currency_field"),
            display: text("display"),
        },
    })
}

/// `field.scale`, 0 to 9.
pub(super) fn stated_scale(own: &Map<String, Json>, at: &str, faults: &mut Vec<Fault>) -> Option<u32> {
    let scale = own.get("scale").and_then(Json::as_u64).and_then(|s| u32::try_from(s).ok()).filter(|s| *s <= MAX_SCALE);
    if scale.is_none() {
        faults.push(Fault::new(format!("{at}/field/scale"), &code::TOO_LARGE).with("limit", MAX_SCALE));
    }
    scale
}

/// The kind of a formula's values; `None` for types that no field keeps.
pub(super) fn kind_of(ty: &Type, inferred_scale: Option<u32>, dress: &Dress) -> Option<FieldKind> {
    Some(match ty {
        Type::Empty | Type::Text => FieldKind::Text(TextOptions { format: TextFormat::Plain, unique: Unique::No }),
        Type::Number => {
            let flavor = if dress.currency.is_some() || dress.currency_field.is_some() {
                NumberFlavor::Money
            } else if dress.percent {
                NumberFlavor::Percent
            } else {
                NumberFlavor::Number
            };
            FieldKind::Number(NumberOptions {
                flavor,
                scale: dress.scale.or(inferred_scale).unwrap_or(UNSTATED_SCALE),
                currency: dress.currency.clone(),
                currency_field: dress.currency_field.clone(),
                display: dress.display.clone(),
            })
        }
        Type::Boolean => FieldKind::Boolean,
        Type::Date => FieldKind::Date,
        Type::DateTime => FieldKind::DateTime,
        Type::Time => FieldKind::Time,
        Type::Duration => FieldKind::Duration,
        Type::Record(_) | Type::List(_) => return None,
    })
}

impl Field {
    /// The field's formula.
    pub fn formula(&self) -> Option<&Formula> {
        match &self.computed {
            Some(Computed::Formula(formula)) => Some(formula),
            _ => None,
        }
    }

    pub fn lookup(&self) -> Option<&Lookup> {
        match &self.computed {
            Some(Computed::Lookup(lookup)) => Some(lookup),
            _ => None,
        }
    }

    pub fn rollup(&self) -> Option<&Arc<Rollup>> {
        match &self.computed {
            Some(Computed::Rollup(rollup)) => Some(rollup),
            _ => None,
        }
    }

    /// Whether it is a formula that is worked out after the query, because it changes by time alone: nothing can be asked of it.
    pub fn is_live(&self) -> bool {
        self.formula().is_some_and(|f| f.clock() != ClockUse::None)
    }

    /// Whether the query itself works its value out: anything can be asked of it, but it has no column of its own.
    pub fn is_asked(&self) -> bool {
        match &self.computed {
            Some(Computed::Lookup(_)) => true,
            Some(Computed::Rollup(rollup)) => rollup.is_asked,
            _ => false,
        }
    }

    /// Whether the database keeps its value.
    pub fn is_kept(&self) -> bool {
        !self.is_live() && !self.is_asked()
    }

    /// How far the value depends on when it is asked.
    pub(super) fn clock(&self) -> ClockUse {
        match &self.computed {
            Some(Computed::Formula(formula)) => formula.clock(),
            Some(Computed::Rollup(rollup)) if rollup.is_asked => ClockUse::Instant,
            _ => ClockUse::None,
        }
    }

    /// Whether the value differs from reader to reader.
    pub(super) fn is_readers(&self) -> bool {
        self.rollup().is_some_and(|r| r.scope == RollupScope::Reader)
    }

    /// The type's name in definitions: that of a computed field says so, whatever its values are.
    pub fn type_name(&self) -> &'static str {
        match &self.computed {
            Some(Computed::Formula(_)) => "formula",
            Some(Computed::Lookup(_)) => "lookup",
            Some(Computed::Rollup(_)) => "rollup",
            None => self.kind.type_name(),
        }
    }
}
