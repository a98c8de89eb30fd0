//! Formulas published: what changes for records that are there, and what is refused.

use super::lines;
use super::support::on_both;
use super::{
    create, cx, digits, draft, form, formula, install, number, open, parsed, patch, publish_all, read, refusal,
};
use formwright_core::definition::Kind;
use formwright_engine::Engine;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::ListRequest;
use serde_json::{Value as Json, json};

#[test]
fn a_publication_works_out_what_changed_for_the_records_that_are_there() {
    on_both(|db| async move {
        let engine = open(db).await;
        let saved =
            install(&engine, json!({"a": number(2), "b": number(2), "lines": lines(json!({"q": number(0)}))})).await;
        for i in 0..3 {
            create(&engine, json!({"a": i, "b": 10, "lines": [{"q": i}, {"q": 1}]})).await.unwrap();
        }
        let mut doc = saved.clone();
        doc["record"]["properties"]["c"] = formula("a * b + SUM(lines.double)");
        doc["record"]["properties"]["lines"]["items"]["properties"]["double"] = formula("q * 2");
        doc["search"] = json!(["label"]);
        doc["record"]["properties"]["label"] = formula("CONCAT(\"sum \", c)");
        let doc = draft(&engine, doc).await;
        let steps = publish_all(&engine).await;
        let step =
            steps.iter().find(|s| s["code"] == "filling:form/sale/c:compute").unwrap_or_else(|| panic!("{steps:?}"));
        assert_eq!((step["class"].clone(), step["rows"].clone()), (json!("filling"), json!(3)));
        let all = |engine: Engine| async move {
            let request = ListRequest { sort: vec!["a".into()], limit: 10, ..ListRequest::default() };
            parsed(&engine.list(&cx(&engine), "sale", request).await.unwrap())["items"].as_array().unwrap().clone()
        };
        let of = |items: &[Json], name: &str| items.iter().map(|i| i[name].to_string()).collect::<Vec<_>>();
        let items = all(engine.clone()).await;
        assert_eq!(of(&items, "c"), ["2", "14", "26"]);
        assert_eq!(items[2]["lines"][0]["double"], json!(4));
        let found = ListRequest { q: Some("sum 14".into()), limit: 10, ..ListRequest::default() };
        assert_eq!(
            parsed(&engine.list(&cx(&engine), "sale", found).await.unwrap())["items"].as_array().unwrap().len(),
            1
        );

        let mut changed = doc.clone();
        changed["record"]["properties"]["c"]["field"]["expression"] = json!("a - b");
        let changed = draft(&engine, changed).await;
        publish_all(&engine).await;
        assert_eq!(of(&all(engine.clone()).await, "c"), ["-10", "-9", "-8"]);
        assert_eq!(of(&all(engine.clone()).await, "label")[0], "\"sum -10\"", "what reads it follows");

        let mut text = changed.clone();
        text["record"]["properties"]["c"]["field"]["expression"] = json!("IF(a > 0, \"yes\", \"no\")");
        let text = draft(&engine, text).await;
        publish_all(&engine).await;
        assert_eq!(
            of(&all(engine.clone()).await, "c"),
            ["\"no\"", "\"yes\"", "\"yes\""],
            "a formula may change its type"
        );

        // a name that changes keeps its meaning, in spelling and spacing
        let mut renamed = text.clone();
        renamed["record"]["properties"]["c"]["field"]["expression"] = json!("a  +  /* plus */ b");
        draft(&engine, renamed.clone()).await;
        publish_all(&engine).await;
        let properties = renamed["record"]["properties"].as_object_mut().unwrap();
        let a = properties.remove("a").unwrap();
        properties.insert("start".into(), a);
        let q = properties["lines"]["items"]["properties"].as_object_mut().unwrap().remove("q").unwrap();
        properties["lines"]["items"]["properties"]["count"] = q;
        draft(&engine, renamed).await;
        let steps = publish_all(&engine).await;
        assert!(steps.iter().all(|s| !s["code"].as_str().unwrap().ends_with(":compute")), "{steps:?}");
        let now = publish::definition(&cx(&engine), Kind::Form, "sale", None).await.unwrap()["published"].clone();
        assert_eq!(now["record"]["properties"]["c"]["field"]["expression"], "start  +  /* plus */ b");
        assert_eq!(
            now["record"]["properties"]["lines"]["items"]["properties"]["double"]["field"]["expression"],
            "count * 2"
        );
        let sale = create(&engine, json!({"start": 1, "b": 2})).await.unwrap();
        assert_eq!(digits(&sale["c"]), "3");
    });
}

