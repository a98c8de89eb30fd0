//! Publications: what is worked out for the records that are there, what is refused.

use super::{Shop, form, formula, link, lookup, number, rollup, text};
use crate::support::on_both;
use formwright_engine::EngineError;
use serde_json::{Value as Json, json};

fn faults(error: EngineError) -> Vec<(String, &'static str, String)> {
    let EngineError::Refused(refusal) = error else { panic!("{error:?}") };
    let arg = |f: &formwright_core::diagnostic::Fault| {
        f.args
            .iter()
            .find(|(k, _)| *k == "path" || *k == "what")
            .map(|(_, v)| v.as_str().to_string())
            .unwrap_or_default()
    };
    refusal.faults.iter().map(|f| (f.path.clone(), f.code.code, arg(f))).collect()
}

fn parent(more: Json) -> Json {
    let mut fields = json!({"name": text(), "rate": number(2)});
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form("parent", fields)
}

fn child(more: Json) -> Json {
    let mut fields =
        json!({"parent": link("parent", "refuse"), "amount": number(2), "day": {"type": "string", "format": "date"}});
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form("child", fields)
}

#[test]
fn a_publication_works_out_what_is_new_and_what_follows_from_it() {
    on_both(|db| async move {
        let shop = Shop::open(db, vec![parent(json!({})), child(json!({}))]).await;
        let one = shop.create("parent", json!({"name": "One", "rate": 2})).await;
        let two = shop.create("child", json!({"parent": one["id"], "amount": 5})).await;
        shop.create("child", json!({"parent": one["id"], "amount": 7.5})).await;
        shop.draft(parent(json!({"total": rollup("child", "parent", "sum", json!({"field": "cost"}))}))).await;
        shop.draft(child(json!({"cost": formula("amount * parent.rate"), "part": {"field": {"type": "formula", "expression": "cost / parent.total", "scale": 2}}}))).await;
        let steps = shop.publish().await.unwrap();
        assert!(steps.iter().any(|s| s["code"].as_str().unwrap().contains("parent/total")), "{steps:?}");
        assert_eq!(
            (shop.value("parent", &one, "total").await, shop.value("child", &two, "part").await),
            ("25".into(), "0.4".into())
        );
        // another function; the formula over it follows though its form was not touched
        shop.draft(parent(json!({"total": rollup("child", "parent", "max", json!({"field": "cost"}))}))).await;
        shop.publish().await.unwrap();
        assert_eq!(
            (shop.value("parent", &one, "total").await, shop.value("child", &two, "part").await),
            ("15".into(), "0.67".into())
        );
        // a rollup becomes one that is asked for, and is kept again
        let asked = json!({"total": rollup("child", "parent", "max", json!({"field": "cost", "filter": {"field": "day", "op": "lt", "value": {"var": "today"}}}))});
        shop.draft(parent(asked)).await;
        assert_eq!(
            faults(shop.publish().await.unwrap_err())[0].1,
            "kind_not_offered",
            "the child's formula is kept and cannot read it"
        );
        shop.draft(child(json!({"cost": formula("amount * parent.rate")}))).await;
        shop.publish().await.unwrap();
        assert_eq!(shop.value("parent", &one, "total").await, "null");
        shop.draft(parent(json!({"total": rollup("child", "parent", "count", json!({}))}))).await;
        shop.publish().await.unwrap();
        assert_eq!(shop.value("parent", &one, "total").await, "2");
        shop.is_sound().await;
    });
}

