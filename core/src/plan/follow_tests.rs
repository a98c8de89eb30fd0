//! What follows a new name, and what does not.
#![allow(clippy::unwrap_used)]
use super::*;
use crate::definition::Document;
use serde_json::json;

fn house() -> BTreeMap<Key, Json> {
    let id = |letter: &str| format!("c_{}", letter.repeat(26));
    let docs = [
        json!({"kind": "app", "app": "x", "name": "x", "exposes": ["customer"], "menu": [{"group": "g", "items": [{"form": "customer"}]}]}),
        json!({"kind": "form", "app": "x", "name": "customer", "id": "f_00000000000000000000000001",
            "record": {"required": ["owner"], "properties": {
                "owner": {"field": {"type": "user", "id": id("a")}},
                "name": {"type": "string", "field": {"id": id("b")}},
                "rows": {"type": "array", "items": {"type": "object", "properties": {"mail": {"type": "string", "field": {"id": id("d")}}}}, "field": {"id": id("c")}}}},
            "record_owner": "owner", "search": ["rows.mail"], "views": [{"name": "mine", "sort": ["-name"], "filter": {"and": [{"field": "owner", "op": "eq", "value": {"var": "me"}}]}}]}),
        json!({"kind": "form", "app": "x", "name": "order", "id": "f_00000000000000000000000002",
            "record": {"properties": {"customer": {"field": {"type": "link", "form": "customer", "id": id("e"), "filter": {"field": "owner", "op": "not_empty"}, "copy": {"note": "name"}}}, "note": {"type": "string", "field": {"id": id("f")}}}},
            "views": [{"name": "all", "fields": ["customer.owner.name", {"field": "customer.rows.mail"}]}]}),
        json!({"kind": "role", "app": "x", "name": "sales", "id": "r_00000000000000000000000001", "grants": [
            {"form": "customer", "actions": ["read"], "hidden": ["rows.mail", "name"], "rows": {"field": "owner", "op": "eq", "value": {"var": "me"}}},
            {"form": "order", "actions": ["read"], "rows": {"field": "customer.owner", "op": "eq", "value": {"var": "me"}}}]}),
    ];
    docs.into_iter()
        .map(|d| {
            (
                Key {
                    kind: Kind::parse(text(&d, "kind")).unwrap(),
                    app: "x".into(),
                    name: text(&d, "name").to_string(),
                },
                d,
            )
        })
        .collect()
}

fn catalog(documents: &BTreeMap<Key, Json>) -> Catalog {
    Catalog::build(1, documents.values().map(|d| Document::read(d.clone()).unwrap()).collect())
        .map_err(|f| format!("{f:?}"))
        .unwrap()
}

fn rename(doc: &mut Json, at: &str, from: &str, to: &str) {
    let map = doc.pointer_mut(at).unwrap().as_object_mut().unwrap();
    *map = std::mem::take(map).into_iter().map(|(k, v)| (if k == from { to.to_string() } else { k }, v)).collect();
}

#[test]
fn what_others_say_about_renamed_forms_fields_and_columns_follows() {
    let mut documents = house();
    let old = catalog(&documents);
    let key = documents.keys().find(|k| k.name == "customer").unwrap().clone();
    let mut doc = documents.remove(&key).unwrap();
    doc["name"] = json!("client");
    rename(&mut doc, "/record/properties", "owner", "keeper");
    rename(&mut doc, "/record/properties/rows/items/properties", "mail", "email");
    documents.insert(Key { name: "client".into(), ..key }, doc);
    follow_renames(&old, &mut documents);
    let new = catalog(&documents);
    let client = documents.values().find(|d| d["name"] == "client").unwrap();
    assert_eq!(
        (&client["record_owner"], &client["record"]["required"], &client["search"]),
        (&json!("keeper"), &json!(["keeper"]), &json!(["rows.email"]))
    );
    assert_eq!(client["views"][0]["filter"]["and"][0]["field"], "keeper");
    assert_eq!(new.form("order").unwrap().views[0].fields[0].path(), "customer.keeper.name");
    assert_eq!(new.form("order").unwrap().views[0].fields[1].path(), "customer.rows.email");
    let role = documents.values().find(|d| d["kind"] == "role").unwrap();
    assert_eq!(role["grants"][0]["hidden"], json!(["rows.email", "name"]));
    assert_eq!(role["grants"][1]["rows"]["field"], "customer.keeper");
    assert_eq!(documents.values().next().unwrap()["menu"][0]["items"][0]["form"], "client");
}

#[test]
fn a_name_that_was_given_to_something_new_stays() {
    let mut documents = house();
    let old = catalog(&documents);
    let doc = documents.values_mut().find(|d| d["name"] == "customer").unwrap();
    rename(doc, "/record/properties", "name", "title");
    doc["record"]["properties"]["name"] = json!({"type": "string", "field": {"id": format!("c_{}", "g".repeat(26))}});
    let before = documents.clone();
    assert!(follow_renames(&old, &mut documents).is_empty());
    assert_eq!(documents, before);
}

#[test]
fn without_a_new_name_nothing_is_touched() {
    let mut documents = house();
    let old = catalog(&documents);
    assert!(follow_renames(&old, &mut documents).is_empty());
}

#[test]
fn a_value_of_a_choice_that_gets_another_name_is_followed_by_filters_defaults_and_transitions() {
    let mut documents = house();
    let status = |high: &str| {
        json!({"oneOf": [{"const": high, "title": "High"}, {"const": "low", "title": "Low"}], "default": "a",
               "field": {"type": "status", "id": format!("c_{}", "h".repeat(26)), "initial": ["a"], "transitions": {"a": ["low"], "low": [{"to": "a"}]}}})
    };
    for doc in documents.values_mut() {
        match doc["name"].as_str() {
            Some("customer") => doc["record"]["properties"]["status"] = status("a"),
            Some("order") => {
                doc["views"][0]["filter"] = json!({"field": "customer.status", "op": "in", "value": ["a", "low"]})
            }
            _ => {}
        }
    }
    let old = catalog(&documents);
    documents.values_mut().find(|d| d["name"] == "customer").unwrap()["record"]["properties"]["status"]["oneOf"][0]["const"] =
        json!("high");
    follow_renames(&old, &mut documents);
    let new = catalog(&documents);
    assert_eq!(
        new.form("order").unwrap().views[0].filter,
        Some(json!({"field": "customer.status", "op": "in", "value": ["high", "low"]}))
    );
    let property = &documents.values().find(|d| d["name"] == "customer").unwrap()["record"]["properties"]["status"];
    assert_eq!(property["default"], "high");
    assert_eq!(property["field"]["initial"], json!(["high"]));
    assert_eq!(property["field"]["transitions"], json!({"high": ["low"], "low": [{"to": "high"}]}));
    let plan = crate::plan::Plan::between(&old, &new, &crate::plan::Retired::default());
    let codes: Vec<String> = plan.steps.iter().map(crate::plan::Step::code).collect();
    assert!(codes.contains(&"converting:form/customer/status:recode".to_string()), "{codes:?}");
}