#[test]
fn what_was_typed_is_kept_aside_when_a_formula_takes_its_place() {
    on_both(|db| async move {
        let engine = open(db).await;
        let saved = install(&engine, json!({"a": number(2), "b": number(2)})).await;
        let sale = create(&engine, json!({"a": 4, "b": 7})).await.unwrap();
        let mut doc = saved.clone();
        let id = doc["record"]["properties"]["b"]["field"]["id"].clone();
        doc["record"]["properties"]["b"] = json!({"field": {"type": "formula", "id": id, "expression": "a * 2"}});
        draft(&engine, doc).await;
        let refused = refusal(publish::publish(&cx(&engine), &Publication::default()).await.unwrap_err());
        assert_eq!(refused.code.code, "confirmation_required");
        publish_all(&engine).await;
        assert_eq!(digits(&read(&engine, &sale["id"]).await["b"]), "8");
        draft(&engine, saved).await;
        publish_all(&engine).await;
        assert_eq!(digits(&read(&engine, &sale["id"]).await["b"]), "7", "the typed value is back");
        patch(&engine, &sale["id"], json!({"b": 9})).await.unwrap();
    });
}

#[test]
fn a_formula_that_cannot_be_is_refused_with_its_place() {
    on_both(|db| async move {
        let engine = open(db).await;
        let check = |properties: Json| {
            let engine = engine.clone();
            async move {
                let kind = Kind::parse("form").unwrap();
                let refused = match publish::save_draft(&cx(&engine), kind, "sale", form(properties), None).await {
                    Err(error) => error,
                    Ok(_) => publish::publish(&cx(&engine), &Publication::default()).await.err().unwrap(),
                };
                refusal(refused).faults
            }
        };
        let faults =
            check(json!({"a": number(0), "x": formula("z + 1"), "y": formula("x + 1"), "z": formula("a + y")})).await;
        let place = |name: &str| format!("/record/properties/{name}/field/expression");
        assert!(faults.iter().all(|f| f.code.code == "expression_cycle"), "{faults:?}");
        assert!(
            faults[0].path.contains(&place("x"))
                || faults[0].path.contains(&place("y"))
                || faults[0].path.contains(&place("z"))
        );
        assert!(faults[0].args.iter().any(|a| a.0 == "path" && a.1.as_str().contains(" → ")), "{faults:?}");
        for (expression, code) in [
            ("a + amuont", "expression_name"),
            ("amount * \"x\"", "expression_operator"),
            ("lines.q", "expression_result"),
            ("x + 1", "expression_cycle"),
            ("ROW()", "expression_rows_only"),
            ("ROUND(", "expression_operand_missing"),
        ] {
            let faults = check(json!({"a": number(0), "amount": number(2), "lines": lines(json!({"q": number(0)})), "x": formula(expression)})).await;
            assert_eq!(faults.len(), 1, "{expression}: {faults:?}");
            assert!(faults[0].path.ends_with(&place("x")), "{:?}", faults[0]);
            assert_eq!(faults[0].code.code, code, "{expression}");
            assert!(faults[0].args.iter().any(|a| a.0 == "position"), "{:?}", faults[0]);
        }
        let faults = check(json!({"a": number(0), "amount": number(2), "x": formula("a + amuont")})).await;
        assert!(
            faults[0].args.contains(&("suggestion", "amount".into()))
                && faults[0].args.contains(&("position", "5".into()))
        );
    });
}

#[test]
fn an_input_cannot_be_taken_from_under_a_formula() {
    on_both(|db| async move {
        let engine = open(db).await;
        let saved = install(&engine, json!({"a": number(2), "b": formula("a * 2")})).await;
        let mut doc = saved.clone();
        doc["record"]["properties"].as_object_mut().unwrap().remove("a");
        let refused = match publish::save_draft(&cx(&engine), Kind::parse("form").unwrap(), "sale", doc, None).await {
            Err(error) => error,
            Ok(_) => publish::publish(&cx(&engine), &Publication { confirm_all: true, ..Publication::default() })
                .await
                .err()
                .unwrap(),
        };
        assert_eq!(refusal(refused).faults[0].code.code, "expression_name");
        assert_eq!(engine.catalog().revision, 1);
    });
}

#[test]
fn a_value_that_cannot_be_kept_stops_a_publication_and_names_the_record() {
    on_both(|db| async move {
        let engine = open(db).await;
        let saved = install(&engine, json!({"a": number(0)})).await;
        let sale = create(&engine, json!({"a": 999_999_999_999_i64})).await.unwrap();
        let mut doc = saved;
        doc["record"]["properties"]["b"] = json!({"field": {"type": "formula", "expression": "a * 2", "scale": 9}});
        draft(&engine, doc).await;
        let refused = refusal(publish::publish(&cx(&engine), &Publication::default()).await.unwrap_err());
        let fault = &refused.faults[0];
        assert_eq!((fault.path.as_str(), fault.code.code), ("/record/properties/b/field/expression", "formula_unkept"));
        assert!(fault.args.iter().any(|a| a.0 == "record" && sale["id"] == a.1.as_str()), "{fault:?}");
        assert!(engine.catalog().form("sale").unwrap().field("b").is_none());
    });
}
