//! From rules as written to rules with their names resolved. All faults at once, by JSON pointer.

use super::{Effect, Given, Place, Rule, Rules, When};
use crate::catalog::Catalog;
use crate::definition::{EffectDoc, GivenDoc, NarrowDoc, RuleDoc, SayDoc};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::{RecordNames, Type};
use crate::field::{Field, FieldDefault, FieldKind, Formula, compile_over_record, parse_default};
use crate::form::Form;
use crate::query::{Cond, Limits, Place as QueryPlace, QueryContext, read_condition};
use crate::text::Title;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most rules of a form.
const MAX_RULES: usize = 500;

/// Resolves the rules of a form against the finished catalogue.
pub(crate) fn compile(cx: &QueryContext<'_>, index: usize, form: &Form, faults: &mut Vec<Fault>) -> Rules {
    let docs = form.doc.get("rules").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    if docs.len() > MAX_RULES {
        faults.push(Fault::new("/rules", &code::TOO_MANY).with("limit", MAX_RULES));
        return Rules::default();
    }
    let mut out = Rules::default();
    for (i, doc) in docs.iter().enumerate() {
        let at = format!("/rules/{i}");
        let doc: RuleDoc = match serde_json::from_value(doc.clone()) {
            Ok(doc) => doc,
            Err(error) => {
                faults.push(Fault::new(at, &code::KEY_INVALID).with("reason", error));
                continue;
            }
        };
        if !doc.off.is_empty() {
            // it keeps its place, so that the others keep their numbers
            out.rules.push(Rule {
                when: When::Always,
                effects: Vec::new(),
                reads: BTreeSet::new(),
                said: Default::default(),
            });
            continue;
        }
        let mut reader = Reader { cx, index, form, reads: BTreeSet::new(), conds: Vec::new(), faults };
        let mut parts = Vec::new();
        if let Some(when) = &doc.when {
            parts.push(reader.when(when, &format!("{at}/when"), 1));
        }
        if let Some(unless) = &doc.unless {
            parts.push(When::Not(Box::new(reader.when(unless, &format!("{at}/unless"), 1))));
        }
        let when = match (parts.pop(), parts.pop()) {
            (None, _) => When::Always,
            (Some(only), None) => only,
            (Some(second), Some(first)) => When::All(vec![first, second]),
        };
        let effects: Vec<Effect> = doc
            .then
            .iter()
            .enumerate()
            .filter_map(|(j, effect)| reader.effect(effect, &format!("{at}/then/{j}")))
            .collect();
        if doc.then.is_empty() {
            reader.faults.push(Fault::new(format!("{at}/then"), &code::TOO_FEW).with("limit", 1));
        }
        let Reader { reads, conds, .. } = reader;
        let said = super::say::say(cx.catalog, index, &when, &mut conds.into_iter());
        out.gives |= effects.iter().any(|e| {
            matches!(
                e,
                Effect::Set { .. }
                    | Effect::Default { .. }
                    | Effect::Show { clear: true, .. }
                    | Effect::Hide { clear: true, .. }
            )
        });
        out.names_record |= [&doc.when, &doc.unless].into_iter().flatten().any(|c| c.to_string().contains("\"record."));
        out.rules.push(Rule { when, effects, reads, said });
    }
    out
}

pub(super) struct Reader<'a, 'f> {
    cx: &'a QueryContext<'a>,
    index: usize,
    pub(super) form: &'a Form,
    pub(super) reads: BTreeSet<usize>,
    /// The terms that are conditions, as they were read, in their order.
    conds: Vec<Cond>,
    pub(super) faults: &'f mut Vec<Fault>,
}

/// Whether an expression stands in a condition where it is a term of the record itself.
fn has_expression(json: &Json) -> bool {
    let Some(map) = json.as_object() else { return false };
    map.contains_key("expression")
        || map.get("not").is_some_and(has_expression)
        || ["and", "or"]
            .iter()
            .any(|key| map.get(*key).and_then(Json::as_array).into_iter().flatten().any(has_expression))
}

