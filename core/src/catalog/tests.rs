//! What is wrong with documents is told in one round, each thing once.
#![allow(clippy::unwrap_used)]

use super::Catalog;
use crate::definition::{Document, Examined};
use serde_json::{Value as Json, json};

fn examined(docs: Vec<Json>) -> Vec<Examined> {
    let app = json!({"kind": "app", "name": "a"});
    std::iter::once(app).chain(docs).map(|doc| Document::examine(doc).unwrap()).collect()
}

/// `app.kind/name/pointer code`, with the suggestion where there is one.
fn faults(docs: Vec<Json>) -> Vec<String> {
    let found = Catalog::judge(1, examined(docs)).err().unwrap_or_default();
    let mut lines: Vec<String> = found
        .iter()
        .map(|f| {
            let near = f.fault.args.iter().find(|a| a.0 == "suggestion").map_or("", |a| a.1.as_str());
            let near = if near.is_empty() { String::new() } else { format!(" ({near})") };
            let (key, fault) = (&f.key, &f.fault);
            format!("{}.{}/{}{} {}{near}", key.app, key.kind.name(), key.name, fault.path, fault.code.code)
        })
        .collect();
    lines.sort();
    lines
}

fn customer() -> Json {
    json!({"kind": "form", "app": "a", "name": "customer", "record": {"type": "object", "properties": {"company": {"type": "string"}}}})
}

#[test]
fn all_faults_of_a_document_come_at_once_and_each_once() {
    let bad = json!({"kind": "form", "app": "a", "name": "bad", "titel": "Bad",
        "record": {"type": "object", "requird": ["a"], "required": ["zzz"], "properties": {
            "kind": {"type": "strng"},
            "size": {"field": {"type": "nmber"}},
            "buyer": {"type": "string", "field": {"type": "link", "form": "custmer"}},
            "price": {"type": "number", "field": {"type": "money", "uniqe": true, "scale": 2}},
            "cost": {"type": "number", "field": {"type": "money", "currency_field": "curency"}},
            "currency": {"type": "string", "field": {"type": "choice", "options": "curencies"}},
            "id": {"type": "string"},
            "code": {"type": "string", "titel": "Code", "maxLenght": 5},
            "count": {"type": "string", "field": {"type": "integer"}},
            "since": {"type": "boolean", "field": {"type": "date"}},
            "total": {"field": {"type": "formula", "expression": "price * nothing"}},
            "double": {"field": {"type": "formula", "expression": "total * 2"}},
            "lines": {"type": "array", "items": {"type": "object", "properties": {"qty": {"type": "integer", "field": {"type": "integr"}}}}}}},
        "title_field": "nowhere", "search": ["cod", "lines.qty"], "unique": [["nowhere"], ["code", "size"]], "indexes": [["nowhere"]],
        "record_owner": "nobody", "facts": ["nowhere"], "key": "kod",
        "layout": [{"section": "s", "fields": ["nowhere", "size"]}, {"related": {"form": "ordr", "via": "x"}}],
        "views": [{"name": "v", "fields": ["nowhere", "size", "buyer.company", "lines.qty"], "sort": ["-nowhere"], "sum": ["nowhere"], "colour": "x",
            "filter": {"and": [{"field": "nowhere", "op": "eq", "value": 1}, {"field": "total", "op": "contains", "value": "x"}]}}],
        "duplicate_check": [{"name": "d", "fields": ["nowhere"], "on_hit": "warn"}]});
    let role = json!({"kind": "role", "app": "a", "name": "seller", "inherits": ["staf"], "rights": ["audt"], "grants": [
        {"form": "bad", "actions": ["read", "updat"], "hidden": ["code", "nowhere", "size"], "rows": {"field": "size", "op": "gt", "value": 1}},
        {"form": "custmer", "actions": ["read"]}, {"form": "customer", "actions": ["read"], "readonly": ["compny"]}]});
    assert_eq!(
        faults(vec![bad, customer(), role]),
        [
            "a.form/bad/duplicate_check/0/fields/0 unknown_field",
            "a.form/bad/facts/0 unknown_field",
            "a.form/bad/indexes/0 unknown_field",
            "a.form/bad/key unknown_field",
            "a.form/bad/layout/0/fields/0 unknown_field",
            "a.form/bad/layout/1/related/form unknown_reference",
            "a.form/bad/record/properties/buyer/field/form unknown_reference (customer)",
            "a.form/bad/record/properties/code/maxLenght unknown_key (maxLength)",
            "a.form/bad/record/properties/code/titel unknown_key (title)",
            "a.form/bad/record/properties/cost/field/currency_field unknown_field (currency)",
            "a.form/bad/record/properties/count/type type_clash",
            "a.form/bad/record/properties/currency/field/options unknown_reference",
            "a.form/bad/record/properties/id reserved_name",
            "a.form/bad/record/properties/kind/type unknown_reference (string)",
            "a.form/bad/record/properties/lines/items/properties/qty/field/type unknown_reference (integer)",
            "a.form/bad/record/properties/price/field/uniqe unknown_key",
            "a.form/bad/record/properties/since/type type_clash",
            "a.form/bad/record/properties/size/field/type unknown_reference (number)",
            "a.form/bad/record/properties/total/field/expression expression_name",
            "a.form/bad/record/requird unknown_key (required)",
            "a.form/bad/record/required unknown_field",
            "a.form/bad/record_owner unknown_field",
            "a.form/bad/search/0 unknown_field (code)",
            "a.form/bad/titel unknown_key (title)",
            "a.form/bad/title_field unknown_field",
            "a.form/bad/unique/0 unknown_field",
            "a.form/bad/views/0/colour unknown_key (color)",
            "a.form/bad/views/0/fields/0 unknown_field",
            "a.form/bad/views/0/filter/and/0/field unknown_field",
            "a.form/bad/views/0/sort/0 unknown_field",
            "a.form/bad/views/0/sum/0 unknown_field",
            "a.role/seller/grants/0/actions/1 unknown_reference (update)",
            "a.role/seller/grants/0/hidden/1 unknown_field",
            "a.role/seller/grants/1/form unknown_reference (customer)",
            "a.role/seller/grants/2/readonly/0 unknown_field (company)",
            "a.role/seller/inherits/0 unknown_reference",
            "a.role/seller/rights/0 unknown_reference (audit)",
        ]
    );
}

