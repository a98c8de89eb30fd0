//! Fills in the defaults by expression of a new record: each after what it reads, where nothing was sent for the field.

use super::compute::Wanted;
use super::scene::Scene;
use super::{Outcome, Record, Surroundings, compute, read_value, value_to_json};
use crate::diagnostic::Fault;
use crate::field::{Field, FieldDefault, Formula, Source};
use crate::form::Form;
use crate::value::Value;

/// Fills in what is `untouched` of a record in which all that was sent and every other default stands. Computed fields are worked
/// out where a default reads one; afterwards they are to be worked out again.
pub fn fill_defaults(
    form: &Form,
    record: &mut Record,
    untouched: &dyn Fn(usize) -> bool,
    around: &Surroundings<'_>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let wanted = Wanted::default();
    for index in form.defaults.iter().filter(|i| untouched(**i)) {
        let Some(field) = form.fields.get(*index) else { continue };
        let Some(FieldDefault::Expression(formula)) = &field.default else { continue };
        if reads_computed(form, formula) {
            // what is wrong with them is found when they are worked out for good
            let computed = compute(form, record, &Surroundings { live: true, ..*around });
            outcome.wanted.extend(computed.wanted);
            outcome.missing.join(computed.missing);
        }
        let value = {
            let scene = Scene { form, record, formula, row: None, around, wanted: &wanted };
            scene.value(field, &field.name, &mut outcome, None)
        };
        let value = admitted(field, value, &mut outcome);
        if let Some(slot) = record.values.get_mut(*index) {
            *slot = value;
        }
    }
    outcome.wanted.extend(wanted.rates.into_inner());
    outcome.missing.join(wanted.missing.into_inner());
    outcome
}

fn reads_computed(form: &Form, formula: &Formula) -> bool {
    formula.sources.iter().any(|source| match source {
        Source::Record(leaf) | Source::Row(leaf) => {
            let field = leaf.field().and_then(|i| form.fields.get(i));
            field.is_some_and(|f| f.computed.is_some() || f.table().is_some())
        }
        Source::Rows { .. } => true,
        Source::Remote(_) => false,
    })
}

/// A result as it could have been sent: a choice must be one.
fn admitted(field: &Field, value: Value, outcome: &mut Outcome) -> Value {
    let mut faults: Vec<Fault> = Vec::new();
    let read = read_value(field, &value_to_json(field, &value), &mut faults);
    outcome.faults.extend(faults.into_iter().map(|f| f.under(&field.name)));
    read.unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::form::build_form;
    use serde_json::{Value as Json, json};
    use std::collections::HashMap;

    fn faults(properties: Json) -> Vec<(String, &'static str)> {
        let doc =
            json!({"kind": "form", "app": "a", "name": "f", "record": {"type": "object", "properties": properties}});
        let mut faults = Vec::new();
        build_form(&doc, &HashMap::new(), &mut faults);
        let mut out: Vec<(String, &str)> = faults.into_iter().map(|f| (f.path, f.code.code)).collect();
        out.sort();
        out
    }

    #[test]
    fn a_default_is_checked_for_its_type_its_names_and_circles() {
        let at = |name: &str| format!("/record/properties/{name}/default/expression");
        assert_eq!(
            faults(json!({
                "name": {"type": "string", "default": {"expression": "1 + 1"}},
                "waits": {"type": "string", "default": {"expression": "size + 1"}},
                "size": {"type": "integer", "default": {"expression": "szie"}},
                "a": {"type": "integer", "default": {"expression": "b + 1"}},
                "b": {"type": "integer", "default": {"expression": "sum"}},
                "sum": {"field": {"type": "formula", "expression": "a * 2"}},
                "day": {"type": "string", "format": "date", "default": {"expression": "TODAY()"}},
                "at": {"type": "string", "format": "date-time", "default": {"expression": "TODAY()"}},
                "own": {"type": "integer", "default": {"expression": "own + 1"}}})),
            [
                (at("a"), "expression_cycle"),
                (at("b"), "expression_cycle"),
                (at("name"), "expression_result"),
                (at("own"), "expression_cycle"),
                (at("size"), "expression_name"),
                ("/record/properties/sum/field/expression".to_string(), "expression_cycle"),
            ]
        );
    }

    #[test]
    fn what_no_expression_can_give_has_no_such_default() {
        assert_eq!(
            faults(json!({
                "code": {"type": "string", "field": {"type": "serial"}, "default": {"expression": "1"}},
                "rows": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {
                    "n": {"type": "integer", "default": {"expression": "1"}}}}},
                "text": {"type": "string", "default": {"expression": 1, "expresion": "x"}}})),
            [
                ("/record/properties/code/default".to_string(), "kind_not_offered"),
                ("/record/properties/rows/items/properties/n/default".into(), "kind_not_offered"),
                ("/record/properties/text/default/expresion".into(), "unknown_key"),
                ("/record/properties/text/default/expression".into(), "wrong_type"),
            ]
        );
    }

    #[test]
    fn the_published_schema_names_what_the_server_fills_in() {
        let doc = json!({"kind": "form", "app": "a", "name": "f", "record": {"$comment": "Ours.", "type": "object", "properties": {
            "boss": {"type": "string"}, "free": {"type": "boolean", "default": {"expression": "ISBLANK(boss)"}},
            "kept": {"type": "integer", "default": 3}, "on": {"type": "string", "format": "date", "default": {"var": "today"}}}}});
        let form = build_form(&doc, &HashMap::new(), &mut Vec::new()).unwrap();
        let schema = form.published_schema(&|_| true);
        assert_eq!(schema["$comment"], "Ours. Filled in by the server where absent: free, on.");
        assert!(schema["properties"]["free"].get("default").is_none());
        assert_eq!(schema["properties"]["kept"]["default"], 3);
        assert_eq!(form.published_schema(&|i| i == 0)["$comment"], "Ours.");
    }
}