impl Reader<'_, '_> {
    fn when(&mut self, json: &Json, at: &str, depth: usize) -> When {
        let limits = Limits::default();
        if depth > limits.depth {
            self.faults.push(Fault::new(at, &code::FILTER_TOO_DEEP).with("limit", limits.depth));
            return When::Always;
        }
        let map = json.as_object().filter(|_| has_expression(json));
        let Some(map) = map else {
            let place = QueryPlace::form(self.index);
            let cond = read_condition(self.cx, place, json, at, limits, self.faults);
            self.own_fields(&cond, at);
            self.named_fields(json, at);
            self.conds.push(cond);
            return When::Filter(json.clone());
        };
        if let Some((key, _)) = map.iter().find(|_| map.len() > 1) {
            let extra = map.keys().find(|k| !["and", "or", "not", "expression"].contains(&k.as_str())).unwrap_or(key);
            self.faults.push(
                Fault::new(format!("{at}/{extra}"), &code::UNKNOWN_KEY).with("name", extra).with("suggestion", ""),
            );
            return When::Always;
        }
        match map.iter().next() {
            Some((key, Json::String(source))) if key == "expression" => {
                match self.expression(source, &Type::Boolean, false, &format!("{at}/{key}")) {
                    Some(formula) => When::Expression(formula),
                    None => When::Always,
                }
            }
            Some((key, inner)) if key == "not" => {
                When::Not(Box::new(self.when(inner, &format!("{at}/{key}"), depth + 1)))
            }
            Some((key, Json::Array(items))) if key == "and" || key == "or" => {
                let parts = items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| self.when(item, &format!("{at}/{key}/{i}"), depth + 1))
                    .collect();
                if key == "and" { When::All(parts) } else { When::Any(parts) }
            }
            _ => {
                self.faults.push(Fault::new(at, &code::FILTER_INVALID).with("reason", "expected a condition"));
                When::Always
            }
        }
    }

    fn expression(&mut self, source: &str, wanted: &Type, is_sealed: bool, at: &str) -> Option<Arc<Formula>> {
        let catalog: &Catalog = self.cx.catalog;
        let names = RecordNames {
            place: &self.form.name,
            fields: &self.form.fields,
            parent: None,
            forms: &|name| catalog.form(name).map(|f| f.fields.as_slice()),
            inverse: &|form, name| {
                let (from, _) = catalog.inverse(catalog.form_index(form)?, name)?;
                catalog.forms.get(from).map(|f| (f.name.as_str(), f.fields.as_slice()))
            },
        };
        match compile_over_record(&names, source, wanted, is_sealed) {
            Ok(formula) => {
                for read in formula.expression.reads() {
                    let first = read.segments.first().map_or("", String::as_str);
                    self.reads.extend(self.form.field(first).map(|(i, _)| i));
                }
                Some(Arc::new(formula))
            }
            Err(faults) => {
                self.faults.extend(faults.into_iter().map(|f| Fault { path: at.to_string(), ..f }));
                None
            }
        }
    }

    fn field(&mut self, name: &str, at: &str) -> Option<(usize, &Field)> {
        let form = self.form;
        let found = form.field(name);
        if found.is_none() {
            self.faults.push(
                Fault::new(at, &code::UNKNOWN_FIELD)
                    .with("name", name)
                    .suggest(name, form.fields.iter().map(|f| f.name.as_str())),
            );
        }
        found
    }

    fn place(&mut self, name: &str, at: &str) -> Option<Place> {
        let Some((table, column)) = name.split_once('.') else {
            return self.field(name, at).map(|(field, _)| Place { field, column: None });
        };
        let form = self.form;
        let (field, owner) = self.field(table, at)?;
        let columns = owner.table().map(|t| t.fields.as_slice()).unwrap_or_default();
        let Some(found) = form.fields.get(field).and_then(Field::table).and_then(|t| t.field(column)) else {
            let fault = Fault::new(at, &code::UNKNOWN_FIELD)
                .with("name", name)
                .suggest(column, columns.iter().map(|f| f.name.as_str()));
            self.faults.push(fault);
            return None;
        };
        Some(Place { field, column: Some(found.0) })
    }

    fn places(&mut self, names: &[String], at: &str) -> Vec<Place> {
        let found = names.iter().enumerate().filter_map(|(i, name)| self.place(name, &format!("{at}/{i}")));
        found.collect()
    }

    fn effect(&mut self, doc: &EffectDoc, at: &str) -> Option<Effect> {
        let clear = doc.clear.unwrap_or(false);
        let mut found = Vec::new();
        if let Some(names) = &doc.show {
            found.push(Effect::Show { places: self.places(names, &format!("{at}/show")), clear });
        }
        if let Some(names) = &doc.hide {
            found.push(Effect::Hide { places: self.places(names, &format!("{at}/hide")), clear });
        }
        let can_clear = !found.is_empty();
        if let Some(names) = &doc.require {
            found.push(Effect::Require(self.places(names, &format!("{at}/require"))));
        }
        if let Some(names) = &doc.readonly {
            found.push(Effect::ReadOnly(self.places(names, &format!("{at}/readonly"))));
        }
        let given = self.faults.len();
        if let Some((field, given)) = doc.set.as_ref().and_then(|g| self.given(g, &format!("{at}/set"))) {
            found.push(Effect::Set { field, given });
        }
        if let Some((field, given)) = doc.default.as_ref().and_then(|g| self.given(g, &format!("{at}/default"))) {
            found.push(Effect::Default { field, given });
        }
        if let Some((field, values)) = doc.options.as_ref().and_then(|n| self.options(n, &format!("{at}/options"))) {
            found.push(Effect::Options { field, values });
        }
        if let Some((field, message)) = doc.warn.as_ref().and_then(|s| self.say(s, &format!("{at}/warn"))) {
            found.push(Effect::Warn { field, message });
        }
        if let Some((field, message)) = doc.fault.as_ref().and_then(|s| self.say(s, &format!("{at}/fault"))) {
            found.push(Effect::Fault { field, message });
        }
        if doc.clear.is_some() && !can_clear {
            let reason = "\"clear\" goes with \"show\" or \"hide\"";
            self.faults.push(Fault::new(format!("{at}/clear"), &code::KEY_INVALID).with("reason", reason));
        }
        if found.len() != 1 && self.faults.len() == given {
            let reason =
                "An effect is exactly one of show, hide, require, readonly, set, default, options, warn, fault";
            self.faults.push(Fault::new(at, &code::KEY_INVALID).with("reason", reason));
        }
        let effect = found.pop()?;
        self.fits(&effect, at).then_some(effect)
    }

    /// Whether the places of an effect can have it.
    fn fits(&mut self, effect: &Effect, at: &str) -> bool {
        let (Effect::Require(places) | Effect::Show { places, clear: true } | Effect::Hide { places, clear: true }) =
            effect
        else {
            return true;
        };
        let is_cleared = !matches!(effect, Effect::Require(_));
        let mut fits = true;
        for place in places {
            let Some(field) = place.find(self.form) else { continue };
            let reason = if field.computed.is_some() || matches!(field.kind, FieldKind::Serial(_)) {
                format!("\"{}\" is filled by itself", place.name(self.form))
            } else if is_cleared && place.column.is_some() {
                format!("\"{}\" is a column: only whole fields are cleared", place.name(self.form))
            } else {
                continue;
            };
            self.faults.push(Fault::new(at, &code::KEY_INVALID).with("reason", reason));
            fits = false;
        }
        fits
    }

    fn given(&mut self, doc: &GivenDoc, at: &str) -> Option<(usize, Given)> {
        let form = self.form;
        let (index, _) = self.field(&doc.field, &format!("{at}/field"))?;
        let field = form.fields.get(index)?;
        let by_itself = field.computed.is_some() || matches!(field.kind, FieldKind::Serial(_));
        if by_itself || matches!(field.kind, FieldKind::Table(_) | FieldKind::Files(_) | FieldKind::Signature) {
            let reason = format!("A {} field cannot be set by a rule", field.type_name());
            self.faults.push(Fault::new(format!("{at}/field"), &code::KEY_INVALID).with("reason", reason));
            return None;
        }
        match (&doc.value, &doc.expression) {
            (Some(value), None) => {
                let found = parse_default(field, value, at, self.faults)?;
                let found = match found {
                    FieldDefault::Setting(key) => {
                        self.faults.push(
                            Fault::new(format!("{at}/value"), &code::KIND_NOT_OFFERED)
                                .with("what", format!("a rule that sets the value of the setting {key}")),
                        );
                        return None;
                    }
                    other => other,
                };
                Some((index, Given::Stated(found)))
            }
            (None, Some(source)) => {
                let wanted = match &field.kind {
                    FieldKind::Json | FieldKind::Location => None,
                    kind => Some(Type::of_field(kind, "")),
                };
                let Some(wanted) = wanted else {
                    let reason = format!("A {} field takes no expression", field.type_name());
                    self.faults.push(Fault::new(format!("{at}/field"), &code::KEY_INVALID).with("reason", reason));
                    return None;
                };
                let formula = self.expression(source, &wanted, field.is_encrypted(), &format!("{at}/expression"))?;
                Some((index, Given::Expression(formula)))
            }
            _ => {
                let reason = "Give either \"value\" or \"expression\"";
                self.faults.push(Fault::new(at, &code::KEY_INVALID).with("reason", reason));
                None
            }
        }
    }

    fn options(&mut self, doc: &NarrowDoc, at: &str) -> Option<(usize, Vec<String>)> {
        let form = self.form;
        let (index, _) = self.field(&doc.field, &format!("{at}/field"))?;
        let Some(set) = form.fields.get(index).and_then(|f| f.kind.choices()) else {
            let reason = format!("\"{}\" is no choice", doc.field);
            self.faults.push(Fault::new(format!("{at}/field"), &code::KEY_INVALID).with("reason", reason));
            return None;
        };
        let mut values: Vec<String> = Vec::new();
        for (key, list) in [("values", &doc.values), ("under", &doc.under)] {
            for (i, value) in list.iter().flatten().enumerate() {
                if set.get(value).is_none() {
                    let fault = Fault::new(format!("{at}/{key}/{i}"), &code::CHOICE_UNKNOWN)
                        .with("value", value)
                        .suggest(value, set.choices.iter().map(|c| c.value.as_str()));
                    self.faults.push(fault);
                }
                if key == "values" { values.push(value.clone()) } else { values.extend(set.subtree(value)) }
            }
        }
        if doc.values.is_none() && doc.under.is_none() {
            self.faults.push(Fault::new(format!("{at}/values"), &code::REQUIRED).with("title", "values"));
        }
        Some((index, values))
    }

    fn say(&mut self, doc: &SayDoc, at: &str) -> Option<(Option<usize>, Title)> {
        let field = match &doc.field {
            None => None,
            Some(name) => Some(self.field(name, &format!("{at}/field"))?.0),
        };
        Some((field, Title::new(doc.message.clone(), doc.labels.clone())))
    }
}
