//! Plans over small catalogues: every kind of change has its class, code and changes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::definition::Document;
use proptest::prelude::*;
use serde_json::json;

struct World {
    docs: Vec<Json>,
    next: u128,
}

impl World {
    fn new() -> World {
        World { docs: vec![json!({"kind": "app", "name": "x", "title": "X"})], next: 1 << 80 }
    }

    fn put(mut self, mut doc: Json) -> World {
        doc["app"] = json!("x");
        let place = self.docs.iter().position(|d| d["kind"] == doc["kind"] && d["name"] == doc["name"]);
        let kind = Kind::parse(doc["kind"].as_str().unwrap()).unwrap();
        let known = place.map(|i| self.docs[i].clone());
        let next = &mut self.next;
        assert!(
            identity::assign(kind, &mut doc, &known.iter().collect::<Vec<_>>(), &|_| false, &mut || {
                *next += 1;
                *next
            })
            .is_empty()
        );
        match place {
            Some(i) => self.docs[i] = doc,
            None => self.docs.push(doc),
        }
        self
    }

    fn form(self, properties: Json, more: Json) -> World {
        let mut doc = json!({"kind": "form", "name": "customer", "title": "Customer", "record": {"type": "object", "properties": properties}});
        for (key, value) in more.as_object().unwrap() {
            if key == "required" {
                doc["record"]["required"] = value.clone();
            } else {
                doc[key] = value.clone();
            }
        }
        self.put(doc)
    }

    fn catalog(&self, revision: i64) -> Catalog {
        let docs = self.docs.iter().map(|d| Document::read(d.clone()).expect("a valid document")).collect();
        Catalog::build(revision, docs).map_err(|f| format!("{f:?}")).unwrap()
    }
}

fn plan(old: &World, new: &World) -> Plan {
    Plan::between(&old.catalog(1), &new.catalog(2), &Retired::default())
}

fn codes(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(Step::code).collect()
}

fn base() -> World {
    World::new().form(json!({"company": {"type": "string", "title": "Company"}, "note": {"type": "string"}, "size": {"type": "integer"}}), json!({"search": ["company"]}))
}

impl Clone for World {
    fn clone(&self) -> World {
        World { docs: self.docs.clone(), next: self.next }
    }
}

#[test]
fn equal_catalogues_need_no_step() {
    assert!(plan(&base(), &base().clone()).is_empty());
}

#[test]
fn a_new_form_is_one_safe_step_with_its_table_indexes_and_full_text() {
    let new = base();
    let plan = plan(&World::new(), &new);
    assert_eq!(codes(&plan), ["safe:form/customer:create"]);
    assert!(
        matches!(&plan.changes[0], Change::CreateTable { purpose: Purpose::Records, columns, .. } if columns.len() == 5),
        "three values and two sort keys: {:?}",
        plan.changes[0]
    );
    assert!(plan.changes.iter().any(|c| matches!(c, Change::Search { fill: false, .. })));
    assert!(plan.to_confirm().is_empty());
}

#[test]
fn fields_added_renamed_and_removed() {
    let old = base();
    let id = old.docs[1]["record"]["properties"]["note"]["field"]["id"].clone();
    let new = old.clone().form(json!({"company": {"type": "string", "title": "Company"}, "remark": {"type": "string", "field": {"id": id}}, "phone": {"type": "string"}}), json!({"search": ["company"]}));
    let plan = plan(&old, &new);
    assert_eq!(
        codes(&plan),
        ["safe:form/customer/remark:rename", "safe:form/customer/phone:create", "hiding:form/customer/size:retire"]
    );
    assert_eq!(plan.to_confirm(), ["hiding:form/customer/size:retire"]);
    assert!(
        !plan.changes.iter().any(|c| matches!(c, Change::RenameColumn { .. } | Change::DropColumn { .. })),
        "a rename touches no column and nothing is dropped"
    );
}

