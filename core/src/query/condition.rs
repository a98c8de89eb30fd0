//! Reads a filter from JSON: terms, combinations, questions about related records. All faults at once, by JSON path.

use super::path::{Place, resolve_path, resolve_stored};
use super::term::term;
use super::{Comparison, Cond, QueryContext, Related};
use crate::definition::type_name;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::FieldKind;
use crate::value::decimal_from_text;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

/// How large a filter may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub depth: usize,
    pub terms: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth: 8, terms: 100 }
    }
}

struct Reader<'a, 'f> {
    cx: &'a QueryContext<'a>,
    limits: Limits,
    terms: usize,
    faults: &'f mut Vec<Fault>,
}

/// Reads a condition over records at `place`. `at` is the path of the filter in what was sent, for faults.
pub fn read_condition(
    cx: &QueryContext<'_>,
    place: Place,
    json: &Json,
    at: &str,
    limits: Limits,
    faults: &mut Vec<Fault>,
) -> Cond {
    if json.is_null() || json.as_object().is_some_and(Map::is_empty) {
        return Cond::True;
    }
    let mut reader = Reader { cx, limits, terms: 0, faults };
    reader.node(place, json, at, 1)
}

impl Reader<'_, '_> {
    fn fail(&mut self, fault: Fault) -> Cond {
        self.faults.push(fault);
        Cond::False
    }