#[test]
fn a_fault_of_an_extension_is_told_in_the_extension() {
    let view = |name: &str| json!({"name": name, "fields": ["company"]});
    let mut base = customer();
    base["views"] = json!([view("one"), view("two")]);
    let more = json!({"kind": "app", "name": "more", "requires": {"a": ">=1.0"}});
    let extension = json!({"kind": "form", "app": "more", "name": "customer", "extends": "a",
        "record": {"properties": {"size": {"field": {"type": "nmber"}}}},
        "views": [view("three"), {"name": "four", "fields": ["company", "nowhere", "size"]}]});
    assert_eq!(
        faults(vec![base, more, extension]),
        [
            "more.form/customer/record/properties/size/field/type unknown_reference (number)",
            "more.form/customer/views/1/fields/1 unknown_field"
        ]
    );
}

#[test]
fn an_app_adds_only_to_what_belongs_to_an_app_that_it_requires() {
    let app = |more: Json| {
        let mut app = json!({"kind": "app", "name": "more"});
        app.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        app
    };
    let extension = json!({"kind": "form", "app": "more", "name": "customer", "extends": "a",
        "record": {"properties": {"size": {"type": "integer"}}}});
    let of = |more: Json| faults(vec![customer(), app(more), extension.clone()]);
    assert_eq!(of(json!({})), ["more.form/customer/extends not_required"]);
    assert!(of(json!({"requires": {"a": ">=1.0"}})).is_empty());
    assert!(of(json!({"optional": ["a"]})).is_empty());
}

#[test]
fn a_form_needs_an_object_with_fields() {
    let form = |record: Json| json!({"kind": "form", "app": "a", "name": "f", "record": record, "search": ["x"]});
    assert_eq!(
        faults(vec![form(json!({"type": "array", "items": {"type": "string"}}))]),
        ["a.form/f/record/type record_no_object", "a.form/f/search/0 unknown_field"]
    );
    assert_eq!(
        faults(vec![form(json!({"type": "object"}))]),
        ["a.form/f/record/properties no_fields", "a.form/f/search/0 unknown_field"]
    );
}

#[test]
fn what_a_pasted_schema_says_beyond_fields_is_noted() {
    let form = json!({"kind": "form", "app": "a", "name": "f", "record": {"type": "object", "widget": "wide", "properties": {
        "address": {"type": "object", "properties": {"street": {"type": "string"}}},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
        "once": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": true},
        "anything": {}, "whole": {"type": "object", "field": {"type": "json"}},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"free": {"type": "number"}}}}}}});
    let catalog = Catalog::judge(1, examined(vec![form])).unwrap();
    let told: Vec<(String, &str)> = catalog.notices().into_iter().map(|n| (n.fault.path, n.fault.code.code)).collect();
    assert_eq!(
        told,
        [
            ("/record/properties/address".to_string(), "not_mapped"),
            ("/record/properties/tags".into(), "repeats_refused"),
            ("/record/properties/rows/items/properties/free".into(), "not_mapped"),
            ("/record/widget".into(), "keyword_ignored"),
        ]
    );
}