#[test]
fn what_was_retired_comes_back_without_new_columns() {
    let old = base();
    let less = old.clone().form(
        json!({"company": {"type": "string", "title": "Company"}, "size": {"type": "integer"}}),
        json!({"search": ["company"]}),
    );
    let away = plan(&old, &less);
    let mut retired = Retired::default();
    for change in &away.changes {
        if let Change::Retire(row) = change {
            retired.insert(&row.form_id, &row.key, row.column.as_deref(), &row.doc);
        }
    }
    let back = Plan::between(&less.catalog(2), &old.catalog(3), &retired);
    assert_eq!(codes(&back), ["safe:form/customer/note:return"]);
    assert!(back.changes.iter().all(|c| matches!(c, Change::Unretire { .. })), "{:?}", back.changes);
}

#[test]
fn a_form_that_was_retired_comes_back_as_it_is_wanted_now() {
    let old = base();
    let away = plan(&old, &World::new());
    assert_eq!(codes(&away), ["hiding:form/customer:retire"]);
    let mut retired = Retired::default();
    for change in &away.changes {
        if let Change::Retire(row) = change {
            retired.insert(&row.form_id, &row.key, row.column.as_deref(), &row.doc);
        }
    }
    let more = old.clone().form(json!({"company": {"type": "string", "title": "Company"}, "note": {"type": "string"}, "size": {"type": "integer"}, "phone": {"type": "string"}}), json!({"search": ["company"]}));
    let back = Plan::between(&World::new().catalog(2), &more.catalog(3), &retired);
    assert_eq!(codes(&back), ["safe:form/customer:return", "safe:form/customer/phone:create"]);
    assert!(!back.changes.iter().any(|c| matches!(c, Change::CreateTable { .. })));
}

#[test]
fn a_new_required_field_fills_or_narrows() {
    let old = base();
    let with = |property: Json| {
        let new = old.clone().form(
            json!({"company": {"type": "string", "title": "Company"}, "note": {"type": "string"}, "size": {"type": "integer"}, "grade": property}),
            json!({"search": ["company"], "required": ["grade"]}),
        );
        plan(&old, &new)
    };
    let filled = with(json!({"enum": ["A", "B"], "default": "B"}));
    assert_eq!(codes(&filled), ["safe:form/customer/grade:create", "filling:form/customer/grade:fill"]);
    assert!(filled.changes.iter().any(|c| matches!(c, Change::Fill { .. })));
    let mut bare = with(json!({"type": "string"}));
    assert_eq!(bare.to_confirm(), ["narrowing:form/customer/grade:require"]);
    bare.steps[1].settle(Counted::default());
    assert!(bare.to_confirm().is_empty(), "without rows nothing is narrowed");
}

#[test]
fn a_type_change_keeps_the_old_column_aside_and_going_back_takes_it_again() {
    let old = base();
    let number = old.clone().form(json!({"company": {"type": "string", "title": "Company"}, "note": {"type": "integer"}, "size": {"type": "integer"}}), json!({"search": ["company"]}));
    let there = plan(&old, &number);
    assert_eq!(codes(&there), ["converting:form/customer/note:type"]);
    let column = there
        .changes
        .iter()
        .find_map(|c| match c {
            Change::RenameColumn { to, .. } => Some(to.clone()),
            _ => None,
        })
        .unwrap();
    assert!(column.ends_with("_r2"));
    let mut retired = Retired::default();
    for change in &there.changes {
        if let Change::Retire(row) = change {
            retired.insert(&row.form_id, &row.key, row.column.as_deref(), &row.doc);
        }
    }
    let back = Plan::between(&number.catalog(2), &old.catalog(3), &retired);
    assert!(back.changes.iter().any(|c| matches!(c, Change::RenameColumn { from, .. } if *from == column)));
    assert!(back.changes.iter().any(|c| matches!(c, Change::Convert(conversion) if conversion.restores)));
    assert_eq!(back.steps[0].class, Class::Filling);
}

#[test]
fn what_cannot_be_converted_is_refused_with_its_place() {
    let old = base();
    let new = old.clone().form(json!({"company": {"type": "string", "title": "Company"}, "note": {"field": {"type": "user"}}, "size": {"type": "integer"}}), json!({"search": ["company"]}));
    let plan = plan(&old, &new);
    assert_eq!(plan.faults.len(), 1);
    assert_eq!(
        (plan.faults[0].fault.path.as_str(), plan.faults[0].fault.code.code),
        ("/record/properties/note/field/type", "conversion_refused")
    );
}

