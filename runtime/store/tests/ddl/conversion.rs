//! What is kept becomes something else: numbers, scales, lists, unique values, choices under other names.

use super::House;
use super::support::on_both;
use formwright_core::plan::{Counted, Plan};
use formwright_store::{StoreError, Val};
use serde_json::json;

pub fn codes(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|s| s.code()).collect()
}

pub fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|t| Some((*t).to_string())).collect()
}

#[test]
fn text_becomes_numbers_what_does_not_is_shown_and_going_back_restores_the_originals() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        let text = json!({"size": {"type": "string"}});
        house.put("customer", text.clone(), json!({"search": ["size"]}));
        house.publish().await;
        let mut ids = Vec::new();
        for value in ["1", " 2 ", "three", "4", "five", "séx", " "] {
            ids.push(house.insert("customer", &[("size", Val::from(value))]).await);
        }
        house.insert("customer", &[]).await;

        house.put("customer", json!({"size": {"type": "integer"}}), json!({"search": ["size"]}));
        let plan = house.publish().await;
        assert_eq!(codes(&plan), ["converting:form/customer/size:type", "filling:form/customer:search"]);
        let counted = plan.steps[0].counted.clone().unwrap();
        let shown: Vec<&str> = counted.samples.iter().map(|s| s.value.as_str()).collect();
        assert_eq!(
            (counted.rows, counted.bad, shown),
            (6, 3, vec!["three", "five", "séx"]),
            "blank never stands in the way"
        );
        let empty = None;
        let number = |n: &str| Some(n.to_string());
        assert_eq!(
            house.values("customer", "size").await,
            [
                number("1"),
                number("2"),
                empty.clone(),
                number("4"),
                empty.clone(),
                empty.clone(),
                empty.clone(),
                empty.clone()
            ]
        );

        house.set("customer", "size", ids[3], Val::Dec(44.into(), 0)).await;
        house.set("customer", "size", ids[4], Val::Dec(5.into(), 0)).await;
        house.put("customer", text, json!({"search": ["size"]}));
        let plan = house.publish().await;
        assert_eq!(codes(&plan), ["filling:form/customer/size:type", "filling:form/customer:search"]);
        assert_eq!(
            house.values("customer", "size").await,
            [number("1"), number(" 2 "), number("three"), number("44"), number("5"), number("séx"), number(" "), empty],
            "what nobody changed is back to the letter, what was changed is carried over"
        );
        assert_eq!(house.values("customer", "size").await.len(), 8);
        let (table, column) = house.column("customer", "size");
        assert_eq!(house.texts(&table, &format!("{column}_s")).await[5], number("sex"), "sort keys follow");
    });
}

#[test]
fn a_change_of_scale_a_list_from_texts_and_columns_of_child_tables_convert() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        house.put("a", json!({"n": {"type": "integer"}, "t": {"type": "string"}, "rows": {"type": "array", "items": {"type": "object", "properties": {"q": {"type": "string"}}}}}), json!({}));
        house.publish().await;
        let id = house.insert("a", &[("n", Val::Dec(5.into(), 0)), ("t", Val::from("x"))]).await;
        house.insert_row("a", "rows", id, "q", Val::from("12")).await;
        house.put("a", json!({"n": {"type": "number", "multipleOf": 0.01}, "t": {"type": "array", "field": {"type": "tags"}}, "rows": {"type": "array", "items": {"type": "object", "properties": {"q": {"type": "integer"}}}}}), json!({}));
        let plan = house.publish().await;
        assert_eq!(
            codes(&plan),
            ["filling:form/a/n:type", "converting:form/a/t:type", "converting:form/a/rows.q:type"]
        );
        let scaled = if house.db.dialect() == formwright_store::Dialect::Sqlite { "500" } else { "5.00" };
        assert_eq!(house.values("a", "n").await, some(&[scaled]));
        assert_eq!(house.values("a", "rows.q").await, some(&["12"]));
        let (_, column) = house.column("a", "t");
        assert_eq!(house.texts(&format!("m_{column}"), "value").await, some(&["x"]));
    });
}

#[test]
fn uniqueness_is_refused_while_values_repeat_and_holds_afterwards() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        house.put("customer", json!({"company": {"type": "string"}, "tax": {"type": "string"}}), json!({}));
        house.publish().await;
        house.insert("customer", &[("company", Val::from("A")), ("tax", Val::from("ABC 1"))]).await;
        let second = house.insert("customer", &[("company", Val::from("A")), ("tax", Val::from("ａｂｃ1"))]).await;
        house.put("customer", json!({"company": {"type": "string", "field": {"unique": true}}, "tax": {"type": "string", "field": {"unique": "normalized"}}}), json!({}));
        let (_, plan) = house.plan().await;
        assert_eq!(codes(&plan), ["narrowing:form/customer:unique:company", "narrowing:form/customer:unique:tax"]);
        for step in plan.steps.iter().filter(|s| s.is_blocked()) {
            assert_eq!(
                step.counted,
                Some(Counted { rows: 2, bad: 2, samples: step.counted.clone().unwrap().samples, ..Counted::default() })
            );
        }
        assert_eq!(plan.steps.iter().filter(|s| s.is_blocked()).count(), 2);
        let refused = house.carry_out(false).await;
        assert!(matches!(refused, Err(StoreError::Unique { .. })), "{refused:?}");
        house.set("customer", "company", second, Val::from("B")).await;
        house.set("customer", "tax", second, Val::from("other")).await;
        let plan = house.publish().await;
        assert!(plan.to_confirm().is_empty(), "{:?}", codes(&plan));
        let (table, column) = house.column("customer", "tax");
        assert_eq!(house.texts(&table, &format!("{column}_n")).await, some(&["abc1", "other"]));
    });
}

#[test]
fn a_choice_under_another_name_takes_its_records_along() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        let choices = |high: &str| json!({"oneOf": [{"const": high, "title": "High"}, {"const": "b", "title": "Low"}]});
        let many = |high: &str| json!({"type": "array", "uniqueItems": true, "items": choices(high)});
        house.put("a", json!({"grade": choices("a"), "marks": many("a")}), json!({"search": ["grade"]}));
        house.publish().await;
        house.insert("a", &[("grade", Val::from("a")), ("marks", Val::Json(r#"["b","a"]"#.into()))]).await;
        house.insert("a", &[("grade", Val::from("b"))]).await;
        house.put("a", json!({"grade": choices("top"), "marks": many("top")}), json!({"search": ["grade"]}));
        let plan = house.publish().await;
        assert_eq!(
            codes(&plan),
            ["converting:form/a/grade:recode", "safe:form/a/marks:recode", "filling:form/a:search"],
            "the side table of the test holds nothing"
        );
        assert_eq!(house.values("a", "grade").await, some(&["top", "b"]));
        assert_eq!(house.values("a", "marks").await[0], Some(r#"["b","top"]"#.into()));
    });
}
