//! Rules of a form: what is shown, required, set, offered, warned of and refused under which condition.
//!
//! [`compile`] reads them when a catalogue is built; [`Facts`] says which of their conditions hold for a record ([`settle`]
//! gives the values that they set), and [`judge`] makes the [`Verdict`] that a save obeys and a page shows. [`publish`] says
//! in JSON Schema what can be said there. The same rules, in the same order, for every way in.

mod compile;
mod judge;
mod moves;
mod publish;
mod reads;
mod say;
mod settle;

pub(crate) use compile::compile;
pub use judge::{Told, Verdict, judge};
pub(crate) use moves::check_moves;
pub use publish::add_rules;
pub use settle::{Caller, Settled, settle};

use crate::expr::Warning;
use crate::field::{Field, FieldDefault, Formula};
use crate::form::Form;
use crate::query::{
    AllSight, Elsewhere, Limits, Place as QueryPlace, QueryContext, Subject, ask_all, ask_any, holds, read_condition,
};
use crate::record::{RateKey, Record, Surroundings, evaluate};
use crate::text::Title;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The rules of a form, in their order.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub rules: Vec<Rule>,
    /// Whether a rule gives values.
    pub gives: bool,
    /// Whether a condition names a value of the record by `{"var": "record.…"}`.
    pub names_record: bool,
}

/// A rule with its names resolved.
#[derive(Clone, Debug)]
pub struct Rule {
    pub when: When,
    pub effects: Vec<Effect>,
    /// Fields of the record that the condition reads.
    pub reads: BTreeSet<usize>,
    /// The condition as a schema of the record, where JSON Schema can say it.
    pub said: Option<Json>,
}

/// The condition of a rule.
#[derive(Clone, Debug)]
pub enum When {
    Always,
    /// A condition as it is written; its variables are put in when it is asked.
    Filter(Json),
    Expression(Arc<Formula>),
    All(Vec<When>),
    Any(Vec<When>),
    Not(Box<When>),
}

/// A field of a form, or a column of one of its child tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub field: usize,
    pub column: Option<usize>,
}

impl Place {
    /// The field or column, where there is one.
    pub fn find<'f>(&self, form: &'f Form) -> Option<&'f Field> {
        let field = form.fields.get(self.field)?;
        match self.column {
            None => Some(field),
            Some(column) => field.table()?.fields.get(column),
        }
    }

    /// `note`, `contacts.phone`.
    pub fn name(&self, form: &Form) -> String {
        let name = |field: Option<&Field>| field.map_or(String::new(), |f| f.name.clone());
        match self.column {
            None => name(form.fields.get(self.field)),
            Some(_) => format!("{}.{}", name(form.fields.get(self.field)), name(self.find(form))),
        }
    }
}

/// What a rule does while its condition holds.
#[derive(Clone, Debug)]
pub enum Effect {
    Show {
        places: Vec<Place>,
        clear: bool,
    },
    Hide {
        places: Vec<Place>,
        clear: bool,
    },
    Require(Vec<Place>),
    ReadOnly(Vec<Place>),
    Set {
        field: usize,
        given: Given,
    },
    Default {
        field: usize,
        given: Given,
    },
    /// The choices that are left.
    Options {
        field: usize,
        values: Vec<String>,
    },
    Warn {
        field: Option<usize>,
        message: Title,
    },
    Fault {
        field: Option<usize>,
        message: Title,
    },
}

/// Where a value that a rule gives comes from.
#[derive(Clone, Debug)]
pub enum Given {
    Stated(FieldDefault),
    Expression(Arc<Formula>),
}

/// Which rules' conditions hold for a record, by their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub holds: Vec<bool>,
    /// Rates that an expression asks for and that are not known yet.
    pub wanted: BTreeSet<RateKey>,
}

/// What the conditions of rules are asked over.
pub struct Scene<'a> {
    pub query: &'a QueryContext<'a>,
    /// Index of the form.
    pub index: usize,
    pub form: &'a Form,
    pub elsewhere: &'a dyn Elsewhere,
    pub around: &'a Surroundings<'a>,
}

impl Facts {
    /// Asks every condition.
    pub fn of(scene: &Scene<'_>, record: &Record) -> Facts {
        let mut facts = Facts::default();
        for rule in &scene.form.rules.rules {
            let holds = scene.holds(&rule.when, record, &mut facts.wanted);
            facts.holds.push(holds);
        }
        facts
    }

    pub(crate) fn hold(&self, rule: usize) -> bool {
        self.holds.get(rule).copied().unwrap_or(false)
    }
}

impl Scene<'_> {
    fn holds(&self, when: &When, record: &Record, wanted: &mut BTreeSet<RateKey>) -> bool {
        match when {
            When::Always => true,
            When::Filter(json) => {
                // it was read without fault when it was published; the sight is that of the definition
                let (mut faults, place) = (Vec::new(), QueryPlace::form(self.index));
                let cond = read_condition(self.query, place, json, "", Limits::default(), &mut faults);
                faults.is_empty()
                    && holds(Subject::record(self.query.catalog, self.index, record), &cond, self.elsewhere)
            }
            When::Expression(formula) => self.evaluate(formula, record, wanted).0.is_true(),
            When::All(parts) => ask_all(parts.iter().map(|part| self.holds(part, record, wanted))),
            When::Any(parts) => ask_any(parts.iter().map(|part| self.holds(part, record, wanted))),
            When::Not(inner) => !self.holds(inner, record, wanted),
        }
    }

    /// The value of an expression over the record, and why it may be empty.
    pub(crate) fn evaluate(
        &self,
        formula: &Formula,
        record: &Record,
        wanted: &mut BTreeSet<RateKey>,
    ) -> (crate::expr::Value, Vec<Warning>) {
        let (value, warnings, rates) = evaluate(self.form, record, formula, self.around);
        wanted.extend(rates);
        (value, warnings)
    }
}

/// The sight with which rules are read: that of definitions, whoever saves.
pub const SIGHT: AllSight = AllSight;
