//! What of a form's rules JSON Schema can say, so that another validator agrees: conditions over the record's own constants
//! as `if`, what is required, narrowed or refused as `then`. The rest is named in `$comment`.

use super::say::{all_of, any_of, not};
use super::{Effect, Place, Rule};
use crate::field::{ColumnKind, Field, FieldDefault, FieldKind, Storage, nullable_schema};
use crate::form::Form;
use crate::value::Value;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Adds what can be said of a form's rules to the published schema of a record, for a reader who sees these fields.
pub fn add_rules(form: &Form, sees: &dyn Fn(usize) -> bool, schema: &mut Map<String, Json>) {
    if form.rules.rules.is_empty() {
        return;
    }
    let mut writer = Writer { form, sees, given: given(form), unsaid: BTreeSet::new(), all: Vec::new() };
    writer.required(schema);
    writer.others();
    let Writer { unsaid, all, .. } = writer;
    if !all.is_empty() {
        let list = schema.entry("allOf").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.extend(all);
        }
    }
    if !unsaid.is_empty() {
        let numbers: Vec<String> = unsaid.iter().map(|i| format!("/rules/{i}")).collect();
        let text = format!(
            "Not said here, since they read other records, the clock or the caller, compute, or give values: {}.",
            numbers.join(", ")
        );
        let own = schema.get("$comment").and_then(Json::as_str).map(|own| format!("{own} ")).unwrap_or_default();
        schema.insert("$comment".into(), json!(format!("{own}{text}")));
    }
}

/// Fields whose values rules give: what is sent for them says nothing.
fn given(form: &Form) -> BTreeSet<usize> {
    let effects = form.rules.rules.iter().flat_map(|r| &r.effects);
    effects
        .flat_map(|effect| match effect {
            Effect::Set { field, .. } | Effect::Default { field, .. } => vec![*field],
            Effect::Show { places, clear: true } | Effect::Hide { places, clear: true } => {
                places.iter().map(|p| p.field).collect()
            }
            _ => Vec::new(),
        })
        .collect()
}

struct Writer<'a> {
    form: &'a Form,
    sees: &'a dyn Fn(usize) -> bool,
    given: BTreeSet<usize>,
    unsaid: BTreeSet<usize>,
    all: Vec<Json>,
}

/// The rules that require, show and hide one field.
#[derive(Default)]
struct Asking {
    require: Vec<usize>,
    show: Vec<usize>,
    hide: Vec<usize>,
}

