//! What the rules of a form say about a record, once it is known which of their conditions hold.

use super::{Effect, Facts, Place};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::Field;
use crate::form::Form;
use crate::text::{Locale, Title};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is told about a field, or about the whole record.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The rule's number.
    pub rule: usize,
    pub field: Option<usize>,
    pub message: Title,
}

/// What holds for a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    pub hidden: BTreeSet<Place>,
    /// With the number of the rule that asks for it first.
    pub required: BTreeMap<Place, usize>,
    /// What the form itself requires and a rule shows or hides, with that rule's number.
    pub due: BTreeMap<Place, usize>,
    pub readonly: BTreeSet<Place>,
    /// The choices that are left, with the number of the rule that narrowed them last.
    pub options: BTreeMap<usize, (usize, Vec<String>)>,
    pub faults: Vec<Told>,
    pub warnings: Vec<Told>,
}

/// The places that are hidden, and whether what stands there is cleared.
pub(super) fn hidden(form: &Form, facts: &Facts) -> BTreeMap<Place, bool> {
    // what a `show` names is hidden until one of its rules holds
    let mut shown: BTreeMap<Place, (bool, bool)> = BTreeMap::new();
    let mut out: BTreeMap<Place, bool> = BTreeMap::new();
    for (number, rule) in form.rules.rules.iter().enumerate() {
        for effect in &rule.effects {
            match effect {
                Effect::Show { places, clear } => {
                    for place in places {
                        let entry = shown.entry(*place).or_default();
                        entry.0 |= facts.hold(number);
                        entry.1 |= clear;
                    }
                }
                Effect::Hide { places, clear } if facts.hold(number) => {
                    places.iter().for_each(|place| *out.entry(*place).or_default() |= clear);
                }
                _ => {}
            }
        }
    }
    for (place, (is_shown, clear)) in shown {
        if !is_shown {
            *out.entry(place).or_default() |= clear;
        }
    }
    out
}

/// The verdict of a form's rules.
pub fn judge(form: &Form, facts: &Facts) -> Verdict {
    let mut out = Verdict { hidden: hidden(form, facts).into_keys().collect(), ..Verdict::default() };
    for (number, rule) in form.rules.rules.iter().enumerate().filter(|(i, _)| facts.hold(*i)) {
        for effect in &rule.effects {
            match effect {
                Effect::Require(places) => {
                    for place in places {
                        out.required.entry(*place).or_insert(number);
                    }
                }
                Effect::ReadOnly(places) => out.readonly.extend(places),
                Effect::Options { field, values } => {
                    // several rules leave what all of them leave
                    let left = match out.options.get(field) {
                        Some((_, before)) => before.iter().filter(|v| values.contains(v)).cloned().collect(),
                        None => values.clone(),
                    };
                    out.options.insert(*field, (number, left));
                }
                Effect::Warn { field, message } => {
                    out.warnings.push(Told { rule: number, field: *field, message: message.clone() });
                }
                Effect::Fault { field, message } => {
                    out.faults.push(Told { rule: number, field: *field, message: message.clone() });
                }
                Effect::Show { .. } | Effect::Hide { .. } | Effect::Set { .. } | Effect::Default { .. } => {}
            }
        }
    }
    // what is required by itself is asked for as soon as it comes into sight
    for (number, rule) in form.rules.rules.iter().enumerate() {
        for effect in &rule.effects {
            let (Effect::Show { places, .. } | Effect::Hide { places, .. }) = effect else { continue };
            for place in places.iter().filter(|p| p.find(form).is_some_and(|f| f.required)) {
                out.due.entry(*place).or_insert(number);
            }
        }
    }
    out
}

impl Told {
    /// As a fault at its field; the message is the definition's own.
    pub fn to_fault(&self, form: &Form) -> Fault {
        let path = self.field.and_then(|i| form.fields.get(i)).map_or("", |f| f.name.as_str());
        Fault::new(path, &code::RULE_FAILED)
            .with("en", self.message.get(Locale::En))
            .with("zh", self.message.get(Locale::ZhCn))
    }
}

