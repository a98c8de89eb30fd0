//! What is switched off, what is on again, and what stays a fault.
#![allow(clippy::unwrap_used)]
use super::*;

fn key(kind: Kind, name: &str) -> Key {
    Key { kind, app: "x".into(), name: name.into() }
}

/// A customer with a number, and an order of another app's making that looks at it.
fn house(amount: Json, views: Json) -> BTreeMap<Key, Json> {
    let id = |letter: &str| format!("c_{}", letter.repeat(26));
    let mut amount = amount;
    amount["field"]["id"] = json!(id("b"));
    [
        (key(Kind::App, "x"), json!({"kind": "app", "app": "x", "name": "x"})),
        (
            key(Kind::Form, "customer"),
            json!({"kind": "form", "app": "x", "name": "customer", "id": "f_00000000000000000000000001",
                "record": {"properties": {"name": {"type": "string", "field": {"id": id("a")}}, "amount": amount}},
                "views": views,
                "rules": [{"title": "Long", "when": {"field": "amount", "op": "contains", "value": "9"}, "then": [{"require": ["name"]}]}]}),
        ),
        (
            key(Kind::Form, "order"),
            json!({"kind": "form", "app": "x", "name": "order", "id": "f_00000000000000000000000002",
                "record": {"properties": {"customer": {"field": {"type": "link", "form": "customer", "id": id("c")}}}},
                "views": [{"name": "all", "fields": ["customer.name"], "filter": {"and": [
                    {"field": "customer.amount", "op": "contains", "value": "9"}, {"field": "customer.name", "op": "not_empty"}]}}]}),
        ),
    ]
    .into()
}

fn examined(documents: &BTreeMap<Key, Json>) -> Vec<Examined> {
    let read = |doc: &Json| Document::examine(doc.clone()).unwrap();
    documents.values().map(read).collect()
}

fn judged(old: &Catalog, documents: &mut BTreeMap<Key, Json>) -> Result<Catalog, Vec<String>> {
    judge_following(old, old.revision + 1, documents, &examined).map_err(|faults| {
        faults.iter().map(|f| format!("{}{} {}", f.key.name, f.fault.path, f.fault.code.code)).collect()
    })
}

fn codes(old: &Catalog, new: &Catalog) -> Vec<String> {
    let plan = Plan::between(old, new, &super::super::Retired::default());
    plan.steps.iter().map(Step::code).filter(|code| code.contains("switch")).collect()
}

#[test]
fn a_published_term_that_no_longer_fits_is_switched_off_and_on_again_when_it_fits() {
    let views = json!([{"name": "mine", "sort": ["name"], "filter": {"or": [{"field": "amount", "op": "contains", "value": "9"}]}}]);
    let mut text = house(json!({"type": "string"}), views.clone());
    let first = judged(&Catalog::default(), &mut text).unwrap();
    let mut number = house(json!({"type": "integer"}), views.clone());
    let second = judged(&first, &mut number).unwrap();
    let off = json!([{"at": "filter", "term": {"field": "amount", "op": "contains", "value": "9"}, "why": "unknown_operator"}]);
    assert_eq!(number[&key(Kind::Form, "customer")]["views"][0]["off"], off);
    let view = &second.form("customer").unwrap().views[0];
    assert_eq!((view.filter.clone(), view.sort.clone()), (None, vec!["name".to_string()]));
    assert_eq!(
        second.form("order").unwrap().views[0].filter,
        Some(json!({"and": [{"field": "customer.name", "op": "not_empty"}]})),
        "views of other forms that look here go on as well"
    );
    assert!(second.form("customer").unwrap().rules.rules[0].effects.is_empty(), "a rule does nothing");
    let switched = [
        "hiding:form/customer:switch_off:view-mine",
        "hiding:form/customer:switch_off:rules-0",
        "hiding:form/order:switch_off:view-all",
    ];
    assert_eq!(codes(&first, &second), switched);
    // published again as it is, nothing is new
    let mut again = number.clone();
    let third = judged(&second, &mut again).unwrap();
    assert_eq!((again == number, codes(&second, &third)), (true, vec![]));
    // as its author writes it, without the marks, it is the same
    let mut written = house(json!({"type": "integer"}), views.clone());
    judged(&third, &mut written).unwrap();
    assert_eq!(written, number);
    // what says itself that it is off may stand where it never was published
    let elsewhere = Catalog::build(1, number.values().map(|d| Document::read(d.clone()).unwrap()).collect()).unwrap();
    assert_eq!(elsewhere.form("customer").unwrap().views[0].filter, None);
    judged(&Catalog::default(), &mut number.clone()).unwrap();
    // back as text
    let mut back = house(json!({"type": "string"}), views);
    back.get_mut(&key(Kind::Form, "customer")).unwrap()["views"][0]["off"] = off;
    let last = judged(&third, &mut back).unwrap();
    assert!(last.form("customer").unwrap().views[0].filter.is_some());
    assert_eq!(codes(&third, &last).len(), 3);
    assert!(codes(&third, &last).iter().all(|code| code.starts_with("safe:") && code.contains(":switch_on:")));
}