#[test]
fn uniqueness_search_and_stricter_validation_have_their_steps() {
    let old = base();
    let new = old.clone().form(
        json!({"company": {"type": "string", "title": "Company", "maxLength": 10, "field": {"unique": true}}, "note": {"type": "string"}, "size": {"type": "integer"}}),
        json!({"search": ["company", "note"], "unique": [{"fields": ["note"], "when": {"field": "size", "op": "eq", "value": 1}}], "indexes": [["size"]], "required": ["note"]}),
    );
    let plan = plan(&old, &new);
    assert_eq!(
        codes(&plan),
        [
            "narrowing:form/customer/company:stricter",
            "narrowing:form/customer/note:require",
            "narrowing:form/customer:unique:company",
            "narrowing:form/customer:unique:note",
            "safe:form/customer:index",
            "filling:form/customer:search",
        ]
    );
    let reverse = super::tests::plan(&new, &old);
    assert!(codes(&reverse).contains(&"safe:form/customer:not_unique:company".to_string()), "{:?}", codes(&reverse));
}

#[test]
fn choices_that_go_are_named() {
    let with = |values: Json| World::new().form(json!({"grade": {"enum": values}}), json!({}));
    let old = with(json!(["A", "B", "C"]));
    let new = old.clone().form(json!({"grade": {"enum": ["A"]}}), json!({}));
    let plan = plan(&old, &new);
    assert_eq!(codes(&plan), ["hiding:form/customer/grade:choices"]);
    assert!(plan.steps[0].text(crate::text::Locale::En).contains("B, C"));
}

#[test]
fn what_a_role_gains_is_widening_and_what_it_loses_is_safe() {
    let role = |grants: Json| json!({"kind": "role", "name": "sales", "title": "Sales", "grants": grants});
    let old = base().put(role(json!([{"form": "customer", "actions": ["read", "delete"], "hidden": ["size"], "rows": {"field": "company", "op": "eq", "value": "a"}}])));
    let new = old.clone().put(role(json!([{"form": "customer", "actions": ["read", "update"]}])));
    let plan = plan(&old, &new);
    assert_eq!(
        codes(&plan),
        [
            "widening:role/sales:gain:customer-update",
            "widening:role/sales:rows:customer-read",
            "widening:role/sales:sees:customer-size",
            "safe:role/sales:lose:customer"
        ]
    );
}

#[test]
fn words_and_views_alone_are_one_safe_change() {
    let old = base();
    let mut new = old.clone();
    new.docs[1]["title"] = json!("Client");
    assert_eq!(codes(&plan(&old, &new)), ["safe:form/customer:change"]);
}

fn property() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "string", "maxLength": 20})),
        Just(json!({"type": "string", "field": {"unique": "normalized"}})),
        Just(json!({"type": "integer"})),
        Just(json!({"type": "boolean", "default": true})),
        Just(json!({"field": {"type": "money"}})),
        Just(json!({"enum": ["a", "b"]})),
        Just(json!({"enum": ["b", "c"]})),
        Just(json!({"type": "array", "field": {"type": "tags"}})),
        Just(
            json!({"type": "array", "items": {"type": "object", "properties": {"x": {"type": "string"}, "t": {"type": "array", "field": {"type": "tags"}}}}})
        ),
        Just(json!({"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}})),
    ]
}

fn properties() -> impl Strategy<Value = Json> {
    prop::collection::btree_map("[a-d]", property(), 1..5).prop_map(|m| json!(m))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn every_step_of_any_plan_has_a_code_of_its_own_and_coming_to_the_same_is_no_step(first in properties(), second in properties(), required in prop::bool::ANY) {
        let old = World::new().form(first, json!({}));
        let names: Vec<String> = second.as_object().unwrap().keys().cloned().collect();
        let new = old.clone().form(second, if required { json!({"required": names}) } else { json!({}) });
        let there = plan(&old, &new);
        let all = codes(&there);
        let distinct: std::collections::HashSet<&String> = all.iter().collect();
        prop_assert_eq!(distinct.len(), all.len());
        prop_assert!(plan(&new, &new.clone()).is_empty());
        let again = codes(&plan(&old, &new));
        prop_assert_eq!(all, again, "codes are stable");
        let ranks: Vec<u8> = there.changes.iter().map(Change::rank).collect();
        prop_assert!(ranks.is_sorted());
    }
}
