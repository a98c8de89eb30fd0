//! The names of real forms: fields, rows, links, people, choices, the header of a row.

use crate::expr::{Expression, Names, RecordNames, Type};
use crate::field::Field;
use crate::form::{Form, build_form};
use serde_json::json;
use std::collections::HashMap;

fn form(doc: &serde_json::Value) -> Form {
    let mut faults = Vec::new();
    let built = build_form(doc, &HashMap::new(), &mut faults);
    assert_eq!(faults, []);
    built.unwrap()
}

fn order() -> Form {
    form(
        &json!({"kind": "form", "app": "crm", "name": "order", "title": "Order", "record": {"type": "object", "properties": {
        "signed_on": {"type": "string", "format": "date"},
        "grade": {"enum": ["A", "B"]},
        "owner": {"type": "string", "field": {"type": "user"}},
        "customer": {"type": "string", "field": {"type": "link", "form": "customer"}},
        "labels": {"type": "array", "uniqueItems": true, "items": {"enum": ["x", "y"]}},
        "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {
            "amount": {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 1_000_000, "field": {"type": "number", "scale": 2}},
            "customer": {"type": "string", "field": {"type": "link", "form": "customer"}}}}}}}}),
    )
}

fn customer() -> Form {
    form(
        &json!({"kind": "form", "app": "crm", "name": "customer", "title": "Customer", "record": {"type": "object", "properties": {
        "company": {"type": "string"}, "owner": {"type": "string", "field": {"type": "user"}}}}}),
    )
}

fn with_names(row: bool, check: impl Fn(&RecordNames<'_>)) {
    let (order, customer) = (order(), customer());
    let forms = |name: &str| (name == "customer").then_some(customer.fields.as_slice());
    let rows: &[Field] = &order.field("lines").unwrap().1.table().unwrap().fields;
    let names = if row {
        RecordNames {
            place: "order.lines",
            fields: rows,
            parent: Some(("order", &order.fields)),
            forms: &forms,
            inverse: &|_, _| None,
        }
    } else {
        RecordNames { place: "order", fields: &order.fields, parent: None, forms: &forms, inverse: &|_, _| None }
    };
    check(&names);
}

#[test]
fn a_path_has_the_type_of_what_it_leads_to() {
    with_names(false, |names| {
        for (path, want) in [
            ("signed_on", Type::Date),
            ("grade", Type::Text),
            ("labels", Type::Text.list()),
            ("owner", Type::record("user")),
            ("owner.department.name", Type::Text),
            ("customer", Type::record("customer")),
            ("customer.company", Type::Text),
            ("customer.owner.active", Type::Boolean),
            ("customer.created_at", Type::DateTime),
            ("lines", Type::record("order.lines").list()),
            ("lines.amount", Type::Number.list()),
            ("lines.customer.company", Type::Text.list()),
            ("grade.data.dial", Type::Text),
            ("id", Type::record("order")),
            ("version", Type::Number),
        ] {
            let segments: Vec<&str> = path.split('.').collect();
            assert_eq!(names.resolve(&segments).map(|n| n.ty), Some(want), "{path}");
        }
        for wrong in [
            "nosuch",
            "parent.grade",
            "signed_on.year",
            "customer.nosuch",
            "lines.version",
            "grade.data",
            "owner.password",
        ] {
            let segments: Vec<&str> = wrong.split('.').collect();
            assert_eq!(names.resolve(&segments), None, "{wrong}");
        }
        assert!(names.known(&["lines"]).contains(&"amount".to_string()));
        assert!(!names.known(&["lines"]).contains(&"version".to_string()));
        assert!(Expression::compile("ROW()", names).is_err());
    });
}

#[test]
fn a_row_sees_its_header() {
    with_names(true, |names| {
        let share = Expression::compile("ALLOCATE(SUM(parent.lines.amount), amount) + ROW()", names);
        assert_eq!(share.map(|e| e.result_type().clone()), Ok(Type::Number));
        let fault = Expression::compile("parent.grad", names).unwrap_err();
        assert!(fault[0].args.contains(&("suggestion", "grade".into())));
    });
}

#[test]
fn a_checked_expression_may_be_shared_by_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Expression>();
}