#[test]
fn circles_over_forms_are_refused_with_their_path() {
    on_both(|db| async move {
        let shop = Shop::open(db, vec![parent(json!({})), child(json!({}))]).await;
        shop.draft(parent(json!({"total": rollup("child", "parent", "sum", json!({"field": "share"}))}))).await;
        shop.draft(child(json!({"share": formula("parent.total / 2")}))).await;
        let refused = faults(shop.publish().await.unwrap_err());
        assert_eq!(refused.len(), 2, "{refused:?}");
        assert!(refused.iter().all(|f| f.1 == "expression_cycle"), "{refused:?}");
        let path = &refused[0].2;
        assert!(
            path == "parent.total → child.share → parent.total" || path == "child.share → parent.total → child.share",
            "{path}"
        );
    });
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    on_both(|db| async move {
        let shop = Shop::open(db, vec![parent(json!({})), child(json!({}))]).await;
        for (field, at, code) in [
            (rollup("chlid", "parent", "count", json!({})), "/form", "unknown_reference"),
            (rollup("child", "amount", "count", json!({})), "/via", "unknown_reference"),
            (rollup("child", "parent", "sum", json!({"field": "day"})), "/field", "key_invalid"),
            (rollup("child", "parent", "sum", json!({"field": "amonut"})), "/field", "unknown_field"),
            (rollup("child", "parent", "latest", json!({"field": "amount", "by": "parent"})), "/by", "key_invalid"),
            (
                rollup(
                    "child",
                    "parent",
                    "count",
                    json!({"filter": {"field": "amount", "op": "gt", "value": {"var": "record.nmae"}}}),
                ),
                "/filter/value/var",
                "unknown_field",
            ),
            (
                rollup(
                    "child",
                    "parent",
                    "count",
                    json!({"filter": {"field": "amount", "op": "gt", "value": {"var": "record.name"}}}),
                ),
                "/filter/value",
                "value_invalid",
            ),
            (lookup("rate", "name"), "/via", "unknown_reference"),
        ] {
            let refused = faults(shop.refused(parent(json!({"bad": field}))).await);
            let want = (format!("/record/properties/bad/field{at}"), code);
            assert!(refused.iter().any(|f| f.0 == want.0 && f.1 == want.1), "{want:?}: {refused:?}");
        }
        shop.draft(parent(json!({}))).await;
        for (field, code) in [
            (lookup("parent", "nmae"), "unknown_field"),
            (formula("parent.nmae"), "expression_name"),
            (lookup("parent", "left"), "kind_not_offered"),
        ] {
            shop.draft(parent(
                json!({"due": {"type": "string", "format": "date"}, "left": formula("DAYS(due, TODAY())")}),
            ))
            .await;
            let refused = faults(shop.refused(child(json!({"bad": field}))).await);
            assert!(
                refused.iter().any(|f| f.0.starts_with("/record/properties/bad") && f.1 == code),
                "{code}: {refused:?}"
            );
        }
    });
}

#[test]
fn a_formula_that_reads_the_clock_reads_through_links_too() {
    on_both(|db| async move {
        let shop = Shop::open(
            db,
            vec![
                parent(json!({"since": {"type": "string", "format": "date"}})),
                child(json!({"name": lookup("parent", "name"), "age": formula("DAYS(TODAY(), parent.since)"), "told": formula("name & IF(TODAY() > parent.since, \" old\", \" new\")")})),
            ],
        )
        .await;
        let one = shop.create("parent", json!({"name": "P", "since": "2026-11-10"})).await;
        let two = shop.create("child", json!({"parent": one["id"]})).await;
        assert_eq!(
            (shop.value("child", &two, "age").await, shop.value("child", &two, "told").await),
            ("10".into(), "\"P old\"".into())
        );
        shop.patch("parent", &one, json!({"since": "2026-12-01", "name": "Q"})).await;
        assert_eq!(
            (shop.value("child", &two, "age").await, shop.value("child", &two, "told").await),
            ("-11".into(), "\"Q new\"".into())
        );
        shop.pass_days(20);
        assert_eq!(shop.value("child", &two, "age").await, "9");
    });
}

#[test]
fn a_renamed_field_keeps_its_name_in_rollups_lookups_and_formulas_elsewhere() {
    on_both(|db| async move {
        let filter = json!({"field": "amount", "op": "gt", "value": {"var": "record.rate"}});
        let rollups = json!({"total": rollup("child", "parent", "sum", json!({"field": "amount", "filter": filter})), "last": rollup("child", "parent", "latest", json!({"field": "amount", "by": "day"}))});
        let shop = Shop::open(db, vec![]).await;
        shop.draft(parent(rollups)).await;
        let saved =
            shop.draft(child(json!({"rate": lookup("parent", "rate"), "told": formula("parent.rate + 1")}))).await;
        shop.publish().await.unwrap();
        let one = shop.create("parent", json!({"name": "One", "rate": 2})).await;
        let two = shop.create("child", json!({"parent": one["id"], "amount": 5, "day": "2026-01-01"})).await;
        let mut doc = saved;
        let fields = doc["record"]["properties"].as_object_mut().unwrap();
        for (old, new) in [("amount", "worth"), ("parent", "above"), ("day", "on")] {
            let field = fields.remove(old).unwrap();
            fields.insert(new.into(), field);
        }
        shop.draft(doc).await;
        let steps = shop.publish().await.unwrap();
        assert!(!steps.iter().any(|s| s["class"] == "filling"), "nothing is worked out anew: {steps:?}");
        shop.patch("child", &two, json!({"worth": 7})).await;
        assert_eq!(
            (shop.value("parent", &one, "total").await, shop.value("parent", &one, "last").await),
            ("7".into(), "7".into())
        );
        assert_eq!(
            (shop.value("child", &two, "rate").await, shop.value("child", &two, "told").await),
            ("2".into(), "3".into())
        );
        shop.is_sound().await;
    });
}