impl Writer<'_> {
    /// The condition of a rule, where it can be said to this reader and its fields keep what is sent.
    fn when(&self, rule: &Rule) -> Option<Json> {
        let form = self.form;
        let is_plain = |i: &usize| {
            let default = form.fields.get(*i).and_then(|f| f.default.as_ref());
            (self.sees)(*i) && !self.given.contains(i) && matches!(default, None | Some(FieldDefault::Value(_)))
        };
        rule.said.clone().filter(|_| rule.reads.iter().all(is_plain))
    }

    /// Whether the reader may know all that a rule looks at.
    fn is_known(&self, rule: &Rule) -> bool {
        rule.reads.iter().all(|i| (self.sees)(*i))
    }

    fn leave(&mut self, number: usize) {
        if self.form.rules.rules.get(number).is_some_and(|rule| self.is_known(rule)) {
            self.unsaid.insert(number);
        }
    }

    fn required(&mut self, schema: &mut Map<String, Json>) {
        let mut asked: BTreeMap<Place, Asking> = BTreeMap::new();
        for (number, rule) in self.form.rules.rules.iter().enumerate() {
            for effect in &rule.effects {
                match effect {
                    Effect::Require(places) => {
                        places.iter().for_each(|p| asked.entry(*p).or_default().require.push(number))
                    }
                    Effect::Show { places, .. } => {
                        places.iter().for_each(|p| asked.entry(*p).or_default().show.push(number))
                    }
                    Effect::Hide { places, .. } => {
                        places.iter().for_each(|p| asked.entry(*p).or_default().hide.push(number))
                    }
                    _ => {}
                }
            }
        }
        for (place, asking) in asked {
            let Some(field) = self.form.fields.get(place.field).filter(|_| (self.sees)(place.field)) else { continue };
            let column = place.find(self.form).filter(|_| place.column.is_some());
            let is_required = column.unwrap_or(field).required;
            let is_hiding = !asking.show.is_empty() || !asking.hide.is_empty();
            if is_hiding && is_required {
                relax(field, column, schema);
            }
            if !is_required && asking.require.is_empty() {
                continue;
            }
            let of = |list: &[usize]| -> Vec<Option<Json>> {
                list.iter().map(|i| self.form.rules.rules.get(*i).and_then(|rule| self.when(rule))).collect()
            };
            let (require, show, hide) = (of(&asking.require), of(&asking.show), of(&asking.hide));
            let can_hide = show.iter().chain(&hide).all(Option::is_some);
            // of what cannot be said, nothing is said rather than too much
            for (number, _) in asking.require.iter().zip(&require).filter(|(_, said)| said.is_none()) {
                self.leave(*number);
            }
            let is_given = self.given.contains(&place.field);
            if place.column.is_some() || !can_hide || is_given {
                for number in asking.require.iter().chain(&asking.show).chain(&asking.hide) {
                    self.leave(*number);
                }
                if is_given && is_required {
                    relax(field, column, schema);
                }
                continue;
            }
            let by_rule = any_of(require.into_iter().flatten().collect());
            let shown = if show.is_empty() { json!(true) } else { any_of(show.into_iter().flatten().collect()) };
            let visible = all_of(vec![shown, not(any_of(hide.into_iter().flatten().collect()))]);
            let mut demand = |when: Json, value: Json| {
                if when == json!(false) {
                    return;
                }
                let mut then = Map::from_iter([("properties".to_string(), json!({ field.name.as_str(): value }))]);
                if field.default.is_none() {
                    then.insert("required".into(), json!([field.name]));
                }
                self.all.push(if when == json!(true) { Json::Object(then) } else { json!({"if": when, "then": then}) });
            };
            if is_required && is_hiding {
                demand(visible.clone(), json!({"not": {"type": "null"}}));
            }
            demand(all_of(vec![by_rule, visible]), present(&field.kind));
        }
    }

    fn others(&mut self) {
        for (number, rule) in self.form.rules.rules.iter().enumerate() {
            let said = self.when(rule);
            for effect in &rule.effects {
                match effect {
                    Effect::Fault { .. } => match &said {
                        Some(when) => self.all.push(not(when.clone())),
                        None => self.leave(number),
                    },
                    Effect::Options { field, values } if (self.sees)(*field) => {
                        match (&said, self.form.fields.get(*field)) {
                            (Some(when), Some(target)) if !self.given.contains(field) => {
                                let then = narrowed(target, values);
                                self.all.push(json!({"if": when, "then": then}));
                            }
                            _ => self.leave(number),
                        }
                    }
                    Effect::Set { field, .. } | Effect::Default { field, .. } if (self.sees)(*field) => {
                        self.leave(number);
                    }
                    Effect::ReadOnly(places) if places.iter().any(|p| (self.sees)(p.field)) => self.leave(number),
                    _ => {}
                }
            }
        }
    }
}

/// A value as `require` takes it for one.
fn present(kind: &FieldKind) -> Json {
    match kind {
        _ if kind.is_many() => json!({"type": "array", "minItems": 1}),
        _ if matches!(kind.storage(), Storage::Column(ColumnKind::Text)) => {
            json!({"type": "string", "minLength": 1})
        }
        _ => json!({"not": {"type": "null"}}),
    }
}

fn narrowed(field: &Field, values: &[String]) -> Json {
    let is_left = |value: &Value| value.as_text().is_none_or(|t| values.iter().any(|v| v == t));
    let default_fits = match &field.default {
        Some(FieldDefault::Value(Value::List(items))) => items.iter().all(is_left),
        Some(FieldDefault::Value(single)) => is_left(single),
        _ => true,
    };
    let mut allowed: Vec<Json> = values.iter().map(|v| json!(v)).collect();
    let value = if field.kind.is_many() {
        json!({"items": {"enum": allowed}})
    } else {
        allowed.push(Json::Null);
        json!({"enum": allowed})
    };
    let mut then = Map::from_iter([("properties".to_string(), json!({ field.name.as_str(): value }))]);
    if !default_fits {
        then.insert("required".into(), json!([field.name]));
    }
    Json::Object(then)
}

/// What may be hidden or is given by a rule is not required by itself.
fn relax(field: &Field, column: Option<&Field>, schema: &mut Map<String, Json>) {
    let drop = |map: &mut Map<String, Json>, name: &str| {
        if let Some(list) = map.get_mut("required").and_then(Json::as_array_mut) {
            list.retain(|n| n != name);
        }
        if map.get("required").and_then(Json::as_array).is_some_and(Vec::is_empty) {
            map.remove("required");
        }
    };
    let put = |map: &mut Map<String, Json>, of: &Field| {
        let optional = Field { required: false, ..of.clone() };
        if let Some(properties) = map.get_mut("properties").and_then(Json::as_object_mut) {
            properties.insert(of.name.clone(), nullable_schema(&optional));
        }
    };
    match column {
        None => {
            drop(schema, &field.name);
            put(schema, field);
        }
        Some(column) => {
            let items = schema
                .get_mut("properties")
                .and_then(|p| p.get_mut(&field.name))
                .and_then(|t| t.get_mut("items"))
                .and_then(Json::as_object_mut);
            if let Some(items) = items {
                drop(items, &column.name);
                put(items, column);
            }
        }
    }
}