    fn node(&mut self, place: Place, json: &Json, at: &str, depth: usize) -> Cond {
        if depth > self.limits.depth {
            return self.fail(Fault::new(at, &code::FILTER_TOO_DEEP).with("limit", self.limits.depth));
        }
        let Json::Object(map) = json else {
            return self.fail(
                Fault::new(at, &code::FILTER_INVALID)
                    .with("reason", format!("expected an object, got {}", type_name(json))),
            );
        };
        let single = |key: &str| map.get(key).filter(|_| map.len() == 1);
        if let Some(inner) = single("not") {
            return self.node(place, inner, &format!("{at}/not"), depth + 1).negate();
        }
        for key in ["and", "or"] {
            if let Some(list) = single(key) {
                let Json::Array(items) = list else {
                    return self.fail(
                        Fault::new(format!("{at}/{key}"), &code::FILTER_INVALID).with("reason", "expected a list"),
                    );
                };
                let parts: Vec<Cond> = items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| self.node(place, item, &format!("{at}/{key}/{i}"), depth + 1))
                    .collect();
                return if key == "and" { parts.into_iter().fold(Cond::True, Cond::and) } else { Cond::any(parts) };
            }
        }
        self.terms += 1;
        if self.terms > self.limits.terms {
            return if self.terms == self.limits.terms + 1 {
                self.fail(Fault::new(at, &code::FILTER_TOO_LARGE).with("limit", self.limits.terms))
            } else {
                Cond::False
            };
        }
        if map.contains_key("related") {
            return self.related(place, map, at, depth);
        }
        if map.contains_key("expression") {
            return self
                .fail(Fault::new(format!("{at}/expression"), &code::KIND_NOT_OFFERED).with("what", "expression"));
        }
        self.term(place, map, at)
    }

    fn term(&mut self, place: Place, map: &Map<String, Json>, at: &str) -> Cond {
        const KEYS: [&str; 9] = ["field", "op", "value", "and", "or", "not", "related", "var", "title"];
        for key in map.keys().filter(|k| !["field", "op", "value"].contains(&k.as_str())) {
            self.faults.push(
                Fault::new(format!("{at}/{key}"), &code::UNKNOWN_KEY).with("name", key).suggest(key, KEYS.into_iter()),
            );
        }
        let Some(field) = map.get("field").and_then(Json::as_str) else {
            return self.fail(Fault::new(format!("{at}/field"), &code::REQUIRED).with("title", "field"));
        };
        let Some(op) = map.get("op").and_then(Json::as_str) else {
            return self.fail(Fault::new(format!("{at}/op"), &code::REQUIRED).with("title", "op"));
        };
        let path = match resolve_stored(self.cx, place, field, &format!("{at}/field")) {
            Ok(path) => path,
            Err(fault) => return self.fail(fault),
        };
        match term(self.cx, path, op, map.get("value"), at) {
            Ok(cond) => cond,
            Err(fault) => self.fail(fault),
        }
    }

    /// `{"related": "sales_order", "via": "customer", "where": …, "count": {"ge": 1}}`
    fn related(&mut self, place: Place, map: &Map<String, Json>, at: &str, depth: usize) -> Cond {
        for key in map.keys().filter(|k| !["related", "via", "where", "count", "sum"].contains(&k.as_str())) {
            self.faults.push(
                Fault::new(format!("{at}/{key}"), &code::UNKNOWN_KEY)
                    .with("name", key)
                    .suggest(key, ["related", "via", "where", "count", "sum"].into_iter()),
            );
        }
        let catalog = self.cx.catalog;
        let name = map.get("related").and_then(Json::as_str).unwrap_or_default();
        let unknown = |name: &str| {
            let known: Vec<&str> = catalog
                .forms
                .iter()
                .enumerate()
                .filter(|(i, _)| self.cx.sight.reads(*i))
                .map(|(_, f)| f.name.as_str())
                .collect();
            Fault::new(format!("{at}/related"), &code::UNKNOWN_REFERENCE)
                .with("kind", "form")
                .with("name", name)
                .suggest(name, known.into_iter())
        };
        let (form_name, table_name) = name.split_once('.').map_or((name, None), |(f, t)| (f, Some(t)));
        let Some(form) = catalog.form_index(form_name).filter(|f| self.cx.sight.reads(*f)) else {
            let fault = unknown(name);
            return self.fail(fault);
        };
        let Some(target) = catalog.forms.get(form) else { return Cond::False };
        let table = match table_name {
            None => None,
            Some(t) => match target.field(t).filter(|(i, f)| f.table().is_some() && self.cx.sight.sees(form, *i, None))
            {
                Some((i, _)) => Some(i),
                None => {
                    let fault = unknown(name);
                    return self.fail(fault);
                }
            },
        };
        let via = match map.get("via").and_then(Json::as_str) {
            Some(via) => {
                let inner = Place { form, table };
                let found = match resolve_path(self.cx, inner, via, &format!("{at}/via")) {
                    Ok(p) if p.hops.is_empty() => p.field(catalog).and_then(|f| match (&f.kind, &p.leaf) {
                        (FieldKind::Link(l) | FieldKind::Links(l), super::Leaf::Field(i))
                            if catalog.form_index(&l.form) == Some(place.form) =>
                        {
                            Some(*i)
                        }
                        _ => None,
                    }),
                    Ok(_) => None,
                    Err(fault) => return self.fail(fault),
                };
                if found.is_none() {
                    return self.fail(
                        Fault::new(format!("{at}/via"), &code::UNKNOWN_REFERENCE)
                            .with("kind", "link")
                            .with("name", via)
                            .with("suggestion", ""),
                    );
                }
                found
            }
            None if table.is_some() && form == place.form => None,
            None => return self.fail(Fault::new(format!("{at}/via"), &code::REQUIRED).with("title", "via")),
        };
        let inner = Place { form, table };
        let filter = match map.get("where") {
            None | Some(Json::Null) => Cond::True,
            Some(json) => self.node(inner, json, &format!("{at}/where"), depth + 1),
        };
        let (sum, bounds) = match (map.get("sum").and_then(Json::as_object), map.get("count").and_then(Json::as_object))
        {
            (Some(sum), _) => {
                let field = sum.get("field").and_then(Json::as_str).unwrap_or_default();
                let index = match resolve_stored(self.cx, inner, field, &format!("{at}/sum/field")) {
                    Ok(p)
                        if p.hops.is_empty()
                            && matches!(p.field(catalog).map(|f| &f.kind), Some(FieldKind::Number(_))) =>
                    {
                        match p.leaf {
                            super::Leaf::Field(i) => i,
                            _ => return Cond::False,
                        }
                    }
                    Ok(_) => {
                        return self.fail(
                            Fault::new(format!("{at}/sum/field"), &code::VALUE_INVALID)
                                .with("reason", "a sum needs a number field"),
                        );
                    }
                    Err(fault) => return self.fail(fault),
                };
                (Some(index), self.bounds(sum, &format!("{at}/sum")))
            }
            (None, Some(count)) => (None, self.bounds(count, &format!("{at}/count"))),
            (None, None) => (None, vec![(Comparison::Ge, Decimal::ONE)]),
        };
        Cond::Related(Box::new(Related { form, table, via, filter, sum, bounds }))
    }

    fn bounds(&mut self, map: &Map<String, Json>, at: &str) -> Vec<(Comparison, Decimal)> {
        let mut out = Vec::new();
        for (key, value) in map.iter().filter(|(k, _)| *k != "field") {
            match (Comparison::parse(key), value) {
                (Some(c), Json::Number(n)) => {
                    match decimal_from_text(n.as_str(), 9).or_else(|_| decimal_from_text(n.as_str(), 0)) {
                        Ok(d) => out.push((c, d)),
                        Err(_) => self.faults.push(Fault::new(format!("{at}/{key}"), &code::NUMBER_TOO_LONG)),
                    }
                }
                (None, _) => self.faults.push(
                    Fault::new(format!("{at}/{key}"), &code::OPERATOR_UNKNOWN)
                        .with("name", key)
                        .suggest(key, ["eq", "ne", "lt", "le", "gt", "ge"].into_iter()),
                ),
                (_, other) => self.faults.push(
                    Fault::new(format!("{at}/{key}"), &code::WRONG_TYPE)
                        .with("expected", "number")
                        .with("got", type_name(other)),
                ),
            }
        }
        out
    }
}