#[test]
fn a_term_that_is_new_and_wrong_is_a_fault_beside_one_that_was_there() {
    let mut first =
        house(json!({"type": "string"}), json!([{"name": "mine", "sort": ["-amount"], "fields": ["amount", "name"]}]));
    let old = judged(&Catalog::default(), &mut first).unwrap();
    let mut next = house(
        json!({"type": "integer"}),
        json!([{"name": "mine", "filter": {"field": "amount", "op": "contains", "value": "9"}}, {"name": "other", "sort": ["gone"]}]),
    );
    assert_eq!(
        judged(&old, &mut next).unwrap_err(),
        ["customer/views/0/filter/op unknown_operator", "customer/views/1/sort/0 unknown_field"]
    );
}

#[test]
fn what_names_a_field_that_goes_out_of_sight_is_switched_off_under_its_new_name_too() {
    let views = |amount: &str| json!([{"name": "mine", "sort": [format!("-{amount}"), "name"], "fields": [{"field": amount, "width": 90}, "name"], "sum": [amount], "group": "name"}]);
    let mut first = house(json!({"type": "string"}), views("amount"));
    first.get_mut(&key(Kind::Form, "customer")).unwrap().as_object_mut().unwrap().shift_remove("rules");
    first.remove(&key(Kind::Form, "order"));
    let old = judged(&Catalog::default(), &mut first).unwrap();
    // the field is renamed and becomes what cannot be summed or sorted
    let mut renamed = first.clone();
    let doc = renamed.get_mut(&key(Kind::Form, "customer")).unwrap();
    let mut amount = doc["record"]["properties"].as_object_mut().unwrap().shift_remove("amount").unwrap();
    amount["field"]["encrypted"] = json!(true);
    doc["record"]["properties"]["total"] = amount;
    follow_renames(&old, &mut renamed);
    let new = judged(&old, &mut renamed).unwrap();
    let view = &new.form("customer").unwrap().views[0];
    assert_eq!((view.sort.as_slice(), view.sum.len(), view.fields.len()), (&["name".to_string()][..], 0, 2));
    assert_eq!(
        view.off.iter().map(|o| (o.at.as_str(), o.term.clone())).collect::<Vec<_>>(),
        [("sort", json!("-total")), ("sum", json!("total"))]
    );
    // and goes out of sight
    let mut gone = first.clone();
    gone.get_mut(&key(Kind::Form, "customer")).unwrap()["record"]["properties"]
        .as_object_mut()
        .unwrap()
        .shift_remove("amount");
    let new = judged(&old, &mut gone).unwrap();
    assert_eq!(new.form("customer").unwrap().views[0].fields.iter().map(|c| c.path()).collect::<Vec<_>>(), ["name"]);
}