impl Verdict {
    /// Whether a place is hidden, itself or with its table.
    pub fn is_hidden(&self, place: Place) -> bool {
        self.hidden.contains(&place) || self.hidden.contains(&Place { column: None, ..place })
    }

    /// Takes out that something hidden is missing: it is not required.
    pub fn excuse(&self, form: &Form, faults: &mut Vec<Fault>) {
        if self.hidden.is_empty() {
            return;
        }
        faults.retain(|fault| {
            let is_excused =
                *fault.code == code::REQUIRED && place_at(form, &fault.path).is_some_and(|place| self.is_hidden(place));
            !is_excused
        });
    }

    /// What is wrong with a record. `concerns` says of a rule's number and its field whether the write has to do with them.
    pub fn check(
        &self,
        form: &Form,
        values: &[Value],
        concerns: &dyn Fn(usize, Option<usize>) -> bool,
        faults: &mut Vec<Fault>,
    ) {
        // a rule asks for something; the form by itself takes an empty text for a value, as its schema does
        let nothing = |value: &Value| match value {
            Value::Rows(rows) => rows.is_empty(),
            value => matches!(value, Value::Null),
        };
        let asked =
            self.required.iter().map(|(place, rule)| (place, rule, &Value::is_empty as &dyn Fn(&Value) -> bool));
        let due = self.due.iter().map(|(place, rule)| (place, rule, &nothing as &dyn Fn(&Value) -> bool));
        for (place, rule, is_missing) in asked.chain(due) {
            if self.is_hidden(*place) || !concerns(*rule, Some(place.field)) {
                continue;
            }
            let (Some(field), Some(value)) = (place.find(form), values.get(place.field)) else { continue };
            match (place.column, value) {
                (None, value) if is_missing(value) => missing(field, field.name.clone(), faults),
                (Some(column), Value::Rows(rows)) => {
                    let owner = form.fields.get(place.field).map_or("", |f| f.name.as_str());
                    for (i, row) in rows.iter().enumerate() {
                        if row.values.get(column).is_none_or(is_missing) {
                            missing(field, format!("{owner}/{i}/{}", field.name), faults);
                        }
                    }
                }
                _ => {}
            }
        }
        for (index, (rule, left)) in &self.options {
            let (Some(field), Some(value)) = (form.fields.get(*index), values.get(*index)) else { continue };
            if !concerns(*rule, Some(*index)) {
                continue;
            }
            let mut judge = |value: &Value, path: String| {
                if let Some(text) = value.as_text().filter(|t| !left.iter().any(|l| l == t)) {
                    let fault = Fault::new(path, &code::CHOICE_UNKNOWN).with("suggestion", "");
                    faults.push(match field.kind.choices().and_then(|s| s.get(text)) {
                        Some(choice) => fault.titled("value", &choice.title),
                        None => fault.with("value", text),
                    });
                }
            };
            match value {
                Value::List(items) => {
                    items.iter().enumerate().for_each(|(i, item)| judge(item, format!("{}/{i}", field.name)));
                }
                single => judge(single, field.name.clone()),
            }
        }
        faults.extend(self.faults.iter().filter(|t| concerns(t.rule, t.field)).map(|t| t.to_fault(form)));
    }
}

fn missing(field: &Field, path: String, faults: &mut Vec<Fault>) {
    if !faults.iter().any(|f| f.path == path && *f.code == code::REQUIRED) {
        faults.push(Fault::new(path, &code::REQUIRED).titled("title", &field.title));
    }
}

/// The place of a fault's path: `note`, `contacts/2/phone`.
fn place_at(form: &Form, path: &str) -> Option<Place> {
    let mut parts = path.split('/');
    let (field, owner) = form.field(parts.next()?)?;
    let column = match parts.nth(1) {
        Some(name) => owner.table().and_then(|t| t.field(name)).map(|(i, _)| i),
        None => None,
    };
    Some(Place { field, column })
}
